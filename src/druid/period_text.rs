//! The text of periods, read and written as Joda's `ISOPeriodFormat.standard()` does.

use std::fmt;

use super::Period;

/// The most digits that Joda reads in a number, those of its fraction included.
const MOST_DIGITS: usize = 10;

/// Reads a period; `None` when the text is none.
pub(super) fn parse(text: &str) -> Option<Period> {
    let rest = text.strip_prefix(['P', 'p'])?;
    let mut period = Period::ZERO;
    let rest = field(rest, 'Y', &mut period.years)?;
    let rest = field(rest, 'M', &mut period.months)?;
    let rest = field(rest, 'W', &mut period.weeks)?;
    let rest = field(rest, 'D', &mut period.days)?;
    let Some(time) = rest.strip_prefix(['T', 't']) else {
        return rest.is_empty().then_some(period);
    };
    let rest = field(time, 'H', &mut period.hours)?;
    let rest = field(rest, 'M', &mut period.minutes)?;
    let rest = seconds(rest, &mut period)?;
    // A 'T' must have something behind it.
    (rest.is_empty() && !time.is_empty()).then_some(period)
}

/// Reads `number unit` into `value` if it comes next, and answers what follows; `None` when the
/// number cannot be one.
fn field<'a>(text: &'a str, unit: char, value: &mut i32) -> Option<&'a str> {
    let Some((number, rest)) = number_before(text, unit) else { return Some(text) };
    *value = whole(number)?;
    Some(rest)
}

/// As `field`, for seconds with an optional fraction, which is cut off to milliseconds.
fn seconds<'a>(text: &'a str, period: &mut Period) -> Option<&'a str> {
    let Some((number, rest)) = number_before(text, 'S') else { return Some(text) };
    let Some((whole_part, fraction)) = number.split_once(['.', ',']) else {
        period.seconds = whole(number)?;
        return Some(rest);
    };
    let unsigned = whole_part.trim_start_matches(['+', '-']);
    let digits = unsigned.len() + fraction.len();
    if digits == 0 || digits > MOST_DIGITS || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // A sign must stand before a digit; a bare fraction is fine.
    period.seconds = if whole_part.is_empty() { 0 } else { whole(whole_part)? };
    let millis: i32 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    period.millis = if whole_part.starts_with('-') { -millis } else { millis };
    Some(rest)
}

/// Splits `text` behind the characters of a number and the unit that follows them.
fn number_before(text: &str, unit: char) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | ',')))?;
    let (number, rest) = text.split_at(end);
    let rest = rest.strip_prefix([unit, unit.to_ascii_lowercase()])?;
    Some((number, rest))
}

/// A whole number with an optional sign.
fn whole(text: &str) -> Option<i32> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Joda skips a '+' without counting it off against the digits.
    let most = if text.starts_with('+') { MOST_DIGITS + 1 } else { MOST_DIGITS };
    if unsigned.len() > most || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Writes the canonical text.
pub(super) fn write(period: Period, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if period.is_empty() {
        return f.write_str("PT0S");
    }
    f.write_str("P")?;
    write_fields(
        f,
        [(period.years, 'Y'), (period.months, 'M'), (period.weeks, 'W'), (period.days, 'D')],
    )?;
    let millis = i64::from(period.seconds) * 1_000 + i64::from(period.millis);
    if period.hours != 0 || period.minutes != 0 || millis != 0 {
        f.write_str("T")?;
    }
    write_fields(f, [(period.hours, 'H'), (period.minutes, 'M')])?;
    let sign = if millis < 0 { "-" } else { "" };
    let (seconds, fraction) = (millis.unsigned_abs() / 1_000, millis.unsigned_abs() % 1_000);
    match (seconds, fraction) {
        (0, 0) => Ok(()),
        (_, 0) => write!(f, "{sign}{seconds}S"),
        _ => write!(f, "{sign}{seconds}.{fraction:03}S"),
    }
}

fn write_fields<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    fields: [(i32, char); N],
) -> fmt::Result {
    fields
        .into_iter()
        .filter(|(value, _)| *value != 0)
        .try_for_each(|(value, unit)| write!(f, "{value}{unit}"))
}
