//! What is owed by now: fires on time, late, too late, and those of before a job was known.

use std::fs;

use super::{KILL, MARK, at, days};
use crate::support::Lopper;

/// A job of that name whose schedule and further keys are given.
fn job(lopper: Lopper, keys: &str) -> Lopper {
    lopper.job("tidy", &format!("{keys}\n{MARK}"))
}

const HOURLY: &str = "schedule = '0 * * * *'";

#[test]
fn a_fire_on_time_runs_once_as_of_its_time() {
    let lopper = job(days(1), HOURLY);
    lopper.tick("11:30");
    lopper.tick("12:00:20").stderr_has("run ended");
    lopper.tick("12:00:40").stderr_lacks("run ended");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
    let times = "SELECT logical_time, started FROM runs WHERE cause <> 'hand'";
    assert_eq!(lopper.sql(times), [format!("{}|{}", at("12:00"), at("12:00:20"))]);
    assert!(lopper.ids(true).is_empty());
    assert_eq!(lopper.sql("SELECT next_fire FROM jobs"), [at("13:00")]);
}

#[test]
fn before_a_job_was_known_it_owed_nothing() {
    let lopper = job(days(1), &format!("{HOURLY}\ncatch_up = 'latest'"));
    lopper.tick("12:30");
    lopper.tick("12:59:59");
    assert!(lopper.fires().is_empty());
    lopper.tick("13:00");
    assert_eq!(lopper.fires(), ["tidy 13:00 schedule done"]);
}

#[test]
fn missed_fires_are_passed_over_together() {
    let lopper = job(days(1), HOURLY);
    lopper.tick("11:00");
    lopper.tick("15:30").stderr_has("catch_up is none");
    assert_eq!(lopper.fires(), ["tidy 15:00 schedule skipped, missed 3"]);
    assert_eq!(lopper.why(), "nothing could start it in time (catch_up is none)");
    assert_eq!(lopper.ids(true).len(), 1, "nothing ran");
    lopper.tick("16:00");
    assert_eq!(lopper.fires()[1..], ["tidy 16:00 schedule done"]);
}

#[test]
fn the_latest_missed_fire_is_caught_up_with() {
    let lopper = job(days(1), &format!("{HOURLY}\ncatch_up = 'latest'"));
    lopper.tick("11:00");
    lopper.tick("15:30");
    lopper.tick("15:31");
    assert_eq!(lopper.fires(), ["tidy 15:00 catch-up done, missed 3"]);
}

#[test]
fn a_fire_that_is_too_late_is_passed_over() {
    let keys = format!("{HOURLY}\ncatch_up = 'latest'\nstarting_deadline = 'PT20M'");
    let lopper = job(days(1), &keys);
    lopper.tick("11:00");
    lopper.tick("12:20");
    lopper.tick("13:20:01");
    assert_eq!(lopper.fires(), ["tidy 12:00 catch-up done", "tidy 13:00 schedule skipped"]);
    assert_eq!(lopper.why(), "it could not start within PT20M (starting_deadline)");
}

/// A person's run is another matter, even at the same logical time.
#[test]
fn a_run_by_hand_never_moves_catch_up() {
    let lopper = job(days(1), &format!("{HOURLY}\ncatch_up = 'latest'"));
    lopper.tick("11:00");
    lopper.run(["run", "tidy", "--at", &at("12:00")]).code(0);
    lopper.tick("12:30");
    assert_eq!(lopper.fires(), ["tidy 12:00 catch-up done"]);
    assert_eq!(lopper.runs(), ["import done", "tidy done", "tidy done"]);
}

#[test]
fn a_job_at_rest_owes_nothing_when_it_comes_back() {
    let lopper = job(days(1), &format!("{HOURLY}\ncatch_up = 'latest'"));
    lopper.tick("11:00");
    let lopper = job(lopper, &format!("{HOURLY}\ncatch_up = 'latest'\nsuspend = true"));
    lopper.tick("12:00");
    fs::remove_file(lopper.path("jobs/tidy.toml")).unwrap();
    lopper.tick("13:00");
    assert_eq!(lopper.sql("SELECT suspended FROM jobs"), ["1"]);
    let lopper = job(lopper, &format!("{HOURLY}\ncatch_up = 'latest'"));
    lopper.tick("14:30");
    assert!(lopper.fires().is_empty());
    lopper.tick("15:00");
    assert_eq!(lopper.fires(), ["tidy 15:00 schedule done"]);
}

