//! What the exit code of `schedule --once` says: a failure is never told as a success.

use crate::engine::report::RunReport;
use crate::error::{Kind, Result};
use crate::exit_code;
use crate::schedule::scheduler::Scheduler;

impl Scheduler {
    /// How a scheduler that was to do what is due, and no more, ends when all went as far as it could: by the worst of its
    /// runs that are not tried again, else by job files that are broken. One that stays until a signal ends it has told of
    /// its runs by then.
    pub fn exit_code(&self) -> u8 {
        match (self.options.once, self.worst) {
            (false, _) => exit_code::DONE,
            (true, exit_code::DONE) if self.files.broken() > 0 => exit_code::USAGE,
            (true, worst) => worst,
        }
    }

    /// Notes how a run has ended that is not tried again.
    pub(super) fn note_exit(&mut self, result: &Result<RunReport>) {
        self.worst = worse(self.worst, code_of(result));
    }
}

/// What became of a run, as an exit code. That it was told to stop is no failure of its own.
fn code_of(result: &Result<RunReport>) -> u8 {
    match result {
        Ok(report) => report.outcome.exit_code(),
        Err(error) if matches!(error.kind(), Kind::Interrupted(_)) => exit_code::DONE,
        // A job that names a file that is not there is valid, and has failed.
        Err(error) if error.kind() == Kind::Usage => exit_code::FAILED,
        Err(error) => error.exit_code(),
    }
}

/// Of two exit codes the one that says more: failed, then refused, locked, partial.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code| if code == exit_code::DONE { u8::MAX } else { code };
    if rank(other) < rank(one) { other } else { one }
}
