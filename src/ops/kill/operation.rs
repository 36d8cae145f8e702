//! kill: unused segments leave for good. A batch moves from the segment table into the deletion journal in
//! one transaction; its files go after the commit.

use std::path::Path;

use rusqlite::ToSql;

use crate::config::{self, Config, OnConflict, OnExposure};
use crate::deep_storage::DeepStorage;
use crate::engine::operation::{self, Commit, Operation, StepContext};
use crate::engine::report::{KillReport, StepReport};
use crate::engine::turns::Turns;
use crate::engine::{Keep, Session, changes, guard, ledger, locks, now, waiting};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::ops::kill::batch::{self, Batch};
use crate::ops::kill::deleter::Deleter;
use crate::ops::kill::files::{self, Which};
use crate::ops::kill::{Terms, journal, lock};
use crate::ops::{Arguments, KillStep};
use crate::store::sql;

/// Never-stamped segments that one transaction stamps.
const STAMP_BATCH: i64 = 10_000;

/// A store filled by import is a copy of someone else's truth: its files may be in use again over there.
pub(crate) fn refuse_a_copy(session: &Session<'_>) -> Result<()> {
    refuse_copy(session.config, session.store.path())
}

/// Refuses what deletes files on a store that is a copy.
///
/// # Errors
/// When it is one.
pub fn refuse_copy(config: &Config, store: &Path) -> Result<()> {
    if config.authoritative {
        return Ok(());
    }
    Err(Error::refused(format!(
        "{} is a copy, and a copy kills nothing: the cluster that it was imported from may use the segments again",
        store.display()
    ))
    .help(
        "see what a kill would take with `lopper plan` or --dry-run, and carry marks over with `lopper export --changes`; \
         where this store is the truth, write `authoritative = true` into lopper.toml",
    ))
}

impl Operation for KillStep {
    fn name(&self) -> &'static str {
        "kill"
    }

    fn arguments(&self) -> Result<String> {
        operation::arguments(self.name(), self)
    }

    fn commit(&self) -> Commit {
        Commit::InBatches
    }

    fn preflight(&self, session: &Session<'_>) -> Result<()> {
        refuse_a_copy(session)
    }

    fn may_refuse(&self) -> bool {
        self.on_conflict == OnConflict::Fail
    }

    fn apply(
        &self,
        session: &mut Session<'_>,
        step: StepContext,
        report: &mut StepReport,
    ) -> Result<()> {
        ahead(session, step, self, report)
    }

    fn run_in_batches(
        &self,
        session: &mut Session<'_>,
        run: i64,
        number: usize,
    ) -> Result<StepReport> {
        kill(session, run, number, self)
    }
}

impl Arguments for KillStep {
    fn on_segments(&mut self) -> Option<(&mut config::Datasources, Option<&mut OnExposure>)> {
        Some((&mut self.datasources, None))
    }
}

/// What a kill would take, in a transaction that the caller rolls back. Rows are moved only when a later step could see
/// that they are gone.
fn ahead(
    session: &mut Session<'_>,
    context: StepContext,
    step: &KillStep,
    report: &mut StepReport,
) -> Result<()> {
    let storage = DeepStorage::new(session.config, session.stop.flag());
    let terms = Terms::new(session, context.now, step, &storage, report)?;
    terms.survey(session, None)?;
    let kill = KillReport {
        passed_over: terms.passed_over(session)?,
        stamped: terms.stamp(session, i64::MAX)?,
        ..KillReport::default()
    };
    let listed = terms.list(session, step.limit.map_or(i64::MAX, clamp))?;
    terms.choose(session, 0, listed)?;
    record(session, context.id, step, report)?;
    report.by_datasource = changes::changes(session, context.id)?;
    report.selected = report.num_changed_segments;
    report.skipped += kill.passed_over.get("locked").copied().unwrap_or(0);
    report.kill = Some(kill);
    if context.is_seen {
        session.store.batch("cannot look ahead", sql::temp::REFERENCES)?;
        journal::move_batch(session, context.id)?;
    }
    Ok(())
}

