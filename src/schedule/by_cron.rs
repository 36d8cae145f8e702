//! `run --scheduled`: what a line of cron starts is the schedule's latest fire, once, and its retries.

use std::time::UNIX_EPOCH;

use crate::druid::Instant;
use crate::engine::report::RunReport;
use crate::engine::{Cause, Fire, adopt, close_died, open_runs, pass_over};
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::job::{ConcurrencyPolicy, Job};
use crate::schedule::agenda::{
    ON_TIME_MS, after, backoff_ms, before, claim, earliest_start, late, next_attempt, start_of,
    too_late,
};
use crate::schedule::fires::Fires;
use crate::schedule::memory::{Memory, OwedFrom, give_up_retry, keep, memory};
use crate::schedule::work::Work;

/// How often what was looked up may be out of date when it is claimed, until that is a fault.
const MOST_STALE: u32 = 100;

/// What came of a start by cron.
#[derive(Debug)]
pub enum Latest {
    /// A run.
    Ran(Box<RunReport>),
    /// Nothing was to be done, and why.
    Nothing(String),
}

/// What a start by cron has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// A run begins.
    Begin(Fire),
    /// The latest fire starts later, because of jitter.
    Later(Instant),
    /// Nothing runs for this fire, and the reason is recorded.
    PassOver(Fire, String),
    /// The last fire is not run again after all, for that reason.
    GiveUp(String),
    /// Nothing, and why.
    Nothing(String),
}

/// What a start by cron has to do about `at`, the latest fire of the job's schedule when it began.
pub fn start(job: &Job, fires: &Fires, memory: &Memory, at: Instant, now: Instant) -> Start {
    if memory.base() >= at {
        return start_again(job, fires, memory, at, now);
    }
    let start = start_of(job, at);
    if now < start {
        return Start::Later(start);
    }
    let cause = if late(start, now) > ON_TIME_MS { Cause::CatchUp } else { Cause::Schedule };
    let fire = claim(job, fires, memory, at, cause);
    match too_late(job, at, now) {
        Some(reason) => Start::PassOver(Fire { cause: Cause::Schedule, ..fire }, reason),
        None => Start::Begin(fire),
    }
}

/// The latest fire is claimed: its retry may be due, where whoever waited for that is gone.
fn start_again(job: &Job, fires: &Fires, memory: &Memory, at: Instant, now: Instant) -> Start {
    let due = memory.wanted_retry(job).filter(|retry| *retry <= now);
    if let Some(fire) = due.and_then(|_| next_attempt(job, fires, memory, now)) {
        return match too_late(job, fire.at, now) {
            Some(reason) if fire.cause == Cause::CatchUp => Start::GiveUp(reason),
            _ => Start::Begin(fire),
        };
    }
    let name = &job.name;
    let next = fires.next(memory.base().max(at));
    let next = next.map_or_else(String::new, |next| format!("; the next one is {next}"));
    let why = if memory.last_fire.is_some_and(|last| last >= at) {
        format!("the fire {at} of job '{name}' has been decided already{next}")
    } else {
        let since = memory.since;
        format!(
            "the fire {at} of job '{name}' is from before its schedule came into force, at {since}{next}"
        )
    };
    Start::Nothing(why)
}

/// When a start that a busy store has refused so many times is tried again, as the job's retries say, which is logged;
/// `None`: not any more.
pub fn start_again_at(job: &Job, refused: u32, now: Instant) -> Option<Instant> {
    let then = after(now, backoff_ms(job, refused, now)?);
    let fires = Fires::new(&job.schedule, job.time_zone);
    if earliest_start(job, &fires, now).is_some_and(|next| next <= then) {
        // The start for the next fire comes first.
        return None;
    }
    tracing::warn!(job = %job.name, at = %then, "the store is busy: the start is tried again");
    Some(then)
}

/// A job that nobody knew is begun with its latest fire. Of another schedule, the start is for that fire where it is on time
/// and the fire came behind the change.
pub fn owed_from(job: &Job, latest: Option<Instant>, now: Instant) -> OwedFrom {
    let is_in_time = |at: &Instant| {
        late(start_of(job, *at), now) <= ON_TIME_MS && !has_changed_since(job, *at, now)
    };
    let from = |at| before(at, 1);
    OwedFrom { new: latest.map(from), changed: latest.filter(is_in_time).map(from) }
}

/// Whether a job's file was written after `at`. One that seems to be written in the future says nothing.
fn has_changed_since(job: &Job, at: Instant, now: Instant) -> bool {
    let written = job.file.as_deref().and_then(|file| file.metadata().ok()?.modified().ok());
    let since_1970 = written.and_then(|written| written.duration_since(UNIX_EPOCH).ok());
    let written = since_1970.and_then(|time| i64::try_from(time.as_millis()).ok());
    written.is_some_and(|written| at.millis() < written && written <= now.millis())
}

