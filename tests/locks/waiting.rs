//! `on_conflict = "wait"`. The test clock goes on where the program waits, so nobody sleeps.

use super::lock;
use crate::support::{Lopper, Running, seg};

/// Longer than any other process of a test needs: the waiting program looks a hundred million times.
const LONG: &str = "P300D";
const MARK: [&str; 5] = ["mark-unused", "wiki", "--all", "--on-conflict", "wait"];

fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D", "koalas 2015-09-12/P1D"])
}

fn with_lock(more: &[&str]) -> Lopper {
    let lopper = store();
    lock(&lopper, "wiki", "2015-09-12/P1D", &[&["--owner", "etl-7"], more].concat());
    lopper
}

/// A store that someone locks for years, and the program waiting for it.
fn waiting() -> (Lopper, Running) {
    let lopper = with_lock(&["--for", "P9Y"]);
    let mut running = lopper.background([&MARK[..], &["--wait", LONG]].concat());
    running.says("'etl-7' holds a replace lock on 2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z of datasource 'wiki'");
    (lopper, running)
}

#[test]
fn a_mark_waits_until_the_lock_is_removed() {
    let (lopper, running) = waiting();
    // The write lock is free meanwhile, and no run is open.
    lopper.run(["mark-unused", "koalas", "--all"]).code(0);
    assert_eq!(lopper.runs(), ["import done", "mark-unused done"]);
    lopper.run(["lock", "remove", "1"]).code(0);
    running.end().code(0).stdout_has("wiki: 1 segment");
    assert!(lopper.ids(true).is_empty());
    assert_eq!(lopper.runs(), ["import done", "mark-unused done", "mark-unused done"]);
}

/// By the clock that real runs go by.
#[test]
fn the_machines_clock_waits_as_well() {
    let lopper = store();
    lopper.lock("wiki", "2015-01-01", "2016-01-01", None);
    let mut command = lopper.command(MARK);
    let mut running = Running::start(command.env_remove("LOPPER_TEST_CLOCK"));
    running.says("waiting up to PT5M for it");
    lopper.sql("DELETE FROM locks WHERE id = 1");
    running.end().code(0);
    assert_eq!(lopper.ids(true).len(), 1);
}

#[test]
fn a_mark_waits_until_the_lock_expires() {
    let lopper = with_lock(&["--for", "PT3M"]);
    lopper.run(MARK).code(0).stderr_has("waiting up to PT5M for it");
    let stamp = "SELECT used_status_last_updated FROM druid_segments WHERE used = 0";
    assert_eq!(lopper.sql(stamp), ["2024-06-01T12:03:00.000Z"]);
    // What is decided is decided for the time that the run began at.
    assert_eq!(
        lopper.sql("SELECT logical_time FROM runs WHERE name = 'mark-unused'"),
        ["2024-06-01T12:00:00.000Z"]
    );
}

#[test]
fn a_wait_that_runs_out_fails() {
    let lopper = with_lock(&[]);
    let states = lopper.states();
    lopper
        .run([&MARK[..], &["--wait", "PT2M"]].concat())
        .code(4)
        .stderr_has("waited PT2M for a lock, and it is still held: segment 'wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1' is locked: \
                     'etl-7' holds a replace lock on 2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z of datasource 'wiki' \
                     (lock 1, until 2024-06-01T13:00:00.000Z); nothing was changed")
        .stderr_has("help: wait longer");
    assert_eq!(lopper.states(), states);
    assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["0"]);
    assert_eq!(lopper.runs(), ["import done", "mark-unused locked"]);
    // Exactly as long as it holds is long enough.
    lopper.run([&MARK[..], &["--wait", "PT1H"]].concat()).code(0);
}

#[test]
fn a_signal_ends_the_wait() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let (lopper, running) = waiting();
        running.signal(name);
        running.end().code(code).stderr_has(&format!("stopped by SIG{name}"));
        assert_eq!(lopper.runs(), ["import done", "mark-unused interrupted"]);
        assert_eq!(lopper.ids(true).len(), 2);
    }
}

