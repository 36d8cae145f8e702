//! Druid's values against the answers of Druid's own classes, and against each other.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking too")]

mod load_spec;
mod payload;
pub mod rule;
mod rule_bounds;
mod segment_id;
mod shard_spec;
mod time;
pub mod vectors;
