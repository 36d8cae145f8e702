//! What is due: which fires a job is owed by now, and what becomes of them. It knows neither clock nor store: it is told
//! the time, and what the store remembers.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fires::Fires;
use super::jitter::jitter_ms;
use super::memory::Memory;
use crate::druid::{Instant, Period};
use crate::job::{CatchUp, ConcurrencyPolicy, Job, Schedule};
use crate::run::{Cause, Fire};

/// A fire that starts within this many milliseconds is on time; later ones were missed. cron's own minute.
pub const ON_TIME_MS: i64 = 60_000;

/// What was decided for a time further ahead than this was decided by a clock that was wrong, in milliseconds.
const FAR_AHEAD_MS: i64 = 86_400_000;

/// The longest wait before a retry, in milliseconds.
const MAX_BACKOFF_MS: i64 = 6 * 3_600_000;

/// The longest that a fire waits for a busy store before it is looked at again, in milliseconds.
const MAX_WAIT_MS: i64 = 60_000;

/// Fires that are looked at for the earliest start among jittered ones.
const LOOKED_AT: usize = 1_000;

/// What becomes of a job now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A run begins.
    Start(Fire),
    /// Nothing runs for this fire, and the reason is recorded.
    PassOver(Fire, String),
    /// The clock was far ahead: the job's fires count from now on.
    StartAnew,
}

/// One job in force.
#[derive(Debug)]
struct Entry {
    job: Arc<Job>,
    fires: Fires,
    memory: Memory,
    /// A run of it goes on here.
    running: bool,
    /// A fire was on time, but had to wait: for the job's own run, for a thread, for the store.
    waits: bool,
    /// Not before then: the store was busy.
    not_before: Option<Instant>,
    /// A fire that the store says is done, though its memory does not.
    done: Option<Instant>,
    /// When to look at it again.
    wake: Option<Instant>,
}

/// The jobs in force that have a schedule.
#[derive(Debug, Default)]
pub struct Agenda {
    entries: BTreeMap<String, Entry>,
}

impl Agenda {
    /// Puts jobs in force in place of those before. `memories` has what the store remembers of each; a run that goes on
    /// goes on.
    pub fn put(&mut self, jobs: impl IntoIterator<Item = Arc<Job>>, memories: Vec<Memory>) {
        let mut memories: BTreeMap<String, Memory> =
            memories.into_iter().map(|memory| (memory.name.clone(), memory)).collect();
        let mut before = std::mem::take(&mut self.entries);
        for job in jobs {
            let Some(memory) = memories.remove(&job.name).filter(|_| is_scheduled(&job)) else {
                continue;
            };
            let old = before.remove(&job.name);
            let mut entry = Entry {
                fires: fires_of(&job, old.as_ref()),
                memory,
                running: old.as_ref().is_some_and(|old| old.running),
                waits: old.as_ref().is_some_and(|old| old.waits),
                not_before: None,
                // What another process was about to decide may have died with it: the store is asked anew.
                done: None,
                wake: None,
                job,
            };
            entry.set_wake();
            self.entries.insert(entry.job.name.clone(), entry);
        }
        // A job that was taken away while it runs is remembered until its end.
        self.entries.extend(before.into_iter().filter(|(_, old)| old.running).map(
            |(name, mut old)| {
                old.wake = None;
                old.waits = false;
                old.memory.suspended = true;
                (name, old)
            },
        ));
    }

    /// The jobs to look at now, those that should have started first in front.
    pub fn due(&self, now: Instant) -> Vec<String> {
        let mut due: Vec<(Instant, &String)> = self
            .entries
            .iter()
            .filter_map(|(name, entry)| {
                let wake = if entry.is_put_back(now) { Some(now) } else { entry.wake };
                wake.filter(|wake| *wake <= now).map(|wake| (wake, name))
            })
            .collect();
        due.sort();
        due.into_iter().map(|(_, name)| name.clone()).collect()
    }

    /// Whether there is a job to look at now.
    pub fn is_due(&self, now: Instant) -> bool {
        !self.due(now).is_empty()
    }

    /// Whether a fire that was on time waits for a store or a run elsewhere.
    pub fn waits(&self) -> bool {
        self.entries.values().any(|entry| entry.waits && !entry.memory.suspended)
    }

