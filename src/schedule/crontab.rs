//! When Debian's cron must start `lopper run --scheduled JOB`, so that no fire of the job is late.
//!
//! cron knows minutes and one time zone, its machine's. What it cannot say is covered: it starts the job more often than
//! the schedule fires, and `--scheduled` does nothing where the latest fire has been decided already.

use std::collections::BTreeSet;

use crate::druid::{Instant, Period};
use crate::job::Schedule;
use crate::schedule::agenda::length_ms;
use crate::zones::Zone;

/// How far ahead clocks are compared, in minutes: three years.
const COMPARED_MIN: i64 = 3 * 366 * 1_440;

/// Clocks change at quarters of an hour.
const STEP_MIN: i64 = 15;

/// What cron is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronTimes {
    /// The five fields of a line.
    pub fields: String,
    /// Why cron starts the job at other times than its schedule; `None`: at those alone.
    pub covers: Option<String>,
    /// Whether the schedule has several times within a minute, of which cron can start the last one alone.
    pub is_finer: bool,
}

/// How the clock of a job differs from cron's.
#[derive(Debug, Clone)]
pub struct Clocks {
    /// There is no difference.
    same: bool,
    /// How far cron's clock is ahead, without whole hours: 0 to 59 minutes.
    ahead: BTreeSet<u32>,
    /// The minutes of the hour, by cron's clock, at which the job's clock is set forward.
    forward: BTreeSet<u32>,
}

impl Clocks {
    /// Compares the clock of `job` with the one of `cron` in the three years from `from` on.
    pub fn between(job: Zone, cron: Zone, from: Instant) -> Self {
        let first = from.millis().div_euclid(60_000 * STEP_MIN).saturating_mul(STEP_MIN);
        let mut clocks = Self { same: true, ahead: BTreeSet::new(), forward: BTreeSet::new() };
        let mut before = None;
        for step in 0..COMPARED_MIN / STEP_MIN {
            let minute = first.saturating_add(step * STEP_MIN);
            let (Some(shown), Some(crons)) = (offset(job, minute), offset(cron, minute)) else {
                break;
            };
            clocks.same &= shown == crons;
            clocks.ahead.extend(of_hour(crons - shown));
            if before.is_some_and(|before| before < shown) {
                clocks.forward.extend(of_hour(minute + crons));
            }
            before = Some(shown);
        }
        clocks
    }
}

/// Minutes that a clock is ahead of UTC; `None` outside of the calendar.
fn offset(zone: Zone, minute: i64) -> Option<i64> {
    Some(zone.offset(minute.checked_mul(60)?)?.div_euclid(60))
}

fn of_hour(minutes: i64) -> Option<u32> {
    u32::try_from(minutes.rem_euclid(60)).ok()
}

/// When cron must start a job of this schedule; `None`: never. `clocks` are those of the job's zone and cron's, and
/// `utc` those of UTC, by which `@every` counts, and cron's.
pub fn cron_times(schedule: &Schedule, clocks: &Clocks, utc: &Clocks) -> Option<CronTimes> {
    match schedule {
        Schedule::Manually => None,
        Schedule::Every(period) => Some(CronTimes {
            fields: at_minutes(&of_period(period, utc)),
            covers: Some("cron has no @every".to_owned()),
            is_finer: length_ms(period, Instant::EPOCH) < 60_000,
        }),
        Schedule::Cron(text) => of_fields(schedule, text, clocks),
    }
}

fn of_fields(schedule: &Schedule, text: &str, clocks: &Clocks) -> Option<CronTimes> {
    let [second, minute, hour, _, _, _, year] = schedule.numbers()?;
    let words: Vec<&str> = text.split(' ').collect();
    let at_full_minutes = second.values.iter().all(|second| *second == 0);
    if clocks.same && at_full_minutes {
        let five = if words.len() == 5 { &words[..] } else { words.get(1..6)? };
        let covers = (words.len() == 7 && !year.is_starred).then(|| "cron has no years".to_owned());
        return Some(CronTimes { fields: five.join(" "), covers, is_finer: false });
    }
    // cron starts at full minutes: what is due within one starts with the next.
    let mut late = BTreeSet::new();
    late.extend(second.values.contains(&0).then_some(0));
    late.extend((!at_full_minutes).then_some(1));
    let mut minutes = BTreeSet::new();
    for minute in &minute.values {
        for ahead in &clocks.ahead {
            minutes.extend(late.iter().map(|late| (minute + ahead + late) % 60));
        }
    }
    if !minute.is_starred && !hour.is_starred {
        minutes.extend(&clocks.forward);
    }
    let covers = match (clocks.same, at_full_minutes) {
        (true, _) => "cron has no seconds",
        (false, true) => "cron's clock is another",
        (false, false) => "cron has no seconds, and its clock is another",
    };
    let is_finer = second.values.len() > 1;
    Some(CronTimes { fields: at_minutes(&minutes), covers: Some(covers.to_owned()), is_finer })
}

/// The minutes of the hour, by cron's clock, at which multiples of a period can end. Days and longer parts of a period
/// are whole hours.
fn of_period(period: &Period, utc: &Clocks) -> BTreeSet<u32> {
    let past_hours = length_ms(period, Instant::EPOCH).rem_euclid(3_600_000);
    if past_hours % 60_000 != 0 {
        return (0..60).collect();
    }
    let step = (1..=60).rev().find(|step| past_hours / 60_000 % step == 0 && 60 % step == 0);
    let step = step.and_then(|step| usize::try_from(step).ok()).unwrap_or(1);
    let minutes = (0..60).step_by(step);
    minutes.flat_map(|minute| utc.ahead.iter().map(move |ahead| (minute + ahead) % 60)).collect()
}

/// Every hour of every day.
fn at_minutes(minutes: &BTreeSet<u32>) -> String {
    if minutes.len() == 60 {
        return "* * * * *".to_owned();
    }
    let minutes: Vec<String> = minutes.iter().map(|minute| minute.to_string()).collect();
    format!("{} * * * *", minutes.join(","))
}
