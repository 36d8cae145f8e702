//! Failures that somebody is still to hear of: a scheduled run that came to no good end owes a call of `on_failure`, which is
//! due once no further attempt comes. It is noted in the transaction that records the failure, so that a process that ends
//! before the call leaves it to the next one.

use rusqlite::ToSql;

use crate::druid::Instant;
use crate::engine::{Fire, Request, Session, has_died};
use crate::error::Result;
use crate::failpoint;
use crate::store::{Store, sql};

/// A call of `on_failure` that is due.
#[derive(Debug, Clone)]
pub struct DueHook {
    /// The run that came to no good end.
    pub run: i64,
    /// Its job.
    pub job: String,
    /// Its scheduled time.
    pub logical: Instant,
    /// How it ended.
    pub outcome: String,
    /// Why.
    pub message: String,
    /// Whether the job is suspended, or unknown by now.
    pub is_at_rest: bool,
    /// Where the job's file is, as far as it is known.
    pub directory: Option<String>,
    worker: Option<String>,
    expires: Option<i64>,
}

impl DueHook {
    /// Whether nobody is about to call it.
    pub fn is_free(&self, wall: Instant) -> bool {
        self.worker.as_deref().is_none_or(has_died)
            || self.expires.is_none_or(|expires| expires <= wall.millis())
    }
}

/// Notes that a run of the schedule came to no good end, in the transaction that records it. One that is not tried again is
/// this process's to tell of.
pub(crate) fn owe(
    session: &Session<'_>,
    request: &Request,
    run: i64,
    is_tried_again: bool,
) -> Result<()> {
    if request.fire.is_none() {
        return Ok(());
    }
    let worker = (!is_tried_again).then(|| session.worker.name().to_owned());
    let expires = session.clock.now().millis().saturating_add(session.lease_ms);
    owe_by(session.store, run, worker.as_deref(), Some(expires))
}

/// As [`owe`], of a run that died: it is whose who finds it.
pub(crate) fn owe_of_dead(store: &Store, run: i64) -> Result<()> {
    owe_by(store, run, None, None)
}

fn owe_by(store: &Store, run: i64, worker: Option<&str>, expires: Option<i64>) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":run", &run), (":worker", &worker), (":expires_ms", &expires)];
    let operation = "cannot record that a hook is to be called";
    store.execute(operation, sql::ledger::OWE_FAILURE_HOOK, &parameters)?;
    failpoint::reach("hook::failure-owed");
    Ok(())
}

/// An attempt begins: those before it were not the last.
pub(crate) fn is_followed(store: &Store, job: &str, fire: &Fire) -> Result<()> {
    if fire.attempt == 1 {
        return Ok(());
    }
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":name", &job), (":fire_ms", &fire.at.millis()), (":attempt", &fire.attempt)];
    let operation = "cannot record that a run is tried again";
    store.execute(operation, sql::ledger::FOLLOWED_FAILURE_HOOK, &parameters)?;
    failpoint::reach("hook::failure-followed");
    Ok(())
}

/// The calls that are due, of one job or of all.
///
/// # Errors
/// SQLite's.
pub fn due_hooks(store: &Store, job: Option<&str>) -> Result<Vec<DueHook>> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":name", &job)];
    let operation = "cannot look for hooks that are to be called";
    store.rows(operation, sql::ledger::DUE_FAILURE_HOOKS, &parameters, |row| {
        Ok(DueHook {
            run: row.get(0)?,
            job: row.get(1)?,
            logical: row.get(2).map(Instant::from_millis)?,
            outcome: row.get(3)?,
            message: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            worker: row.get(5)?,
            expires: row.get(6)?,
            is_at_rest: row.get::<_, Option<bool>>(7)?.unwrap_or(true),
            directory: row.get(8)?,
        })
    })
}

/// Takes a call on; answers whether it is this process's to make.
///
/// # Errors
/// SQLite's.
pub fn take_hook(store: &Store, run: i64) -> Result<bool> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":run", &run)];
    let operation = "cannot record that a hook is called";
    let taken = store.execute(operation, sql::ledger::TAKE_FAILURE_HOOK, &parameters)?;
    failpoint::reach("hook::failure-taken");
    Ok(taken > 0)
}
