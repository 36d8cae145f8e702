//! From a dump's row to the store's columns: the payload decides, and the other columns must agree with it.

use crate::druid::{DataSegment, Instant, Interval, SegmentId, ShardSpec};
use crate::dump::SegmentRow;
use crate::escape::excerpt;

/// How much of a value a message shows, in characters: ids are a hundred or so.
const SHOWN: usize = 400;

/// A row that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad {
    /// The column at fault.
    pub column: &'static str,
    /// What was found, and what was expected.
    pub message: String,
}

/// A segment, ready for the statements of `sql/import/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ready {
    pub id: String,
    /// Whether `id` is that of the row in Druid's table, and of the usual form: then it is the segment's only one.
    pub is_as_written: bool,
    pub datasource: String,
    pub start: Instant,
    pub end: Instant,
    pub version: String,
    pub partition_num: i32,
    pub used: bool,
    pub used_updated_ms: Option<i64>,
    pub size: i64,
    pub shard_type: String,
    pub core_partitions: Option<i32>,
    pub shard: Option<String>,
    pub load_type: Option<String>,
    pub file: Option<String>,
    pub file_hash: Option<i64>,
    pub created_ms: Option<i64>,
}

impl Ready {
    /// Whether an id is one of this segment, in whatever way it is written.
    pub(crate) fn may_be_called(&self, id: &str) -> bool {
        let meant = || SegmentId {
            datasource: self.datasource.clone(),
            interval: Interval { start: self.start, end: self.end },
            version: self.version.clone(),
            partition_num: self.partition_num,
        };
        self.id == id || SegmentId::may_be(id, &meant())
    }
}

/// Checks a row and takes from its payload what operations need.
pub(crate) fn ready(row: &SegmentRow) -> Result<Ready, Bad> {
    let bad = |column, message: String| Err(Bad { column, message });
    let Some(payload) = &row.payload else {
        return bad("payload", "expected a segment's JSON, found nothing".to_owned());
    };
    let segment = DataSegment::parse(payload).map_err(|error| Bad {
        column: "payload",
        message: format!("not a segment's payload: {error}"),
    })?;
    check_agrees(row, &segment)?;
    check_upgraded_from(row, &segment.datasource)?;
    let (id, is_as_written) = id(row, &segment)?;
    let partition_num = segment.shard.partition_num();
    if partition_num < 0 {
        return bad(
            "payload",
            format!("expected a partition number of at least 0, found {partition_num}"),
        );
    }
    let (load_type, file) = segment.load_spec.as_ref().map_or((None, None), |spec| {
        (Some(spec.type_name().to_owned()), spec.file().map(str::to_owned))
    });
    Ok(Ready {
        id,
        is_as_written,
        start: segment.interval.start,
        end: segment.interval.end,
        partition_num,
        used: row.used,
        used_updated_ms: stamp(
            "used_status_last_updated",
            row.used_status_last_updated.as_deref(),
        )?,
        size: segment.size,
        shard_type: segment.shard.type_name().to_owned(),
        core_partitions: Some(segment.shard.num_core_partitions()).filter(|count| *count >= 0),
        shard: shard_details(&segment.shard),
        load_type,
        file_hash: file.as_deref().map(hash),
        file,
        created_ms: stamp("created_date", row.created_date.as_deref())?,
        datasource: segment.datasource,
        version: segment.version,
    })
}

/// The segment's id, and whether the row itself has it in the form that Druid writes by default. A cluster that runs in
/// another time zone than UTC has written ids with its offset; they stay as they are.
fn id(row: &SegmentRow, segment: &DataSegment) -> Result<(String, bool), Bad> {
    let meant = segment.id();
    let usual = meant.to_string();
    match row.id.as_deref() {
        None => Ok((usual, false)),
        Some(found) if found == usual => Ok((usual, !row.payload_is_made_up)),
        Some(found) if SegmentId::may_be(found, &meant) => Ok((found.to_owned(), false)),
        Some(found) => Err(differs("id", &usual, found)),
    }
}

/// The column `shard`: what overshadowing asks of shard specs that type, partition number and number of core
/// partitions do not tell. JSON, as the migration V6 describes it.
fn shard_details(shard: &ShardSpec) -> Option<String> {
    match shard {
        ShardSpec::NumberedOverwrite {
            start_root_partition_id,
            end_root_partition_id,
            minor_version,
            atomic_update_group_size,
            ..
        } => Some(format!(
            "[{start_root_partition_id},{end_root_partition_id},{minor_version},{atomic_update_group_size}]"
        )),
        ShardSpec::Single { start, end, core_partitions: None, .. } => {
            Some(serde_json::json!([start, end]).to_string())
        }
        ShardSpec::Range { start, end, core_partitions: None, .. } => {
            Some(serde_json::json!([start, end]).to_string())
        }
        _ => None,
    }
}

/// The columns that repeat what the payload says must say the same.
fn check_agrees(row: &SegmentRow, segment: &DataSegment) -> Result<(), Bad> {
    match row.datasource.as_deref() {
        Some(found) if found != segment.datasource => {
            return Err(differs("dataSource", &segment.datasource, found));
        }
        _ => {}
    }
    match row.version.as_deref() {
        Some(found) if found != segment.version => {
            return Err(differs("version", &segment.version, found));
        }
        _ => {}
    }
    for (column, found, expected) in
        [("start", &row.start, segment.interval.start), ("end", &row.end, segment.interval.end)]
    {
        let Some(found) = found else { continue };
        if *found != expected.to_string() && Instant::parse(found) != Ok(expected) {
            return Err(differs(column, &expected.to_string(), found));
        }
    }
    Ok(())
}

/// What is no id of the datasource must not make relatives: a file stays for as long as a relative of it lives.
fn check_upgraded_from(row: &SegmentRow, datasource: &str) -> Result<(), Bad> {
    let column = "upgraded_from_segment_id";
    match row.upgraded_from_segment_id.as_deref() {
        Some(found) if SegmentId::parse(datasource, found).is_none() => {
            let (datasource, found) = (excerpt(datasource, SHOWN), excerpt(found, SHOWN));
            let message =
                format!("expected the id of a segment of '{datasource}', found '{found}'");
            Err(Bad { column, message })
        }
        _ => Ok(()),
    }
}

fn differs(column: &'static str, expected: &str, found: &str) -> Bad {
    let (expected, found) = (excerpt(expected, SHOWN), excerpt(found, SHOWN));
    Bad { column, message: format!("expected '{expected}' by the payload, found '{found}'") }
}

/// The wall-clock times of a row. Druid writes them in the years 0 to 9999, and so does the store.
fn stamp(column: &'static str, text: Option<&str>) -> Result<Option<i64>, Bad> {
    let Some(text) = text else { return Ok(None) };
    match Instant::parse(text) {
        Ok(instant) if instant.is_in_years_0_to_9999() => Ok(Some(instant.millis())),
        Ok(_) => Err(Bad {
            column,
            message: format!("expected a time of the years 0 to 9999, found '{text}'"),
        }),
        Err(error) => Err(Bad { column, message: error.to_string() }),
    }
}

/// FNV-1a, 64 bits: small, and the same on every machine and version, since it is stored.
pub(crate) fn hash(text: &str) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    i64::from_ne_bytes(hash.to_ne_bytes())
}
