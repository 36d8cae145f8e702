//! What Prometheus is told: figures of the ledger, the journal and the segments, as text.

mod datasources;
mod file;
mod listen;
mod page;
mod sums;
mod text;
mod watch;

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Row;

use crate::engine::has_died;
use crate::error::Result;
use crate::store::{Store, sql};

use datasources::Datasource;
use sums::{Settled, Sums};

pub use listen::{Address, listen};
pub use page::Seen;
pub use watch::{Watch, Watching};

/// Reads figures on a connection of its own, which never writes and holds nobody up.
#[derive(Debug)]
struct Metrics {
    store: Store,
    settled: Settled,
}

/// All figures of one moment.
#[derive(Debug)]
struct Figures {
    sums: Sums,
    /// Jobs that a scheduler has seen: name, whether at rest, next fire in milliseconds.
    jobs: Vec<(String, bool, Option<i64>)>,
    /// Runs that go on, by job.
    running: BTreeMap<String, u64>,
    /// Failures of hooks, by job and hook.
    hook_failures: Vec<(String, String, u64)>,
    /// Rows of the journal that are open, those of them that were refused, and those that wait for a relative.
    journal: (u64, u64, u64),
}

/// Writes a page of metrics once, as a program that ends does.
///
/// # Errors
/// SQLite's, and those of the file.
pub fn write_once(store: &Path, seen: &Seen, file: &Path) -> Result<()> {
    let mut metrics = Metrics::of(store)?;
    let datasources = datasources::count(&metrics.store)?;
    file::write(file, &metrics.page(&datasources, seen)?)
}

impl Metrics {
    /// Of a store that this process has opened already.
    fn of(store: &Path) -> Result<Self> {
        Ok(Self { store: Store::beside_to_read(store)?, settled: Settled::default() })
    }

    /// The page that Prometheus reads. `seen` is what is known beside the store.
    fn page(&mut self, datasources: &[Datasource], seen: &Seen) -> Result<String> {
        let settled = &mut self.settled;
        let figures = self.store.read_at_once(|store| figures(store, settled))?;
        Ok(page::page(&figures, datasources, seen))
    }
}

/// A run whose process has died does not go on, though nobody has closed it yet.
fn running(store: &Store) -> Result<BTreeMap<String, u64>> {
    let two = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let operation = "cannot read which runs go on";
    let open: Vec<(String, Option<String>)> =
        store.rows(operation, sql::metrics::RUNNING, &[], two)?;
    let mut running = BTreeMap::new();
    for (name, worker) in open {
        let goes_on = worker.is_none_or(|worker| !has_died(&worker));
        *running.entry(name).or_default() += u64::from(goes_on);
    }
    Ok(running)
}

fn figures(store: &Store, settled: &mut Settled) -> Result<Figures> {
    let operation = "cannot read the metrics";
    Ok(Figures {
        sums: settled.all(store)?,
        jobs: store.rows(operation, sql::metrics::JOBS, &[], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?,
        running: running(store)?,
        hook_failures: store.rows(operation, sql::metrics::HOOK_FAILURES, &[], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?,
        journal: store.row(operation, sql::metrics::JOURNAL, &[], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?,
    })
}
