//! One scheduler process of the simulation: what `Scheduler` does in threads and real time, in one thread and given time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant as Moment;

use lopper::clock::Clock;
use lopper::config::Config;
use lopper::druid::Instant;
use lopper::error::{Error, Kind, Result};
use lopper::job::{ConcurrencyPolicy, Guard, Job};
use lopper::report::progress::Progress;
use lopper::run::{
    Fire, Request, Session, Stop, Worker, close, close_died, close_died_with, open, pass_over,
};
use lopper::schedule::agenda::{Agenda, Decision};
use lopper::schedule::{Lease, keep_in_force, memories, memory, start_anew};
use lopper::store::{Store, sql};

/// How long a lease lasts here: with the real thirty seconds a year would be a million beats.
pub const LEASE_MS: i64 = 7_200_000;

/// Now, by both clocks: the one that people set, and the one that nobody sets.
#[derive(Clone, Copy)]
pub struct Now {
    pub wall: Instant,
    pub moment: Moment,
    pub real_ms: i64,
}

/// A run that goes on.
pub struct Run {
    pub number: i64,
    pub ends_ms: i64,
    pub fails: bool,
    fire: Fire,
    worker: Worker,
}

/// A scheduler process.
pub struct Process {
    pub acts: bool,
    pub runs: BTreeMap<String, Run>,
    pub next_beat_ms: i64,
    agenda: Agenda,
    lease: Lease,
}

/// What a process did, for those who look on.
pub enum Did {
    Began { job: Arc<Job>, run: i64, fire: Fire },
    Ended { job: String, run: i64, lost: bool },
}

impl Process {
    pub fn new() -> Self {
        Self {
            acts: false,
            runs: BTreeMap::new(),
            next_beat_ms: 0,
            agenda: Agenda::default(),
            lease: Lease::new(Worker::of_process(), LEASE_MS),
        }
    }

    /// When it has something to do: by its agenda, in wall time; by its beats and runs, in real time.
    pub fn wake(&self) -> (Option<Instant>, i64) {
        let ends = self.runs.values().map(|run| run.ends_ms);
        (self.agenda.wake().filter(|_| self.acts), ends.chain([self.next_beat_ms]).min().unwrap())
    }

    /// Does all that is to be done now.
    pub fn go_on(
        &mut self,
        store: &mut Store,
        now: Now,
        jobs: &[Arc<Job>],
        length: &mut impl FnMut(&Job) -> (i64, bool),
    ) -> Vec<Did> {
        let mut did = Vec::new();
        if now.real_ms >= self.next_beat_ms {
            self.beat(store, now, jobs);
        }
        self.end_runs(store, now, &mut did);
        while self.acts && self.agenda.is_due(now.wall) {
            for name in self.agenda.due(now.wall) {
                self.decide(store, now, &name, length, &mut did);
            }
        }
        did
    }

    fn beat(&mut self, store: &Store, now: Now, jobs: &[Arc<Job>]) {
        self.next_beat_ms = now.real_ms + LEASE_MS / 3;
        for run in self.runs.values() {
            let expires = now.wall.millis() + LEASE_MS;
            let worker = run.worker.name();
            store
                .execute(
                    "beat",
                    sql::ledger::RENEW_RUNS,
                    &[(":worker", &worker), (":expires_ms", &expires)],
                )
                .unwrap();
        }
        let acts = self.lease.tend(store, now.wall, now.moment).unwrap();
        if acts && !self.acts {
            self.put_in_force(store, now, jobs);
        }
        self.acts = acts;
    }

    /// As the scheduler does it when it takes over, and when files change.
    pub fn put_in_force(&mut self, store: &Store, now: Now, jobs: &[Arc<Job>]) {
        store.begin().unwrap();
        match self.lease.predecessor() {
            Some(gone) if self.runs.is_empty() => close_died_with(store, gone, now.wall),
            _ => close_died(store, now.wall),
        }
        .unwrap();
        keep_in_force(store, jobs.iter().map(Arc::as_ref), now.wall).unwrap();
        store.commit().unwrap();
        self.agenda.put(jobs.iter().cloned(), memories(store).unwrap());
    }

    /// Leaves in good order; its runs have ended.
    pub fn leave(&mut self, store: &Store, now: Now) {
        assert!(self.runs.is_empty(), "an orderly stop waits for what runs");
        self.lease.give_back(store, now.wall).unwrap();
    }

