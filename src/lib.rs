//! lopper prunes segments of Apache Druid: SQL-first batch jobs with preview, ledger and journal.
//!
//! Arrows run downward only: cli → metrics → schedule, fsck → run, rules, lock → store, `deep_storage` → dump, job, druid, timeline.

pub mod cli;
pub mod clock;
pub mod config;
pub mod deep_storage;
pub mod druid;
pub mod dump;
pub mod error;
pub mod exit_code;
pub mod failpoint;
pub mod fsck;
pub mod input;
pub mod job;
pub mod lock;
pub mod log;
pub mod metrics;
pub mod report;
pub mod rules;
pub mod run;
pub mod schedule;
pub mod store;
pub mod timeline;
pub mod zones;
