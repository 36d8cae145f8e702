//! `explain`: one segment's story, the segments of an interval, or what is to come.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::Place;
use crate::config::period::with_parts;
use crate::config::{InstantExpression, IntervalExpression};
use crate::druid::Instant;
use crate::engine::{Session, Stop};
use crate::error::{Error, Result};
use crate::explain::{Around, explain};
use crate::job::{self, Job};
use crate::render::explain;

/// Where job files are, unless the command says otherwise.
const JOBS: &str = "jobs";

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A segment's id, or a datasource.
    #[arg(value_name = "ID|DATASOURCE")]
    subject: String,
    /// The datasource that the segment is of.
    #[arg(long, value_name = "DATASOURCE", conflicts_with_all = ["interval", "until"])]
    datasource: Option<String>,
    /// The datasource's segments in an interval, in groups.
    #[arg(long, value_name = "INTERVAL", allow_hyphen_values = true, conflicts_with = "until")]
    interval: Option<String>,
    /// What the rules and the jobs will do to the datasource, day by day: for a period such as P60D, or until an
    /// instant.
    #[arg(long, value_name = "PERIOD|INSTANT")]
    until: Option<String>,
    /// Judge as if it were then: an instant, or `now+P1D`.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Where job files are, whose kills are asked [default: jobs, if there is one].
    #[arg(long, env = "LOPPER_JOBS", value_name = "DIR")]
    jobs: Option<PathBuf>,
}

impl ExplainArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let config = place.config()?;
        let began = place.clock.now();
        let logical = Place::logical(self.at.as_deref(), began)?;
        let around = self.around(logical)?;
        let jobs = self.jobs(&around)?;
        let mut store = place.open_to_read()?;
        let stop = Stop::on_signals()?;
        store.interrupt_on(stop.flag())?;
        let progress = place.progress();
        let mut session =
            Session::new(&mut store, &config, place.clock, &stop, &progress).of(logical, began);
        let told = explain(&mut session, &self.subject, self.datasource.as_deref(), &around, &jobs);
        progress.finish();
        let told = told.map_err(|error| stop.name_signal(error))?;
        place.print(&told, || explain::explanation(&told))?;
        Ok(ExitCode::SUCCESS)
    }

    fn around(&self, logical: Instant) -> Result<Around> {
        let wrong =
            |flag: &str, reason: String| Error::usage(format!("invalid --{flag}: {reason}"));
        if let Some(interval) = &self.interval {
            let interval = IntervalExpression::parse(interval)
                .and_then(|interval| interval.resolve(logical))
                .map_err(|reason| wrong("interval", reason))?;
            return Ok(Around::Range(interval));
        }
        let Some(until) = &self.until else { return Ok(Around::Whole) };
        let at = if until.starts_with(['P', 'p']) {
            with_parts(until)
                .and_then(|period| period.add_to(logical).map_err(|error| error.to_string()))
        } else {
            InstantExpression::parse(until).and_then(|until| until.resolve(logical))
        };
        let at = at.map_err(|reason| wrong("until", reason))?;
        if at < logical {
            return Err(wrong("until", format!("{at} is before {logical}")));
        }
        Ok(Around::Until(at))
    }

    /// The job files that count, each of which must be sound.
    fn jobs(&self, around: &Around) -> Result<Vec<Job>> {
        let is_default = self.jobs.is_none();
        let directory = self.jobs.as_deref().unwrap_or(Path::new(JOBS));
        let is_asked = !matches!(around, Around::Range(_));
        if !is_asked || (is_default && !directory.is_dir()) {
            return Ok(Vec::new());
        }
        job::jobs_in(directory)?.into_iter().map(|(_, job)| job).collect()
    }
}