#[test]
fn another_schedule_owes_nothing_from_before() {
    let lopper = job(days(1), &format!("{HOURLY}\ncatch_up = 'latest'"));
    lopper.tick("11:00");
    let lopper = job(lopper, "schedule = '15 * * * *'\ncatch_up = 'latest'");
    lopper.tick("12:30");
    assert!(lopper.fires().is_empty());
}

/// Started later by the name and the time, the same everywhere; the logical time is the fire's.
#[test]
fn jitter_puts_a_start_off() {
    let keys = format!("{HOURLY}\njitter = 'PT10M'");
    let lopper = job(days(1), &keys).job("other", &format!("{keys}\n{MARK}"));
    lopper.tick("11:59");
    for minute in 0..=10 {
        lopper.tick(&format!("12:{minute:02}"));
    }
    let mut fires = lopper.fires();
    fires.sort();
    assert_eq!(fires, ["other 12:00 schedule done", "tidy 12:00 schedule done"]);
    let started = lopper.sql("SELECT DISTINCT started FROM runs WHERE cause <> 'hand'");
    assert_eq!(started.len(), 2, "{started:?}");
    assert!(started.iter().all(|started| *started > at("12:00")), "{started:?}");
}

/// More than may run at the same time.
#[test]
fn many_jobs_of_one_time_all_run() {
    let mut lopper = days(1);
    for number in 0..20 {
        lopper = lopper.job(&format!("job-{number:02}"), &format!("{HOURLY}\n{MARK}"));
    }
    lopper.tick("11:59");
    lopper.tick("12:00");
    assert_eq!(lopper.fires().len(), 20);
    assert!(lopper.fires().iter().all(|fire| fire.ends_with("12:00 schedule done")));
}

/// One that a person has started stands still in the middle of a kill.
fn runs_by_hand(policy: &str) -> (Lopper, crate::support::Running) {
    let keys = format!("{HOURLY}\nconcurrency_policy = '{policy}'");
    let lopper = days(2).job("tidy", &format!("{keys}\n{MARK}{KILL}"));
    lopper.tick("11:00");
    let stop = "kill::files-answered=1*return(stop)";
    let mut by_hand = lopper.beside("11:59:50", &["run", "tidy"], stop);
    by_hand.until_stopped();
    (lopper, by_hand)
}

#[test]
fn what_runs_elsewhere_forbids_a_fire() {
    let (lopper, by_hand) = runs_by_hand("forbid");
    lopper.tick("12:00");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule skipped"]);
    assert_eq!(lopper.why(), "the job was still running elsewhere (concurrency_policy is forbid)");
    by_hand.thaw();
    by_hand.end().code(0);
    lopper.tick("12:00:30");
    assert_eq!(lopper.fires().len(), 1);
}

#[test]
fn what_runs_elsewhere_is_waited_for() {
    let (lopper, by_hand) = runs_by_hand("queue");
    let mut scheduler = lopper.beside("12:00", &["schedule", "--once"], "");
    scheduler.says("run did not begin");
    by_hand.thaw();
    by_hand.end().code(0);
    scheduler.end().code(0).stderr_has("run ended");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
}

#[test]
fn a_broken_file_keeps_no_other_job_from_running() {
    let lopper = job(days(1), HOURLY);
    lopper.file("jobs/broken.toml", "name = 'broken'\nschedule = 'never'\n");
    lopper.tick_ends("11:30", 2).stderr_has("job file is broken");
    lopper.tick_ends("12:00", 2);
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
}

