//! A group: the segments of one interval and version.

use crate::druid::timeline::rows::{Form, Held};
use crate::druid::timeline::updates::{Fate, Updates};
use crate::druid::timeline::version::Version;
use crate::druid::timeline::{Hidden, Piece, Sink};

/// The segments of one (interval, version), as long as the sweep is within the interval.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    pub(super) version: Version,
    /// Its lowest partition.
    pub(super) first: i64,
    pub(super) is_complete: bool,
    /// Whether no higher group was visible at some instant so far: what is not hidden within the
    /// group is not overshadowed.
    pub(super) is_exposed: bool,
    /// The lowest visible partition of the group that is visible where this one starts, unless
    /// that is the group itself.
    pub(super) hidden_at_start_by: Option<i64>,
    /// The greatest stamp of the visible segments.
    pub(super) youngest_ms: i64,
    /// The visible segments, by partition.
    visible: Vec<i64>,
    /// Segments that are hidden within the group, each with one that hides it.
    hidden: Vec<(i64, i64)>,
    /// Segments of updates that are not full.
    pending: Vec<i64>,
}

impl Group {
    /// A group without segments.
    pub(super) fn new(version: Version) -> Self {
        Self {
            start_ms: 0,
            end_ms: 0,
            version,
            first: 0,
            is_complete: false,
            is_exposed: false,
            hidden_at_start_by: None,
            youngest_ms: i64::MIN,
            visible: Vec::new(),
            hidden: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Takes the rows of an interval and the group's version, which come by partition.
    pub(super) fn fill(&mut self, rows: &[Held], texts: &str, updates: &mut Updates) {
        self.forget_segments();
        self.is_exposed = false;
        self.hidden_at_start_by = None;
        self.first = rows.first().map_or(0, |row| row.segment);
        self.youngest_ms = i64::MIN;
        // Whoever wrote a type that nobody here knows may mean that more is to come, wherever it stands in the group.
        let holds_unknown = rows.iter().any(|row| matches!(row.form, Form::Unknown));
        if rows.iter().any(|row| matches!(row.form, Form::Overwrite { .. })) {
            self.is_complete = updates.judge(rows, texts) && !holds_unknown;
            for (row, fate) in rows.iter().zip(updates.fates()) {
                self.add(row, *fate);
            }
        } else {
            self.is_complete = !holds_unknown && connects(rows.iter(), texts);
            for row in rows {
                self.add(row, Fate::Visible);
            }
        }
    }

    /// The lowest visible partition.
    pub(super) fn lead(&self) -> i64 {
        self.visible.first().copied().unwrap_or(self.first)
    }

    /// Whether segments are hidden within the group, even where it is visible.
    pub(super) fn hides_some_itself(&self) -> bool {
        self.is_complete && !self.hidden.is_empty()
    }

    /// Lets go of the segments, of which nothing is to be told.
    pub(super) fn forget_segments(&mut self) {
        self.visible.clear();
        self.hidden.clear();
        self.pending.clear();
    }

    /// Tells a piece of the timeline in which the group is visible.
    pub(super) fn tell_piece(&self, start_ms: i64, end_ms: i64, sink: &mut impl Sink) {
        let version = self.version.as_str();
        let is_whole = start_ms == self.start_ms && end_ms == self.end_ms;
        sink.visible(Piece { start_ms, end_ms, version, segments: &self.visible, is_whole });
    }

    /// Tells that all its segments are hidden by higher groups.
    pub(super) fn tell_all_hidden(&self, by: i64, youngest_ms: i64, sink: &mut impl Sink) {
        let hidden = self.hidden.iter().map(|(segment, _)| segment);
        for &segment in self.visible.iter().chain(hidden).chain(&self.pending) {
            sink.hidden(Hidden { segment, by, youngest_ms });
        }
    }

    /// Tells what is hidden at each instant, here by the group itself, there by higher ones.
    pub(super) fn tell_hidden_within(&self, youngest_ms: i64, sink: &mut impl Sink) {
        for &(segment, own) in &self.hidden {
            let by = self.hidden_at_start_by.unwrap_or(own);
            sink.hidden(Hidden { segment, by, youngest_ms });
        }
    }

    fn add(&mut self, row: &Held, fate: Fate) {
        match fate {
            Fate::Visible => {
                self.visible.push(row.segment);
                self.youngest_ms = self.youngest_ms.max(row.stamp_ms);
            }
            Fate::Hidden { by } => self.hidden.push((row.segment, by)),
            Fate::Pending => self.pending.push(row.segment),
        }
    }
}

/// Whether chunks, by root range, go on from a start to an end (`PartitionHolder.isComplete`).
/// More may follow behind the end.
pub(super) fn connects<'a>(mut chunks: impl Iterator<Item = &'a Held>, texts: &str) -> bool {
    let Some(mut last) = chunks.next().filter(|first| first.is_start()) else { return false };
    while !last.is_end() {
        match chunks.next() {
            Some(next) if last.abuts(next, texts) => last = next,
            _ => return false,
        }
    }
    true
}
