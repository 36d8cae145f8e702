//! Calendar periods (`P1Y2M3W4DT5H6M7.008S`): their text and their arithmetic in UTC.

use std::fmt;

use super::calendar::{self, Date, MILLIS_PER_DAY};
use super::{Instant, ParseError, period_text};

/// A length of time in calendar fields, each of its own sign, as Joda's `Period`.
///
/// Two periods are equal when their fields are: `P12M` is not `P1Y`. The canonical text leaves out
/// what is zero; nothing at all is `PT0S`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Period {
    pub(super) years: i32,
    pub(super) months: i32,
    pub(super) weeks: i32,
    pub(super) days: i32,
    pub(super) hours: i32,
    pub(super) minutes: i32,
    pub(super) seconds: i32,
    pub(super) millis: i32,
}

impl Period {
    /// The period of no length, `PT0S`.
    pub const ZERO: Self = Self {
        years: 0,
        months: 0,
        weeks: 0,
        days: 0,
        hours: 0,
        minutes: 0,
        seconds: 0,
        millis: 0,
    };

    /// A period of days.
    pub const fn days(days: i32) -> Self {
        Self { days, ..Self::ZERO }
    }

    /// A period of minutes.
    pub const fn minutes(minutes: i32) -> Self {
        Self { minutes, ..Self::ZERO }
    }

    /// Reads what Joda's `ISOPeriodFormat.standard()` reads. A bare `P` is the empty period.
    ///
    /// # Errors
    /// When the text is no period, or a field is beyond 32 bits.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        period_text::parse(text)
            .ok_or_else(|| ParseError::expected("an ISO 8601 period such as P1M or PT15M", text))
    }

    /// Whether every field is zero.
    pub fn is_empty(self) -> bool {
        self == Self::ZERO
    }

    /// Whether the period leads backwards from some instant: its fields, months taken at their
    /// shortest where they add and at their longest where they take away, sum to less than zero.
    pub fn is_negative(self) -> bool {
        let months = i128::from(self.years) * 12 + i128::from(self.months);
        let days_per_month = if months > 0 { 28 } else { 31 };
        let days = months * days_per_month + i128::from(self.weeks) * 7 + i128::from(self.days);
        let minutes = i128::from(self.hours) * 60 + i128::from(self.minutes);
        let millis = (minutes * 60 + i128::from(self.seconds)) * 1_000 + i128::from(self.millis);
        days * i128::from(MILLIS_PER_DAY) + millis < 0
    }

    /// Whether some field adds and another takes away.
    pub fn is_mixed(self) -> bool {
        let fields = [
            self.years,
            self.months,
            self.weeks,
            self.days,
            self.hours,
            self.minutes,
            self.seconds,
            self.millis,
        ];
        fields.iter().any(|field| *field > 0) && fields.iter().any(|field| *field < 0)
    }

    /// `instant` plus `count` times this period: each field is multiplied, then added as in
    /// [`Period::add_to`]. So a day is clamped once, not at every month on the way.
    ///
    /// # Errors
    /// When the result, or a step on the way, lies outside of what an instant can be.
    pub fn add_times_to(self, count: i64, instant: Instant) -> Result<Instant, ParseError> {
        self.apply(instant, count)
    }

    /// `instant` plus this period: years, the day clamped to the month's length; months, clamped
    /// again; then weeks, days and time (Joda's `Chronology.add`).
    ///
    /// # Errors
    /// When the result, or a step on the way, lies outside of what an instant can be.
    pub fn add_to(self, instant: Instant) -> Result<Instant, ParseError> {
        self.apply(instant, 1)
    }

    /// `instant` minus this period, field by field as in [`Period::add_to`].
    ///
    /// # Errors
    /// When the result, or a step on the way, lies outside of what an instant can be.
    pub fn subtract_from(self, instant: Instant) -> Result<Instant, ParseError> {
        self.apply(instant, -1)
    }

    fn apply(self, instant: Instant, times: i64) -> Result<Instant, ParseError> {
        let fixed = [
            (self.weeks, 7 * MILLIS_PER_DAY),
            (self.days, MILLIS_PER_DAY),
            (self.hours, 3_600_000),
            (self.minutes, 60_000),
            (self.seconds, 1_000),
            (self.millis, 1),
        ];
        let months = |count: i32, unit: i64| times.checked_mul(i64::from(count) * unit);
        months(self.years, 12)
            .and_then(|months| add_months(instant.millis(), months))
            .and_then(|millis| add_months(millis, months(self.months, 1)?))
            .and_then(|millis| {
                fixed.into_iter().try_fold(millis, |millis, (count, unit)| {
                    millis.checked_add(times.checked_mul(i64::from(count))?.checked_mul(unit)?)
                })
            })
            .map(Instant::from_millis)
            .ok_or_else(|| {
                let message = match times {
                    1 => format!("{instant} plus {self} is outside of time"),
                    -1 => format!("{instant} minus {self} is outside of time"),
                    _ => format!("{instant} plus {times} times {self} is outside of time"),
                };
                ParseError::new(message)
            })
    }
}

/// `millis` plus calendar months, the day clamped to the length of the month it lands in.
fn add_months(millis: i64, months: i64) -> Option<i64> {
    if months == 0 {
        return Some(millis);
    }
    let date = calendar::date_from_days(millis.div_euclid(MILLIS_PER_DAY));
    let total = months.checked_add(date.year * 12 + date.month - 1)?;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    if !calendar::YEARS.contains(&year) {
        return None;
    }
    let day = date.day.min(calendar::days_in_month(year, month));
    let days = calendar::days_from_date(Date { year, month, day });
    calendar::millis_from(days, millis.rem_euclid(MILLIS_PER_DAY))
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        period_text::write(*self, f)
    }
}
