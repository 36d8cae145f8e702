//! Used and unused segments by datasource. Counting them reads every segment, so it is done seldom.

use std::time::{Duration, Instant as Moment};

use rusqlite::Row;

use crate::error::Result;
use crate::store::{Store, sql};

/// Counting takes at most one part in so many of the time.
const SHARE: u32 = 100;

/// Nobody looks more often than this.
const LEAST_PAUSE: Duration = Duration::from_secs(15);

/// One datasource.
#[derive(Debug, Clone)]
pub(super) struct Datasource {
    pub(super) name: String,
    /// Segments and their bytes.
    pub(super) used: (u64, u64),
    pub(super) unused: (u64, u64),
}

/// Counts now and then.
#[derive(Debug, Default)]
pub(super) struct Counting {
    due: Option<Moment>,
    /// What SQLite calls the state of the store as it was counted.
    version: Option<i64>,
}

impl Counting {
    /// Counts, if the store has changed and the last time is long enough ago; nothing otherwise.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn count(&mut self, store: &Store) -> Result<Option<Vec<Datasource>>> {
        let begun = Moment::now();
        if self.due.is_some_and(|due| begun < due) {
            return Ok(None);
        }
        let operation = "cannot ask whether the store has changed";
        let version = store.row(operation, "PRAGMA data_version", &[], |row| row.get(0))?;
        if self.version == Some(version) {
            self.due = Some(begun + LEAST_PAUSE);
            return Ok(None);
        }
        let datasources = count(store)?;
        self.version = Some(version);
        self.due = Some(begun + (begun.elapsed() * SHARE).max(LEAST_PAUSE));
        Ok(Some(datasources))
    }
}

/// Counts now.
///
/// # Errors
/// SQLite's.
pub(super) fn count(store: &Store) -> Result<Vec<Datasource>> {
    let read = |row: &Row<'_>| {
        Ok(Datasource {
            name: row.get(0)?,
            used: (row.get(1)?, row.get(2)?),
            unused: (row.get(3)?, row.get(4)?),
        })
    };
    store.rows("cannot count the segments", sql::metrics::DATASOURCES, &[], read)
}
