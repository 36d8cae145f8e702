//! `jobs validate`: every mistake of job files, down to the SQL, the files and the programs that they name, and what
//! their schedules may not be meant to say.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cli::Place;
use crate::cli::jobs::{Directory, sound};
use crate::config::{At, HookCommand, Hooks, Mistake};
use crate::druid::Instant;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::job::{self, Job};
use crate::ops::Step;
use crate::schedule::{odd_schedule, odd_times};
use crate::store::sandbox::Views;

#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Job files [default: all in --jobs].
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    directory: Directory,
}

impl Validate {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let jobs = if self.files.is_empty() {
            job::jobs_in(&self.directory.jobs)?
        } else {
            self.files.iter().map(|file| (file.clone(), Job::load(file))).collect()
        };
        let views = Views::of_new_store()?;
        let tried = jobs.into_iter().map(|(path, job)| {
            let job = job.and_then(|_| {
                let of_steps = |number, step: &Step| faults(&views, number, step);
                Job::load_tried(&path, &|job| hook_faults(&job.hooks), &of_steps)
            });
            (path, job)
        });
        let jobs = sound(tried.collect())?;
        warn_of_odd_schedules(&jobs, place.clock.now());
        let names = jobs.iter().map(|job| &job.name).collect::<Vec<_>>();
        place.print(&names, || match names.len() {
            1 => "1 job file is valid".to_owned(),
            count => format!("{count} job files are valid"),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What would stop a step at night although its keys are sound: SQL that cannot be prepared, files that are not there.
fn faults(views: &Views, number: usize, step: &Step) -> Vec<Mistake> {
    let wrong = |at: At, message: &str, help: &str| {
        let message = format!("step {number} ({}): {message}", step.op());
        Mistake { at, message, help: help.to_owned() }
    };
    let of_sql = |key, checked: Result<()>| {
        checked.err().map(|error| {
            wrong(At::Key(key), &error.to_string(), error.next_step().unwrap_or_default())
        })
    };
    let of_file = |at, path: &Path| {
        let message = missing(path)?;
        Some(wrong(at, &message, "write the file's path, relative to the job file's directory"))
    };
    let sql = [
        step.condition().and_then(|condition| of_sql("where", views.check_predicate(condition))),
        step.query().and_then(|query| of_sql("sql", views.check_query(query))),
    ];
    let files = step.inputs().into_iter().filter_map(|input| of_file(input.at, input.path));
    sql.into_iter().flatten().chain(files).collect()
}

/// Hooks whose programs cannot be started: nobody would hear of the run that they should tell of.
fn hook_faults(hooks: &Hooks) -> Vec<Mistake> {
    let fault = |(key, command): (&'static str, &HookCommand)| {
        let message = not_callable(command)?;
        let help = "name a program on PATH, or the path of an executable file, relative to the job file's directory; \
                    a line for /bin/sh is a text instead of a list";
        Some(Mistake { at: At::Item(key, 0), message, help: help.to_owned() })
    };
    hooks.programs().filter_map(fault).collect()
}

/// Why the program of a hook cannot be started here, by the PATH of whoever validates.
fn not_callable(command: &HookCommand) -> Option<String> {
    let program = command.words.first()?;
    let shown = escape(program);
    if !program.contains('/') {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let is_there = std::env::split_paths(&path)
            .any(|folder| is_executable(&command.directory.join(folder).join(program)));
        return (!is_there).then(|| format!("no program is called '{shown}' on PATH"));
    }
    let path = command.directory.join(program);
    if let Some(message) = missing(&path) {
        return Some(message);
    }
    let shown = path.display().to_string();
    (!is_executable(&path)).then(|| format!("'{}' is not executable", escape(&shown)))
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// What is wrong with a file that a step reads, or a hook calls. It may be made only later; whoever validates should know.
fn missing(path: &Path) -> Option<String> {
    let shown = path.display().to_string();
    let shown = escape(&shown);
    match path.metadata() {
        Ok(found) if found.is_dir() => Some(format!("'{shown}' is a directory")),
        Ok(_) => None,
        Err(error) => {
            Some(Error::usage(format!("cannot read the file '{shown}'")).because(error).to_string())
        }
    }
}

fn warn_of_odd_schedules(jobs: &[Job], now: Instant) {
    for job in jobs {
        let file = job.file.as_deref().unwrap_or(Path::new("")).display();
        for odd in odd_schedule(job, now).into_iter().chain(odd_times(job, now)) {
            tracing::warn!(job = %job.name, schedule = %job.schedule, %file, "{odd}");
        }
    }
}
