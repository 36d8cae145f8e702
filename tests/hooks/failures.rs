//! No failure of a scheduled run is silent: `on_failure` is called once, whatever comes between the failure and the attempt
//! that was to follow it.

use std::fs;

use super::{ALL, MARK, TELL};
use crate::output::assert_valid_as;
use crate::support::{Answer, Lopper, Running, Segment};

const RETRIES: &str = "schedule = '@hourly'\nretries = 1\nretry_backoff = 'PT10M'\n";

/// Kills without a buffer, a segment at a time.
const KILL: &str =
    "[[step]]\nop = 'kill'\ndatasource = 'wiki'\nbuffer_period = 'PT0S'\nbatch_size = 1\n";

/// What a person does to the installation.
type Change = fn(Lopper) -> Lopper;

/// A job with all three hooks, which was seen at noon.
fn known(keys: &str) -> Lopper {
    let lopper = Lopper::new()
        .clock("2024-06-01T12:00:00.000Z")
        .authoritative()
        .segments(["wiki 2015-09-12/P1D v1", "wiki 2015-09-13/P1D v1"])
        .telling(&format!("{keys}{MARK}{KILL}"));
    lopper.at("12:00", &["schedule", "--once"]).code(0);
    lopper
}

/// The same, and somebody holds a lock.
fn locked(keys: &str) -> Lopper {
    let lopper = known(keys);
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    lopper
}

impl Lopper {
    fn at(&self, time: &str, arguments: &[&str]) -> Answer {
        let mut command = self.command(arguments);
        Answer::of(command.env("LOPPER_TEST_CLOCK", format!("2024-06-01T{time}:00.000Z")))
    }

    /// What the scheduler does by then.
    fn does_by(&self, time: &str) -> Answer {
        self.at(time, &["schedule", "--once"]).code(0)
    }

    /// The run of one o'clock is cut short in its kill, behind a batch; with what it committed.
    fn is_killed_at(&self, time: &str) {
        let mut command = self.command(["schedule", "--once"]);
        command
            .env("LOPPER_TEST_CLOCK", format!("2024-06-01T{time}:00.000Z"))
            .env("FAILPOINTS", "kill::files-answered=1*return(kill)");
        Answer::of(&mut command).code(128 + 9);
    }

    fn attempts(&self) -> Vec<String> {
        self.sql(
            "SELECT substr(logical_time, 12, 5) || ' ' || cause || ' ' || attempt || ' ' || outcome FROM runs
              WHERE cause <> 'hand' ORDER BY run",
        )
    }
}

/// The retry would come behind the next start: the attempt before it is the last, and says so.
#[test]
fn under_cron_a_retry_behind_the_next_time_is_none() {
    let lopper = locked("schedule = '*/5 * * * *'\nretries = 3\nretry_backoff = 'PT1M'\n");
    for (start, run) in [("12:05", 4), ("12:10", 7), ("12:15", 10)] {
        lopper.at(start, &["run", "j", "--scheduled"]).code(4).stderr_has("is locked");
        let told = format!("failure j {run} locked on_failure");
        assert_eq!(lopper.called().pop(), Some(told));
    }
    assert_eq!(lopper.called().len(), 3);
    assert_eq!(lopper.attempts().len(), 9, "at once, after a minute, and after two more");
    assert_eq!(lopper.sql("SELECT count(*) FROM failure_hook"), ["0"]);
}

/// The scheduler is stopped before the retry, and begun again behind the next scheduled time.
#[test]
fn what_takes_the_place_of_a_retry_calls_the_hook_once() {
    for catch_up in ["none", "latest"] {
        let lopper = locked(&format!("catch_up = '{catch_up}'\n{RETRIES}"));
        lopper.does_by("13:00");
        assert_eq!(lopper.called(), [""; 0], "it is to be tried again");
        lopper.run(["lock", "remove", "--owner", "index_parallel_wiki"]).code(0);
        lopper.does_by("14:30");
        let failures = |lopper: &Lopper| {
            lopper
                .called()
                .into_iter()
                .filter(|line| line.starts_with("failure"))
                .collect::<Vec<_>>()
        };
        assert_eq!(failures(&lopper), ["failure j 2 locked on_failure"], "{catch_up}");
        let told = lopper.heard("failure");
        assert_valid_as(&lopper, "hook", &told);
        assert!(told["error"].as_str().unwrap().contains("index_parallel_wiki"), "{told}");
        lopper.does_by("14:31");
        assert_eq!(failures(&lopper).len(), 1);
    }
}

