//! `jobs next`: fires of all jobs, in the order of their starts.

use serde_json::{Value, json};

use crate::output::assert_valid_as;
use crate::support::Lopper;

/// A job that does nothing, with these keys.
pub fn with(lopper: Lopper, name: &str, keys: &str) -> Lopper {
    let step = "[[step]]\nop = 'check'\nsql = 'SELECT 1 WHERE 0'\n";
    lopper.job(name, &format!("{keys}\n{step}"))
}

fn jobs() -> Lopper {
    let lopper = Lopper::new().clock("2026-10-24T20:00:00Z");
    let lopper = with(lopper, "berlin", "schedule = '30 2 * * *'\ntime_zone = 'Europe/Berlin'");
    let lopper = with(lopper, "nepal", "schedule = '45 2 25 10 *'\ntime_zone = 'Asia/Kathmandu'");
    let lopper = with(lopper, "by-hand", "");
    with(lopper, "asleep", "schedule = '* * * * *'\nsuspend = true")
}

fn starts(lopper: &Lopper, arguments: &[&str]) -> Value {
    let arguments = [&["jobs", "next", "--output", "json"], arguments].concat();
    let answer = lopper.run(arguments).code(0);
    assert_eq!(answer.stderr, "");
    let starts = answer.json();
    assert_valid_as(lopper, "jobs-next", &starts);
    starts
}

#[test]
fn fires_are_shown_on_the_clock_of_their_zone() {
    let lopper = jobs();
    lopper.run(["jobs", "next", "--count", "4"]).code(0).stdout_is(
        "\
job     fire                                 UTC
nepal   Sun 2026-10-25 02:45:00 +05:45       2026-10-24T21:00:00.000Z
berlin  Sun 2026-10-25 02:30:00 +02:00 CEST  2026-10-25T00:30:00.000Z
berlin  Mon 2026-10-26 02:30:00 +01:00 CET   2026-10-26T01:30:00.000Z
berlin  Tue 2026-10-27 02:30:00 +01:00 CET   2026-10-27T01:30:00.000Z",
    );
    assert!(!lopper.store().exists(), "it needs no store");
    assert_eq!(starts(&lopper, &[]).as_array().unwrap().len(), 10);
}

#[test]
fn from_is_an_instant_that_counts_itself() {
    let lopper = jobs();
    let first = |from| starts(&lopper, &["--count", "1", "--from", from])[0]["fire"].clone();
    assert_eq!(first("2026-03-29T01:00:00Z"), "2026-03-29T01:00:00.000Z");
    assert_eq!(first("2026-03-29T01:00:00.001Z"), "2026-03-30T00:30:00.000Z");
    assert_eq!(first("now-P1D"), "2026-10-24T00:30:00.000Z");
    assert_eq!(first("now"), "2026-10-24T21:00:00.000Z");
    lopper
        .run(["jobs", "next", "--from", "yesterday"])
        .code(2)
        .stderr_has("invalid --from: expected an ISO 8601 instant, found 'yesterday'");
    lopper.run(["jobs", "next", "--count", "0"]).code(2);
}

/// A start that jitter puts off is still to come when its fire is past; and jobs come in the order of their starts.
#[test]
fn jitter_puts_starts_off() {
    let lopper = with(jobs(), "late", "schedule = '0 * * * *'\njitter = 'PT1H'");
    let fires = starts(&lopper, &["--count", "200", "--from", "2026-10-24T20:59:59Z"]);
    let fires = fires.as_array().unwrap();
    let column = |name: &str, job: &str| -> Vec<String> {
        let of_job = fires.iter().filter(|fire| fire["job"] == job);
        of_job.map(|fire| fire[name].as_str().unwrap().to_owned()).collect()
    };
    let all: Vec<&str> = fires.iter().map(|fire| fire["start"].as_str().unwrap()).collect();
    assert!(all.is_sorted());
    assert_eq!(column("fire", "berlin"), column("start", "berlin"));
    let (mut late, started) = (column("fire", "late"), column("start", "late"));
    let off: Vec<i64> =
        late.iter().zip(&started).map(|(fire, start)| length(fire, start)).collect();
    assert!(off.iter().all(|ms| (0..3_600_000).contains(ms)), "{off:?}");
    assert!(off.iter().any(|ms| *ms > 1_800_000), "{off:?}");
    late.sort();
    late.dedup();
    assert_eq!(late.len(), started.len(), "each fire is shown once");
    // Each fire starts within its hour, so one fire may be pending at any time.
    let pending = &started[0];
    let fires = starts(&lopper, &["--count", "1", "--from", pending]);
    assert_eq!([&fires[0]["job"], &fires[0]["start"]], [&json!("late"), &json!(pending)]);
    let shown = lopper.run(["jobs", "next"]).code(0);
    shown.stdout_has("UTC                       start");
}

fn length(from: &str, to: &str) -> i64 {
    super::at(to).millis() - super::at(from).millis()
}

