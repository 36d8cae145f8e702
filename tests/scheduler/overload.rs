//! More is due than can run: whoever has been due longest is first, and thousands of jobs of one time are no trouble.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lopper::druid::Instant;
use lopper::engine::Cause;
use lopper::job::Job;
use lopper::schedule::agenda::{Agenda, Decision};
use lopper::schedule::{Fires, Memory};
use rustix::time::{ClockId, clock_gettime};

use super::{MARK, days};
use crate::support::{Chance, Running};

const NOON: i64 = 1_717_243_200_000;

fn job(name: &str, schedule: &str) -> Arc<Job> {
    let text = format!(
        "name = '{name}'\nschedule = '{schedule}'\nconcurrency_policy = 'queue'\n[[step]]\nop = 'check'\nsql = 'SELECT 1'"
    );
    Arc::new(Job::parse(&text, Path::new("job.toml")).unwrap())
}

fn memory(job: &Job, last_fire: Option<Instant>) -> Memory {
    Memory {
        name: job.name.clone(),
        suspended: false,
        since: Instant::from_millis(NOON),
        last_fire,
        retry: None,
        retry_cause: Cause::Schedule,
        attempt: 1,
        next_fire: None,
    }
}

/// Jobs that run in a few places, and nothing else.
struct Model {
    agenda: Agenda,
    jobs: BTreeMap<String, (Arc<Job>, Fires)>,
    /// The first time of each job that nobody has claimed.
    owed: BTreeMap<String, Instant>,
    /// What runs, until when.
    runs: BTreeMap<String, i64>,
    starts: BTreeMap<String, u32>,
    places: usize,
}

impl Model {
    fn new(jobs: Vec<Arc<Job>>, places: usize) -> Self {
        let mut agenda = Agenda::default();
        agenda.put(jobs.iter().cloned(), jobs.iter().map(|job| memory(job, None)).collect());
        let fires = |job: &Job| Fires::new(&job.schedule, job.time_zone);
        let jobs: BTreeMap<_, _> = jobs
            .into_iter()
            .map(|job| (job.name.clone(), (Arc::clone(&job), fires(&job))))
            .collect();
        let first = |fires: &Fires| fires.next(Instant::from_millis(NOON)).unwrap();
        let owed = jobs.iter().map(|(name, (_, fires))| (name.clone(), first(fires))).collect();
        Self { agenda, jobs, owed, runs: BTreeMap::new(), starts: BTreeMap::new(), places }
    }

    /// What ends by now ends, and what is due begins where there is a place, as the scheduler does it.
    fn turn(&mut self, now: i64, takes: i64) {
        let ended: Vec<String> = self
            .runs
            .iter()
            .filter(|(_, end)| **end <= now)
            .map(|(name, _)| name.clone())
            .collect();
        for name in ended {
            self.runs.remove(&name);
            self.agenda.ended(&name);
        }
        let at = Instant::from_millis(now);
        let is_full = self.runs.len() >= self.places;
        let due = if is_full { self.agenda.newly_due(at) } else { self.agenda.due(at) };
        for name in due {
            match self.agenda.decide(&name, at) {
                None => {}
                Some(Decision::Start(_)) if self.runs.len() >= self.places => {
                    self.agenda.wait(&name, None);
                }
                Some(Decision::Start(fire)) => {
                    self.assert_first(&name, at);
                    let (job, fires) = &self.jobs[&name];
                    self.agenda.started(&name, &fire);
                    self.agenda.remember(memory(job, Some(fire.at)));
                    self.owed.insert(name.clone(), fires.next(fire.at).unwrap());
                    self.runs.insert(name.clone(), now + takes);
                    *self.starts.entry(name).or_default() += 1;
                }
                Some(other) => panic!("{name}: {other:?}"),
            }
        }
    }

    /// Nobody who does not run has been due for longer.
    fn assert_first(&self, name: &str, now: Instant) {
        let waiting = self.owed.iter().filter(|(other, since)| {
            **since <= now && other.as_str() != name && !self.runs.contains_key(*other)
        });
        let longest = waiting.map(|(other, since)| (*since, other)).min();
        assert!(
            longest.is_none_or(|(since, _)| since >= self.owed[name]),
            "{name} starts, due since {}; {longest:?} is due longer",
            self.owed[name]
        );
    }
}

