//! What the timeline says of segments, judged from the used segments that overlap them.

use std::collections::HashMap;

use rusqlite::ToSql;

use crate::druid::timeline::{Hidden, Piece, Sink};
use crate::druid::{Instant, Interval, Period};
use crate::engine::timeline::{Datasource, Only, sweep};
use crate::engine::{Session, timeline};
use crate::error::Result;
use crate::explain::interval_text;
use crate::explain::report::{Seen, Sight, SightPiece};
use crate::ops::DEFAULT_GRACE_MINUTES;
use crate::store::sql;

/// Pieces that are told of one segment.
const MOST_PIECES: usize = 100;

/// The segment that is judged as if it were used, when there is none.
const NONE: i64 = -1;

/// A piece of the visible timeline.
pub(crate) struct Shown {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    pub(crate) version: String,
    pub(crate) segments: Vec<i64>,
}

/// The timeline around an interval.
#[derive(Default)]
pub(crate) struct Timeline {
    hidden: HashMap<i64, Hidden>,
    pieces: Vec<Shown>,
}

impl Sink for Timeline {
    fn hidden(&mut self, hidden: Hidden) {
        self.hidden.insert(hidden.segment, hidden);
    }

    fn visible(&mut self, piece: Piece<'_>) {
        self.pieces.push(Shown {
            start_ms: piece.start_ms,
            end_ms: piece.end_ms,
            version: piece.version.to_owned(),
            segments: piece.segments.to_vec(),
        });
    }
}

impl Timeline {
    /// The timeline of the used segments that overlap an interval, and of `segment`; or why there is none.
    pub(crate) fn around(
        session: &Session<'_>,
        of: Datasource<'_>,
        within: Interval,
        segment: Option<i64>,
    ) -> Result<std::result::Result<Self, String>> {
        let segment = segment.unwrap_or(NONE);
        let (from, to) = (within.start.millis(), within.end.millis());
        let parameters: [(&str, &dyn ToSql); 4] = [
            (":datasource", &of.number),
            (":segment", &segment),
            (":from_ms", &from),
            (":to_ms", &to),
        ];
        let sinks = [(Only::All, Self::default())];
        let swept = sweep(session, of, sql::timeline::AROUND, &parameters, sinks)?;
        Ok(swept.map(|([timeline], _)| timeline).map_err(|why| why.reason))
    }

    /// What is told of one segment, and of an overshadowed one by which segment.
    pub(crate) fn seen(&self, segment: i64, start_ms: i64, end_ms: i64) -> (Seen, Option<&Hidden>) {
        if let Some(hidden) = self.hidden.get(&segment) {
            return (Seen::Overshadowed, Some(hidden));
        }
        let own = self.pieces(start_ms, end_ms).filter(|piece| piece.segments.contains(&segment));
        let covered: i64 =
            own.map(|piece| piece.end_ms.min(end_ms) - piece.start_ms.max(start_ms)).sum();
        let seen = match covered {
            0 => Seen::NotVisible,
            covered if covered == end_ms.saturating_sub(start_ms) => Seen::Visible,
            _ => Seen::PartlyVisible,
        };
        (seen, None)
    }

    /// The version that is visible at an instant.
    pub(crate) fn version_at(&self, at_ms: i64) -> Option<&str> {
        let mut pieces = self.pieces(at_ms, at_ms.saturating_add(1));
        pieces.next().map(|piece| piece.version.as_str())
    }

    /// How many segments are overshadowed.
    pub(crate) fn count_hidden(&self) -> u64 {
        u64::try_from(self.hidden.len()).unwrap_or(u64::MAX)
    }

    /// The pieces that overlap an interval, by time.
    fn pieces(&self, start_ms: i64, end_ms: i64) -> impl Iterator<Item = &Shown> {
        let first = self.pieces.partition_point(|piece| piece.end_ms <= start_ms);
        let behind = self.pieces.get(first..).unwrap_or_default();
        behind.iter().take_while(move |piece| piece.start_ms < end_ms)
    }
}

/// One segment's place in the timeline; an unused one is judged as if it were marked used.
pub(crate) fn sight(
    session: &Session<'_>,
    of: Datasource<'_>,
    segment: i64,
    within: Interval,
    is_used: bool,
) -> Result<Sight> {
    let mut sight = Sight {
        seen: Seen::Unknown,
        if_used: !is_used,
        pieces: Vec::new(),
        overshadowed_by: None,
        grace_ends: None,
        in_grace: None,
        problem: None,
    };
    let timeline = match Timeline::around(session, of, within, Some(segment))? {
        Ok(timeline) => timeline,
        Err(why) => {
            sight.problem = Some(why);
            return Ok(sight);
        }
    };
    let (start_ms, end_ms) = (within.start.millis(), within.end.millis());
    let (seen, hidden) = timeline.seen(segment, start_ms, end_ms);
    sight.seen = seen;
    if let Some(hidden) = hidden {
        sight.overshadowed_by = Some(timeline::name(session, hidden.by)?);
        let youngest = Instant::from_millis(hidden.youngest_ms);
        if let Ok(ends) = Period::minutes(DEFAULT_GRACE_MINUTES).add_to(youngest) {
            sight.in_grace = Some(session.logical <= ends);
            sight.grace_ends = Some(ends.to_string());
        }
    }
    if matches!(seen, Seen::PartlyVisible | Seen::NotVisible) {
        for piece in timeline.pieces(start_ms, end_ms).take(MOST_PIECES) {
            let is_own = piece.segments.contains(&segment);
            let lead = if is_own { Some(&segment) } else { piece.segments.first() }
                .copied()
                .unwrap_or(segment);
            sight.pieces.push(SightPiece {
                interval: interval_text(piece.start_ms.max(start_ms), piece.end_ms.min(end_ms)),
                version: piece.version.clone(),
                segment: timeline::name(session, lead)?,
                is_own,
            });
        }
    }
    Ok(sight)
}
