//! Single statements, with the steps of SQLite's virtual machine counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lopper::store::sql;
use rusqlite::{Connection, ToSql};

use super::{HOURS, Made, lock_hours, store};

/// Steps between two counts.
const EACH: i32 = 100;
/// Four times the size may take so many times the work; n log n takes 5.2 times at these sizes, and n² 16 times.
const MOST: f64 = 6.5;

/// Does something with a connection at one size and at four times that; fails when the work grows faster than n log n.
#[track_caller]
pub fn grows_no_faster(
    small: u32,
    prepare: impl Fn(&Connection, u32),
    work: impl Fn(&Connection, u32),
) {
    let measure = |size: u32| {
        let lopper = store();
        let mut connection = lopper.connection();
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON").unwrap();
        prepare(&connection, size);
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let each = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        };
        connection.progress_handler(EACH, Some(each)).unwrap();
        work(&connection, size);
        count.load(Ordering::Relaxed)
    };
    let (one, four) = (measure(small), measure(small * 4));
    assert!(one > 20, "{one} hundred steps are too few to compare");
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let ratio = four as f64 / one as f64;
    assert!(ratio < MOST, "{one} hundred steps, and {four} at four times the size");
}

pub fn run(connection: &Connection, statement: &str, parameters: &[(&str, &dyn ToSql)]) -> usize {
    let mut prepared = connection.prepare(statement).unwrap();
    for (name, value) in parameters {
        // Statements of one kind share their parameters, and not each has all.
        if let Some(index) = prepared.parameter_index(name).unwrap() {
            prepared.raw_bind_parameter(index, value).unwrap();
        }
    }
    let mut rows = prepared.raw_query();
    let mut count = 0;
    while rows.next().unwrap().is_some() {
        count += 1;
    }
    count
}

const EVER: [(&str, &dyn ToSql); 2] =
    [(":start_ms", &-4_611_686_018_427_387_904_i64), (":end_ms", &4_611_686_018_427_387_903_i64)];

