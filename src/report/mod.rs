//! What people and programs see: tables, JSON, progress. Results go to stdout; everything else to stderr.

pub mod error;
pub mod escape;
pub mod explain;
pub mod fsck;
pub mod lock;
pub mod progress;
pub mod rules;
pub mod run;
pub mod show;
pub mod show_fsck;
pub mod show_rules;
pub mod table;
