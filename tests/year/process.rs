//! One scheduler process of the simulation: what `Scheduler` does in threads and real time, in one thread and given time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant as Moment;

use lopper::clock::Clock;
use lopper::config::{Config, Guard};
use lopper::druid::Instant;
use lopper::engine::{
    Fire, Request, Session, Stop, Worker, adopt, close, close_died, close_died_with, open,
    pass_over,
};
use lopper::error::{Error, Kind, Result};
use lopper::job::{ConcurrencyPolicy, Job};
use lopper::progress::Progress;
use lopper::schedule::agenda::{Agenda, Decision, start_of};
use lopper::schedule::{Lease, give_up_retry, keep_in_force, memories, memory, start_anew};
use lopper::store::{Store, sql};

/// How long a lease lasts here: with the real thirty seconds a year would be a million beats.
pub const LEASE_MS: i64 = 7_200_000;

/// When to try again what could not be done, in milliseconds.
const SOON_MS: i64 = 60_000;

/// Now, by both clocks: the one that people set, and the one that nobody sets.
#[derive(Clone, Copy)]
pub struct Now {
    pub wall: Instant,
    pub moment: Moment,
    pub real_ms: i64,
}

/// How a run goes.
#[derive(Clone, Copy)]
pub struct Course {
    /// How long its first transaction takes: its scheduled time is claimed with its end.
    pub claims_ms: i64,
    pub takes_ms: i64,
    pub fails: bool,
    /// How long its hooks take, before the job is free again.
    pub hooks_ms: i64,
}

/// A run that goes on.
pub struct Run {
    /// None until its first transaction has committed.
    pub number: Option<i64>,
    claims_at: i64,
    ends_at: i64,
    frees_at: i64,
    has_ended: bool,
    fails: bool,
    fire: Fire,
    worker: Worker,
}

impl Run {
    pub fn new(fire: Fire, worker: Worker, course: Course, now: Now) -> Self {
        let claims_at = now.real_ms + course.claims_ms;
        let ends_at = claims_at + course.takes_ms;
        Self {
            number: None,
            claims_at,
            ends_at,
            frees_at: ends_at + course.hooks_ms,
            has_ended: false,
            fails: course.fails,
            fire,
            worker,
        }
    }

    pub fn wake(&self) -> i64 {
        match (self.number, self.has_ended) {
            (None, _) => self.claims_at,
            (Some(_), false) => self.ends_at,
            (Some(_), true) => self.frees_at,
        }
    }

    pub fn fire(&self) -> &Fire {
        &self.fire
    }

    /// Its first transaction commits.
    pub fn claim(&mut self, store: &mut Store, now: Now, job: &Job) -> Result<i64> {
        let request = job.request(Guard::default(), Some(self.fire.clone()));
        let number =
            within(store, now, &self.worker, &self.fire, None, |session| open(session, &request))?;
        self.number = Some(number);
        Ok(number)
    }

    /// It ends; answers whether it had been taken over.
    pub fn end(&mut self, store: &mut Store, now: Now, name: &str, job: Option<&Job>) -> bool {
        self.has_ended = true;
        let number = self.number.unwrap();
        let request = match job {
            Some(job) => job.request(Guard::default(), Some(self.fire.clone())),
            None => Request {
                fire: Some(self.fire.clone()),
                ..Request::command(name, Guard::default(), Vec::new())
            },
        };
        let trouble = Error::failed("the disk is full").passing();
        let fails = self.fails;
        let ended = within(store, now, &self.worker, &self.fire, Some(number), |session| {
            close(session, &request, number, if fails { Err(&trouble) } else { Ok(&[]) })
        });
        let lost = matches!(&ended, Err(error) if error.kind() == Kind::Superseded);
        assert!(lost || ended.is_ok(), "{ended:?}");
        lost
    }

    pub fn beat(&self, store: &Store, now: Now) {
        let expires = now.wall.millis() + LEASE_MS;
        let worker = self.worker.name();
        store
            .execute(
                "beat",
                sql::ledger::RENEW_RUNS,
                &[
                    (":worker", &worker),
                    (":expires_ms", &expires),
                    (":expires_awake_ms", &None::<i64>),
                ],
            )
            .unwrap();
    }
}

/// A scheduler process.
pub struct Process {
    pub acts: bool,
    pub runs: BTreeMap<String, Run>,
    pub next_beat_ms: i64,
    parallel: usize,
    /// Its number among the processes.
    number: u64,
    agenda: Agenda,
    lease: Lease,
}

