//! When a schedule fires, in one time zone.
//!
//! Clock changes are as in Debian's cron: a job at a fixed time runs once, right after a skipped time and not again
//! in a repeated one; a job whose minute or hour begins with `*` follows the wall clock.

use crate::druid::Instant;
use crate::job::Schedule;
use crate::schedule::every::Every;
use crate::schedule::fields::{DAY, Fields};
use crate::schedule::wall::{Moment, Wall};
use crate::zones::Zone;

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// Instants of which fields are asked; beyond them lie other years than fields can name.
const FIRST_SECOND: i64 = -2 * 86_400;
const LAST_SECOND: i64 = 4_133_980_800 + 2 * 86_400;

/// The fires of one schedule in one time zone.
#[derive(Debug, Clone)]
pub struct Fires(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Never,
    Every(Every),
    Cron(Fields, Wall),
}

impl Fires {
    /// The fires of `schedule` where the clock of `zone` is on the wall. `@every` asks no clock, and `@manually`
    /// never fires.
    pub fn new(schedule: &Schedule, zone: Zone) -> Self {
        Self(match schedule {
            Schedule::Manually => Kind::Never,
            Schedule::Every(period) => Kind::Every(Every(*period)),
            Schedule::Cron(_) => {
                Fields::of(schedule).map_or(Kind::Never, |fields| Kind::Cron(fields, Wall(zone)))
            }
        })
    }

    /// The first fire after `after`. `None`: never again, by fields not after the year 2100.
    pub fn next(&self, after: Instant) -> Option<Instant> {
        match &self.0 {
            Kind::Never => None,
            Kind::Every(every) => {
                every.fire(every.last(after).map_or(Some(0), |last| last.checked_add(1))?)
            }
            Kind::Cron(fields, wall) => instant(next(fields, *wall, seconds(after))?),
        }
    }

    /// The last fire at or before `by`. `None`: none yet since 1970.
    pub fn latest(&self, by: Instant) -> Option<Instant> {
        match &self.0 {
            Kind::Never => None,
            Kind::Every(every) => every.fire(every.last(by)?),
            Kind::Cron(fields, wall) => instant(latest(fields, *wall, seconds(by))?),
        }
    }

    /// How many fires there are after `after` and at or before `by`.
    pub fn count(&self, after: Instant, by: Instant) -> u64 {
        match &self.0 {
            Kind::Never => 0,
            Kind::Every(every) => {
                let numbers = |until| every.last(until).map_or(0, |last| last.saturating_add(1));
                u64::try_from(numbers(by).saturating_sub(numbers(after))).unwrap_or_default()
            }
            Kind::Cron(fields, wall) => {
                let (mut from, to) = (seconds(after) + 1, seconds(by) + 1);
                let mut count = 0;
                while from < to {
                    let until = to.min(from + DAY);
                    count += count_between(fields, *wall, from, until);
                    from = until;
                }
                count
            }
        }
    }
}

/// The fires from `from` on and before `to`: by arithmetic while the clock is steady, one by one around its changes.
fn count_between(fields: &Fields, wall: Wall, from: i64, to: i64) -> u64 {
    if let Some(offset) = wall.steady(from, to) {
        return fields.count(from + offset, to + offset);
    }
    if to - from > HOUR {
        let middle = from + (to - from) / 2;
        return count_between(fields, wall, from, middle) + count_between(fields, wall, middle, to);
    }
    let fires =
        std::iter::successors(next(fields, wall, from - 1), |fire| next(fields, wall, *fire));
    fires.take_while(|fire| *fire < to).map(|_| 1).sum()
}

fn next(fields: &Fields, wall: Wall, after: i64) -> Option<i64> {
    let first = next_first(fields, wall, wall.reached(after)?);
    if fields.is_at_fixed_time {
        return first;
    }
    first.into_iter().chain(next_again(fields, wall, after)).min()
}

/// The next fire at a time that comes for the first time, or that was skipped; `reached` is on the wall.
fn next_first(fields: &Fields, wall: Wall, reached: i64) -> Option<i64> {
    let mut reached = reached;
    loop {
        match wall.moment(fields.next(reached)?)? {
            Moment::Once(fire) | Moment::Twice { first: fire, .. } => return Some(fire),
            Moment::Skipped(gap) if fields.is_at_fixed_time => return Some(gap.at),
            Moment::Skipped(gap) => reached = gap.end - 1,
        }
    }
}

/// The next fire at a time that comes again. Only where the clock shows such a time can it come before all others.
fn next_again(fields: &Fields, wall: Wall, after: i64) -> Option<i64> {
    let Moment::Twice { overlap, .. } = wall.moment(wall.shown(after)?)? else { return None };
    let shown = wall.shown(after.max(overlap.at - 1))?;
    let shown = if after < overlap.at { overlap.start - 1 } else { shown };
    match wall.moment(fields.next(shown)?)? {
        Moment::Twice { again, .. } if again > after => Some(again),
        _ => None,
    }
}

fn latest(fields: &Fields, wall: Wall, by: i64) -> Option<i64> {
    let mut shown = fields.latest(wall.reached(by)?)?;
    loop {
        match wall.moment(shown)? {
            Moment::Once(fire) => return Some(fire),
            Moment::Twice { first, .. } if fields.is_at_fixed_time => return Some(first),
            Moment::Twice { first, overlap, .. } => {
                // By then the repeated times may have come as far as that.
                let came_again = shown.min(by - overlap.at + overlap.start);
                let again = fields
                    .latest(came_again)
                    .filter(|time| *time >= overlap.start)
                    .map(|time| time - overlap.start + overlap.at);
                return Some(again.map_or(first, |again| again.max(first)));
            }
            Moment::Skipped(gap) if fields.is_at_fixed_time => return Some(gap.at),
            Moment::Skipped(gap) => shown = fields.latest(gap.start - 1)?,
        }
    }
}

/// Fires are at whole seconds.
fn seconds(instant: Instant) -> i64 {
    instant.millis().div_euclid(1_000).clamp(FIRST_SECOND, LAST_SECOND)
}

fn instant(seconds: i64) -> Option<Instant> {
    seconds.checked_mul(1_000).map(Instant::from_millis)
}
