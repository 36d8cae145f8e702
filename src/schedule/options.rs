//! How a scheduler is to work.

use std::path::PathBuf;
use std::time::Duration;

/// How the scheduler is to work.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the job files are.
    pub jobs: PathBuf,
    /// Runs at the same time, at most.
    pub parallel: usize,
    /// How long runs may go on after a stop is asked for.
    pub grace: Duration,
    /// How long a scheduler, and a run, counts as living without a further sign, in milliseconds.
    pub lease_ms: i64,
    /// Whether to end when everything that is due now is done.
    pub once: bool,
    /// The `lopper.toml` that was named, if one was.
    pub config: Option<PathBuf>,
}
