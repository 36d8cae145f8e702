//! What may pass is tried again, as of the same time; what will not is not.

use super::{MARK, days};
use crate::support::Lopper;

const KEYS: &str = "schedule = '0 12 * * *'\nretries = 2\nretry_backoff = 'PT2M'";

fn locked() -> Lopper {
    let lopper = days(1).job("tidy", &format!("{KEYS}\n{MARK}"));
    lopper.lock("wiki", "2015-09-01", "2015-09-02", None);
    lopper.tick("11:30");
    lopper
}

/// Each tick is a scheduler of its own: what is to be tried again is in the store.
#[test]
fn a_lock_is_tried_again_after_a_while_and_after_twice_that() {
    let lopper = locked();
    lopper.tick("12:00");
    assert_eq!(lopper.sql("SELECT substr(retry, 12, 5), attempt FROM jobs"), ["12:02|1"]);
    lopper.tick("12:01:59");
    assert_eq!(lopper.fires().len(), 1);
    lopper.tick("12:02");
    assert_eq!(lopper.sql("SELECT substr(retry, 12, 5), attempt FROM jobs"), ["12:06|2"]);
    lopper.run(["lock", "remove", "--owner", "index_parallel_wiki"]).code(0);
    lopper.tick("12:05:59");
    lopper.tick("12:06");
    lopper.tick("12:30");
    assert_eq!(
        lopper.fires(),
        [
            "tidy 12:00 schedule locked",
            "tidy 12:00 schedule locked, attempt 2",
            "tidy 12:00 schedule done, attempt 3"
        ]
    );
    assert!(lopper.ids(true).is_empty());
}

#[test]
fn the_last_retry_is_the_last() {
    let lopper = locked();
    for minute in 0..30 {
        let ended = lopper.then(&format!("12:{minute:02}"), &["schedule", "--once"]).status();
        let is_last = minute == 6;
        assert_eq!(ended.unwrap().code(), Some(if is_last { 4 } else { 0 }), "{minute}");
    }
    assert_eq!(lopper.fires().len(), 3);
    assert_eq!(lopper.sql("SELECT retry, attempt FROM jobs"), ["|3"]);
}

/// A retry that nobody was there for happens late rather than never.
#[test]
fn a_retry_waits_for_the_next_scheduler() {
    let lopper = locked();
    lopper.tick("12:00");
    lopper.tick("20:00");
    assert_eq!(lopper.fires()[1..], ["tidy 12:00 schedule locked, attempt 2"]);
}

#[test]
fn a_later_fire_takes_the_place_of_a_retry() {
    let keys = KEYS.replace("0 12", "* *");
    let lopper = days(1).job("tidy", &format!("{keys}\n{MARK}"));
    lopper.lock("wiki", "2015-09-01", "2015-09-02", None);
    lopper.tick("11:59:30");
    for time in ["12:00", "12:01", "12:02"] {
        // The retry of each would come behind the next fire.
        lopper.tick_ends(time, 4);
    }
    assert_eq!(
        lopper.fires(),
        ["tidy 12:00 schedule locked", "tidy 12:01 schedule locked", "tidy 12:02 schedule locked"]
    );
}

/// Down from the beginning, nothing is begun; down in the middle, the journal keeps the rest.
#[cfg(feature = "s3")]
#[test]
fn a_bucket_in_trouble_is_tried_again() {
    use crate::support::bucket::{Bucket, Fault};
    use crate::support::{Answer, seg};

    let busy = Fault::Answer(503, "SlowDown");
    let gone = Fault::Answer(404, "NoSuchBucket");
    for (well, fault, outcome) in [(0, busy, "failed"), (1, gone, "partial")] {
        let bucket = Bucket::new();
        let key = "segments/wiki/1/index.zip";
        bucket.put([key]);
        let lopper = Lopper::new()
            .config(&bucket.config())
            .segments([seg("wiki", "2015-09-01/P1D").unused().s3("deep", key)])
            .job("tidy", &format!("{KEYS}\n[[step]]\nop = 'kill'\ndatasource = 'wiki'"));
        lopper.tick("11:30");
        let tick = |time| {
            let mut command = lopper.then(time, &["schedule", "--once"]);
            let keys = [("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s")];
            Answer::of(command.envs(keys)).code(0)
        };
        let down = std::iter::repeat_n(fault, 100);
        bucket.faults(std::iter::repeat_n(Fault::None, well).chain(down));
        tick("12:00");
        assert_eq!(lopper.fires(), [format!("tidy 12:00 schedule {outcome}")]);
        assert_eq!(bucket.keys(), [key]);
        bucket.faults([]);
        tick("12:02");
        assert_eq!(lopper.fires()[1..], ["tidy 12:00 schedule done, attempt 2"]);
        assert!(bucket.keys().is_empty());
    }
}

/// A statement that was too slow this time may be faster the next time.
#[test]
fn a_timeout_is_tried_again() {
    let keys = format!("{KEYS}\ntimeout = 'PT0.2S'");
    let lopper = days(1).job("slow", &format!("{keys}\n{}", super::ENDLESS));
    lopper.tick("11:30");
    lopper.tick("12:00");
    lopper.tick("12:02");
    assert_eq!(
        lopper.fires(),
        ["slow 12:00 schedule failed", "slow 12:00 schedule failed, attempt 2"]
    );
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    let refused = format!("{KEYS}\n[guard]\nmax_segments = 0\n{MARK}");
    let check = format!("{KEYS}\n[[step]]\nop = 'check'\nsql = 'SELECT 1'");
    let copy = format!("{KEYS}\n[[step]]\nop = 'kill'\ndatasource = 'wiki'");
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-01/P1D"])
        .job("refused", &refused)
        .job("check", &check)
        .job("copy", &copy);
    lopper.tick("11:30");
    lopper.tick_ends("12:00", 1);
    for minute in 1..4 {
        lopper.tick(&format!("12:{minute:02}"));
    }
    let mut fires = lopper.fires();
    fires.sort();
    let expected = [
        "check 12:00 schedule failed",
        "copy 12:00 schedule refused",
        "refused 12:00 schedule refused",
    ];
    assert_eq!(fires, expected);
    assert_eq!(lopper.sql("SELECT DISTINCT retry FROM jobs"), [""]);
}

/// A person has given the job a rest, or it wants no retry any more.
#[test]
fn a_job_that_is_changed_meanwhile_is_not_tried_again() {
    for keys in [KEYS.replace("retries = 2", "retries = 0"), format!("{KEYS}\nsuspend = true")] {
        let lopper = locked();
        lopper.tick("12:00");
        let lopper = lopper.job("tidy", &format!("{keys}\n{MARK}"));
        lopper.tick("12:02");
        lopper.tick("12:30");
        assert_eq!(lopper.fires(), ["tidy 12:00 schedule locked"], "{keys}");
    }
}
