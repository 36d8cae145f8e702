//! lopper prunes segments of Apache Druid: SQL-first batch jobs with preview, ledger and journal.
//!
//! Arrows run downward only: cli → render, serve, schedule → explain, fsck, rules → ops → engine → store, `deep_storage` → dump, job, druid.

pub mod cli;
pub mod clock;
pub mod config;
pub mod deep_storage;
pub mod druid;
pub mod dump;
pub mod engine;
pub mod error;
pub mod escape;
pub mod exit_code;
pub mod explain;
pub mod failpoint;
pub mod fsck;
mod hang;
pub mod input;
pub mod job;
pub mod log;
pub mod ops;
pub mod progress;
pub mod render;
pub mod rules;
pub mod schedule;
pub mod serve;
pub mod store;
pub mod zones;
