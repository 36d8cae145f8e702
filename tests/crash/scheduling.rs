//! What the scheduler does, told with a death at every place: each fire is run or passed over, and none twice.

use std::fs;

use super::failpoints::{Facts, Story};
use super::stories::{much_to_kill, of_files};
use crate::support::{Lopper, NOW};

/// Signs of life as often as they can be given, so that a short story comes to one.
const ONCE: [&str; 4] = ["schedule", "--once", "--lease", "PT1S"];

/// A minute before noon; at noon, [`NOW`], the jobs below fire.
const BEFORE: &str = "2024-06-01T11:59:00.000Z";

const MARK: &str = "
    [[step]]
    op = 'mark-unused'
    datasource = 'wiki'
    all = true";

/// What became of each fire, and what is remembered of each job.
fn fires(lopper: &Lopper) -> Facts {
    vec![
        lopper.states(),
        lopper.sql(
            "SELECT name, logical_time, cause, attempt, missed, outcome FROM runs
              WHERE cause <> 'hand' OR outcome = 'skipped' ORDER BY name, logical_time, attempt",
        ),
        lopper.sql("SELECT name, suspended, since, last_fire, retry, attempt FROM jobs"),
    ]
}

/// The scheduler has seen the jobs; then it is another time.
fn seen_at(lopper: Lopper, then: &str, now: &str) -> Lopper {
    let lopper = lopper.clock(then);
    lopper.run(["schedule", "--once"]).code(0);
    lopper.clock(now)
}

/// Whoever looks knows when it fires next.
pub fn a_new_job_is_remembered() -> Story {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D"])
        .job("tidy", &format!("schedule = '0 12 * * *'\n{MARK}"))
        .clock(BEFORE);
    let end: fn(&Lopper) -> Facts =
        |lopper| vec![lopper.sql("SELECT name, suspended, last_fire, next_fire FROM jobs")];
    Story { end, is_atomic: false, ..Story::new(lopper, &ONCE) }
}

pub fn a_fire_is_run_once() -> Story {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D", "wiki 2015-09-13/P1D"])
        .job("tidy", &format!("schedule = '0 12 * * *'\n{MARK}"));
    Story { end: fires, ..Story::new(seen_at(lopper, BEFORE, NOW), &ONCE) }
}

/// A fire that came too late, one whose run finds a lock, and a job whose file is gone.
pub fn fires_that_are_not_run_are_accounted_for() -> Story {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D"])
        .job("late", &format!("schedule = '30 11 * * *'\n{MARK}"))
        .job("locked", &format!("schedule = '0 12 * * *'\nretries = 1\n{MARK}"))
        .job("gone", &format!("schedule = '0 12 * * *'\n{MARK}"));
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    let lopper = seen_at(lopper, "2024-06-01T11:00:00.000Z", NOW);
    fs::remove_file(lopper.path("jobs/gone.toml")).unwrap();
    Story { end: fires, is_atomic: false, ..Story::new(lopper, &ONCE) }
}

/// The last fire was decided when the clock was days ahead.
pub fn a_clock_put_back_starts_a_job_anew() -> Story {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D"])
        .job("tidy", &format!("schedule = '0 12 * * *'\ncatch_up = 'latest'\n{MARK}"));
    let ahead = seen_at(lopper, "2024-06-09T11:59:00.000Z", "2024-06-10T12:00:00.000Z");
    ahead.run(["schedule", "--once"]).code(0);
    Story { end: fires, ..Story::new(ahead.clock(NOW), &ONCE) }
}

/// Tried again in vain, as cron starts it: whoever died, somebody tells of the failure.
pub fn a_failure_is_told_of() -> Story {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]).job(
        "tidy",
        &format!("schedule = '0 12 * * *'\nretries = 1\nretry_backoff = 'PT1M'\non_failure = 'true'\n{MARK}"),
    );
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    let lopper = seen_at(lopper, BEFORE, NOW);
    // Either it is still to be tried again, or somebody has told of it.
    let end: fn(&Lopper) -> Facts = |lopper| {
        vec![
            lopper.sql("SELECT DISTINCT logical_time FROM runs WHERE cause <> 'hand'"),
            lopper.sql(
                "SELECT (SELECT count(*) FROM failure_hook) = (SELECT count(*) FROM jobs WHERE retry IS NOT NULL)",
            ),
        ]
    };
    let start = ["run", "tidy", "--scheduled"];
    Story { end, is_atomic: false, codes: &[0, 4], ..Story::new(lopper, &start) }
}

/// What a run that died had not come to, the next run does.
pub fn a_scheduled_kill_that_dies_is_finished_by_the_next() -> Story {
    const JOB: &str = "
        schedule = '0 12 * * *'
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        interval = '2016-01-02/P1D'
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        batch_size = 2";
    let lopper = seen_at(much_to_kill().job("tidy", JOB), BEFORE, NOW);
    let story = of_files(lopper, &ONCE, &[&ONCE, &["run", "tidy"]]);
    let sound = story.sound;
    Story {
        sound: Box::new(move |lopper, when| {
            sound(lopper, when);
            let open = "SELECT count(*) FROM runs WHERE outcome = 'running' AND ended IS NOT NULL";
            assert_eq!(lopper.sql(open), ["0"], "{when}");
            let twice = "SELECT name FROM runs WHERE cause <> 'hand' GROUP BY 1, logical_time HAVING count(*) > 1";
            assert_eq!(lopper.sql(twice), [""; 0], "{when}");
        }),
        end: |lopper| {
            let mut facts = lopper.end_of_story();
            facts.push(lopper.sql("SELECT name, last_fire FROM jobs"));
            facts.push(lopper.sql("SELECT count(*) FROM runs WHERE outcome = 'running'"));
            facts.push(lopper.sql("SELECT * FROM lock"));
            facts
        },
        ..story
    }
}