/// Whoever holds the write lock is waited for: cron comes again only in a minute, when the fire may count as missed.
#[test]
fn a_busy_store_is_waited_for() {
    let lopper = job(days(1), HOURLY);
    lopper.tick("11:30");
    let writer = lopper.connection();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut scheduler = lopper.beside("12:00", &["schedule", "--once", "-v", "-v"], "");
    scheduler.says("whether to act cannot be told yet");
    writer.execute_batch("COMMIT").unwrap();
    scheduler.end().code(0);
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
}

/// Somebody has the store for himself, so that it cannot even be opened.
#[test]
fn a_store_that_cannot_be_opened_yet_is_waited_for() {
    let lopper = job(days(1), HOURLY);
    lopper.tick("11:30");
    let writer = lopper.alone();
    let mut scheduler = lopper.beside("12:00", &["schedule", "--once"], "");
    scheduler.says("the scheduler begins when the store can be opened");
    writer.execute_batch("COMMIT").unwrap();
    scheduler.end().code(0);
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
}

/// A failure is never told as a success: the worst of the runs that are not tried again is the exit code.
#[test]
fn the_exit_code_is_that_of_the_worst_run() {
    let check = |sql: &str| format!("{HOURLY}\n[[step]]\nop = 'check'\nsql = '{sql}'");
    let fails = check("SELECT 1");
    let refused = format!("{HOURLY}\n[guard]\nmax_segments = 0\n{MARK}");
    let locked =
        format!("{HOURLY}\n[[step]]\nop = 'mark-unused'\ndatasource = 'koala'\nall = true");
    let fine = check("SELECT 1 WHERE 0");
    let lock = |lopper: &Lopper| lopper.lock("koala", "2015-09-01", "2015-10-01", None);
    // Its file is valid: the run fails, and no job file is broken.
    let absent = format!("{HOURLY}\n[[step]]\nop = 'import'\nfiles = ['absent.csv']");
    let cases: [(&[&String], u8); 7] = [
        (&[&fine], 0),
        (&[&absent, &locked], 1),
        (&[&fine, &locked], 4),
        (&[&locked, &refused], 3),
        (&[&refused, &fails, &locked], 1),
        (&[&fails, &fine], 1),
        (&[&fine, &fails], 1),
    ];
    for (jobs, code) in cases {
        let mut lopper = days(1).segments(["koala 2015-09-12/P1D"]);
        lock(&lopper);
        for (number, keys) in jobs.iter().enumerate() {
            lopper = lopper.job(&format!("job-{number}"), keys);
        }
        lopper.tick("11:30");
        lopper.tick_ends("12:00", code);
        lopper.tick("12:00:30");
    }
    // One that is tried again has not failed yet.
    let lopper = days(1).job("tidy", &format!("retries = 1\n{HOURLY}\n{MARK}"));
    lopper.lock("wiki", "2015-09-01", "2015-09-02", None);
    lopper.tick("11:30");
    lopper.tick("12:00");
    lopper.tick_ends("12:01", 4);
}

/// A disk that is full, a store of another time: it is tried again a little later, and not a thousand times a second.
#[test]
fn a_fire_of_which_nothing_can_be_recorded_waits() {
    let lopper = job(days(1), HOURLY);
    lopper.tick("11:30");
    lopper
        .sql("CREATE TRIGGER full BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'no space'); END");
    let mut scheduler = lopper.beside("12:00", &["schedule", "--once"], "");
    scheduler.says("run failed");
    lopper.sql("DROP TRIGGER full");
    let answer = scheduler.end().code(0).stderr_has("run ended");
    assert!(answer.stderr.matches("run failed").count() < 5, "{answer}");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
}

/// It is refused before anything begins; the fire is done with all the same.
#[test]
fn a_kill_on_a_copy_is_refused_once() {
    let lopper = days(1).config("").job("tidy", &format!("{HOURLY}\n{MARK}{KILL}"));
    lopper.tick("11:30");
    lopper.tick_ends("12:00", 3).stderr_has("is a copy, and a copy kills nothing");
    lopper.tick("12:00:30").stderr_lacks("is a copy");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule refused"]);
    assert_eq!(lopper.ids(true).len(), 1);
}
