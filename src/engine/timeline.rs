//! Feeds the timeline's sweep from the store, one datasource at a time. Rust walks over rows here, and nowhere else
//! for a decision: which version is the highest at every instant takes one pass with memory of what is open.

use rusqlite::types::ValueRef;
use rusqlite::{Row as SqlRow, ToSql};
use serde_json::Value;

use crate::druid::timeline::{Chunk, Conflict, Hidden, Piece, Row, Sink, Sweep};
use crate::engine::Session;
use crate::engine::report::LeftOut;
use crate::error::Result;
use crate::escape::escape;
use crate::store::sql;
use crate::store::text::shown;

/// Which of a statement's rows a sweep is about; the numbers are of columns that are 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    /// All rows.
    All,
    /// Those in whose column there is a 1.
    Where(usize),
}

/// Before the step, in `sql/timeline/with_step.sql`.
pub(crate) const BEFORE: Only = Only::Where(9);
/// After the step, in `sql/timeline/with_step.sql`.
pub(crate) const AFTER: Only = Only::Where(10);

/// A datasource, by number and name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datasource<'a> {
    pub number: i64,
    pub name: &'a str,
}

/// The hidden segments of one datasource; nothing else is kept.
#[derive(Default)]
pub(crate) struct Overshadowed {
    pub hidden: Vec<Hidden>,
    /// Whether anything is visible in a part of its interval alone.
    pub has_partly_visible: bool,
}

impl Sink for Overshadowed {
    fn hidden(&mut self, hidden: Hidden) {
        self.hidden.push(hidden);
    }

    fn visible(&mut self, piece: Piece<'_>) {
        self.has_partly_visible |= !piece.is_whole;
    }
}

/// Writes hidden segments of a datasource to `temp.hidden`, which must be there.
pub(crate) fn keep_hidden(
    session: &Session<'_>,
    of: Datasource<'_>,
    hidden: &[Hidden],
) -> Result<()> {
    let operation = "cannot keep what is overshadowed";
    for one in hidden {
        let parameters: [(&str, &dyn ToSql); 4] = [
            (":datasource", &of.number),
            (":segment", &one.segment),
            (":by", &one.by),
            (":youngest_ms", &one.youngest_ms),
        ];
        session.store.execute(operation, sql::timeline::HIDE, &parameters)?;
    }
    Ok(())
}

/// What the sweeps told their sinks, and how many rows there were; or why the datasource has no timeline.
pub(crate) type Swept<S, const N: usize> = std::result::Result<([S; N], u64), LeftOut>;

/// Sweeps over the rows of one of the reading statements of `sql/timeline/`, once for each of `sinks`.
///
/// # Errors
/// SQLite's.
pub(crate) fn sweep<S: Sink, const N: usize>(
    session: &Session<'_>,
    of: Datasource<'_>,
    statement: &str,
    parameters: &[(&str, &dyn ToSql)],
    mut sinks: [(Only, S); N],
) -> Result<Swept<S, N>> {
    let operation = "cannot read the timeline";
    let explained = |error| session.store.explain(operation, error);
    let mut sweeps = sinks.each_mut().map(|(only, sink)| (*only, Sweep::new(sink)));
    let mut count = 0;
    let mut prepared = session.store.connection.prepare_cached(statement).map_err(explained)?;
    let mut rows = prepared.query(parameters).map_err(explained)?;
    while let Some(row) = rows.next().map_err(explained)? {
        count += 1;
        let pushed = push(row, &mut sweeps).map_err(explained)?;
        match pushed {
            Ok(()) => {}
            Err(Bad::Shard(segment)) => return Ok(Err(bad_segment(session, of, segment)?)),
            Err(Bad::Conflict(conflict)) => return Ok(Err(conflicting(session, of, conflict)?)),
        }
    }
    for (_, sweep) in sweeps {
        if let Err(conflict) = sweep.finish() {
            return Ok(Err(conflicting(session, of, conflict)?));
        }
    }
    Ok(Ok((sinks.map(|(_, sink)| sink), count)))
}

/// Why there is no timeline.
enum Bad {
    /// A segment whose shard spec the store does not tell in full.
    Shard(i64),
    Conflict(Conflict),
}

