//! Periods as arguments: which signs they may have.

use crate::druid::{Instant, Period};
use serde::Serializer;

/// The fix for a wrong period.
pub(crate) const PERIOD_HELP: &str = "write for example P30D or PT15M";

/// A period that says something. Joda reads a bare `P` as no time at all, which here is a slip.
pub(crate) fn with_parts(text: &str) -> Result<Period, String> {
    let period = Period::parse(text).map_err(|error| error.to_string())?;
    if period.is_empty() && !text.contains('0') {
        return Err(format!("the period '{text}' has no parts; no time at all is written PT0S"));
    }
    Ok(period)
}

/// A period that does not go back in time; `PT0S` is allowed.
pub(crate) fn not_negative(text: &str) -> Result<Period, String> {
    let period = with_parts(text)?;
    if period.is_negative() {
        return Err(format!("the period '{period}' is negative"));
    }
    Ok(period)
}

/// A period in which time passes.
pub(crate) fn positive(text: &str) -> Result<Period, String> {
    let period = not_negative(text)?;
    let end = period.add_to(Instant::EPOCH).map_err(|error| error.to_string())?;
    if end > Instant::EPOCH {
        Ok(period)
    } else {
        Err(format!("the period '{text}' is not positive"))
    }
}

/// A period as its text, for serde.
pub(crate) fn as_text<S: Serializer>(period: &Period, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(period)
}
