//! Runs whose process ended without a word: the next start closes them, and tells what they had committed.

use super::{HOURLY_KILL, days};
use crate::support::{Lopper, Running};

fn tidy(count: u8) -> Lopper {
    let lopper = days(count).job("tidy", HOURLY_KILL);
    lopper.tick("11:30");
    lopper
}

/// Dies in the kill, behind the commit of its first batch.
fn dies(lopper: &Lopper, time: &str, arguments: &[&str]) {
    lopper.beside(time, arguments, "kill::files-answered=1*return(kill)").end().code(128 + 9);
}

const FATE: &str =
    "SELECT outcome, changed, ended IS NOT NULL FROM runs WHERE name = 'tidy' ORDER BY run";

#[test]
fn a_scheduled_run_that_died_is_closed_by_the_next_start() {
    let lopper = tidy(3);
    dies(&lopper, "12:00", &["schedule", "--once"]);
    assert_eq!(lopper.sql(FATE), ["running|4|0"]);
    lopper.tick("12:00:05").stderr_has("its process ended without a word: closed as died");
    // Three marks and one kill; the fire is not run a second time.
    assert_eq!(lopper.sql(FATE), ["died|4|1"]);
    let why = lopper.why();
    assert!(why.contains("ended without a word; what it had committed stands: 4 changes"), "{why}");
    lopper.tick("13:00");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule died", "tidy 13:00 schedule done"]);
    assert!(lopper.deep_files().is_empty());
}

/// What one died in, any other run may close, of whatever job.
#[test]
fn a_run_by_hand_closes_what_died() {
    let lopper = tidy(3);
    dies(&lopper, "12:00", &["run", "tidy"]);
    lopper.run(["mark-used", "wiki", "--all"]).code(0).stderr_has("closed as died");
    assert_eq!(lopper.sql(FATE), ["died|4|1"]);
    lopper.run(["run", "tidy"]).code(0);
    assert!(lopper.deep_files().is_empty());
}

/// Nothing is known of a process of another machine: it counts as living until its time is over.
#[test]
fn a_run_elsewhere_lives_until_its_time_is_over() {
    let lopper = tidy(1);
    lopper.sql(
        "INSERT INTO run (kind, name, logical_ms, started_ms, worker, expires_ms)
         VALUES ('job', 'tidy', 0, 0, '7@elsewhere/00000000-1.1/1', unixepoch('2024-06-01T12:00:30') * 1000)",
    );
    let run = |time| crate::support::Answer::of(&mut lopper.then(time, &["run", "tidy"]));
    run("12:00:29").code(4).stderr_has("job 'tidy' is running already").stderr_has("7@elsewhere");
    assert_eq!(lopper.sql(FATE), ["running|0|0", "locked|0|1"]);
    run("12:00:30").code(0).stderr_has("closed as died");
    assert_eq!(lopper.sql(FATE), ["died|0|1", "locked|0|1", "done|2|1"]);
}

fn frozen(lopper: &Lopper) -> Running {
    let stop = "kill::files-answered=1*return(stop)";
    let mut frozen = lopper.beside("12:00", &["run", "tidy"], stop);
    frozen.until_stopped();
    frozen
}

#[test]
fn a_job_that_runs_is_not_begun_again_unless_somebody_waits() {
    let lopper = tidy(2);
    let frozen = frozen(&lopper);
    lopper.run(["run", "tidy"]).code(4).stderr_has("job 'tidy' is running already: run 2");
    // Who is tired of waiting leaves no trace, who has not waited does.
    lopper.run(["run", "tidy", "--wait=PT3S"]).code(4).stderr_has("is running already");
    let waits = lopper.beside("12:00", &["run", "tidy", "--wait"], "");
    frozen.thaw();
    frozen.end().code(0);
    waits.end().code(0);
    assert_eq!(lopper.sql(FATE), ["done|4|1", "locked|0|1", "done|0|1"]);
}

/// It stood still for longer than its time: another one took over, and it goes no further.
#[test]
fn a_run_that_was_given_up_goes_no_further() {
    let lopper = tidy(3);
    let frozen = frozen(&lopper);
    // By then its time is over.
    lopper.tick("12:00:30").stderr_has("closed as died");
    let marks = lopper.sql("SELECT count(*) FROM changes").remove(0);
    frozen.thaw();
    frozen.end().code(4).stderr_has("was closed as died: it goes no further");
    assert_eq!(lopper.sql("SELECT count(*) FROM changes"), [marks]);
    assert_eq!(
        lopper.sql("SELECT outcome FROM runs WHERE cause = 'hand' AND name = 'tidy'"),
        ["died"]
    );
}
