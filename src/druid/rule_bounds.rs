//! Rules as plain bounds on a segment's start and end. A statement joins the bounds with the segments, so that no segment is asked alone.

use super::{Instant, Interval, ParseError, Rule, Scope};

/// The segments that a rule applies to: `start_min <= start <= start_max` and
/// `end_min <= end <= end_max`, all four inclusive and in milliseconds since the epoch;
/// `i64::MIN` and `i64::MAX` where there is no bound.
///
/// Each type of rule asks of start and end apart, so that four numbers say all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The first start that fits.
    pub start_min: i64,
    /// The last start that fits.
    pub start_max: i64,
    /// The first end that fits.
    pub end_min: i64,
    /// The last end that fits.
    pub end_max: i64,
}

impl Bounds {
    /// All segments.
    pub const EVERYTHING: Self =
        Self { start_min: i64::MIN, start_max: i64::MAX, end_min: i64::MIN, end_max: i64::MAX };

    /// No segment.
    const NOTHING: Self =
        Self { start_min: i64::MAX, start_max: i64::MIN, end_min: i64::MAX, end_max: i64::MIN };

    /// Whether a segment at `interval` fits.
    pub fn holds(&self, interval: Interval) -> bool {
        let (start, end) = (interval.start.millis(), interval.end.millis());
        (self.start_min..=self.start_max).contains(&start)
            && (self.end_min..=self.end_max).contains(&end)
    }

    /// Whether no segment can fit. A segment's start is never behind its end.
    pub fn is_empty(&self) -> bool {
        let Self { start_min, start_max, end_min, end_max } = *self;
        start_min > start_max || end_min > end_max || start_min > end_max
    }

    /// The same segments in the narrowest bounds, since a start is never behind its end.
    #[must_use]
    pub fn tightened(&self) -> Self {
        Self {
            start_max: self.start_max.min(self.end_max),
            end_min: self.end_min.max(self.start_min),
            ..*self
        }
    }

    /// The segments that fit both, in the narrowest bounds; `None` where there can be none.
    pub fn and(&self, other: &Self) -> Option<Self> {
        Self {
            start_min: self.start_min.max(other.start_min),
            start_max: self.start_max.min(other.start_max),
            end_min: self.end_min.max(other.end_min),
            end_max: self.end_max.min(other.end_max),
        }
        .unless_empty()
    }

    /// The segments that fit this and not `other`, in at most four bounds that share none.
    pub fn minus(&self, other: &Self) -> Vec<Self> {
        if self.and(other).is_none() {
            return self.unless_empty().into_iter().collect();
        }
        // Each piece is cut off the rest by one bound of `other`: before its first start, behind
        // its last start, and of what is between these, before its first and behind its last end.
        let between = Self {
            start_min: self.start_min.max(other.start_min),
            start_max: self.start_max.min(other.start_max),
            ..*self
        };
        let pieces = [
            below(other.start_min).map(|start_max| Self { start_max, ..*self }),
            above(other.start_max).map(|start_min| Self { start_min, ..*self }),
            below(other.end_min).map(|end_max| Self { end_max, ..between }),
            above(other.end_max).map(|end_min| Self { end_min, ..between }),
        ];
        // A cut that lies outside of this one must not widen it.
        pieces.into_iter().flatten().filter_map(|piece| piece.and(self)).collect()
    }

    /// Whether every segment of some length that fits `other` fits this as well.
    pub fn holds_all_with_length(&self, other: &Self) -> bool {
        let (start_max, end_min) = (
            other.start_max.min(below(other.end_max).unwrap_or(i64::MIN)),
            other.end_min.max(above(other.start_min).unwrap_or(i64::MAX)),
        );
        other.start_min > start_max
            || end_min > other.end_max
            || (self.start_min <= other.start_min
                && start_max <= self.start_max
                && self.end_min <= end_min
                && other.end_max <= self.end_max)
    }

    pub(super) fn unless_empty(&self) -> Option<Self> {
        (!self.is_empty()).then(|| self.tightened())
    }

    /// What overlaps `[start, end)`, as [`Interval::overlaps`].
    fn overlapping(start: Instant, end: Instant) -> Self {
        match (above(start.millis()), below(end.millis())) {
            (Some(end_min), Some(start_max)) => Self { start_max, end_min, ..Self::EVERYTHING },
            _ => Self::NOTHING,
        }
    }

    /// What `[start, end)` contains, as [`Interval::contains`].
    fn within(start: Instant, end: Instant) -> Self {
        below(end.millis()).map_or(Self::NOTHING, |start_max| Self {
            start_min: start.millis(),
            start_max,
            end_max: end.millis(),
            ..Self::EVERYTHING
        })
    }
}

/// The instant before; `None` where there is none.
fn below(bound: i64) -> Option<i64> {
    bound.checked_sub(1)
}

/// The instant behind; `None` where there is none.
fn above(bound: i64) -> Option<i64> {
    bound.checked_add(1)
}

impl Rule {
    /// The segments that this rule applies to at `now` (`Rule.appliesTo` and what it calls:
    /// `Rules.eligibleForLoad` asks for an overlap, `PeriodDropRule` and `IntervalDropRule` ask
    /// to contain).
    ///
    /// # Errors
    /// When `now` minus the rule's period is outside of time.
    pub fn bounds(&self, now: Instant) -> Result<Bounds, ParseError> {
        match self {
            Self::Load { scope, .. } | Self::Broadcast { scope } => kept(*scope, now),
            Self::Drop { scope } => dropped(*scope, now),
            Self::DropBefore { period } => {
                let end_max = period.subtract_from(now)?.millis();
                Ok(Bounds { end_max, ..Bounds::EVERYTHING })
            }
        }
    }
}

/// What a load or broadcast rule applies to.
fn kept(scope: Scope, now: Instant) -> Result<Bounds, ParseError> {
    Ok(match scope {
        Scope::Forever => Bounds::EVERYTHING,
        Scope::Interval(interval) => Bounds::overlapping(interval.start, interval.end),
        Scope::Period { period, include_future: false } => {
            Bounds::overlapping(period.subtract_from(now)?, now)
        }
        Scope::Period { period, include_future: true } => {
            let start = period.subtract_from(now)?.millis();
            above(start).map_or(Bounds::NOTHING, |end_min| Bounds { end_min, ..Bounds::EVERYTHING })
        }
    })
}

/// What a drop rule applies to, other than `dropBeforeByPeriod`.
fn dropped(scope: Scope, now: Instant) -> Result<Bounds, ParseError> {
    Ok(match scope {
        Scope::Forever => Bounds::EVERYTHING,
        Scope::Interval(interval) => Bounds::within(interval.start, interval.end),
        Scope::Period { period, include_future: false } => {
            Bounds::within(period.subtract_from(now)?, now)
        }
        Scope::Period { period, include_future: true } => {
            let start_min = period.subtract_from(now)?.millis();
            Bounds { start_min, ..Bounds::EVERYTHING }
        }
    })
}
