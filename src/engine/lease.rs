//! A run is the lease of its job: while it lives, no other run of the job begins. A run that gives no sign of life any
//! more is closed as died, and may not go on.

use rusqlite::ToSql;

use crate::clock::Clock;
use crate::druid::Instant;
use crate::engine::worker::{Life, is_of_this_boot, life, process_of};
use crate::engine::{Session, failure_hook, fire, starting};
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::store::{Store, sql};

/// How long a run, or a scheduler, counts as living after its last sign, in milliseconds.
pub const LEASE_MS: i64 = 30_000;

/// Until when something counts as living without a further sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// By the wall clock, which somebody may set.
    pub wall_ms: i64,
    /// By [`Clock::awake_ms`], which nobody sets, and which means something to processes of the same boot alone.
    pub awake_ms: Option<i64>,
}

impl Expiry {
    /// So many milliseconds from now.
    pub fn after(clock: Clock, lease_ms: i64) -> Self {
        Self {
            wall_ms: clock.now().millis().saturating_add(lease_ms),
            awake_ms: Some(clock.awake_ms().saturating_add(lease_ms)),
        }
    }

    /// Whether it is over, of something that `worker` holds.
    pub fn is_over(self, worker: &str, clock: Clock) -> bool {
        match self.awake_ms.filter(|_| is_of_this_boot(worker)) {
            Some(awake_ms) => awake_ms <= clock.awake_ms(),
            None => self.wall_ms <= clock.now().millis(),
        }
    }
}

/// A run that has not ended.
#[derive(Debug, Clone)]
pub struct OpenRun {
    /// Its number; none while its first transaction goes on.
    pub run: Option<i64>,
    /// The job's name, or the command.
    pub name: String,
    /// Its process, if it is known.
    pub worker: Option<String>,
    started: Instant,
    expiry: Option<Expiry>,
}

impl OpenRun {
    /// Whether it counts as dead. A process that can be asked is asked, and no clock; a lease that is over speaks for one
    /// that stands still, or of which nothing is known.
    pub fn is_dead(&self, clock: Clock) -> bool {
        let worker = self.worker.as_deref().unwrap_or_default();
        match life(worker) {
            Life::Lives => false,
            Life::Gone => true,
            Life::Stopped | Life::Unknown => {
                self.expiry.is_none_or(|expiry| expiry.is_over(worker, clock))
            }
        }
    }

    /// What is said to whoever would run its job a second time.
    pub fn is_running(&self) -> Error {
        let worker = self.worker.as_deref().unwrap_or("an unknown process");
        let run =
            self.run.map_or_else(|| "its first transaction".to_owned(), |run| format!("run {run}"));
        Error::new(
            Kind::Running,
            format!(
                "job '{}' is running already: {run}, since {}, by {worker}",
                self.name, self.started
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
            let expires: Option<i64> = row.get(5)?;
            let awake_ms = row.get(6)?;
            Ok(OpenRun {
                run: row.get(0)?,
                name: row.get(2)?,
                worker: row.get(3)?,
                started: Instant::from_millis(row.get(4)?),
                expiry: expires.map(|wall_ms| Expiry { wall_ms, awake_ms }),
            })
        },
    )
}

/// Closes runs whose process ended without a word; answers them. Nothing is written when there is none.
///
/// # Errors
/// SQLite's.
pub fn close_died(store: &Store, clock: Clock) -> Result<Vec<OpenRun>> {
    close(store, clock, |run| run.is_dead(clock))
}

/// As [`close_died`], and closes what the process of `worker` ran, which is known to be gone, whatever the clock says.
///
/// # Errors
/// SQLite's.
pub fn close_died_with(store: &Store, worker: &str, clock: Clock) -> Result<Vec<OpenRun>> {
    let is_its = |run: &OpenRun| {
        run.worker.as_deref().is_some_and(|its| process_of(its) == process_of(worker))
    };
    close(store, clock, |run| run.is_dead(clock) || is_its(run))
}

fn close(store: &Store, clock: Clock, is_dead: impl Fn(&OpenRun) -> bool) -> Result<Vec<OpenRun>> {
    let mut open = open_runs(store, None)?;
    open.retain(is_dead);
    for OpenRun { run, name, worker, .. } in &open {
        let Some(run) = run else {
            // Its transaction is rolled back: nothing of it has happened.
            starting::forget(store, worker.as_deref().unwrap_or_default())?;
            continue;
        };
        let wall = clock.now();
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
pub(crate) fn refuse_twice(session: &Session<'_>, job: &str) -> Result<()> {
    let open = open_runs(session.store, Some(job))?;
    // This session has announced its own run.
    match open.iter().find(|open| open.worker.as_deref() != Some(session.worker.name())) {
        Some(run) => Err(run.is_running()),
        None => Ok(()),
    }
}

/// Does `work` within a transaction of the session's run, with a sign of life before and behind it: a run that counts as
/// dead by now, or whose scheduler does not act any more, does nothing; and a transaction that took longer than the
/// lease leaves nobody the time to take it over.
pub(crate) fn within<'a, T>(
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
    let Expiry { wall_ms, awake_ms } = expiry(session);
    let parameters: [(&str, &dyn ToSql); 4] = [
        (":run", &run),
        (":worker", &session.worker.name()),
        (":expires_ms", &wall_ms),
        (":expires_awake_ms", &awake_ms),
    ];
    let operation = "cannot prolong the run";
    match session.store.execute(operation, sql::ledger::RENEW_RUN, &parameters)? {
        0 => Err(superseded(format!(
            "run {run} gave no sign of life for too long, and was closed as died: it goes no further"
        ))),
        _ => Ok(()),
    }
}

/// When a run that begins or goes on now ends without a further sign.
pub(crate) fn expiry(session: &Session<'_>) -> Expiry {
    Expiry::after(session.clock, session.lease_ms)
}

/// Another process acts by now.
pub(crate) fn superseded(message: impl Into<String>) -> Error {
    Error::new(Kind::Superseded, message)
        .help("what it had committed stands; `lopper history` tells what came of it")
}
