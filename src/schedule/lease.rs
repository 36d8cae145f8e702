//! Who acts: of several schedulers on one store one holds the lease, and the others stand by.

use std::time::{Duration, Instant as Moment};

use rusqlite::ToSql;

use crate::clock::Clock;
use crate::engine::{Expiry, Term, Worker, has_died};
use crate::error::Result;
use crate::failpoint;
use crate::store::{Store, sql};

/// One scheduler's view of the lease.
#[derive(Debug)]
pub struct Lease {
    worker: Worker,
    lease_ms: i64,
    held: Option<i64>,
    /// The other's lease as it was last seen to change, and when that was by a clock that nobody sets.
    seen: Option<(Row, Moment)>,
    /// Whom this scheduler took over from.
    predecessor: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    worker: String,
    term: i64,
    renewed_ms: i64,
    expiry: Expiry,
}

impl Lease {
    /// Of a scheduler that does not act yet. Without a sign of life its lease ends after so many milliseconds.
    pub fn new(worker: Worker, lease_ms: i64) -> Self {
        Self { worker, lease_ms, held: None, seen: None, predecessor: None }
    }

    /// As it was at first, for another store.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self::new(self.worker.clone(), self.lease_ms)
    }

    /// The turn in which this scheduler acts, if it does.
    pub fn term(&self) -> Option<Term> {
        self.held.map(|number| Term { worker: self.worker.name().to_owned(), number })
    }

    /// Whom this scheduler took over from: that process runs nothing any more.
    pub fn predecessor(&self) -> Option<&str> {
        self.predecessor.as_deref()
    }

    /// How often to give a sign of life.
    pub fn beat(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.lease_ms / 3).unwrap_or(1).max(1))
    }

    /// A sign of life of whoever acts, or a look whether to take over; answers whether this scheduler acts. `moment` is
    /// the time by a clock that nobody sets: a lease that has not changed for its whole length has ended, whatever the
    /// wall clock says.
    ///
    /// # Errors
    /// SQLite's.
    pub fn tend(&mut self, store: &Store, clock: Clock, moment: Moment) -> Result<bool> {
        match self.held {
            Some(term) => {
                let renewed = self.renew(store, term, clock)?;
                self.held = Some(term).filter(|_| renewed);
                Ok(renewed)
            }
            None => self.take(store, clock, moment),
        }
    }

    fn renew(&self, store: &Store, term: i64, clock: Clock) -> Result<bool> {
        let Expiry { wall_ms, awake_ms } = Expiry::after(clock, self.lease_ms);
        let parameters: [(&str, &dyn ToSql); 5] = [
            (":worker", &self.worker.name()),
            (":term", &term),
            (":wall_ms", &clock.now().millis()),
            (":expires_ms", &wall_ms),
            (":expires_awake_ms", &awake_ms),
        ];
        let operation = "cannot prolong the scheduler's lease";
        let renewed = store.execute(operation, sql::schedule::RENEW_LEASE, &parameters)?;
        failpoint::reach("schedule::lease-renewed");
        Ok(renewed > 0)
    }

    fn take(&mut self, store: &Store, clock: Clock, moment: Moment) -> Result<bool> {
        let operation = "cannot take the scheduler's lease";
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Row {
                worker: row.get(0)?,
                term: row.get(1)?,
                renewed_ms: row.get(2)?,
                expiry: Expiry { wall_ms: row.get(3)?, awake_ms: row.get(4)? },
            })
        };
        let found = store.rows(operation, sql::schedule::LEASE, &[], read)?.into_iter().next();
        if let Some(row) = &found
            && !self.has_ended(row, clock, moment)
        {
            return Ok(false);
        }
        let (term, renewed) =
            (found.as_ref().map(|row| row.term), found.as_ref().map(|row| row.renewed_ms));
        let Expiry { wall_ms, awake_ms } = Expiry::after(clock, self.lease_ms);
        let parameters: [(&str, &dyn ToSql); 6] = [
            (":worker", &self.worker.name()),
            (":ended_term", &term),
            (":renewed_ms", &renewed),
            (":wall_ms", &clock.now().millis()),
            (":expires_ms", &wall_ms),
            (":expires_awake_ms", &awake_ms),
        ];
        let taken =
            store.rows(operation, sql::schedule::TAKE_LEASE, &parameters, |row| row.get(0))?;
        failpoint::reach("schedule::lease-taken");
        self.held = taken.first().copied();
        self.predecessor = found.map(|row| row.worker);
        Ok(self.held.is_some())
    }

    /// Who acts, as far as the store says.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn holder(&self, store: &Store) -> Result<Option<String>> {
        let operation = "cannot look who schedules";
        let found = store.rows(operation, sql::schedule::LEASE, &[], |row| row.get(0))?;
        Ok(found.into_iter().next())
    }

    /// A step of the wall clock ends no lease of a process of this boot.
    fn has_ended(&mut self, row: &Row, clock: Clock, moment: Moment) -> bool {
        // Its own lease it finds in a copy of the store that was put in its place.
        let is_own = row.worker == self.worker.name();
        if is_own || row.expiry.is_over(&row.worker, clock) || has_died(&row.worker) {
            return true;
        }
        match &self.seen {
            Some((seen, since)) if seen == row => {
                let length = row.expiry.wall_ms.saturating_sub(row.renewed_ms);
                moment.duration_since(*since)
                    > Duration::from_millis(u64::try_from(length).unwrap_or(0))
            }
            _ => {
                self.seen = Some((row.clone(), moment));
                false
            }
        }
    }

    /// Ends this scheduler's turn: another one need not wait for it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn give_back(&mut self, store: &Store, clock: Clock) -> Result<()> {
        let Some(term) = self.held.take() else { return Ok(()) };
        let parameters: [(&str, &dyn ToSql); 3] = [
            (":worker", &self.worker.name()),
            (":term", &term),
            (":wall_ms", &clock.now().millis()),
        ];
        let operation = "cannot give the scheduler's lease back";
        store.execute(operation, sql::schedule::GIVE_LEASE_BACK, &parameters)?;
        failpoint::reach("schedule::lease-given-back");
        Ok(())
    }
}
