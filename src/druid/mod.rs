//! Druid's values: instants, intervals, periods, segment ids, payloads, shard specs and rules.
//!
//! Pure values without I/O. Each is read as leniently as Druid reads it, and printed as Druid
//! prints it.

mod calendar;
mod error;
mod instant;
mod instant_text;
mod interval;
mod json;
mod load_spec;
mod payload;
mod period;
mod period_text;
mod rule;
mod rule_bounds;
mod rule_regions;
mod rule_turns;
mod segment_id;
mod shard_spec;
mod shard_spec_text;
pub mod timeline;

pub use error::ParseError;
pub use instant::Instant;
pub use interval::Interval;
pub use load_spec::{LoadSpec, folders_above, names_of};
pub use payload::DataSegment;
pub use period::Period;
pub use rule::{DEFAULT_CHAIN, Partial, Rule, RuleChain, RuleError, RuleText, Scope};
pub use rule_bounds::Bounds;
pub use rule_regions::{Decided, decide};
pub use segment_id::SegmentId;
pub use shard_spec::ShardSpec;
