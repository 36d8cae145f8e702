//! Instants and intervals as people write them in job files and flags: ISO 8601, and on either side
//! of an interval `..` (open) or `now`, `now-P90D`, `now+P1D`. `now` is the run's logical time.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::config::period::with_parts;
use crate::config::problem::quoted;
use crate::druid::{Instant, Interval, Period};

/// The fix for a wrong interval.
pub(crate) const INTERVAL_HELP: &str =
    "write for example 2015-09-12/2015-09-13, 2015-09-12/P1D, ../now-P90D or now-P7D/now";

/// An instant, or one relative to the run's logical time.
#[derive(Debug, Clone, PartialEq)]
pub struct InstantExpression {
    text: String,
    moment: Moment,
}

#[derive(Debug, Clone, PartialEq)]
enum Moment {
    At(Instant),
    Now,
    After(Period),
    Before(Period),
}

impl Moment {
    fn parse(text: &str) -> Result<Self, String> {
        let Some(offset) = text.strip_prefix("now") else {
            return Instant::parse(text).map(Self::At).map_err(|error| error.to_string());
        };
        let period = |text: &str| with_parts(text).map_err(|error| format!("after 'now', {error}"));
        if offset.is_empty() {
            Ok(Self::Now)
        } else if let Some(text) = offset.strip_prefix('-') {
            period(text).map(Self::Before)
        } else if let Some(text) = offset.strip_prefix('+') {
            period(text).map(Self::After)
        } else {
            let shown = quoted(text);
            Err(format!("expected 'now', 'now-P90D' or 'now+P1D', found {shown}"))
        }
    }

    fn resolve(&self, now: Instant) -> Result<Instant, String> {
        match self {
            Self::At(instant) => Ok(*instant),
            Self::Now => Ok(now),
            Self::After(period) => period.add_to(now).map_err(|error| error.to_string()),
            Self::Before(period) => period.subtract_from(now).map_err(|error| error.to_string()),
        }
    }
}

impl InstantExpression {
    /// Reads an ISO 8601 instant, `now`, or `now` plus or minus a period.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str) -> Result<Self, String> {
        Moment::parse(text).map(|moment| Self { text: text.to_owned(), moment })
    }

    /// The instant meant when the logical time is `now`.
    ///
    /// # Errors
    /// When it lies outside of what 64 bits of milliseconds hold.
    pub fn resolve(&self, now: Instant) -> Result<Instant, String> {
        self.moment.resolve(now).map_err(|error| format!("'{self}': {error}"))
    }
}

/// An interval, fixed or relative to the run's logical time.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalExpression {
    text: String,
    bounds: Bounds,
}

#[derive(Debug, Clone, PartialEq)]
enum Bounds {
    /// Plain ISO 8601; both ends are known.
    Fixed(Interval),
    /// `None` is open.
    Between(Option<Moment>, Option<Moment>),
    /// `now/P1D`.
    From(Moment, Period),
    /// `P1D/now`.
    UpTo(Period, Moment),
}

