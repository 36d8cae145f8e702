//! What is due: which fires a job is owed by now, and what becomes of them. It knows neither clock nor store: it is told
//! the time, and what the store remembers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::druid::{Instant, Period};
use crate::engine::{Cause, CutShort, Fire};
use crate::job::{CatchUp, Job, Schedule};
use crate::schedule::entry::Entry;
use crate::schedule::fires::Fires;
use crate::schedule::jitter::jitter_ms;
use crate::schedule::memory::Memory;
use crate::schedule::queue::Queue;

/// A fire that starts within this many milliseconds is on time; later ones were missed. cron's own minute.
pub const ON_TIME_MS: i64 = 60_000;

/// The longest wait before a retry, in milliseconds.
pub(super) const MAX_BACKOFF_MS: i64 = 6 * 3_600_000;

/// So many jobs are looked at in one turn of the loop: the others are due in the next one.
const AT_A_TIME: usize = 64;

/// Fires that are looked at for the earliest start among jittered ones.
const LOOKED_AT: usize = 1_000;

/// What becomes of a job now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// A run begins.
    Start(Fire),
    /// Nothing runs for this fire, and the reason is recorded.
    PassOver(Fire, String),
    /// The last fire is not run again after all, for that reason.
    GiveUp(String),
    /// The clock was far ahead: the job's fires count from now on.
    StartAnew,
}

