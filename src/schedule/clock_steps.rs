//! Says in the log when somebody sets the wall clock, or the machine has slept: scheduled times go by that clock.

use std::time::Duration;

use crate::clock::Clock;

/// A smaller step is the work of whoever keeps the clock right.
const LEAST: Duration = Duration::from_secs(1);

/// What the clocks showed at the last look, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClockSteps {
    wall: i64,
    boot: i64,
    awake: i64,
}

impl ClockSteps {
    /// From now on.
    pub(super) fn from(clock: Clock) -> Self {
        Self { wall: clock.now().millis(), boot: clock.boot_ms(), awake: clock.awake_ms() }
    }

    /// Compares how far each clock has come since the last look.
    pub(super) fn look(&mut self, clock: Clock) {
        let (before, now) = (*self, Self::from(clock));
        *self = now;
        let passed = now.boot.saturating_sub(before.boot);
        let slept = passed.saturating_sub(now.awake.saturating_sub(before.awake));
        if let Some(slept) = at_least(slept) {
            tracing::info!(
                "the machine slept for {}: what was due meanwhile is missed, and catch_up decides",
                length(slept)
            );
        }
        let step = now.wall.saturating_sub(before.wall).saturating_sub(passed);
        if let Some(forward) = at_least(step) {
            tracing::warn!(
                "the clock was set forward by {}: what was due in between is missed, and catch_up decides",
                length(forward)
            );
        }
        if let Some(back) = at_least(step.saturating_neg()) {
            tracing::warn!(
                "the clock was set back by {}: scheduled times that were claimed stay claimed, and nothing runs twice",
                length(back)
            );
        }
    }
}

fn at_least(millis: i64) -> Option<Duration> {
    u64::try_from(millis).ok().map(Duration::from_millis).filter(|step| *step >= LEAST)
}

/// `2h 0m 5s`.
fn length(step: Duration) -> String {
    let seconds = (step.as_millis() + 500) / 1_000;
    format!("{}h {}m {}s", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
