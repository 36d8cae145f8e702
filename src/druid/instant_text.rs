//! ISO 8601 texts, read as Joda's `ISODateTimeFormat` reads them.
//!
//! Joda is laxer than the standard: letters in either case, fields with fewer digits than usual
//! (`2015-9-1T7:5`), years of up to nine digits with a sign.

use super::calendar::{self, Date};

const MILLIS_PER_HOUR: i64 = 3_600_000;
const MILLIS_PER_MINUTE: i64 = 60_000;
const MILLIS_PER_SECOND: i64 = 1_000;

/// `ISODateTimeFormat.dateTimeParser()`, in milliseconds since the epoch.
pub(super) fn parse(text: &str) -> Option<i64> {
    let mut cursor = Cursor::new(text);
    let millis = if cursor.letter(b'T') {
        let time = cursor.time()?;
        let offset = cursor.attempt(Cursor::offset).unwrap_or(0);
        calendar::millis_from(0, time - offset)
    } else {
        let days = cursor.date()?;
        let (mut time, mut offset) = (0, 0);
        if cursor.letter(b'T') {
            // Both are optional, even behind a 'T'.
            time = cursor.attempt(Cursor::time).unwrap_or(0);
            offset = cursor.attempt(Cursor::offset).unwrap_or(0);
        }
        calendar::millis_from(days, time - offset)
    };
    millis.filter(|_| cursor.at_end())
}

/// `ISODateTimeFormat.dateTime()`, in milliseconds since the epoch.
pub(super) fn parse_full(text: &str) -> Option<i64> {
    let mut cursor = Cursor::new(text);
    let year = cursor.year()?;
    let month = cursor.field(b'-', 2)?;
    let day = cursor.field(b'-', 2)?;
    let days = calendar_day(year, month, day)?;
    if !cursor.letter(b'T') {
        return None;
    }
    let hour = cursor.number(2).filter(|hour| *hour <= 23)?;
    let minute = cursor.field(b':', 2).filter(|minute| *minute <= 59)?;
    let second = cursor.field(b':', 2).filter(|second| *second <= 59)?;
    if !cursor.byte(b'.') {
        return None;
    }
    let fraction = cursor.fraction_digits(MILLIS_PER_SECOND)?;
    let offset = cursor.offset()?;
    let time = hour * MILLIS_PER_HOUR + minute * MILLIS_PER_MINUTE + second * MILLIS_PER_SECOND;
    calendar::millis_from(days, time + fraction - offset).filter(|_| cursor.at_end())
}

