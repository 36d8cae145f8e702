//! One segment of a dump into the store: look for it, insert it, or update it.

use rusqlite::{OptionalExtension, ToSql};

use crate::dump::SegmentRow;
use crate::error::Result;
use crate::failpoint;
use crate::ops::Ready;
use crate::store::{Store, sql};

/// A segment that the store has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// Its number.
    pub segment: i64,
    /// The number of its datasource.
    pub datasource: i64,
    /// Its state.
    pub used: bool,
    /// Whether the dump says nothing new of it.
    pub is_same: bool,
}

/// The payload that is put: one that was made up never takes a real one's place.
fn payload(row: &SegmentRow) -> Option<&str> {
    row.payload.as_deref().filter(|_| !row.payload_is_made_up)
}

/// What `find`, `insert_payload` and `update_payload` have in common.
fn columns(row: &SegmentRow) -> [(&'static str, &dyn ToSql); 5] {
    [
        (":partitioned", &row.partitioned),
        (":upgraded_from_segment_id", &row.upgraded_from_segment_id),
        (":schema_fingerprint", &row.schema_fingerprint),
        (":num_rows", &row.num_rows),
        (":indexing_state_fingerprint", &row.indexing_state_fingerprint),
    ]
}

/// The segment of that id, if the store has it.
pub(crate) fn find(store: &Store, new: &Ready, row: &SegmentRow) -> Result<Option<Known>> {
    let payload = payload(row);
    let own: [(&str, &dyn ToSql); 5] = [
        (":id", &new.id),
        (":used", &new.used),
        (":used_updated_ms", &new.used_updated_ms),
        (":created_ms", &new.created_ms),
        (":payload", &payload),
    ];
    let parameters = [&own[..], &columns(row)[..]].concat();
    store
        .connection
        .prepare_cached(sql::import::FIND)
        .and_then(|mut statement| {
            statement
                .query_row(&parameters[..], |row| {
                    Ok(Known {
                        segment: row.get(0)?,
                        datasource: row.get(1)?,
                        used: row.get(2)?,
                        is_same: row.get(3)?,
                    })
                })
                .optional()
        })
        .map_err(|error| store.explain("cannot look for a segment", error))
}

/// The id under which the store has this very segment: one and the same may be written in several ways.
pub(crate) fn id_of_the_same(store: &Store, new: &Ready) -> Result<Option<String>> {
    let parameters: [(&str, &dyn ToSql); 5] = [
        (":datasource", &new.datasource),
        (":start_ms", &new.start.millis()),
        (":end_ms", &new.end.millis()),
        (":version", &new.version),
        (":partition_num", &new.partition_num),
    ];
    let read = |row: &rusqlite::Row<'_>| row.get(0);
    let found =
        store.rows("cannot look for a segment", sql::import::FIND_THE_SAME, &parameters, read)?;
    Ok(found.into_iter().next())
}

/// Inserts a segment that was not there.
pub(crate) fn insert(store: &Store, datasource: i64, new: &Ready, row: &SegmentRow) -> Result<()> {
    let operation = "cannot insert a segment";
    store.keep_far(new.start)?;
    store.keep_far(new.end)?;
    store.execute(
        operation,
        sql::import::INSERT_SEGMENT,
        &[
            (":datasource", &datasource),
            (":start_ms", &new.start.millis()),
            (":end_ms", &new.end.millis()),
            (":version", &new.version),
            (":partition_num", &new.partition_num),
            (":used", &new.used),
            (":used_updated_ms", &new.used_updated_ms),
            (":size", &new.size),
            (":shard_type", &new.shard_type),
            (":core_partitions", &new.core_partitions),
            (":shard", &new.shard),
            (":load_type", &new.load_type),
            (":created_ms", &new.created_ms),
        ],
    )?;
    let segment = store.connection.last_insert_rowid();
    failpoint::reach("import::segment-without-payload");
    let own: [(&str, &dyn ToSql); 5] = [
        (":segment", &segment),
        (":id", &new.id),
        (":file", &new.file),
        (":file_hash", &new.file_hash),
        (":payload", &row.payload),
    ];
    let parameters = [&own[..], &columns(row)[..]].concat();
    store.execute(operation, sql::import::INSERT_PAYLOAD, &parameters)?;
    failpoint::reach("import::segment-inserted");
    Ok(())
}

/// Brings a segment that differs to what the dump says.
pub(crate) fn update(store: &Store, segment: i64, new: &Ready, row: &SegmentRow) -> Result<()> {
    let operation = "cannot update a segment";
    let payload = payload(row);
    let is_real = payload.is_some();
    let (size, shard_type) = (is_real.then_some(new.size), is_real.then_some(&new.shard_type));
    store.execute(
        operation,
        sql::import::UPDATE_SEGMENT,
        &[
            (":segment", &segment),
            (":used", &new.used),
            (":used_updated_ms", &new.used_updated_ms),
            (":size", &size),
            (":shard_type", &shard_type),
            (":core_partitions", &new.core_partitions),
            (":shard", &new.shard),
            (":load_type", &new.load_type),
            (":created_ms", &new.created_ms),
        ],
    )?;
    failpoint::reach("import::segment-with-old-payload");
    let own: [(&str, &dyn ToSql); 4] = [
        (":segment", &segment),
        (":file", &new.file),
        (":file_hash", &new.file_hash),
        (":payload", &payload),
    ];
    let parameters = [&own[..], &columns(row)[..]].concat();
    store.execute(operation, sql::import::UPDATE_PAYLOAD, &parameters)?;
    failpoint::reach("import::segment-updated");
    Ok(())
}
