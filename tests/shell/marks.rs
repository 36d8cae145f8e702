//! `UPDATE druid_segments SET used = …`: the mark, its stamp and its place in the ledger.

use lopper::druid::Instant;

use super::REFUSED;
use crate::support::Lopper;

const A: &str = "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1";
const B: &str = "wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1";
const C: &str = "wiki_2015-09-14T00:00:00.000Z_2015-09-15T00:00:00.000Z_v1";
const OTHER: &str = "koalas_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1";

/// Two used segments, and an unused one; and a used one of another datasource.
fn three_days() -> Lopper {
    Lopper::new().segments([
        "wiki 2015-09-12/P1D v1",
        "wiki 2015-09-13/P1D v1",
        "wiki 2015-09-14/P1D v1 unused@2021-05-05T00:00:00.000Z",
        "koalas 2015-09-12/P1D v1",
    ])
}

#[test]
fn an_update_marks_what_it_names_and_nothing_else() {
    let lopper = three_days();
    lopper.shell("UPDATE druid_segments SET used = 0 WHERE dataSource = 'wiki'").code(0);
    assert_eq!(lopper.ids(true), [OTHER]);
    lopper
        .shell("UPDATE druid_segments SET used = 1 WHERE start >= '2015-09-14' AND version = 'v1'")
        .code(0);
    assert_eq!(lopper.ids(true), [OTHER, C]);
}

#[test]
fn a_mark_is_stamped_with_the_time_of_the_statement() {
    let lopper = three_days();
    let before = lopper.sql("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')").remove(0);
    lopper.shell(&format!("UPDATE druid_segments SET used = 0 WHERE id = '{A}'")).code(0);
    lopper.shell(&format!("UPDATE druid_segments SET used = 1 WHERE id = '{C}'")).code(0);
    let after = lopper.sql("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')").remove(0);
    let stamp = |id: &str| {
        let sql = format!("SELECT used_status_last_updated FROM druid_segments WHERE id = '{id}'");
        lopper.sql(&sql).remove(0)
    };
    for id in [A, C] {
        let stamped = stamp(id);
        assert_eq!(Instant::parse(&stamped).unwrap().to_string(), stamped, "Druid's form");
        assert!(before <= stamped && stamped <= after, "{before} <= {stamped} <= {after}");
    }
    assert_eq!(stamp(B), "2020-01-01T00:00:00.000Z", "what was not named keeps its stamp");
}

#[test]
fn a_statement_is_a_run_of_the_ledger_with_the_reason_sql() {
    let lopper = three_days();
    lopper.shell("UPDATE druid_segments SET used = 0 WHERE dataSource = 'wiki'").code(0);
    let run = "FROM runs WHERE kind = 'sql'";
    assert_eq!(
        lopper
            .shell(&format!("SELECT name, outcome, changed, started = ended, message {run}"))
            .lines(),
        ["sql|done|2|1|"]
    );
    let of_run = format!("WHERE run = (SELECT run {run})");
    assert_eq!(
        lopper.shell(&format!("SELECT step, op, changed FROM steps {of_run}")).lines(),
        ["1|sql|2"]
    );
    let changes = "SELECT id, before, after, reason FROM changes";
    assert_eq!(
        lopper.shell(&format!("{changes} {of_run} ORDER BY id")).lines(),
        [format!("{A}|used|unused|sql"), format!("{B}|used|unused|sql")]
    );
    let number = lopper.sql(&format!("SELECT run {run}")).remove(0);
    lopper.run(["history", &number]).code(0).stdout_has(A).stdout_has("sql");
}

#[test]
fn the_stamp_the_run_and_the_change_tell_one_time() {
    let lopper = three_days();
    lopper.shell("UPDATE druid_segments SET used = 0").code(0);
    lopper.shell("UPDATE druid_segments SET used = 1").code(0);
    let odd = "SELECT count(*) FROM changes JOIN druid_segments USING (id)
                WHERE op = 'sql' AND run = (SELECT max(run) FROM runs)
                  AND started <> used_status_last_updated";
    assert_eq!(lopper.sql(odd), ["0"]);
    assert_eq!(lopper.ids(true).len(), 4);
}

