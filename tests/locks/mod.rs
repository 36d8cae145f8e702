//! Locks: taking them, meeting them, waiting for them; and what happens when two processes work at a time.

mod commands;
mod kills;
mod plain_sql;
mod two_at_once;
mod waiting;

use crate::support::Lopper;

/// A lock by the command, which must be given.
#[track_caller]
fn lock(lopper: &Lopper, datasource: &str, interval: &str, more: &[&str]) -> i64 {
    let start = ["lock", "add", datasource, "--interval", interval, "--output", "json"];
    lopper.run([&start[..], more].concat()).code(0).json()["id"].as_i64().unwrap()
}
