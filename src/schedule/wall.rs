//! The wall clock of a zone: which instants a time on it is, and what a change of the clock skips or repeats.

use crate::zones::{Shown, Zone};

/// No change of a clock since 1970 repeats more than this, in seconds.
const LONGEST_REPEATED: i64 = 4 * 3_600;

/// A zone's clock. Instants are in seconds since the epoch; times on the clock are in seconds since
/// 1970-01-01T00:00:00 of the clock itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wall(pub(super) Zone);

/// What a time on the clock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// One instant.
    Once(i64),
    /// Two: the clock was set back.
    Twice {
        /// When it comes first.
        first: i64,
        /// When it comes again.
        again: i64,
        /// How the clock was set back.
        overlap: Overlap,
    },
    /// None: the clock was set forward past it.
    Skipped(Gap),
}

/// A change that repeats times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlap {
    /// The instant of the change.
    pub at: i64,
    /// The first time that comes again.
    pub start: i64,
    /// The first time behind those that come again.
    pub end: i64,
}

/// A change that skips times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// The instant of the change.
    pub at: i64,
    /// The first time that is skipped.
    pub start: i64,
    /// The first time behind those that are skipped.
    pub end: i64,
}

impl Wall {
    /// What the clock shows at an instant.
    pub(super) fn shown(self, instant: i64) -> Option<i64> {
        Some(instant + self.0.offset(instant)?)
    }

    /// What a time on the clock is; `None` outside of the calendar.
    pub(super) fn moment(self, shown: i64) -> Option<Moment> {
        Some(match self.0.shown(shown)? {
            Shown::Once(offset) => Moment::Once(shown - offset),
            Shown::Twice(before, after) => {
                let (first, again) = (shown - before, shown - after);
                let at = self.change(first, again)?;
                let overlap = Overlap { at, start: at + after, end: at + before };
                Moment::Twice { first, again, overlap }
            }
            Shown::Skipped(before, after) => {
                let at = self.change(shown - after, shown - before)?;
                Moment::Skipped(Gap { at, start: at + before, end: at + after })
            }
        })
    }

    /// The last time on the clock whose first instant is at or before `instant`. All earlier times have come, or
    /// have been skipped, by then.
    pub(super) fn reached(self, instant: i64) -> Option<i64> {
        let shown = self.shown(instant)?;
        match self.moment(shown)? {
            Moment::Twice { overlap, .. } if instant >= overlap.at => Some(overlap.end - 1),
            _ => Some(shown),
        }
    }

    /// The instant of the change between two instants: there is only one.
    fn change(self, before: i64, after: i64) -> Option<i64> {
        let offset = self.0.offset(before)?;
        let (mut low, mut high) = (before, after);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.0.offset(middle)? == offset {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(high)
    }

    /// By how much the clock is ahead of UTC from `from` to `to`, when that stays the same and has stayed so for long enough
    /// that no time comes again. The two are a day apart at most.
    pub(super) fn steady(self, from: i64, to: i64) -> Option<i64> {
        let offset = self.0.offset(from - LONGEST_REPEATED)?;
        let step = usize::try_from((to - from).clamp(1, 6 * 3_600)).ok()?;
        let is_steady = |instant| self.0.offset(instant) == Some(offset);
        ((from..to).step_by(step).chain([to]).all(is_steady)).then_some(offset)
    }
}
