//! Faults that users of other schedulers reported, told of lopper: when a schedule changes, and when the store is busy.

use crate::support::{Answer, Lopper};

/// A job that checks nothing, and catches up.
fn job(lopper: Lopper, keys: &str) -> Lopper {
    let step = "[[step]]\nop = \"check\"\nsql = \"SELECT 1 WHERE 0\"\n";
    lopper.job("j", &format!("catch_up = \"latest\"\n{keys}\n{step}"))
}

fn at(lopper: &Lopper, time: &str, arguments: &[&str]) -> Answer {
    let mut command = lopper.command(arguments);
    Answer::of(command.env("LOPPER_TEST_CLOCK", format!("2024-06-01T{time}.000Z")))
}

fn runs(lopper: &Lopper) -> Vec<String> {
    lopper.sql(
        "SELECT substr(logical_time, 12, 8), outcome, missed FROM runs WHERE cause <> 'hand' ORDER BY run",
    )
}

/// Hangfire#366, dolphinscheduler#13089 and #13687: a schedule that is changed to a time that has just been, or a job that
/// is resumed, starts at once.
#[test]
fn a_changed_schedule_or_a_resumed_job_starts_nothing_at_once() {
    for command in [&["schedule", "--once"][..], &["run", "j", "--scheduled"]] {
        let lopper =
            job(Lopper::new().segments(["kv 2024-01-01/P1D"]), "schedule = \"0 13 * * *\"");
        // The first start by cron takes the latest time; from then on nothing is new.
        at(&lopper, "11:00:00", command).code(0);
        let before = runs(&lopper);
        for keys in [
            "schedule = \"57 11 * * *\"",
            "schedule = \"57 11 * * *\"\nsuspend = true",
            "schedule = \"57 11 * * *\"",
            "schedule = \"57 11 * * *\"\ntime_zone = \"Africa/Abidjan\"",
        ] {
            let lopper = &lopper;
            let text = format!(
                "name = \"j\"\ncatch_up = \"latest\"\n{keys}\n[[step]]\nop = \"check\"\nsql = \"SELECT 1 WHERE 0\"\n"
            );
            lopper.file("jobs/j.toml", text);
            at(lopper, "12:00:00", command).code(0);
            assert_eq!(runs(lopper), before, "{command:?}, {keys}");
        }
    }
}

/// joulenap#41, databasement#233: a run that could not start, since the store was busy, left no trace.
#[test]
fn a_busy_store_loses_no_scheduled_time() {
    let lopper = job(Lopper::new().segments(["kv 2024-01-01/P1D"]), "schedule = \"* * * * * *\"");
    let start = ["run", "j", "--scheduled"];
    at(&lopper, "12:00:00", &start).code(0);
    let writer = lopper.connection();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    at(&lopper, "12:00:01", &start).code(4).stderr_has("another process holds the write lock");
    writer.execute_batch("COMMIT").unwrap();
    at(&lopper, "12:00:09", &start).code(0);
    assert_eq!(runs(&lopper), ["12:00:00|done|0", "12:00:09|done|8"]);
}
