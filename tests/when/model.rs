//! Fires against a slow model, which goes through whole years minute by minute.

use lopper::druid::Instant;
use lopper::job::Schedule;
use lopper::schedule::Fires;

use super::calendar::{Calendar, Shown};
use super::random::Plan;
use super::{instant, seconds};
use crate::support::Chance;

/// Clocks that are set forward and back by an hour, by half of one, and never.
const COMMON: [(&str, i32); 4] = [
    ("Europe/Berlin", 2026),
    ("America/New_York", 2026),
    ("Australia/Lord_Howe", 2026),
    ("Asia/Kathmandu", 2026),
];

/// Clocks that are set forward by a quarter of an hour, by two hours, at midnight, by a day; and a leap year.
const ODD: [(&str, i32); 5] = [
    ("Asia/Kathmandu", 1986),
    ("Antarctica/Troll", 2026),
    ("America/Sao_Paulo", 2018),
    ("Pacific/Apia", 2011),
    ("UTC", 2028),
];

/// So many schedules for each year.
const SCHEDULES: usize = 20;

impl Plan {
    /// Whether the clock shows a time at which it fires.
    fn fits(&self, shown: &Shown) -> bool {
        self.minute.takes(shown.minute)
            && self.hour.takes(shown.hour)
            && self.fits_day(shown)
            && self.month.takes(shown.month)
            && self.year.takes(u32::try_from(shown.year).unwrap())
    }

    /// crontab(5): either day is enough, where both are restricted.
    fn fits_day(&self, shown: &Shown) -> bool {
        let (day, weekday) = (self.day.takes(shown.day), self.weekday.takes(shown.weekday));
        if self.day.is_starred || self.weekday.is_starred { day && weekday } else { day || weekday }
    }

    /// Every fire of the calendar's time, in seconds since the epoch.
    pub fn fires(&self, calendar: &Calendar) -> Vec<i64> {
        let is_fixed = self.is_at_fixed_time();
        let seconds: Vec<i64> =
            (0..60).filter(|second| self.second.takes(*second)).map(i64::from).collect();
        let mut fires = Vec::new();
        // The furthest that the clock has come.
        let mut furthest = calendar.shown[0].minutes - 1;
        for (minute, shown) in (calendar.first..).zip(&calendar.shown) {
            let comes_again = shown.minutes <= furthest;
            if is_fixed && shown.minutes > furthest + 1 {
                let mut skipped = furthest + 1..shown.minutes;
                fires.extend(
                    skipped.any(|minutes| self.fits(&Shown::of(minutes))).then_some(minute * 60),
                );
            }
            furthest = furthest.max(shown.minutes);
            if self.fits(shown) && !(is_fixed && comes_again) {
                fires.extend(seconds.iter().map(|second| minute * 60 + second));
            }
        }
        fires.dedup();
        fires
    }
}

/// The whole chain of fires is walked up to this many.
const WALKED: usize = 200;
/// Fires are counted up to this many: each costs as much as a step of the walk.
const COUNTED: usize = 100;

struct Held<'a> {
    plan: &'a Plan,
    zone: &'a str,
    fires: Fires,
    model: Vec<i64>,
    /// The model knows of fires from here, and to there.
    known: std::ops::Range<i64>,
}

