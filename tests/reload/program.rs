//! The scheduler itself, which is told of changes or finds them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::{Lopper, Running};

/// Due every minute: `mark-unused` leaves its own name among the runs.
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
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", &job("@manually"));
    lopper.file("jobs/b.toml", "name = 5\n");
    lopper.file("jobs/c.toml", "name = \"c\"\n");
    fs::set_permissions(lopper.path("jobs/c.toml"), Permissions::from_mode(0o666)).unwrap();
    lopper
        .run(["schedule", "--once"])
        .code(0)
        .stderr_has("job loaded job=a file=jobs/a.toml")
        .stderr_has("jobs/b.toml:1:8: expected a string in quotes, found a whole number")
        .stderr_has("everyone may write to the job file 'jobs/c.toml' (mode 0666); help: look")
        .stderr_has("then run `chmod o-w jobs/c.toml` file=jobs/c.toml");
    assert_eq!(schedules(&lopper), ["a|@manually"]);
}

#[test]
fn a_hangup_reads_all_at_once() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", &job("@yearly"));
    let mut scheduler = started(&lopper);
    let lopper = lopper.job("a", &job("@monthly")).job("b", &job("@yearly"));
    scheduler.signal("HUP");
    scheduler.says("job changed job=a");
    scheduler.says("job loaded job=b");
    fs::remove_file(lopper.path("jobs/b.toml")).unwrap();
    scheduler.signal("HUP");
    scheduler.says("job removed: it is not started any more job=b file=jobs/b.toml");
    ends(scheduler);
    assert_eq!(schedules(&lopper), ["a|@monthly"]);
}

#[test]
fn changes_are_found_without_a_word() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", &job("@yearly"));
    let mut scheduler = started(&lopper);
    let lopper = lopper.job("a", &job("@monthly"));
    lopper.file("jobs/b.toml", "name = 5\n");
    scheduler.says("job changed job=a");
    scheduler.says("jobs/b.toml has a mistake");
    ends(scheduler);
    assert_eq!(schedules(&lopper), ["a|@monthly"]);
}