/// The jobs in force that have a schedule.
#[derive(Debug, Default)]
pub struct Agenda {
    entries: BTreeMap<String, Entry>,
    queue: Queue,
    /// The time of the last look.
    looked: Option<Instant>,
    /// How many runs have begun.
    starts: u64,
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
            let entry = Entry::new(job, memory, old);
            self.entries.insert(entry.job.name.clone(), entry);
        }
        // A job that was taken away while it runs is remembered until its end.
        self.entries.extend(before.into_iter().filter(|(_, old)| old.running.is_some()).map(
            |(name, mut old)| {
                old.wake = None;
                old.waits = false;
                old.memory.suspended = true;
                (name, old)
            },
        ));
        self.queue_anew();
    }

    fn queue_anew(&mut self) {
        self.queue = Queue::default();
        for (name, entry) in &self.entries {
            self.queue.put(name, entry.turn(self.looked));
        }
    }

    /// Lets the queue know of what has become of a job.
    fn queue(&mut self, name: &str) {
        let turn = self.entries.get(name).and_then(|entry| entry.turn(self.looked));
        self.queue.put(name, turn);
    }

    fn look(&mut self, now: Instant) {
        let is_set_back = self.looked.is_none_or(|looked| now < looked);
        self.looked = Some(now);
        if is_set_back {
            // What was due is not due any more; or it was noted by a clock that was wrong, and is.
            self.queue_anew();
        }
        self.queue.look(now);
    }

    /// The jobs to look at now, the one that has been due longest first, whether it waits or not; not more than the first
    /// [`AT_A_TIME`] of them.
    pub fn due(&mut self, now: Instant) -> Vec<String> {
        self.look(now);
        self.queue.due(AT_A_TIME)
    }

    /// Of the jobs to look at now those that do not wait yet: where no place is free, the others go on waiting.
    pub fn newly_due(&mut self, now: Instant) -> Vec<String> {
        self.look(now);
        self.queue.new_ones()
    }

    /// Whether there is a job to look at now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.queue.is_due(now)
    }

    /// Whether a job has been looked at already, and waits.
    pub fn is_waiting(&self, name: &str) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.waits)
    }

    /// Whether a fire that was on time waits for a store or a run elsewhere.
    pub fn waits(&self) -> bool {
        self.entries.values().any(|entry| entry.waits && !entry.memory.suspended)
    }

    /// Whether nobody has decided a fire of a job yet, as far as is known.
    pub fn owes(&self, name: &str, fire: Instant) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.base() < fire)
    }

    /// Whether another attempt comes behind this one, as far as is known.
    pub fn is_tried_again(&self, name: &str, fire: &Fire) -> bool {
        self.entries.get(name).is_some_and(|entry| {
            let last = (entry.memory.last_fire, entry.memory.attempt);
            last == (Some(fire.at), fire.attempt) && entry.memory.wanted_retry(&entry.job).is_some()
        })
    }

    /// When to look again.
    pub fn wake(&self) -> Option<Instant> {
        self.queue.wake()
    }

    /// Decides about a job; `None`: nothing is to be done now. Nothing is decided until the caller says so with
    /// [`Self::started`] or [`Self::remember`].
    pub fn decide(&mut self, name: &str, now: Instant) -> Option<Decision> {
        let entry = self.entries.get_mut(name)?;
        let decision = entry.decide(now);
        if decision.is_none() {
            entry.set_wake();
        }
        self.queue(name);
        decision
    }

    /// The job of that name.
    pub fn job(&self, name: &str) -> Option<&Arc<Job>> {
        self.entries.get(name).map(|entry| &entry.job)
    }

    /// A fire that is on time cannot start yet: it waits, and is not missed.
    pub fn wait(&mut self, name: &str, not_before: Option<Instant>) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.begin_to_wait();
            entry.not_before = not_before;
            entry.set_wake();
        }
        self.queue(name);
    }

    /// Nothing is decided about it before then.
    pub fn postpone(&mut self, name: &str, then: Instant) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.not_before = Some(then);
            entry.set_wake();
        }
        self.queue(name);
    }

    /// Whether a run of it goes on here.
    pub fn is_running(&self, name: &str) -> bool {
        self.entries.get(name).is_some_and(|entry| entry.running.is_some())
    }

    /// Its run has begun here. Whether its fire is claimed, the store says.
    pub fn started(&mut self, name: &str, fire: &Fire) {
        if let Some(entry) = self.entries.get_mut(name) {
            self.starts += 1;
            entry.rank = self.starts;
            entry.running = Some(fire.clone());
            entry.waits = false;
            entry.not_before = None;
            entry.set_wake();
        }
        self.queue(name);
    }

    /// Its run has ended.
    pub fn ended(&mut self, name: &str) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.running = None;
            entry.not_before = None;
            entry.set_wake();
            if entry.memory.suspended {
                self.entries.remove(name);
            }
        }
        self.queue(name);
    }

    /// What the store remembers of a job by now; answers whether that is news.
    pub fn remember(&mut self, memory: Memory) -> bool {
        let Some(entry) = self.entries.get_mut(&memory.name) else { return false };
        if entry.memory == memory {
            return false;
        }
        let name = memory.name.clone();
        entry.memory = memory;
        entry.set_wake();
        self.queue(&name);
        true
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

/// What follows when an attempt is cut short: a retry where one is left, else the job catches up with it.
pub fn cut_short(job: &Job, attempt: u32, now: Instant) -> Option<CutShort> {
    let retry =
        backoff_ms(job, attempt, now).map(|after_ms| CutShort { after_ms, cause: Cause::Schedule });
    let catches_up = job.catch_up == CatchUp::Latest;
    retry.or_else(|| catches_up.then_some(CutShort { after_ms: 0, cause: Cause::CatchUp }))
}

/// The earliest start among the fires behind `base`. With jitter an earlier fire may start after a later one.
pub fn earliest_start(job: &Job, fires: &Fires, base: Instant) -> Option<Instant> {
    let mut fire = fires.next(base)?;
    let mut earliest = start_of(job, fire);
    for _ in 0..LOOKED_AT {
        match fires.next(fire) {
            Some(next) if next < earliest => fire = next,
            _ => break,
        }
        earliest = earliest.min(start_of(job, fire));
    }
    Some(earliest)
}

/// The latest fire behind `base` that may start by now.
pub fn latest_due(job: &Job, fires: &Fires, base: Instant, now: Instant) -> Option<Instant> {
    let mut fire = fires.latest(now)?;
    for _ in 0..LOOKED_AT {
        if fire <= base {
            return None;
        }
        if start_of(job, fire) <= now {
            return Some(fire);
        }
        fire = fires.latest(before(fire, 1))?;
    }
    None
}

/// A job's fire as it is to be claimed: those between it and what is remembered are counted with it.
pub fn claim(job: &Job, fires: &Fires, memory: &Memory, at: Instant, cause: Cause) -> Fire {
    Fire {
        at,
        cause,
        attempt: 1,
        missed: fires.count(memory.base(), before(at, 1)),
        known: memory.last_fire,
        since: memory.since,
        next: fires.next(at),
        next_start: earliest_start(job, fires, at),
        backoff_ms: backoff_ms(job, 1, at),
        cut_short: cut_short(job, 1, at),
        term: None,
    }
}

/// The attempt that is remembered to come behind the last one, whenever it is due.
pub fn next_attempt(job: &Job, fires: &Fires, memory: &Memory, now: Instant) -> Option<Fire> {
    let (at, attempt) = (memory.last_fire?, memory.attempt.saturating_add(1));
    memory.wanted_retry(job)?;
    let fire = claim(job, fires, memory, at, memory.retry_cause);
    let (backoff_ms, cut_short) = (backoff_ms(job, attempt, now), cut_short(job, attempt, now));
    Some(Fire { attempt, missed: 0, backoff_ms, cut_short, ..fire })
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

pub(super) fn late(start: Instant, now: Instant) -> i64 {
    now.millis().saturating_sub(start.millis())
}

pub(super) fn after(instant: Instant, ms: i64) -> Instant {
    Instant::from_millis(instant.millis().saturating_add(ms))
}

pub(super) fn before(instant: Instant, ms: i64) -> Instant {
    Instant::from_millis(instant.millis().saturating_sub(ms))
}