/// Of jobs with all kinds of schedules; each minute brings more than can run.
#[test]
fn who_has_been_due_longest_is_first() {
    let mut chance = Chance(11);
    for places in [1, 3] {
        let schedule = |chance: &mut Chance| match chance.below(4) {
            0 => format!("*/{} * * * *", 2 + chance.below(9)),
            1 => "@every PT90S".to_owned(),
            _ => "* * * * *".to_owned(),
        };
        let jobs: Vec<_> = (0..40)
            .map(|number| job(&format!("job-{number:02}"), &schedule(&mut chance)))
            .collect();
        let mut model = Model::new(jobs, places);
        let mut now = NOON;
        while now < NOON + 3_600_000 {
            now += 500 + 500 * i64::try_from(chance.below(4)).unwrap();
            model.turn(now, 7_000);
        }
        assert_eq!(model.starts.len(), 40, "each has run");
        let minutely: Vec<u32> = (model.jobs.iter())
            .filter(|(_, (job, _))| job.schedule.to_string() == "* * * * *")
            .map(|(name, _)| model.starts[name])
            .collect();
        let (least, most) = (minutely.iter().min().unwrap(), minutely.iter().max().unwrap());
        assert!(most - least <= 1, "{places} places: {minutely:?}");
    }
}

/// The same by the program: one place, and jobs of each second that together take longer than that.
#[test]
fn the_last_of_the_alphabet_has_its_turn() {
    let every = "schedule = '* * * * * *'\nconcurrency_policy = 'queue'";
    let mut lopper = days(1).real_time();
    for name in ["anna", "berta", "caesar", "zeppelin"] {
        lopper = lopper.job(name, &format!("{every}\n{MARK}"));
    }
    let mut command = lopper.command(["schedule", "--parallel", "1"]);
    let slow = "run::step-begun=sleep(300)";
    let mut scheduler = Running::start(command.env("FAILPOINTS", slow));
    let seen = "SELECT count(*) >= 2 FROM runs WHERE name = 'zeppelin'";
    scheduler.watch(|| lopper.sql(seen) == ["1"]);
    scheduler.signal("TERM");
    scheduler.end().code(0);
    let counts = lopper
        .sql("SELECT count(*) FROM runs WHERE cause <> 'hand' AND outcome = 'done' GROUP BY name");
    let counts: Vec<u32> = counts.iter().map(|count| count.parse().unwrap()).collect();
    assert_eq!(counts.len(), 4, "{counts:?}");
    let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
    assert!(most - least <= 1, "{counts:?}");
}

/// What a clock that went wrong has noted is found, and what it made due is not due any more.
#[test]
fn a_clock_that_is_set_back_is_looked_at_anew() {
    let tidy = job("tidy", "0 * * * *");
    let mut agenda = Agenda::default();
    agenda.put([Arc::clone(&tidy)], vec![memory(&tidy, None)]);
    let at = |minutes: i64| Instant::from_millis(NOON + minutes * 60_000);
    assert_eq!(agenda.due(at(60)), ["tidy"]);
    assert_eq!(agenda.due(at(30)), [""; 0]);
    assert_eq!(agenda.wake(), Some(at(60)));
    assert_eq!(agenda.due(at(61)), ["tidy"]);
    agenda.remember(memory(&tidy, Some(at(60))));
    assert_eq!(agenda.due(at(61)), [""; 0]);
    assert_eq!(agenda.due(at(60 - 2 * 1440)), ["tidy"]);
    assert_eq!(agenda.decide("tidy", at(60 - 2 * 1440)), Some(Decision::StartAnew));
}

/// Seconds that this thread had on a processor.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

/// So many jobs of one time run one after the other.
fn burst(count: u32) -> Duration {
    let jobs: Vec<_> =
        (0..count).map(|number| job(&format!("job-{number}"), "0 * * * *")).collect();
    let mut agenda = Agenda::default();
    agenda.put(jobs.iter().cloned(), jobs.iter().map(|job| memory(job, None)).collect());
    let by_name: BTreeMap<&str, &Arc<Job>> =
        jobs.iter().map(|job| (job.name.as_str(), job)).collect();
    let now = Instant::from_millis(NOON + 3_600_000);
    let begun = cpu();
    // All that do not start wait.
    for name in agenda.newly_due(now) {
        agenda.wait(&name, None);
    }
    let mut started = 0;
    while let Some(name) = agenda.due(now).first().cloned() {
        let Some(Decision::Start(fire)) = agenda.decide(&name, now) else { panic!("{name}") };
        agenda.started(&name, &fire);
        assert!(agenda.newly_due(now).is_empty());
        agenda.remember(memory(by_name[name.as_str()], Some(fire.at)));
        assert!(agenda.wake().is_some());
        agenda.ended(&name);
        started += 1;
    }
    assert_eq!(started, count);
    cpu() - begun
}

/// Four times as many jobs of one time cost four times as much, and not sixteen times: the best of three tries counts.
#[test]
fn many_jobs_of_one_time_are_linear() {
    let mut tries = Vec::new();
    for _ in 0..3 {
        let (one, four) = (burst(500), burst(2_000));
        tries.push((one, four));
        if four < 8 * one {
            return;
        }
    }
    panic!("500 and 2,000 jobs: {tries:?}");
}