/// It is recorded, and the process dies before it takes the call on.
#[test]
fn a_failure_that_was_recorded_and_not_told_of_is_told_of_later() {
    let lopper = locked("schedule = '@hourly'\n");
    let mut command = lopper.command(["schedule", "--once"]);
    command
        .env("LOPPER_TEST_CLOCK", "2024-06-01T13:00:00.000Z")
        .env("FAILPOINTS", "hook::failure-due=1*return(kill)");
    Answer::of(&mut command).code(128 + 9);
    assert_eq!(lopper.attempts(), ["13:00 schedule 1 locked"]);
    assert_eq!(lopper.called(), [""; 0]);
    lopper.does_by("13:01");
    lopper.does_by("13:02");
    assert_eq!(lopper.called(), ["failure j 2 locked on_failure"]);
}

/// The job is suspended, wants no retry any more, or is gone: nothing follows, and that is told.
#[test]
fn a_retry_that_is_taken_back_was_promised() {
    let changes: [(&str, Change); 3] = [
        ("suspended", |lopper| {
            lopper.job("j", &format!("suspend = true\n{ALL}{RETRIES}{MARK}{KILL}"))
        }),
        ("without retries", |lopper| {
            let keys = RETRIES.replace("retries = 1", "retries = 0");
            lopper.job("j", &format!("{ALL}{keys}{MARK}{KILL}"))
        }),
        ("removed", |lopper| {
            let lopper = lopper.job("other", MARK).script("tell", TELL);
            fs::remove_file(lopper.path("jobs/j.toml")).unwrap();
            let config = fs::read_to_string(lopper.path("lopper.toml")).unwrap();
            let hook = lopper.path("jobs/tell").display().to_string();
            fs::write(lopper.path("called"), "").unwrap();
            lopper.config(&format!("{config}\n[hooks]\non_failure = 'cd jobs && {hook} failure'\n"))
        }),
    ];
    for (what, change) in changes {
        let lopper = locked(RETRIES);
        lopper.does_by("13:00");
        let lopper = change(lopper);
        lopper.does_by("13:01");
        assert_eq!(lopper.called(), ["failure j 2 locked on_failure"], "{what}");
        lopper.does_by("13:30");
        assert_eq!(lopper.attempts(), ["13:00 schedule 1 locked"], "{what}");
        assert_eq!(lopper.called().len(), 1, "{what}");
    }
}

#[test]
fn a_run_that_died_is_told_of_where_nothing_follows_it() {
    let lopper = known("schedule = '@hourly'\n");
    lopper.is_killed_at("13:00");
    assert_eq!(lopper.called(), [""; 0]);
    lopper.does_by("13:01");
    assert_eq!(lopper.called(), ["failure j 2 died on_failure"]);
    let told = lopper.heard("failure");
    assert_valid_as(&lopper, "hook", &told);
    assert_eq!(told["outcome"], "died");
    assert_eq!(told["steps"].as_array().unwrap().len(), 1, "the marks were committed");
    lopper.does_by("13:02");
    assert_eq!(lopper.called().len(), 1);
    assert_eq!(lopper.attempts(), ["13:00 schedule 1 died"]);
}

#[test]
fn a_run_that_died_is_tried_again_or_caught_up_with() {
    let lopper = known(RETRIES);
    lopper.is_killed_at("13:00");
    lopper.does_by("13:01");
    assert_eq!(lopper.attempts(), ["13:00 schedule 1 died"]);
    lopper.does_by("13:11");
    assert_eq!(lopper.attempts()[1..], ["13:00 schedule 2 done"]);
    assert!(!lopper.called().iter().any(|line| line.starts_with("failure")));

    let lopper = known("schedule = '@hourly'\ncatch_up = 'latest'\n");
    lopper.is_killed_at("13:00");
    lopper.does_by("13:01");
    assert_eq!(lopper.attempts(), ["13:00 schedule 1 died", "13:00 catch-up 2 done"]);
    assert!(!lopper.called().iter().any(|line| line.starts_with("failure")));
    assert!(lopper.deep_files().is_empty());
}