/// Kills for real: first what an earlier kill left in the journal, then batch by batch.
fn kill(session: &mut Session<'_>, run: i64, number: usize, step: &KillStep) -> Result<StepReport> {
    let storage = DeepStorage::new(session.config, session.stop.flag());
    storage.check()?;
    let mut deleter = Deleter::new(session, storage, step.missing_files)?;
    let mut report = StepReport::default();
    let mut kill = KillReport::default();
    files::delete_left(session, &mut deleter, Which::Due, &mut kill)?;
    waiting::begin(session);
    let (id, terms) = session.transaction(Keep::Yes, |session| {
        locks::give_back_of_the_dead(session.store)?;
        let (id, begun) = begin(session, run, number, step)?;
        report = begun;
        let now = now(session);
        Ok((id, Terms::new(session, now, step, &deleter.storage, &mut report)?))
    })?;
    // Behind the transaction: this reads all that is unused, and others need not wait for it.
    terms.survey(session, None)?;
    kill.passed_over = terms.passed_over(session)?;
    kill.stamped = stamp(session, &terms)?;
    // Without the limit: it counts what moves, and what cannot be deleted keeps nothing else from its turn.
    let listed = terms.list(session, i64::MAX)?;
    let limit = step.limit.map_or(i64::MAX, clamp);
    let mut turns = Turns::default();
    let (mut done, mut moved) = (0, 0);
    while done < listed && moved < limit && session.stop.check_between().is_ok() {
        let upto = done.saturating_add(i64::from(step.batch_size).min(limit - moved));
        let batch = Batch { after: done, upto, run, step: id };
        let claims = loop {
            let refused = batch.survey(session.store, &mut deleter)?;
            turns.give();
            let claims = batch.to_journal(session, &deleter, &terms, step, &mut report)?;
            turns.taken();
            if let Some((taken, claims)) = claims {
                batch::add(&mut kill.passed_over, refused);
                moved = moved.saturating_add(clamp(taken));
                break claims;
            }
        };
        let returned = kill.returned;
        files::delete(session, &mut deleter, claims, Some(id), &mut kill)?;
        moved = moved.saturating_sub(clamp(kill.returned - returned));
        done = upto;
    }
    // What waited for a relative that has gone with a batch may go now.
    if session.stop.check_between().is_ok() {
        files::delete_left(session, &mut deleter, Which::Due, &mut kill)?;
    }
    batch::account_for_returned(session, id, &kill, &mut report)?;
    report.selected = report.num_changed_segments;
    report.skipped = kill.passed_over.get("locked").copied().unwrap_or(0);
    files::count_left(session, &mut deleter, &mut kill)?;
    batch::warn_of_missing_files(&kill, &mut report);
    report.kill = Some(kill);
    session.transaction(Keep::Yes, |session| {
        lock::give_back(session)?;
        ledger::end_step(session, id, &report)
    })?;
    session.stop.check_between()?;
    Ok(report)
}

fn begin(
    session: &Session<'_>,
    run: i64,
    number: usize,
    step: &KillStep,
) -> Result<(i64, StepReport)> {
    let id = ledger::begin_step(session, run, number, step)?;
    Ok((id, StepReport::begun(number, step.name())))
}

/// Writes the ledger rows of the batch, and asks for locks when those are to fail the kill.
pub(crate) fn record(
    session: &mut Session<'_>,
    id: i64,
    step: &KillStep,
    report: &mut StepReport,
) -> Result<u64> {
    let reason = ledger::reason(session, &format!("kill after {} unused", step.buffer_period))?;
    let parameters: [(&str, &dyn ToSql); 2] = [(":step", &id), (":reason", &reason)];
    let count =
        session.store.execute("cannot record the kill", sql::apply::RECORD_KILL, &parameters)?;
    failpoint::reach("kill::batch-recorded");
    // Those that are to be skipped were not chosen.
    if step.on_conflict != OnConflict::Skip {
        guard::locks(session, id, step.on_conflict, report)?;
    }
    report.set_changed(report.num_changed_segments + count);
    Ok(count)
}

/// Stamps segments that no one ever stamped, a bounded batch a transaction.
fn stamp(session: &mut Session<'_>, terms: &Terms) -> Result<u64> {
    let mut stamped = 0;
    loop {
        let count = session.transaction(Keep::Yes, |session| terms.stamp(session, STAMP_BATCH))?;
        stamped += count;
        if count == 0 || session.stop.check_between().is_err() {
            return Ok(stamped);
        }
    }
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