impl Work<'_> {
    /// As cron starts it: runs the job for its schedule's latest fire, unless that has been decided already. Failures
    /// that may pass are tried again, as the job says; a store that is busy is one of them.
    ///
    /// # Errors
    /// Whatever stops the last attempt; when the schedule never fired.
    pub fn for_latest_fire(&mut self, job: &Job) -> Result<Latest> {
        let fires = Fires::new(&job.schedule, job.time_zone);
        let mut refused = 0;
        loop {
            self.recorded = None;
            let started = self.start_latest(job, &fires);
            let is_busy = matches!(&started, Err(error) if error.kind() == Kind::Busy);
            if !is_busy || self.recorded.is_some() {
                self.call_failure_hooks(job);
                return started;
            }
            refused += 1;
            let Some(then) = start_again_at(job, refused, self.clock.now()) else { return started };
            self.pause_until(then)?;
        }
    }

    fn start_latest(&mut self, job: &Job, fires: &Fires) -> Result<Latest> {
        let now = self.clock.now();
        let latest = fires.latest(now);
        self.close_died(&job.name)?;
        keep(self.store, job, owed_from(job, latest, now), now)?;
        if job.suspend {
            return Ok(Latest::Nothing(format!("job '{}' is suspended", job.name)));
        }
        let Some(at) = latest else { return never_fired(job, fires.next(now)) };
        let (mut failed, mut stale) = (None, 0);
        loop {
            let memory = self.memory(job)?;
            failpoint::reach("schedule::fire-looked-up");
            let fire = match start(job, fires, &memory, at, self.clock.now()) {
                Start::Begin(fire) => fire,
                Start::Later(then) => {
                    self.pause_until(then)?;
                    continue;
                }
                Start::PassOver(fire, reason) => match self.pass_over(job, &fire, &reason) {
                    Err(error) if is_stale(&error, &mut stale) => continue,
                    passed_over => return passed_over,
                },
                Start::GiveUp(_) => {
                    give_up_retry(self.store, &job.name)?;
                    continue;
                }
                Start::Nothing(why) => return ended(failed, &memory, why),
            };
            let report = self.for_fire(job, fire.clone());
            match &report {
                Err(error) if self.recorded.is_none() && is_stale(error, &mut stale) => {
                    adopt(self.store, &job.name, &fire)?;
                    continue;
                }
                Err(error) if self.recorded.is_none() && error.kind() == Kind::Busy => {
                    return report.map(Latest::ran);
                }
                Err(error) if error.kind() == Kind::Running => {
                    // A retry waits: nothing else stands for its fire.
                    if job.concurrency_policy == ConcurrencyPolicy::Queue || fire.attempt > 1 {
                        self.wait_for(&job.name, None)?;
                        continue;
                    }
                    let reason = "the job was still running (concurrency_policy is forbid)";
                    match self.pass_over(job, &fire, reason) {
                        Err(error) if is_stale(&error, &mut stale) => continue,
                        // What runs has claimed nothing yet: the time may be its own.
                        Err(error) if error.kind() == Kind::Running => {
                            return report.map(Latest::ran);
                        }
                        passed_over => passed_over?,
                    };
                    return report.map(Latest::ran);
                }
                _ => {}
            }
            self.call_hooks_of_fire(job, &fire, &report);
            let Some(again) = self.retry_of(job, &fire)? else { return report.map(Latest::ran) };
            tracing::warn!(job = %job.name, attempt = fire.attempt + 1, at = %again, "it is tried again");
            failed = Some((fire, report));
            self.pause_until(again)?;
        }
    }

    fn memory(&self, job: &Job) -> Result<Memory> {
        memory(self.store, &job.name)?.ok_or_else(|| {
            Error::failed(format!("the store does not know job '{}' any more", job.name))
                .help("run it again")
        })
    }

    /// Closes a run of the job whose process died: it may have to be run again. Nothing is written when there is none.
    fn close_died(&self, job: &str) -> Result<()> {
        let clock = self.clock;
        if !open_runs(self.store, Some(job))?.iter().any(|open| open.is_dead(clock)) {
            return Ok(());
        }
        self.store.begin()?;
        let closed = close_died(self.store, clock).and_then(|_| self.store.commit());
        if closed.is_err() {
            self.store.roll_back();
        }
        closed
    }

    fn pass_over(&self, job: &Job, fire: &Fire, reason: &str) -> Result<Latest> {
        pass_over(self.store, &job.name, fire, self.clock.now(), reason)?;
        Ok(Latest::Nothing(format!(
            "the fire {} of job '{}' is passed over: {reason}",
            fire.at, job.name
        )))
    }

    /// When the store has it that the fire is tried again, if it is.
    fn retry_of(&self, job: &Job, fire: &Fire) -> Result<Option<Instant>> {
        let memory = memory(self.store, &job.name)?;
        Ok(memory.and_then(|memory| {
            let last = (memory.last_fire, memory.attempt);
            memory.retry.filter(|_| last == (Some(fire.at), fire.attempt))
        }))
    }
}

impl Latest {
    fn ran(report: RunReport) -> Self {
        Self::Ran(Box::new(report))
    }
}

/// Whether to look again, which is not done for ever.
fn is_stale(error: &Error, times: &mut u32) -> bool {
    if error.kind() != Kind::Stale {
        return false;
    }
    *times += 1;
    *times <= MOST_STALE
}

/// There is nothing to do any more. The attempt that was to be followed by another, and was not, has failed.
fn ended(
    failed: Option<(Fire, Result<RunReport>)>,
    memory: &Memory,
    why: String,
) -> Result<Latest> {
    let is_followed =
        |fire: &Fire| memory.last_fire == Some(fire.at) && memory.attempt > fire.attempt;
    match failed {
        Some((fire, report)) if !is_followed(&fire) => report.map(Latest::ran),
        _ => Ok(Latest::Nothing(why)),
    }
}

/// A schedule may begin in a later year; one that never fires is a mistake to start by.
fn never_fired(job: &Job, first: Option<Instant>) -> Result<Latest> {
    let (name, schedule) = (&job.name, &job.schedule);
    if let Some(first) = first {
        return Ok(Latest::Nothing(format!("job '{name}' fires for the first time at {first}")));
    }
    Err(Error::usage(format!("job '{name}' has no fire up to now: its schedule is {schedule}"))
        .help("run it by hand without --scheduled, or give it a schedule"))
}
