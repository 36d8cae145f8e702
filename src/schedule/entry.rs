//! One job in force, and what becomes of its next fire.

use std::sync::Arc;

use crate::druid::Instant;
use crate::engine::{Cause, Fire};
use crate::job::{CatchUp, ConcurrencyPolicy, Job};
use crate::schedule::agenda::{
    Decision, MAX_BACKOFF_MS, ON_TIME_MS, after, claim, earliest_start, late, latest_due,
    next_attempt, start_of, too_late,
};
use crate::schedule::fires::Fires;
use crate::schedule::memory::Memory;
use crate::schedule::queue::Turn;

/// What was decided for a time further ahead than this was decided by a clock that was wrong, in milliseconds.
const FAR_AHEAD_MS: i64 = 86_400_000;

/// The longest that a fire waits for a busy store before it is looked at again, in milliseconds.
const MAX_WAIT_MS: i64 = 60_000;

/// How often it is looked whether a run has claimed its fire, so that others can be passed over, in milliseconds.
const CLAIMED_MS: i64 = 1_000;

/// One job in force.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) job: Arc<Job>,
    pub(super) fires: Fires,
    /// What the store says of it, as of the last look.
    pub(super) memory: Memory,
    /// The fire of the run that goes on here. It is claimed with the run's first transaction.
    pub(super) running: Option<Fire>,
    /// A fire was on time, but had to wait: for the job's own run, for a thread, for the store.
    pub(super) waits: bool,
    /// Since when something is due that waits.
    waits_since: Option<Instant>,
    /// The latest fire that came while a run went on that forbids it.
    forbidden: Option<Instant>,
    /// Which start its last one was; 0: none yet.
    pub(super) rank: u64,
    /// Not before then: the store was busy.
    pub(super) not_before: Option<Instant>,
    /// When to look at it again.
    pub(super) wake: Option<Instant>,
}

impl Entry {
    /// A job as its file has it now; a run that goes on goes on.
    pub(super) fn new(job: Arc<Job>, memory: Memory, old: Option<Self>) -> Self {
        let fires = fires_of(&job, old.as_ref());
        let waits_since = old.as_ref().and_then(|old| old.waits_since);
        let rank = old.as_ref().map_or(0, |old| old.rank);
        let (running, waits, forbidden) =
            old.map_or((None, false, None), |old| (old.running, old.waits, old.forbidden));
        let mut entry = Self {
            job,
            fires,
            memory,
            running,
            waits,
            waits_since,
            forbidden,
            rank,
            not_before: None,
            wake: None,
        };
        entry.set_wake();
        entry
    }

    /// Fires up to here are owed no more, or are about to be claimed by the run that goes on.
    pub(super) fn base(&self) -> Instant {
        let base = self.memory.base();
        self.running.as_ref().map_or(base, |fire| base.max(fire.at))
    }

    /// What is due cannot start yet. It keeps its place in the order of what is due, though later fires come.
    pub(super) fn begin_to_wait(&mut self) {
        if !self.waits {
            let fire = earliest_start(&self.job, &self.fires, self.base());
            self.waits_since = fire.into_iter().chain(self.due_retry()).min();
        }
        self.waits = true;
    }

    /// When it is looked at, as of the last look. What was noted by a clock that was wrong is due at once.
    pub(super) fn turn(&self, looked: Option<Instant>) -> Option<Turn> {
        let (rank, waits) = (self.rank, self.waits);
        if let Some(now) = looked.filter(|now| self.is_put_back(*now)) {
            return Some(Turn { wake: now, since: now, rank, waits });
        }
        let wake = self.wake?;
        let since = self.waits_since.filter(|_| waits).unwrap_or(wake);
        Some(Turn { wake, since, rank, waits })
    }