/// A place in the text. A reader that answers `None` may have moved it; `attempt` does not.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes() }
    }

    fn at_end(self) -> bool {
        self.bytes.is_empty()
    }

    /// Runs a reader, and stays here when it fails.
    fn attempt(&mut self, read: impl FnOnce(&mut Self) -> Option<i64>) -> Option<i64> {
        let mut ahead = *self;
        let value = read(&mut ahead)?;
        *self = ahead;
        Some(value)
    }

    /// Passes over `byte`, if it is next.
    fn byte(&mut self, byte: u8) -> bool {
        match self.bytes {
            [first, rest @ ..] if *first == byte => {
                self.bytes = rest;
                true
            }
            _ => false,
        }
    }

    /// Passes over a letter of either case.
    fn letter(&mut self, letter: u8) -> bool {
        self.byte(letter) || self.byte(letter.to_ascii_lowercase())
    }

    /// A number of one to `most` digits.
    fn number(&mut self, most: usize) -> Option<i64> {
        let length = self.bytes.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        (length > 0).then_some(value)
    }

    /// A number of exactly two digits.
    fn two_digits(&mut self) -> Option<i64> {
        let before = self.bytes.len();
        let value = self.number(2)?;
        (before - self.bytes.len() == 2).then_some(value)
    }

    /// A separator and a number of one to `most` digits.
    fn field(&mut self, separator: u8, most: usize) -> Option<i64> {
        if self.byte(separator) { self.number(most) } else { None }
    }

    /// A year of up to nine digits with an optional sign.
    fn year(&mut self) -> Option<i64> {
        if self.byte(b'-') {
            self.number(9).map(|year| -year)
        } else {
            self.byte(b'+');
            self.number(9)
        }
    }

    /// A date in days since the epoch: of the three forms the one that takes the most text, as in
    /// Joda, and of two that take the same the first.
    fn date(&mut self) -> Option<i64> {
        let mut best: Option<(Cursor<'a>, Option<i64>)> = None;
        for form in [Self::calendar_date, Self::week_date, Self::ordinal_date] {
            let mut ahead = *self;
            // A form is chosen by its shape alone: a month 13 is an error, never another form.
            if let Some(days) = form(&mut ahead)
                && best.is_none_or(|(longest, _)| ahead.bytes.len() < longest.bytes.len())
            {
                best = Some((ahead, days));
            }
        }
        let (ahead, days) = best?;
        *self = ahead;
        days
    }

    /// `yyyy[-MM[-dd]]`; the inner `None` is a date that does not exist.
    fn calendar_date(&mut self) -> Option<Option<i64>> {
        let year = self.year()?;
        let month = self.attempt(|ahead| ahead.field(b'-', 2));
        let day = month.and_then(|_| self.attempt(|ahead| ahead.field(b'-', 2)));
        Some(calendar_day(year, month.unwrap_or(1), day.unwrap_or(1)))
    }

    /// `xxxx-Www[-e]`.
    fn week_date(&mut self) -> Option<Option<i64>> {
        let year = self.year()?;
        if !(self.byte(b'-') && self.letter(b'W')) {
            return None;
        }
        let week = self.number(2)?;
        let day = self.attempt(|ahead| ahead.field(b'-', 1)).unwrap_or(1);
        Some(week_day(year, week, day))
    }

    /// `yyyy-DDD`.
    fn ordinal_date(&mut self) -> Option<Option<i64>> {
        let year = self.year()?;
        let day = self.field(b'-', 3)?;
        Some(ordinal_day(year, day))
    }

    /// `HH[:mm[:ss]]`, the last field with an optional fraction, in milliseconds of the day.
    fn time(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        let mut millis = hour * MILLIS_PER_HOUR;
        let mut unit = MILLIS_PER_HOUR;
        let mut valid = hour <= 23;
        for part in [MILLIS_PER_MINUTE, MILLIS_PER_SECOND] {
            let Some(value) = self.attempt(|ahead| ahead.field(b':', 2)) else { break };
            valid &= value <= 59;
            millis += value * part;
            unit = part;
        }
        let fraction = self.attempt(|ahead| {
            if ahead.byte(b'.') || ahead.byte(b',') { ahead.fraction_digits(unit) } else { None }
        });
        valid.then_some(millis + fraction.unwrap_or(0))
    }

    /// One to nine digits of a fraction of `unit` milliseconds, cut off to whole ones.
    fn fraction_digits(&mut self, unit: i64) -> Option<i64> {
        let before = self.bytes.len();
        let digits = self.number(9)?;
        let scale = 10_i64.pow(u32::try_from(before - self.bytes.len()).ok()?);
        // At most 999,999,999 times an hour: far from overflow.
        Some(digits * unit / scale)
    }

    /// `Z`, `±hh`, `±hhmm`, `±hh:mm` and on to the milliseconds; east of Greenwich is positive.
    fn offset(&mut self) -> Option<i64> {
        if self.letter(b'Z') {
            return Some(0);
        }
        let negative = self.byte(b'-');
        if !negative && !self.byte(b'+') {
            return None;
        }
        let hour = self.two_digits().filter(|hour| *hour <= 23)?;
        let mut millis = hour * MILLIS_PER_HOUR;
        let separated = self.bytes.first() == Some(&b':');
        for unit in [MILLIS_PER_MINUTE, MILLIS_PER_SECOND] {
            if !self.offset_goes_on(separated, b":") {
                return Some(if negative { -millis } else { millis });
            }
            millis += self.two_digits().filter(|value| *value <= 59)? * unit;
        }
        if self.offset_goes_on(separated, b".,") {
            let before = self.bytes.len();
            let digits = self.number(3)?;
            let scale = [100, 10, 1].get(before - self.bytes.len() - 1)?;
            millis += digits * scale;
        }
        Some(if negative { -millis } else { millis })
    }

    /// Passes over a separator, if the offset has them, and tells whether another field follows.
    fn offset_goes_on(&mut self, separated: bool, separators: &[u8]) -> bool {
        if separated {
            separators.iter().any(|separator| self.byte(*separator))
        } else {
            self.bytes.first().is_some_and(u8::is_ascii_digit)
        }
    }
}

/// Whether Joda parses a year: its calendar's own, and one more at each end.
fn parses(year: i64) -> bool {
    (calendar::YEARS.start() - 1..=calendar::YEARS.end() + 1).contains(&year)
}

fn calendar_day(year: i64, month: i64, day: i64) -> Option<i64> {
    let exists = parses(year)
        && (1..=12).contains(&month)
        && (1..=calendar::days_in_month(year, month)).contains(&day);
    exists.then(|| calendar::days_from_date(Date { year, month, day }))
}

fn week_day(year: i64, week: i64, day: i64) -> Option<i64> {
    // Joda bounds week years by their absolute value.
    if !calendar::YEARS.contains(&year.abs()) || !(1..=7).contains(&day) {
        return None;
    }
    let first = calendar::first_monday(year);
    let weeks = (calendar::first_monday(year + 1) - first) / 7;
    (1..=weeks).contains(&week).then_some(first + (week - 1) * 7 + day - 1)
}

fn ordinal_day(year: i64, day: i64) -> Option<i64> {
    let exists = parses(year) && (1..=calendar::days_in_year(year)).contains(&day);
    exists.then(|| calendar::days_from_date(Date { year, month: 1, day: 1 }) + day - 1)
}