    /// Whether nobody has decided a fire of a job yet, as far as is known.
    pub fn owes(&self, name: &str, fire: Instant) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.base() < fire)
    }

    /// When to look again.
    pub fn wake(&self) -> Option<Instant> {
        self.entries.values().filter_map(|entry| entry.wake).min()
    }

    /// Decides about a job; `None`: nothing is to be done now. Nothing is decided until the caller says so with
    /// [`Self::started`] or [`Self::remember`].
    pub fn decide(&mut self, name: &str, now: Instant) -> Option<Decision> {
        let entry = self.entries.get_mut(name)?;
        let decision = entry.decide(now);
        if decision.is_none() {
            entry.set_wake();
        }
        decision
    }

    /// The job of that name.
    pub fn job(&self, name: &str) -> Option<&Arc<Job>> {
        self.entries.get(name).map(|entry| &entry.job)
    }

    /// A fire that is on time cannot start yet: it waits, and is not missed.
    pub fn wait(&mut self, name: &str, not_before: Option<Instant>) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.waits = true;
            entry.not_before = not_before;
            entry.set_wake();
        }
    }

    /// Its run has begun.
    pub fn started(&mut self, name: &str, fire: &Fire) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.running = true;
            entry.waits = false;
            entry.not_before = None;
            // The store says the same as soon as the run's first transaction has committed.
            entry.memory.last_fire = Some(fire.at);
            entry.memory.attempt = fire.attempt;
            entry.memory.retry = None;
            entry.set_wake();
        }
    }

    /// Its run has ended.
    pub fn ended(&mut self, name: &str) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.running = false;
            if entry.memory.suspended {
                self.entries.remove(name);
            }
        }
    }

    /// What the store remembers of a job by now. `decided`: a fire that somebody has decided, whatever it remembers.
    pub fn remember(&mut self, memory: Memory, decided: Option<Instant>) {
        if let Some(entry) = self.entries.get_mut(&memory.name) {
            let is_left = memory.last_fire != decided;
            entry.done = entry.done.max(decided.filter(|_| is_left));
            entry.memory = memory;
            entry.set_wake();
        }
    }

    /// When jobs fire next, of those for which the store remembers it otherwise: new ones, and other schedules.
    pub fn next_fires(&self) -> Vec<(String, Option<Instant>)> {
        let next = |(name, entry): (&String, &Entry)| {
            let next = entry.fires.next(entry.base());
            (!entry.memory.suspended && entry.memory.next_fire != next)
                .then(|| (name.clone(), next))
        };
        self.entries.iter().filter_map(next).collect()
    }
}

/// Whether a job's schedule starts it.
pub fn is_scheduled(job: &Job) -> bool {
    !job.suspend && job.schedule != Schedule::Manually
}

/// The fires of a job's schedule. One that was in force before is not read again: it is most of the work of a reload.
fn fires_of(job: &Job, old: Option<&Entry>) -> Fires {
    old.filter(|old| old.job.schedule == job.schedule && old.job.time_zone == job.time_zone)
        .map_or_else(|| Fires::new(&job.schedule, job.time_zone), |old| old.fires.clone())
}

impl Entry {
    /// Fires up to here are owed no more.
    fn base(&self) -> Instant {
        self.memory.base().max(self.done.unwrap_or(Instant::ETERNITY_START))
    }

    /// When the run for a fire is to start.
    fn start_of(&self, fire: Instant) -> Instant {
        start_of(&self.job, fire)
    }

    fn decide(&mut self, now: Instant) -> Option<Decision> {
        if self.base() > after(now, FAR_AHEAD_MS) {
            self.done = None;
            return Some(Decision::StartAnew);
        }
        self.not_before =
            self.not_before.filter(|then| *then > now && *then <= after(now, MAX_WAIT_MS));
        if self.memory.suspended || self.not_before.is_some() {
            return None;
        }
        match self.latest_due(now) {
            Some(at) => self.decide_fire(at, now),
            None => {
                // Nothing waits any more: somebody else has run it, or the clock was put back.
                self.waits = false;
                self.retry(now)
            }
        }
    }

    /// Whether the clock has been put back by so much that what was noted of times to come says nothing any more.
    fn is_put_back(&self, now: Instant) -> bool {
        let is_beyond = |then: Instant, ms| then > after(now, ms);
        !self.memory.suspended
            && (is_beyond(self.base(), FAR_AHEAD_MS)
                || self.not_before.is_some_and(|then| is_beyond(then, MAX_WAIT_MS))
                || !self.running
                    && self.due_retry().is_some_and(|then| is_beyond(then, MAX_BACKOFF_MS)))
    }

    /// When the last fire is tried again, if the job still wants that.
    fn due_retry(&self) -> Option<Instant> {
        self.memory.retry.filter(|_| self.memory.attempt <= self.job.retries)
    }

