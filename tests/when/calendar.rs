//! A zone's clock, minute by minute, in a list: the slow model has no other idea of time.

use chrono::{DateTime, Datelike, Offset, TimeZone, Timelike};
use chrono_tz::Tz;

/// What a clock shows in one minute.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Minutes since 1970-01-01T00:00 of the clock itself.
    pub minutes: i64,
    pub minute: u32,
    pub hour: u32,
    pub day: u32,
    pub month: u32,
    /// Sunday is 0.
    pub weekday: u32,
    pub year: i32,
}

impl Shown {
    pub fn of(minutes: i64) -> Self {
        let time = DateTime::from_timestamp(minutes * 60, 0).unwrap().naive_utc();
        Self {
            minutes,
            minute: time.minute(),
            hour: time.hour(),
            day: time.day(),
            month: time.month(),
            weekday: time.weekday().num_days_from_sunday(),
            year: time.year(),
        }
    }
}

/// A year and a day before and behind it, on the clock of a zone.
pub struct Calendar {
    pub zone: Tz,
    /// Minutes since the epoch of the first entry.
    pub first: i64,
    /// What the clock shows in each minute.
    pub shown: Vec<Shown>,
    /// Minutes since the epoch in which the clock was changed.
    pub changes: Vec<i64>,
}

impl Calendar {
    /// Offsets must be whole minutes, and change at whole minutes: so they do in our time.
    pub fn new(zone: &str, year: i32) -> Self {
        let zone: Tz = zone.parse().unwrap();
        let start =
            |year| chrono::Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap().timestamp() / 60;
        let (first, end) = (start(year) - 1_440, start(year + 1) + 1_440);
        let offset = |minute: i64| {
            let utc = DateTime::from_timestamp(minute * 60, 0).unwrap().naive_utc();
            let seconds = zone.offset_from_utc_datetime(&utc).fix().local_minus_utc();
            assert_eq!(seconds % 60, 0);
            i64::from(seconds / 60)
        };
        let changes = (first..end).filter(|minute| offset(*minute) != offset(minute - 1)).collect();
        let shown = (first..end).map(|minute| Shown::of(minute + offset(minute))).collect();
        Self { zone, first, shown, changes }
    }

    /// The minute behind the last entry.
    pub fn end(&self) -> i64 {
        self.first + i64::try_from(self.shown.len()).unwrap()
    }
}
