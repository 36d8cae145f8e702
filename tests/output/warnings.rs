//! Warnings arrive: in the log, in the history, in plain SQL, in the metrics.

use serde_json::Value;

use crate::support::Lopper;

/// Marks a datasource that is there, then two that are not.
const TYPOS: &str = "
    [[step]]
    op = 'mark-unused'
    datasource = 'wiki'
    all = true
    [[step]]
    op = 'mark-unused'
    datasources = ['wkii', 'none*']
    all = true";

fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D v1"]).job("nightly", TYPOS)
}

const FIRST: &str = "no datasource is called 'wkii'; did you mean 'wiki'?";
const SECOND: &str = "no datasource is called 'none*'";

/// The lines of the log, which is JSON.
fn logged(stderr: &str) -> Vec<Value> {
    stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_is_a_line_of_the_log_with_run_job_and_step() {
    let lopper = store();
    let answer = lopper.run(["run", "nightly", "--log-format", "json"]).code(0);
    let lines = logged(&answer.stderr);
    assert_eq!(lines.len(), 2, "{answer}");
    for (line, message) in lines.iter().zip([FIRST, SECOND]) {
        assert_eq!(line["level"], "WARN");
        let fields = &line["fields"];
        assert_eq!(fields["message"], message);
        assert_eq!((&fields["run"], &fields["job"]), (&2.into(), &"nightly".into()));
        assert_eq!((&fields["step"], &fields["code"]), (&2.into(), &"unknown-datasource".into()));
    }
    let text = lopper.run(["run", "nightly"]).code(0);
    text.stderr_has(&format!(" WARN {FIRST} run=3 job=nightly step=2 code=unknown-datasource\n"));
}

/// A warning that nobody sees is a failure: cron mails it, and nothing else of a run that is done.
#[test]
fn quiet_runs_tell_them_and_nothing_else() {
    let lopper =
        store().job("good", "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true");
    lopper.run(["run", "good", "--quiet"]).code(0).stdout_is("").stderr_is("");
    let answer = lopper.run(["run", "nightly", "--quiet"]).code(0).stdout_is("");
    assert_eq!(answer.stderr.lines().count(), 2, "{answer}");
    answer
        .stderr_has(&format!(" WARN {FIRST} run=3 job=nightly step=2 code=unknown-datasource\n"))
        .stderr_has(SECOND);
    let answer = lopper.run(["mark-unused", "wkii", "--all", "--quiet"]).code(0).stdout_is("");
    assert_eq!(answer.stderr.lines().count(), 1, "{answer}");
    answer.stderr_has(&format!(" WARN {FIRST} run=4 command=mark-unused step=1"));
    // What is no warning of a run stays unsaid: here that a scheduled start finds nothing to do.
    let lopper = lopper
        .job("hourly", "schedule = '@hourly'\n[[step]]\nop = 'check'\nsql = 'SELECT 1 WHERE 0'\n");
    let scheduled = ["run", "--scheduled", "hourly", "--quiet"];
    lopper.run(scheduled).code(0).stdout_is("").stderr_is("");
    lopper.run(scheduled).code(0).stdout_is("").stderr_is("");
    lopper.run(&scheduled[..3]).code(0).stderr_has("nothing to run");
}

/// A person reads them in the answer; a program that reads JSON may drop them.
#[test]
fn of_a_command_they_are_in_the_answer_and_beside_json_in_the_log() {
    let lopper = store();
    let mark = ["mark-unused", "wkii", "--all"];
    lopper.run(mark).code(0).stdout_has(&format!("step 1: warning: {FIRST}")).stderr_is("");
    let json = lopper.run([&mark[..], &["--output", "json"]].concat()).code(0);
    json.stderr_has(&format!(" WARN {FIRST} run=3 command=mark-unused step=1"));
}

/// Of a thousand alike the first are logged, and the number of the rest.
#[test]
fn a_log_is_not_flooded() {
    let globs: Vec<String> = (0..50).map(|number| format!("'none-{number}'")).collect();
    let steps =
        format!("[[step]]\nop = 'mark-unused'\ndatasources = [{}]\nall = true\n", globs.join(", "));
    let lopper = store().job("many", &steps);
    let answer = lopper.run(["run", "many"]).code(0);
    assert_eq!(answer.stderr.lines().count(), 21, "{answer}");
    answer.stderr_has("… and 30 more such warnings: lopper history 2 run=2 job=many step=1");
}

#[test]
fn the_history_has_them() {
    let lopper = store();
    lopper.run(["run", "nightly"]).code(0);
    let answer = lopper.run(["history", "2"]).code(0);
    answer
        .stdout_has("step 2: warning: no datasource is called 'wkii'")
        .stdout_has(&format!("step 2: warning: {SECOND}"));
    let runs = lopper.run(["history", "--output", "json"]).code(0).json();
    let counts: Vec<_> = runs.as_array().unwrap().iter().map(|run| &run["warnings"]).collect();
    assert_eq!(counts, [2, 0]);
    let story = lopper.run(["history", "2", "--output", "json"]).code(0).json();
    assert_eq!(story["steps"][1]["warnings"], 2);
}

#[test]
fn plain_sql_has_them() {
    let lopper = store();
    lopper.run(["run", "nightly"]).code(0);
    assert_eq!(
        lopper.sql("SELECT run, name, step, op, code, segment, message FROM warnings"),
        [FIRST, SECOND]
            .map(|message| format!("2|nightly|2|mark-unused|unknown-datasource||{message}"))
    );
    assert_eq!(lopper.sql("SELECT run, warnings FROM runs"), ["1|0", "2|2"]);
    assert_eq!(lopper.sql("SELECT step, warnings FROM steps WHERE run = 2"), ["1|0", "2|2"]);
}

/// Every operation warns of what is not there.
#[test]
fn each_operation_warns_of_datasources_that_are_not_there() {
    let lopper = store().authoritative();
    for command in [
        &["mark-unused", "wkii", "--all"][..],
        &["mark-unused", "wkii", "--id", "wkii_x"],
        &["mark-unused", "wkii", "--where", "size > 0"],
        &["mark-used", "wkii", "--interval", "2015-09-12/P1D"],
        &["enforce-rules", "wiki", "wkii"],
        &["enforce-rules", "wkii", "--pass", "rules"],
        &["kill", "wkii", "--yes"],
        &["kill", "wkii", "--dry-run"],
    ] {
        let step = lopper.step(command);
        let codes: Vec<_> =
            step["warnings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
        assert!(codes.contains(&&"unknown-datasource".into()), "{command:?}: {step}");
    }
    for command in [
        &["export", "--datasource", "wkii"][..],
        &["rules", "get", "wkii"],
        &["rules", "lint", "wkii"],
        &["rules", "history", "wkii"],
        &["lock", "list", "wkii"],
    ] {
        lopper.run(command).code(0).stderr_has(FIRST);
    }
    lopper.run(["explain", "wkii"]).code(2).stderr_has("did you mean 'wiki'?");
    // A datasource without a segment any more, and any in a store without segments.
    let empty = Lopper::new().rules([("wiki", r#"[{"type":"loadForever"}]"#)]);
    for (name, message) in [
        ("wiki", "no datasource is called 'wiki'"),
        ("*", "no datasource is called '*'"),
        ("w[ij]ki", "no datasource is called 'w[ij]ki'"),
    ] {
        let step = empty.step(["mark-unused", name, "--all"]);
        assert_eq!(step["warnings"][0]["message"], message);
    }
}
