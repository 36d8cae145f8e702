//! What the store remembers of jobs: since when a schedule holds, which fire was decided last, what is tried again.

use std::path::{Path, PathBuf};

use rusqlite::{Row, ToSql};
use serde_json::{Value, json};

use crate::druid::Instant;
use crate::engine::Cause;
use crate::error::Result;
use crate::failpoint;
use crate::job::{CatchUp, Job};
use crate::schedule::agenda::is_scheduled;
use crate::store::{Store, sql};

/// One job, as the store remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// The job's name.
    pub name: String,
    /// Whether its schedule is at rest.
    pub suspended: bool,
    /// Since when its schedule holds: fires up to then are not owed.
    pub since: Instant,
    /// The fire that was decided last.
    pub last_fire: Option<Instant>,
    /// When that fire's run is tried again.
    pub retry: Option<Instant>,
    /// As what.
    pub retry_cause: Cause,
    /// The latest attempt at that fire, from 1.
    pub attempt: u32,
    /// The fire behind it, as it was noted.
    pub next_fire: Option<Instant>,
}

impl Memory {
    /// Fires up to here are owed no more.
    pub fn base(&self) -> Instant {
        self.last_fire.map_or(self.since, |fire| fire.max(self.since))
    }

    /// When the last fire is tried again, if the job still wants that.
    pub fn wanted_retry(&self, job: &Job) -> Option<Instant> {
        let is_wanted = match self.retry_cause {
            Cause::Schedule => self.attempt <= job.retries,
            Cause::CatchUp => job.catch_up == CatchUp::Latest,
        };
        self.retry.filter(|_| is_wanted)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let instant =
            |index| row.get::<_, Option<i64>>(index).map(|ms| ms.map(Instant::from_millis));
        let catches_up = row.get::<_, Option<String>>(9)?.as_deref() == Some(Cause::CatchUp.name());
        Ok(Self {
            name: row.get(0)?,
            suspended: row.get(3)?,
            since: row.get(4).map(Instant::from_millis)?,
            last_fire: instant(5)?,
            retry: instant(6)?,
            retry_cause: if catches_up { Cause::CatchUp } else { Cause::Schedule },
            attempt: row.get(7)?,
            next_fire: instant(8)?,
        })
    }
}

/// What is remembered of all jobs.
///
/// # Errors
/// SQLite's.
pub fn memories(store: &Store) -> Result<Vec<Memory>> {
    store.rows("cannot read what is known of the jobs", sql::schedule::JOBS, &[], Memory::from_row)
}

/// What is remembered of one job.
///
/// # Errors
/// SQLite's.
pub fn memory(store: &Store, name: &str) -> Result<Option<Memory>> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":name", &name)];
    let operation = "cannot read what is known of a job";
    let rows = store.rows(operation, sql::schedule::JOB, &parameters, Memory::from_row)?;
    Ok(rows.into_iter().next())
}

/// From when on the fires of one job are owed; none: from now on.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwedFrom {
    /// Of a job that nobody knew.
    pub new: Option<Instant>,
    /// Of one whose schedule or zone is another one, or that was suspended.
    pub changed: Option<Instant>,
}

/// Remembers one job, which a scheduler elsewhere need not know. Nothing is written when it is remembered as it is.
///
/// # Errors
/// SQLite's.
pub fn keep(store: &Store, job: &Job, owed: OwedFrom, wall: Instant) -> Result<()> {
    let mut told = told(job);
    if let Some(since) = owed.new {
        told["since_ms"] = since.millis().into();
    }
    let jobs = json!([told]).to_string();
    let parameters: [(&str, &dyn ToSql); 1] = [(":jobs", &jobs)];
    let operation = "cannot read what is known of a job";
    if store.row(operation, sql::schedule::ARE_KEPT, &parameters, |row| row.get(0))? {
        return Ok(());
    }
    keep_all(store, &jobs, owed.changed, wall)
}

/// Remembers the jobs in force, and that all others of their directory are at rest, in the caller's transaction.
///
/// # Errors
/// SQLite's.
pub fn keep_in_force<'a>(
    store: &Store,
    jobs: impl Iterator<Item = &'a Job>,
    directory: &Path,
    wall: Instant,
) -> Result<()> {
    let jobs = Value::from_iter(jobs.map(told)).to_string();
    keep_all(store, &jobs, None, wall)?;
    let directory = directory_name(directory);
    let parameters: [(&str, &dyn ToSql); 2] = [(":jobs", &jobs), (":directory", &directory)];
    let operation = "cannot record which jobs are gone";
    store.execute(operation, sql::schedule::SUSPEND_OTHERS, &parameters)?;
    failpoint::reach("schedule::others-suspended");
    Ok(())
}

fn keep_all(store: &Store, jobs: &str, owed: Option<Instant>, wall: Instant) -> Result<()> {
    let owed_ms = owed.map(Instant::millis);
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":jobs", &jobs), (":wall_ms", &wall.millis()), (":owed_ms", &owed_ms)];
    store.execute("cannot record the jobs", sql::schedule::KEEP_JOBS, &parameters)?;
    failpoint::reach("schedule::jobs-kept");
    let parameters: [(&str, &dyn ToSql); 1] = [(":jobs", &jobs)];
    store.execute("cannot record the jobs", sql::schedule::DROP_RETRIES, &parameters)?;
    failpoint::reach("schedule::retries-dropped");
    Ok(())
}

fn told(job: &Job) -> Value {
    let directory = job.file.as_deref().and_then(Path::parent).map(directory_name);
    json!({
        "name": job.name,
        "schedule": job.schedule.to_string(),
        "time_zone": job.time_zone.name(),
        "suspended": u8::from(!is_scheduled(job)),
        "directory": directory,
        "retries": job.retries,
        "catches_up": u8::from(job.catch_up == CatchUp::Latest),
    })
}

/// A directory of job files, as the store knows it. Links stay: a release is often put in force by turning one.
pub fn directory_name(directory: &Path) -> String {
    let here = directory.as_os_str().is_empty();
    let directory = if here { Path::new(".") } else { directory };
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    // `a/./b` and `a/b/` are the same.
    absolute.components().collect::<PathBuf>().to_string_lossy().into_owned()
}

/// Notes when jobs fire next.
///
/// # Errors
/// SQLite's.
pub fn keep_next_fires(store: &Store, fires: &[(String, Option<Instant>)]) -> Result<()> {
    let fires = fires
        .iter()
        .map(|(name, next)| json!({ "name": name, "next_fire_ms": next.map(Instant::millis) }));
    let fires = Value::from_iter(fires).to_string();
    let parameters: [(&str, &dyn ToSql); 1] = [(":fires", &fires)];
    let operation = "cannot record when the jobs fire next";
    store.execute(operation, sql::schedule::KEEP_NEXT_FIRES, &parameters)?;
    failpoint::reach("schedule::next-fires-kept");
    Ok(())
}

/// Gives up trying the last fire again.
///
/// # Errors
/// SQLite's.
pub fn give_up_retry(store: &Store, name: &str) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":name", &name)];
    store.execute("cannot record the job", sql::schedule::GIVE_UP_RETRY, &parameters).map(drop)
}

/// Lets the fires of a job count from now on.
///
/// # Errors
/// SQLite's.
pub fn start_anew(store: &Store, name: &str, wall: Instant) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 2] = [(":name", &name), (":wall_ms", &wall.millis())];
    store.execute("cannot record the job", sql::schedule::START_ANEW, &parameters)?;
    failpoint::reach("schedule::job-started-anew");
    Ok(())
}
