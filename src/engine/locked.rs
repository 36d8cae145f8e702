//! Which intervals are locked: joined to intervals that do not overlap, so that a statement tells of a segment with one
//! look whether it is locked, however many locks there are.

use rusqlite::ToSql;

use crate::engine::Session;
use crate::error::Result;
use crate::store::sql;

const OPERATION: &str = "cannot look for locks";

/// Gathers the locks that are held into `temp.locked`.
///
/// # Errors
/// SQLite's.
pub(crate) fn gather(session: &Session<'_>) -> Result<()> {
    let store = &session.store;
    store.batch(OPERATION, sql::lock::RANGE_TABLE)?;
    let wall = session.clock.now().millis();
    let parameters: [(&str, &dyn ToSql); 1] = [(":wall_ms", &wall)];
    store.execute(OPERATION, sql::lock::GATHER, &parameters).map(drop)
}

/// As [`gather`], in a transaction of a series: only where another process has written since.
///
/// # Errors
/// SQLite's.
pub(crate) fn gather_if_changed(session: &Session<'_>) -> Result<()> {
    if session.store.row(OPERATION, sql::lock::IS_GATHERED, &[], |row| row.get(0))? {
        Ok(())
    } else {
        gather(session)
    }
}
