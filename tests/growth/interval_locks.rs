//! What is asked of each row about locks, and of each segment about the boxes of rules.

use lopper::store::sql;
use rusqlite::{Connection, ToSql};

use super::statements::{grows_no_faster, marks, run};
use super::{HOURS, Made, lock_hours};

/// In plain SQL a trigger asks row by row, of locks that are held elsewhere in the datasource.
#[test]
fn an_update_of_rows_between_locks() {
    let locked = |connection: &Connection, size: u32| {
        Made { count: size, ..HOURS }.add(connection);
        lock_hours(connection, size, "NULL");
        connection.execute_batch("UPDATE segment SET start_ms = start_ms + 1800000").unwrap();
    };
    grows_no_faster(500, locked, |connection, size| {
        let statement = "UPDATE druid_segments SET used = 0 WHERE id LIKE 'made_%'";
        connection.execute(statement, []).unwrap();
        let unused = "SELECT count(*) FROM segment WHERE used = 0";
        let unused: u32 = connection.query_row(unused, [], |row| row.get(0)).unwrap();
        assert_eq!(unused, size);
    });
}

#[test]
fn orphans_between_locks() {
    let listed = |connection: &Connection, size: u32| {
        connection.execute_batch(sql::fsck::LISTED_TABLE).unwrap();
        connection
            .execute_batch(&format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
                 INSERT INTO temp.listed (file, file_hash, load_type, datasource, start_ms, end_ms, size, modified_ms, is_exact)
                 SELECT printf('file:/deep/x%08d', i), i, 'local', 'wiki', 1420072200000 + i * 3600000,
                        1420074000000 + i * 3600000, 1, 0, 1
                   FROM n"
            ))
            .unwrap();
        lock_hours(connection, size, "NULL");
    };
    grows_no_faster(500, listed, |connection, size| {
        let parameters: [(&str, &dyn ToSql); 4] =
            [(":after", &""), (":upto", &"g"), (":newest", &1), (":wall_ms", &0)];
        run(connection, sql::fsck::CHOOSE_ORPHANS, &parameters);
        let count = "SELECT count(*) FROM temp.orphan";
        let chosen: u32 = connection.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(chosen, size);
        run(connection, sql::fsck::LOCKED_ORPHANS, &parameters);
    });
}

#[test]
fn marks_that_rules_would_take_back() {
    let boxes = |connection: &Connection, size: u32| {
        Made { count: size * 4, ..HOURS }.add(connection);
        connection.execute_batch(sql::rules::BOX_TABLE).unwrap();
        connection
            .execute_batch(&format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
                 INSERT INTO temp.rule_box (datasource_id, box, effect, reason, start_min, start_max, end_min, end_max)
                 SELECT 1, i, 'drop', 'rule', 1420070400000, 1420070400000 + i * 14400000,
                        1420070400001 + (i - 1) * 14400000, 1420070400000 + i * 14400000
                   FROM n"
            ))
            .unwrap();
        marks(connection);
    };
    grows_no_faster(500, boxes, |connection, _| {
        let parameters: [(&str, &dyn ToSql); 2] = [(":step", &900), (":limit", &10_000_000)];
        assert!(run(connection, sql::rules::WILL_NOT_LAST, &parameters) > 1000);
        run(connection, sql::rules::COUNT_WILL_NOT_LAST, &parameters);
    });
}

/// Open rows of the journal that share one file, which a living segment needs or not.
#[test]
fn journal_rows_of_one_file() {
    for is_needed in [false, true] {
        let shared = |connection: &Connection, size: u32| {
            connection
                .execute_batch(&format!(
                    "INSERT INTO run (id, kind, name, logical_ms, started_ms) VALUES (900, 'command', 'x', 0, 0);
                     INSERT INTO step (id, run_id, number, op) VALUES (900, 900, 1, 'kill');
                     WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < {size} + 999)
                     INSERT INTO gone (segment_id, id, datasource_id, start_ms, end_ms, version, partition_num, size, step_id, how)
                     SELECT i, 'gone_' || i, 1, 0, 1, 'v', 0, 0, 900, 'killed' FROM n;
                     INSERT INTO deletion (segment_id, state, load_type, file, file_hash, moved_ms, shard_type, partitioned, payload)
                     SELECT g.segment_id, 'pending', 'local', 'file:/deep/shared.zip', 7, 0, '', 0, '' FROM gone AS g;
                     CREATE TEMP TABLE batch (segment_id INTEGER PRIMARY KEY);
                     CREATE TEMP TABLE tried (segment_id INTEGER PRIMARY KEY);
                     INSERT INTO temp.batch SELECT segment_id FROM deletion"
                ))
                .unwrap();
            connection.execute_batch(sql::temp::REFERENCES).unwrap();
            connection
                .execute_batch(
                    "INSERT INTO temp.name SELECT segment_id, 7, 'file:/deep/shared.zip', 1 FROM deletion;
                     INSERT INTO temp.name SELECT segment_id, 8, 'file:/deep', 0 FROM deletion",
                )
                .unwrap();
            if is_needed {
                connection
                    .execute_batch("UPDATE payload SET upgraded_from_segment_id = 'gone_1000'")
                    .unwrap();
            }
        };
        grows_no_faster(500, shared, |connection, size| {
            let until = i64::MAX;
            let parameters: [(&str, &dyn ToSql); 6] = [
                (":wall_ms", &1),
                (":all", &1),
                (":worker", &"w"),
                (":until_ms", &until),
                (":limit", &size),
                (":segments", &"[1000]"),
            ];
            run(connection, sql::journal::DEFER, &parameters);
            run(connection, sql::journal::CLAIM_DUE, &parameters);
            run(connection, sql::journal::COUNT_OPEN, &parameters);
            run(connection, sql::journal::LEAVE_TO_TWIN, &parameters);
            run(connection, sql::journal::TWINS_OF_BATCH, &parameters);
        });
    }
}
