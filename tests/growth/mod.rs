//! Work must not grow faster than n log n. A query plan does not show that a join is quadratic: here the same thing is done
//! at one and at four times the size. What SQLite does is counted, so that it is exact on a busy machine; of whole
//! processes the time is measured that they had on a processor.

mod interval_locks;
mod processes;
mod statements;

use rusqlite::Connection;

use crate::support::Lopper;

/// A store with a datasource `wiki`, of number 1, that has one segment.
fn store() -> Lopper {
    Lopper::new().segments(["wiki 2014-01-01/P1D"])
}

/// Many segments of `wiki` in plain SQL. The columns are expressions over `i`, which counts from 1.
struct Made<'a> {
    count: u32,
    datasource: &'a str,
    start_ms: &'a str,
    end_ms: &'a str,
    version: &'a str,
    used: u8,
    shard_type: &'a str,
}

/// 2015-01-01, an hour each.
const HOURS: Made<'static> = Made {
    count: 0,
    datasource: "1",
    start_ms: "1420070400000 + i * 3600000",
    end_ms: "1420074000000 + i * 3600000",
    version: "'v1'",
    used: 1,
    shard_type: "'numbered'",
};

impl Made<'_> {
    fn add(&self, connection: &Connection) {
        let Self { count, datasource, start_ms, end_ms, version, used, shard_type } = self;
        let core = if *shard_type == "'tombstone'" { 0 } else { 1 };
        connection
            .execute_batch(&format!(
                "BEGIN;
                 WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
                 INSERT INTO segment (datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size,
                                      shard_type, core_partitions, load_type, created_ms)
                 SELECT {datasource}, {start_ms}, {end_ms}, {version}, 0, {used}, 1420070400000, 10,
                        {shard_type}, {core}, 'local', 1420070400000
                   FROM n;
                 INSERT INTO payload (segment_id, id, partitioned, file, file_hash, payload)
                 SELECT s.id, 'made_' || s.id, 1, 'file:/deep/' || s.id, s.id, '{{}}'
                   FROM segment AS s
                  WHERE s.id > (SELECT max(p.segment_id) FROM payload AS p);
                 COMMIT;"
            ))
            .unwrap();
    }
}

/// Locks of half an hour on every hour, held for ever or expired.
fn lock_hours(connection: &Connection, count: u32, expires: &str) {
    connection
        .execute_batch(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO lock (datasource, start_ms, end_ms, kind, owner, created_ms, expires_ms)
             SELECT 'wiki', 1420070400000 + i * 3600000, 1420072200000 + i * 3600000, 'read', 'reader', 0, {expires} FROM n"
        ))
        .unwrap();
}
