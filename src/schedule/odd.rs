//! Schedules that never start anything, or that mean something else than they look like.

use crate::druid::Instant;
use crate::job::{Job, Numbers, Schedule};
use crate::schedule::fires::Fires;
use crate::zones::Zone;

/// The days that each month has at least, January first.
const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// What a person should know of a job's schedule, a sentence each.
pub fn odd_schedule(job: &Job, now: Instant) -> Vec<String> {
    if job.schedule != Schedule::Manually
        && Fires::new(&job.schedule, job.time_zone).next(now).is_none()
    {
        return vec![
            "the job never starts by itself: no time to come is in its schedule".to_owned(),
        ];
    }
    match &job.schedule {
        Schedule::Manually => Vec::new(),
        Schedule::Every(_) => odd_period(job),
        Schedule::Cron(text) => odd_fields(&job.schedule, text),
    }
}

/// `@every` counts from 1970-01-01T00:00Z, a Thursday.
fn odd_period(job: &Job) -> Vec<String> {
    let fires = Fires::new(&job.schedule, job.time_zone);
    let first = fires.next(Instant::EPOCH).map_or(0, Instant::millis);
    let (hour, day) = (3_600_000, 86_400_000);
    let mut odd = Vec::new();
    if first >= day && job.time_zone != Zone::utc() {
        odd.push("@every asks no clock: its days begin at midnight in UTC, whatever time_zone says; @daily goes by the zone".to_owned());
    }
    if first == 7 * day {
        odd.push(
            "@every counts from 1970-01-01, a Thursday: the job starts on Thursdays; @weekly is on Sundays"
                .to_owned(),
        );
    }
    if first > hour && first < day && day % first != 0 {
        odd.push("@every counts from 1970-01-01T00:00Z, and a day is no multiple of the period: the job starts at other hours each day".to_owned());
    }
    odd
}

fn odd_fields(schedule: &Schedule, text: &str) -> Vec<String> {
    let Some(numbers) = schedule.numbers() else { return Vec::new() };
    let words: Vec<&str> = text.split(' ').collect();
    let has_seconds = words.len() > 5;
    let word = |field: usize| words.get(field.wrapping_sub(usize::from(!has_seconds))).copied();
    let [second, minute, hour, day, month, weekday, _] = &numbers;
    let mut odd = Vec::new();
    odd.extend(every_one(has_seconds, second, minute, [hour, day, month, weekday]));
    let fields = [
        (second, 0, 60),
        (minute, 1, 60),
        (hour, 2, 24),
        (day, 3, 31),
        (month, 4, 12),
        (weekday, 5, 7),
    ];
    for (field, place, size) in fields {
        odd.extend(word(place).and_then(|word| uneven(word, field, place, size)));
    }
    odd.extend(both_days(day, weekday));
    odd.extend(short_months(day, month, weekday));
    odd
}

/// Whether a field takes each of its numbers.
fn is_full(numbers: &Numbers, size: usize) -> bool {
    numbers.values.len() >= size
}

/// `* 3 * * *`, where `0 3 * * *` was meant.
fn every_one(
    has_seconds: bool,
    second: &Numbers,
    minute: &Numbers,
    [hour, day, month, weekday]: [&Numbers; 4],
) -> Option<String> {
    let within_days = [(hour, 24), (day, 31), (month, 12), (weekday, 7)];
    let is_limited = within_days.iter().any(|(numbers, size)| !is_full(numbers, *size));
    if has_seconds && is_full(second, 60) && (is_limited || !is_full(minute, 60)) {
        return Some(
            "it starts every second of the minutes that it names; once a minute is a 0 in the place of the seconds"
                .to_owned(),
        );
    }
    let is_often = is_full(minute, 60) && is_limited;
    is_often.then(|| {
        let hours = hour.values.len();
        let hours = if is_full(hour, 24) {
            "every hour".to_owned()
        } else if hours == 1 {
            format!("the hour from {}:00", hour.values.first().copied().unwrap_or_default())
        } else {
            format!("{hours} hours")
        };
        format!("it starts every minute of {hours}, 60 times an hour; once an hour is a 0 in the place of the minutes")
    })
}

/// `*/7`: the last gap of the range is another.
fn uneven(word: &str, numbers: &Numbers, place: usize, size: u32) -> Option<String> {
    const NAMES: [(&str, &str); 6] = [
        ("seconds", "minute"),
        ("minutes", "hour"),
        ("hours", "day"),
        ("days", "month"),
        ("months", "year"),
        ("days of the week", "week"),
    ];
    let step: u32 = word.strip_prefix("*/").and_then(|step| step.parse().ok())?;
    let (name, whole) = NAMES.get(place)?;
    let (first, last) = (*numbers.values.first()?, *numbers.values.last()?);
    if numbers.values.len() == 1 {
        return Some(format!("{word} of the {name} is {first} alone, once a {whole}"));
    }
    // Days count anew with each month, which has no fixed length.
    let is_even = size.is_multiple_of(step) && place != 3;
    (step > 1 && !is_even).then(|| {
        format!("{word} of the {name} is {first} to {last} and begins anew with each {whole}: the last step is shorter")
    })
}

/// Both day fields are given.
fn both_days(day: &Numbers, weekday: &Numbers) -> Option<String> {
    if is_full(day, 31) || is_full(weekday, 7) {
        return None;
    }
    Some(if day.is_starred || weekday.is_starred {
        "day of month and day of week must both fit, because one of them begins with *".to_owned()
    } else {
        "it starts on each day of the month that is named and on each day of the week that is named as well: either is enough"
            .to_owned()
    })
}

/// `0 0 31 * *`, which some months do not have.
fn short_months(day: &Numbers, month: &Numbers, weekday: &Numbers) -> Option<String> {
    if !is_full(weekday, 7) {
        return None;
    }
    let first = *day.values.first()?;
    let lacks = |month: &&u32| {
        let days = usize::try_from(**month).ok().and_then(|month| DAYS.get(month - 1));
        days.is_some_and(|days| first > *days)
    };
    let without = month.values.iter().filter(lacks).count();
    // The leap day alone is meant.
    (without > 0 && without < month.values.len()).then(|| {
        let months = if without == 1 { "month" } else { "months" };
        format!("{without} {months} of those it names may have no day {first}: nothing starts then")
    })
}
