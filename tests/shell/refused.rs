//! Writes that views refuse: each answer names what to use instead.

use super::REFUSED;
use crate::support::{Lopper, seg};

/// A store with a row in every view: segments of two states, a rule, a lock, a kill in the journal, a pass.
fn full_store() -> Lopper {
    let old = "unused@2020-01-01T00:00:00.000Z";
    let lopper = Lopper::new()
        .segments([seg("wiki", "2015-09-12/P1D"), "wiki 2015-09-13/P1D".into()])
        .segments([format!("koalas 2015-09-12/P1D {old}").as_str()])
        .rules([("_default", r#"[{"type":"loadForever"}]"#)])
        .authoritative();
    lopper.run(["kill", "koalas", "--yes"]).code(0);
    lopper.run(["enforce-rules", "*", "no-such-datasource"]).code(0);
    lopper.shell("UPDATE druid_segments SET used = 0 WHERE start < '2015-09-13'").code(0);
    lopper
        .shell("INSERT INTO locks (datasource, start, \"end\", owner) VALUES ('wiki', '2015-01-01', '2015-02-01', 'me')")
        .code(0);
    // What the scheduler remembers.
    lopper.sql(
        "INSERT INTO job (name, schedule, time_zone, suspended, since_ms) VALUES ('nightly', '15 3 * * *', 'UTC', 0, 0);
         INSERT INTO lease (name, worker, term, taken_ms, renewed_ms, expires_ms) VALUES ('scheduler', '7@host', 1, 0, 0, 0);
         INSERT INTO hook_failure (run_id, hook, message, at_ms) VALUES (1, 'on_failure', 'exit code 1', 0);
         INSERT INTO starting_run (worker, name, logical_ms, started_ms, expires_ms) VALUES ('7@host', 'nightly', 0, 0, 0)",
    );
    lopper
}

const VIEWS: [&str; 16] = [
    "druid_segments",
    "druid_rules",
    "segments",
    "datasources",
    "runs",
    "steps",
    "warnings",
    "changes",
    "deletions",
    "locks",
    "rule_matches",
    "rules",
    "jobs",
    "schedulers",
    "hook_failures",
    "starting_runs",
];

#[test]
fn every_view_opens_in_the_stock_shell_and_has_rows() {
    let lopper = full_store();
    let views = "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'segment_text' ORDER BY name";
    let mut expected = VIEWS;
    expected.sort_unstable();
    assert_eq!(lopper.sql(views), expected, "a new view belongs into this test");
    for view in VIEWS {
        let rows = lopper.shell(&format!("SELECT * FROM {view}")).code(0);
        assert!(!rows.stdout.is_empty(), "{view} is empty");
        assert!(rows.stderr.is_empty(), "{rows}");
    }
    lopper.shell("PRAGMA integrity_check; PRAGMA foreign_key_check").stdout_is("ok");
}

#[test]
fn every_other_write_names_what_to_use() {
    let lopper = full_store();
    for (statement, instead) in [
        ("UPDATE druid_segments SET version = 'v2'", "lopper import FILE"),
        ("UPDATE druid_segments SET used_status_last_updated = NULL", "lopper import FILE"),
        ("UPDATE druid_segments SET used = 0, payload = '{}'", "lopper import FILE"),
        ("UPDATE druid_segments SET start = '2000', start_ms = 0", "lopper import FILE"),
        ("INSERT INTO druid_segments (id, used) VALUES ('x', 1)", "lopper import FILE"),
        (
            "INSERT OR REPLACE INTO druid_segments SELECT * FROM druid_segments",
            "lopper import FILE",
        ),
        ("DELETE FROM druid_segments WHERE used = 0", "lopper kill DATASOURCE"),
        ("UPDATE segments SET used = 0", "UPDATE druid_segments SET used = 0"),
        ("INSERT INTO segments (id) VALUES ('x')", "lopper import FILE"),
        ("DELETE FROM segments", "lopper kill DATASOURCE"),
        // One letter less: the table itself.
        ("DELETE FROM segment", "lopper kill DATASOURCE"),
        ("DELETE FROM payload", "lopper kill DATASOURCE"),
        ("UPDATE datasources SET used = 0", "lopper mark-unused DATASOURCE"),
        ("INSERT INTO datasources (datasource) VALUES ('x')", "lopper import FILE"),
        (
            "DELETE FROM datasources",
            "lopper mark-unused DATASOURCE --all, then lopper kill DATASOURCE",
        ),
        ("UPDATE runs SET outcome = 'done'", "lopper history"),
        ("INSERT INTO runs (name) VALUES ('x')", "lopper run JOB"),
        ("DELETE FROM runs", "lopper history"),
        ("UPDATE steps SET op = 'x'", "lopper history RUN"),
        ("INSERT INTO steps (run) VALUES (1)", "lopper run JOB"),
        ("DELETE FROM steps", "lopper history RUN"),
        ("UPDATE warnings SET code = 'x'", "lopper history RUN"),
        ("INSERT INTO warnings (run) VALUES (1)", "lopper run JOB"),
        ("DELETE FROM warnings", "lopper history RUN"),
        ("UPDATE changes SET reason = 'x'", "lopper mark-used DATASOURCE"),
        ("INSERT INTO changes (id) VALUES ('x')", "lopper mark-unused DATASOURCE"),
        ("DELETE FROM changes", "lopper history RUN"),
        ("UPDATE deletions SET state = 'done'", "lopper kill --resume"),
        ("INSERT INTO deletions (id) VALUES ('x')", "lopper kill DATASOURCE"),
        ("DELETE FROM deletions", "lopper kill --resume"),
        ("UPDATE locks SET owner = 'x'", "DELETE FROM locks WHERE id ="),
        ("UPDATE druid_rules SET payload = '[]'", "INSERT a row with a newer version"),
        ("DELETE FROM druid_rules", "INSERT a row with a newer version"),
        ("UPDATE rule_matches SET rule = 2", "lopper enforce-rules DATASOURCE"),
        ("INSERT INTO rule_matches (id) VALUES ('x')", "lopper enforce-rules DATASOURCE"),
        ("DELETE FROM rule_matches", "lopper enforce-rules DATASOURCE"),
        ("UPDATE rules SET in_force = 0", "lopper rules set DATASOURCE FILE"),
        ("INSERT INTO rules (datasource) VALUES ('x')", "lopper rules set DATASOURCE FILE"),
        ("DELETE FROM rules", "echo [] | lopper rules set DATASOURCE"),
        ("UPDATE jobs SET suspended = 1", "suspend = true"),
        ("INSERT INTO jobs (name) VALUES ('x')", "lopper schedule --jobs DIR"),
        ("DELETE FROM jobs", "suspend = true"),
        ("UPDATE schedulers SET worker = 'x'", "another takes over"),
        ("INSERT INTO schedulers (worker) VALUES ('x')", "lopper schedule"),
        ("DELETE FROM schedulers", "another takes over"),
        ("UPDATE starting_runs SET name = 'x'", "lopper history"),
        ("INSERT INTO starting_runs (name) VALUES ('x')", "lopper run JOB"),
        ("DELETE FROM starting_runs", "lopper history"),
        ("UPDATE hook_failures SET hook = 'x'", "lopper history"),
        ("INSERT INTO hook_failures (run) VALUES (1)", "lopper run JOB"),
        ("DELETE FROM hook_failures", "lopper history"),
    ] {
        lopper.store_unchanged(|lopper| {
            lopper.shell(statement).code(REFUSED).stderr_has(instead);
        });
    }
}
