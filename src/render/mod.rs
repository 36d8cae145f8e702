//! What people see of results: tables and text for stdout.

pub mod error;
pub mod explain;
mod explain_many;
pub mod lock;
pub mod show;
pub mod show_fsck;
pub mod show_rules;
pub mod table;
