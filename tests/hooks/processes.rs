//! What a hook may do wrong: it changes nothing about the run, is warned of and recorded, and leaves nothing behind.

use std::fs;
use std::process::Command;

use super::{MARK, is_alive, seconds};
use crate::support::Lopper;

fn with(hooks: &str) -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D v1"]).job("j", &format!("{hooks}\n{MARK}"))
}

#[test]
fn each_failure_is_recorded_and_the_run_stays_as_it_was() {
    for (hooks, message) in [
        ("on_success = 'echo first; echo \"it broke\" >&2; exit 3'", "exit code 3: it broke"),
        ("on_success = ['/no/such/program']", "cannot start /no/such/program: No such file"),
        ("on_success = ['./j.toml']", "cannot start ./j.toml: Permission denied"),
        ("on_success = 'kill -9 $$'", "killed by signal 9"),
    ] {
        let lopper = with(hooks);
        let answer = lopper.run(["run", "j", "--output", "json"]).code(0);
        assert_eq!(answer.json()["outcome"], "done");
        answer.stderr_has("hook failed: ").stderr_has(message);
        let failures = lopper.failures();
        assert_eq!(failures.len(), 1, "{failures:?}");
        assert!(failures[0].starts_with(&format!("2|j|on_success|{message}")), "{failures:?}");
        assert_eq!(lopper.runs(), ["import done", "j done"]);
    }
}

#[test]
fn what_it_prints_goes_to_the_log_and_not_to_stdout() {
    let lopper = with("on_success = 'echo to-stdout; printf \"to-\\033stderr\" >&2'");
    let answer = lopper.run(["run", "j", "-v"]).code(0).stdout_lacks("to-stdout");
    answer.stdout_lacks("stderr").stderr_has("to-stdout | to-\\u{1b}stderr");
}

#[test]
fn one_that_does_not_read_or_prints_without_end_is_fine() {
    let many: String = (0..20_000).map(|number| format!("'no-such-id-{number}',")).collect();
    let steps = format!("[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nids = [{many}]\n");
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D v1"])
        .job("j", &format!("on_success = 'exec <&-; head -c 10000000 /dev/zero | tr \"\\\\0\" x; echo; echo end'\n{steps}"));
    let answer = lopper.run(["run", "j", "-v"]).code(0);
    assert!(answer.stderr.len() < 20_000, "{} bytes", answer.stderr.len());
    answer.stderr_has("x | end");
    assert_eq!(lopper.failures(), [""; 0]);
}

#[test]
fn one_that_takes_too_long_is_killed_with_all_its_children() {
    let (own, child) = (seconds(1), seconds(2));
    let hooks = format!(
        "hook_timeout = 'PT0.2S'\non_success = 'sleep {child} & echo begun; exec sleep {own}'"
    );
    let lopper = with(&hooks);
    lopper.run(["run", "j"]).code(0).stderr_has("it took longer than its hook_timeout of 200ms");
    assert_eq!(
        lopper.failures(),
        ["2|j|on_success|it took longer than its hook_timeout of 200ms, and was killed: begun"]
    );
    assert!(!is_alive(&own) && !is_alive(&child));
}

#[test]
fn what_it_leaves_in_its_group_ends_with_it() {
    let child = seconds(3);
    let lopper = with(&format!("on_success = 'sleep {child} & echo begun'"));
    lopper.run(["run", "j", "-v"]).code(0).stderr_has("hook ended: begun");
    assert!(!is_alive(&child));
    assert_eq!(lopper.failures(), [""; 0]);
}

/// Nobody waits for what has left, though it holds the output open.
#[test]
fn what_leaves_its_group_may_go_on() {
    let child = seconds(7);
    let hook = format!(
        "on_success = 'setsid sh -c \"echo \\$\\$ > ../pid; exec sleep {child}\" & until test -s ../pid; do :; done'"
    );
    let lopper = with(&hook);
    lopper.run(["run", "j"]).code(0);
    assert_eq!(lopper.failures(), [""; 0]);
    let pid = fs::read_to_string(lopper.path("pid")).unwrap();
    let is_killed = Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success();
    assert!(is_killed, "it has ended too early");
}

/// Neither a thread nor a descriptor waits for what holds the output, or the input, of a hook that has ended.
#[test]
fn what_leaves_its_group_keeps_nothing_of_lopper() {
    let child = seconds(8);
    let many: String = (0..20_000).map(|number| format!("'no-such-id-{number}',")).collect();
    let steps = format!("[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nids = [{many}]\n");
    let hook = format!(
        "#!/bin/sh
         echo $(ls /proc/$PPID/task | wc -l) $(ls /proc/$PPID/fd | wc -l) >> ../held
         exec 3<&0
         setsid sh -c 'echo $$ >> ../pids; exec sleep {child}' &
         until [ $(wc -l < ../pids) -eq $(wc -l < ../held) ]; do :; done\n"
    );
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D v1"])
        .script("leave", &hook)
        .job("j", &format!("on_success = ['./leave']\n{steps}"));
    lopper.file("pids", "");
    lopper.run(["run", "j", "j", "j", "j", "--output", "json"]).code(0);
    let pids = fs::read_to_string(lopper.path("pids")).unwrap();
    for pid in pids.lines() {
        assert!(Command::new("kill").args(["-9", pid]).status().unwrap().success());
    }
    assert_eq!(lopper.failures(), [""; 0]);
    let held = fs::read_to_string(lopper.path("held")).unwrap();
    let held: Vec<&str> = held.lines().collect();
    assert_eq!(held.len(), 4);
    assert!(held.windows(2).all(|two| two[0] == two[1]), "{held:?}");
}

#[test]
fn a_signal_ends_the_hook_and_not_the_run() {
    let own = seconds(4);
    let hook = format!("on_success = 'echo > ../begun; exec sleep {own}'");
    let lopper = with(&hook).job("next", &format!("on_failure = 'echo next >> ../called'\n{MARK}"));
    let mut running = lopper.background(["run", "j", "next"]);
    running.watch(|| lopper.path("begun").exists() && is_alive(&own));
    assert_eq!(lopper.sql("SELECT outcome FROM runs WHERE name = 'j'"), ["done"]);
    running.signal("TERM");
    // The next job does not begin.
    running.end().code(143).stdout_has("wiki").stderr_has("hook failed: lopper was told to stop");
    assert!(!is_alive(&own));
    assert_eq!(lopper.runs(), ["import done", "j done", "next interrupted"]);
    assert_eq!(lopper.called(), [""; 0], "whoever stopped it knows");
    assert_eq!(lopper.failures().len(), 1);
}

/// While the hook runs, the job does not: another run of it may begin.
#[test]
fn the_job_is_free_while_its_hook_runs() {
    let own = seconds(5);
    let hook = format!(
        "on_change = 'echo > ../begun; exec sleep {own}'\non_success = 'echo $LOPPER_RUN >> ../called'"
    );
    let lopper = with(&hook);
    let mut running = lopper.background(["run", "j"]);
    running.watch(|| lopper.path("begun").exists());
    // It changes nothing any more.
    lopper.run(["run", "j"]).code(0);
    assert_eq!(lopper.called(), ["3"]);
    running.signal("INT");
    running.end().code(0);
}
