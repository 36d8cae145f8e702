//! `schedule`: runs the jobs of a directory when their schedules say so.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Place, positive_period};
use crate::druid::{Instant, Period};
use crate::error::{Error, Result};
use crate::job;
use crate::run::LEASE_MS;
use crate::schedule::{Event, Options, Scheduler, length_ms};

#[derive(Debug, Args)]
pub(super) struct ScheduleArgs {
    /// Where the job files are; they are read again when they change.
    #[arg(long, value_name = "DIR", default_value = "jobs")]
    jobs: PathBuf,
    /// Do what is due now, and end: for a cron that starts this every minute.
    #[arg(long)]
    once: bool,
    /// Runs at the same time, at most.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    parallel: u16,
    /// After SIGTERM or SIGINT: how long runs may take to come to the end of their transaction.
    #[arg(long, value_name = "P", default_value = "PT20S", value_parser = positive_period)]
    grace: Period,
    /// How long this scheduler, and a run, counts as living without a further sign [default: PT30S].
    #[arg(long, value_name = "P", value_parser = positive_period)]
    lease: Option<Period>,
}

impl ScheduleArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let config = place.config()?;
        let jobs: Vec<_> =
            job::jobs_in(&self.jobs)?.into_iter().filter_map(|(_, job)| job.ok()).collect();
        let store = place.open(super::run::missing(&jobs))?;
        place.settle(&store);
        let options = Options {
            jobs: self.jobs.clone(),
            parallel: usize::from(self.parallel),
            grace: Duration::from_millis(
                u64::try_from(length_ms(&self.grace, Instant::EPOCH)).unwrap_or(u64::MAX),
            ),
            lease_ms: self
                .lease
                .as_ref()
                .map_or(LEASE_MS, |lease| length_ms(lease, Instant::EPOCH)),
            once: self.once,
            config: place.global.config.clone(),
        };
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])
            .map_err(|error| Error::failed("cannot listen for signals").because(error))?;
        let mut scheduler = Scheduler::new(store, config, place.clock, options)?;
        let sender = scheduler.sender();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                // The loop is gone only when the process ends.
                let _ = sender.send(Event::Signal(signal));
            }
        });
        scheduler.run()?;
        Ok(ExitCode::SUCCESS)
    }
}