/// However short they are: a millisecond may have several.
#[test]
fn every_statement_is_a_run_of_its_own() {
    let lopper = three_days();
    let connection = lopper.connection();
    let statements = [
        format!("UPDATE druid_segments SET used = 0 WHERE id = '{A}'"),
        format!("UPDATE druid_segments SET used = 1 WHERE id = '{A}'"),
        format!("UPDATE druid_segments SET used = 0 WHERE id = '{B}'"),
        "UPDATE druid_segments SET used = 1 - used WHERE dataSource = 'wiki'".to_owned(),
        "UPDATE druid_segments SET used = 1 - used".to_owned(),
    ];
    connection.execute_batch(&format!("BEGIN; {}; COMMIT", statements.join("; "))).unwrap();
    for statement in &statements {
        lopper.shell(statement).code(0);
    }
    let runs = "SELECT changed FROM runs WHERE kind = 'sql' ORDER BY run";
    assert_eq!(lopper.sql(runs)[..5], ["1", "1", "1", "3", "4"]);
    assert_eq!(lopper.sql("SELECT count(*) FROM changes WHERE before = after"), ["0"]);
}

#[test]
fn an_update_that_changes_nothing_leaves_no_trace() {
    let lopper = three_days();
    lopper.store_unchanged(|lopper| {
        lopper.shell("UPDATE druid_segments SET used = 1 WHERE dataSource = 'koalas'").code(0);
        lopper.shell("UPDATE druid_segments SET used = used").code(0);
        lopper.shell("UPDATE druid_segments SET used = 0 WHERE dataSource = 'nobody'").code(0);
    });
}

#[test]
fn what_is_neither_used_nor_unused_is_refused_as_a_whole() {
    let lopper = three_days();
    for value in ["2", "-1", "NULL", "0.5", "'no'", "x'00'", "''"] {
        lopper.store_unchanged(|lopper| {
            lopper
                .shell(&format!("UPDATE druid_segments SET used = {value}"))
                .code(REFUSED)
                .stderr_has("used must be 0 or 1");
        });
    }
    // The first two rows are good, the last is not.
    lopper.store_unchanged(|lopper| {
        let last_is_bad = "UPDATE druid_segments SET used = CASE start WHEN '2015-09-14T00:00:00.000Z' THEN 7 ELSE 0 END";
        lopper.shell(last_is_bad).code(REFUSED);
        lopper.shell(&last_is_bad.replace("UPDATE", "UPDATE OR FAIL")).code(REFUSED);
        lopper.shell(&last_is_bad.replace("UPDATE", "UPDATE OR IGNORE")).code(REFUSED);
    });
}

#[test]
fn a_rolled_back_mark_leaves_no_trace() {
    let lopper = three_days();
    lopper.store_unchanged(|lopper| {
        lopper.shell("BEGIN; UPDATE druid_segments SET used = 0; ROLLBACK").code(0);
    });
}

/// The word after OR reaches into triggers, and must not harm the ledger.
#[test]
fn update_or_replace_keeps_every_row_of_the_ledger() {
    let lopper = three_days();
    lopper.shell("UPDATE OR REPLACE druid_segments SET used = 0").code(0);
    lopper.shell("UPDATE OR REPLACE druid_segments SET used = 1 WHERE dataSource = 'wiki'").code(0);
    let reasons = "SELECT count(*), count(DISTINCT reason) FROM changes WHERE op = 'sql'";
    assert_eq!(lopper.sql(reasons), ["6|1"]);
}

#[test]
fn a_mark_by_sql_is_taken_up_by_the_program() {
    let lopper = three_days().authoritative();
    lopper.shell("UPDATE druid_segments SET used = 0 WHERE dataSource = 'wiki'").code(0);
    let counts = lopper.run(["mark-unused", "wiki", "--all", "--output", "json"]).code(0).json();
    assert_eq!(counts["steps"][0]["numChangedSegments"], 0);
    // Long unused is one of them alone: the shell's stamp is today's.
    let kill = ["kill", "wiki", "--yes", "--output", "json"];
    assert_eq!(lopper.run(kill).code(0).json()["steps"][0]["numChangedSegments"], 1);
    assert_eq!(lopper.ids(false), [A, B]);
}
