//! The year: its jobs, its mishaps, and the books that are compared with the ledger at its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use lopper::druid::Instant;
use lopper::job::Job;
use lopper::schedule::agenda::start_of;
use lopper::schedule::{Fires, memories};
use lopper::store::{Missing, Store};

use super::cron::{Cron, parse};
use super::process::{Course, Did, LEASE_MS, Now, Process};
use crate::support::accountant::{add_up, open_books};
use crate::support::{Chance, Lopper};

pub(super) const HOUR_MS: i64 = 3_600_000;

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
    pub(super) lopper: Lopper,
    pub(super) store: Store,
    pub(super) chance: Chance,
    pub(super) begin: Instant,
    pub(super) base: Moment,
    /// Milliseconds since the beginning that nobody can set.
    pub real_ms: i64,
    /// What people have put the clock forward, in milliseconds.
    pub(super) ahead_ms: i64,
    pub(super) jobs: BTreeMap<String, Arc<Job>>,
    pub(super) acting: Option<Process>,
    pub(super) crons: Vec<Cron>,
    /// When a store that was replaced by a backup is noticed.
    pub(super) notices_ms: Option<i64>,
    /// Whether job files have changed since the last backup.
    pub(super) has_reloaded: bool,
    pub(super) next_beat_ms: i64,
    pub(super) frozen: Option<(Process, i64)>,
    pub(super) starts_ms: i64,
    pub(super) stops: bool,
    pub(super) next_mishap_ms: i64,
    /// The runs that a process holds, frozen or not, by their job.
    pub(super) living: BTreeMap<String, Vec<i64>>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let lopper = Lopper::new();
        let store = Store::open(&lopper.store(), Missing::Create).unwrap();
        store.settle().unwrap();
        open_books(&lopper);
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
            acting: Some(Process::new(1)),
            crons: Vec::new(),
            notices_ms: None,
            has_reloaded: false,
            next_beat_ms: 0,
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
    pub(super) fn job(&mut self, number: usize, often: bool) -> Arc<Job> {
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
        parse(&text)
    }

    pub(super) fn now(&self) -> Now {
        Now {
            wall: Instant::from_millis(self.begin.millis() + self.real_ms + self.ahead_ms),
            moment: self.base + Duration::from_millis(u64::try_from(self.real_ms).unwrap()),
            real_ms: self.real_ms,
        }
    }

    pub(super) fn in_force(&self) -> Vec<Arc<Job>> {
        self.jobs.values().cloned().collect()
    }

    /// Goes to the next moment at which something happens, and lets it happen.
    pub fn go_on(&mut self) {
        self.real_ms = self.next_ms().max(self.real_ms);
        if self.real_ms >= self.next_mishap_ms {
            self.mishap();
        }
        self.backup_is_noticed();
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
            self.acting = Some(Process::new(self.chance.one_of(&[1, 2, 100])));
        }
        // By chance cron starts a job just before or just behind whatever the scheduler does.
        match self.chance.below(12) {
            0 => self.cron_starts(),
            1 => {
                self.acting_goes_on();
                self.cron_starts();
            }
            _ => {}
        }
        self.crons_go_on();
        self.acting_goes_on();
    }

    fn acting_goes_on(&mut self) {
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

    fn cron_starts(&mut self) {
        if self.next_mishap_ms == i64::MAX {
            return;
        }
        let job = self.jobs.get(&format!("job-{}", self.chance.below(50))).cloned();
        let cron = job.and_then(|job| Cron::new(&self.store, self.now(), &job));
        self.crons.extend(cron);
    }

    fn crons_go_on(&mut self) {
        let now = self.now();
        if now.real_ms >= self.next_beat_ms {
            self.next_beat_ms = now.real_ms + LEASE_MS / 3;
            self.crons.iter().filter_map(|cron| cron.run.as_ref()).for_each(|run| {
                run.beat(&self.store, now);
            });
        }
        let mut did = Vec::new();
        for mut cron in std::mem::take(&mut self.crons) {
            let mut goes_on = true;
            while goes_on && cron.wake() <= now.real_ms {
                let chance = &mut self.chance;
                goes_on = cron.go_on(&mut self.store, now, &mut |_| course(chance), &mut did);
                self.look(std::mem::take(&mut did));
            }
            if goes_on {
                self.crons.push(cron);
            }
        }
    }

    fn next_ms(&self) -> i64 {
        let mut next = self.next_mishap_ms;
        next = next.min(self.frozen.as_ref().map_or(i64::MAX, |(_, thaws)| *thaws));
        next = next.min(self.crons.iter().map(Cron::wake).min().unwrap_or(i64::MAX));
        next = next.min(self.notices_ms.unwrap_or(i64::MAX));
        if !self.crons.is_empty() {
            next = next.min(self.next_beat_ms);
        }
        match &self.acting {
            None => next.min(self.starts_ms),
            Some(process) => {
                let (wall, real) = process.wake();
                let ahead = self.begin.millis() + self.ahead_ms;
                let wall =
                    wall.filter(|_| !self.stops).map_or(i64::MAX, |wall| wall.millis() - ahead);
                // The loop looks at the clock every two seconds, which is soon enough; what is due already, and could
                // not be done, is tried again a little later.
                next.min(real).min(wall.max(self.real_ms + 1_000))
            }
        }
    }

    fn process_goes_on(&mut self, process: &mut Process) {
        let (now, jobs) = (self.now(), self.in_force());
        if self.stops {
            // Nothing new begins.
            process.acts = false;
        }
        let chance = &mut self.chance;
        let did = process.go_on(&mut self.store, now, &jobs, &mut |_| course(chance));
        self.look(did);
    }

    /// Looks at what was done.
    fn look(&mut self, did: Vec<Did>) {
        for one in did {
            match one {
                Did::Began { job, run } => {
                    let living = self.living.entry(job.name.clone()).or_default();
                    for other in &*living {
                        // A process that was frozen may not know it yet; at its run's end it is asked.
                        assert_eq!(outcome(&self.store, *other), "died", "{} overlaps", job.name);
                    }
                    living.push(run);
                }
                Did::Ended { job, run, lost } => {
                    let outcome = outcome(&self.store, run);
                    assert_eq!(lost, outcome == "died", "run {run} of {job}: {outcome}");
                    self.living.get_mut(&job).unwrap().retain(|living| *living != run);
                }
            }
        }
    }

    /// Lets everything come to rest: one scheduler, no more mishaps.
    pub fn settle(&mut self) {
        let frozen = self.frozen.take().map(|(process, _)| process);
        let acting = self.acting.replace(Process::new(100));
        self.dies(frozen);
        self.dies(acting);
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
        let claimed = add_up(&self.lopper);
        let now = self.now().wall;
        for memory in memories(&self.store).unwrap().iter().filter(|memory| !memory.suspended) {
            let job = &self.jobs[&memory.name];
            let fires = Fires::new(&job.schedule, job.time_zone);
            let is_open = self.acting.as_ref().unwrap().runs.contains_key(&job.name)
                || self.crons.iter().any(|cron| cron.job.name == job.name);
            let owed = fires.latest(now).filter(|fire| *fire > memory.base());
            let is_due = owed.is_some_and(|fire| start_of(job, fire) <= now);
            assert!(is_open || !is_due, "{}: the fire {owed:?} is owed by {now}", job.name);
            let claimed = claimed.get(&job.name).copied();
            assert!(
                claimed >= memory.last_fire.filter(|last| *last > memory.since),
                "{}",
                job.name
            );
        }
        self.check_failures();
    }

    /// Whoever failed, and is not tried again, is told of, or somebody is to tell of it.
    fn check_failures(&self) {
        let silent = self.lopper.sql(
            "SELECT r.id, r.name, r.outcome FROM run AS r
              WHERE r.cause <> 'hand' AND r.outcome NOT IN ('done', 'skipped', 'running')
                AND NOT EXISTS (SELECT 1 FROM failure_hook AS h WHERE h.run_id = r.id)
                AND NOT EXISTS (SELECT 1 FROM run AS q WHERE q.name = r.name AND q.logical_ms = r.logical_ms
                                                         AND q.cause <> 'hand' AND q.attempt = r.attempt + 1)",
        );
        assert_eq!(silent, [""; 0], "nobody hears of these");
    }
}

/// How a run goes, by chance.
fn course(chance: &mut Chance) -> Course {
    let minutes = chance.one_of(&[0, 1, 1, 1, 5, 5, 40, 90, 90, 400]);
    Course {
        claims_ms: chance.one_of(&[0, 0, 0, 0, 0, 2_000, 90_000, 3_600_000]),
        takes_ms: minutes * 60_000 + 500,
        fails: chance.below(10) == 0,
        hooks_ms: chance.one_of(&[0, 0, 0, 0, 30_000, 1_800_000]),
    }
}

fn outcome(store: &Store, run: i64) -> String {
    let statement = "SELECT outcome FROM run WHERE id = :run";
    store.row("look", statement, &[(":run", &run)], |row| row.get(0)).unwrap()
}
