//! One run of a job: within its time limit, with signs of life, for a fire of its schedule or by hand.

use std::path::Path;
use std::time::{Duration, Instant as Moment};

use crate::clock::Clock;
use crate::config::Config;
use crate::druid::Instant;
use crate::engine::report::{Outcome, RunReport};
use crate::engine::{self, Fire, Request, Session, Stop};
use crate::error::{Kind, Result};
use crate::job::Job;
use crate::progress::Progress;
use crate::schedule::agenda::length_ms;
use crate::store::Store;

/// How often a run that waits looks again, in milliseconds.
const LOOK_EVERY_MS: u64 = 200;

/// What runs of jobs work with.
#[derive(Debug)]
pub struct Work<'a> {
    /// The store.
    pub store: &'a mut Store,
    /// What belongs to the installation.
    pub config: &'a Config,
    /// The wall clock.
    pub clock: Clock,
    /// Tells of a signal.
    pub stop: &'a Stop,
    /// Shows how far a long step is.
    pub progress: &'a Progress,
    /// How long a run counts as living without a further sign, in milliseconds.
    pub lease_ms: i64,
    /// The run that the latest failure was recorded as.
    pub recorded: Option<i64>,
}

impl Work<'_> {
    /// Runs a job by hand, as of `logical`; the program began at `began`.
    ///
    /// # Errors
    /// Whatever stops the run.
    pub fn by_hand(&mut self, job: &Job, logical: Instant, began: Instant) -> Result<RunReport> {
        let request = job.request(self.config.guard, None);
        let result = self.run(job, &request, logical, began);
        self.call_hooks(job, logical, &result);
        result
    }

    /// As [`Self::by_hand`], and waits until no other run of the job goes on, and nobody writes, at most so long.
    ///
    /// # Errors
    /// As [`Self::by_hand`]; when the time is over, that the job runs, or the store is busy.
    pub fn by_hand_in_turn(
        &mut self,
        job: &Job,
        logical: Instant,
        began: Instant,
        limit_ms: Option<i64>,
    ) -> Result<RunReport> {
        let waiting = self.clock.boot_ms();
        let request = Request { waits: true, ..job.request(self.config.guard, None) };
        loop {
            let waited = self.clock.boot_ms().saturating_sub(waiting);
            let left = limit_ms.map(|limit| limit.saturating_sub(waited));
            self.wait_for(&job.name, left)?;
            let result = self.run(job, &request, logical, began);
            let is_beaten =
                matches!(&result, Err(error) if matches!(error.kind(), Kind::Running | Kind::Busy));
            if is_beaten && self.recorded.is_none() && left.is_none_or(|left| left > 0) {
                // Another one that waited was faster.
                continue;
            }
            self.call_hooks(job, logical, &result);
            return result;
        }
    }

    /// Runs a job for a fire, whose time is the run's "now". Its hooks are left to the caller.
    pub(super) fn for_fire(&mut self, job: &Job, fire: Fire) -> Result<RunReport> {
        // What the run marks is as young as the fire: a kill without a buffer takes it, as it does by hand.
        let at = fire.at;
        let request = job.request(self.config.guard, Some(fire));
        self.run(job, &request, at, at)
    }

    fn run(
        &mut self,
        job: &Job,
        request: &Request,
        logical: Instant,
        began: Instant,
    ) -> Result<RunReport> {
        let term = request.fire.as_ref().and_then(|fire| fire.term.clone());
        let session = Session::new(self.store, self.config, self.clock, self.stop, self.progress);
        let mut session = Session { term, lease_ms: self.lease_ms, ..session.of(logical, began) };
        let now = session.clock.now();
        let limit = job.timeout.as_ref();
        let _timer = limit.map(|limit| {
            self.stop.after(limit, u64::try_from(length_ms(limit, now)).unwrap_or(u64::MAX))
        });
        let _heart = session.heart();
        let report = engine::run(&mut session, request);
        self.recorded = session.recorded;
        self.progress.finish();
        report
    }

    /// Waits until no other run of the job goes on, at most so long.
    ///
    /// # Errors
    /// When the time is over, a signal comes, or SQLite's.
    pub fn wait_for(&mut self, job: &str, limit_ms: Option<i64>) -> Result<()> {
        let begun = self.clock.boot_ms();
        loop {
            let waited = self.clock.boot_ms().saturating_sub(begun);
            self.stop.check()?;
            let open = engine::open_runs(self.store, Some(job))?;
            let Some(running) = open.iter().find(|open| !open.is_dead(self.clock)) else {
                return Ok(());
            };
            if limit_ms.is_some_and(|limit| waited >= limit) {
                return Err(running.is_running());
            }
            self.clock.pause(LOOK_EVERY_MS);
        }
    }

    pub(super) fn pause_until(&mut self, then: Instant) -> Result<()> {
        while self.clock.now() < then {
            self.stop.check()?;
            let left = then.millis().saturating_sub(self.clock.now().millis());
            self.clock.pause(u64::try_from(left).unwrap_or(0).min(LOOK_EVERY_MS));
        }
        Ok(())
    }
}