impl Held<'_> {
    /// How many fires the model has up to and with that second.
    fn passed(&self, by: i64) -> usize {
        self.model.partition_point(|fire| *fire <= by)
    }

    #[track_caller]
    fn holds_at(&self, by: i64) {
        let (plan, zone, passed) = (&self.plan.text, self.zone, self.passed(by));
        let place = format!("'{plan}' in {zone} at {}", instant(by));
        if let Some(next) = self.model.get(passed) {
            assert_eq!(self.fires.next(instant(by)), Some(instant(*next)), "next of {place}");
        } else if let Some(next) = self.fires.next(instant(by)) {
            assert!(seconds(next) >= self.known.end, "next of {place} is {next}");
        }
        if let Some(latest) = passed.checked_sub(1).map(|last| self.model[last]) {
            assert_eq!(self.fires.latest(instant(by)), Some(instant(latest)), "latest of {place}");
        } else if let Some(latest) = self.fires.latest(instant(by)) {
            assert!(seconds(latest) < self.known.start, "latest of {place} is {latest}");
        }
    }

    #[track_caller]
    fn walks(&self) {
        let start = instant(self.known.start - 1);
        let walked = std::iter::successors(self.fires.next(start), |fire| self.fires.next(*fire));
        let walked: Vec<i64> =
            walked.map(seconds).take_while(|fire| *fire < self.known.end).take(WALKED).collect();
        let expected = &self.model[..self.model.len().min(WALKED)];
        assert_eq!(walked, expected, "'{}' in {}", self.plan.text, self.zone);
    }

    #[track_caller]
    fn counts(&self, from: i64, to: i64) {
        let expected = self.passed(to).saturating_sub(self.passed(from));
        if expected <= COUNTED {
            let count = self.fires.count(instant(from), instant(to));
            let place = format!("'{}' in {}: {from} to {to}", self.plan.text, self.zone);
            assert_eq!(count, u64::try_from(expected).unwrap(), "{place}");
        }
    }
}

fn hold(chance: &mut Chance, plan: &Plan, calendar: &Calendar) {
    let schedule =
        Schedule::parse(&plan.text).unwrap_or_else(|wrong| panic!("{}: {wrong:?}", plan.text));
    // What the first minutes of the calendar repeat or skip is unknown.
    let known = (calendar.first + 1_440) * 60..calendar.end() * 60;
    let model = plan.fires(calendar).into_iter().filter(|fire| *fire >= known.start).collect();
    let fires = Fires::new(&schedule, calendar.zone.name().parse().unwrap());
    let held = Held { plan, zone: calendar.zone.name(), fires, model, known: known.clone() };
    held.walks();
    let length = usize::try_from(known.end - known.start).unwrap();
    for _ in 0..12 {
        let mut any = || known.start + i64::try_from(chance.below(length)).unwrap();
        let (one, other) = (any(), any());
        held.holds_at(one);
        held.counts(one.min(other), one.max(other));
    }
    for change in calendar.changes.iter().map(|minute| minute * 60) {
        // Every second nearby, and every quarter of an hour for some hours.
        let near =
            (-3..=3).chain((-16..=16).flat_map(|quarter| [quarter * 900 - 1, quarter * 900]));
        near.map(|off| change + off)
            .filter(|by| known.contains(by))
            .for_each(|by| held.holds_at(by));
        held.counts((change - 10_800).max(known.start), (change + 10_800).min(known.end - 1));
    }
}

fn hold_all(years: &[(&str, i32)], chance: &mut Chance) {
    for (zone, year) in years {
        let calendar = Calendar::new(zone, *year);
        for _ in 0..SCHEDULES {
            let plan = Plan::by(chance, u32::try_from(*year).unwrap());
            hold(chance, &plan, &calendar);
        }
    }
}

#[test]
fn fires_are_those_of_the_slow_model() {
    hold_all(&COMMON, &mut Chance(2_026));
}

#[test]
fn fires_are_those_of_the_slow_model_on_odd_clocks() {
    hold_all(&ODD, &mut Chance(1_986));
}

/// Times that no second begins at: `next` is behind them, `latest` before.
#[test]
fn a_fire_belongs_to_the_millisecond_that_it_is_at() {
    let fires = super::fires("0 3 * * *", "UTC");
    let fire = super::at("2026-06-01T03:00Z");
    let before = Instant::from_millis(fire.millis() - 1);
    let behind = Instant::from_millis(fire.millis() + 1);
    assert_eq!(fires.next(before), Some(fire));
    assert_eq!(fires.next(fire), Some(super::at("2026-06-02T03:00Z")));
    assert_eq!(fires.latest(before), Some(super::at("2026-05-31T03:00Z")));
    assert_eq!([fires.latest(fire), fires.latest(behind)], [Some(fire); 2]);
    assert_eq!([fires.count(before, fire), fires.count(fire, behind)], [1, 0]);
}
