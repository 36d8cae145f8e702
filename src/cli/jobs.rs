//! `jobs`: list and check job files, tell when they start, and tell cron.

mod crontab;
mod machine;
mod next;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Place;
use crate::druid::Instant;
use crate::error::{Error, Result};
use crate::job::{self, Job, Schedule};
use crate::report::table::table;
use crate::report::{lock, rules};
use crate::schedule::Fires;

#[derive(Debug, Args)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    command: JobsCommand,
}

#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// List the job files of a directory.
    List(Directory),
    /// Check job files: every mistake at once, with line and column.
    Validate(Validate),
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
    #[arg(long, value_name = "DIR", default_value = "jobs")]
    jobs: PathBuf,
}

#[derive(Debug, Args)]
struct Validate {
    /// Job files [default: all in --jobs].
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    directory: Directory,
}

#[derive(Debug, Args)]
struct Schema {
    /// Of what: job files, lopper.toml, what a hook is told, or what --output json prints: of a run, of explain, of fsck, of
    /// `rules lint`, `rules set`, `rules history`, `lock add`, `lock list`, `lock remove` or `jobs next`.
    #[arg(value_name = "OF", default_value = "job",
        value_parser = ["job", "config", "report", "hook", "explain", "fsck", "rules-lint", "rules-set", "rules-history",
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
    let mut listed = Vec::new();
    for (path, job) in job::jobs_in(&directory.jobs)? {
        let job = job?;
        listed.push(Listed {
            file: path.display().to_string(),
            schedule: job.schedule.to_string(),
            steps: job.steps.len(),
            description: job.description.unwrap_or_default(),
            name: job.name,
        });
    }
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
    Ok(ExitCode::SUCCESS)
}

impl Validate {
    fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let jobs = if self.files.is_empty() {
            job::jobs_in(&self.directory.jobs)?
        } else {
            self.files.iter().map(|file| (file.clone(), Job::load(file))).collect()
        };
        let jobs = sound(jobs)?;
        tell_of_dead_schedules(&jobs, place.clock.now());
        let names = jobs.iter().map(|job| &job.name).collect::<Vec<_>>();
        place.print(&names, || match names.len() {
            1 => "1 job file is valid".to_owned(),
            count => format!("{count} job files are valid"),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A day such as 31 February is legal to cron, and starts nothing.
fn tell_of_dead_schedules(jobs: &[Job], now: Instant) {
    let dead = |job: &&Job| {
        job.schedule != Schedule::Manually
            && Fires::new(&job.schedule, job.time_zone).next(now).is_none()
    };
    for job in jobs.iter().filter(dead) {
        tracing::warn!(
            job = %job.name,
            schedule = %job.schedule,
            "the job never starts by itself: no time to come is in its schedule"
        );
    }
}

/// The jobs; of broken files, every mistake at once.
fn sound(jobs: Vec<(PathBuf, Result<Job>)>) -> Result<Vec<Job>> {
    let (mut sound, mut wrong) = (Vec::new(), Vec::new());
    for (_, job) in jobs {
        match job {
            Ok(job) => sound.push(job),
            Err(error) => wrong.push(with_help(&error)),
        }
    }
    if wrong.is_empty() { Ok(sound) } else { Err(Error::usage(wrong.join("\n"))) }
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
            "explain" => crate::report::explain::schema(),
            "fsck" => printed::<crate::report::fsck::FsckReport>(),
            "report" => printed::<crate::report::run::RunReport>(),
            "hook" => printed::<crate::report::run::EndedRun>(),
            "lock-add" => printed::<lock::AddReport>(),
            "lock-list" => printed::<Vec<lock::LockRow>>(),
            "lock-remove" => printed::<lock::RemoveReport>(),
            "jobs-next" => printed::<Vec<next::NextFire>>(),
            "rules-lint" => printed::<rules::LintReport>(),
            "rules-set" => printed::<rules::SetReport>(),
            "rules-history" => printed::<Vec<rules::RuleVersion>>(),
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
