//! A run whose first transaction goes on: nobody else can see what that has written, so a row tells of it that was
//! committed before, and that the transaction takes out. It has no number yet, and claims nothing.

use rusqlite::ToSql;

use crate::engine::{Expiry, Request, RunRow, Session, close_died, has_died, lease};
use crate::error::Result;
use crate::failpoint;
use crate::store::{Store, sql};

/// Tells everybody that a run of a job begins, unless one runs already.
///
/// # Errors
/// [`crate::error::Kind::Running`] when the job runs already; when the store is busy, or SQLite's.
pub(crate) fn announce(session: &Session<'_>, request: &Request) -> Result<()> {
    let store = &*session.store;
    // Whether the row outlives a power failure does not matter: its process does not.
    store.survive_power_failures(false)?;
    let announced = put(session, request);
    store.survive_power_failures(true)?;
    announced
}

fn put(session: &Session<'_>, request: &Request) -> Result<()> {
    let store = &*session.store;
    store.begin()?;
    let work = || {
        close_died(store, session.clock)?;
        lease::refuse_twice(session, &request.name)?;
        insert(session, request)
    };
    match work() {
        Ok(()) => store.commit(),
        Err(error) => {
            store.roll_back();
            Err(error)
        }
    }
}

fn insert(session: &Session<'_>, request: &Request) -> Result<()> {
    let Expiry { wall_ms, awake_ms } = lease::expiry(session);
    let (logical, asked) = (session.logical.millis(), session.asked.millis());
    let parameters: [(&str, &dyn ToSql); 6] = [
        (":worker", &session.worker.name()),
        (":name", &request.name),
        (":logical_ms", &logical),
        (":wall_ms", &asked),
        (":expires_ms", &wall_ms),
        (":expires_awake_ms", &awake_ms),
    ];
    session.store.execute("cannot announce the run", sql::ledger::ANNOUNCE_RUN, &parameters)?;
    failpoint::reach("run::announced");
    Ok(())
}

/// Takes the row of a worker out: its run has a number, or has not begun after all.
///
/// # Errors
/// SQLite's.
pub(crate) fn forget(store: &Store, worker: &str) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":worker", &worker)];
    store.execute("cannot record the run", sql::ledger::FORGET_ANNOUNCED, &parameters).map(drop)
}

/// The runs whose first transaction goes on, the latest first.
///
/// # Errors
/// SQLite's.
pub fn starting(store: &Store) -> Result<Vec<RunRow>> {
    let operation = "cannot read the history";
    let read = |row: &rusqlite::Row<'_>| {
        let worker: String = row.get(4)?;
        let starting = RunRow {
            run: None,
            kind: row.get(0)?,
            name: row.get(1)?,
            logical_time: row.get(2)?,
            started: row.get(3)?,
            ended: None,
            outcome: "running".to_owned(),
            changed: 0,
            message: Some("its first transaction goes on".to_owned()),
            warnings: 0,
        };
        Ok((worker, starting))
    };
    let mut rows = store.rows(operation, sql::ledger::STARTING_RUNS, &[], read)?;
    // Of those who died meanwhile, the next run takes the row out.
    rows.retain(|(worker, _)| !has_died(worker));
    Ok(rows.into_iter().map(|(_, starting)| starting).collect())
}