#[test]
fn nothing_starts_where_no_job_has_a_schedule() {
    let lopper = with(Lopper::new(), "by-hand", "");
    lopper.run(["jobs", "next"]).code(0).stdout_is("nothing starts by itself");
    assert_eq!(starts(&lopper, &[]), json!([]));
    // Its last year is over.
    let lopper = with(lopper, "ended", "schedule = '0 0 9 * * * 2020'");
    assert_eq!(starts(&lopper, &[]), json!([]));
}

/// Legal to cron, and hardly meant: leap days are, and what is started by hand.
#[test]
fn a_schedule_that_never_fires_is_told() {
    let lopper = with(Lopper::new(), "dead", "schedule = '0 0 31 2 *'");
    lopper
        .run(["jobs", "validate"])
        .code(0)
        .stdout_is("1 job file is valid")
        .stderr_has("the job never starts by itself")
        .stderr_has("job=dead");
    let lopper = with(Lopper::new(), "rare", "schedule = '0 0 29 2 *'");
    let lopper = with(lopper, "by-hand", "schedule = '@manually'");
    lopper.run(["jobs", "validate"]).code(0).stdout_is("2 job files are valid").stderr_is("");
}

/// As `jobs validate` answers: every mistake at once.
#[test]
fn broken_files_are_errors() {
    let lopper = with(jobs(), "odd", "schedule = '99 * * * *'");
    let lopper = with(lopper, "strange", "time_zone = 'Mars'");
    for command in [["jobs", "next"], ["jobs", "list"], ["jobs", "validate"]] {
        let answer = lopper.run(command).code(2);
        // A broken file hides no other of what starts next.
        assert_eq!(answer.stdout.is_empty(), command[1] == "validate", "{answer}");
        answer
            .stderr_has("jobs/odd.toml:2:13: 99 is out of range for the minute")
            .stderr_has("jobs/strange.toml:2:13: unknown time zone 'Mars'");
    }
    Lopper::new().run(["jobs", "next"]).code(2).stderr_has("cannot read the job directory 'jobs'");
}

/// With a long jitter a later fire often starts first.
#[test]
fn the_first_starts_are_those_of_a_longer_list() {
    let keys = "schedule = '* * * * *'\njitter = 'PT2H'";
    let lopper = with(with(Lopper::new(), "often", keys), "other", keys);
    let fires = |count: usize| starts(&lopper, &["--count", &count.to_string()]);
    let longer = fires(500);
    for count in [1, 2, 10] {
        assert_eq!(fires(count).as_array().unwrap()[..], longer.as_array().unwrap()[..count]);
    }
    assert!(longer[0]["fire"].as_str() < longer[499]["fire"].as_str());
}

/// Valid, and not what they say: it is told when they are checked, and when the scheduler takes them.
#[test]
fn periods_that_do_not_go_together_are_told() {
    for (keys, told) in [
        (
            "schedule = '@hourly'\njitter = 'PT2H'",
            "the schedule's times are as little as PT1H apart",
        ),
        ("schedule = '0 9,10 * * 1'\njitter = 'PT90M'", "as little as PT1H apart"),
        ("schedule = '@every PT10S'\njitter = 'PT1M'", "as little as PT10S apart"),
        (
            "schedule = '@daily'\njitter = 'PT1H'\nstarting_deadline = 'PT30M'",
            "starting_deadline is PT30M",
        ),
        (
            "schedule = '@daily'\nretries = 1\nretry_backoff = 'P1D'",
            "no retry waits longer than PT6H",
        ),
    ] {
        let lopper = with(Lopper::new(), "odd", keys).segments(["wiki 2015-09-12/P1D"]);
        lopper.run(["jobs", "validate"]).code(0).stderr_has(told).stderr_has("job=odd");
        lopper.run(["schedule", "--once"]).code(0).stderr_has(told);
    }
    for keys in [
        "schedule = '@hourly'\njitter = 'PT1H'",
        "schedule = '0 0 1 * *'\njitter = 'P28D'\nstarting_deadline = 'P28D'",
        "schedule = '@daily'\nretries = 1\nretry_backoff = 'PT6H'",
    ] {
        let lopper = with(Lopper::new(), "even", keys);
        lopper.run(["jobs", "validate"]).code(0).stderr_lacks("WARN");
    }
}

/// What a later fire overtakes, and what would start too late, never starts.
#[test]
fn only_what_will_start_is_shown() {
    let shown = |keys: &str| {
        let lopper = with(Lopper::new(), "often", keys);
        let answer = starts(&lopper, &["--count", "40", "--from", "2026-03-01T00:00Z"]);
        let text = |one: &Value, key: &str| super::at(one[key].as_str().unwrap()).millis();
        let all = answer.as_array().unwrap().iter();
        all.map(|one| (text(one, "fire"), text(one, "start"))).collect::<Vec<_>>()
    };
    let overtaken = shown("schedule = '* * * * *'\njitter = 'PT10M'");
    assert_eq!(overtaken.len(), 40);
    assert!(overtaken.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
    assert!(overtaken.windows(2).any(|two| two[1].0 - two[0].0 > 60_000), "some are overtaken");
    let late = shown("schedule = '0 * * * *'\njitter = 'PT30M'\nstarting_deadline = 'PT10M'");
    assert_eq!(late.len(), 40);
    assert!(late.iter().all(|(fire, start)| start - fire <= 600_000));
}
