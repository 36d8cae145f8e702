//! The year: its jobs, its mishaps, and the books that are compared with the ledger at its end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use lopper::druid::Instant;
use lopper::job::{CatchUp, ConcurrencyPolicy, Job};
use lopper::schedule::agenda::{ON_TIME_MS, start_of};
use lopper::schedule::{Fires, memories};
use lopper::store::{Missing, Store};

use super::process::{Did, LEASE_MS, Now, Process};
use crate::support::{Chance, Lopper};

const HOUR_MS: i64 = 3_600_000;

/// 2024 has 366 days, and changes its clocks in March and in autumn.
const BEGIN: &str = "2024-01-01T00:00:00Z";

const ZONES: [&str; 6] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "UTC",
];

const SCHEDULES: [&str; 12] = [
    "15 3 * * *",
    "30 2 * * *",
    "0 */6 * * *",
    "0,30 1-2 * * *",
    "@daily",
    "@weekly",
    "0 12 1,15 * 1",
    "10 */8 * * *",
    "0 45 1 * * *",
    "@every PT7H",
    "5 4 * * sun",
    "@monthly",
];

pub struct World {
    lopper: Lopper,
    store: Store,
    chance: Chance,
    begin: Instant,
    base: Moment,
    /// Milliseconds since the beginning that nobody can set.
    pub real_ms: i64,
    /// What people have put the clock forward, in milliseconds.
    ahead_ms: i64,
    jobs: BTreeMap<String, Arc<Job>>,
    acting: Option<Process>,
    frozen: Option<(Process, i64)>,
    starts_ms: i64,
    stops: bool,
    next_mishap_ms: i64,
    /// The runs that a process holds, frozen or not, by their job.
    living: BTreeMap<String, Vec<i64>>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let lopper = Lopper::in_memory();
        let store = Store::open(&lopper.store(), Missing::Create).unwrap();
        store.settle().unwrap();
        let begin = Instant::parse(BEGIN).unwrap();
        let mut world = Self {
            lopper,
            store,
            chance: Chance(seed),
            begin,
            base: Moment::now(),
            real_ms: 0,
            ahead_ms: 0,
            jobs: BTreeMap::new(),
            acting: Some(Process::new()),
            frozen: None,
            starts_ms: 0,
            stops: false,
            next_mishap_ms: 0,
            living: BTreeMap::new(),
        };
        for number in 0..50 {
            let job = world.job(number, number == 0);
            world.jobs.insert(job.name.clone(), job);
        }
        world
    }

    /// A job by chance; `often`: each hour.
    fn job(&mut self, number: usize, often: bool) -> Arc<Job> {
        let chance = &mut self.chance;
        let schedule = if often { "0 * * * *" } else { chance.one_of(&SCHEDULES) };
        let zone = chance.one_of(&ZONES);
        let catch_up = chance.one_of(&["none", "latest"]);
        let policy = chance.one_of(&["forbid", "queue"]);
        let more = chance.one_of(&[
            "",
            "",
            "jitter = 'PT10M'\n",
            "starting_deadline = 'PT4H'\n",
            "retries = 2\nretry_backoff = 'PT5M'\n",
        ]);
        let text = format!(
            "name = 'job-{number}'\nschedule = '{schedule}'\ntime_zone = '{zone}'\ncatch_up = '{catch_up}'\n\
             concurrency_policy = '{policy}'\n{more}[[step]]\nop = 'check'\nsql = 'SELECT 1 WHERE 0'\n"
        );
        Arc::new(Job::parse(&text, Path::new("job.toml")).unwrap())
    }

    fn now(&self) -> Now {
        Now {
            wall: Instant::from_millis(self.begin.millis() + self.real_ms + self.ahead_ms),
            moment: self.base + Duration::from_millis(u64::try_from(self.real_ms).unwrap()),
            real_ms: self.real_ms,
        }
    }

    fn in_force(&self) -> Vec<Arc<Job>> {
        self.jobs.values().cloned().collect()
    }

    /// Goes to the next moment at which something happens, and lets it happen.
    pub fn go_on(&mut self) {
        self.real_ms = self.next_ms().max(self.real_ms);
        if self.real_ms >= self.next_mishap_ms {
            self.mishap();
        }
        if self.frozen.as_ref().is_some_and(|(_, thaws)| *thaws <= self.real_ms) {
            let (mut thawed, _) = self.frozen.take().unwrap();
            // It does not know that it was frozen: it goes on where it was, and finds out.
            self.process_goes_on(&mut thawed);
            if self.acting.is_some() {
                self.dies(Some(thawed));
            } else {
                self.acting = Some(thawed);
            }
        }
        if self.acting.is_none() && self.real_ms >= self.starts_ms {
            self.acting = Some(Process::new());
        }
        if let Some(mut process) = self.acting.take() {
            self.process_goes_on(&mut process);
            if self.stops && process.runs.is_empty() {
                process.leave(&self.store, self.now());
                self.stops = false;
            } else {
                self.acting = Some(process);
            }
        }
    }

    fn next_ms(&self) -> i64 {
        let mut next = self.next_mishap_ms;
        next = next.min(self.frozen.as_ref().map_or(i64::MAX, |(_, thaws)| *thaws));
        match &self.acting {
            None => next.min(self.starts_ms),
            Some(process) => {
                let (wall, real) = process.wake();
                let ahead = self.begin.millis() + self.ahead_ms;
                let wall =
                    wall.filter(|_| !self.stops).map_or(i64::MAX, |wall| wall.millis() - ahead);
                // The loop looks at the clock every two seconds, which is soon enough.
                next.min(real).min(wall)
            }
        }
    }

    fn process_goes_on(&mut self, process: &mut Process) {
        let (now, jobs) = (self.now(), self.in_force());
        let chance = &mut self.chance;
        let mut length = |_: &Job| {
            let minutes = chance.one_of(&[0, 1, 1, 5, 40, 90, 400]);
            (minutes * 60_000 + 500, chance.below(10) == 0)
        };
        if self.stops {
            // Nothing new begins.
            process.acts = false;
        }
        let did = process.go_on(&mut self.store, now, &jobs, &mut length);
        for one in did {
            match one {
                Did::Began { job, run, fire } => {
                    let living = self.living.entry(job.name.clone()).or_default();
                    for other in &*living {
                        // A process that was frozen may not know it yet; at its run's end it is asked.
                        assert_eq!(outcome(&self.store, *other), "died", "{} overlaps", job.name);
                    }
                    living.push(run);
                    let late = now.wall.millis() - start_of(&job, fire.at).millis();
                    let may_wait = job.concurrency_policy == ConcurrencyPolicy::Queue;
                    let is_strict = job.catch_up == CatchUp::None && !may_wait && fire.attempt == 1;
                    assert!(!is_strict || late <= ON_TIME_MS, "{} began {late} ms late", job.name);
                    assert!(late >= 0, "{} began before its time", job.name);
                }
                Did::Ended { job, run, lost } => {
                    let outcome = outcome(&self.store, run);
                    assert_eq!(lost, outcome == "died", "run {run} of {job}: {outcome}");
                    self.living.get_mut(&job).unwrap().retain(|living| *living != run);
                }
            }
        }
    }

    /// A process dies, and its runs with it.
    fn dies(&mut self, process: Option<Process>) {
        for (job, run) in process.into_iter().flat_map(|process| process.runs) {
            self.living.get_mut(&job).unwrap().retain(|living| *living != run.number);
        }
    }

    /// Something that happens to schedulers.
    fn mishap(&mut self) {
        let hours = 1 + i64::try_from(self.chance.below(120)).unwrap();
        self.next_mishap_ms = self.real_ms + hours * HOUR_MS;
        let minutes = i64::try_from(self.chance.below(60 * 20)).unwrap();
        match self.chance.below(8) {
            // Killed, and started again after a while.
            0 | 1 => {
                let killed = self.acting.take();
                self.dies(killed);
                self.stops = false;
                self.starts_ms = self.real_ms + minutes * 60_000;
            }
            // Stopped in good order.
            2 => {
                self.stops = self.acting.is_some();
                self.starts_ms = self.real_ms + minutes * 60_000;
            }
            // Frozen; another one starts meanwhile.
            3 if self.frozen.is_none() && !self.stops => {
                let thaws = self.real_ms + minutes * 60_000;
                self.frozen = self.acting.take().map(|process| (process, thaws));
                self.starts_ms = self.real_ms + minutes * 30_000;
            }
            4 => self.ahead_ms += minutes * 60_000 / 4,
            5 => self.ahead_ms -= minutes * 60_000 / 4,
            _ => self.reload(),
        }
    }

    /// Job files change: one is suspended and comes back, is removed, or is another one.
    fn reload(&mut self) {
        let number = 1 + self.chance.below(49);
        let name = format!("job-{number}");
        match self.chance.below(3) {
            0 => drop(self.jobs.remove(&name)),
            1 => {
                let suspend = self
                    .jobs
                    .get(&name)
                    .map(|job| Job { suspend: !job.suspend, ..Job::clone(job) });
                self.jobs.extend(suspend.map(|job| (name, Arc::new(job))));
            }
            _ => {
                let job = self.job(number, false);
                self.jobs.insert(name, job);
            }
        }
        let (now, jobs) = (self.now(), self.in_force());
        if let Some(process) = self.acting.as_mut().filter(|process| process.acts) {
            process.put_in_force(&self.store, now, &jobs);
        }
    }

    /// Lets everything come to rest: one scheduler, no more mishaps.
    pub fn settle(&mut self) {
        let frozen = self.frozen.take().map(|(process, _)| process);
        self.dies(frozen);
        self.stops = false;
        self.next_mishap_ms = i64::MAX;
        let end = self.real_ms + 10 * LEASE_MS;
        self.starts_ms = self.real_ms;
        while self.real_ms < end {
            self.go_on();
        }
    }

    pub fn runs(&self) -> i64 {
        self.lopper.sql("SELECT count(*) FROM run WHERE outcome <> 'skipped'")[0].parse().unwrap()
    }

    /// The laws of the year.
    pub fn check(&self) {
        let twice = self.lopper.sql(
            "SELECT name, logical_ms, count(*) FROM run WHERE cause <> 'hand' AND attempt = 1 GROUP BY 1, 2 HAVING count(*) > 1",
        );
        assert_eq!(twice, [""; 0], "no fire is decided twice");
        let done_twice = self.lopper.sql(
            "SELECT name, logical_ms FROM run WHERE outcome = 'done' GROUP BY 1, 2 HAVING count(*) > 1",
        );
        assert_eq!(done_twice, [""; 0], "what is done is not tried again");
        let early = self.lopper.sql("SELECT id FROM run WHERE started_ms < logical_ms");
        assert_eq!(early, [""; 0], "nothing runs before its time");
        let now = self.now().wall;
        for memory in memories(&self.store).unwrap().iter().filter(|memory| !memory.suspended) {
            let job = &self.jobs[&memory.name];
            let fires = Fires::new(&job.schedule, job.time_zone);
            self.check_accounts(job, &fires, memory.since, memory.last_fire);
            let is_open = self.living.get(&job.name).is_some_and(|living| !living.is_empty());
            let owed = fires.latest(now).filter(|fire| *fire > memory.base());
            let is_due = owed.is_some_and(|fire| start_of(job, fire) <= now);
            assert!(is_open || !is_due, "{}: the fire {owed:?} is owed by {now}", job.name);
        }
    }

    /// Every fire since the schedule came into force has a row, or is counted by the one that took its place.
    fn check_accounts(&self, job: &Job, fires: &Fires, since: Instant, last: Option<Instant>) {
        let Some(last) = last.filter(|last| *last > since) else { return };
        let told: u64 = self.lopper.sql(&format!(
            "SELECT coalesce(sum(1 + missed), 0) FROM run
              WHERE name = '{}' AND attempt = 1 AND logical_ms > {} AND logical_ms <= {}",
            job.name,
            since.millis(),
            last.millis()
        ))[0]
            .parse()
            .unwrap();
        assert_eq!(told, fires.count(since, last), "{} since {since}", job.name);
    }
}

fn outcome(store: &Store, run: i64) -> String {
    let statement = "SELECT outcome FROM run WHERE id = :run";
    store.row("look", statement, &[(":run", &run)], |row| row.get(0)).unwrap()
}