impl IntervalExpression {
    /// Reads an ISO 8601 interval, in which each side may also be `..` or relative to `now`.
    ///
    /// # Errors
    /// When a side is none of these, when a period stands beside a period or an open side, and when
    /// the interval ends before it starts, as far as that can be known before `now` is.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Druid's kill path has `_` for `/`, which no instant and no period holds.
        let sides = text.split_once('/').or_else(|| text.split_once('_'));
        let bounds = match sides {
            Some((start, end)) if is_ours(start) || is_ours(end) => Self::parse_sides(start, end)?,
            Some((start, end)) => {
                for side in [start, end].into_iter().filter(|side| is_period(side)) {
                    with_parts(side)?;
                }
                let iso = format!("{start}/{end}");
                Bounds::Fixed(Interval::parse(&iso).map_err(|error| error.to_string())?)
            }
            None => Bounds::Fixed(Interval::parse(text).map_err(|error| error.to_string())?),
        };
        let expression = Self { text: text.to_owned(), bounds };
        expression.refuse_backwards()?;
        Ok(expression)
    }

    /// Everything: `../..`, Druid's eternity.
    pub fn everything() -> Self {
        Self { text: "../..".to_owned(), bounds: Bounds::Between(None, None) }
    }

    fn parse_sides(start: &str, end: &str) -> Result<Bounds, String> {
        let bound = |side| if side == ".." { Ok(None) } else { Moment::parse(side).map(Some) };
        let period = with_parts;
        match (is_period(start), is_period(end)) {
            (false, false) => Ok(Bounds::Between(bound(start)?, bound(end)?)),
            (true, _) if end == ".." => Err(no_length(end)),
            (_, true) if start == ".." => Err(no_length(start)),
            (true, _) => Ok(Bounds::UpTo(period(start)?, Moment::parse(end)?)),
            (false, true) => Ok(Bounds::From(Moment::parse(start)?, period(end)?)),
        }
    }

    /// The interval meant when the logical time is `now`; open sides reach to eternity.
    ///
    /// # Errors
    /// When it ends before it starts, or lies outside of what 64 bits of milliseconds hold.
    pub fn resolve(&self, now: Instant) -> Result<Interval, String> {
        let (start, end) = self.ends(now).map_err(|error| format!("'{self}': {error}"))?;
        Interval::new(start, end)
            .map_err(|_| format!("'{self}' ends ({end}) before it starts ({start})"))
    }

    fn ends(&self, now: Instant) -> Result<(Instant, Instant), String> {
        let resolve = |side: &Option<Moment>, open| match side {
            None => Ok(open),
            Some(moment) => moment.resolve(now),
        };
        match &self.bounds {
            Bounds::Fixed(interval) => Ok((interval.start, interval.end)),
            Bounds::Between(start, end) => {
                Ok((resolve(start, Instant::ETERNITY_START)?, resolve(end, Instant::ETERNITY_END)?))
            }
            Bounds::From(start, length) => {
                let start = start.resolve(now)?;
                Ok((start, length.add_to(start).map_err(|error| error.to_string())?))
            }
            Bounds::UpTo(length, end) => {
                let end = end.resolve(now)?;
                Ok((length.subtract_from(end).map_err(|error| error.to_string())?, end))
            }
        }
    }

    /// Whether `now` decides what the interval is.
    fn is_relative(&self) -> bool {
        let moves = |moment: &Moment| !matches!(moment, Moment::At(_));
        match &self.bounds {
            Bounds::Fixed(_) => false,
            Bounds::Between(start, end) => [start, end].into_iter().flatten().any(moves),
            Bounds::From(moment, _) | Bounds::UpTo(_, moment) => moves(moment),
        }
    }

    /// Finds sides in the wrong order (`now/now-P90D`) when the text is read, not at night.
    ///
    /// An interval with one fixed side may be in order at one time and not at another, and so may
    /// `now-P1M/now-P30D`, since months differ. So it is refused only when it is backwards at each of
    /// four samples: early, late, behind a month of 28 days and behind one of 31.
    fn refuse_backwards(&self) -> Result<(), String> {
        /// 0001-01-01, 2001-03-01, 2000-01-31 and 9999-12-31.
        const SAMPLES: [i64; 4] =
            [-62_135_596_800_000, 983_404_800_000, 949_276_800_000, 253_402_214_400_000];
        let is_backwards =
            |now| matches!(self.ends(Instant::from_millis(now)), Ok((a, b)) if b < a);
        if !SAMPLES.into_iter().all(is_backwards) {
            return Ok(());
        }
        if self.is_relative() {
            return Err(format!("'{self}' ends before it starts; exchange its sides"));
        }
        self.resolve(Instant::EPOCH).map(|_| ())
    }
}

/// Sides that ISO 8601 intervals as Druid reads them do not have.
fn is_ours(side: &str) -> bool {
    side == ".." || side.starts_with("now")
}

fn is_period(side: &str) -> bool {
    side.starts_with(['P', 'p'])
}

fn no_length(side: &str) -> String {
    format!("a period needs an instant or 'now' beside it, not '{side}'")
}

macro_rules! text_form {
    ($type:ty) => {
        /// The text as it was written.
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&crate::escape::escape(&self.text))
            }
        }

        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::parse(text)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }
    };
}

text_form!(InstantExpression);
text_form!(IntervalExpression);
