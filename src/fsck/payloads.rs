//! Payloads against columns. Rust reads them, as an import does: intervals are Joda's, of repeated keys the last one
//! counts, and files have a normal form. One row is in memory at a time.

use rusqlite::Row;
use serde_json::Value;

use crate::dump::SegmentRow;
use crate::error::Result;
use crate::fsck::Asked;
use crate::fsck::report::StoreFinding;
use crate::fsck::tally::{Kind, Tally};
use crate::ops::{Ready, ready};
use crate::rules::report::Severity;
use crate::store::text::{shown, shown_or_null};
use crate::store::{Store, sql};

const BROKEN: Kind = Kind {
    code: "broken-payload",
    severity: Severity::Error,
    message: "payloads that cannot be read as a segment's: Druid could not load them",
    help: "import the segment again from a dump that has it whole",
};
const DIFFERS: Kind = Kind {
    code: "payload-differs",
    severity: Severity::Error,
    message: "columns that say other than their payload: marks and kills would go by the columns",
    help: "import the segment again with its payload; where the store is the truth, kill nothing of it before you know which is right",
};
const ID_DIFFERS: Kind = Kind {
    code: "id-differs",
    severity: Severity::Error,
    message: "text ids that are not those of their payloads: a mark by id or an import would miss the segment",
    help: "import the segment again, and look which of the two ids the cluster knows",
};
pub(super) const CODES: [&str; 3] = [BROKEN.code, DIFFERS.code, ID_DIFFERS.code];

/// Compares every segment with its payload; `segments` counts them.
///
/// # Errors
/// SQLite's.
pub(super) fn ask(store: &Store, asked: &Asked, segments: &mut u64) -> Result<Vec<StoreFinding>> {
    let mut tallies = Tallies {
        broken: Tally::new(BROKEN, asked),
        differs: Tally::new(DIFFERS, asked),
        id_differs: Tally::new(ID_DIFFERS, asked),
    };
    store
        .connection
        .prepare(sql::fsck::SEGMENTS)
        .and_then(|mut statement| {
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                *segments += 1;
                tallies.take(row)?;
            }
            Ok(())
        })
        .map_err(|error| store.explain("cannot compare segments with their payloads", error))?;
    let Tallies { broken, differs, id_differs } = tallies;
    Ok([broken, differs, id_differs].into_iter().filter_map(Tally::finding).collect())
}

struct Tallies {
    broken: Tally,
    differs: Tally,
    id_differs: Tally,
}

impl Tallies {
    fn take(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let id = shown(row, 0)?;
        let payload = Some(String::from_utf8_lossy(row.get_ref(1)?.as_bytes()?).into_owned());
        let read = match ready(&SegmentRow { payload, ..SegmentRow::default() }) {
            Ok(read) => read,
            Err(bad) => {
                self.broken.add(|| format!("{id}: {}", bad.message));
                return Ok(());
            }
        };
        if !read.may_be_called(&id) {
            self.id_differs.add(|| format!("{id}: by the payload {}", read.id));
        }
        let found = Columns::of(row)?.differences(&read);
        if !found.is_empty() {
            self.differs.add(|| format!("{id}: {}", found.join("; ")));
        }
        Ok(())
    }
}

/// What the columns say that the payload says too.
struct Columns {
    datasource: String,
    start_ms: i64,
    end_ms: i64,
    version: String,
    partition_num: i64,
    size: i64,
    shard_type: String,
    core_partitions: Option<i64>,
    shard: Option<String>,
    load_type: Option<String>,
    file: Option<String>,
    file_hash: Option<i64>,
}

impl Columns {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            datasource: shown(row, 2)?,
            start_ms: row.get(3)?,
            end_ms: row.get(4)?,
            version: shown(row, 5)?,
            partition_num: row.get(6)?,
            size: row.get(7)?,
            shard_type: shown(row, 8)?,
            core_partitions: row.get(9)?,
            shard: shown_or_null(row, 10)?,
            load_type: shown_or_null(row, 11)?,
            file: shown_or_null(row, 12)?,
            file_hash: row.get(13)?,
        })
    }

    fn differences(&self, read: &Ready) -> Vec<String> {
        let mut found = Differences(Vec::new());
        found.compare("datasource", &self.datasource, &read.datasource);
        found.compare("start_ms", &self.start_ms, &read.start.millis());
        found.compare("end_ms", &self.end_ms, &read.end.millis());
        found.compare("version", &self.version, &read.version);
        found.compare("partition_num", &self.partition_num, &i64::from(read.partition_num));
        found.compare("size", &self.size, &read.size);
        found.compare("shard_type", &self.shard_type, &read.shard_type);
        found.compare(
            "core_partitions",
            &self.core_partitions,
            &read.core_partitions.map(i64::from),
        );
        if !same_json(self.shard.as_deref(), read.shard.as_deref()) {
            found.compare("shard", &self.shard, &read.shard);
        }
        found.compare("load_type", &self.load_type, &read.load_type);
        found.compare("file", &self.file, &read.file);
        found.compare("file_hash", &self.file_hash, &read.file_hash);
        found.0
    }
}

/// What differs, column by column.
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, column: &str, is: &T, read: &T) {
        if is != read {
            self.0.push(format!("{column} is {is:?}, by the payload {read:?}"));
        }
    }
}

/// Whether two texts are the same JSON: a store that was migrated may have other spaces than one that was imported.
fn same_json(one: Option<&str>, other: Option<&str>) -> bool {
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other
        || matches!((one.and_then(parse), other.and_then(parse)), (Some(one), Some(other)) if one == other)
}
