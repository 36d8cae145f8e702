//! A run is the lease of its job: while it lives, no other run of the job begins. A run that gives no sign of life any
//! more is closed as died, and may not go on.

use rusqlite::ToSql;

use super::worker::process_of;
use super::{Session, failure_hook, fire, has_died};
use crate::druid::Instant;
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::store::{Store, sql};

/// How long a run, or a scheduler, counts as living after its last sign, in milliseconds.
pub const LEASE_MS: i64 = 30_000;

/// A run that has not ended.
#[derive(Debug, Clone)]
pub struct OpenRun {
    /// Its number.
    pub run: i64,
    /// The job's name, or the command.
    pub name: String,
    /// Its process, if it is known.
    pub worker: Option<String>,
    started: Instant,
    expires: Option<i64>,
}

impl OpenRun {
    /// Whether it counts as dead: its time is over, or its process is known to have died.
    pub fn is_dead(&self, wall: Instant) -> bool {
        self.expires.is_none_or(|expires| expires <= wall.millis())
            || self.worker.as_deref().is_some_and(has_died)
    }

    /// What is said to whoever would run its job a second time.
    pub fn is_running(&self) -> Error {
        let worker = self.worker.as_deref().unwrap_or("an unknown process");
        Error::new(
            Kind::Running,
            format!(
                "job '{}' is running already: run {}, since {}, by {worker}",
                self.name, self.run, self.started
            ),
        )
        .help("wait for its end (`lopper run JOB --wait`), or look at it with `lopper history`")
    }
}

/// Runs that have not ended: those of one job, or all.
///
/// # Errors
/// SQLite's.
pub fn open_runs(store: &Store, job: Option<&str>) -> Result<Vec<OpenRun>> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":name", &job)];
    store.rows(
        "cannot look for runs that have not ended",
        sql::ledger::OPEN_RUNS,
        &parameters,
        |row| {
            Ok(OpenRun {
                run: row.get(0)?,
                name: row.get(2)?,
                worker: row.get(3)?,
                started: Instant::from_millis(row.get(4)?),
                expires: row.get(5)?,
            })
        },
    )
}

/// Closes runs whose process ended without a word; answers them. Nothing is written when there is none.
///
/// # Errors
/// SQLite's.
pub fn close_died(store: &Store, wall: Instant) -> Result<Vec<OpenRun>> {
    close(store, wall, |run| run.is_dead(wall))
}

/// As [`close_died`], and closes what the process of `worker` ran, which is known to be gone, whatever the clock says.
///
/// # Errors
/// SQLite's.
pub fn close_died_with(store: &Store, worker: &str, wall: Instant) -> Result<Vec<OpenRun>> {
    let is_its = |run: &OpenRun| {
        run.worker.as_deref().is_some_and(|its| process_of(its) == process_of(worker))
    };
    close(store, wall, |run| run.is_dead(wall) || is_its(run))
}

fn close(store: &Store, wall: Instant, is_dead: impl Fn(&OpenRun) -> bool) -> Result<Vec<OpenRun>> {
    let mut open = open_runs(store, None)?;
    open.retain(is_dead);
    for OpenRun { run, name, .. } in &open {
        let parameters: [(&str, &dyn ToSql); 2] = [(":run", run), (":wall_ms", &wall.millis())];
        store.execute("cannot close a run that died", sql::ledger::CLOSE_DIED, &parameters)?;
        failpoint::reach("run::died-closed");
        fire::retry_died(store, *run, wall)?;
        failure_hook::owe_of_dead(store, *run)?;
        tracing::warn!(run, job = %name, "its process ended without a word: closed as died");
    }
    Ok(open)
}

/// Refuses to begin a run of a job that is running. In the transaction that begins it.
pub(super) fn refuse_twice(session: &Session<'_>, job: &str) -> Result<()> {
    match open_runs(session.store, Some(job))?.first() {
        Some(run) => Err(run.is_running()),
        None => Ok(()),
    }
}

/// Does `work` within a transaction of the session's run, with a sign of life before and behind it: a run that counts as
/// dead by now, or whose scheduler does not act any more, does nothing; and a transaction that took longer than the
/// lease leaves nobody the time to take it over.
pub(super) fn within<'a, T>(
    session: &mut Session<'a>,
    work: impl FnOnce(&mut Session<'a>) -> Result<T>,
) -> Result<T> {
    renew(session)?;
    let done = work(session)?;
    renew(session)?;
    Ok(done)
}

fn renew(session: &Session<'_>) -> Result<()> {
    if let Some(run) = session.leased {
        renew_run(session, run)?;
    }
    match &session.term {
        Some(term) => fire::renew_term(session, term),
        None => Ok(()),
    }
}

fn renew_run(session: &Session<'_>, run: i64) -> Result<()> {
    let expires = expires(session);
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":run", &run), (":worker", &session.worker.name()), (":expires_ms", &expires)];
    let operation = "cannot prolong the run";
    match session.store.execute(operation, sql::ledger::RENEW_RUN, &parameters)? {
        0 => Err(superseded(format!(
            "run {run} gave no sign of life for too long, and was closed as died: it goes no further"
        ))),
        _ => Ok(()),
    }
}

/// When a run that begins or goes on now ends without a further sign.
pub(super) fn expires(session: &Session<'_>) -> i64 {
    session.clock.now().millis().saturating_add(session.lease_ms)
}

/// Another process acts by now.
pub(crate) fn superseded(message: impl Into<String>) -> Error {
    Error::new(Kind::Superseded, message)
        .help("what it had committed stands; `lopper history` tells what came of it")
}
