//! `kill`: asks before it deletes.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::cli::mark::on_conflict;
use crate::cli::{GuardArgs, Place, When, checked, needs_yes};
use crate::config::DatasourcesSpec;
use crate::engine::Request;
use crate::engine::operation::Operation;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::ops::kill::{Restored, Resume};
use crate::ops::{KillSpec, MissingFiles, StepSpec};
use crate::store::Missing;

#[derive(Debug, Args)]
#[command(
    override_usage = "lopper kill [OPTIONS] <DATASOURCE>...\n       lopper kill --resume [OPTIONS]\n       lopper kill --restore <ID|RUN> [OPTIONS]"
)]
pub(super) struct KillArgs {
    /// Datasources, or globs such as 'wikipedia*'.
    #[arg(value_name = "DATASOURCE", required_unless_present_any = ["resume", "restore"])]
    datasources: Vec<String>,
    /// Only segments contained in an interval [default: everything].
    #[arg(long, value_name = "INTERVAL", allow_hyphen_values = true)]
    interval: Option<String>,
    /// Only these versions.
    #[arg(long = "version", value_name = "VERSION")]
    versions: Option<Vec<String>>,
    /// Keep so many of the newest unused versions of each interval, to go back to.
    #[arg(long, value_name = "N")]
    keep_versions: Option<i64>,
    /// How long a segment must have been unused [default: P30D].
    #[arg(long, value_name = "PERIOD")]
    buffer_period: Option<String>,
    /// Keep segments that end less than this before now [default: P90D].
    #[arg(long, value_name = "PERIOD", conflicts_with = "ignore_duration_to_retain")]
    duration_to_retain: Option<String>,
    /// Kill also what --duration-to-retain would keep.
    #[arg(long)]
    ignore_duration_to_retain: bool,
    /// At most so many segments; the oldest end goes first.
    #[arg(long, value_name = "N")]
    limit: Option<i64>,
    /// Segments in one transaction [default: 1000].
    #[arg(long, value_name = "N")]
    batch_size: Option<i64>,
    /// What to do about segments that another owner holds locked [default: skip].
    #[arg(long, value_name = "ACTION", value_parser = ["fail", "skip", "wait"])]
    on_conflict: Option<String>,
    /// With --on-conflict wait: how long at most [default: PT5M].
    #[arg(long, value_name = "PERIOD")]
    wait: Option<String>,
    /// What to do when files are missing and their place shows no others [default: stop].
    #[arg(long, value_name = "ACTION")]
    missing_files: Option<MissingFiles>,
    /// Only finish what earlier kills left in the deletion journal.
    #[arg(long, conflicts_with_all = ["interval", "versions", "limit", "dry_run"])]
    resume: bool,
    /// Bring back a segment by its ID, or all that a run has killed by its number, as far as the files are still there.
    #[arg(long, value_name = "ID|RUN", conflicts_with_all = ["interval", "versions", "limit", "dry_run", "resume"])]
    restore: Option<String>,
    #[command(flatten)]
    guard: GuardArgs,
    #[command(flatten)]
    when: When,
}

impl KillArgs {
    fn spec(&self) -> KillSpec {
        KillSpec {
            datasources: DatasourcesSpec {
                datasource: None,
                datasources: Some(self.datasources.clone()),
            },
            interval: self.interval.clone(),
            versions: self.versions.clone(),
            keep_versions: self.keep_versions,
            buffer_period: self.buffer_period.clone(),
            duration_to_retain: self.duration_to_retain.clone(),
            ignore_duration_to_retain: self.ignore_duration_to_retain.then_some(true),
            limit: self.limit,
            batch_size: self.batch_size,
            on_conflict: on_conflict(self.on_conflict.as_deref()),
            wait: self.wait.clone(),
            missing_files: self.missing_files,
        }
    }

    fn command(
        &self,
        place: &Place<'_>,
        name: &str,
        step: impl Operation + 'static,
    ) -> Result<ExitCode> {
        let request = Request::command(name, self.guard.guard(), vec![Arc::new(step)]);
        place.carry_out(&[request], &self.when, Missing::Refuse)
    }

    /// Refuses datasources where the journal alone says what is meant.
    fn refuse_datasources(&self, alone: &str) -> Result<()> {
        let Some(first) = self.datasources.first() else { return Ok(()) };
        let what = if self.resume {
            "--resume cannot be used with a datasource: it finishes all that is left in the deletion journal"
        } else {
            "--restore cannot be used with a datasource: it takes the id of one segment, or the number of one run"
        };
        Err(Error::usage(format!("{what} (here is also '{}')", escape(first)))
            .help(format!("leave the datasource out: `lopper kill {}`", escape(alone))))
    }

    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        if self.resume {
            self.refuse_datasources("--resume")?;
            let resume = Resume { missing_files: self.missing_files.unwrap_or_default() };
            return self.command(place, "kill --resume", resume);
        }
        if let Some(what) = &self.restore {
            self.refuse_datasources(&format!("--restore {what}"))?;
            return self.command(place, "kill --restore", Restored::parse(what));
        }
        let step = checked(StepSpec::Kill(self.spec()))?;
        let request = Request::command(step.op(), self.guard.guard(), vec![step.operation()]);
        if !self.when.dry_run && !place.global.yes && place.config()?.authoritative {
            let dry = When { dry_run: true, at: self.when.at.clone() };
            if !std::io::stdin().is_terminal() {
                return Err(needs_yes("kill", "look with --dry-run, then say --yes"));
            }
            place.carry_out(std::slice::from_ref(&request), &dry, Missing::Refuse)?;
            ask("Delete them for good, metadata and files?")?;
        }
        place.carry_out(&[request], &self.when, Missing::Refuse)
    }
}

/// Asks on the terminal; anything but `yes` ends the command.
pub(super) fn ask(question: &str) -> Result<()> {
    let mut stderr = std::io::stderr().lock();
    let asked = write!(stderr, "{question} Type yes: ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    asked
        .and_then(|()| std::io::stdin().lock().read_line(&mut answer))
        .map_err(|error| Error::failed("cannot ask on the terminal").because(error))?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(Error::usage("not confirmed; nothing was changed"))
    }
}
