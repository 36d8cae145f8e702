//! Hooks of runs that the scheduler starts.

use super::{MARK, is_alive, seconds};
use crate::support::Lopper;

/// At noon, with a segment.
fn noon() -> Lopper {
    Lopper::new().clock("2024-06-01T12:00:00.000Z").segments(["wiki 2015-09-12/P1D v1"])
}

impl Lopper {
    /// Does what is due then, and ends.
    fn once_at(self, time: &str) -> Self {
        self.once_ends(time, 0)
    }

    /// As `once_at`, with that exit code.
    fn once_ends(self, time: &str, code: i32) -> Self {
        let lopper = self.clock(&format!("2024-06-01T{time}.000Z"));
        lopper.run(["schedule", "--once"]).code(code);
        lopper
    }
}

#[test]
fn the_scheduler_calls_them_as_well() {
    let lopper = noon().telling(&format!("schedule = '@hourly'\n{MARK}")).once_at("12:00:00");
    assert_eq!(lopper.called(), [""; 0], "nothing was owed");
    let lopper = lopper.once_at("13:00:00");
    assert_eq!(lopper.called(), ["change j 2 done on_change", "success j 2 done on_success"]);
    assert_eq!(lopper.heard("success")["logical_time"], "2024-06-01T13:00:00.000Z");
}

#[test]
fn only_the_last_attempt_has_failed() {
    let keys = "schedule = '@hourly'\nretries = 1\nretry_backoff = 'PT1M'\n";
    let lopper = noon().telling(&format!("{keys}{MARK}")).once_at("12:00:00");
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    let lopper = lopper.once_at("13:00:00");
    assert_eq!(lopper.runs(), ["import done", "j locked"]);
    assert_eq!(lopper.called(), [""; 0]);
    let lopper = lopper.once_ends("13:01:00", 4);
    assert_eq!(lopper.called(), ["failure j 3 locked on_failure"]);
}

/// The next fire comes before the retry, and takes its place.
#[test]
fn a_retry_that_never_comes_hides_no_failure() {
    let keys = "schedule = '* * * * *'\nretries = 1\nretry_backoff = 'PT5M'\n";
    let lopper = noon().telling(&format!("{keys}{MARK}")).once_at("12:00:00");
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    let lopper = lopper.once_ends("12:01:00", 4);
    assert_eq!(lopper.called(), ["failure j 2 locked on_failure"]);
}

#[test]
fn a_hook_holds_no_other_job_up_and_ends_with_the_grace() {
    let own = seconds(6);
    let slow = format!("schedule = '@hourly'\non_success = 'exec sleep {own}'\n{MARK}");
    let quick = "schedule = '@hourly'\non_success = 'echo quick >> ../called'\n";
    let lopper = noon()
        .job("slow", &slow)
        .job("quick", &format!("{quick}{MARK}"))
        .once_at("12:00:00")
        .clock("2024-06-01T13:00:00.000Z");
    let mut scheduler = lopper.background(["schedule", "--grace", "PT0.3S"]);
    scheduler.watch(|| is_alive(&own) && lopper.called() == ["quick"]);
    scheduler.signal("TERM");
    scheduler.end().code(0).stderr_has("hook failed: lopper was told to stop");
    assert!(!is_alive(&own));
    let outcomes = lopper.sql("SELECT name, outcome FROM runs WHERE kind = 'job' ORDER BY name");
    assert_eq!(outcomes, ["quick|done", "slow|done"]);
    assert_eq!(lopper.sql("SELECT name, hook FROM hook_failures"), ["slow|on_success"]);
}
