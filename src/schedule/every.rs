//! `@every P`: the epoch plus a whole number of times the period.

use crate::druid::{Instant, Period};

/// The fires of a period, counted from 0 at the epoch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Every(pub(super) Period);

impl Every {
    /// The fire of a number; `None` beyond the end of time.
    pub(super) fn fire(self, number: i64) -> Option<Instant> {
        // The epoch is the first of a month, so no multiple is ever clamped to a month's length.
        self.0.add_times_to(number, Instant::EPOCH).ok()
    }

    /// The number of the last fire at or before `by`; `None` before the epoch.
    pub(super) fn last(self, by: Instant) -> Option<i64> {
        if by < Instant::EPOCH {
            return None;
        }
        // A period is a millisecond at least.
        let (mut low, mut high) = (0, by.millis());
        while low < high {
            // The upper one of two, without leaving the range of numbers.
            let middle = high - (high - low) / 2;
            if self.fire(middle).is_some_and(|fire| fire <= by) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Some(low)
    }
}
