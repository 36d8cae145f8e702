//! Of several schedulers on one store one acts; the others stand by, and one takes over.

use std::path::Path;
use std::sync::Arc;

use lopper::druid::Instant;
use lopper::engine::Cause;
use lopper::job::Job;
use lopper::schedule::Memory;
use lopper::schedule::agenda::{Agenda, Decision};

use super::{HOURLY_KILL, MARK, at, days};
use crate::support::{Lopper, Running};

/// Every second, by the machine's clock.
const EVERY_SECOND: &str = "schedule = '* * * * * *'";

/// A lease that ends soon.
const SCHEDULE: [&str; 3] = ["schedule", "--lease", "PT1S"];

fn hourly() -> Lopper {
    let lopper = days(1).job("tidy", &format!("schedule = '0 * * * *'\n{MARK}"));
    lopper.tick("11:30");
    lopper
}

/// The lease of a process of another machine, of which nothing else is known.
fn held_elsewhere(lopper: &Lopper, renewed: &str, expires_ms: &str) {
    lopper.sql(&format!(
        "UPDATE lease SET worker = '7@elsewhere/00000000-1.1/1', term = term + 1,
                renewed_ms = unixepoch('{renewed}') * 1000, expires_ms = unixepoch('{renewed}') * 1000 + {expires_ms}"
    ));
}

#[test]
fn who_does_not_hold_the_lease_does_nothing_until_it_has_expired() {
    let lopper = hourly();
    held_elsewhere(&lopper, "2024-06-01 12:00:00", "30000");
    lopper.tick("12:00:29").stderr_lacks("acts now");
    assert!(lopper.fires().is_empty());
    lopper.tick("12:00:30").stderr_has("this scheduler acts now");
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule done"]);
    assert_eq!(lopper.sql("SELECT term FROM schedulers"), ["3"]);
}

/// A lease that ends far in the future, by a clock that was wrong: what does not change for its length has ended.
#[test]
fn a_lease_that_stands_still_ends_by_a_clock_that_nobody_sets() {
    let lopper = hourly();
    held_elsewhere(&lopper, "2034-06-01 12:00:00", "400");
    let mut scheduler = lopper.beside("12:00", &SCHEDULE, "");
    scheduler.says("this scheduler acts now");
    scheduler.says("run ended");
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

/// The one that goes in an orderly way gives it back.
#[test]
fn a_lease_is_given_back() {
    let lopper = hourly();
    let state = "SELECT expires_ms = renewed_ms OR expires_ms <= unixepoch('2024-06-01 11:30') * 1000 FROM lease";
    assert_eq!(lopper.sql(state), ["1"]);
    assert_eq!(lopper.sql("SELECT renewed FROM schedulers"), [at("11:30")]);
}

fn every_second() -> Lopper {
    days(1).real_time().job("tick", &format!("{EVERY_SECOND}\n{MARK}"))
}

fn begun(lopper: &Lopper) -> Running {
    let mut scheduler = lopper.background(SCHEDULE);
    scheduler.says("job loaded");
    scheduler
}

#[test]
fn after_a_death_the_other_takes_over() {
    let lopper = every_second();
    let mut first = begun(&lopper);
    first.says("this scheduler acts now");
    let mut second = begun(&lopper);
    first.says("run ended");
    first.signal("KILL");
    first.end().code(128 + 9);
    let said = second.says("this scheduler acts now");
    assert!(said.contains("jobs=1"), "{said}");
    second.says("run ended");
    second.signal("TERM");
    let answer = second.end().code(0);
    assert!(answer.stderr.matches("acts now").count() == 1, "{answer}");
    let twice =
        "SELECT logical_time FROM runs WHERE cause <> 'hand' GROUP BY 1 HAVING count(*) > 1";
    assert_eq!(lopper.sql(twice), [""; 0]);
}

/// It stood still in the middle of a kill, another one took over, and then it goes on: it commits nothing more.
#[test]
fn who_stood_still_steps_back() {
    let lopper = days(4).real_time().job("tidy", &HOURLY_KILL.replace("0 * * * *", "* * * * * *"));
    let stop = "kill::files-answered=1*return(stop)";
    let mut first = Running::start(lopper.command(SCHEDULE).env("FAILPOINTS", stop));
    first.until_stopped();
    let mut second = begun(&lopper);
    second.says("this scheduler acts now");
    second.says("closed as died");
    // The rest of the work is the other's.
    second.says("run ended");
    first.thaw();
    for line in ["goes no further", "this one stands by"] {
        if !first.has_said(line) {
            first.says(line);
        }
    }
    let of_first = "SELECT DISTINCT outcome FROM runs WHERE worker = (SELECT worker FROM runs WHERE cause <> 'hand' ORDER BY run LIMIT 1)";
    assert_eq!(lopper.sql(of_first), ["died"]);
    for scheduler in [first, second] {
        scheduler.signal("TERM");
        scheduler.end().code(0);
    }
    assert_eq!(lopper.sql(of_first), ["died"]);
    assert!(lopper.deep_files().is_empty());
    let twice = "SELECT id FROM changes WHERE op = 'kill' GROUP BY 1 HAVING count(*) > 1";
    assert_eq!(lopper.sql(twice), [""; 0]);
}

/// Another process claims a time between the look at the store and the claim: the rest is counted anew, and not taken for
/// claimed.
#[test]
fn what_was_looked_up_before_others_claimed_is_looked_up_anew() {
    let job = Job::parse(
        "name = 'tidy'\nschedule = '0 * * * *'\n[[step]]\nop = 'check'\nsql = 'SELECT 1'",
        Path::new("tidy.toml"),
    );
    let job = Arc::new(job.unwrap());
    let instant = |time: &str| Instant::parse(&at(time)).unwrap();
    let memory = Memory {
        name: "tidy".to_owned(),
        suspended: false,
        since: instant("11:30"),
        last_fire: None,
        retry: None,
        retry_cause: Cause::Schedule,
        attempt: 1,
        next_fire: None,
    };
    let mut agenda = Agenda::default();
    agenda.put([Arc::clone(&job)], vec![memory.clone()]);
    let start = |agenda: &mut Agenda| match agenda.decide("tidy", instant("13:00:30")) {
        Some(Decision::Start(fire)) => (fire.at, fire.missed, fire.known),
        decision => panic!("{decision:?}"),
    };
    assert_eq!(start(&mut agenda), (instant("13:00"), 1, None));
    let noon = Some(instant("12:00"));
    assert!(agenda.remember(Memory { last_fire: noon, ..memory.clone() }));
    assert_eq!(start(&mut agenda), (instant("13:00"), 0, noon));
    assert!(agenda.remember(Memory { last_fire: Some(instant("13:00")), ..memory }));
    assert_eq!(agenda.decide("tidy", instant("13:00:30")), None);
}
