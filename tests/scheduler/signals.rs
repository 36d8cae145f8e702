//! What a scheduler makes of signals: SIGTERM ends it in good order, a second one at once; SIGHUP lets it read its files.

use super::{ENDLESS, HOURLY_KILL, MARK, days};
use crate::support::{Lopper, Running};

/// A scheduler at work on what is due at noon.
fn at_noon(lopper: &Lopper, more: &[&str], failpoints: &str) -> Running {
    lopper.tick("11:30");
    lopper.beside("12:00", &[&["schedule"], more].concat(), failpoints)
}

#[test]
fn a_kill_ends_after_its_batch() {
    let lopper = days(5).job("tidy", HOURLY_KILL);
    let mut scheduler = at_noon(&lopper, &[], "kill::files-answered=sleep(300)");
    scheduler.watch(|| lopper.deep_files().len() < 5);
    scheduler.signal("TERM");
    scheduler
        .end()
        .code(0)
        .stderr_has("SIGTERM: nothing new begins")
        .stderr_has("stopped by SIGTERM");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule interrupted"]);
    let left = lopper.deep_files().len();
    assert!((1..5).contains(&left), "{left}");
    let pending = "SELECT count(*) FROM deletions WHERE state <> 'done'";
    assert_eq!(lopper.sql(pending), ["0"], "the batch is finished");
    assert_eq!(lopper.sql("SELECT * FROM lock"), [""; 0]);
}

/// A transaction that ends within the grace is committed.
#[test]
fn a_transaction_is_finished_within_the_grace() {
    let lopper = days(1).job("tidy", &format!("schedule = '0 * * * *'\n{MARK}"));
    let mut scheduler = at_noon(&lopper, &[], "run::step-begun=sleep(500)");
    scheduler.says("run begins");
    scheduler.signal("INT");
    scheduler
        .end()
        .code(0)
        .stderr_has("SIGINT: nothing new begins")
        .stderr_lacks("the grace is over");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
}

fn endless() -> Lopper {
    days(1).job("slow", &format!("schedule = '0 * * * *'\n{MARK}{ENDLESS}"))
}

#[test]
fn when_the_grace_is_over_a_statement_is_interrupted() {
    let lopper = endless();
    let mut scheduler = at_noon(&lopper, &["--grace", "PT0.3S"], "");
    scheduler.says("run begins");
    scheduler.signal("TERM");
    scheduler.end().code(0).stderr_has("the grace is over: what runs is interrupted");
    assert_eq!(lopper.fires(), ["slow 12:00 schedule interrupted"]);
    assert_eq!(lopper.ids(true).len(), 1);
    // What a person has stopped is not tried again by itself.
    assert_eq!(lopper.sql("SELECT retry FROM jobs"), [""]);
}

/// The run's transaction rolls back with the process, and its fire is still owed.
#[test]
fn a_second_signal_ends_it_at_once() {
    for (name, code) in [("TERM", 143), ("INT", 130)] {
        let lopper = endless();
        let mut scheduler = at_noon(&lopper, &["--grace", "PT1H"], "");
        scheduler.says("run begins");
        scheduler.signal(name);
        scheduler.says("nothing new begins");
        scheduler.signal(name);
        scheduler.end().code(code).stderr_has("a second signal: this scheduler ends at once");
        assert!(lopper.fires().is_empty());
        assert_eq!(lopper.ids(true).len(), 1);
        assert_eq!(lopper.sql("PRAGMA integrity_check"), ["ok"]);
    }
}

#[test]
fn nothing_new_begins_behind_a_signal() {
    let lopper = endless().job("zebra", &format!("schedule = '0 * * * *'\n{MARK}"));
    let mut scheduler = at_noon(&lopper, &["--grace", "PT0.3S", "--parallel", "1"], "");
    scheduler.says("run begins");
    scheduler.signal("TERM");
    scheduler.end().code(0);
    assert_eq!(lopper.fires(), ["slow 12:00 schedule interrupted"], "the other is still owed");
    let lopper = lopper.job("slow", &format!("schedule = '0 * * * *'\nsuspend = true\n{MARK}"));
    lopper.tick("12:00:30");
    assert_eq!(lopper.fires()[1..], ["zebra 12:00 schedule done"]);
}

#[test]
fn sighup_lets_it_read_its_files_again() {
    let lopper = days(1);
    let config = std::fs::read_to_string(lopper.path("lopper.toml")).unwrap();
    let lopper = lopper.config("").job("tidy", &format!("schedule = '30 * * * *'\n{MARK}"));
    let mut scheduler = at_noon(&lopper, &[], "");
    scheduler.says("this scheduler acts now");
    let lopper = lopper.job("later", HOURLY_KILL).config("authoritative = 'perhaps'");
    scheduler.signal("HUP");
    scheduler.says("lopper.toml is left as it was");
    scheduler.says("job=later");
    scheduler.watch(|| lopper.sql("SELECT name FROM jobs") == ["later", "tidy"]);
    let lopper = lopper.config(&config);
    std::fs::remove_file(lopper.path("jobs/tidy.toml")).unwrap();
    scheduler.signal("HUP");
    scheduler.watch(|| lopper.sql("SELECT suspended FROM jobs WHERE name = 'tidy'") == ["1"]);
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

/// Whoever writes for long keeps it from giving its lease back; that is no failure.
#[test]
fn it_ends_while_the_store_is_busy() {
    let lopper = days(1).job("tidy", &format!("schedule = '30 * * * *'\n{MARK}"));
    let mut scheduler = at_noon(&lopper, &[], "");
    scheduler.says("this scheduler acts now");
    let writer = lopper.connection();
    scheduler.watch(|| writer.execute_batch("BEGIN IMMEDIATE").is_ok());
    scheduler.signal("TERM");
    scheduler.end().code(0).stderr_has("the lease ends by itself");
    writer.execute_batch("COMMIT").unwrap();
    lopper.tick("12:30").stderr_has("this scheduler acts now");
    assert_eq!(lopper.fires(), ["tidy 12:30 schedule done"]);
}
