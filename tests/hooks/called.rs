//! Which hooks are called, after which run, and what they are told.

use std::fs;

use super::{ALL, FAILS, MARK, TELL};
use crate::output::assert_valid_as;
use crate::support::Lopper;

fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D v1"])
}

#[test]
fn a_run_that_changes_something_tells_of_the_change_and_of_its_success() {
    let lopper = store().telling(MARK);
    let report = lopper.run(["run", "j", "--output", "json"]).code(0).stderr_is("").json();
    assert_eq!(lopper.called(), ["change j 2 done on_change", "success j 2 done on_success"]);
    assert_eq!(report["run"], 2);
    for hook in ["change", "success"] {
        assert_eq!(lopper.heard(hook), report);
        assert_valid_as(&lopper, "hook", &lopper.heard(hook));
    }
    assert_eq!(lopper.failures(), [""; 0]);
}

#[test]
fn a_run_without_a_change_tells_of_its_success_alone() {
    let lopper = store().telling(MARK);
    lopper.run(["run", "j"]).code(0);
    lopper.run(["run", "j"]).code(0);
    assert_eq!(lopper.called()[2..], ["success j 3 done on_success"]);
}

#[test]
fn a_run_that_fails_tells_why() {
    let lopper = store().telling(FAILS);
    let stderr = lopper.run(["run", "j"]).code(1).stderr;
    assert_eq!(lopper.called(), ["failure j 2 failed on_failure"]);
    let told = lopper.heard("failure");
    assert_eq!(told["run"], 2);
    assert_eq!(told["name"], "j");
    assert_eq!(told["plan"], false);
    assert_eq!(told["outcome"], "failed");
    assert_eq!(told["logical_time"], "2024-06-01T12:00:00.000Z");
    assert_eq!(told["steps"].as_array().unwrap().len(), 0, "it was rolled back");
    let error = told["error"].as_str().unwrap();
    assert!(stderr.contains(error.lines().next().unwrap()), "{error}\n{stderr}");
    assert_valid_as(&lopper, "hook", &told);
}

#[test]
fn a_run_that_a_guard_refuses_has_failed_as_well() {
    let lopper = store().telling(&format!("[guard]\nmax_segments = 0\n{MARK}"));
    lopper.run(["run", "j"]).code(3);
    assert_eq!(lopper.called(), ["failure j 2 refused on_failure"]);
    assert_eq!(lopper.heard("failure")["outcome"], "refused");
}

/// What was committed before the failure is told of.
#[test]
fn a_run_that_fails_later_tells_of_the_steps_before() {
    // A look ahead deletes no file: it cannot know that this finds one.
    let kill = "[[step]]\nop = 'kill'\ndatasource = 'wiki'\n";
    let finds = "[[step]]\nop = 'check'\nsql = \"SELECT id FROM deletions WHERE state = 'done'\"\n";
    let lopper = Lopper::new()
        .authoritative()
        .segments(["wiki 2015-09-12/P1D v1", "wiki 2015-09-13/P1D v1 unused"])
        .telling(&format!("{MARK}{kill}{finds}"));
    lopper.run(["run", "j"]).code(1);
    assert_eq!(lopper.called(), ["failure j 2 failed on_failure"]);
    let told = lopper.heard("failure");
    let ops: Vec<_> = told["steps"].as_array().unwrap().iter().map(|step| &step["op"]).collect();
    assert_eq!(ops, ["mark-unused", "kill"]);
    assert_eq!(told["steps"][1]["numChangedSegments"], 1);
    assert_valid_as(&lopper, "hook", &told);
}

/// The time limit of the run is not that of its hooks.
#[test]
fn a_run_whose_timeout_is_over_has_failed() {
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0";
    let lopper = store()
        .telling(&format!("timeout = 'PT0.2S'\n[[step]]\nop = 'check'\nsql = '{endless}'\n"));
    lopper.run(["run", "j"]).code(1);
    assert_eq!(lopper.called(), ["failure j 2 failed on_failure"]);
    let told = lopper.heard("failure");
    assert!(
        told["error"].as_str().unwrap().starts_with("the timeout of PT0.200S is over"),
        "{told}"
    );
    assert!(told["help"].as_str().unwrap().contains("longer `timeout`"), "{told}");
}

