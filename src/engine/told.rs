//! Warnings of steps reach the log: one line each, as soon as the steps are committed.

use tracing::field::display;

use crate::engine::Origin;
use crate::engine::report::{StepReport, Warning};
use crate::log::TOLD;

/// Warnings of one kind that a step logs; of the rest it logs the number.
const LOGGED: usize = 20;

/// Logs the warnings of a run's steps, by `--quiet` as well.
pub fn log_warnings(origin: Origin, name: &str, run: i64, steps: &[StepReport]) {
    // A field without a value is left out.
    let job = (origin == Origin::Job).then(|| display(name));
    let command = (origin == Origin::Command).then(|| display(name));
    let log = |step: usize, warning: &Warning, text: &str| {
        tracing::warn!(target: TOLD, run, job, command, step, code = %warning.code, "{text}");
    };
    for StepReport { step, warnings, .. } in steps {
        for alike in warnings.chunk_by(|one, next| one.code == next.code) {
            for warning in alike.iter().take(LOGGED) {
                log(*step, warning, &one_line(&warning.message));
            }
            if let Some(next) = alike.get(LOGGED) {
                let more = alike.len() - LOGGED;
                log(*step, next, &format!("… and {more} more such warnings: lopper history {run}"));
            }
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