    pub(super) fn decide(&mut self, now: Instant) -> Option<Decision> {
        if self.memory.base() > after(now, FAR_AHEAD_MS) {
            return Some(Decision::StartAnew);
        }
        self.not_before =
            self.not_before.filter(|then| *then > now && *then <= after(now, MAX_WAIT_MS));
        if self.memory.suspended || self.not_before.is_some() {
            return None;
        }
        match latest_due(&self.job, &self.fires, self.base(), now) {
            Some(at) => self.decide_fire(at, now),
            None => {
                // Nothing waits any more: somebody else has run it, or the clock was put back.
                self.waits = false;
                self.retry(now)
            }
        }
    }

    /// Whether the clock has been put back by so much that what was noted of times to come says nothing any more.
    pub(super) fn is_put_back(&self, now: Instant) -> bool {
        let is_beyond = |then: Instant, ms| then > after(now, ms);
        !self.memory.suspended
            && (is_beyond(self.memory.base(), FAR_AHEAD_MS)
                || self.not_before.is_some_and(|then| is_beyond(then, MAX_WAIT_MS))
                || self.running.is_none()
                    && self.due_retry().is_some_and(|then| is_beyond(then, MAX_BACKOFF_MS)))
    }

    /// When the last fire is tried again, if the job still wants that.
    fn due_retry(&self) -> Option<Instant> {
        self.memory.wanted_retry(&self.job)
    }

    /// What becomes of the latest fire that may start by now; earlier ones are passed over with it.
    fn decide_fire(&mut self, at: Instant, now: Instant) -> Option<Decision> {
        let job = Arc::clone(&self.job);
        let is_missed = late(start_of(&job, at), now) > ON_TIME_MS && !self.waits;
        if self.running.is_some() {
            if job.concurrency_policy == ConcurrencyPolicy::Queue {
                self.begin_to_wait();
                return None;
            }
            self.forbidden = Some(at);
            if !self.has_claimed() {
                // Who claims this fire now would take the run's own for one that nobody has claimed.
                self.not_before = Some(after(now, CLAIMED_MS));
                return None;
            }
        }
        if self.forbidden >= Some(at) {
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

    /// Whether the store has the fire of the run that goes on here.
    fn has_claimed(&self) -> bool {
        let last = (self.memory.last_fire, self.memory.attempt);
        self.running.as_ref().is_none_or(|fire| last >= (Some(fire.at), fire.attempt))
    }

    /// The last fire once more, when it is time for that.
    fn retry(&self, now: Instant) -> Option<Decision> {
        let (at, retry) = (self.memory.last_fire?, self.due_retry()?);
        let is_due = retry <= now || retry > after(now, MAX_BACKOFF_MS);
        if self.running.is_some() || !is_due {
            return None;
        }
        let late = too_late(&self.job, at, now);
        if let Some(reason) = late.filter(|_| self.memory.retry_cause == Cause::CatchUp) {
            return Some(Decision::GiveUp(reason));
        }
        next_attempt(&self.job, &self.fires, &self.memory, now).map(Decision::Start)
    }

    fn fire(&self, at: Instant, cause: Cause) -> Fire {
        claim(&self.job, &self.fires, &self.memory, at, cause)
    }

    /// Nothing happens to the job by itself until then.
    pub(super) fn set_wake(&mut self) {
        self.wake = self.earliest();
    }

    fn earliest(&self) -> Option<Instant> {
        if self.memory.suspended {
            return None;
        }
        if self.waits {
            // Only the end of its own run, or of another one, lets it go on.
            let until = self.not_before.unwrap_or(Instant::EPOCH);
            return Some(until).filter(|_| self.running.is_none());
        }
        let fire = earliest_start(&self.job, &self.fires, self.base());
        let retry = self.due_retry().filter(|_| self.running.is_none());
        let earliest = fire.into_iter().chain(retry).min()?;
        Some(self.not_before.map_or(earliest, |then| earliest.max(then)))
    }
}

/// The fires of a job's schedule. One that was in force before is not read again: it is most of the work of a reload.
fn fires_of(job: &Job, old: Option<&Entry>) -> Fires {
    old.filter(|old| old.job.schedule == job.schedule && old.job.time_zone == job.time_zone)
        .map_or_else(|| Fires::new(&job.schedule, job.time_zone), |old| old.fires.clone())
}