/// It may not begin so late: nothing follows, and that is told.
#[test]
fn what_is_caught_up_with_keeps_its_deadline() {
    let keys = "schedule = '@hourly'\ncatch_up = 'latest'\nstarting_deadline = 'PT20M'\n";
    let lopper = known(keys);
    lopper.is_killed_at("13:00");
    lopper.does_by("13:21");
    assert_eq!(lopper.attempts(), ["13:00 schedule 1 died"]);
    assert_eq!(lopper.called(), ["failure j 2 died on_failure"]);
}

/// A run that kills its process is not begun for ever.
#[test]
fn a_run_that_dies_each_time_is_not_caught_up_with_for_ever() {
    let lopper = known("schedule = '@hourly'\ncatch_up = 'latest'\n");
    lopper.add_segments(
        (1..7)
            .map(|day| format!("wiki 2015-08-0{day}/P1D v1"))
            .map(|one| Segment::from(one.as_str())),
    );
    for time in ["13:00", "13:01", "13:02", "13:03"] {
        lopper.is_killed_at(time);
    }
    lopper.does_by("13:04");
    assert_eq!(
        lopper.attempts(),
        [
            "13:00 schedule 1 died",
            "13:00 catch-up 2 died",
            "13:00 catch-up 3 died",
            "13:00 catch-up 4 died"
        ]
    );
    let failures: Vec<_> =
        lopper.called().into_iter().filter(|one| one.starts_with("failure")).collect();
    assert_eq!(failures, ["failure j 6 died on_failure"]);
}

/// A restart in the middle of a run.
#[test]
fn an_interrupted_run_is_run_again_or_told_of() {
    for (keys, attempts) in [
        (
            "schedule = '@hourly'\ncatch_up = 'latest'\n",
            vec!["13:00 schedule 1 interrupted", "13:00 catch-up 2 done"],
        ),
        (RETRIES, vec!["13:00 schedule 1 interrupted", "13:00 schedule 2 done"]),
        ("schedule = '@hourly'\n", vec!["13:00 schedule 1 interrupted"]),
    ] {
        let lopper = known(keys);
        let mut command = lopper.command(["schedule"]);
        command
            .env("LOPPER_TEST_CLOCK", "2024-06-01T13:00:00.000Z")
            .env("FAILPOINTS", "kill::files-answered=sleep(300)");
        let mut scheduler = Running::start(&mut command);
        scheduler.watch(|| lopper.deep_files().len() < 2);
        scheduler.signal("TERM");
        scheduler.end().code(0);
        lopper.does_by("13:11");
        lopper.does_by("13:12");
        assert_eq!(lopper.attempts(), attempts, "{keys}");
        let called: Vec<_> =
            lopper.called().into_iter().filter(|line| line.starts_with("failure")).collect();
        let told =
            if attempts.len() == 1 { vec!["failure j 2 interrupted on_failure"] } else { vec![] };
        assert_eq!(called, told, "{keys}");
    }
}

/// It waits for its retry, and stands still meanwhile: the next start takes its place, and it says that it has failed.
#[test]
fn who_waits_for_a_retry_that_was_replaced_has_failed() {
    let lopper = locked(RETRIES);
    let mut command = lopper.command(["run", "j", "--scheduled"]);
    command
        .env("LOPPER_TEST_CLOCK", "2024-06-01T13:00:00.000Z")
        .env("FAILPOINTS", "schedule::fire-looked-up=1*off->1*return(stop)");
    let mut waits = Running::start(&mut command);
    waits.until_stopped();
    assert_eq!(lopper.attempts(), ["13:00 schedule 1 locked"]);
    lopper.at("14:00", &["run", "j", "--scheduled"]).code(4);
    waits.thaw();
    waits.end().code(4).stderr_has("index_parallel_wiki");
    assert_eq!(
        lopper.attempts(),
        ["13:00 schedule 1 locked", "14:00 schedule 1 locked", "14:00 schedule 2 locked"]
    );
    let mut called = lopper.called();
    called.sort();
    assert_eq!(called, ["failure j 2 locked on_failure", "failure j 4 locked on_failure"]);
}