#[test]
fn a_partial_run_has_changed_something_and_is_no_success() {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D v1", "koalas 2015-09-12/P1D v1"])
        .rules([("_default", r#"[{"type":"dropForever"}]"#)])
        .telling("[[step]]\nop = 'enforce-rules'\ndatasources = ['*']\n");
    lopper.lock("koalas", "2015-09-12", "2015-09-13", None);
    lopper.sql(
        "INSERT INTO druid_rules (id, dataSource, version, payload)
                VALUES ('k', 'koalas', '2020-01-01T00:00:00.000Z', '[{\"type\":\"loadLike\"}]')",
    );
    let report = lopper.run(["run", "j", "--output", "json"]).code(5).json();
    let called = lopper.called();
    assert_eq!(called.len(), 2, "{called:?}");
    assert!(called[0].starts_with("change j ") && called[0].ends_with(" partial on_change"));
    assert!(called[1].starts_with("failure j ") && called[1].ends_with(" partial on_failure"));
    assert_eq!(lopper.heard("failure"), report);
}

#[test]
fn nothing_else_calls_them() {
    let lopper = store().telling(MARK).config(&format!("[hooks]\n{ALL}"));
    lopper.run(["plan", "j"]).code(0);
    lopper.run(["run", "j", "--dry-run"]).code(0);
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    lopper.run(["run", "j", "--at", "yesterday"]).code(2);
    assert_eq!(lopper.called(), [""; 0]);
}

#[test]
fn a_run_beside_another_of_the_job_calls_nothing() {
    let lopper = store().telling(MARK);
    lopper.sql(
        "INSERT INTO run (kind, name, logical_ms, started_ms, worker, expires_ms)
         VALUES ('job', 'j', 0, 0, 'elsewhere', 4000000000000)",
    );
    lopper.run(["run", "j"]).code(4);
    assert_eq!(lopper.called(), [""; 0]);
}

#[test]
fn lopper_toml_has_hooks_for_jobs_without_their_own() {
    let lopper = store()
        .job("plain", MARK)
        .job("quiet", &format!("on_success = []\n{MARK}"))
        .job("own", &format!("on_success = 'echo own >> ../called'\n{MARK}"))
        .config("[hooks]\non_success = 'echo \"default $LOPPER_JOB\" >> called'\n");
    lopper.run(["run", "plain", "quiet", "own"]).code(0);
    assert_eq!(lopper.called(), ["default plain", "own"]);
}

/// Each in the directory of the file that names it, whatever the program's own; and the store by its whole path.
#[test]
fn a_hook_runs_beside_the_file_that_names_it() {
    let lopper = store()
        .script("tell", TELL)
        .job("j", &format!("on_success = 'pwd; echo $LOPPER_STORE; test -f j.toml'\n{MARK}"));
    let answer = lopper.run(["run", "jobs/j.toml", "-v", "--store", "lopper.db"]).code(0);
    let folder = |name: &str| lopper.path(name).canonicalize().unwrap().display().to_string();
    let answer = answer.stderr_has(&format!("{} | ", folder("jobs")));
    answer.stderr_has("lopper.db");
    assert_eq!(lopper.failures(), [""; 0]);
}

/// A `lopper` that the hook starts works on the same installation: under its guards, with its jobs, wherever it is.
#[test]
fn a_hooks_own_lopper_is_of_the_same_installation() {
    let lopper = Lopper::new()
        .segments([
            "wiki 2015-09-12/P1D v1",
            "koalas 2015-09-12/P1D v1",
            "koalas 2015-09-13/P1D v1",
        ])
        .script(
            "again",
            "#!/bin/sh\ncd /\n\"$LOPPER_PROGRAM\" run other > \"$OUT\" 2>&1\necho $? >> \"$OUT\"\n",
        )
        .job("j", &format!("on_success = ['./again']\n{MARK}"))
        .job("other", "[[step]]\nop = 'mark-unused'\ndatasource = 'koalas'\nall = true\n");
    lopper.file("etc/settings.toml", "[guard]\nmax_segments = 1\n");
    let arguments = ["run", "j", "--config", "etc/settings.toml", "--store", "lopper.db"];
    let mut command = lopper.command(arguments);
    command.env("LOPPER_PROGRAM", env!("CARGO_BIN_EXE_lopper")).env("OUT", lopper.path("out"));
    crate::support::Answer::of(&mut command).code(0);
    let out = fs::read_to_string(lopper.path("out")).unwrap();
    assert!(out.contains("max_segments") && out.ends_with("\n3\n"), "{out}");
    assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments WHERE used"), ["2"]);
}

#[test]
fn a_program_without_a_path_is_looked_for() {
    let lopper = store().job("j", &format!("on_success = ['touch', '../called']\n{MARK}"));
    lopper.run(["run", "j"]).code(0);
    assert!(lopper.path("called").exists());
}

/// Each attempt tells of its changes, and the last one of the failure.
#[test]
fn a_run_that_is_tried_again_has_not_failed_yet() {
    let lopper = store()
        .clock("2024-06-01T12:00:30.000Z")
        .telling("schedule = '@hourly'\nretries = 2\n[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n");
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    lopper.run(["run", "--scheduled", "j"]).code(4);
    let attempts = lopper.sql("SELECT run, attempt, outcome FROM runs WHERE name = 'j'");
    assert_eq!(attempts, ["2|1|locked", "3|2|locked", "4|3|locked"]);
    assert_eq!(lopper.called(), ["failure j 4 locked on_failure"]);
    lopper.run(["run", "--scheduled", "j"]).code(0);
    assert_eq!(lopper.called().len(), 1, "the fire is decided: nothing ran");
}

#[test]
fn a_fire_that_is_passed_over_calls_nothing() {
    let lopper = store()
        .clock("2024-06-01T12:30:00.000Z")
        .telling(&format!("schedule = '@hourly'\nstarting_deadline = 'PT1M'\n{MARK}"));
    lopper.run(["run", "--scheduled", "j"]).code(0);
    assert_eq!(lopper.sql("SELECT outcome FROM runs WHERE name = 'j'"), ["skipped"]);
    assert_eq!(lopper.called(), [""; 0]);
}
