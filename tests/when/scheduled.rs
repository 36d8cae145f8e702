//! `run --scheduled`: of several starts for one fire, one runs, and the others have nothing to do.

use super::next::with;
use crate::support::Lopper;

/// A store, and a job that fires at each full hour.
fn hourly(keys: &str) -> Lopper {
    let lopper = Lopper::new().clock("2026-05-01T12:30:00Z").segments(["wiki 2015-09-12/P1D"]);
    with(lopper, "hourly", &format!("schedule = '@hourly'\n{keys}"))
}

fn ran(lopper: &Lopper) -> Vec<String> {
    lopper.sql(
        "SELECT logical_time FROM runs WHERE name = 'hourly' AND outcome = 'done' ORDER BY run",
    )
}

#[test]
fn a_fire_runs_once() {
    let lopper = hourly("");
    lopper.run(["run", "--scheduled", "hourly"]).code(0).stdout_has("run 2: hourly");
    let again = lopper.run(["run", "--scheduled", "hourly"]).code(0);
    assert_eq!(again.stdout, "");
    again.stderr_has("the fire 2026-05-01T12:00:00.000Z of job 'hourly' has been decided already; the next one is 2026-05-01T13:00:00.000Z");
    // A run by hand moves nothing.
    lopper.run(["run", "hourly"]).code(0);
    let lopper = lopper.clock("2026-05-01T13:00:00Z");
    lopper.run(["run", "--scheduled", "hourly"]).code(0);
    assert_eq!(
        ran(&lopper),
        ["2026-05-01T12:00:00.000Z", "2026-05-01T12:30:00.000Z", "2026-05-01T13:00:00.000Z"]
    );
}

/// It waits for its jitter, which on a clock that stands still are turns of a loop, while the fire before is decided.
#[test]
fn what_others_decide_during_the_wait_is_seen() {
    let lopper = hourly("");
    let clock = "2026-05-01T12:00:00Z";
    let lopper = with(lopper.clock(clock), "hourly", "schedule = '@hourly'\njitter = 'P5D'");
    for (decided, runs) in [("2026-05-01T11:00:00Z", 1), ("2026-05-01T12:00:00Z", 0)] {
        lopper.sql("DELETE FROM job");
        let before = ran(&lopper).len();
        let mut waits = lopper.background(["run", "--scheduled", "hourly"]);
        waits.watch(|| lopper.sql("SELECT count(*) FROM job") == ["1"]);
        waits.signal("STOP");
        waits.until_stopped();
        assert_eq!(ran(&lopper).len(), before, "it has not begun");
        let decided = super::at(decided).millis();
        lopper.sql(&format!("UPDATE job SET last_fire_ms = {decided}"));
        waits.thaw();
        waits.end().code(0);
        assert_eq!(ran(&lopper).len() - before, runs);
        assert_eq!(lopper.sql("SELECT sum(missed) FROM runs WHERE name = 'hourly'"), ["0"]);
    }
}

#[test]
fn a_schedule_that_begins_later_is_no_error_and_one_that_never_fires_is() {
    let lopper = hourly("");
    let lopper = with(lopper, "later", "schedule = '0 0 9 * * * 2030'");
    let answer = lopper.run(["run", "--scheduled", "later"]).code(0);
    answer.stderr_has("job 'later' fires for the first time at 2030-01-01T09:00:00.000Z");
    let lopper = with(lopper, "by-hand", "");
    let answer = lopper.run(["run", "--scheduled", "by-hand"]).code(2);
    answer.stderr_has("job 'by-hand' has no fire up to now: its schedule is @manually");
}
