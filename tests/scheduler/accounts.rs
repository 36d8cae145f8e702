//! Each scheduled time is claimed once, whoever is in the way of whom; by the books of the accountant.

use super::{KILL, MARK, days};
use crate::support::accountant::{add_up, open_books};
use crate::support::{Lopper, Running};

const EVERY_SECOND: &str = "schedule = '* * * * * *'";

/// One place, which a slow job holds; cron starts the other job meanwhile.
#[test]
fn cron_beside_a_scheduler_whose_places_are_taken() {
    let lopper = days(1)
        .job("slow", &format!("schedule = '0 12 * * *'\n{MARK}{KILL}"))
        .job("tidy", &format!("schedule = '* * * * *'\ncatch_up = 'latest'\n{MARK}"));
    open_books(&lopper);
    lopper.tick("11:59:30");
    let stop = "kill::files-answered=1*return(stop)";
    let mut scheduler = lopper.beside("12:00", &["schedule", "--once", "--parallel", "1"], stop);
    scheduler.until_stopped();
    for time in ["12:01", "12:03"] {
        let start = ["run", "tidy", "--scheduled"];
        crate::support::Answer::of(&mut lopper.then(time, &start)).code(0);
    }
    scheduler.thaw();
    scheduler.end().code(0);
    lopper.tick("12:05");
    let last = add_up(&lopper);
    assert_eq!(last["tidy"].to_string(), super::at("12:05"));
    let fires = lopper.fires();
    let tidy: Vec<_> = fires.iter().filter(|fire| fire.starts_with("tidy")).collect();
    assert_eq!(tidy[0], "tidy 12:01 schedule done, missed 1");
}

/// A job of each second beside one whose only transaction takes longer than that, again and again.
#[test]
fn a_job_of_a_second_beside_a_slow_check() {
    let slow = "
        [[step]]
        op = 'check'
        sql = '''WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500000)
                 SELECT 1 FROM (SELECT max(i) AS most FROM n) WHERE most < 0'''";
    let lopper = days(1)
        .real_time()
        .job("quick", &format!("{EVERY_SECOND}\n{MARK}"))
        .job("slow", &format!("{EVERY_SECOND}\n{slow}"));
    open_books(&lopper);
    let mut scheduler = lopper.background(["schedule"]);
    let runs = "SELECT count(*) >= 5 FROM runs WHERE name = 'quick' AND cause <> 'hand'";
    scheduler.watch(|| lopper.sql(runs) == ["1"]);
    scheduler.signal("TERM");
    scheduler.end().code(0);
    let last = add_up(&lopper);
    assert_eq!(last.len(), 2);
}

/// Its run goes on within its first transaction, so that nothing can be recorded: what comes meanwhile is skipped all the
/// same, and not started behind it.
#[test]
fn what_comes_during_a_slow_first_transaction_is_skipped() {
    let lopper = days(1).real_time().job("tidy", &format!("{EVERY_SECOND}\n{MARK}"));
    open_books(&lopper);
    let mut command = lopper.command(["schedule"]);
    let mut scheduler = Running::start(command.env("FAILPOINTS", "run::step-begun=1*sleep(2500)"));
    scheduler.says("run ended");
    scheduler.says("run ended");
    scheduler.signal("TERM");
    scheduler.end().code(0);
    add_up(&lopper);
    let rows = lopper.sql(
        "SELECT outcome, missed, message FROM runs WHERE cause <> 'hand' ORDER BY run LIMIT 2",
    );
    assert_eq!(rows[0], "done|0|");
    let (skipped, why) = rows[1].rsplit_once('|').unwrap();
    assert!(["skipped|1", "skipped|2"].contains(&skipped), "{rows:?}");
    assert_eq!(why, "the job was still running (concurrency_policy is forbid)");
}

/// A person runs the job when its retry is due: the retry waits.
#[test]
fn a_retry_that_meets_a_run_by_hand_waits_for_it() {
    let lopper = days(2).job("tidy", &format!("schedule = '0 * * * *'\nretries = 1\n{MARK}{KILL}"));
    lopper.lock("wiki", "2015-09-01", "2015-09-02", Some("2024-06-01T12:00:30.000Z"));
    lopper.tick("11:30");
    lopper.tick("12:00");
    let stop = "kill::files-answered=1*return(stop)";
    let mut by_hand = lopper.beside("12:00:50", &["run", "tidy"], stop);
    by_hand.until_stopped();
    let mut scheduler = lopper.beside("12:01", &["schedule", "--once"], "");
    scheduler.says("is running already");
    by_hand.thaw();
    by_hand.end().code(0);
    scheduler.end().code(0);
    assert_eq!(
        lopper.fires(),
        ["tidy 12:00 schedule locked", "tidy 12:00 schedule done, attempt 2"]
    );
}

/// Whoever waited for it was killed: the scheduler that acts finds it with its next beat.
#[test]
fn a_retry_that_another_process_has_left_is_made_by_the_scheduler() {
    let lopper = tidy("retries = 1");
    let mut scheduler = lopper.beside("12:00", &["schedule", "--lease", "PT1S"], "");
    scheduler.says("run ended");
    lopper.sql("UPDATE job SET retry_ms = last_fire_ms, retry_cause = 'schedule'");
    scheduler.says("attempt=2");
    scheduler.says("run ended");
    scheduler.signal("TERM");
    scheduler.end().code(0);
    assert_eq!(lopper.fires()[1..], ["tidy 12:00 schedule done, attempt 2"]);
}

fn tidy(keys: &str) -> Lopper {
    let lopper = days(1).job("tidy", &format!("schedule = '0 * * * *'\n{keys}\n{MARK}"));
    open_books(&lopper);
    lopper.tick("11:30");
    lopper
}

/// The store forgets what it knew; the scheduler that starts behind that counts what is in no row any more.
#[test]
fn what_a_backup_does_not_know_is_counted() {
    let lopper = tidy("catch_up = 'latest'");
    lopper.tick("12:00");
    let backup = lopper.path("backup.db");
    lopper.sql(&format!("VACUUM INTO '{}'", backup.display()));
    lopper.tick("13:00");
    lopper.tick("14:00");
    for more in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(lopper.path(&format!("lopper.db{more}")));
    }
    std::fs::rename(backup, lopper.store()).unwrap();
    lopper.tick("15:00");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done", "tidy 15:00 schedule done, missed 2"]);
    add_up(&lopper);
}
