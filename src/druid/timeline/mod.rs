//! The timeline of one datasource: which segments are visible, and which are overshadowed.
//!
//! Pure: rows in, answers out, in one sweep over time. The rules are those of Druid's
//! `VersionedIntervalTimeline` and `OvershadowableManager`; where Druid's answer hangs on the order
//! in which segments arrive, they are decided here.

mod comparison;
mod group;
mod rows;
mod sweep;
mod updates;
mod version;
mod youngest;

pub use comparison::{Comparison, Side, Uncovered};
pub use sweep::Sweep;

/// One segment as the timeline sees it.
///
/// Rows come ordered by start, then end; those of one (start, end) in any order. Instants are
/// milliseconds since 1970-01-01T00:00:00Z, the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The caller's name for the segment.
    pub segment: i64,
    /// Start of its interval.
    pub start_ms: i64,
    /// End of its interval, not before the start. At the start: the segment has zero length.
    pub end_ms: i64,
    /// Its version; versions compare as Java compares strings.
    pub version: &'a str,
    /// Its partition number, which no other segment of its interval and version has.
    pub partition_num: i32,
    /// How it fits with others of its interval and version.
    pub chunk: Chunk<'a>,
    /// How young it is: the later of its creation and its last mark as used.
    pub stamp_ms: i64,
}

/// How a segment fits with others of its interval and version (Druid's `PartitionChunk`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// `numbered`, `hashed`, `dim_value_set`, `single` or `range` with `numCorePartitions`, and a type nobody knows
    /// that tells its place: partitions 0 to n - 1 are complete (`NumberedPartitionChunk`).
    Counted {
        /// n by the segment's own word; 0: any partition is complete by itself.
        core_partitions: i32,
    },
    /// `single` or `range` without `numCorePartitions`: ranges that abut from a null start to a
    /// null end are complete (`StringPartitionChunk`). A bound is a tuple in Druid, of one value or
    /// of several; any text of it will do that is the same exactly when the tuples are.
    Ranged {
        /// Where its values start; none: with the first.
        start: Option<&'a str>,
        /// Where its values end; none: with the last.
        end: Option<&'a str>,
    },
    /// `linear`, `none`, `tombstone`: complete by itself.
    Alone,
    /// A type that nobody knows: its group is never complete, and hides nothing. A newer Druid must not make older data
    /// go.
    Unknown,
    /// `numbered_overwrite`: replaces a range of root partitions of its own version.
    Overwrite {
        /// The first root partition that it replaces.
        start_root: i32,
        /// The root partition behind those that it replaces.
        end_root: i32,
        /// The version among segments of one version.
        minor_version: i16,
        /// How many segments take effect together; below 1: each does alone.
        group_size: i16,
    },
}

/// What the sweep tells, as soon as it knows.
pub trait Sink {
    /// One overshadowed segment.
    fn hidden(&mut self, hidden: Hidden);
    /// One piece of the visible timeline, in order of time; adjacent pieces of one group are one.
    fn visible(&mut self, piece: Piece<'_>);
}

/// A sink that stays its owner's.
impl<S: Sink> Sink for &mut S {
    fn hidden(&mut self, hidden: Hidden) {
        (**self).hidden(hidden);
    }

    fn visible(&mut self, piece: Piece<'_>) {
        (**self).visible(piece);
    }
}

/// An overshadowed segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    /// The segment.
    pub segment: i64,
    /// A segment that hides it where it starts: the lowest partition of the visible group there,
    /// or, when that is its own group, of the full atomic update group that hides it there (the
    /// one of the highest minor version).
    pub by: i64,
    /// How young what hides it is: the greatest stamp of all visible segments of all groups that
    /// hide it anywhere in its interval.
    pub youngest_ms: i64,
}

/// A piece of the visible timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Where the group becomes visible.
    pub start_ms: i64,
    /// Where it ends, or is hidden again.
    pub end_ms: i64,
    /// The group's version.
    pub version: &'a str,
    /// The group's visible segments, by partition.
    pub segments: &'a [i64],
    /// Whether the piece is the group's whole interval: nothing hides the group anywhere.
    pub is_whole: bool,
}

/// One version has two different intervals that overlap: there is no timeline.
///
/// The sweep that tells it is void: what it told the sink before holds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// A segment of the interval that begins first: its lowest partition.
    pub one: i64,
    /// A segment of the other interval: its lowest partition.
    pub other: i64,
}
