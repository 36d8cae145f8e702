//! What a run works with, and the transactions that it works in.

use std::collections::BTreeSet;

use crate::clock::Clock;
use crate::config::Config;
use crate::druid::Instant;
use crate::engine::dumps::Dumps;
use crate::engine::report::{LeftOut, StepReport};
use crate::engine::{Chosen, Heart, LEASE_MS, Stop, Term, Waiting, Worker, lease};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::store::Store;

/// What a run works with.
#[derive(Debug)]
pub struct Session<'a> {
    /// The store.
    pub store: &'a mut Store,
    /// What belongs to the installation.
    pub config: &'a Config,
    /// The wall clock.
    pub clock: Clock,
    /// Its name in the deletion journal.
    pub worker: Worker,
    /// Tells of a signal.
    pub stop: &'a Stop,
    /// Shows how far a long step is.
    pub progress: &'a Progress,
    /// The wall clock's time when the session began: when a run whose beginning was rolled back had begun.
    pub asked: Instant,
    /// The wall clock's time when the program began: a logical time before it is in the past.
    pub began: Instant,
    /// The run's "now".
    pub logical: Instant,
    /// Datasources that a step had to leave alone: later steps of the run leave them alone as well.
    pub left_out: BTreeSet<String>,
    /// What steps of the transaction that goes on have warned of, by step: where it is rolled back, the failed run keeps
    /// that alone.
    pub warned: Vec<StepReport>,
    /// Why what was done so far must not be committed: a plan goes on all the same, to show the rest. What a check has
    /// found, of kind [`Kind::Failed`](crate::error::Kind::Failed), ends a plan as it ends a run.
    pub refusal: Option<Error>,
    /// The segments that a person's condition has chosen before the write lock was taken.
    pub chosen: Option<Chosen>,
    /// What the run does about locks that it may wait for.
    pub waiting: Waiting,
    /// How long its run counts as living without a further sign, in milliseconds.
    pub lease_ms: i64,
    /// The run of a job that was begun and committed: each later transaction gives a sign of life, and ends where the
    /// run counts as dead.
    pub leased: Option<i64>,
    /// The run that a failure was recorded as.
    pub recorded: Option<i64>,
    /// The streams that its import steps read.
    pub dumps: Dumps,
    /// The scheduler's turn in which the run goes on; none by hand.
    pub term: Option<Term>,
}

/// Whether a transaction that succeeds is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Yes,
    No,
}

impl<'a> Session<'a> {
    /// A session that begins now, by the wall clock, as a worker of its own.
    pub fn new(
        store: &'a mut Store,
        config: &'a Config,
        clock: Clock,
        stop: &'a Stop,
        progress: &'a Progress,
    ) -> Self {
        let now = clock.now();
        Self {
            store,
            config,
            clock,
            worker: Worker::of_process(),
            stop,
            progress,
            asked: now,
            began: now,
            logical: now,
            left_out: BTreeSet::new(),
            warned: Vec::new(),
            refusal: None,
            chosen: None,
            waiting: Waiting::default(),
            lease_ms: LEASE_MS,
            leased: None,
            recorded: None,
            dumps: Dumps::default(),
            term: None,
        }
    }

    /// As it is, of a program that began then, with another "now".
    #[must_use]
    pub fn of(self, logical: Instant, began: Instant) -> Self {
        Self { logical, began, ..self }
    }

    /// Gives signs of life of this session's run for as long as the answer is kept.
    pub fn heart(&self) -> Heart {
        Heart::start(self.store.path(), &self.worker, self.clock, self.lease_ms)
    }

    /// Tells in the report of datasources that have to be left alone, and remembers them for later steps.
    pub(crate) fn leave_out(&mut self, left_out: Vec<LeftOut>, report: &mut StepReport) {
        self.left_out.extend(left_out.iter().map(|one| one.datasource.clone()));
        report.left_out.extend(left_out);
    }

    /// Lets the statements of `work` finish whatever signal comes and whoever acts by now: what has happened to files
    /// must be written down.
    pub(crate) fn undisturbed<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.store.finish_undisturbed()?;
        let (leased, term) = (self.leased.take(), self.term.take());
        let result = work(self);
        (self.leased, self.term) = (leased, term);
        self.store.interrupt_on(self.stop.flag())?;
        result
    }

    /// Runs `work` in one transaction. It commits when `work` succeeds and `keep` says so, and rolls back otherwise.
    pub(crate) fn transaction<T>(
        &mut self,
        keep: Keep,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.store.begin()?;
        let result = if keep == Keep::Yes { lease::within(self, work) } else { work(self) };
        if result.is_ok() && keep == Keep::Yes {
            self.store.commit()?;
        } else {
            self.store.roll_back();
        }
        result
    }
}
