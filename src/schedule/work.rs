//! One run of a job: within its time limit, with signs of life, for a fire of its schedule or by hand.

use std::path::Path;
use std::time::{Duration, Instant as Moment};

use super::agenda::{ON_TIME_MS, backoff_ms, length_ms, start_of, too_late};
use super::fires::Fires;
use super::memory::{self, memory};
use crate::clock::Clock;
use crate::config::Config;
use crate::druid::Instant;
use crate::error::{Error, Kind, Result};
use crate::job::{ConcurrencyPolicy, Job};
use crate::report::progress::Progress;
use crate::report::run::{Outcome, RunReport};
use crate::run::{self, Cause, Fire, Request, Session, Stop};
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
        let result = self.run(job, None, logical, began);
        self.call_hooks(job, logical, &result, true);
        result
    }

    /// Runs a job for a fire, whose time is the run's "now". Its hooks are left to the caller.
    fn for_fire(&mut self, job: &Job, fire: Fire) -> Result<RunReport> {
        // What the run marks is as young as the fire: a kill without a buffer takes it, as it does by hand.
        let at = fire.at;
        self.run(job, Some(fire), at, at)
    }

    fn run(
        &mut self,
        job: &Job,
        fire: Option<Fire>,
        logical: Instant,
        began: Instant,
    ) -> Result<RunReport> {
        let term = fire.as_ref().and_then(|fire| fire.term.clone());
        let request = Request::job(job, self.config.guard, fire);
        let session = Session::new(self.store, self.config, self.clock, self.stop, self.progress);
        let mut session = Session { term, lease_ms: self.lease_ms, ..session.of(logical, began) };
        let now = session.clock.now();
        let limit = job.timeout.as_ref();
        let _timer = limit.map(|limit| {
            self.stop.after(limit, u64::try_from(length_ms(limit, now)).unwrap_or(u64::MAX))
        });
        let _heart = session.heart();
        let report = run::run(&mut session, &request);
        self.recorded = session.recorded;
        self.progress.finish();
        report
    }

    /// Waits until no other run of the job goes on, at most so long.
    ///
    /// # Errors
    /// When the time is over, a signal comes, or SQLite's.
    pub fn wait_for(&mut self, job: &str, limit_ms: Option<i64>) -> Result<()> {
        let begun = self.clock.now().millis();
        loop {
            let waited = self.clock.now().millis().saturating_sub(begun);
            let wall = self.clock.now();
            self.stop.check()?;
            let open = run::open_runs(self.store, Some(job))?;
            let Some(running) = open.iter().find(|open| !open.is_dead(wall)) else { return Ok(()) };
            if limit_ms.is_some_and(|limit| waited >= limit) {
                return Err(running.is_running());
            }
            self.clock.pause(LOOK_EVERY_MS);
        }
    }

    /// As cron starts it: runs the job for its schedule's latest fire, unless that has been decided already. Failures
    /// that may pass are tried again, as the job says.
    ///
    /// # Errors
    /// Whatever stops the last attempt; when the schedule never fired.
    pub fn for_latest_fire(&mut self, job: &Job) -> Result<Latest> {
        memory::keep(self.store, job, self.clock.now())?;
        if job.suspend {
            return Ok(Latest::Nothing(format!("job '{}' is suspended", job.name)));
        }
        let mut fire = match scheduled(self.store, job, self.clock.now())? {
            Ok(fire) => fire,
            Err(nothing) => return Ok(Latest::Nothing(nothing)),
        };
        self.pause_until(start_of(job, fire.at))?;
        // While it waited, another start may have decided this fire, or one before it.
        fire.known = memory(self.store, &job.name)?.and_then(|memory| memory.last_fire);
        fire.missed = missed(&Fires::new(&job.schedule, job.time_zone), fire.known, fire.at);
        if fire.known.is_some_and(|known| known >= fire.at) {
            return Ok(decided_meanwhile(job, &fire));
        }
        if let Some(reason) = too_late(job, fire.at, self.clock.now()) {
            return self.pass_over(job, &fire, &reason);
        }
        loop {
            let report = self.for_fire(job, fire.clone());
            let superseded = matches!(&report, Err(error) if error.kind() == Kind::Superseded);
            if superseded && self.recorded.is_none() {
                return Ok(decided_meanwhile(job, &fire));
            }
            let running = matches!(&report, Err(error) if error.kind() == Kind::Running);
            if running && job.concurrency_policy == ConcurrencyPolicy::Queue {
                self.wait_for(&job.name, None)?;
                continue;
            }
            if running {
                let reason = "the job was still running (concurrency_policy is forbid)";
                self.pass_over(job, &fire, reason)?;
            }
            let next = self.retry(job, &fire)?;
            self.call_hooks(job, fire.at, &report, next.is_none());
            match next {
                Some((next, at)) => {
                    tracing::warn!(job = %job.name, attempt = next.attempt, %at, "it is tried again");
                    self.pause_until(at)?;
                    fire = next;
                }
                None => return report.map(|report| Latest::Ran(Box::new(report))),
            }
        }
    }

    fn pass_over(&self, job: &Job, fire: &Fire, reason: &str) -> Result<Latest> {
        run::pass_over(self.store, &job.name, fire, self.clock.now(), reason)?;
        Ok(Latest::Nothing(format!(
            "the fire {} of job '{}' is passed over: {reason}",
            fire.at, job.name
        )))
    }

    /// The next attempt, and when it is due, if the store says that there is one.
    fn retry(&self, job: &Job, fire: &Fire) -> Result<Option<(Fire, Instant)>> {
        let memory = memory(self.store, &job.name)?;
        let at = memory
            .filter(|memory| memory.last_fire == Some(fire.at))
            .and_then(|memory| memory.retry);
        let attempt = fire.attempt.saturating_add(1);
        let backoff_ms = backoff_ms(job, attempt, self.clock.now());
        Ok(at.map(|at| {
            (Fire { attempt, missed: 0, known: Some(fire.at), backoff_ms, ..fire.clone() }, at)
        }))
    }

    fn pause_until(&mut self, then: Instant) -> Result<()> {
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
    let is_last = work.is_last(job, &done.fire);
    work.call_hooks(job, done.fire.at, &done.result, is_last);
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
            Err(error) if matches!(error.kind(), Kind::Busy | Kind::Running | Kind::Superseded) => {
                tracing::warn!(%job, run, fire = %fire.at, attempt, "run did not begin, or goes no further: {}", error.log_line());
            }
            Err(error) => {
                tracing::error!(%job, run, fire = %fire.at, attempt, seconds, "run failed: {}", error.log_line());
            }
        }
    }
}

