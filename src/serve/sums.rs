//! What runs came to, added up. Runs that have ended do not change, so they are counted once, however often somebody asks.

use std::collections::BTreeMap;

use rusqlite::{Row, ToSql};

use crate::error::Result;
use crate::store::{Store, sql};

/// The bounds of the histogram of durations, as Prometheus writes them, in seconds; `sql/metrics/runs.sql` has the same.
pub(super) const BOUNDS: [&str; 9] = ["0.1", "0.5", "1", "5", "15", "60", "300", "1800", "7200"];

/// Runs of a job with one outcome.
#[derive(Debug, Clone, Default)]
pub(super) struct Runs {
    pub(super) count: u64,
    pub(super) missed: u64,
    pub(super) total_ms: i64,
    /// Each with all below it.
    pub(super) buckets: [u64; BOUNDS.len()],
    pub(super) last_end_ms: i64,
    pub(super) last_run: i64,
}

/// The last run that began for a fire.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Start {
    pub(super) fire_ms: i64,
    pub(super) started_ms: i64,
}

/// Warnings of a job's runs that have ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Warnings {
    pub(super) total: u64,
    /// Of the last run alone.
    pub(super) of_last_run: u64,
}

/// What steps changed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Changes {
    pub(super) segments: u64,
    pub(super) bytes: u64,
}

/// Sums over runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Sums {
    /// By job and outcome.
    pub(super) runs: BTreeMap<String, BTreeMap<String, Runs>>,
    /// By job.
    pub(super) starts: BTreeMap<String, Start>,
    /// By job.
    pub(super) warnings: BTreeMap<String, Warnings>,
    /// By job and operation.
    pub(super) changes: BTreeMap<(String, String), Changes>,
}

/// Sums over all runs that never change any more, up to one of them.
#[derive(Debug, Default)]
pub(super) struct Settled {
    sums: Sums,
    upto: i64,
}

impl Settled {
    /// Sums over all runs that have ended by now, in the caller's transaction.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn all(&mut self, store: &Store) -> Result<Sums> {
        let operation = "cannot read the runs for the metrics";
        let upto = store.row(operation, sql::metrics::LAST_SETTLED, &[], |row| row.get(0))?;
        if upto < self.upto {
            // Another store has taken the place of this one.
            *self = Self::default();
        }
        self.sums.add(store, self.upto, upto)?;
        self.upto = upto;
        let mut all = self.sums.clone();
        all.add(store, upto, i64::MAX)?;
        Ok(all)
    }
}

impl Sums {
    /// Adds the runs behind `after` up to `upto`.
    fn add(&mut self, store: &Store, after: i64, upto: i64) -> Result<()> {
        let parameters: [(&str, &dyn ToSql); 2] = [(":after", &after), (":upto", &upto)];
        let operation = "cannot read the runs for the metrics";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, Runs::from_row(row)?));
        for (job, outcome, runs) in store.rows(operation, sql::metrics::RUNS, &parameters, read)? {
            self.runs.entry(job).or_default().entry(outcome).or_default().add(&runs);
        }
        let read = |row: &Row<'_>| {
            Ok((row.get(0)?, Start { fire_ms: row.get(2)?, started_ms: row.get(3)? }))
        };
        self.starts.extend(store.rows(operation, sql::metrics::STARTS, &parameters, read)?);
        let read =
            |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?, row.get(3)?));
        for (job, more, last) in store.rows(operation, sql::metrics::WARNINGS, &parameters, read)? {
            let warnings = self.warnings.entry(job).or_default();
            warnings.total += more;
            warnings.of_last_run = last;
        }
        let read = |row: &Row<'_>| {
            Ok(((row.get(0)?, row.get(1)?), Changes { segments: row.get(2)?, bytes: row.get(3)? }))
        };
        for (key, more) in store.rows(operation, sql::metrics::CHANGES, &parameters, read)? {
            let changes = self.changes.entry(key).or_default();
            changes.segments += more.segments;
            changes.bytes += more.bytes;
        }
        Ok(())
    }
}

impl Runs {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut buckets = [0; BOUNDS.len()];
        for (index, bucket) in buckets.iter_mut().enumerate() {
            *bucket = row.get(5 + index)?;
        }
        Ok(Self {
            count: row.get(2)?,
            missed: row.get(3)?,
            total_ms: row.get(4)?,
            buckets,
            last_end_ms: row.get(14)?,
            last_run: row.get(15)?,
        })
    }

    pub(super) fn add(&mut self, more: &Self) {
        self.count += more.count;
        self.missed += more.missed;
        self.total_ms += more.total_ms;
        for (bucket, more) in self.buckets.iter_mut().zip(more.buckets) {
            *bucket += more;
        }
        self.last_end_ms = self.last_end_ms.max(more.last_end_ms);
        self.last_run = self.last_run.max(more.last_run);
    }
}
