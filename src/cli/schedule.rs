//! `schedule`: runs the jobs of a directory when their schedules say so.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::{MetricsFile, Place, positive_period};
use crate::clock::Stopwatch;
use crate::druid::{Instant, Period};
use crate::engine::LEASE_MS;
use crate::error::{Error, Kind, Result};
use crate::exit_code;
use crate::job;
use crate::schedule::{Event, Health, Options, Scheduler, length_ms};
use crate::serve::{Address, Watch, Watching, listen};
use crate::store::{Missing, Store};

/// The shortest lease that can be renewed in time, in milliseconds.
const SHORTEST_LEASE_MS: i64 = 1_000;

/// A store that is busy goes on being said so often while it cannot be opened.
const SAY_BUSY_EVERY: Duration = Duration::from_secs(60);

/// How long the loop may take beyond what was asked for, to end by itself.
const LAST_MOMENT: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub(super) struct ScheduleArgs {
    /// Where the job files are; they are read again when they change.
    #[arg(long, env = "LOPPER_JOBS", value_name = "DIR", default_value = "jobs")]
    jobs: PathBuf,
    /// Do what is due now, and end with the exit code of the worst run: for a cron that starts this every minute.
    #[arg(long)]
    once: bool,
    /// Runs at the same time, at most.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    parallel: u16,
    /// After SIGTERM or SIGINT: how long runs may take to come to the end of their transaction.
    #[arg(long, value_name = "P", default_value = "PT20S", value_parser = positive_period)]
    grace: Period,
    /// How long this scheduler, and a run, counts as living without a further sign: PT1S or more [default: PT30S].
    #[arg(long, value_name = "P", value_parser = lease)]
    lease: Option<Period>,
    #[command(flatten)]
    metrics: MetricsFile,
    /// Answer /metrics, /livez and /readyz on HOST:PORT; a PORT alone is on this machine alone.
    #[arg(long, value_name = "ADDR", value_parser = Address::parse)]
    metrics_listen: Option<Address>,
}

/// Signs of life are given three times within it: in less than a second, a busy machine gives none.
fn lease(text: &str) -> std::result::Result<Period, String> {
    let period = positive_period(text)?;
    // A test that looks at every sign of life wants many.
    let is_long_enough =
        length_ms(&period, Instant::EPOCH) >= SHORTEST_LEASE_MS || crate::failpoint::are_used();
    is_long_enough.then_some(period).ok_or_else(|| {
        format!("'{text}' is less than a second, in which a busy machine may give no sign of life; write PT1S or more")
    })
}

/// Opens the store. Whoever uses it alone for a while is waited for, as while the scheduler works: nothing has begun yet, so
/// that a signal just ends the process.
fn open(place: &Place<'_>, missing: Missing) -> Result<Store> {
    let mut said: Option<Stopwatch> = None;
    loop {
        match place.open(missing) {
            Err(error) if error.kind() == Kind::Busy => {
                if said.is_none_or(|said| said.elapsed() >= SAY_BUSY_EVERY) {
                    tracing::warn!(
                        "the scheduler begins when the store can be opened: {}",
                        error.log_line()
                    );
                    said = Some(Stopwatch::start());
                }
            }
            opened => return opened,
        }
    }
}

impl ScheduleArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let config = place.config()?.with_jobs(&self.jobs);
        let jobs: Vec<_> =
            job::jobs_in(&self.jobs)?.into_iter().filter_map(|(_, job)| job.ok()).collect();
        let store = open(place, super::run::missing(place, &jobs))?;
        place.settle(&store);
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map_err(|error| Error::failed("cannot listen for signals").because(error))?;
        let mut scheduler = Scheduler::new(store, config, place.clock, self.options(place))?;
        let sender = scheduler.sender();
        let grace = self.options(place).grace;
        std::thread::spawn(move || {
            let mut stops = false;
            for signal in signals.forever() {
                // The loop is gone only when the process ends.
                let _ = sender.send(Event::Signal(signal));
                if signal != SIGHUP {
                    let (patience, code) = if stops {
                        (Duration::ZERO, 128 + signal)
                    } else {
                        (grace, i32::from(exit_code::FAILED))
                    };
                    end_behind(patience + LAST_MOMENT, code);
                    stops = true;
                }
            }
        });
        let watching = self.watch(place, scheduler.health())?;
        let scheduled = scheduler.run();
        scheduler.health().is_over();
        if let Some(watching) = watching {
            watching.end();
        }
        scheduled.map(|()| ExitCode::from(scheduler.exit_code()))
    }

    fn options(&self, place: &Place<'_>) -> Options {
        let grace = length_ms(&self.grace, Instant::EPOCH);
        let lease = self.lease.as_ref();
        Options {
            jobs: self.jobs.clone(),
            parallel: usize::from(self.parallel),
            grace: Duration::from_millis(u64::try_from(grace).unwrap_or(u64::MAX)),
            lease_ms: lease.map_or(LEASE_MS, |lease| length_ms(lease, Instant::EPOCH)),
            once: self.once,
            config: place.global.config.clone(),
        }
    }

    /// Metrics, where somebody asks for them.
    fn watch(&self, place: &Place<'_>, health: Arc<Health>) -> Result<Option<Watching>> {
        if self.metrics.metrics_file.is_none() && self.metrics_listen.is_none() {
            return Ok(None);
        }
        let file = self.metrics.metrics_file.clone();
        let (watch, watching) = Watch::start(&place.global.store, health, file)?;
        if let Some(address) = &self.metrics_listen {
            listen(address, watch)?;
        }
        Ok(Some(watching))
    }
}

/// Ends the process when it has not ended by then: its loop may be stuck in a line of the log that nobody reads.
fn end_behind(patience: Duration, code: i32) {
    std::thread::spawn(move || {
        std::thread::sleep(patience);
        std::process::exit(code);
    });
}