/// What a kill asks, in batches.
fn kill(connection: &Connection, size: u32, keep_versions: Option<u32>) {
    for table in [sql::select::KEPT_TABLE, sql::lock::RANGE_TABLE] {
        connection.execute_batch(table).unwrap();
    }
    connection
        .execute_batch(
            "CREATE TEMP TABLE candidate (position INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL);
             CREATE TEMP TABLE batch (segment_id INTEGER PRIMARY KEY)",
        )
        .unwrap();
    let rest: [(&str, &dyn ToSql); 9] = [
        (":datasources", &"[1]"),
        (":keep_versions", &keep_versions),
        (":segment", &-1),
        (":unused_by_ms", &i64::MAX),
        (":places", &r#"[{"type":"local","prefix":"file:/deep"}]"#),
        (":known_types", &"[]"),
        (":skip_locked", &1),
        (":wall_ms", &1_700_000_000_000_i64),
        (":limit", &size),
    ];
    let terms = [&EVER[..], &rest[..]].concat();
    for statement in [
        sql::select::KEPT,
        sql::lock::GATHER,
        sql::select::PASSED_OVER,
        sql::select::KILL_CANDIDATES,
    ] {
        run(connection, statement, &terms);
    }
    for after in (0..size).step_by(500) {
        connection.execute_batch("DELETE FROM temp.batch").unwrap();
        let upto = after + 500;
        let page: [(&str, &dyn ToSql); 2] = [(":after", &after), (":upto", &upto)];
        run(connection, sql::select::KILLABLE, &[&terms[..], &page[..]].concat());
    }
}

#[test]
fn versions_of_one_interval_that_a_kill_keeps_or_takes() {
    let versions = |connection: &Connection, size: u32| {
        let (start_ms, end_ms) = ("1420070400000", "1420074000000");
        Made { count: size, start_ms, end_ms, version: "printf('v%08d', i)", used: 0, ..HOURS }
            .add(connection);
    };
    grows_no_faster(500, versions, |connection, size| kill(connection, size, Some(3)));
    grows_no_faster(500, versions, |connection, size| kill(connection, size, Some(size / 2)));
}

#[test]
fn a_kill_over_locks_held_and_expired() {
    for expires in ["NULL", "1"] {
        let locked = |connection: &Connection, size: u32| {
            Made { count: size * 2, used: 0, ..HOURS }.add(connection);
            lock_hours(connection, size, expires);
        };
        grows_no_faster(500, locked, |connection, size| kill(connection, size * 2, None));
    }
}

/// A step that changes all of `wiki`, and what it asks about locks.
pub fn marks(connection: &Connection) {
    connection
        .execute_batch(
            "INSERT INTO run (id, kind, name, logical_ms, started_ms) VALUES (900, 'command', 'x', 0, 0);
             INSERT INTO step (id, run_id, number, op) VALUES (900, 900, 1, 'mark-unused');
             INSERT INTO reason (id, text) VALUES (900, 'all');
             INSERT INTO change (step_id, segment_id, before, after, reason_id)
             SELECT 900, id, 1, 0, 900 FROM segment",
        )
        .unwrap();
}

#[test]
fn a_mark_over_locks_held_and_expired() {
    for expires in ["NULL", "1"] {
        let locked = |connection: &Connection, size: u32| {
            Made { count: size * 2, ..HOURS }.add(connection);
            // In the way of none, and of every second segment.
            connection.execute_batch("UPDATE segment SET start_ms = start_ms + 1800000").unwrap();
            lock_hours(connection, size, expires);
            marks(connection);
        };
        grows_no_faster(500, locked, |connection, _| {
            connection.execute_batch(sql::lock::RANGE_TABLE).unwrap();
            let parameters: [(&str, &dyn ToSql); 2] =
                [(":step", &900), (":wall_ms", &1_700_000_000_000_i64)];
            for statement in [sql::lock::GATHER, sql::guard::LOCKED, sql::guard::LEAVE_LOCKED_ALONE]
            {
                run(connection, statement, &parameters);
            }
        });
    }
}

#[test]
fn names_of_datasources_that_are_there_and_that_are_not() {
    let datasources = |connection: &Connection, size: u32| {
        connection
            .execute_batch(&format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
                 INSERT INTO datasource (id, name) SELECT 1 + i, 'source_' || i FROM n"
            ))
            .unwrap();
        Made { count: size, datasource: "1 + i", ..HOURS }.add(connection);
    };
    grows_no_faster(300, datasources, |connection, size| {
        let names = (0..size * 2).map(|i| format!("source_{i}")).collect::<Vec<_>>();
        let patterns = serde_json::json!(names).to_string();
        let parameters: [(&str, &dyn ToSql); 1] = [(":patterns", &patterns)];
        assert_eq!(run(connection, sql::select::DATASOURCES, &parameters), size as usize);
        assert_eq!(run(connection, sql::select::UNKNOWN_PATTERNS, &parameters), size as usize);
        let all: [(&str, &dyn ToSql); 1] = [(":patterns", &r#"["*"]"#)];
        assert_eq!(run(connection, sql::select::DATASOURCES, &all), size as usize + 1);
        run(connection, sql::rules::GOVERNED, &all);
    });
}

/// Rules as boxes that lie within each other, over hours.
#[test]
fn boxes_of_nested_rules_over_segments() {
    let nested = |connection: &Connection, size: u32| {
        Made { count: size * 4, ..HOURS }.add(connection);
        connection.execute_batch(sql::rules::BOX_TABLE).unwrap();
        connection
            .execute_batch(&format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
                 INSERT INTO temp.rule_box (datasource_id, box, effect, reason, start_min, start_max, end_min, end_max)
                 SELECT 1, i, iif(i % 2, 'drop', 'none'), 'rule', 1420070400000, 1420070400000 + i * 14400000,
                        1420070400001 + (i - 1) * 14400000, 1420070400000 + i * 14400000
                   FROM n"
            ))
            .unwrap();
        marks(connection);
    };
    grows_no_faster(600, nested, |connection, _| {
        connection.execute_batch("INSERT INTO reason (text) VALUES ('rule')").unwrap();
        let parameters: [(&str, &dyn ToSql); 2] = [(":step", &900), (":datasource", &1)];
        run(connection, sql::select::DROPPED_BY_RULES, &parameters);
        run(connection, sql::rules::UNMATCHED, &parameters);
        run(connection, sql::explain::BY_RULE, &parameters);
    });
}

#[test]
fn eternity_tombstones_over_what_is_hidden() {
    let eternal = |connection: &Connection, size: u32| {
        let start_ms = "-4611686018427387904";
        let tombstone = Made { count: size, start_ms, shard_type: "'tombstone'", ..HOURS };
        tombstone.add(connection);
        // Of one interval, with as many versions.
        Made { end_ms: "0", version: "printf('v%08d', i)", ..tombstone }.add(connection);
        Made { count: size, ..HOURS }.add(connection);
        connection.execute_batch(sql::rules::BOX_TABLE).unwrap();
        connection.execute_batch(sql::timeline::HIDDEN_TABLE).unwrap();
        connection
            .execute_batch(
                "INSERT INTO temp.hidden SELECT datasource_id, id, 0, 0 FROM segment WHERE shard_type = 'numbered';
                 INSERT INTO run (id, kind, name, logical_ms, started_ms) VALUES (900, 'command', 'x', 0, 0);
                 INSERT INTO step (id, run_id, number, op) VALUES (900, 900, 1, 'enforce-rules');
                 INSERT INTO reason (id, text) VALUES (900, 'tombstone')",
            )
            .unwrap();
    };
    grows_no_faster(500, eternal, |connection, _| {
        let parameters: [(&str, &dyn ToSql); 5] = [
            (":step", &900),
            (":reason", &900),
            (":datasources", &"[1]"),
            (":eternity_start_ms", EVER[0].1),
            (":eternity_end_ms", EVER[1].1),
        ];
        run(connection, sql::select::ETERNITY_TOMBSTONES, &parameters);
    });
}
