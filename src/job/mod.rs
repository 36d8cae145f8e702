//! Job files: TOML in, checked jobs out, and every mistake of a file at once.
//!
//! The way of a file: text → `reader` (syntax, keys, types) → specs (what stands in the file) →
//! `check` (what it means) → [`Job`]. Steps given as flags go through the same checks.

mod files;
mod schedule;
mod schedule_field;
mod spec;

pub use files::{find, jobs_in};
pub use schedule::{Schedule, ScheduleError};
pub use schedule_field::Numbers;

pub(crate) use files::{list, load_listed, same_name};

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spec::JobSpec;

use crate::config::reader::{Document, Part};
use crate::config::{Guard, Hooks, Mistake, Problems, read_text};
use crate::druid::Period;
use crate::engine::{Fire, Origin, Request};
use crate::error::Result;
use crate::ops::Step;
use crate::zones::Zone;

/// A job whose every part is sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// 1 to 200 of `A–Z a–z 0–9 _ . -`.
    pub name: String,
    /// The file it came from, as the path was given.
    pub file: Option<PathBuf>,
    /// For people.
    pub description: Option<String>,
    /// When it runs by itself.
    pub schedule: Schedule,
    /// The zone in which the schedule's fields are read.
    pub time_zone: Zone,
    /// What happens when the last run still goes on.
    pub concurrency_policy: ConcurrencyPolicy,
    /// What happens to missed runs.
    pub catch_up: CatchUp,
    /// How late a run may start; positive. `None`: at any time.
    pub starting_deadline: Option<Period>,
    /// The most that a scheduled start is put off by, so that many jobs of one time do not start at once; positive.
    /// `None`: not at all.
    pub jitter: Option<Period>,
    /// How long a run may take; positive. `None`: without limit.
    pub timeout: Option<Period>,
    /// How often a failed run is tried again, up to 100 times.
    pub retries: u32,
    /// The wait before the first retry; positive.
    pub retry_backoff: Period,
    /// Whether the schedule leaves it alone.
    pub suspend: bool,
    /// The job's own limits; where it has none, those of `lopper.toml` hold.
    pub guard: Guard,
    /// What is called when a run has ended; where it has none, those of `lopper.toml` are.
    pub hooks: Hooks,
    /// At least one, in the order of the file.
    pub steps: Vec<Step>,
}

/// What happens when a job is due while it still runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ConcurrencyPolicy {
    /// The new run does not start.
    #[default]
    Forbid,
    /// The new run starts when the old one has ended.
    Queue,
}

/// What happens to runs that were missed while nothing could start them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CatchUp {
    /// They are forgotten.
    #[default]
    None,
    /// The latest of them runs once.
    Latest,
}

impl Job {
    /// Reads and checks the job file at `path`; relative paths in it are taken from its directory.
    ///
    /// # Errors
    /// When the file cannot be read, and for all mistakes in it at once.
    pub fn load(path: &Path) -> Result<Self> {
        let text = read_text(path, "job file")?;
        Ok(Self::parse(&text, path)?.anchored(path))
    }

    /// As [`Self::load`]; of a job that is sound, `of_job` finds more mistakes in its own keys, and `faults` in each step,
    /// by its number from 1.
    ///
    /// # Errors
    /// As [`Self::load`], and for what the two find.
    pub(crate) fn load_tried(
        path: &Path,
        of_job: &dyn Fn(&Self) -> Vec<Mistake>,
        faults: &dyn Fn(usize, &Step) -> Vec<Mistake>,
    ) -> Result<Self> {
        let text = read_text(path, "job file")?;
        let mut document = Document::parse::<JobSpec>(&text);
        let job = document.read::<JobSpec>().and_then(|spec| check(spec, &mut document));
        let job = job.filter(|_| document.is_sound()).map(|job| job.anchored(path));
        let as_result = |found: Vec<Mistake>| if found.is_empty() { Ok(()) } else { Err(found) };
        if let Some(job) = &job {
            document.checked(&[], as_result(of_job(job)));
        }
        for (index, step) in job.iter().flat_map(|job| job.steps.iter().enumerate()) {
            let found = as_result(faults(index + 1, step));
            document.checked(&[Part::key("step"), Part::Index(index)], found);
        }
        Ok(document.finish(job, path)?)
    }

    /// With relative paths as relative to the directory of its file.
    fn anchored(mut self, path: &Path) -> Self {
        let directory = path.parent().unwrap_or(Path::new(""));
        self.steps.iter_mut().for_each(|step| step.anchor(directory));
        self.hooks.anchor(directory);
        Self { file: Some(path.to_owned()), ..self }
    }

    /// Checks the text of a job file; `file` names it in messages.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn parse(text: &str, file: &Path) -> std::result::Result<Self, Problems> {
        let mut document = Document::parse::<JobSpec>(text);
        let job = document.read::<JobSpec>().and_then(|spec| check(spec, &mut document));
        document.finish(job, file).map(|job| Self { file: Some(file.to_owned()), ..job })
    }
}

impl Job {
    /// What carries it out, for a fire of its schedule or by hand; where it sets no guard of its own, `guard` holds.
    pub fn request(&self, guard: Guard, fire: Option<Fire>) -> Request {
        Request {
            origin: Origin::Job,
            name: self.name.clone(),
            guard: self.guard.or(guard),
            own_guard: self.guard,
            steps: self.steps.iter().map(Step::operation).collect(),
            fire,
            waits: false,
        }
    }
}

/// Checks a job and its parts, each in its own table of the document.
fn check(mut spec: JobSpec, document: &mut Document<'_>) -> Option<Job> {
    let guard = spec.guard.take().unwrap_or_default();
    let guard = document.checked(&[Part::key("guard")], guard.check());
    let hooks = document.checked(&[], std::mem::take(&mut spec.hooks).check());
    let mut steps = Vec::new();
    for (index, step) in spec.step.iter().flatten().cloned().enumerate() {
        steps.extend(document.checked(&[Part::key("step"), Part::Index(index)], step.check()));
    }
    let job = document.checked(&[], spec.check())?;
    Some(Job { guard: guard?, hooks: hooks?, steps, ..job })
}

/// The JSON Schema (draft 2020-12) of job files, for editors.
pub fn schema() -> serde_json::Value {
    crate::config::schema::schema_of::<JobSpec>().clone()
}
