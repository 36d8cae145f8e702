//! `run` and `plan`: job files.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Place, When};
use crate::error::Result;
use crate::job;
use crate::run::{Origin, Request};
use crate::store::Missing;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    when: When,
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
    #[arg(long, value_name = "DIR", default_value = "jobs")]
    jobs: PathBuf,
}

impl Which {
    /// All jobs are read before the first one runs: a mistake in the last one changes nothing.
    fn carry_out(&self, place: &Place<'_>, when: &When) -> Result<ExitCode> {
        let mut requests = Vec::with_capacity(self.names.len());
        for name in &self.names {
            let job = job::find(&self.jobs, name)?;
            requests.push(Request {
                origin: Origin::Job,
                name: job.name,
                guard: job.guard,
                steps: job.steps,
            });
        }
        let imports = |step: &job::Step| matches!(step, job::Step::Import(_));
        let fills = requests.iter().any(|request| request.steps.iter().any(imports));
        place.carry_out(&requests, when, if fills { Missing::Create } else { Missing::Refuse })
    }
}

impl RunArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        self.which.carry_out(place, &self.when)
    }
}

impl PlanArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        self.which.carry_out(place, &When { dry_run: true, at: self.at.clone() })
    }
}
