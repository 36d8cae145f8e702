//! Intervals `[start, end)`: their text, and how they lie to each other.

use std::fmt;

use super::{Instant, ParseError, Period};

/// The instants from `start` up to, but without, `end`; `start <= end` in all that [`Interval::new`]
/// and the parsers make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// Where the interval begins.
    pub start: Instant,
    /// The first instant behind the interval.
    pub end: Instant,
}

impl Interval {
    /// Druid's eternity (`Intervals.ETERNITY`).
    pub const ETERNITY: Self = Self { start: Instant::ETERNITY_START, end: Instant::ETERNITY_END };

    /// The interval from `start` to `end`.
    ///
    /// # Errors
    /// When `end` lies before `start`.
    pub fn new(start: Instant, end: Instant) -> Result<Self, ParseError> {
        if start <= end {
            Ok(Self { start, end })
        } else {
            Err(ParseError::new(format!(
                "expected an interval that ends at or after its start, found '{start}/{end}'"
            )))
        }
    }

    /// Reads `instant/instant`, `instant/period` or `period/instant`, as Druid's `Intervals.of`.
    ///
    /// # Errors
    /// When the text is none of these, when a side is wrong, or when it ends before it starts.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let expected =
            || ParseError::expected("an ISO 8601 interval such as 2015-09-12/2015-09-13", text);
        let (left, right) = text.split_once('/').ok_or_else(expected)?;
        match (left.starts_with(['P', 'p']), right.starts_with(['P', 'p'])) {
            (true, true) => Err(expected()),
            (true, false) => {
                let end = Instant::parse(right)?;
                Self::new(Period::parse(left)?.subtract_from(end)?, end)
            }
            (false, true) => {
                let start = Instant::parse(left)?;
                Self::new(start, Period::parse(right)?.add_to(start)?)
            }
            (false, false) => Self::new(Instant::parse(left)?, Instant::parse(right)?),
        }
    }

    /// Reads an interval as it stands in the paths of Druid's HTTP API, with `_` for `/`.
    ///
    /// # Errors
    /// As [`Interval::parse`].
    pub fn parse_path(text: &str) -> Result<Self, ParseError> {
        Self::parse(&text.replace('_', "/"))
    }

    /// Whether `other` lies within this interval. One of zero length at the end does not.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.start < self.end && other.end <= self.end
    }

    /// Whether the two have an instant in common. One of zero length inside the other counts.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start, self.end)
    }
}
