//! `run` and `plan`: job files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::import::dumps_of;
use crate::cli::{MetricsFile, Place, When, positive_period};
use crate::config::{Config, Guard};
use crate::druid::{Instant, Period};
use crate::dump::check_is_there;
use crate::engine::report::{Outcome, RunReport};
use crate::engine::{LEASE_MS, Stop};
use crate::error::{Kind, Result};
use crate::job::Job;
use crate::ops::Step;
use crate::schedule::{Latest, Work, length_ms, start_again_at};
use crate::store::{Missing, Store};
use crate::{exit_code, job};

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    when: When,
    /// Run each job for the latest fire of its schedule, unless that has been run already: for cron.
    #[arg(long, conflicts_with = "at")]
    scheduled: bool,
    /// With --scheduled: pass a fire over that is later than this, such as PT1H, instead of what the job says.
    #[arg(long, value_name = "P", value_parser = positive_period, requires = "scheduled")]
    starting_deadline: Option<Period>,
    /// When the job runs already, wait for its end, at most so long [default: wait as long as it takes].
    #[arg(long, value_name = "P", value_parser = positive_period, num_args = 0..=1, require_equals = true, conflicts_with = "scheduled")]
    wait: Option<Option<Period>>,
    #[command(flatten)]
    metrics: MetricsFile,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    which: Which,
    /// Decide as if it were then: an instant, or `now+P1D`.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
}

/// Which jobs.
#[derive(Debug, Args)]
struct Which {
    /// A job file, or the name of one in --jobs.
    #[arg(required = true, value_name = "JOB")]
    names: Vec<String>,
    /// Where job files are.
    #[arg(long, env = "LOPPER_JOBS", value_name = "DIR", default_value = "jobs")]
    jobs: PathBuf,
}

impl Which {
    /// All jobs are read before the first one runs: a mistake in the last one changes nothing.
    fn jobs(&self) -> Result<Vec<Job>> {
        self.names.iter().map(|name| job::find(&self.jobs, name)).collect()
    }
}

impl RunArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let mut jobs = self.which.jobs()?;
        if self.when.dry_run {
            return plan(place, &jobs, &self.when);
        }
        for job in &mut jobs {
            job.starting_deadline = self.starting_deadline.or(job.starting_deadline);
        }
        let done = self.carry_out(place, &jobs);
        self.metrics.write(place, &jobs);
        done
    }

    fn carry_out(&self, place: &Place<'_>, jobs: &[Job]) -> Result<ExitCode> {
        let config = place.config()?.with_jobs(&self.which.jobs);
        let began = place.clock.now();
        let logical = Place::logical(self.when.at.as_deref(), began)?;
        if !place.global.store.exists() {
            dumps(jobs).into_iter().try_for_each(check_is_there)?;
        }
        let mut store = self.open(place, jobs)?;
        let done = self.each(place, &mut store, &config, jobs, (logical, began));
        match done {
            // A scheduled time that was claimed stays claimed.
            Err(_) if !self.scheduled => store.discard_if_nothing_came_of_it(),
            _ => place.settle(&store),
        }
        done
    }

    /// Opens the store. For cron, one that is busy is tried again as the first job's retries say: nothing has begun yet, and
    /// what ends the first job ends all.
    fn open(&self, place: &Place<'_>, jobs: &[Job]) -> Result<Store> {
        let mut clock = place.clock;
        let mut refused = 0;
        loop {
            let opened = place.open(missing(place, jobs));
            let is_busy = matches!(&opened, Err(error) if error.kind() == Kind::Busy);
            refused += 1;
            let now = clock.now();
            let first = jobs.first().filter(|_| self.scheduled && is_busy);
            let Some(then) = first.and_then(|job| start_again_at(job, refused, now)) else {
                return opened;
            };
            let wait = then.millis().saturating_sub(now.millis());
            // A signal ends the process, which has done nothing.
            clock.pause(u64::try_from(wait).unwrap_or(0));
        }
    }

    /// Runs one job after the other; the first error ends it.
    fn each(
        &self,
        place: &Place<'_>,
        store: &mut Store,
        config: &Config,
        jobs: &[Job],
        (logical, began): (Instant, Instant),
    ) -> Result<ExitCode> {
        let stop = Stop::on_signals()?;
        store.interrupt_on(stop.flag())?;
        let progress = place.progress();
        let mut work = Work {
            store,
            config,
            clock: place.clock,
            stop: &stop,
            progress: &progress,
            lease_ms: LEASE_MS,
            recorded: None,
        };
        let mut code = ExitCode::SUCCESS;
        for (index, job) in jobs.iter().enumerate() {
            let ran = self.one(&mut work, job, logical, began);
            if ran.is_err() {
                name_not_started(job, jobs.get(index + 1..).unwrap_or_default());
            }
            if let Some(report) = ran? {
                place.print_run(&report)?;
                if report.outcome == Outcome::Partial {
                    code = ExitCode::from(exit_code::PARTIAL);
                }
            }
        }
        Ok(code)
    }

    /// Runs one job; answers nothing when there was nothing to run.
    fn one(
        &self,
        work: &mut Work<'_>,
        job: &Job,
        logical: Instant,
        began: Instant,
    ) -> Result<Option<RunReport>> {
        if self.scheduled {
            return match work.for_latest_fire(job)? {
                Latest::Ran(report) => Ok(Some(*report)),
                Latest::Nothing(why) => {
                    tracing::warn!(job = %job.name, "nothing to run: {why}");
                    Ok(None)
                }
            };
        }
        let report = match &self.wait {
            Some(limit) => {
                let limit_ms = limit.as_ref().map(|limit| length_ms(limit, began));
                work.by_hand_in_turn(job, logical, began, limit_ms)
            }
            None => work.by_hand(job, logical, began),
        };
        report.map(Some)
    }
}

impl PlanArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        plan(place, &self.which.jobs()?, &When { dry_run: true, at: self.at.clone() })
    }
}

fn plan(place: &Place<'_>, jobs: &[Job], when: &When) -> Result<ExitCode> {
    let requests: Vec<_> = jobs.iter().map(|job| job.request(Guard::default(), None)).collect();
    place.carry_out(&requests, when, missing(place, jobs))
}

/// The first error ends the command: says which jobs behind it were not started.
fn name_not_started(failed: &Job, rest: &[Job]) {
    for job in rest {
        tracing::error!(
            job = %job.name,
            "not started, because job '{}' in front of it did not succeed; start it with `lopper run {}`",
            failed.name,
            job.name
        );
    }
}

/// A job that imports may make the store that it fills; a file that is there and empty may be a failed copy.
pub(super) fn missing(place: &Place<'_>, jobs: &[Job]) -> Missing {
    if dumps(jobs).is_empty() || place.global.store.exists() {
        Missing::Refuse
    } else {
        Missing::Create
    }
}

fn dumps(jobs: &[Job]) -> Vec<&Path> {
    let steps = jobs.iter().flat_map(|job| &job.steps);
    dumps_of(steps.flat_map(Step::inputs)).collect()
}