/// How a run for a fire ended, as the scheduler hears of it.
#[derive(Debug)]
pub struct Done {
    /// The job's name.
    pub job: String,
    /// The fire.
    pub fire: Fire,
    /// The run's number, when it was recorded.
    pub run: Option<i64>,
    /// What came of it.
    pub result: Result<RunReport>,
    took: Duration,
}

/// Runs a job for a fire on a connection of its own, tells the log of it, and calls its hooks.
pub fn carry_out(
    store: &Path,
    config: &Config,
    clock: Clock,
    stop: &Stop,
    lease_ms: i64,
    job: &Job,
    fire: Fire,
) -> Done {
    let begun = Moment::now();
    let ended = |fire, run, result| {
        let done = Done { job: job.name.clone(), fire, run, result, took: begun.elapsed() };
        done.tell();
        done
    };
    let opened = Store::beside(store).and_then(|mut store| {
        store.interrupt_on(stop.flag())?;
        Ok(store)
    });
    let mut store = match opened {
        Ok(store) => store,
        Err(error) => return ended(fire, None, Err(error)),
    };
    let progress = Progress::new(false);
    let mut work = Work {
        store: &mut store,
        config,
        clock,
        stop,
        progress: &progress,
        lease_ms,
        recorded: None,
    };
    let result = work.for_fire(job, fire.clone());
    let run = result.as_ref().map_or(work.recorded, |report| report.run);
    // A hook may take long.
    let done = ended(fire, run, result);
    work.call_hooks_of_fire(job, &done.fire, &done.result);
    done
}

impl Done {
    /// One line of the log.
    fn tell(&self) {
        let Self { job, fire, run, .. } = self;
        let (seconds, attempt) = (self.took.as_secs_f64(), fire.attempt);
        // A field without a value is left out.
        let run = *run;
        match &self.result {
            Ok(report) => {
                let outcome = if report.outcome == Outcome::Done { "done" } else { "partial" };
                let changed: u64 = report.steps.iter().map(|step| step.num_changed_segments).sum();
                tracing::info!(%job, run, fire = %fire.at, attempt, outcome, changed, seconds, "run ended");
            }
            Err(error) if error.kind() == Kind::Stale => {
                tracing::debug!(%job, fire = %fire.at, attempt, "run did not begin: {}", error.log_line());
            }
            Err(error) if matches!(error.kind(), Kind::Busy | Kind::Running | Kind::Superseded) => {
                tracing::warn!(%job, run, fire = %fire.at, attempt, "run did not begin, or goes no further: {}", error.log_line());
            }
            Err(error) => {
                tracing::error!(%job, run, fire = %fire.at, attempt, seconds, "run failed: {}", error.log_line());
            }
        }
    }
}
