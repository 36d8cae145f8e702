//! A point in time: its canonical text, and every ISO 8601 text that Joda takes for one.

use std::fmt;

use super::calendar::{self, Date, MILLIS_PER_DAY};
use super::{ParseError, instant_text};

/// A signed count of milliseconds since 1970-01-01T00:00:00Z.
///
/// All of `i64` is valid. The canonical text is in UTC with three fraction digits; years are
/// padded to four digits and may have nine (`-146136543-09-08T08:23:32.096Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// 1970-01-01T00:00:00.000Z.
    pub const EPOCH: Self = Self(0);
    /// The start of Druid's eternity (`JodaUtils.MIN_INSTANT`).
    pub const ETERNITY_START: Self = Self(i64::MIN / 2);
    /// The end of Druid's eternity (`JodaUtils.MAX_INSTANT`).
    pub const ETERNITY_END: Self = Self(i64::MAX / 2);

    /// The instant `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whether the year has four digits and no sign: what SQL's date functions know.
    pub const fn is_in_years_0_to_9999(self) -> bool {
        self.0 >= -62_167_219_200_000 && self.0 <= 253_402_300_799_999
    }

    /// Reads what Joda's `ISODateTimeFormat.dateTimeParser()` reads: calendar, week and ordinal
    /// dates, each with or without a time and an offset, and a time alone (on 1970-01-01). UTC
    /// where the text has no offset.
    ///
    /// # Errors
    /// When the text is none of these, names a date that does not exist, or lies outside of `i64`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        instant_text::parse(text)
            .map(Self)
            .ok_or_else(|| ParseError::expected("an ISO 8601 instant", text))
    }

    /// Reads what Joda's `ISODateTimeFormat.dateTime()` reads: a whole date, a whole time with a
    /// fraction, and an offset. This is how instants stand in segment ids.
    pub(super) fn parse_full(text: &str) -> Option<Self> {
        instant_text::parse_full(text).map(Self)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Date { year, month, day } = calendar::date_from_days(self.0.div_euclid(MILLIS_PER_DAY));
        let time = self.0.rem_euclid(MILLIS_PER_DAY);
        let (hour, minute) = (time / 3_600_000, time / 60_000 % 60);
        let (second, milli) = (time / 1_000 % 60, time % 1_000);
        let sign = if year < 0 { "-" } else { "" };
        let year = year.unsigned_abs();
        write!(
            f,
            "{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"
        )
    }
}