    fn end_runs(&mut self, store: &mut Store, now: Now, did: &mut Vec<Did>) {
        let over: Vec<String> = self
            .runs
            .iter()
            .filter(|(_, run)| run.ends_ms <= now.real_ms)
            .map(|(name, _)| name.clone())
            .collect();
        for name in over {
            let run = self.runs.remove(&name).unwrap();
            let job = self.agenda.job(&name).cloned();
            let ended = within(store, now, &run.worker, &run.fire, Some(run.number), |session| {
                let request = request(&name, job.as_deref(), run.fire.clone());
                let trouble = Error::failed("the disk is full").passing();
                close(
                    session,
                    &request,
                    run.number,
                    if run.fails { Err(&trouble) } else { Ok(&[]) },
                )
            });
            let lost = matches!(&ended, Err(error) if error.kind() == Kind::Superseded);
            assert!(lost || ended.is_ok(), "{ended:?}");
            did.push(Did::Ended { job: name.clone(), run: run.number, lost });
            self.agenda.ended(&name);
            self.remember(store, &name, None);
        }
    }

    fn decide(
        &mut self,
        store: &mut Store,
        now: Now,
        name: &str,
        length: &mut impl FnMut(&Job) -> (i64, bool),
        did: &mut Vec<Did>,
    ) {
        match self.agenda.decide(name, now.wall) {
            None => {}
            Some(Decision::StartAnew) => {
                start_anew(store, name, now.wall).unwrap();
                self.remember(store, name, None);
            }
            Some(Decision::PassOver(fire, reason)) => {
                self.pass_over(store, now, name, &fire, &reason);
            }
            Some(Decision::Start(fire)) => self.start(store, now, name, &fire, length, did),
        }
    }

    fn start(
        &mut self,
        store: &mut Store,
        now: Now,
        name: &str,
        fire: &Fire,
        length: &mut impl FnMut(&Job) -> (i64, bool),
        did: &mut Vec<Did>,
    ) {
        let job = Arc::clone(self.agenda.job(name).unwrap());
        let fire = Fire { term: self.lease.term(), ..fire.clone() };
        let worker = Worker::of_process();
        let begun = within(store, now, &worker, &fire, None, |session| {
            open(session, &request(name, Some(&job), fire.clone()))
        });
        match begun {
            Ok(number) => {
                self.agenda.started(name, &fire);
                let (takes_ms, fails) = length(&job);
                did.push(Did::Began { job, run: number, fire: fire.clone() });
                let run = Run { number, ends_ms: now.real_ms + takes_ms, fails, fire, worker };
                self.runs.insert(name.to_owned(), run);
            }
            Err(error) if error.kind() == Kind::Running => {
                if job.concurrency_policy == ConcurrencyPolicy::Queue {
                    self.remember(store, name, None);
                    let then = Instant::from_millis(now.wall.millis() + 60_000);
                    self.agenda.wait(name, Some(then));
                } else {
                    self.pass_over(store, now, name, &fire, "it still runs elsewhere");
                }
            }
            Err(error) => self.superseded(store, now, name, &fire, &error),
        }
    }

    fn pass_over(&mut self, store: &Store, now: Now, name: &str, fire: &Fire, reason: &str) {
        let fire = Fire { term: self.lease.term(), ..fire.clone() };
        match pass_over(store, name, &fire, now.wall, reason) {
            Ok(()) => self.remember(store, name, Some(fire.at)),
            Err(error) => self.superseded(store, now, name, &fire, &error),
        }
    }

    fn superseded(&mut self, store: &Store, now: Now, name: &str, fire: &Fire, error: &Error) {
        assert_eq!(error.kind(), Kind::Superseded, "{error}");
        self.acts = self.lease.tend(store, now.wall, now.moment).unwrap();
        self.remember(store, name, Some(fire.at));
    }

    fn remember(&mut self, store: &Store, name: &str, decided: Option<Instant>) {
        if let Some(memory) = memory(store, name).unwrap() {
            self.agenda.remember(memory, decided);
        }
    }
}

fn request(name: &str, job: Option<&Job>, fire: Fire) -> Request {
    match job {
        Some(job) => Request::job(job, Guard::default(), Some(fire)),
        None => {
            Request { fire: Some(fire), ..Request::command(name, Guard::default(), Vec::new()) }
        }
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