    /// What becomes of the latest fire that may start by now; earlier ones are passed over with it.
    fn decide_fire(&mut self, at: Instant, now: Instant) -> Option<Decision> {
        let job = Arc::clone(&self.job);
        let is_missed = late(self.start_of(at), now) > ON_TIME_MS && !self.waits;
        if self.running {
            if job.concurrency_policy == ConcurrencyPolicy::Queue {
                self.waits = true;
                return None;
            }
            let reason = "the job was still running (concurrency_policy is forbid)".to_owned();
            return Some(Decision::PassOver(self.fire(at, Cause::Schedule), reason));
        }
        if let Some(reason) = too_late(&job, at, now) {
            return Some(Decision::PassOver(self.fire(at, Cause::Schedule), reason));
        }
        if is_missed && job.catch_up == CatchUp::None {
            let reason = "nothing could start it in time (catch_up is none)".to_owned();
            return Some(Decision::PassOver(self.fire(at, Cause::Schedule), reason));
        }
        let cause = if is_missed { Cause::CatchUp } else { Cause::Schedule };
        Some(Decision::Start(self.fire(at, cause)))
    }

    /// The last fire once more, when it is time for that.
    fn retry(&self, now: Instant) -> Option<Decision> {
        let (at, retry) = (self.memory.last_fire?, self.due_retry()?);
        let attempt = self.memory.attempt.saturating_add(1);
        let is_due = retry <= now || retry > after(now, MAX_BACKOFF_MS);
        if self.running || !is_due {
            return None;
        }
        let backoff_ms = backoff_ms(&self.job, attempt, now);
        let fire = self.fire(at, Cause::Schedule);
        Some(Decision::Start(Fire { attempt, missed: 0, backoff_ms, ..fire }))
    }

    fn fire(&self, at: Instant, cause: Cause) -> Fire {
        Fire {
            at,
            cause,
            attempt: 1,
            missed: self.fires.count(self.base(), before(at, 1)),
            known: self.memory.last_fire,
            next: self.fires.next(at),
            backoff_ms: backoff_ms(&self.job, 1, at),
            term: None,
        }
    }

    /// The latest fire that is owed and may start by now. With jitter an earlier fire may start after a later one.
    fn latest_due(&self, now: Instant) -> Option<Instant> {
        let base = self.base();
        let mut fire = self.fires.latest(now)?;
        for _ in 0..LOOKED_AT {
            if fire <= base {
                return None;
            }
            if self.start_of(fire) <= now {
                return Some(fire);
            }
            fire = self.fires.latest(before(fire, 1))?;
        }
        None
    }

    /// Nothing happens to the job by itself until then.
    fn set_wake(&mut self) {
        self.wake = self.earliest();
    }

    fn earliest(&self) -> Option<Instant> {
        if self.memory.suspended {
            return None;
        }
        if self.waits {
            // Only the end of its own run, or of another one, lets it go on.
            let until = self.not_before.unwrap_or(Instant::EPOCH);
            return Some(until).filter(|_| !self.running);
        }
        let fire = self.earliest_start();
        let retry = self.due_retry().filter(|_| !self.running);
        fire.into_iter().chain(retry).min()
    }

    /// The earliest start among the fires that are owed.
    fn earliest_start(&self) -> Option<Instant> {
        let mut fire = self.fires.next(self.base())?;
        let mut earliest = self.start_of(fire);
        for _ in 0..LOOKED_AT {
            match self.fires.next(fire) {
                Some(next) if next < earliest => fire = next,
                _ => break,
            }
            earliest = earliest.min(self.start_of(fire));
        }
        Some(earliest)
    }
}

/// When the run for a fire of a job is to start: the fire, and the job's jitter.
pub fn start_of(job: &Job, fire: Instant) -> Instant {
    let jitter = job.jitter.as_ref().map_or(0, |jitter| jitter_ms(&job.name, fire, jitter));
    after(fire, jitter)
}

/// Why a fire is too late to start, if it is.
pub fn too_late(job: &Job, fire: Instant, now: Instant) -> Option<String> {
    let deadline = job.starting_deadline.as_ref()?;
    let until = deadline.add_to(fire).ok()?;
    (now > until).then(|| format!("it could not start within {deadline} (starting_deadline)"))
}

/// How long to wait before the attempt behind `attempt`, in milliseconds: the backoff, doubled each time.
pub fn backoff_ms(job: &Job, attempt: u32, now: Instant) -> Option<i64> {
    let doubled = length_ms(&job.retry_backoff, now).checked_shl(attempt.saturating_sub(1).min(20));
    (attempt <= job.retries)
        .then(|| doubled.map_or(MAX_BACKOFF_MS, |ms| ms.clamp(1, MAX_BACKOFF_MS)))
}

/// How long a period is from `now` on, in milliseconds.
pub fn length_ms(period: &Period, now: Instant) -> i64 {
    period.add_to(now).map_or(i64::MAX, |then| then.millis().saturating_sub(now.millis()))
}

fn late(start: Instant, now: Instant) -> i64 {
    now.millis().saturating_sub(start.millis())
}

fn after(instant: Instant, ms: i64) -> Instant {
    Instant::from_millis(instant.millis().saturating_add(ms))
}

fn before(instant: Instant, ms: i64) -> Instant {
    Instant::from_millis(instant.millis().saturating_sub(ms))
}
