//! The lock that a kill holds on what it deletes, from the transaction that moves a batch into the journal until the
//! batch's files are done: marks, imports and other kills of that interval meet it.

use rusqlite::ToSql;

use crate::druid::Period;
use crate::engine::{Keep, Session, waiting};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::store::sql;

/// Minutes after which the lock of a kill that died on another machine ends by itself.
const MINUTES: i32 = 10;

/// The owner's name is this and the run's number.
const OWNER: &str = "lopper run";

const OPERATION: &str = "cannot lock what is to be killed";

/// Moves one batch in a transaction that gives back the lock of the batch before, whose files are done, and takes that
/// of its own. What the batch meets may be waited for; meanwhile, and when it fails, the run locks nothing.
///
/// # Errors
/// Those of `batch`, and SQLite's.
pub(crate) fn around<T>(
    session: &mut Session<'_>,
    run: i64,
    mut batch: impl FnMut(&mut Session<'_>) -> Result<T>,
) -> Result<T> {
    waiting::until_free(session, |session| {
        let result = session.transaction(Keep::Yes, |session| {
            give_back(session)?;
            let taken = batch(session)?;
            take(session, run)?;
            Ok(taken)
        });
        if result.is_err()
            && let Err(error) = session
                .undisturbed(|session| session.transaction(Keep::Yes, |session| give_back(session)))
        {
            tracing::warn!(%error, "the kill's lock could not be given back: it expires by itself");
        }
        result
    })
}

/// Locks the intervals of the rows in `temp.batch`, in the transaction that has moved them into the journal.
fn take(session: &Session<'_>, run: i64) -> Result<()> {
    let (owner, wall) = (format!("{OWNER} {run}"), session.clock.now().millis());
    let parameters: [(&str, &dyn ToSql); 4] = [
        (":owner", &owner),
        (":worker", &session.worker.name()),
        (":wall_ms", &wall),
        (":expires_ms", &expires(session)?),
    ];
    session.store.execute(OPERATION, sql::lock::TAKE_FOR_BATCH, &parameters)?;
    failpoint::reach("kill::intervals-locked");
    Ok(())
}

/// Prolongs what this process has locked, in the caller's transaction.
///
/// # Errors
/// SQLite's.
pub(crate) fn renew(session: &Session<'_>) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 2] =
        [(":worker", &session.worker.name()), (":expires_ms", &expires(session)?)];
    session.store.execute(OPERATION, sql::lock::RENEW, &parameters).map(drop)
}

/// Gives back what this process has locked, in the caller's transaction.
///
/// # Errors
/// SQLite's.
pub(crate) fn give_back(session: &Session<'_>) -> Result<()> {
    crate::engine::locks::give_back(session.store, session.worker.name())
}

fn expires(session: &Session<'_>) -> Result<i64> {
    let end = Period::minutes(MINUTES).add_to(session.clock.now());
    end.map(|end| end.millis()).map_err(|error| Error::failed(OPERATION).because(error))
}
