//! When the passing of time changes what a rule says of a segment: periods are taken from a `now` that moves.

use super::calendar::MILLIS_PER_DAY;
use super::{Instant, Interval, Period, Rule, Scope};

/// Days around `instant + period` within which `now - period` passes that instant. Adding and taking away months
/// differ by less: each of the two steps (years, months) by at most four days, there and back.
const WINDOW_DAYS: i64 = 20;

impl Period {
    /// The instants, in order, at which `now - period` may come to stand otherwise to `mark` (before, at, behind).
    ///
    /// Within a calendar day, `now - period` moves as `now` does; where a month's length clamps the day, it jumps at
    /// midnight, back as well as forth.
    fn passes(self, mark: Instant) -> Vec<Instant> {
        let Ok(centre) = self.add_to(mark) else { return Vec::new() };
        let has_months = self.years != 0 || self.months != 0;
        let window = if has_months { WINDOW_DAYS } else { 0 };
        let day = centre.millis().div_euclid(MILLIS_PER_DAY);
        let mut found = Vec::new();
        for day in day - window..=day + window {
            let Some(midnight) = day.checked_mul(MILLIS_PER_DAY) else { continue };
            let Ok(before) = self.subtract_from(Instant::from_millis(midnight)) else { continue };
            found.extend(has_months.then_some(midnight));
            let Some(to_mark) = mark.millis().checked_sub(before.millis()) else { continue };
            let within = [to_mark, to_mark.saturating_add(1)].into_iter();
            found.extend(
                within
                    .filter(|offset| (0..=MILLIS_PER_DAY).contains(offset))
                    .filter_map(|offset| midnight.checked_add(offset)),
            );
        }
        found.sort_unstable();
        found.dedup();
        // Beyond Druid's eternity, no `now` ever is.
        found
            .into_iter()
            .map(Instant::from_millis)
            .filter(|at| *at <= Instant::ETERNITY_END)
            .collect()
    }

    /// The first `now` for which `now - period` is at or after `mark`; `None` where that is outside of time.
    pub fn reaches(self, mark: Instant) -> Option<Instant> {
        let has_passed = |now: &Instant| self.subtract_from(*now).is_ok_and(|then| then >= mark);
        self.passes(mark).into_iter().find(has_passed)
    }
}

impl Rule {
    /// The instants, in order, at which it changes whether the rule applies to a segment at `interval`. Between two of
    /// them the answer is one.
    pub fn turns(&self, interval: Interval) -> Vec<Instant> {
        let (with_future, period) = match self {
            Self::Load { scope, .. } | Self::Broadcast { scope } | Self::Drop { scope } => {
                let Scope::Period { period, include_future } = scope else { return Vec::new() };
                (*include_future, *period)
            }
            Self::DropBefore { period } => (true, *period),
        };
        let mut found = Vec::new();
        for mark in [interval.start, interval.end] {
            found.extend(period.passes(mark));
            if !with_future {
                let next = mark.millis().checked_add(1).map(Instant::from_millis);
                found.extend([Some(mark), next].into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|now| self.turns_at(interval, *now));
        found
    }

    fn turns_at(&self, interval: Interval, now: Instant) -> bool {
        let applies = |now| self.bounds(now).is_ok_and(|bounds| bounds.holds(interval));
        let before = now.millis().checked_sub(1).map(Instant::from_millis);
        before.is_some_and(|before| applies(before) != applies(now))
    }
}
