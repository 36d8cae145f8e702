//! The table of docs/scheduler.md, of each event and what follows: each row is held by a test.

use std::fs;
use std::path::Path;

/// How each row begins, and the test that holds it.
const ROWS: [(&str, &str); 25] = [
    ("a scheduled time comes", "a_fire_on_time_runs_once_as_of_its_time"),
    (
        "it comes while the job runs, and `concurrency_policy` is `forbid`",
        "what_comes_during_a_slow_first_transaction_is_skipped",
    ),
    (
        "it comes while the job runs, and `concurrency_policy` is `queue`",
        "the_latest_fire_waits_for_what_still_runs",
    ),
    ("all places of `--parallel` are taken", "cron_beside_a_scheduler_whose_places_are_taken"),
    ("two processes want the same time", "who_is_overtaken_looks_again"),
    ("nothing could start it within a minute", "missed_fires_are_passed_over_together"),
    ("it is later than `starting_deadline`", "a_fire_that_is_too_late_is_passed_over"),
    (
        "an attempt fails for a reason that may pass, and another is left",
        "only_the_last_attempt_has_failed",
    ),
    (
        "the retry would come at the next scheduled time, or later",
        "under_cron_a_retry_behind_the_next_time_is_none",
    ),
    (
        "the scheduler is stopped before a retry, and begun again behind the next scheduled time",
        "what_takes_the_place_of_a_retry_calls_the_hook_once",
    ),
    (
        "the job is suspended, removed, or wants no retries any more, before a retry",
        "a_retry_that_is_taken_back_was_promised",
    ),
    (
        "a run is interrupted: by SIGTERM, or the end of the grace",
        "an_interrupted_run_is_run_again_or_told_of",
    ),
    ("the process of a run dies", "a_run_that_dies_each_time_is_not_caught_up_with_for_ever"),
    (
        "a process dies between a failure and its `on_failure`",
        "a_failure_that_was_recorded_and_not_told_of_is_told_of_later",
    ),
    (
        "a retry is due, and whoever waited for it is gone",
        "a_retry_that_nobody_waits_for_is_made_by_the_next_start",
    ),
    ("a retry is due, and a person runs the job", "a_retry_that_meets_a_run_by_hand_waits_for_it"),
    ("`lopper run --scheduled` finds nothing due", "a_look_that_finds_nothing_due_writes_nothing"),
    (
        "`lopper run --scheduled` finds the store busy, even to be opened",
        "a_store_that_cannot_be_opened_yet_is_tried_again",
    ),
    (
        "the job is new, was suspended, or its schedule has changed",
        "a_job_that_was_suspended_runs_nothing_from_before",
    ),
    (
        "the store is replaced by another file, such as a backup",
        "a_backup_that_is_put_in_its_place_is_opened_anew",
    ),
    ("the store is gone or moved", "a_store_that_is_gone_is_waited_for"),
    ("the store is damaged", "a_damaged_store_is_waited_for"),
    (
        "a leader stands still within a transaction",
        "a_leader_that_stands_still_in_a_transaction_is_named",
    ),
    (
        "schedulers of one store have different `--jobs`",
        "schedulers_with_different_job_files_warn_of_each_other",
    ),
    ("the directory of job files is empty", "an_empty_directory_takes_no_job_away"),
];

#[test]
fn each_row_of_the_table_is_held_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("docs/scheduler.md")).unwrap();
    let (_, section) = text.split_once("## Each event, and what follows").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let events: Vec<&str> = rows.map(|row| row.split(" | ").next().unwrap()).collect();
    assert_eq!(events, ROWS.map(|(event, _)| event));
    let mut sources = String::new();
    for folder in ["scheduler", "hooks"] {
        for entry in fs::read_dir(root.join("tests").join(folder)).unwrap() {
            sources += &fs::read_to_string(entry.unwrap().path()).unwrap();
        }
    }
    for (event, test) in ROWS {
        assert!(sources.contains(&format!("#[test]\nfn {test}()")), "{event}: there is no {test}");
    }
}
