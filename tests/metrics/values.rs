//! Whether the figures are true.

use lopper::schedule::{Health, State};
use std::time::{Duration, Instant};

use super::{MARK, scrape};
use crate::support::{Lopper, seg};

const HOURLY: &str = "schedule = '@hourly'";

fn noon() -> Lopper {
    Lopper::new().clock("2024-06-01T12:00:00.000Z")
}

/// Two days that go, and one that stays.
fn days() -> Lopper {
    noon().authoritative().segments([
        seg("wiki", "2015-09-12/P1D").size(1000),
        seg("wiki", "2015-09-13/P1D").size(500),
        seg("koalas", "2015-09-13/P1D").size(7),
    ])
}

#[test]
fn before_any_run_a_job_is_there_with_zeroes() {
    let (_, page) = noon()
        .segments(["wiki 2015-09-12/P1D"])
        .job("tidy", &format!("{HOURLY}\n{MARK}"))
        .job("by-hand", MARK)
        .scheduled_at("12:30:00");
    page.is_in_order()
        .says([
            ("runs_total{job=\"tidy\",outcome=\"done\"}", "0"),
            ("runs_total{job=\"tidy\",outcome=\"failed\"}", "0"),
            ("runs_in_progress{job=\"tidy\"}", "0"),
            ("run_duration_seconds_count{job=\"tidy\"}", "0"),
            ("job_next_fire_timestamp_seconds{job=\"tidy\"}", "1717246800.000"),
            ("job_suspended{job=\"tidy\"}", "0"),
            ("job_suspended{job=\"by-hand\"}", "1"),
            ("job_files_broken", "0"),
        ])
        .lacks("last_success_timestamp_seconds{job=\"tidy\"}")
        .lacks("next_fire_timestamp_seconds{job=\"by-hand\"}");
}

#[test]
fn runs_are_counted_by_outcome_and_what_they_changed() {
    let kill = "
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        buffer_period = 'PT0S'
        ignore_duration_to_retain = true";
    let wrong = "
        [[step]]
        op = 'check'
        sql = 'SELECT 1'";
    let lopper = days()
        .job("tidy", &format!("{HOURLY}\n{MARK}\n{kill}"))
        .job("wrong", &format!("{HOURLY}\non_failure = 'exit 3'\n{wrong}"));
    let (lopper, _) = lopper.scheduled_at("12:30:00");
    let (lopper, page) = lopper.scheduled_ends("13:00:00", 1);
    page.is_in_order().says([
        ("runs_total{job=\"tidy\",outcome=\"done\"}", "1"),
        ("runs_total{job=\"wrong\",outcome=\"done\"}", "0"),
        ("runs_total{job=\"wrong\",outcome=\"failed\"}", "1"),
        ("job_last_run_success{job=\"tidy\"}", "1"),
        ("job_last_run_success{job=\"wrong\"}", "0"),
        ("job_last_success_timestamp_seconds{job=\"tidy\"}", "1717246800.000"),
        ("job_next_fire_timestamp_seconds{job=\"tidy\"}", "1717250400.000"),
        ("job_start_lateness_seconds{job=\"tidy\"}", "0.000"),
        ("segments_changed_total{job=\"tidy\",op=\"mark-unused\"}", "2"),
        ("segments_changed_total{job=\"tidy\",op=\"kill\"}", "2"),
        ("segments_killed_total{job=\"tidy\"}", "2"),
        ("freed_bytes_total{job=\"tidy\"}", "1500"),
        ("hook_failures_total{job=\"wrong\",hook=\"on_failure\"}", "1"),
        ("segments{datasource=\"koalas\",state=\"used\"}", "1"),
        ("segment_bytes{datasource=\"koalas\",state=\"used\"}", "7"),
        ("segments{datasource=\"koalas\",state=\"unused\"}", "0"),
    ]);
    page.lacks("datasource=\"wiki\"");
    // By hand, and by plain SQL.
    lopper.run(["mark-unused", "koalas", "--all"]).code(0);
    lopper.shell("UPDATE druid_segments SET used = 1 WHERE dataSource = 'koalas'").code(0);
    let (_, page) = lopper.scheduled_at("13:30:00");
    page.is_in_order().says([
        ("segments_changed_total{job=\"\",op=\"mark-unused\"}", "1"),
        ("segments_changed_total{job=\"\",op=\"sql\"}", "1"),
        ("segments_changed_total{job=\"tidy\",op=\"mark-unused\"}", "2"),
    ]);
}

