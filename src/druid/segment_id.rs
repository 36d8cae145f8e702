//! The identity of a segment, and its text.

use std::fmt;

use super::{Instant, Interval};

/// What tells one segment from every other.
///
/// The text is `{datasource}_{start}_{end}_{version}`, then `_{partition}` unless that is 0. It is
/// ambiguous: datasource and version may hold underscores and even instants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SegmentId {
    /// The datasource's name.
    pub datasource: String,
    /// The time that the segment holds.
    pub interval: Interval,
    /// The version; versions compare as Java compares strings.
    pub version: String,
    /// The partition number.
    pub partition_num: i32,
}

impl SegmentId {
    /// Reads an id that is known to belong to `datasource` (`SegmentId.tryParse`). Where it ends
    /// in a positive number, that is the partition.
    pub fn parse(datasource: &str, id: &str) -> Option<Self> {
        Self::parses_in(datasource, id).into_iter().next()
    }

    /// The ways to read an id of an unknown datasource, the most likely first
    /// (`SegmentId.iterateAllPossibleParsings`).
    ///
    /// As in Druid, other datasources than the likely one are tried only where four parts follow
    /// them; where no datasource is likely, lopper tries all, which finds ids at eternity too.
    pub fn all_parses(id: &str) -> Vec<Self> {
        let likely = likely_datasource(id);
        let parts_behind = if likely.is_some() { 4 } else { 3 };
        let underscores = id.matches('_').count();
        let others = id
            .match_indices('_')
            .take((underscores + 1).saturating_sub(parts_behind))
            .map(|(end, _)| &id[..end])
            .filter(|other| Some(*other) != likely);
        let datasources = likely.into_iter().chain(others);
        datasources.flat_map(|datasource| Self::parses_in(datasource, id)).collect()
    }

    /// Whether `text` is a way to write `id`: its instants may have another offset from UTC than zero.
    pub fn may_be(text: &str, id: &Self) -> bool {
        Self::parses_in(&id.datasource, text).iter().any(|read| read == id)
    }

    /// The at most two ways to read an id of `datasource`: with a partition, then without.
    fn parses_in(datasource: &str, id: &str) -> Vec<Self> {
        Self::split(datasource, id).unwrap_or_default()
    }

    fn split(datasource: &str, id: &str) -> Option<Vec<Self>> {
        if datasource.is_empty() {
            return None;
        }
        let rest = id.strip_prefix(datasource)?.strip_prefix('_')?;
        let (start, rest) = rest.split_once('_')?;
        let (end, tail) = rest.split_once('_')?;
        let (start, end) = (Instant::parse_full(start)?, Instant::parse_full(end)?);
        let interval = Interval::new(start, end).ok().filter(|_| start < end)?;
        let made = |version: &str, partition_num| Self {
            datasource: datasource.to_owned(),
            interval,
            version: version.to_owned(),
            partition_num,
        };
        let partitioned = tail
            .rsplit_once('_')
            .and_then(|(version, number)| Some(made(version, partition(number)?)));
        Some(partitioned.into_iter().chain([made(tail, 0)]).collect())
    }
}

/// A positive partition number: digits alone.
fn partition(text: &str) -> Option<i32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

/// What stands before the first usual instant in an id (`tryExtractMostProbableDataSource`).
fn likely_datasource(id: &str) -> Option<&str> {
    id.match_indices('_')
        .find(|(end, _)| id.get(end + 1..).is_some_and(begins_with_instant))
        .map(|(end, _)| &id[..end])
}

/// Whether a text begins with an instant of the usual shape, as in `2015-09-12T16:00:00.000Z`.
fn begins_with_instant(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00.000";
    let bytes = text.as_bytes();
    bytes.len() > SHAPE.len()
        && bytes.iter().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
        && matches!(bytes.get(SHAPE.len()), Some(b'Z' | b'+' | b'-'))
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.interval.start, self.interval.end);
        write!(f, "{}_{start}_{end}_{}", self.datasource, self.version)?;
        match self.partition_num {
            0 => Ok(()),
            number => write!(f, "_{number}"),
        }
    }
}