#[test]
fn rules_wait_too() {
    let lopper = with_lock(&["--for", "PT1M"]).rules([("wiki", r#"[{"type":"dropForever"}]"#)]);
    lopper.run(["enforce-rules", "wiki", "--on-conflict", "wait", "--wait", "PT59S"]).code(4);
    lopper.run(["enforce-rules", "wiki", "--on-conflict", "wait", "--wait", "PT1M"]).code(0);
    assert_eq!(lopper.ids(false).len(), 1);
}

const TWO_STEPS: &str = "
    [[step]]
    op = 'mark-unused'
    datasource = 'koalas'
    all = true
    on_conflict = 'fail'
    [[step]]
    op = 'mark-unused'
    datasource = 'wiki'
    all = true
    on_conflict = 'wait'
    wait = 'P300D'";

/// Steps that commit together are rolled back together, and done again together.
#[test]
fn the_phase_is_tried_again_as_a_whole() {
    let lopper = with_lock(&["--for", "P9Y"]).job("two", TWO_STEPS);
    let mut running = lopper.background(["run", "two"]);
    running.says("waiting up to P300D");
    assert_eq!(lopper.ids(true).len(), 2);
    // What comes meanwhile is seen.
    lopper.add_segments(["koalas 2015-09-13/P1D"]);
    lopper.run(["lock", "remove", "--owner", "etl-7"]).code(0);
    running.end().code(0);
    assert!(lopper.ids(true).is_empty());
    assert_eq!(
        lopper.sql("SELECT step, changed FROM steps WHERE op = 'mark-unused'"),
        ["1|2", "2|1"]
    );
}

#[test]
fn a_step_that_is_to_fail_does_not_wait_for_its_neighbour() {
    let lopper = store().job("two", TWO_STEPS);
    lock(&lopper, "koalas", "2015/2016", &["--owner", "etl-8"]);
    lopper.run(["run", "two"]).code(4).stderr_has("'etl-8' holds").stderr_lacks("waiting");
}

/// A plan tells what the run would wait for, and what it would do then.
#[test]
fn a_plan_does_not_wait() {
    let drops = [("wiki", r#"[{"type":"dropForever"}]"#)];
    let lopper = with_lock(&["--for", "P9Y"]).job("two", TWO_STEPS).rules(drops);
    lopper.store_unchanged(|lopper| {
        let plan = lopper.run(["plan", "two", "--output", "json"]).code(0).stderr_lacks("waiting").json();
        let step = &plan["steps"][1];
        assert_eq!(step["numChangedSegments"], 1);
        assert_eq!(step["warnings"][0]["code"], "locked");
        assert_eq!(
            step["warnings"][0]["message"],
            "'etl-7' holds a replace lock on 2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z of datasource 'wiki' \
             (lock 1, until 2033-06-01T12:00:00.000Z): a run waits up to P300D for it, and then fails"
        );
        lopper.run([&MARK[..], &["--dry-run"]].concat()).code(0).stdout_has("would change");
        // Once, though three passes look.
        let rules = ["enforce-rules", "wiki", "--on-conflict", "wait", "--dry-run"];
        let step = lopper.step(rules);
        assert_eq!(step["warnings"].as_array().unwrap().len(), 1, "{step:#}");
    });
}

#[test]
fn a_wait_that_cannot_be_is_a_mistake() {
    let lopper = store();
    let mark = ["mark-unused", "wiki"];
    for (arguments, message) in [
        (&["--all", "--wait", "PT5M"][..], "--wait: 'wait' is only for on_conflict = \"wait\""),
        (&["--all", "--on-conflict", "skip", "--wait", "PT5M"], "--wait: 'wait' is only for"),
        (
            &["--all", "--on-conflict", "wait", "--wait", "PT0S"],
            "--wait: the period 'PT0S' is not positive",
        ),
        (
            &["--all", "--on-conflict", "wait", "--wait", "long"],
            "--wait: expected an ISO 8601 period",
        ),
        (
            &["--ids-from", "-", "--on-conflict", "wait"],
            "--ids-from: with on_conflict = \"wait\" the ids cannot come from standard input",
        ),
    ] {
        lopper.run([&mark[..], arguments].concat()).code(2).stderr_has(message);
    }
}

fn killable() -> Lopper {
    Lopper::new().authoritative().segments([
        seg("wiki", "2015-09-12/P1D").unused(),
        seg("wiki", "2015-09-13/P1D").unused(),
        seg("wiki", "2015-09-14/P1D").unused(),
    ])
}

const KILL: [&str; 7] = ["kill", "wiki", "--yes", "--batch-size", "1", "--on-conflict", "wait"];

/// It waits between two batches: what it has deleted stays deleted, and it holds no lock itself.
#[test]
fn a_kill_waits_between_batches() {
    let lopper = killable();
    lock(
        &lopper,
        "wiki",
        "2015-09-13/P1D",
        &["--owner", "reader", "--kind", "read", "--for", "P9Y"],
    );
    let mut running = lopper.background([&KILL[..], &["--wait", LONG]].concat());
    running.says("'reader' holds a read lock");
    assert_eq!(lopper.ids(false).len(), 2);
    running.watch(|| lopper.sql("SELECT owner FROM locks") == ["reader"]);
    lopper.run(["lock", "remove", "1"]).code(0);
    running.end().code(0).stdout_has("wiki: 3 segments");
    assert!(lopper.ids(false).is_empty());
    assert!(lopper.deep_files().is_empty());
}

/// The period is for the whole kill, not for each lock.
#[test]
fn the_locks_of_a_kill_share_its_patience() {
    for (wait, code, left) in [("PT5M", 4, 1), ("PT6M", 0, 0)] {
        let lopper = killable();
        lock(&lopper, "wiki", "2015-09-13/P1D", &["--for", "PT3M", "--owner", "one"]);
        lock(&lopper, "wiki", "2015-09-14/P1D", &["--for", "PT6M", "--owner", "two"]);
        let answer = lopper.run([&KILL[..], &["--wait", wait]].concat()).code(code);
        assert_eq!(lopper.ids(false).len(), left, "{wait}");
        assert_eq!(lopper.deep_files().len(), left, "{wait}");
        assert_eq!(lopper.sql("SELECT count(*) FROM locks WHERE owner LIKE 'lopper%'"), ["0"]);
        if code == 4 {
            answer.stderr_has("'two' holds").stderr_has("what was done before stays");
            assert_eq!(lopper.runs().last().unwrap(), "kill locked");
        }
    }
}

/// A job looks ahead at its kill before it marks, and does not wait for that.
#[test]
fn the_look_ahead_of_a_job_does_not_wait() {
    const JOB: &str = "
        [[step]]
        op = 'mark-unused'
        datasource = 'koalas'
        all = true
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        on_conflict = 'wait'
        wait = 'P300D'";
    let lopper = killable().segments(["koalas 2015-09-12/P1D"]).job("tidy", JOB);
    lock(&lopper, "wiki", "2015-09-12/P1D", &["--for", "P9Y", "--owner", "etl"]);
    let mut running = lopper.background(["run", "tidy"]);
    running.says("'etl' holds");
    assert_eq!(lopper.sql("SELECT used FROM druid_segments WHERE dataSource = 'koalas'"), ["0"]);
    lopper.run(["lock", "remove", "1"]).code(0);
    running.end().code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions WHERE state = 'done'"), ["3"]);
}
