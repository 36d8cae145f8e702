//! `jobs`: list and check job files, tell when they start, and tell cron.

mod crontab;
mod machine;
mod next;
mod validate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::{Output, Place};
use crate::engine::lock_report as lock;
use crate::error::{Error, Result};
use crate::job::{self, Job};
use crate::render::table::table;
use crate::rules::report;

#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// List the job files of a directory.
    List(Directory),
    /// Check job files: every mistake at once, with line and column; their SQL and the files that they read; and warn of
    /// schedules that may mean something else.
    Validate(validate::Validate),
    /// Show what starts next, by the schedules of jobs that are not suspended.
    Next(next::Next),
    /// Print lines for cron, which start the same jobs at the same times as the scheduler.
    Crontab(crontab::Crontab),
    /// Print the JSON Schema of job files, for editors.
    Schema(Schema),
}

#[derive(Debug, Args)]
struct Directory {
    /// Where job files are.
    #[arg(long, env = "LOPPER_JOBS", value_name = "DIR", default_value = "jobs")]
    jobs: PathBuf,
}

#[derive(Debug, Args)]
struct Schema {
    /// Of what: job files, lopper.toml, what a hook is told, or what --output json prints: of a run, of explain, of fsck, of
    /// `rules lint`, `rules set`, `rules history`, `lock add`, `lock list`, `lock remove`, `jobs next`, or of an error.
    #[arg(value_name = "OF", default_value = "job",
        value_parser = ["job", "config", "report", "hook", "explain", "fsck", "rules-lint", "rules-set", "rules-history", "error",
            "lock-add", "lock-list", "lock-remove", "jobs-next"])]
    of: String,
}

#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    file: String,
    schedule: String,
    steps: usize,
    description: String,
}

impl JobsArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        match &self.command {
            JobsCommand::List(directory) => list(place, directory),
            JobsCommand::Validate(validate) => validate.run(place),
            JobsCommand::Next(next) => next.run(place),
            JobsCommand::Crontab(crontab) => crontab.run(place),
            JobsCommand::Schema(schema) => schema.run(),
        }
    }
}

fn list(place: &Place<'_>, directory: &Directory) -> Result<ExitCode> {
    let (jobs, broken) = parted(job::jobs_in(&directory.jobs)?);
    let listed = jobs.into_iter().map(|job| Listed {
        file: job.file.unwrap_or_default().display().to_string(),
        schedule: job.schedule.to_string(),
        steps: job.steps.len(),
        description: job.description.unwrap_or_default(),
        name: job.name,
    });
    let listed = listed.collect::<Vec<_>>();
    place.print(&listed, || {
        let rows = listed.iter().map(|job| {
            [
                job.name.clone(),
                job.schedule.clone(),
                job.steps.to_string(),
                job.file.clone(),
                job.description.clone(),
            ]
        });
        table(["job", "schedule", "steps", "file", "description"], &rows.collect::<Vec<_>>())
    })?;
    place.tell_of_broken(&broken)
}

/// The jobs of sound files, and what is wrong with the broken ones.
fn parted(jobs: Vec<(PathBuf, Result<Job>)>) -> (Vec<Job>, Vec<Error>) {
    let (mut sound, mut broken) = (Vec::new(), Vec::new());
    for (_, job) in jobs {
        match job {
            Ok(job) => sound.push(job),
            Err(error) => broken.push(error),
        }
    }
    (sound, broken)
}

/// The jobs; of broken files, every mistake at once.
fn sound(jobs: Vec<(PathBuf, Result<Job>)>) -> Result<Vec<Job>> {
    let (sound, broken) = parted(jobs);
    if broken.is_empty() { Ok(sound) } else { Err(all(&broken)) }
}

fn all(broken: &[Error]) -> Error {
    let error = Error::usage(broken.iter().map(with_help).collect::<Vec<_>>().join("\n"));
    error.at(broken.iter().flat_map(|one| one.places().to_vec()))
}

impl Place<'_> {
    /// Ends a command that has shown what the sound job files say: broken ones hide no other, and are an error.
    fn tell_of_broken(&self, broken: &[Error]) -> Result<ExitCode> {
        match self.global.output {
            _ if broken.is_empty() => Ok(ExitCode::SUCCESS),
            Output::Table => Err(all(broken)),
            // Standard output holds one answer.
            Output::Json => {
                for error in broken {
                    tracing::error!("{}", error.log_line());
                }
                Ok(ExitCode::from(all(broken).exit_code()))
            }
        }
    }
}

/// One of several errors, with its own next step.
fn with_help(error: &Error) -> String {
    let help = error.next_step().map_or_else(String::new, |help| format!("\nhelp: {help}"));
    format!("{error}{help}")
}

impl Schema {
    fn run(&self) -> Result<ExitCode> {
        let schema = match self.of.as_str() {
            "config" => crate::config::schema(),
            "explain" => crate::explain::report::schema(),
            "fsck" => printed::<crate::fsck::report::FsckReport>(),
            "error" => printed::<crate::render::error::ErrorReport>(),
            "report" => printed::<crate::engine::report::RunReport>(),
            "hook" => printed::<crate::engine::report::EndedRun>(),
            "lock-add" => printed::<lock::AddReport>(),
            "lock-list" => printed::<Vec<lock::LockRow>>(),
            "lock-remove" => printed::<lock::RemoveReport>(),
            "jobs-next" => printed::<Vec<next::NextFire>>(),
            "rules-lint" => printed::<report::LintReport>(),
            "rules-set" => printed::<report::SetReport>(),
            "rules-history" => printed::<Vec<report::RuleVersion>>(),
            _ => job::schema(),
        };
        super::print_text(&format!("{schema:#}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The schema of what `--output json` prints.
fn printed<T: schemars::JsonSchema>() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
