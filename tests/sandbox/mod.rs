//! SQL from a person, in `--where` and in check steps: it may read the views, and nothing more.

use crate::support::{Answer, Lopper, Running, Segment};

/// Three used segments of three sizes and versions, one of them large; one unused; rules; and a file with a secret
/// that no SQL may reach.
fn store() -> Lopper {
    let lopper = Lopper::new()
        .segments([
            "wiki 2015-09-12/P1D v1",
            "wiki 2015-09-13/P1D v2",
            "wiki 2015-09-14/P1D v3",
            "wiki 2015-09-15/P1D v1 unused",
            "koalas 2015-09-12/P1D v1",
        ])
        .rules([("wiki", r#"[{"type":"dropForever"}]"#)]);
    let secret = lopper.path("secret.db");
    rusqlite::Connection::open(secret).unwrap().execute_batch("CREATE TABLE secret (x)").unwrap();
    lopper
}

fn mark(lopper: &Lopper, predicate: &str) -> Answer {
    lopper.run(["mark-unused", "wiki", "--where", predicate, "--output", "json"])
}

/// Runs a job whose only step checks by `sql`.
fn check(lopper: &Lopper, sql: &str) -> Answer {
    let sql = toml::Value::from(sql);
    lopper
        .file("jobs/check.toml", format!("name = 'check'\n[[step]]\nop = 'check'\nsql = {sql}\n"));
    lopper.run(["run", "check"])
}

/// How many segments a predicate marks, in a store of its own.
fn marked(predicate: &str) -> u64 {
    let lopper = store();
    let report = mark(&lopper, predicate).code(0).json();
    let changed = report["steps"][0]["numChangedSegments"].as_u64().unwrap();
    assert_eq!(lopper.ids(false).len() as u64, 1 + changed);
    changed
}

#[test]
fn a_predicate_may_ask_anything_of_the_views() {
    for (predicate, expected) in [
        ("version < 'v2'", 1),
        ("state = 'used'", 3),
        ("size >= 1000 -- a comment swallows no bracket", 3),
        ("version = 'v2' /* nor ) this one */", 1),
        ("version IN ('v1', 'v3') AND start_ms >= 1442188800000", 1),
        ("start GLOB '2015-09-1[23]*'", 2),
        ("id IN (SELECT id FROM druid_segments WHERE \"end\" < '2015-09-14')", 1),
        ("EXISTS (SELECT 1 FROM druid_rules WHERE dataSource = datasource)", 3),
        ("(SELECT count(*) FROM segments) = 5", 3),
        ("(SELECT sum(used) FROM datasources) = 4", 3),
        ("(SELECT max(run) FROM runs) >= (SELECT min(run) FROM steps)", 3),
        (
            "NOT EXISTS (SELECT 1 FROM changes UNION ALL SELECT 1 FROM deletions UNION ALL SELECT 1 FROM locks)",
            3,
        ),
        (
            "id IN (WITH latest AS (SELECT id FROM segments ORDER BY version DESC LIMIT 1) SELECT id FROM latest)",
            1,
        ),
        (
            "start_ms IN (WITH RECURSIVE day(ms) AS (SELECT 1442016000000 UNION ALL SELECT ms + 86400000 FROM day LIMIT 2) SELECT ms FROM day)",
            2,
        ),
        (
            "json_extract((SELECT payload FROM druid_segments AS d WHERE d.id = segments.id), '$.binaryVersion') = 9",
            3,
        ),
        ("version IN (SELECT value FROM json_each('[\"v1\",\"v2\"]'))", 2),
        ("0", 0),
        ("NULL", 0),
    ] {
        assert_eq!(marked(predicate), expected, "{predicate}");
    }
}

/// Whatever the predicate says, only the named datasource's segments are meant.
#[test]
fn a_predicate_cannot_reach_beyond_its_datasource() {
    let lopper = store();
    mark(&lopper, "1 OR datasource = 'koalas'").code(0);
    assert_eq!(lopper.ids(true), ["koalas_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1"]);
}

#[test]
fn a_check_may_ask_anything_of_the_views() {
    let lopper = store();
    for quiet in [
        "SELECT * FROM segments WHERE size < 0",
        "SELECT id FROM druid_segments WHERE used = 7;",
        "WITH many AS (SELECT datasource FROM segments GROUP BY 1 HAVING count(*) > 9) SELECT * FROM many",
        "SELECT d.datasource FROM datasources AS d LEFT JOIN locks AS l USING (datasource) WHERE l.owner = 'me'",
        "VALUES (1) EXCEPT SELECT 1",
        "SELECT * FROM (SELECT 1 AS x) WHERE x > 1",
        "-- nothing but a comment in front\nSELECT 1 WHERE 0",
    ] {
        check(&lopper, quiet).code(0);
    }
    check(&lopper, "SELECT datasource, used FROM datasources ORDER BY 1")
        .code(1)
        .stderr_has("returned 2 rows, and nothing was changed")
        .stderr_has("datasource=koalas used=1")
        .stderr_has("datasource=wiki used=3");
}

/// Statements, and expressions, that reach for more. Each is tried as a check, and as a predicate.
const FORBIDDEN: &[&str] = &[
    // Writes.
    "UPDATE druid_segments SET used = 0",
    "UPDATE segment SET used = 0",
    "INSERT INTO druid_rules (dataSource, payload) VALUES ('wiki', '[]')",
    "INSERT INTO locks (datasource, start, \"end\", owner) VALUES ('wiki', '2015-01-01', '2016-01-01', 'me')",
    "DELETE FROM locks",
    "DELETE FROM change",
    "REPLACE INTO rule VALUES (1, 'a', 'b', 'c', '[]')",
    "WITH x AS (SELECT 1) DELETE FROM segment",
    "DELETE FROM segment RETURNING id",
    "INSERT INTO temp.chosen VALUES (1)",
    "DROP TABLE segment",
    "DROP VIEW segments",
    "CREATE TABLE mine (x)",
    "CREATE TEMP TABLE mine AS SELECT * FROM segments",
    "CREATE TEMP VIEW mine AS SELECT * FROM segment",
    "CREATE TEMP TRIGGER mine INSTEAD OF DELETE ON segments BEGIN SELECT 1; END",
    "ALTER TABLE segment ADD COLUMN mine",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO 'stolen.db'",
    // Other files.
    "ATTACH 'secret.db' AS s",
    "ATTACH 'new.db' AS s",
    "DETACH main",
    "SELECT load_extension('libm.so.6')",
    "SELECT LOAD_EXTENSION('libm.so.6')",
    "SELECT readfile('secret.db')",
    "SELECT writefile('stolen', 'x')",
    // Settings.
    "PRAGMA foreign_keys = off",
    "PRAGMA journal_mode = delete",
    "PRAGMA writable_schema = 1",
    "PRAGMA user_version",
    "PRAGMA table_info(segment)",
    "SELECT * FROM pragma_table_info('segment')",
    "SELECT * FROM pragma_database_list",
    // Transactions.
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT mine",
    "RELEASE look_ahead",
    // What lies behind the views.
    "SELECT * FROM segment",
    "SELECT * FROM main.segment",
    "SELECT 1 FROM segment",
    "SELECT count(*) FROM payload",
    "SELECT * FROM segment_text",
    "SELECT * FROM (SELECT * FROM change)",
    "SELECT id FROM segments UNION SELECT id FROM payload",
    "WITH segments AS (SELECT * FROM segment) SELECT * FROM segments",
    "SELECT * FROM segments JOIN datasource",
    "SELECT * FROM refinery_schema_history",
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_sequence",
    "SELECT * FROM temp.sqlite_schema",
    "SELECT * FROM temp.chosen",
    "SELECT * FROM dbstat",
    // More than one.
    "SELECT 1 WHERE 0; SELECT 1 WHERE 0",
    "SELECT 1 WHERE 0; DELETE FROM segment",
    "SELECT 1 WHERE 0; COMMIT; DELETE FROM segment",
];

#[test]
fn a_check_may_do_nothing_else() {
    let lopper = store();
    let files = || std::fs::read_dir(lopper.path("")).unwrap().count();
    check(&lopper, "SELECT 1 WHERE 0").code(0);
    let before = files();
    lopper.store_unchanged(|lopper| {
        for statement in FORBIDDEN {
            let answer = check(lopper, statement).code(2).stdout_is("");
            assert!(answer.stderr.starts_with("error: "), "{answer}");
        }
    });
    assert_eq!(files(), before, "no file was made");
}

#[test]
fn a_predicate_may_do_nothing_else() {
    let lopper = store();
    lopper.store_unchanged(|lopper| {
        for statement in FORBIDDEN {
            // As a subquery, and by breaking out of the brackets.
            for predicate in [
                format!("EXISTS ({statement})"),
                format!("1) OR EXISTS ({statement}"),
                format!("1); {statement}; --"),
            ] {
                let answer = mark(lopper, &predicate).code(2);
                assert!(answer.stderr.starts_with("error: "), "{answer}");
                assert_eq!(answer.json()["error"]["kind"], "usage");
            }
        }
    });
}

#[test]
fn a_predicate_is_one_expression() {
    let lopper = store();
    for (predicate, expected) in [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("1)", "a bracket is closed that was never opened"),
        ("(1", "a bracket is never closed"),
        ("version = 'v1", "the ' at character 11 is never closed"),
        ("version = \"v1", "the \" at character 11 is never closed"),
        ("1 /* and so on", "a comment is never closed"),
        ("1; DROP TABLE segment", "it has a semicolon"),
        ("1) OR (1", "a bracket is closed that was never opened"),
        ("1 -- (\n) OR (1", "a bracket is closed that was never opened"),
        ("-- nothing but a comment", "syntax error"),
        ("sizes > 3", "no such column: sizes"),
        ("\"sizes\" > 3", "no such column: \"sizes\""),
        ("\"strat\" >= '2019-01-01'", "no such column: \"strat\""),
        ("id IN (SELECT id FROM druid_segments WHERE \"strat\" >= '2019-01-01')", "\"strat\""),
        ("size >", "syntax error"),
        ("1 ORDER BY 1", "syntax error"),
        ("size = ?", "parameter"),
        ("size = :size", "parameter"),
        ("datasource IN (SELECT value FROM json_each(?1))", "parameter"),
        ("version = 'a\u{1b}[31mb' AND nothing = 1", "\\u{1b}[31mb"),
    ] {
        lopper.store_unchanged(|lopper| {
            mark(lopper, predicate).code(2).stderr_has(expected).stderr_lacks("\u{1b}");
        });
    }
}

#[test]
fn the_refusal_names_the_views() {
    let lopper = store();
    mark(&lopper, "id IN (SELECT id FROM payload)").code(2).stderr_has("no such table: payload").stderr_has(
        "help: it may read these views and nothing else: druid_segments, druid_rules, segments, datasources, runs, steps, warnings, changes, deletions, locks",
    );
}

/// A check sees what the steps before it have done, and nothing of that stands when it fails.
#[test]
fn a_check_that_fails_takes_the_run_back() {
    let lopper = store().job(
        "careful",
        "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n\
         [[step]]\nop = 'check'\nsql = \"SELECT datasource FROM datasources WHERE used = 0\"\n",
    );
    let used = lopper.ids(true);
    lopper.run(["run", "careful"]).code(1).stderr_has("datasource=wiki");
    assert_eq!(lopper.ids(true), used);
}

/// A name in double quotes is a name: a slip of the pen is no text that holds for every row, or for none.
#[test]
fn a_misspelt_column_in_quotes_is_no_text() {
    let lopper = store();
    lopper.store_unchanged(|lopper| {
        for sql in [
            "SELECT id FROM segments WHERE \"strat\" < '2015'",
            "SELECT \"nothing\" FROM segments WHERE 0",
            "SELECT count(*) FROM (SELECT datasource AS d FROM segments GROUP BY \"wiki\") WHERE 0",
        ] {
            check(lopper, sql).code(2).stderr_has("no such column: \"");
        }
    });
    assert_eq!(marked("\"version\" = 'v1' AND \"start\" < '2016'"), 1);
}

const ENDLESS: &str =
    "0 = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)";

/// Whatever its own condition takes, a mark keeps nobody from writing meanwhile, and ends at the first signal.
#[test]
fn a_slow_condition_holds_no_lock() {
    let lopper = store();
    let slow = lopper.background(["mark-unused", "wiki", "--where", ENDLESS]);
    let job = format!("[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nwhere = \"{ENDLESS}\"\n");
    let lopper = lopper.job("slow", &job);
    let slow_job = lopper.background(["run", "slow"]);
    let slow_plan = lopper.background(["plan", "slow"]);
    for state in ["mark-unused", "mark-used"] {
        lopper.run([state, "koalas", "--all"]).code(0);
    }
    for mut running in [slow, slow_job, slow_plan] {
        assert!(running.is_running());
        running.signal("INT");
        running.end().code(130).stderr_has("stopped by SIGINT");
    }
    assert_eq!(lopper.ids(true).len(), 4);
}

/// What others change while a condition is asked counts: the mark goes by what it finds when it writes.
#[test]
fn a_condition_is_asked_again_when_segments_have_changed_meanwhile() {
    let lopper = store();
    let mut mark = lopper.command(["mark-unused", "wiki", "--where", "size < 5"]);
    let mut waiting = Running::start(mark.env("FAILPOINTS", "where::asked-ahead=return(stop)"));
    waiting.until_stopped();
    let small = Segment::from("wiki 2015-09-12/P1D v1").size(1);
    lopper.add_segments([small]);
    waiting.thaw();
    waiting.end().code(0).stdout_has("wiki: 1 segment");
}

#[test]
fn memory_is_limited() {
    let lopper = store();
    let much = "length(zeroblob(900000000) || zeroblob(900000000)) > 0";
    let answer = mark(&lopper, much);
    assert!([1, 2].contains(&answer.exit_code), "{answer}");
    let lists = "0 < (SELECT length(group_concat(x)) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9)
                 SELECT hex(zeroblob(80000000)) AS x FROM n))";
    mark(&lopper, lists).code(1).stderr_has("more memory than SQLite may take").stderr_has("help:");
    assert_eq!(lopper.ids(true).len(), 4);
}
