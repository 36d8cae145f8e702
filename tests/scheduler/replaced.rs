//! A store that is replaced, moved, deleted or damaged under a running scheduler; a leader that stands still; schedulers with
//! different job files; a directory of job files that is empty.

use std::fs;

use super::{MARK, days};
use crate::metrics::ask;
use crate::support::accountant::{add_up, open_books};
use crate::support::{Lopper, Running};

/// A lease that ends soon: what is wrong is said again in a little more than a second.
const SCHEDULE: [&str; 5] = ["schedule", "--lease", "PT1S", "--metrics-listen", "127.0.0.1:0"];

fn every_second() -> Lopper {
    days(1)
        .real_time()
        .job("tick", &format!("schedule = '* * * * * *'\ncatch_up = 'latest'\n{MARK}"))
}

/// A scheduler that acts, and where it answers.
fn acting(lopper: &Lopper) -> (Running, String) {
    let mut scheduler = lopper.background(SCHEDULE);
    let line = scheduler.says("metrics are at http://");
    let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    scheduler.says("this scheduler acts now");
    scheduler.says("run ended");
    (scheduler, address)
}

fn ends(scheduler: Running) {
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

/// `.backup`, and a while later `mv`.
#[test]
fn a_backup_that_is_put_in_its_place_is_opened_anew() {
    let lopper = every_second();
    open_books(&lopper);
    let (mut scheduler, address) = acting(&lopper);
    let backup = lopper.path("backup.db");
    lopper.sql(&format!("VACUUM INTO '{}'", backup.display()));
    scheduler.says("run ended");
    scheduler.says("run ended");
    fs::rename(backup, lopper.store()).unwrap();
    scheduler.says("has been replaced: another file is in its place");
    scheduler.says("is opened anew: a copy of the same store, whose latest run is");
    scheduler.says("this scheduler acts now");
    scheduler.says("run ended");
    scheduler.watch(|| ask(&address, "GET /readyz").1 == "ready, acts\n");
    let runs =
        |lopper: &Lopper| lopper.sql("SELECT count(*) FROM runs WHERE outcome = 'done'").remove(0);
    let before: u64 = runs(&lopper).parse().unwrap();
    scheduler.says("run ended");
    scheduler.watch(|| runs(&lopper).parse::<u64>().unwrap() > before);
    ends(scheduler);
    assert_eq!(lopper.sql("PRAGMA integrity_check; PRAGMA foreign_key_check"), ["ok"]);
    add_up(&lopper);
    assert_eq!(lopper.sql("SELECT count(*) FROM runs WHERE outcome = 'running'"), ["0"]);
}

#[test]
fn another_store_in_its_place_is_told_apart() {
    let lopper = every_second();
    let other = days(1);
    let (mut scheduler, _) = acting(&lopper);
    let copy = lopper.path("other.db");
    other.sql(&format!("VACUUM INTO '{}'", copy.display()));
    fs::rename(copy, lopper.store()).unwrap();
    scheduler.says("is opened anew: another store, whose latest run is 1");
    scheduler.says("run ended");
    ends(scheduler);
}

/// `cp` writes into the file that is open: it is said, and a copy that is moved into its place helps.
#[test]
fn another_store_that_is_written_into_its_file_is_noticed() {
    let lopper = every_second();
    let other = days(1);
    let (mut scheduler, address) = acting(&lopper);
    let [good, bad] = ["good.db", "bad.db"].map(|name| lopper.path(name));
    lopper.sql(&format!("PRAGMA wal_checkpoint(TRUNCATE); VACUUM INTO '{}'", good.display()));
    other.sql(&format!("VACUUM INTO '{}'", bad.display()));
    fs::copy(bad, lopper.store()).unwrap();
    scheduler.says("help: put a good copy in its place");
    let (head, _) = ask(&address, "GET /readyz");
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    fs::rename(good, lopper.store()).unwrap();
    scheduler.says("is opened anew: a copy of the same store");
    scheduler.says("run ended");
    ends(scheduler);
    assert_eq!(lopper.sql("PRAGMA integrity_check; PRAGMA foreign_key_check"), ["ok"]);
}

/// It is said once and again, nobody is told that all is well, and when it is back, work goes on.
#[test]
fn a_store_that_is_gone_is_waited_for() {
    let lopper = every_second();
    open_books(&lopper);
    let (mut scheduler, address) = acting(&lopper);
    let away = lopper.path("away.db");
    fs::rename(lopper.store(), &away).unwrap();
    let said = scheduler.says("is gone: it was moved or deleted");
    assert!(said.contains("help: move it back, or put a good copy in its place"), "{said}");
    let (head, body) = ask(&address, "GET /readyz");
    assert!(head.starts_with("HTTP/1.1 503") && body.contains("is gone"), "{head}{body}");
    assert!(ask(&address, "GET /livez").0.starts_with("HTTP/1.1 200"));
    scheduler.says("is gone: it was moved or deleted");
    fs::rename(&away, lopper.store()).unwrap();
    scheduler.says("can be used again");
    scheduler.says("run ended");
    scheduler.watch(|| ask(&address, "GET /readyz").1 == "ready, acts\n");
    ends(scheduler);
    add_up(&lopper);
}

/// It ends when it is told to, also while its store is gone.
#[test]
fn it_ends_without_its_store() {
    let lopper = every_second();
    let (mut scheduler, _) = acting(&lopper);
    fs::remove_file(lopper.store()).unwrap();
    scheduler.says("is gone");
    scheduler.signal("TERM");
    scheduler.end().code(0);
    assert!(!lopper.store().exists(), "no new store is made");
}

/// Cut off, or overwritten: a good copy brings it back.
#[test]
fn a_damaged_store_is_waited_for() {
    for damage in [vec![], vec![0x55; 300_000]] {
        let lopper = every_second();
        let (mut scheduler, address) = acting(&lopper);
        let good = lopper.path("good.db");
        lopper.sql(&format!("VACUUM INTO '{}'", good.display()));
        let bad = lopper.file("bad.db", &damage);
        fs::rename(bad, lopper.store()).unwrap();
        scheduler.says("help: put a good copy in its place");
        let (head, _) = ask(&address, "GET /readyz");
        assert!(head.starts_with("HTTP/1.1 503"), "{head}");
        scheduler.says("help: put a good copy in its place");
        fs::rename(good, lopper.store()).unwrap();
        scheduler.says("is opened anew: a copy of the same store");
        scheduler.says("run ended");
        ends(scheduler);
    }
}

/// It stands still within a transaction, and holds the store's write lock: nobody can take over, and it is said why.
#[test]
fn a_leader_that_stands_still_in_a_transaction_is_named() {
    let lopper = every_second();
    open_books(&lopper);
    let stop = "run::step-begun=1*off->1*return(stop)";
    let mut first = Running::start(lopper.command(SCHEDULE).env("FAILPOINTS", stop));
    first.says("this scheduler acts now");
    let mut second = lopper.background(SCHEDULE);
    first.until_stopped();
    let said = second.says("is stopped within a transaction");
    assert!(said.contains(&format!("`kill -KILL {}` ends it", first.pid())), "{said}");
    first.signal("KILL");
    drop(first.end());
    second.says("this scheduler acts now");
    second.says("run ended");
    ends(second);
    add_up(&lopper);
}

/// Each warns of the other's jobs; who loses its turn loses nothing that was owed.
#[test]
fn schedulers_with_different_job_files_warn_of_each_other() {
    let hourly = format!("schedule = '0 * * * *'\ncatch_up = 'latest'\n{MARK}");
    let lopper = days(1).job("tidy", &hourly);
    lopper.file("others/other.toml", format!("name = 'other'\n{hourly}"));
    open_books(&lopper);
    let others = ["schedule", "--once", "--jobs", "others"];
    let others = |time| crate::support::Answer::of(&mut lopper.then(time, &others)).code(0);
    lopper.tick("11:30").stderr_lacks("WARN");
    others("12:00").stderr_has("jobs of other files than those of").stderr_has("(first: 'tidy')");
    others("13:00");
    lopper.tick("14:30").stderr_has("(first: 'other')");
    lopper.tick("14:31");
    others("15:00");
    assert_eq!(
        lopper.fires(),
        [
            "other 13:00 schedule done",
            "tidy 14:00 catch-up done, missed 2",
            "other 15:00 schedule done, missed 1"
        ]
    );
    add_up(&lopper);
}

/// Nobody has named the wrong directory without being told.
#[test]
fn a_directory_without_a_job_is_warned_of() {
    let lopper = days(1);
    fs::create_dir_all(lopper.path("jobs")).unwrap();
    lopper.tick("11:30").stderr_has("there is no job file in").stderr_has("so nothing runs");
}

/// A mount that comes late: no file is there, which does not mean that all jobs are gone.
#[test]
fn an_empty_directory_takes_no_job_away() {
    let hourly = format!("schedule = '0 * * * *'\ncatch_up = 'latest'\n{MARK}");
    let lopper = days(1).job("tidy", &hourly);
    open_books(&lopper);
    lopper.tick("11:30");
    fs::rename(lopper.path("jobs/tidy.toml"), lopper.path("tidy.toml")).unwrap();
    lopper.tick("13:30").stderr_has("there is no job file in").stderr_has("(first: 'tidy')");
    fs::rename(lopper.path("tidy.toml"), lopper.path("jobs/tidy.toml")).unwrap();
    lopper.tick("14:30");
    assert_eq!(lopper.fires(), ["tidy 14:00 catch-up done, missed 2"]);
    // Another file beside it shows that the directory is what it should be.
    let lopper = lopper.job("other", MARK);
    fs::remove_file(lopper.path("jobs/tidy.toml")).unwrap();
    lopper.tick("15:30").stderr_lacks("no job file");
    assert_eq!(lopper.sql("SELECT name, suspended FROM jobs ORDER BY name"), ["other|1", "tidy|1"]);
    add_up(&lopper);
}
