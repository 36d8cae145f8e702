//! enforce-rules among other steps: plans, later steps, kills.

use serde_json::{Value, json};

use super::{BROKEN, DROP_ALL, left_out};
use crate::support::{Lopper, seg};

/// `good` loses all, `bad` has a broken chain; both have something to kill.
fn store() -> Lopper {
    let old = "2020-01-01T00:00:00.000Z";
    let unused = |name: &str| seg(name, "2014-01-01/P1D").unused().stamp(old);
    let used = |name: &str| seg(name, "2015-01-01/P1D").stamp(old);
    Lopper::new()
        .authoritative()
        .segments([unused("good"), used("good"), unused("bad"), used("bad")])
        .rules([("_default", DROP_ALL), ("bad", BROKEN)])
}

const ENFORCE: &str = "[[step]]\nop = 'enforce-rules'\ndatasources = ['*']\n";
const MARK: &str = "[[step]]\nop = 'mark-unused'\ndatasources = ['*']\nall = true\n";
const KILL: &str = "[[step]]\nop = 'kill'\ndatasources = ['*']\n";
const EARLIER: &str = "an earlier step of the run had to leave it alone";

fn run(lopper: &Lopper, job: &str, code: i32) -> Value {
    lopper.run(["run", job, "--output", "json"]).code(code).json()
}

#[test]
fn later_steps_leave_a_datasource_alone_that_was_left_out() {
    let lopper = store().job("all", &[ENFORCE, MARK, KILL].concat());
    let report = run(&lopper, "all", 5);
    assert_eq!(report["outcome"], "partial");
    assert_eq!(left_out(&report["steps"][0])[0].0, "bad");
    assert_eq!(left_out(&report["steps"][1]), [("bad", EARLIER)]);
    assert_eq!(left_out(&report["steps"][2]), [("bad", EARLIER)]);
    assert_eq!(
        lopper.sql("SELECT datasource, used, unused FROM datasources ORDER BY 1"),
        ["bad|1|1", "good|0|1"]
    );
    assert_eq!(lopper.runs().last().unwrap(), "all partial");
    let message = "datasource left out: 'bad' (why: leftOut in the report of the view steps)";
    assert_eq!(lopper.sql("SELECT message FROM runs ORDER BY run DESC LIMIT 1"), [message]);
    lopper.run(["history"]).code(0).stdout_has("partial").stdout_has(message);
    let reports = "SELECT report ->> '$.leftOut[0].datasource' FROM steps WHERE op <> 'import'";
    assert_eq!(lopper.sql(reports), ["bad"; 3]);
    // The next run begins anew.
    lopper.run(["mark-unused", "*", "--all"]).code(0);
    assert!(lopper.ids(true).is_empty());
}

/// The look ahead at a later phase must not leave a datasource out for the earlier ones.
#[test]
fn earlier_steps_do_not() {
    let lopper = store().job("all", &[MARK, KILL, ENFORCE].concat());
    let report = run(&lopper, "all", 5);
    assert_eq!(left_out(&report["steps"][0]), []);
    assert_eq!(left_out(&report["steps"][1]), []);
    let (name, reason) = left_out(&report["steps"][2])[0];
    assert_eq!(name, "bad");
    assert!(reason.starts_with("its rule chain is broken"), "{reason}");
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["2"]);
}

#[test]
fn people_are_told_what_was_left_out_and_not_of_files() {
    let lopper = store();
    let partial = "partial: nothing of the datasources that are left out was changed; mend what is told of them, and run again";
    lopper
        .run(["enforce-rules", "*"])
        .code(5)
        .stdout_has("step 1: left out: datasource 'bad': its rule chain is broken: rule 2: ")
        .stdout_has(partial)
        .stdout_has("step 1: good: rule 1 dropForever (_default): 1 segment")
        .stdout_lacks("deletions");
    let plan = store().run(["enforce-rules", "*", "--dry-run"]);
    plan.code(5).stdout_has("left out would change").stdout_lacks("deletions");
}

