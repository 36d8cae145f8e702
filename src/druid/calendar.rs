//! The proleptic Gregorian calendar in UTC over all of `i64` milliseconds.
//!
//! Days are counted from 1970-01-01 and years are astronomical (year 0 exists), as in Joda's
//! `ISOChronology`. The arithmetic is Howard Hinnant's `days_from_civil` and its inverse.

/// Milliseconds in a day.
pub(super) const MILLIS_PER_DAY: i64 = 86_400_000;

/// The first and the last year that Joda's `GregorianChronology` computes with.
pub(super) const YEARS: std::ops::RangeInclusive<i64> = -292_275_054..=292_278_993;

/// Year, month (1–12) and day of the month (1–31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

/// Whether February of `year` has 29 days.
pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The number of days in `month` (1–12) of `year`.
pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number of days in `year`.
pub(super) fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// Days since the epoch of a date; `day` may lie beyond its month.
pub(super) fn days_from_date(date: Date) -> i64 {
    // The year begins in March here, so that the leap day is its last.
    let year = if date.month <= 2 { date.year - 1 } else { date.year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day counted from the epoch.
pub(super) fn date_from_days(days: i64) -> Date {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date { year, month, day }
}

/// The day of the Monday on which week 1 of an ISO week year begins.
pub(super) fn first_monday(week_year: i64) -> i64 {
    // Week 1 is the one with January 4th; day 0 of the epoch was a Thursday.
    let fourth = days_from_date(Date { year: week_year, month: 1, day: 4 });
    fourth - (fourth + 3).rem_euclid(7)
}

/// Milliseconds since the epoch of a time on a day, or `None` outside of `i64`.
pub(super) fn millis_from(days: i64, millis_of_day: i64) -> Option<i64> {
    // Widened, since the first and last day of the range are cut off by it.
    i64::try_from(i128::from(days) * i128::from(MILLIS_PER_DAY) + i128::from(millis_of_day)).ok()
}
