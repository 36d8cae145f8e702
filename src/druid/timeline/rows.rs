//! The rows of one interval, kept until all of them are there.

use std::cmp::Ordering;
use std::ops::Range;

use crate::druid::timeline::version::compare;
use crate::druid::timeline::{Chunk, Row};

/// Where a text stands among the texts of the rows.
pub(super) type Span = Range<usize>;

/// The rows of one interval. Emptied, it keeps its room for the next.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    rows: Vec<Held>,
    texts: String,
}

/// A row, without what is the same in all rows of the interval.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) segment: i64,
    pub(super) partition_num: i32,
    pub(super) stamp_ms: i64,
    pub(super) version: Span,
    pub(super) form: Form,
}

/// A chunk whose texts stand with the rows.
#[derive(Debug)]
pub(super) enum Form {
    Counted { core_partitions: i32 },
    Ranged { start: Option<Span>, end: Option<Span> },
    Alone,
    Unknown,
    Overwrite { start_root: i32, end_root: i32, minor_version: i16, group_size: i16 },
}

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a row belongs to the interval of those that are here.
    pub(super) fn take_in(&self, row: &Row<'_>) -> bool {
        self.start_ms == row.start_ms && self.end_ms == row.end_ms
    }

    /// Adds a row; the first one sets the interval.
    pub(super) fn add(&mut self, row: &Row<'_>) {
        if self.rows.is_empty() {
            self.start_ms = row.start_ms;
            self.end_ms = row.end_ms;
        }
        let version = self.version(row.version);
        let form = match row.chunk {
            Chunk::Counted { core_partitions } => Form::Counted { core_partitions },
            Chunk::Ranged { start, end } => Form::Ranged {
                start: start.map(|text| self.keep(text)),
                end: end.map(|text| self.keep(text)),
            },
            Chunk::Alone => Form::Alone,
            Chunk::Unknown => Form::Unknown,
            Chunk::Overwrite { start_root, end_root, minor_version, group_size } => {
                Form::Overwrite { start_root, end_root, minor_version, group_size }
            }
        };
        self.rows.push(Held {
            segment: row.segment,
            partition_num: row.partition_num,
            stamp_ms: row.stamp_ms,
            version,
            form,
        });
    }

    /// Forgets the rows.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.texts.clear();
    }

    /// Orders the rows by version, then partition.
    pub(super) fn sort(&mut self) {
        let texts = &self.texts;
        self.rows.sort_unstable_by(|one, other| {
            compare_versions(texts, one, other)
                .then_with(|| one.partition_num.cmp(&other.partition_num))
                .then_with(|| one.segment.cmp(&other.segment))
        });
    }

    /// The sorted rows of each version, by version.
    pub(super) fn by_version(&self) -> impl Iterator<Item = &[Held]> {
        self.rows
            .chunk_by(|one, other| compare_versions(&self.texts, one, other) == Ordering::Equal)
    }

    /// All texts of the rows, for the spans to point into.
    pub(super) fn texts(&self) -> &str {
        &self.texts
    }

    /// A version's text, which is most often that of the row before.
    fn version(&mut self, text: &str) -> Span {
        match self.rows.last() {
            Some(last) if self.texts[last.version.clone()] == *text => last.version.clone(),
            _ => self.keep(text),
        }
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.texts.len();
        self.texts.push_str(text);
        start..self.texts.len()
    }
}

fn compare_versions(texts: &str, one: &Held, other: &Held) -> Ordering {
    if one.version == other.version {
        return Ordering::Equal;
    }
    compare(&texts[one.version.clone()], &texts[other.version.clone()])
}

impl Held {
    /// Its root range, `start..end`.
    pub(super) fn root(&self) -> (i64, i64) {
        match self.form {
            Form::Overwrite { start_root, end_root, .. } => (start_root.into(), end_root.into()),
            _ => (self.partition_num.into(), i64::from(self.partition_num) + 1),
        }
    }

    pub(super) fn minor_version(&self) -> i16 {
        match self.form {
            Form::Overwrite { minor_version, .. } => minor_version,
            _ => 0,
        }
    }

    /// How many segments its atomic update group needs to be full, at least 1.
    pub(super) fn group_size(&self) -> usize {
        match self.form {
            Form::Overwrite { group_size, .. } => usize::try_from(group_size).unwrap_or(1).max(1),
            _ => 1,
        }
    }

    /// Whether a group may begin with it.
    pub(super) fn is_start(&self) -> bool {
        match &self.form {
            Form::Counted { core_partitions } => self.partition_num == 0 || *core_partitions == 0,
            Form::Ranged { start, .. } => start.is_none(),
            Form::Alone | Form::Overwrite { .. } => true,
            Form::Unknown => false,
        }
    }

    /// Whether a group may end with it.
    pub(super) fn is_end(&self) -> bool {
        match &self.form {
            Form::Counted { core_partitions } => {
                *core_partitions == 0 || core_partitions.checked_sub(1) == Some(self.partition_num)
            }
            Form::Ranged { end, .. } => end.is_none(),
            Form::Alone | Form::Overwrite { .. } => true,
            Form::Unknown => false,
        }
    }

    /// Whether `next` goes on where this one ends.
    pub(super) fn abuts(&self, next: &Self, texts: &str) -> bool {
        match (&self.form, &next.form) {
            (Form::Counted { .. }, Form::Counted { .. }) => {
                self.partition_num.checked_add(1) == Some(next.partition_num)
            }
            (Form::Ranged { end: Some(end), .. }, Form::Ranged { start: Some(start), .. }) => {
                texts[end.clone()] == texts[start.clone()]
            }
            _ => false,
        }
    }
}
