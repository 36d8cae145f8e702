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

/// A run that waits before its first transaction has claimed nothing yet: a start beside it takes the time away from nobody.
#[test]
fn a_run_that_has_not_begun_keeps_its_time() {
    let step = "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nwhere = 'size >= 0'\n";
    let lopper = days(2).job("tidy", &format!("schedule = '0 * * * *'\n{step}"));
    cron(&lopper, "09:00", &[]).code(0);
    let (scheduled, stop) = (["run", "tidy", "--scheduled"], "where::asked-ahead=1*return(stop)");
    let mut first = lopper.beside("10:00", &scheduled, stop);
    first.until_stopped();
    cron(&lopper, "10:00:10", &[]).code(4).stderr_has("job 'tidy' is running already");
    first.thaw();
    first.end().code(0);
    let mut first = lopper.beside("11:00", &scheduled, stop);
    first.until_stopped();
    let mut scheduler = lopper.beside("11:00:10", &["schedule", "--once"], "");
    scheduler.says("run did not begin");
    first.thaw();
    first.end().code(0);
    scheduler.end().code(0);
    assert_eq!(
        lopper.fires(),
        ["tidy 09:00 schedule done", "tidy 10:00 schedule done", "tidy 11:00 schedule done"]
    );
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

/// The first start within the minute after a change is on time for the new schedule, or the new zone; and so is that of a
/// job that is not suspended any more.
#[test]
fn a_start_that_is_on_time_for_a_new_schedule_runs() {
    let hour = format!("schedule = '0 * * * *'\n{MARK}");
    let changes = [
        format!("schedule = '10 * * * *'\n{MARK}"),
        format!("schedule = '10 10 * * *'\n{MARK}"),
        format!("schedule = '10 13 * * *'\ntime_zone = 'Asia/Baghdad'\n{MARK}"),
        format!("schedule = '@every PT10M'\n{MARK}"),
        format!("schedule = '10 * * * *'\njitter = 'PT20S'\n{MARK}"),
    ];
    for changed in &changes {
        let lopper = days(1).job("tidy", &hour);
        cron(&lopper, "09:00", &[]).code(0);
        let lopper = lopper.job("tidy", changed);
        cron(&lopper, "10:10:03", &[]).code(0);
        cron(&lopper, "10:10:40", &[]).code(0).stderr_has("decided already");
        assert_eq!(lopper.fires(), ["tidy 09:00 schedule done", "tidy 10:10 schedule done"]);
    }
    let lopper = days(1).job("tidy", &format!("suspend = true\n{hour}"));
    cron(&lopper, "09:30", &[]).code(0);
    let lopper = lopper.job("tidy", &hour);
    cron(&lopper, "10:01:01", &[]).code(0).stderr_has("from before its schedule came into force");
    assert!(lopper.fires().is_empty());
    let lopper = lopper.job("tidy", &format!("suspend = true\n{hour}"));
    cron(&lopper, "10:30", &[]).code(0);
    let lopper = lopper.job("tidy", &hour);
    cron(&lopper, "11:00:59", &[]).code(0);
    assert_eq!(lopper.fires(), ["tidy 11:00 schedule done"]);
}

/// It is on time, and yet from before the change: the file was written behind it.
#[test]
fn a_time_from_before_the_file_was_written_is_not_owed() {
    let lopper = days(1).job("tidy", &format!("schedule = '0 * * * *'\n{MARK}"));
    cron(&lopper, "09:00", &[]).code(0);
    let lopper = lopper.job("tidy", &format!("schedule = '10 * * * *'\n{MARK}"));
    lopper.written("jobs/tidy.toml", "10:10:20");
    cron(&lopper, "10:10:40", &[]).code(0).stderr_has("from before its schedule came into force");
    let lopper = lopper.job("tidy", &format!("schedule = '20 * * * *'\n{MARK}"));
    lopper.written("jobs/tidy.toml", "10:19:50");
    cron(&lopper, "10:20:40", &[]).code(0);
    assert_eq!(lopper.fires(), ["tidy 09:00 schedule done", "tidy 10:20 schedule done"]);
}

/// Somebody has the store for himself, so that it cannot even be opened.
#[test]
fn a_store_that_cannot_be_opened_yet_is_tried_again() {
    let lopper = hourly("retries = 1\nretry_backoff = 'PT1M'");
    cron(&lopper, "08:00", &[]).code(0);
    let writer = lopper.alone();
    let mut start = lopper.beside("09:00", &["run", "tidy", "--scheduled"], "");
    start.says("the store is busy: the start is tried again");
    writer.execute_batch("COMMIT").unwrap();
    start.end().code(0);
    assert_eq!(lopper.fires(), ["tidy 08:00 schedule done", "tidy 09:00 schedule done"]);
}

#[test]
fn a_store_that_cannot_be_opened_for_the_job_s_retries_is_given_up() {
    let lopper = hourly("");
    cron(&lopper, "08:00", &[]).code(0);
    let writer = lopper.alone();
    cron(&lopper, "09:00", &[]).code(4).stderr_lacks("is tried again");
    writer.execute_batch("COMMIT").unwrap();
    cron(&lopper, "10:00", &[]).code(0);
    assert_eq!(lopper.fires()[1..], ["tidy 10:00 schedule done, missed 1"]);
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
