//! Used and unused segments by datasource. Counting them reads every segment, so it is done seldom.

use std::time::{Duration, Instant as Moment};

use rusqlite::Row;

use crate::error::Result;
use crate::store::{Store, sql, text};

/// Counting takes at most one part in so many of the time.
const SHARE: u32 = 100;

/// Where counting takes less than this, it is done once more when a scheduler ends.
const QUICK: Duration = Duration::from_secs(1);

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
    /// When it was counted last, and how long that took.
    last: Option<(Moment, Duration)>,
    /// What SQLite calls the state of the store as it was counted.
    version: Option<i64>,
}

impl Counting {
    /// Counts, if the store has changed and the last time is long enough ago; nothing otherwise. `ends`: nobody will
    /// count again.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn count(&mut self, store: &Store, ends: bool) -> Result<Option<Vec<Datasource>>> {
        let begun = Moment::now();
        if self.last.is_some_and(|last| !is_due(last, begun, ends)) {
            return Ok(None);
        }
        let operation = "cannot ask whether the store has changed";
        let version = store.row(operation, "PRAGMA data_version", &[], |row| row.get(0))?;
        if self.version == Some(version) {
            return Ok(None);
        }
        let datasources = count(store)?;
        self.version = Some(version);
        self.last = Some((begun, begun.elapsed()));
        Ok(Some(datasources))
    }
}

fn is_due((then, took): (Moment, Duration), now: Moment, ends: bool) -> bool {
    now.saturating_duration_since(then) >= took * SHARE || ends && took < QUICK
}

/// Counts now.
///
/// # Errors
/// SQLite's.
pub(super) fn count(store: &Store) -> Result<Vec<Datasource>> {
    let read = |row: &Row<'_>| {
        Ok(Datasource {
            name: text::shown(row, 0)?,
            used: (row.get(1)?, row.get(2)?),
            unused: (row.get(3)?, row.get(4)?),
        })
    };
    store.rows("cannot count the segments", sql::metrics::DATASOURCES, &[], read)
}
