//! Consecutive metadata steps commit together or not at all.

use crate::support::Lopper;

/// Swaps one version for another, so that queries never meet a gap.
const SWAP: &str = "
[[step]]
op = 'mark-unused'
datasource = 'wiki'
interval = '../..'
versions = ['v2']

[[step]]
op = 'mark-used'
datasource = 'wiki'
interval = '../..'
versions = ['v1']
";

fn store() -> Lopper {
    Lopper::new().segments([
        "wiki 2015-09-12/P1D v2",
        "wiki 2015-09-12/P1D v1 unused",
        "locked 2015-09-12/P1D v1",
    ])
}

#[test]
fn steps_see_what_the_steps_before_them_did() {
    let lopper = store().job("swap", SWAP);
    let report = lopper.run(["run", "swap", "--output", "json"]).code(0).json();
    let changed: Vec<_> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| &step["numChangedSegments"])
        .collect();
    assert_eq!(changed, [1, 1]);
    assert_eq!(
        lopper.sql("SELECT version, used FROM druid_segments WHERE dataSource = 'wiki' ORDER BY 1"),
        ["v1|1", "v2|0"]
    );
    assert_eq!(
        lopper.sql("SELECT step, op, before, after FROM changes ORDER BY step"),
        ["1|mark-unused|used|unused", "2|mark-used|unused|used"]
    );
}

#[test]
fn a_step_that_fails_takes_the_ones_before_it_back() {
    let then_locked = "[[step]]\nop = 'mark-unused'\ndatasource = 'locked'\nall = true\n";
    let lopper = store().job("swap", &format!("{SWAP}{then_locked}"));
    lopper.lock("locked", "2015-09-12", "2015-09-13", None);
    let before = lopper.states();
    lopper.run(["run", "swap"]).code(4);
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.runs(), ["import done", "swap locked"]);
    // Of what was rolled back the ledger keeps no more than what it warned of.
    assert_eq!(lopper.sql("SELECT count(*) FROM changes WHERE run = 2"), ["0"]);
}

#[test]
fn a_check_that_returns_rows_fails_the_run() {
    let check = "[[step]]\nop = 'check'\nsql = \"SELECT version, state FROM segments WHERE version = 'v2' AND used = 0\"\n";
    let lopper = store().job("swap", &format!("{SWAP}{check}"));
    let before = lopper.states();
    lopper
        .run(["run", "swap"])
        .code(1)
        .stderr_has("the check of step 3 returned 1 row, and nothing was changed")
        .stderr_has("version=v2 state=unused");
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.runs(), ["import done", "swap failed"]);
    assert_eq!(
        lopper.sql("SELECT message LIKE '%check of step 3%' FROM runs WHERE run = 2"),
        ["1"]
    );
}

#[test]
fn a_check_that_returns_nothing_lets_the_run_pass() {
    let check = "[[step]]\nop = 'check'\nsql = \"SELECT 1 FROM segments WHERE version = 'v3'\"\n";
    let lopper = store().job("swap", &format!("{check}{SWAP}{check}"));
    lopper.run(["run", "swap"]).code(0);
    assert_eq!(
        lopper.sql("SELECT op FROM steps WHERE run = 2"),
        ["check", "mark-unused", "mark-used", "check"]
    );
}

#[test]
fn jobs_in_a_row_stop_at_the_first_that_fails() {
    let lopper = store()
        .job("one", "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n")
        .job("two", "[[step]]\nop = 'check'\nsql = 'SELECT 1 AS no'\n")
        .job("three", "[[step]]\nop = 'mark-unused'\ndatasource = 'locked'\nall = true\n");
    lopper.run(["run", "one", "two", "three"]).code(1);
    assert_eq!(lopper.runs(), ["import done", "one done", "two failed"]);
    assert_eq!(lopper.sql("SELECT dataSource FROM druid_segments WHERE used"), ["locked"]);
}