/// What a process did, for those who look on.
pub enum Did {
    Began { job: Arc<Job>, run: i64 },
    Ended { job: String, run: i64, lost: bool },
}

impl Process {
    pub fn new(parallel: usize) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            acts: false,
            runs: BTreeMap::new(),
            next_beat_ms: 0,
            parallel,
            agenda: Agenda::default(),
            number,
            lease: Lease::new(Worker::elsewhere(number), LEASE_MS),
        }
    }

    /// What runs is stopped, and leaves no trace: the store is another one by now.
    pub fn drop_runs(&mut self) {
        for name in std::mem::take(&mut self.runs).into_keys() {
            self.agenda.ended(&name);
        }
    }

    /// It has noticed that the store was replaced.
    pub fn anew(&self) -> Self {
        Self {
            acts: false,
            runs: BTreeMap::new(),
            next_beat_ms: 0,
            parallel: self.parallel,
            number: self.number,
            agenda: Agenda::default(),
            lease: self.lease.anew(),
        }
    }

    /// When it has something to do: by its agenda, in wall time; by its beats and runs, in real time.
    pub fn wake(&self) -> (Option<Instant>, i64) {
        let runs = self.runs.values().map(Run::wake);
        let is_full = self.runs.len() >= self.parallel;
        let wake = self.agenda.wake().filter(|_| self.acts && !is_full);
        (wake, runs.chain([self.next_beat_ms]).min().unwrap())
    }

    /// Does all that is to be done now.
    pub fn go_on(
        &mut self,
        store: &mut Store,
        now: Now,
        jobs: &[Arc<Job>],
        course: &mut impl FnMut(&Job) -> Course,
    ) -> Vec<Did> {
        let mut did = Vec::new();
        if now.real_ms >= self.next_beat_ms {
            self.beat(store, now, jobs);
        }
        self.runs_go_on(store, now, &mut did);
        if self.acts {
            for name in self.agenda.due(now.wall) {
                self.decide(store, now, &name, course);
            }
        }
        self.runs_go_on(store, now, &mut did);
        did
    }

    fn beat(&mut self, store: &Store, now: Now, jobs: &[Arc<Job>]) {
        self.next_beat_ms = now.real_ms + LEASE_MS / 3;
        for run in self.runs.values() {
            run.beat(store, now);
        }
        let acts = self.lease.tend(store, Clock::Fixed(now.wall), now.moment).unwrap();
        if acts && !self.acts {
            self.put_in_force(store, now, jobs);
        }
        self.acts = acts;
    }

    /// As the scheduler does it when it takes over, and when files change.
    pub fn put_in_force(&mut self, store: &Store, now: Now, jobs: &[Arc<Job>]) {
        store.begin().unwrap();
        match self.lease.predecessor() {
            Some(gone) if self.runs.is_empty() => {
                close_died_with(store, gone, Clock::Fixed(now.wall))
            }
            _ => close_died(store, Clock::Fixed(now.wall)),
        }
        .unwrap();
        let directory = std::path::Path::new("");
        keep_in_force(store, jobs.iter().map(Arc::as_ref), directory, now.wall).unwrap();
        store.commit().unwrap();
        self.agenda.put(jobs.iter().cloned(), memories(store).unwrap());
    }

    /// Leaves in good order; its runs have ended.
    pub fn leave(&mut self, store: &Store, now: Now) {
        assert!(self.runs.is_empty(), "an orderly stop waits for what runs");
        self.lease.give_back(store, Clock::Fixed(now.wall)).unwrap();
    }

    fn runs_go_on(&mut self, store: &mut Store, now: Now, did: &mut Vec<Did>) {
        let over = self.runs.iter().filter(|(_, run)| run.wake() <= now.real_ms);
        let over: Vec<String> = over.map(|(name, _)| name.clone()).collect();
        for name in over {
            while self.runs.get(&name).is_some_and(|run| run.wake() <= now.real_ms) {
                self.run_goes_on(store, now, &name, did);
            }
        }
    }

    fn run_goes_on(&mut self, store: &mut Store, now: Now, name: &str, did: &mut Vec<Did>) {
        let job = self.agenda.job(name).cloned();
        let run = self.runs.get_mut(name).unwrap();
        match (run.number, run.has_ended) {
            (None, _) => {
                let job = job.expect("what runs stays in the agenda");
                match run.claim(store, now, &job) {
                    Ok(run) => {
                        did.push(Did::Began { job, run });
                    }
                    Err(error) => {
                        let fire = self.runs.remove(name).unwrap().fire;
                        self.agenda.ended(name);
                        self.did_not_begin(store, now, name, &fire, &error);
                    }
                }
            }
            (Some(number), false) => {
                let lost = run.end(store, now, name, job.as_deref());
                did.push(Did::Ended { job: name.to_owned(), run: number, lost });
            }
            (Some(_), true) => {
                self.runs.remove(name);
                self.agenda.ended(name);
                self.remember(store, name);
            }
        }
    }

    fn did_not_begin(&mut self, store: &Store, now: Now, name: &str, fire: &Fire, error: &Error) {
        let soon = Instant::from_millis(now.wall.millis() + SOON_MS);
        match error.kind() {
            Kind::Running => {
                let queues = |job: &Arc<Job>| job.concurrency_policy == ConcurrencyPolicy::Queue;
                if fire.attempt > 1 || self.agenda.job(name).is_some_and(queues) {
                    self.remember(store, name);
                    self.agenda.wait(name, Some(soon));
                } else {
                    self.pass_over(store, now, name, fire, "it still runs elsewhere");
                }
            }
            Kind::Stale => {
                adopt(store, name, fire).unwrap();
                let is_news = self.remember(store, name);
                self.agenda.wait(name, None);
                if !is_news {
                    self.agenda.postpone(name, soon);
                }
            }
            _ => self.superseded(store, now, name, error),
        }
    }

    fn decide(
        &mut self,
        store: &mut Store,
        now: Now,
        name: &str,
        course: &mut impl FnMut(&Job) -> Course,
    ) {
        if self.agenda.is_running(name) {
            self.remember(store, name);
        }
        match self.agenda.decide(name, now.wall) {
            None => {}
            Some(Decision::StartAnew) => {
                start_anew(store, name, now.wall).unwrap();
                self.remember(store, name);
            }
            Some(Decision::GiveUp(_)) => {
                give_up_retry(store, name).unwrap();
                self.remember(store, name);
            }
            Some(Decision::PassOver(fire, reason)) => {
                self.pass_over(store, now, name, &fire, &reason);
            }
            Some(Decision::Start(_)) if self.runs.len() >= self.parallel => {
                self.agenda.wait(name, None);
            }
            Some(Decision::Start(fire)) => {
                let job = Arc::clone(self.agenda.job(name).unwrap());
                // What was begun, and is tried again, was in time by a clock that has been put back since.
                let is_early = fire.attempt == 1 && start_of(&job, fire.at) > now.wall;
                assert!(!is_early, "{name} begins before its time");
                self.agenda.started(name, &fire);
                let fire = Fire { term: self.lease.term(), ..fire };
                let run = Run::new(fire, Worker::elsewhere(self.number), course(&job), now);
                self.runs.insert(name.to_owned(), run);
            }
        }
    }

    fn pass_over(&mut self, store: &Store, now: Now, name: &str, fire: &Fire, reason: &str) {
        let fire = Fire { term: self.lease.term(), ..fire.clone() };
        match pass_over(store, name, &fire, now.wall, reason) {
            Ok(()) => drop(self.remember(store, name)),
            Err(error) if error.kind() == Kind::Stale => {
                adopt(store, name, &fire).unwrap();
                if !self.remember(store, name) {
                    let soon = Instant::from_millis(now.wall.millis() + SOON_MS);
                    self.agenda.postpone(name, soon);
                }
            }
            Err(error) => self.superseded(store, now, name, &error),
        }
    }

    fn superseded(&mut self, store: &Store, now: Now, name: &str, error: &Error) {
        assert_eq!(error.kind(), Kind::Superseded, "{error}");
        self.acts = self.lease.tend(store, Clock::Fixed(now.wall), now.moment).unwrap();
        self.remember(store, name);
    }

    fn remember(&mut self, store: &Store, name: &str) -> bool {
        memory(store, name).unwrap().is_some_and(|memory| self.agenda.remember(memory))
    }
}

/// Does something in a session as the run's thread has one.
fn within<T>(
    store: &mut Store,
    now: Now,
    worker: &Worker,
    fire: &Fire,
    leased: Option<i64>,
    work: impl FnOnce(&mut Session<'_>) -> Result<T>,
) -> Result<T> {
    let (config, stop, progress) = (Config::default(), Stop::default(), Progress::new(false));
    let session = Session::new(store, &config, Clock::Fixed(now.wall), &stop, &progress);
    let mut session = Session {
        worker: worker.clone(),
        lease_ms: LEASE_MS,
        leased,
        term: fire.term.clone(),
        ..session.of(fire.at, fire.at)
    };
    work(&mut session)
}
