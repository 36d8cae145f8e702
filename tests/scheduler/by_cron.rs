//! `run --scheduled`: what a line of cron starts is the schedule's latest fire, once; beside it, `--wait` by hand.

use super::{HOURLY_KILL, MARK, days};
use crate::support::{Answer, Lopper};

fn hourly(keys: &str) -> Lopper {
    days(2).job("tidy", &format!("schedule = '0 * * * *'\n{keys}\n{MARK}"))
}

fn cron(lopper: &Lopper, time: &str, more: &[&str]) -> Answer {
    Answer::of(&mut lopper.then(time, &[&["run", "tidy", "--scheduled"], more].concat()))
}

#[test]
fn the_latest_fire_runs_once_and_what_was_missed_is_counted() {
    let lopper = hourly("");
    cron(&lopper, "09:00:01", &[]).code(0);
    cron(&lopper, "09:10", &[]).code(0).stderr_has("decided already").stdout_is("");
    // cron was down for a while.
    cron(&lopper, "12:00", &[]).code(0);
    assert_eq!(lopper.fires(), ["tidy 09:00 schedule done", "tidy 12:00 schedule done, missed 2"]);
}

#[test]
fn too_late_is_passed_over() {
    let lopper = hourly("starting_deadline = 'PT10M'");
    cron(&lopper, "09:10:01", &[]).code(0).stderr_has("is passed over").stderr_has("PT10M");
    cron(&lopper, "10:05:01", &["--starting-deadline", "PT5M"]).code(0).stderr_has("PT5M");
    cron(&lopper, "11:30", &["--starting-deadline", "PT40M"]).code(0).stdout_has("tidy");
    assert_eq!(
        lopper.fires(),
        ["tidy 09:00 schedule skipped", "tidy 10:00 schedule skipped", "tidy 11:00 catch-up done"]
    );
}

#[test]
fn a_job_at_rest_does_not_run() {
    let lopper = hourly("suspend = true");
    cron(&lopper, "09:00", &[]).code(0).stderr_has("job 'tidy' is suspended");
    assert!(lopper.fires().is_empty());
}

/// On a clock that stands still it waits without waiting.
#[test]
fn it_is_tried_again_within_the_same_start() {
    let lopper = hourly("retries = 2\nretry_backoff = 'PT1M'");
    lopper.lock("wiki", "2015-09-01", "2015-09-02", Some("2024-06-01T09:02:30.000Z"));
    cron(&lopper, "09:00", &[]).code(0).stderr_has("it is tried again");
    assert_eq!(
        lopper.fires(),
        [
            "tidy 09:00 schedule locked",
            "tidy 09:00 schedule locked, attempt 2",
            "tidy 09:00 schedule done, attempt 3"
        ]
    );
}

#[test]
fn after_the_last_attempt_it_fails_as_by_hand() {
    let lopper = hourly("retries = 1");
    lopper.lock("wiki", "2015-09-01", "2015-09-02", None);
    cron(&lopper, "09:00", &[]).code(4).stderr_has("index_parallel_wiki");
    assert_eq!(lopper.fires().len(), 2);
}

/// One line of cron beside a scheduler: whoever is first runs the fire.
#[test]
fn cron_and_the_scheduler_share_their_memory() {
    let lopper = hourly("");
    lopper.tick("08:30");
    cron(&lopper, "09:00", &[]).code(0);
    lopper.tick("09:00:30");
    lopper.tick("10:00");
    cron(&lopper, "10:00:30", &[]).code(0).stderr_has("decided already");
    assert_eq!(lopper.fires(), ["tidy 09:00 schedule done", "tidy 10:00 schedule done"]);
}

/// A run of the last hour still goes on.
fn overlapping(policy: &str) -> (Lopper, crate::support::Running) {
    let job = format!("concurrency_policy = '{policy}'\n{HOURLY_KILL}");
    let lopper = days(2).job("tidy", &job);
    let stop = "kill::files-answered=1*return(stop)";
    let mut first = lopper.beside("09:59:45", &["run", "tidy", "--scheduled"], stop);
    first.until_stopped();
    (lopper, first)
}

#[test]
fn a_fire_that_overlaps_is_passed_over_or_waits() {
    let (lopper, first) = overlapping("forbid");
    cron(&lopper, "10:00", &[]).code(4).stderr_has("job 'tidy' is running already");
    assert_eq!(lopper.why(), "the job was still running (concurrency_policy is forbid)");
    first.thaw();
    first.end().code(0);
    assert_eq!(lopper.fires(), ["tidy 09:00 catch-up done", "tidy 10:00 schedule skipped"]);

    let (lopper, first) = overlapping("queue");
    let second = lopper.beside("10:00", &["run", "tidy", "--scheduled"], "");
    first.thaw();
    first.end().code(0);
    second.end().code(0);
    assert_eq!(lopper.fires(), ["tidy 09:00 catch-up done", "tidy 10:00 schedule done"]);
}
