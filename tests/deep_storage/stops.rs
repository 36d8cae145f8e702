//! A silent store holds nobody up: a signal ends a command soon, and a time limit does.

use std::time::{Duration, Instant};

use super::{WIKI, command, kill, story, zip};
use crate::support::bucket::{Bucket, Fault};
use crate::support::{Answer, Lopper, Running};

/// Half a second where nobody else works.
const SOON: Duration = Duration::from_secs(5);

/// The program waits ten seconds for an answer, so that it ends sooner for another reason.
fn patient(lopper: &Lopper, arguments: &[&str]) -> Running {
    Running::start(command(lopper, arguments).env_remove("LOPPER_TEST_STORAGE_TIMEOUT"))
}

fn ends_soon(mut running: Running, until: impl FnMut() -> bool, signal: &str) -> Answer {
    running.watch(until);
    let begun = Instant::now();
    running.signal(signal);
    let answer = running.end();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    answer
}

#[test]
fn a_signal_ends_a_kill_that_waits_for_a_deletion() {
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let bucket = Bucket::new();
        bucket.put([zip(0)]);
        let lopper = story(&bucket, &[&zip(0)]);
        bucket.deletions([Fault::Silence]);
        let asked = || bucket.requests().iter().any(|one| one.starts_with("POST"));
        ends_soon(patient(&lopper, WIKI), asked, signal)
            .code(code)
            .stderr_has(&format!("stopped by SIG{signal}"));
        // As after a crash: whether it is gone nobody knows.
        let row = "SELECT state, attempts, last_error, claimed_by IS NOT NULL FROM deletions";
        assert_eq!(lopper.sql(row), ["pending|0||1"]);
        kill(&lopper, &["kill", "--resume"]).code(0);
        assert!(bucket.keys().is_empty());
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"]);
    }
}

#[test]
fn a_signal_ends_what_waits_for_a_listing() {
    for arguments in [WIKI, &["kill", "--resume"], &["fsck", "--deep-storage"]] {
        let bucket = Bucket::new();
        bucket.put([zip(0)]);
        let lopper = story(&bucket, &[&zip(0)]);
        bucket.faults([Fault::Silence]);
        let asked = || !bucket.requests().is_empty();
        ends_soon(patient(&lopper, arguments), asked, "TERM").code(143).stderr_has("SIGTERM");
        assert_eq!(lopper.ids(false).len(), 1);
        assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
    }
}

/// While it pauses between two tries.
#[test]
fn a_signal_ends_a_kill_that_tries_again() {
    let bucket = Bucket::new();
    bucket.put([zip(0)]);
    let lopper = story(&bucket, &[&zip(0)]);
    bucket.deletions(vec![Fault::Answer(503, "SlowDown"); 50]);
    let asked = || bucket.requests().iter().filter(|one| one.starts_with("POST")).count() > 1;
    ends_soon(patient(&lopper, WIKI), asked, "TERM").code(143);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["pending"]);
    bucket.deletions([]);
    kill(&lopper, &["kill", "--resume"]).code(0);
}

#[test]
fn a_time_limit_ends_a_kill_within_a_second() {
    let bucket = Bucket::new();
    bucket.put([zip(0)]);
    let step = "timeout = 'PT0.5S'\n[[step]]\nop = 'kill'\ndatasource = 'wiki'\n";
    let lopper = story(&bucket, &[&zip(0)]).job("tidy", step);
    bucket.deletions(vec![Fault::Silence; 9]);
    let begun = Instant::now();
    patient(&lopper, &["run", "tidy"]).end().code(1).stderr_has("the timeout of PT0.500S is over");
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(lopper.sql("SELECT state, attempts FROM deletions"), ["pending|0"]);
    bucket.deletions([]);
    kill(&lopper, &["kill", "--resume"]).code(0);
    assert!(bucket.keys().is_empty());
}
