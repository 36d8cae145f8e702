//! Which segments are visible, and which are overshadowed.

mod groups;
pub mod model;
mod properties;
mod vectors;
mod visible;
mod work;

use std::collections::BTreeMap;

use lopper::druid::timeline::{Chunk, Conflict, Hidden, Piece, Row, Sink, Sweep};

/// No segments.
pub const NONE: [i64; 0] = [];

/// A segment of a test; by default partition 0 of 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub name: i64,
    pub start: i64,
    pub end: i64,
    pub version: String,
    pub partition: i32,
    pub form: Form,
    pub stamp: i64,
}

/// A chunk with texts of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    Counted(i32),
    Ranged(Option<String>, Option<String>),
    Alone,
    Unknown,
    Overwrite { roots: (i32, i32), minor: i16, size: i16 },
}

/// A segment over `start..end`.
pub fn segment(name: i64, start: i64, end: i64, version: &str) -> Segment {
    let version = version.to_owned();
    Segment { name, start, end, version, partition: 0, form: Form::Counted(1), stamp: 0 }
}

impl Segment {
    /// Partition `partition` of `of`.
    pub fn numbered(self, partition: i32, of: i32) -> Self {
        Self { partition, form: Form::Counted(of), ..self }
    }

    pub fn ranged(self, partition: i32, start: Option<&str>, end: Option<&str>) -> Self {
        let form = Form::Ranged(start.map(str::to_owned), end.map(str::to_owned));
        Self { partition, form, ..self }
    }

    pub fn alone(self, partition: i32) -> Self {
        Self { partition, form: Form::Alone, ..self }
    }

    pub fn unknown(self, partition: i32) -> Self {
        Self { partition, form: Form::Unknown, ..self }
    }

    /// An overwrite of `roots`; its partition follows from its name.
    pub fn overwrite(self, roots: (i32, i32), minor: i16, size: i16) -> Self {
        let partition = 32_768 + i32::try_from(self.name).unwrap();
        Self { partition, form: Form::Overwrite { roots, minor, size }, ..self }
    }

    pub fn stamp(self, stamp: i64) -> Self {
        Self { stamp, ..self }
    }

    fn row(&self) -> Row<'_> {
        Row {
            segment: self.name,
            start_ms: self.start,
            end_ms: self.end,
            version: &self.version,
            partition_num: self.partition,
            chunk: match &self.form {
                Form::Counted(core_partitions) => {
                    Chunk::Counted { core_partitions: *core_partitions }
                }
                Form::Ranged(start, end) => {
                    Chunk::Ranged { start: start.as_deref(), end: end.as_deref() }
                }
                Form::Alone => Chunk::Alone,
                Form::Unknown => Chunk::Unknown,
                Form::Overwrite { roots, minor, size } => Chunk::Overwrite {
                    start_root: roots.0,
                    end_root: roots.1,
                    minor_version: *minor,
                    group_size: *size,
                },
            },
            stamp_ms: self.stamp,
        }
    }
}

/// All that a sweep told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// By segment: what hides it, and how young that is.
    pub hidden: BTreeMap<i64, (i64, i64)>,
    /// Start, end, version, segments.
    pub pieces: Vec<(i64, i64, String, Vec<i64>)>,
}

impl Told {
    /// The hidden segments.
    pub fn hidden(&self) -> Vec<i64> {
        self.hidden.keys().copied().collect()
    }

    /// Pieces without their versions.
    pub fn pieces(&self) -> Vec<(i64, i64, &[i64])> {
        self.pieces.iter().map(|(start, end, _, names)| (*start, *end, names.as_slice())).collect()
    }
}

impl Sink for Told {
    fn hidden(&mut self, hidden: Hidden) {
        let answer = (hidden.by, hidden.youngest_ms);
        let before = self.hidden.insert(hidden.segment, answer);
        assert_eq!(before, None, "segment {} was told twice", hidden.segment);
    }

    fn visible(&mut self, piece: Piece<'_>) {
        let Piece { start_ms, end_ms, version, segments, .. } = piece;
        self.pieces.push((start_ms, end_ms, version.to_owned(), segments.to_vec()));
    }
}

/// Sweeps over segments, ordered by interval and else left in their order.
pub fn try_sweep(segments: &[Segment]) -> Result<Told, Conflict> {
    let mut ordered: Vec<&Segment> = segments.iter().collect();
    ordered.sort_by_key(|segment| (segment.start, segment.end));
    let mut sweep = Sweep::new(Checked { told: Told::default(), segments });
    for segment in ordered {
        sweep.push(&segment.row())?;
    }
    Ok(sweep.finish()?.told)
}

/// Looks whether a piece says rightly that it is its group's whole interval.
struct Checked<'a> {
    told: Told,
    segments: &'a [Segment],
}

impl Sink for Checked<'_> {
    fn hidden(&mut self, hidden: Hidden) {
        Sink::hidden(&mut self.told, hidden);
    }

    fn visible(&mut self, piece: Piece<'_>) {
        let one = self.segments.iter().find(|one| piece.segments.contains(&one.name)).unwrap();
        let whole = (one.start, one.end) == (piece.start_ms, piece.end_ms);
        assert_eq!(piece.is_whole, whole, "{piece:?}");
        Sink::visible(&mut self.told, piece);
    }
}

/// As `try_sweep`, of segments that have a timeline.
pub fn sweep(segments: &[Segment]) -> Told {
    try_sweep(segments).unwrap()
}
