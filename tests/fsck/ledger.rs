//! The ledger against what there is.

use super::{FIRST, story};

#[test]
fn a_run_without_an_end_is_told() {
    story()
        .damage("UPDATE run SET outcome = 'running', ended_ms = NULL WHERE id = 1")
        .finds(["unended-run"])
        .first("warning", "run 1 (import), started 2024-06-01T12:00:00Z");
}

/// Until its time is over.
#[test]
fn a_run_that_lives_is_no_finding() {
    let until = |instant: &str| {
        format!(
            "UPDATE run SET outcome = 'running', ended_ms = NULL, expires_ms = unixepoch('{instant}') * 1000 WHERE id = 1"
        )
    };
    story().damage(&until("2024-06-01T12:00:01Z")).finds([]);
    story().damage(&until("2024-06-01T12:00:00Z")).finds(["unended-run"]);
}

#[test]
fn a_change_of_nothing_is_found() {
    let lopper = story();
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    lopper
        .damage("DELETE FROM segment WHERE id = 1; DELETE FROM payload WHERE segment_id = 1")
        .finds(["change-of-nothing"])
        .first("error", "segment 1, changed by step 1 of run 3");
}

#[test]
fn a_state_that_the_ledger_does_not_know_is_found() {
    let lopper = story();
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    lopper.run(["mark-used", "wiki", "--id", FIRST]).code(0);
    lopper.finds([]);
    lopper
        .damage("UPDATE segment SET used = 0 WHERE id = 1")
        .finds(["changed-around-ledger"])
        .first("warning", &format!("{FIRST}: is unused, by run 4 it is used"));
}
