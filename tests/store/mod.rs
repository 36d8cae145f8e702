//! Opening and creating a store: what is wrong with it, said in a line, and what to do next.

mod broken;
mod created;
pub mod disk;
mod locked;
pub mod migrated;
mod permissions;
mod unwritable;

use crate::support::{Answer, Lopper};

/// A store with two segments, which every command could work on.
fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D", "wiki 2015-09-13/P1D"])
}

/// The whole of stderr: the error, and the next step. Nothing is on stdout.
#[track_caller]
fn says(answer: Answer, error: &str, help: &str) {
    answer.stdout_is("").stderr_is(&format!("error: {error}\n  help: {help}"));
}
