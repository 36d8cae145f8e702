//! Somebody sets the clock, or several processes have another idea of it: what lives goes on, and what waits waits.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant as Moment};

use lopper::schedule::Health;

use super::{KILL, MARK, days};
use crate::support::{Lopper, Running};

impl Lopper {
    /// The file by which the wall clock of programs is set.
    fn clock_file(&self) -> PathBuf {
        self.path("step")
    }

    /// A program whose wall clock can be set.
    fn with_clock(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("LOPPER_TEST_CLOCK_STEP", self.clock_file());
        command
    }

    /// Sets the wall clock, by so many hours from what the machine shows.
    fn set_clock(&self, hours: i64) {
        let step = self.path("next-step");
        std::fs::write(&step, (hours * 3_600_000).to_string()).unwrap();
        std::fs::rename(step, self.clock_file()).unwrap();
    }
}

/// A kill whose batches take their time.
fn slow_kill() -> Lopper {
    let keys = "schedule = '* * * * * *'\nconcurrency_policy = 'forbid'\nretries = 1";
    days(4).real_time().job("tidy", &format!("{keys}\n{MARK}{KILL}"))
}

fn slowly(mut command: Command) -> Running {
    Running::start(command.env("FAILPOINTS", "kill::files-answered=sleep(700)"))
}

/// By more than the lease, again and again: neither the scheduler itself, nor one that stands by, nor a run by hand takes
/// what lives for dead.
#[test]
fn a_step_forward_ends_no_living_run() {
    let lopper = slow_kill();
    let arguments = ["schedule", "--lease", "PT1S"];
    let mut acts = slowly(lopper.with_clock(&arguments));
    acts.says("run begins");
    let mut stands_by = slowly(lopper.with_clock(&arguments));
    stands_by.says("this one stands by");
    lopper.set_clock(2);
    acts.says("the clock was set forward by 2h 0m 0s");
    lopper.run(["mark-used", "nobody", "--all"]).code(0);
    let mut by_hand = lopper.with_clock(&["run", "tidy"]);
    let by_hand = crate::support::Answer::of(&mut by_hand);
    by_hand.code(4).stderr_has("job 'tidy' is running already");
    acts.says("run ended");
    assert_eq!(lopper.sql("SELECT term FROM schedulers"), ["1"], "nobody took over");
    for scheduler in [stands_by, acts] {
        scheduler.signal("TERM");
        scheduler.end().code(0);
    }
    let outcomes = "SELECT DISTINCT outcome FROM runs WHERE outcome IN ('died', 'failed')";
    assert_eq!(lopper.sql(outcomes), [""; 0]);
    assert!(lopper.deep_files().is_empty());
}

