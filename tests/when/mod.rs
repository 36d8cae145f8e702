//! When jobs start: schedules against a slow model of Debian's cron, the commands that tell of fires, cron's lines.

mod calendar;
mod crontab;
mod jitter;
mod model;
mod next;
mod random;
mod scheduled;
mod tables;
mod zones;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use lopper::druid::Instant;
use lopper::job::Schedule;
use lopper::schedule::Fires;

/// The fires of a schedule's text in the zone of that name.
fn fires(schedule: &str, zone: &str) -> Fires {
    let schedule =
        Schedule::parse(schedule).unwrap_or_else(|wrong| panic!("{schedule}: {wrong:?}"));
    Fires::new(&schedule, zone.parse().unwrap())
}

/// An instant of a text such as `2026-03-29` or `2026-03-29T01:00Z`.
fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn instant(seconds: i64) -> Instant {
    Instant::from_millis(seconds * 1_000)
}

fn seconds(instant: Instant) -> i64 {
    assert_eq!(instant.millis() % 1_000, 0, "{instant} is no whole second");
    instant.millis() / 1_000
}

/// What the clock of a zone shows: `Sun 2026-03-29 03:00:00 +02:00`.
fn shown(instant: Instant, zone: &str) -> String {
    let zone: Tz = zone.parse().unwrap();
    let utc: DateTime<Utc> = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(instant.millis());
    utc.with_timezone(&zone).format("%a %F %T %:z").to_string()
}
