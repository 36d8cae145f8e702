//! `--metrics-file`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::{MARK, Page};
use crate::support::{Answer, Lopper};

fn lopper() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D"]).job("tidy", MARK)
}

#[test]
fn a_run_leaves_its_figures_for_everybody_to_read() {
    let lopper = lopper();
    lopper.run(["run", "tidy", "--metrics-file", "lopper.prom"]).code(0);
    lopper
        .page()
        .is_in_order()
        .says([
            ("runs_total{job=\"tidy\",outcome=\"done\"}", "1"),
            ("segments{datasource=\"wiki\",state=\"unused\"}", "1"),
        ])
        .lacks("lease_held");
    let mode = fs::metadata(lopper.path("lopper.prom")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn whoever_creates_files_for_himself_alone_still_shares_this_one() {
    let lopper = lopper();
    let program = env!("CARGO_BIN_EXE_lopper");
    let line = format!("umask 077 && exec {program} run tidy --metrics-file lopper.prom");
    let mut shell = Command::new("sh");
    Answer::of(shell.args(["-c", &line]).current_dir(lopper.path(""))).code(0);
    let mode = fs::metadata(lopper.path("lopper.prom")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o644);
}

#[test]
fn a_run_that_fails_is_told_too() {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D"])
        .job("wrong", "[[step]]\nop = 'check'\nsql = 'SELECT 1'");
    lopper.run(["run", "wrong", "--metrics-file", "lopper.prom"]).code(1);
    lopper.page().says([("runs_total{job=\"wrong\",outcome=\"failed\"}", "1")]);
}

/// Metrics are for those who look on: they stop nothing.
#[test]
fn a_file_that_cannot_be_written_is_a_warning() {
    let lopper = lopper();
    let warning = "WARN cannot write the metrics to nowhere/lopper.prom: No such file or directory";
    lopper
        .run(["run", "tidy", "--metrics-file", "nowhere/lopper.prom"])
        .code(0)
        .stderr_has(warning);
    lopper
        .run(["schedule", "--once", "--metrics-file", "nowhere/lopper.prom"])
        .code(0)
        .stderr_has(warning);
    assert_eq!(lopper.runs(), ["import done", "tidy done"]);
}

/// Whoever reads while it is written sees the page before or the one after.
#[test]
fn it_is_there_whole_or_not_at_all() {
    let lopper = lopper().job("often", &format!("schedule = '* * * * * *'\n{MARK}")).real_time();
    let mut scheduler = lopper.background(["schedule", "--metrics-file", "lopper.prom"]);
    let mut last = String::new();
    let mut seen = 0;
    scheduler.watch(|| {
        let Ok(text) = fs::read_to_string(lopper.path("lopper.prom")) else { return false };
        assert!(text.starts_with("# HELP lopper_build_info") && text.ends_with('\n'), "{text}");
        assert!(text.contains("# TYPE lopper_segment_bytes gauge"), "{text}");
        seen += usize::from(text != last);
        last = text;
        seen >= 4
    });
    scheduler.signal("TERM");
    scheduler.end().code(0);
    let page = lopper.page();
    page.says([("scheduler_lease_held", "0")]);
    let left = fs::read_dir(lopper.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
    // What was added up while it ran is what somebody finds who adds up all.
    lopper.run(["run", "tidy", "--dry-run"]).code(0);
    lopper.run(["schedule", "--once", "--jobs", "none", "--metrics-file", "lopper.prom"]).code(2);
    fs::create_dir(lopper.path("none")).unwrap();
    lopper.run(["schedule", "--once", "--jobs", "none", "--metrics-file", "lopper.prom"]).code(0);
    let anew = lopper.page();
    let sums = |page: &Page| {
        ["lopper_runs_total", "lopper_run_duration", "lopper_segments_changed", "lopper_job_last"]
            .map(|start| page.lines(start).join("\n"))
    };
    assert_eq!(sums(&page), sums(&anew));
}
