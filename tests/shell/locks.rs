//! Locks by plain SQL, and how a mark by plain SQL meets them.

use super::REFUSED;
use crate::support::Lopper;

const MARK: &str = "UPDATE druid_segments SET used = 0 WHERE dataSource = 'wiki'";

fn four_days() -> Lopper {
    Lopper::new().segments([
        "wiki 2015-09-12/P1D",
        "wiki 2015-09-13/P1D",
        "wiki 2015-09-14/P1D",
        "koalas 2015-09-13/P1D",
    ])
}

fn lock(datasource: &str, start: &str, end: &str) -> String {
    format!(
        "INSERT INTO locks (datasource, start, \"end\", kind, owner) VALUES ('{datasource}', '{start}', '{end}', 'append', 'stream-7')"
    )
}

#[test]
fn a_lock_on_one_segment_refuses_the_whole_statement() {
    let lopper = four_days();
    lopper.shell(&lock("wiki", "2015-09-13T12:00:00Z", "2015-09-13T13:00:00Z")).code(0);
    lopper.store_unchanged(|lopper| {
        let refusal = "the interval of a segment is locked; nothing was changed. Who holds it: SELECT * FROM locks";
        lopper.shell(MARK).code(REFUSED).stderr_has(refusal);
        lopper.shell(&MARK.replace("UPDATE", "UPDATE OR IGNORE")).code(REFUSED).stderr_has(refusal);
    });
    // Its neighbours, and other datasources, are free.
    lopper.shell(&format!("{MARK} AND start < '2015-09-13'")).code(0);
    lopper.shell("UPDATE druid_segments SET used = 0 WHERE dataSource = 'koalas'").code(0);
    assert_eq!(lopper.ids(false).len(), 2);
}

#[test]
fn a_lock_binds_where_it_overlaps_and_no_further() {
    let lopper = four_days();
    // Ends where the 12th begins, and begins where the 14th ends.
    lopper.shell(&lock("wiki", "2015-09-01", "2015-09-12")).code(0);
    lopper.shell(&lock("wiki", "2015-09-15", "2015-10-01")).code(0);
    lopper.shell(MARK).code(0);
    assert_eq!(lopper.ids(true).len(), 1);
}

#[test]
fn a_lock_that_has_expired_does_not_bind() {
    let lopper = four_days();
    let until = |expires: &str| {
        format!(
            "INSERT INTO locks (datasource, start, \"end\", owner, expires) VALUES ('wiki', '2015-01-01', '2016-01-01', 'me', {expires})"
        )
    };
    lopper.shell(&until("'2024-01-01T00:00:00Z'")).code(0);
    lopper.shell(MARK).code(0);
    lopper.shell(&until("datetime('now', '+1 hour')")).code(0);
    lopper.shell(&MARK.replace('0', "1")).code(REFUSED).stderr_has("locked");
}

#[test]
fn a_deleted_lock_binds_no_longer() {
    let lopper = four_days();
    lopper.shell(&lock("wiki", "2015-01-01", "2016-01-01")).code(0);
    lopper.shell(MARK).code(REFUSED);
    lopper.shell("DELETE FROM locks WHERE owner = 'stream-7'").code(0);
    lopper.shell(MARK).code(0);
}

#[test]
fn the_program_honours_a_lock_taken_by_sql() {
    let lopper = four_days();
    lopper.shell(&lock("wiki", "2015-09-13", "2015-09-14")).code(0);
    lopper.run(["mark-unused", "wiki", "--all"]).code(4).stderr_has("stream-7");
    lopper.run(["mark-unused", "wiki", "--all", "--on-conflict", "skip"]).code(0);
    assert_eq!(lopper.ids(false).len(), 2);
}

#[test]
fn a_lock_over_eternity_is_given_in_milliseconds() {
    let lopper = four_days();
    lopper
        .shell(
            "INSERT INTO locks (datasource, start_ms, end_ms, owner)
             VALUES ('wiki', -4611686018427387904, 4611686018427387903, 'me')",
        )
        .code(0);
    let shown = "SELECT start, \"end\", kind, owner FROM locks";
    lopper
        .shell(shown)
        .stdout_is("-146136543-09-08T08:23:32.096Z|146140482-04-24T15:36:27.903Z|replace|me");
    lopper.shell(MARK).code(REFUSED).stderr_has("locked");
}

/// `'2015'` is a Julian day to SQLite: such a lock would protect the wrong time.
#[test]
fn a_lock_that_makes_no_sense_is_refused() {
    let lopper = four_days();
    lopper.store_unchanged(|lopper| {
        for (start, end) in [("2015", "2016"), ("bogus", "2016-01-01"), ("2015-09-13", "now"), ("2015-09-13", "2457000")] {
            lopper
                .shell(&lock("wiki", start, end))
                .code(REFUSED)
                .stderr_has("start and end must be instants such as 2024-01-01T00:00:00Z");
        }
        lopper.shell(&lock("wiki", "2016-01-01", "2015-01-01")).code(REFUSED);
        lopper.shell(&lock("", "2015-01-01", "2016-01-01")).code(REFUSED);
        let expired_oddly = "INSERT INTO locks (datasource, start, \"end\", owner, expires) VALUES ('wiki', '2015-01-01', '2016-01-01', 'me', '2016')";
        lopper.shell(expired_oddly).code(REFUSED).stderr_has("expires must be an instant");
    });
}
