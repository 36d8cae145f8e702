//! The wall-clock times that a schedule's fields name, on the calendar alone: no zone, no clock change.
//!
//! The `cron` crate searches. It counts Sunday as 1, wants both kinds of day to match, refuses steps beyond a
//! field's range and takes `*` of a day for no word on it; so it is given plain lists of numbers.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use cron::TimeUnitSpec;

use crate::job::{Numbers, Schedule};

/// The years that the crate knows.
const FIRST_YEAR: i32 = 1970;
const LAST_YEAR: i32 = 2100;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// Times are in seconds since 1970-01-01T00:00:00 of the wall clock.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    /// A time matches that one of them names: two where either kind of day is enough.
    schedules: Vec<cron::Schedule>,
    /// Whether the minute and the hour are given, not `*`.
    pub(super) is_at_fixed_time: bool,
}

impl Fields {
    /// `None` for a schedule that has no fields, or none that the crate can read.
    pub(super) fn of(schedule: &Schedule) -> Option<Self> {
        let numbers = schedule.numbers()?;
        let [_, minute, hour, day, _, weekday, _] = &numbers;
        let is_at_fixed_time = !minute.is_starred && !hour.is_starred;
        // crontab(5): a day matches either field, unless one begins with `*`.
        let texts = if day.is_starred || weekday.is_starred {
            vec![text(&numbers, Days::Both)]
        } else {
            vec![text(&numbers, Days::OfMonth), text(&numbers, Days::OfWeek)]
        };
        let schedules = texts.iter().map(|text| text.parse()).collect::<Result<_, _>>().ok()?;
        Some(Self { schedules, is_at_fixed_time })
    }

    /// The first time after `after`.
    pub(super) fn next(&self, after: i64) -> Option<i64> {
        let after = DateTime::from_timestamp(after.max(before_year(FIRST_YEAR)), 0)?;
        let first = |schedule: &cron::Schedule| schedule.after(&after).next();
        self.schedules.iter().filter_map(first).min().map(|time| time.timestamp())
    }

    /// The last time at or before `by`.
    pub(super) fn latest(&self, by: i64) -> Option<i64> {
        let by = DateTime::from_timestamp(by.min(before_year(LAST_YEAR + 1)), 0)?;
        let last = |schedule: &cron::Schedule| latest_of(schedule, by);
        self.schedules.iter().filter_map(last).max().map(|time| time.timestamp())
    }
}

impl Fields {
    /// How many times there are from `from` on and before `to`.
    pub(super) fn count(&self, from: i64, to: i64) -> u64 {
        let Some(any) = self.schedules.first() else { return 0 };
        // Both kinds of day have the same times of day.
        let [hours, minutes, seconds] = [
            any.hours().iter().collect::<Vec<_>>(),
            any.minutes().iter().collect(),
            any.seconds().iter().collect(),
        ];
        let below = |numbers: &[u32], number: i64| {
            let below = numbers.iter().filter(|one| i64::from(**one) < number).count();
            i64::try_from(below).unwrap_or_default()
        };
        let has = |numbers: &[u32], number: i64| {
            i64::from(numbers.iter().any(|one| i64::from(*one) == number))
        };
        let [all_minutes, all_seconds] = [below(&minutes, 60), below(&seconds, 60)];
        // Of a day that has them, the times before a second of it.
        let before = |second: i64| {
            let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
            let of_minute = has(&minutes, minute) * below(&seconds, second);
            let of_hour = below(&minutes, minute) * all_seconds + of_minute;
            below(&hours, hour) * all_minutes * all_seconds + has(&hours, hour) * of_hour
        };
        let whole = before(DAY);
        let mut count = 0;
        for day in from.div_euclid(DAY)..=(to - 1).div_euclid(DAY) {
            let (start, end) = (day * DAY, (day + 1) * DAY);
            if start < to && end > from && self.has_day(start) {
                let left_out = if from > start { before(from - start) } else { 0 };
                count += if to < end { before(to - start) } else { whole } - left_out;
            }
        }
        u64::try_from(count).unwrap_or_default()
    }

    /// Whether there are times on the day that begins then.
    fn has_day(&self, start: i64) -> bool {
        let Some(day) = DateTime::from_timestamp(start, 0) else { return false };
        let Ok(year) = u32::try_from(day.year()) else { return false };
        self.schedules.iter().any(|schedule| {
            schedule.years().includes(year)
                && schedule.months().includes(day.month())
                && schedule.days_of_month().includes(day.day())
                && schedule.days_of_week().includes(day.weekday().number_from_sunday())
        })
    }
}

fn latest_of(schedule: &cron::Schedule, by: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let year = u32::try_from(by.year()).ok()?;
    let last = schedule.years().range(..=year).next_back()?;
    // Of an earlier year, the crate would only look at the part before this day of this month.
    let by = if last == year {
        by.timestamp()
    } else {
        before_year(i32::try_from(last).ok()?.saturating_add(1))
    };
    // The crate looks strictly before.
    schedule.after(&DateTime::from_timestamp(by + 1, 0)?).next_back()
}

/// The last second before a year.
fn before_year(year: i32) -> i64 {
    let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
    first.and_time(chrono::NaiveTime::MIN).and_utc().timestamp() - 1
}

#[derive(Clone, Copy, PartialEq)]
enum Days {
    Both,
    OfMonth,
    OfWeek,
}

/// The fields as the crate writes them.
fn text(numbers: &[Numbers; 7], days: Days) -> String {
    let [second, minute, hour, day, month, _, year] =
        numbers.each_ref().map(|field| list(field.values.iter().copied()));
    let weekday_from_one = list(numbers[5].values.iter().map(|number| number + 1));
    let day = if days == Days::OfWeek { "*".to_owned() } else { day };
    let weekday = if days == Days::OfMonth { "*".to_owned() } else { weekday_from_one };
    format!("{second} {minute} {hour} {day} {month} {weekday} {year}")
}

fn list(numbers: impl Iterator<Item = u32>) -> String {
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}