/// A file that cannot be deleted is told as before, also beside a datasource that is left out.
#[test]
fn files_that_failed_are_told_apart() {
    let lopper = store().job("both", &[ENFORCE, KILL].concat());
    // A folder in the place of a file cannot be unlinked; its row would not move if it had been there before.
    lopper.dies_at(&["run", "both"], "kill::deleting-begun", 1, ("kill", 137));
    for file in lopper.deep_files().iter().filter(|file| file.contains("good/2014")) {
        let path = lopper.deep_storage().join(file);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir_all(path.join("full")).unwrap();
    }
    let answer = lopper.run(["run", "both"]).code(5);
    answer
        .stdout_has("partial: which files are left")
        .stdout_has("partial: nothing of the datasources");
    assert_eq!(
        lopper.sql("SELECT message FROM runs ORDER BY run DESC LIMIT 1"),
        [
            "datasource left out: 'bad' (why: leftOut in the report of the view steps); some files could not be deleted: see the view deletions"
        ]
    );
}

#[test]
fn a_plan_equals_the_run_and_changes_nothing() {
    let lopper = store().job("all", &[ENFORCE, MARK].concat());
    for command in [["run", "all"], ["enforce-rules", "*"]] {
        let mut plan = lopper.store_unchanged(|lopper| {
            let dry = [&command[..], &["--dry-run", "--output", "json"]].concat();
            lopper.run(dry).code(5).json()
        });
        let mut done = lopper.run([&command[..], &["--output", "json"]].concat()).code(5).json();
        assert_eq!(
            (&plan["run"], &plan["plan"], &done["plan"]),
            (&Value::Null, &json!(true), &json!(false))
        );
        for report in [&mut plan, &mut done] {
            let members = report.as_object_mut().unwrap();
            members.remove("run");
            members.remove("plan");
        }
        assert_eq!(plan, done);
        lopper.run(["mark-used", "good", "--all", "--include-overshadowed"]).code(0);
    }
}

/// The buffer keeps what the rules have just dropped.
#[test]
fn a_kill_waits_for_what_was_just_dropped() {
    let wait = store().job("wait", &[ENFORCE, KILL].concat());
    let step = run(&wait, "wait", 5)["steps"][1].take();
    assert_eq!(step["numChangedSegments"], 1);
    assert_eq!(step["kill"]["passedOver"]["within the buffer period"], 1);
    let now = store().job("now", &[ENFORCE, KILL, "buffer_period = 'PT0S'\n"].concat());
    assert_eq!(run(&now, "now", 5)["steps"][1]["numChangedSegments"], 2);
    // The ledger still tells why, when the segment is gone.
    let reasons = "SELECT reason FROM changes WHERE op = 'enforce-rules'";
    assert_eq!(now.sql(reasons), ["rule 1 dropForever (_default)"]);
    // What an earlier look found of killed segments goes with them.
    assert_eq!(now.sql("SELECT count(*) FROM overshadowed"), ["0"]);
}

#[test]
fn what_a_kill_takes_is_forgotten_by_the_views() {
    let lopper = Lopper::new()
        .authoritative()
        .segments(["wiki 2015-01-01/P1D v1", "wiki 2015-01-01/P1D v2"])
        .job("now", &[ENFORCE, KILL, "buffer_period = 'PT0S'\n"].concat());
    run(&lopper, "now", 0);
    assert_eq!(lopper.sql("SELECT version, overshadowed_by FROM segments"), ["v2|"]);
    assert_eq!(lopper.sql("PRAGMA foreign_key_check"), [""; 0]);
    assert_eq!(
        lopper.sql("SELECT reason FROM changes WHERE op = 'enforce-rules'"),
        ["overshadowed by wiki_2015-01-01T00:00:00.000Z_2015-01-02T00:00:00.000Z_v2"]
    );
}
