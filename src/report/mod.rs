//! What people and programs see: tables, JSON, progress. Results go to stdout; everything else to stderr.

pub mod escape;
pub mod progress;
pub mod run;
pub mod show;
pub mod table;