#[test]
fn a_step_back_is_said() {
    let lopper = days(1).real_time().job("tidy", &format!("schedule = '0 0 1 1 *'\n{MARK}"));
    let mut scheduler = Running::start(&mut lopper.with_clock(&["schedule"]));
    scheduler.says("acts now");
    lopper.set_clock(-5);
    scheduler.says("the clock was set back by 5h 0m 0s");
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

/// What a lock is waited for is measured, and not read off a clock.
#[test]
fn a_step_forward_ends_no_wait() {
    let lopper = days(1).real_time();
    lopper.lock("wiki", "2015-09-01", "2015-09-02", None);
    let arguments = ["mark-unused", "wiki", "--all", "--on-conflict", "wait", "--wait", "PT5M"];
    let mut waits = Running::start(&mut lopper.with_clock(&arguments));
    waits.says("waiting up to PT5M for it");
    lopper.set_clock(3);
    let begun = Moment::now();
    waits.watch(|| begun.elapsed() > Duration::from_millis(500));
    lopper.sql("DELETE FROM lock");
    waits.end().code(0);
    assert_eq!(lopper.ids(true), [""; 0]);
}

/// Who hangs is told to whoever would start it again, also before its first turn.
#[test]
fn a_loop_that_hangs_does_not_live() {
    let health = Health::default();
    let now = Moment::now();
    assert!(health.lives(now + Duration::from_secs(600)), "it reads its files");
    assert!(!health.lives(now + Duration::from_secs(901)));
    health.beat(lopper::schedule::State::default());
    assert!(health.lives(now + Duration::from_secs(25)));
    assert!(!health.lives(now + Duration::from_secs(31)));
}

/// A run that never looks whether to stop: the scheduler ends all the same.
#[test]
fn the_grace_ends_what_does_not_end() {
    let lopper = days(1).real_time().job("stuck", &format!("schedule = '* * * * * *'\n{MARK}"));
    let mut command = lopper.command(["schedule", "--grace", "PT0.3S"]);
    let mut scheduler = Running::start(command.env("FAILPOINTS", "run::step-begun=sleep(60000)"));
    scheduler.says("run begins");
    scheduler.watch(|| is_announced(&lopper.store()));
    scheduler.signal("TERM");
    let begun = Moment::now();
    let answer = scheduler.end().code(1);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    answer.stderr_has("the grace is over, and runs of 'stuck' do not end");
    assert_eq!(lopper.ids(true).len(), 1, "it is rolled back");
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM starting_runs"), ["0"]);
}

fn is_announced(store: &Path) -> bool {
    let store = rusqlite::Connection::open(store).unwrap();
    store.query_row("SELECT count(*) FROM starting_runs", [], |row| row.get(0)) == Ok(1)
}

/// In its first transaction a run is one that goes on: for `history`, for metrics, for whoever would start it again.
#[test]
fn a_run_in_its_first_transaction_is_seen() {
    let lopper = days(1).job("slow", MARK);
    let mut command = lopper.command(["run", "slow"]);
    let mut slow = Running::start(command.env("FAILPOINTS", "run::step-begun=1*return(stop)"));
    slow.until_stopped();
    let history = lopper.run(["history", "--output", "json"]).code(0).json();
    let first = &history[0];
    assert_eq!((&first["name"], &first["outcome"]), (&"slow".into(), &"running".into()));
    assert!(first["run"].is_null(), "{first}");
    lopper.run(["history"]).code(0).stdout_has("its first transaction goes on");
    let mut scheduler = lopper.background(["schedule", "--metrics-file", "lopper.prom"]);
    let page = || std::fs::read_to_string(lopper.path("lopper.prom")).unwrap_or_default();
    scheduler.watch(|| page().contains("lopper_runs_in_progress{job=\"slow\"} 1"));
    slow.thaw();
    slow.end().code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM starting_runs"), ["0"]);
    assert_eq!(lopper.runs(), ["import done", "slow done"]);
}

/// Of those who wait for each other none is refused.
#[test]
fn all_who_wait_run() {
    let lopper = days(1).real_time().job("tidy", &format!("{MARK}{KILL}"));
    let slow = "run::step-begun=sleep(60)";
    let start = |_| {
        let mut command = lopper.command(["run", "tidy", "--wait"]);
        Running::start(command.env("FAILPOINTS", slow))
    };
    let waiters: Vec<_> = (0..12).map(start).collect();
    for waiter in waiters {
        waiter.end().code(0);
    }
    assert_eq!(lopper.sql("SELECT outcome, count(*) FROM runs WHERE name = 'tidy'"), ["done|12"]);
    let none = lopper.run(["run", "tidy", "--wait=PT1S"]);
    none.code(0);
}

/// The first failure ends the command: it says so of those behind it.
#[test]
fn jobs_behind_a_failure_are_named() {
    let lopper = days(1)
        .job("first", "[[step]]\nop = 'check'\nsql = \"SELECT 'a finding'\"")
        .job("second", MARK)
        .job("third", MARK);
    let answer = lopper.run(["run", "first", "second", "third", "--quiet"]).code(1);
    answer
        .stderr_has("start it with `lopper run second`")
        .stderr_has("start it with `lopper run third`");
    assert_eq!(lopper.runs(), ["import done", "first failed"]);
}

#[test]
fn a_lease_is_a_second_at_least() {
    let lopper = days(1).job("tidy", MARK);
    for wrong in ["PT0.9S", "PT0.003S"] {
        let answer = lopper.run(["schedule", "--once", "--lease", wrong]).code(2);
        answer.stderr_has("is less than a second").stderr_has("write PT1S or more");
    }
    lopper.run(["schedule", "--once", "--lease", "PT1S"]).code(0);
}
