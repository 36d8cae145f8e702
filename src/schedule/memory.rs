//! What the store remembers of jobs: since when a schedule holds, which fire was decided last, what is tried again.

use rusqlite::{Row, ToSql};
use serde_json::{Value, json};

use super::agenda::is_scheduled;
use crate::druid::Instant;
use crate::error::Result;
use crate::failpoint;
use crate::job::Job;
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

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let instant =
            |index| row.get::<_, Option<i64>>(index).map(|ms| ms.map(Instant::from_millis));
        Ok(Self {
            name: row.get(0)?,
            suspended: row.get(3)?,
            since: row.get(4).map(Instant::from_millis)?,
            last_fire: instant(5)?,
            retry: instant(6)?,
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

/// Remembers one job, which a scheduler elsewhere need not know.
///
/// # Errors
/// SQLite's.
pub fn keep(store: &Store, job: &Job, wall: Instant) -> Result<()> {
    keep_all(store, &json!([told(job)]).to_string(), wall)
}

/// Remembers the jobs in force, and that all others are at rest, in the caller's transaction.
///
/// # Errors
/// SQLite's.
pub fn keep_in_force<'a>(
    store: &Store,
    jobs: impl Iterator<Item = &'a Job>,
    wall: Instant,
) -> Result<()> {
    let jobs = Value::from_iter(jobs.map(told)).to_string();
    keep_all(store, &jobs, wall)?;
    let parameters: [(&str, &dyn ToSql); 1] = [(":jobs", &jobs)];
    let operation = "cannot record which jobs are gone";
    store.execute(operation, sql::schedule::SUSPEND_OTHERS, &parameters)?;
    failpoint::reach("schedule::others-suspended");
    Ok(())
}

fn keep_all(store: &Store, jobs: &str, wall: Instant) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 2] = [(":jobs", &jobs), (":wall_ms", &wall.millis())];
    store.execute("cannot record the jobs", sql::schedule::KEEP_JOBS, &parameters)?;
    failpoint::reach("schedule::jobs-kept");
    Ok(())
}

fn told(job: &Job) -> Value {
    json!({
        "name": job.name,
        "schedule": job.schedule.to_string(),
        "time_zone": job.time_zone.name(),
        "suspended": u8::from(!is_scheduled(job)),
    })
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