#[test]
fn warnings_are_counted_and_those_of_the_last_run_told() {
    let typo = "[[step]]\nop = 'mark-unused'\ndatasources = ['wkii', 'koala']\nall = true";
    let (lopper, page) = days().job("tidy", &format!("{HOURLY}\n{typo}")).scheduled_at("12:30:00");
    page.says([
        ("warnings_total{job=\"tidy\"}", "0"),
        ("job_last_run_warnings{job=\"tidy\"}", "0"),
    ]);
    let (lopper, _) = lopper.scheduled_at("13:00:00");
    let (lopper, page) = lopper.scheduled_at("14:00:00");
    page.is_in_order().says([
        ("warnings_total{job=\"tidy\"}", "4"),
        ("job_last_run_warnings{job=\"tidy\"}", "2"),
        ("log_lines_lost_total", "0"),
    ]);
    // Corrected.
    let lopper = lopper.job("tidy", &format!("{HOURLY}\n{MARK}"));
    let (_, page) = lopper.scheduled_at("15:00:00");
    page.says([
        ("warnings_total{job=\"tidy\"}", "4"),
        ("job_last_run_warnings{job=\"tidy\"}", "0"),
    ]);
}

#[test]
fn fires_that_were_passed_over_and_late_ones_are_told() {
    let (lopper, _) = days().job("tidy", &format!("{HOURLY}\n{MARK}")).scheduled_at("12:30:00");
    let (lopper, page) = lopper.scheduled_at("16:02:00");
    page.says([
        ("runs_total{job=\"tidy\",outcome=\"skipped\"}", "1"),
        ("job_missed_fires_total{job=\"tidy\"}", "3"),
        ("run_duration_seconds_count{job=\"tidy\"}", "0"),
    ])
    .lacks("last_run_success{")
    .lacks("lateness_seconds{");
    let (_, page) = lopper.scheduled_at("17:00:12");
    page.says([
        ("job_start_lateness_seconds{job=\"tidy\"}", "12.000"),
        ("job_last_run_success{job=\"tidy\"}", "1"),
    ]);
}

#[test]
fn jitter_is_not_lateness() {
    let job = format!("{HOURLY}\njitter = 'PT30M'\ncatch_up = 'latest'\n{MARK}");
    let (lopper, _) = days().job("tidy", &job).scheduled_at("12:59:00");
    let start = lopper.run(["jobs", "next", "--from", "2024-06-01T13:00Z", "--output", "json"]);
    let start = start.code(0).json()[0]["start"].as_str().unwrap().to_owned();
    let lopper = lopper.clock(&start);
    lopper.run(["schedule", "--once", "--metrics-file", "lopper.prom"]).code(0);
    lopper.page().says([("job_start_lateness_seconds{job=\"tidy\"}", "0.000")]);
    assert_ne!(start, "2024-06-01T13:00:00.000Z");
}

/// Each bucket holds all below it; a clock that was put back made nothing shorter than nothing.
#[test]
fn durations_are_a_histogram() {
    let (lopper, _) = days().job("tidy", &format!("{HOURLY}\n{MARK}")).scheduled_at("12:30:00");
    for (number, (ms, outcome)) in [
        (50, "done"),
        (100, "failed"),
        (700, "done"),
        (10_000, "partial"),
        (8_000_000, "done"),
        (-5_000, "done"),
        (400, "died"),
        (400, "skipped"),
    ]
    .into_iter()
    .enumerate()
    {
        lopper.connection().execute(
            "INSERT INTO run (kind, name, logical_ms, started_ms, ended_ms, outcome) VALUES ('job', 'tidy', ?1, 0, ?2, ?3)",
            rusqlite::params![number, ms, outcome],
        ).unwrap();
    }
    let (_, page) = lopper.scheduled_at("12:31:00");
    let buckets: Vec<_> = page
        .lines("lopper_run_duration_seconds_bucket")
        .iter()
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u32>().unwrap())
        .collect();
    assert_eq!(buckets, [3, 3, 4, 4, 5, 5, 5, 5, 5, 6]);
    page.is_in_order().says([
        ("run_duration_seconds_count{job=\"tidy\"}", "6"),
        ("run_duration_seconds_sum{job=\"tidy\"}", "8010.850"),
        ("runs_total{job=\"tidy\",outcome=\"done\"}", "4"),
        ("runs_total{job=\"tidy\",outcome=\"died\"}", "1"),
    ]);
}