fn push<S: Sink>(
    row: &SqlRow<'_>,
    sweeps: &mut [(Only, Sweep<S>)],
) -> rusqlite::Result<std::result::Result<(), Bad>> {
    let segment = row.get(0)?;
    // What plain SQL wrote may be no text, or no number that a segment can have.
    let (Some(version), Some(shard_type), Some(shard)) =
        (text(row, 3)?, text(row, 5)?, text(row, 7)?)
    else {
        return Ok(Err(Bad::Shard(segment)));
    };
    let partition_num: i64 = row.get(4)?;
    let core_partitions: Option<i64> = row.get(6)?;
    let (Ok(partition_num), Ok(core_partitions)) =
        (i32::try_from(partition_num), core_partitions.map(i32::try_from).transpose())
    else {
        return Ok(Err(Bad::Shard(segment)));
    };
    let details = match shard {
        "" => Details::None,
        json => match details(shard_type, json) {
            Some(details) => details,
            None => return Ok(Err(Bad::Shard(segment))),
        },
    };
    let Some(chunk) = chunk(shard_type, core_partitions, &details) else {
        return Ok(Err(Bad::Shard(segment)));
    };
    let taken = Row {
        segment,
        start_ms: row.get(1)?,
        end_ms: row.get(2)?,
        version,
        partition_num,
        chunk,
        stamp_ms: row.get(8)?,
    };
    for (only, sweep) in sweeps {
        let is_meant = match *only {
            Only::All => true,
            Only::Where(column) => row.get(column)?,
        };
        if is_meant && let Err(conflict) = sweep.push(&taken) {
            return Ok(Err(Bad::Conflict(conflict)));
        }
    }
    Ok(Ok(()))
}

/// A text column without a copy; NULL is empty, and what is not UTF-8 none.
fn text<'a>(row: &'a SqlRow<'_>, column: usize) -> rusqlite::Result<Option<&'a str>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(Some("")),
        value => Ok(std::str::from_utf8(value.as_bytes()?).ok()),
    }
}

/// What the column `shard` holds.
enum Details {
    None,
    Range(Option<String>, Option<String>),
    Overwrite([i64; 4]),
}

fn details(shard_type: &str, json: &str) -> Option<Details> {
    let list: Vec<Value> = serde_json::from_str(json).ok()?;
    // Any text will do that is the same exactly when the bounds are: 'single' has a text where 'range' has a tuple.
    let bound = |value: &Value| match value {
        Value::Null => None,
        Value::String(_) => Some(format!("[{value}]")),
        tuple => Some(tuple.to_string()),
    };
    match (shard_type, list.as_slice()) {
        ("single" | "range", [start, end]) => Some(Details::Range(bound(start), bound(end))),
        ("numbered_overwrite", [start, end, minor, size]) => Some(Details::Overwrite([
            start.as_i64()?,
            end.as_i64()?,
            minor.as_i64()?,
            size.as_i64()?,
        ])),
        _ => None,
    }
}

/// How a segment fits with others, by its columns (as Druid's `ShardSpec.createChunk`); `None` where they do not go
/// together.
fn chunk<'a>(
    shard_type: &str,
    core_partitions: Option<i32>,
    details: &'a Details,
) -> Option<Chunk<'a>> {
    match (shard_type, details) {
        ("single" | "range", Details::Range(start, end)) if core_partitions.is_none() => {
            Some(Chunk::Ranged { start: start.as_deref(), end: end.as_deref() })
        }
        ("single" | "range", Details::None) if core_partitions.is_none() => None,
        ("numbered_overwrite", Details::Overwrite([start, end, minor, size])) => {
            Some(Chunk::Overwrite {
                start_root: (*start).try_into().ok()?,
                end_root: (*end).try_into().ok()?,
                minor_version: (*minor).try_into().ok()?,
                group_size: (*size).try_into().ok()?,
            })
        }
        ("numbered_overwrite", _) => None,
        ("linear" | "none" | "tombstone", _) => Some(Chunk::Alone),
        ("numbered" | "hashed" | "dim_value_set", _) if core_partitions.is_none() => None,
        (_, _) => Some(
            core_partitions
                .map_or(Chunk::Unknown, |core_partitions| Chunk::Counted { core_partitions }),
        ),
    }
}

/// The text id of a segment.
pub(crate) fn name(session: &Session<'_>, segment: i64) -> Result<String> {
    let operation = "cannot read a segment's id";
    session
        .store
        .row(operation, sql::timeline::SEGMENT_NAME, &[(":segment", &segment)], |row| shown(row, 0))
}

fn conflicting(session: &Session<'_>, of: Datasource<'_>, conflict: Conflict) -> Result<LeftOut> {
    let (one, other) = (name(session, conflict.one)?, name(session, conflict.other)?);
    Ok(LeftOut::new(
        of.name,
        format!(
            "segments '{}' and '{}' are of one version, and their intervals overlap without being the same: \
             there is no timeline. Mark one of them unused by its id",
            escape(&one),
            escape(&other)
        ),
    ))
}

fn bad_segment(session: &Session<'_>, of: Datasource<'_>, segment: i64) -> Result<LeftOut> {
    let id = name(session, segment)?;
    Ok(LeftOut::new(
        of.name,
        format!(
            "the store does not know how segment '{}' fits with others (its columns shard_type, core_partitions \
             and shard do not go together). Import it again, with its payload",
            escape(&id)
        ),
    ))
}
