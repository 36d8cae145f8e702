//! The scheduler itself, which is told of changes or finds them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::{Lopper, Running};

fn job(schedule: &str) -> String {
    format!(
        "schedule = \"{schedule}\"\ncatch_up = \"latest\"\n[[step]]\nop = \"check\"\nsql = \"SELECT 1 WHERE 0\"\n"
    )
}

fn started(lopper: &Lopper) -> Running {
    let mut scheduler = lopper.background(["schedule"]);
    scheduler.says("this scheduler acts now");
    scheduler
}

fn ends(scheduler: Running) {
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

fn schedules(lopper: &Lopper) -> Vec<String> {
    lopper.sql("SELECT name, schedule FROM jobs WHERE NOT suspended ORDER BY name")
}

#[test]
fn a_broken_file_keeps_no_other_job_from_starting() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", &job("0 0 1 1 *"));
    lopper.file("jobs/b.toml", "name = 5\n");
    lopper.file("jobs/c.toml", "name = \"c\"\n");
    fs::set_permissions(lopper.path("jobs/c.toml"), Permissions::from_mode(0o666)).unwrap();
    lopper
        .run(["schedule", "--once"])
        .code(2)
        .stderr_has("job loaded job=a file=jobs/a.toml")
        .stderr_has("jobs/b.toml:1:8: expected a string in quotes, found a whole number")
        .stderr_has("everyone may write to the job file 'jobs/c.toml' (mode 0666); help: look")
        .stderr_has("then run `chmod o-w jobs/c.toml` file=jobs/c.toml");
    assert_eq!(schedules(&lopper), ["a|0 0 1 1 *"]);
}

#[test]
fn a_hangup_reads_all_at_once() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", &job("0 0 1 1 *"));
    let mut scheduler = started(&lopper);
    let lopper = lopper.job("a", &job("0 0 1 * *")).job("b", &job("0 0 1 1 *"));
    scheduler.signal("HUP");
    scheduler.says("job changed job=a");
    scheduler.says("job loaded job=b");
    fs::remove_file(lopper.path("jobs/b.toml")).unwrap();
    scheduler.signal("HUP");
    scheduler.says("job removed: it is not started any more job=b file=jobs/b.toml");
    ends(scheduler);
    assert_eq!(schedules(&lopper), ["a|0 0 1 * *"]);
}

#[test]
fn changes_are_found_without_a_word() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", &job("0 0 1 1 *"));
    let mut scheduler = started(&lopper);
    let lopper = lopper.job("a", &job("0 0 1 * *"));
    lopper.file("jobs/b.toml", "name = 5\n");
    scheduler.says("job changed job=a");
    scheduler.says("jobs/b.toml:1:8: expected a string in quotes");
    ends(scheduler);
    assert_eq!(schedules(&lopper), ["a|0 0 1 * *"]);
}

#[test]
fn a_file_that_is_broken_at_the_start_loses_no_fire() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]);
    let lopper = lopper.job("a", &job("0 0 * * *")).job("gone", &job("0 0 * * *"));
    lopper.run(["schedule", "--once"]).code(0);
    fs::remove_file(lopper.path("jobs/gone.toml")).unwrap();
    lopper.file("jobs/a.toml", "name = \"a\"\n");
    let lopper = lopper.clock("2024-06-03T12:00:00Z");
    lopper.run(["schedule", "--once"]).code(2).stderr_has("job file is broken: jobs/a.toml");
    assert_eq!(lopper.runs(), ["import done"]);
    // It may be the broken file that held this one.
    assert_eq!(schedules(&lopper), ["a|0 0 * * *", "gone|0 0 * * *"]);
    let lopper = lopper.job("a", &job("0 0 * * *"));
    lopper.run(["schedule", "--once"]).code(0);
    assert_eq!(lopper.runs(), ["import done", "a done"]);
    assert_eq!(schedules(&lopper), ["a|0 0 * * *"]);
}

#[test]
fn a_job_is_known_to_be_gone_when_the_last_broken_file_is() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", &job("0 0 1 1 *"));
    lopper.run(["schedule", "--once"]).code(0);
    lopper.file("jobs/a.toml", "name = \"a\"\n");
    let mut scheduler = started(&lopper);
    assert_eq!(schedules(&lopper), ["a|0 0 1 1 *"]);
    fs::remove_file(lopper.path("jobs/a.toml")).unwrap();
    scheduler.signal("HUP");
    scheduler.watch(|| schedules(&lopper).is_empty());
    ends(scheduler);
}
