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

/// Whoever holds the write lock holds up no look that finds nothing due.
#[test]
fn a_look_that_finds_nothing_due_writes_nothing() {
    let lopper = hourly("");
    cron(&lopper, "09:00", &[]).code(0);
    let writer = lopper.connection();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    cron(&lopper, "09:10", &[]).code(0).stderr_has("decided already");
}

#[test]
fn a_store_that_is_busy_is_tried_again() {
    let lopper = hourly("retries = 1\nretry_backoff = 'PT1M'");
    cron(&lopper, "08:00", &[]).code(0);
    let writer = lopper.connection();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut start = lopper.beside("09:00", &["run", "tidy", "--scheduled"], "");
    start.says("the store is busy: the start is tried again");
    writer.execute_batch("COMMIT").unwrap();
    start.end().code(0);
    assert_eq!(lopper.fires(), ["tidy 08:00 schedule done", "tidy 09:00 schedule done"]);
}

/// Since when the job is known, somebody has to answer for its times, whoever runs it.
#[test]
fn what_was_missed_before_the_first_run_is_counted() {
    let lopper = hourly("catch_up = 'latest'");
    lopper.tick("08:30");
    cron(&lopper, "12:00", &[]).code(0);
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done, missed 3"]);
}

/// Nothing is owed from before a schedule came into force.
#[test]
fn a_job_that_was_suspended_runs_nothing_from_before() {
    let lopper = hourly("suspend = true");
    cron(&lopper, "09:30", &[]).code(0);
    let lopper = lopper.job("tidy", &format!("schedule = '0 * * * *'\n{MARK}"));
    cron(&lopper, "10:05", &[]).code(0).stderr_has("from before its schedule came into force");
    let lopper = lopper.job("tidy", &format!("schedule = '10 * * * *'\n{MARK}"));
    cron(&lopper, "10:15", &[]).code(0).stderr_has("from before its schedule came into force");
    cron(&lopper, "11:10", &[]).code(0);
    assert_eq!(lopper.fires(), ["tidy 11:10 schedule done"]);
}

/// Between its look and its claim another process claims an earlier time: this one is nobody's yet.
#[test]
fn who_is_overtaken_looks_again() {
    let lopper = hourly("");
    cron(&lopper, "08:00", &[]).code(0);
    let stop = "schedule::fire-looked-up=1*return(stop)";
    let mut slow = lopper.beside("10:00", &["run", "tidy", "--scheduled"], stop);
    slow.until_stopped();
    cron(&lopper, "09:00", &[]).code(0);
    slow.thaw();
    slow.end().code(0).stderr_lacks("nothing to run");
    let mut late = lopper.beside("11:00", &["run", "tidy", "--scheduled"], stop);
    late.until_stopped();
    cron(&lopper, "11:00", &[]).code(0);
    late.thaw();
    late.end().code(0).stderr_has("decided already");
    assert_eq!(
        lopper.fires(),
        [
            "tidy 08:00 schedule done",
            "tidy 09:00 schedule done",
            "tidy 10:00 schedule done",
            "tidy 11:00 schedule done"
        ]
    );
}

/// Whoever waited for the retry is gone: the next start makes it, where no later time has come.
#[test]
fn a_retry_that_nobody_waits_for_is_made_by_the_next_start() {
    let lopper = hourly("retries = 1\nretry_backoff = 'PT10M'");
    lopper.lock("wiki", "2015-09-01", "2015-09-02", Some("2024-06-01T09:05:00.000Z"));
    let stop = "schedule::fire-looked-up=1*off->1*return(kill)";
    lopper.beside("09:00", &["run", "tidy", "--scheduled"], stop).end().code(128 + 9);
    cron(&lopper, "09:09", &[]).code(0).stderr_has("decided already");
    cron(&lopper, "09:10", &[]).code(0);
    assert_eq!(
        lopper.fires(),
        ["tidy 09:00 schedule locked", "tidy 09:00 schedule done, attempt 2"]
    );
}