/// What came of a start by cron.
#[derive(Debug)]
pub enum Latest {
    /// A run.
    Ran(Box<RunReport>),
    /// Nothing was to be done, and why.
    Nothing(String),
}

/// How many fires lie between the one that is known to be decided and `at`.
fn missed(fires: &Fires, known: Option<Instant>, at: Instant) -> u64 {
    known.map_or(0, |known| fires.count(known, Instant::from_millis(at.millis() - 1)))
}

/// Of several starts for one fire, all but one have nothing to do.
fn decided_meanwhile(job: &Job, fire: &Fire) -> Latest {
    let (at, name) = (fire.at, &job.name);
    Latest::Nothing(format!("another process has decided the fire {at} of job '{name}' meanwhile"))
}

/// A schedule may begin in a later year; one that never fires is a mistake to start by.
fn never_fired(job: &Job, first: Option<Instant>) -> Result<Result<Fire, String>> {
    let (name, schedule) = (&job.name, &job.schedule);
    if let Some(first) = first {
        return Ok(Err(format!("job '{name}' fires for the first time at {first}")));
    }
    Err(Error::usage(format!("job '{name}' has no fire up to now: its schedule is {schedule}"))
        .help("run it by hand without --scheduled, or give it a schedule"))
}

/// The latest fire of a job's schedule by now, or why there is nothing to run.
///
/// # Errors
/// When the schedule never fired; SQLite's.
pub fn scheduled(store: &Store, job: &Job, now: Instant) -> Result<Result<Fire, String>> {
    let fires = Fires::new(&job.schedule, job.time_zone);
    let Some(at) = fires.latest(now) else {
        return never_fired(job, fires.next(now));
    };
    let known = memory(store, &job.name)?.and_then(|memory| memory.last_fire);
    if let Some(known) = known.filter(|known| *known >= at) {
        let again =
            fires.next(known).map_or_else(String::new, |next| format!("; the next one is {next}"));
        return Ok(Err(format!(
            "the fire {at} of job '{}' has been decided already{again}",
            job.name
        )));
    }
    let is_late = now.millis().saturating_sub(start_of(job, at).millis()) > ON_TIME_MS;
    Ok(Ok(Fire {
        at,
        cause: if is_late { Cause::CatchUp } else { Cause::Schedule },
        attempt: 1,
        missed: missed(&fires, known, at),
        known,
        next: fires.next(at),
        backoff_ms: backoff_ms(job, 1, now),
        term: None,
    }))
}