/// A scheduler counts a run that has ended once, whichever ends first, and a run that goes on as soon as it ends.
#[test]
fn what_ends_late_is_counted_and_nothing_twice() {
    let lopper = days().job("tidy", MARK).job("slow", MARK);
    let (_scheduler, address) = lopper.listening();
    let connection = lopper.connection();
    connection
        .execute_batch(
            "INSERT INTO run (kind, name, logical_ms, started_ms, outcome, expires_ms)
             VALUES ('job', 'slow', 0, 0, 'running', 9000000000000)",
        )
        .unwrap();
    lopper.run(["run", "tidy"]).code(0);
    lopper.run(["run", "tidy"]).code(0);
    for _ in 0..2 {
        scrape(&address).says([
            ("runs_total{job=\"tidy\",outcome=\"done\"}", "2"),
            ("segments_changed_total{job=\"tidy\",op=\"mark-unused\"}", "2"),
            ("runs_in_progress{job=\"slow\"}", "1"),
            ("runs_total{job=\"slow\",outcome=\"done\"}", "0"),
        ]);
    }
    connection
        .execute_batch("UPDATE run SET outcome = 'done', ended_ms = 1 WHERE outcome = 'running'")
        .unwrap();
    lopper.run(["run", "tidy"]).code(0);
    scrape(&address).says([
        ("runs_total{job=\"tidy\",outcome=\"done\"}", "3"),
        ("runs_total{job=\"slow\",outcome=\"done\"}", "1"),
        ("runs_in_progress{job=\"slow\"}", "0"),
    ]);
}

#[test]
fn the_journal_and_a_kill_that_died_are_told() {
    let lopper = days().job(
        "tidy",
        &format!(
            "{MARK}
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        buffer_period = 'PT0S'
        ignore_duration_to_retain = true"
        ),
    );
    let mut kill = lopper.command(["run", "tidy"]);
    crate::support::Answer::of(kill.env("FAILPOINTS", "kill::files-answered=return(kill)"));
    let (_, page) = lopper.scheduled_at("12:30:00");
    page.says([
        ("runs_total{job=\"tidy\",outcome=\"died\"}", "1"),
        ("segments_killed_total{job=\"tidy\"}", "2"),
        ("freed_bytes_total{job=\"tidy\"}", "1500"),
        ("journal_entries{state=\"open\"}", "2"),
        ("journal_entries{state=\"failed\"}", "0"),
    ]);
}

#[test]
fn strange_names_are_escaped() {
    let (_, page) = noon()
        .segments([seg("we\"ird\\wiki\n2", "2015-09-12/P1D")])
        .job("tidy", MARK)
        .scheduled_at("12:30:00");
    page.is_in_order()
        .says([("segments{datasource=\"we\\\"ird\\\\wiki\\n2\",state=\"used\"}", "1")]);
}

#[test]
fn a_loop_without_a_sign_of_life_is_dead_after_a_while() {
    let health = Health::default();
    let now = Instant::now();
    assert!(health.lives(now + Duration::from_secs(600)), "it has not begun");
    assert_eq!(health.state(), None);
    health.beat(State { acts: true, jobs: 2, ..State::default() });
    assert!(health.lives(now + Duration::from_secs(29)));
    assert!(!health.lives(Instant::now() + Duration::from_secs(31)));
}

#[test]
fn what_waits_for_a_relative_is_not_open() {
    let shared =
        |version| seg("wiki", "2015-09-12/P1D").unused().version(version).local("wiki/0/index.zip");
    let lopper = noon().authoritative().segments([shared("a"), shared("b")]);
    lopper.run(["kill", "wiki", "--version", "a", "--yes"]).code(0);
    let (_, page) = lopper.job("tidy", MARK).scheduled_at("12:30:00");
    page.says([
        ("journal_entries{state=\"open\"}", "0"),
        ("journal_entries{state=\"failed\"}", "0"),
        ("journal_entries{state=\"deferred\"}", "1"),
    ]);
}
