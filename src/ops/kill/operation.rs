//! kill: unused segments leave for good. A batch moves from the segment table into the deletion journal in
//! one transaction; its files go after the commit.

use std::path::Path;

use rusqlite::ToSql;
use serde_json::{Value, json};

use crate::config::Config;
use crate::deep_storage::DeepStorage;
use crate::druid::{Instant, Interval, Period};
use crate::engine::datasources::datasources;
use crate::engine::report::{KillReport, StepReport, Warning};
use crate::engine::turns::Turns;
use crate::engine::{Datasources, Keep, Session, changes, guard, ledger, locked, locks, waiting};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::job::{KillStep, MissingFiles, OnConflict, Step};
use crate::ops::kill::batch::Batch;
use crate::ops::kill::deleter::Deleter;
use crate::ops::kill::files::Which;
use crate::ops::kill::kept::Kept;
use crate::ops::kill::{batch, files, journal, lock};
use crate::store::sql;

/// Never-stamped segments that one transaction stamps.
const STAMP_BATCH: i64 = 10_000;

/// A buffer shorter than this is worth a warning.
const SHORT_BUFFER_MS: i64 = 86_400_000;

/// What a kill may take, in the order in which it does.
const CANDIDATE_TABLE: &str = "CREATE TEMP TABLE IF NOT EXISTS candidate (position INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL);
     DELETE FROM temp.candidate;";

/// A store filled by import is a copy of someone else's truth: its files may be in use again over there.
pub(crate) fn refuse_on_a_copy(session: &Session<'_>, steps: &[Step]) -> Result<()> {
    if steps.iter().any(|step| matches!(step, Step::Kill(_))) {
        refuse_a_copy(session)
    } else {
        Ok(())
    }
}

/// As [`refuse_on_a_copy`], for what always deletes.
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

/// The terms of one kill, resolved for one moment.
pub(crate) struct Terms {
    among: Datasources,
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    versions: Option<String>,
    keep_versions: Option<u32>,
    unused_by_ms: i64,
    ended_by_ms: Option<i64>,
    places: String,
    skip_locked: bool,
}

impl Terms {
    pub(crate) fn new(
        session: &Session<'_>,
        now: Instant,
        step: &KillStep,
        storage: &DeepStorage,
        report: &mut StepReport,
    ) -> Result<Self> {
        let among = datasources(session, step.datasources.globs(), report)?;
        let wall = session.clock.now();
        let before = |period: &Period| {
            period.subtract_from(now).map_err(|error| Error::usage("cannot kill").because(error))
        };
        let interval = step.interval.resolve(now).map_err(Error::usage)?;
        let mut unused_by = before(&step.buffer_period)?;
        if step.buffer_period.is_empty() && session.logical >= session.began {
            // No buffer at all: what the run itself has just marked goes as well.
            unused_by = unused_by.max(wall);
        }
        if now.millis() - unused_by.millis() < SHORT_BUFFER_MS {
            let message = format!(
                "the buffer period {} is shorter than a day: a mistaken mark can hardly be taken back",
                step.buffer_period
            );
            report.warnings.push(Warning::new("short-buffer", message));
        }
        Ok(Self {
            among,
            start_ms: interval.start.millis(),
            end_ms: interval.end.millis(),
            versions: step.versions.as_ref().map(|versions| json!(versions).to_string()),
            keep_versions: step.keep_versions,
            unused_by_ms: unused_by.millis(),
            ended_by_ms: step
                .duration_to_retain
                .as_ref()
                .map(before)
                .transpose()?
                .map(Instant::millis),
            places: places(storage),
            skip_locked: step.on_conflict == OnConflict::Skip,
        })
    }

    /// What `killable.sql` and its like are asked with.
    pub(crate) fn parameters(&self) -> Vec<(&str, &dyn ToSql)> {
        vec![
            (":datasources", &self.among.numbers),
            (":start_ms", &self.start_ms),
            (":end_ms", &self.end_ms),
            (":versions", &self.versions),
            (":keep_versions", &self.keep_versions),
            (":unused_by_ms", &self.unused_by_ms),
            (":ended_by_ms", &self.ended_by_ms),
            (":places", &self.places),
            (":skip_locked", &self.skip_locked),
        ]
    }

    /// Gathers what statements look up of each segment: the versions to keep of each interval, and what is locked. For
    /// one segment alone, which counts as unused: around its interval.
    pub(crate) fn survey(&self, session: &Session<'_>, one: Option<(i64, Interval)>) -> Result<()> {
        let around = |interval: Interval| {
            let (start, end) = (interval.start.millis(), interval.end.millis());
            (start, end.max(start.saturating_add(1)))
        };
        let within = one.map_or((self.start_ms, self.end_ms), |(_, interval)| around(interval));
        let segment = one.map(|(segment, _)| segment);
        let (datasources, keep_versions) = (&self.among.numbers, self.keep_versions);
        Kept { datasources, within, keep_versions, segment }.find(session)?;
        locked::gather(session)
    }

    /// Lists what may be killed, oldest end first; answers how long the list is.
    fn list(&self, session: &Session<'_>, limit: i64) -> Result<i64> {
        session.store.batch("cannot prepare a kill", CANDIDATE_TABLE)?;
        let mut parameters = self.parameters();
        parameters.push((":limit", &limit));
        let operation = "cannot select what to kill";
        let count = session.store.execute(operation, sql::select::KILL_CANDIDATES, &parameters)?;
        failpoint::reach("kill::candidates-listed");
        Ok(clamp(count))
    }

    /// Chooses from the list what lies behind one position up to another and may still be killed; answers how many.
    pub(crate) fn choose(&self, session: &Session<'_>, after: i64, upto: i64) -> Result<u64> {
        session.store.batch("cannot prepare a batch", journal::BATCH_TABLE)?;
        locked::gather_if_changed(session)?;
        let mut parameters = self.parameters();
        parameters.extend([(":after", &after as &dyn ToSql), (":upto", &upto as &dyn ToSql)]);
        session.store.execute("cannot select what to kill", sql::select::KILLABLE, &parameters)
    }

    /// Stamps at most `limit` never-stamped segments. Their stamp is too young for this kill, even without a buffer.
    fn stamp(&self, session: &Session<'_>, limit: i64) -> Result<u64> {
        let wall = session.clock.now().millis().max(self.unused_by_ms.saturating_add(1));
        let parameters: [(&str, &dyn ToSql); 3] =
            [(":datasources", &self.among.numbers), (":wall_ms", &wall), (":limit", &limit)];
        let count =
            session.store.execute("cannot stamp segments", sql::apply::STAMP, &parameters)?;
        failpoint::reach("kill::segments-stamped");
        Ok(count)
    }

    fn passed_over(
        &self,
        session: &Session<'_>,
    ) -> Result<std::collections::BTreeMap<String, u64>> {
        let known_types = json!(DeepStorage::known_types()).to_string();
        let mut parameters = self.parameters();
        parameters.push((":known_types", &known_types));
        let counts = session.store.rows(
            "cannot count what is passed over",
            sql::select::PASSED_OVER,
            &parameters,
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(counts.into_iter().collect())
    }
}

/// What `killable.sql` may take, as JSON: load spec types and the prefix that their files must have.
fn places(storage: &DeepStorage) -> String {
    let places =
        storage.places().map(|(load_type, prefix)| json!({"type": load_type, "prefix": prefix}));
    Value::from_iter(places).to_string()
}

/// What a kill means by now. A future `--at` must not make segments older than they are.
pub(crate) fn now(session: &Session<'_>) -> Instant {
    session.logical.min(session.clock.now())
}

/// Whether a kill that looks ahead moves its rows into the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// Only when a later step of the request may see that they are gone.
    AsNeeded,
    /// Always: another run comes behind it in the same transaction.
    Always,
}

/// What a kill would take `now`, in a transaction that the caller rolls back. Rows are moved only when a later step
/// of the run could see that they are gone.
pub(crate) fn ahead(
    session: &mut Session<'_>,
    now: Instant,
    run: i64,
    number: usize,
    step: &KillStep,
    is_last: bool,
) -> Result<StepReport> {
    let storage = DeepStorage::new(session.config, session.stop.flag());
    let (id, mut report) = begin(session, run, number, step)?;
    let terms = Terms::new(session, now, step, &storage, &mut report)?;
    terms.survey(session, None)?;
    let kill = KillReport {
        passed_over: terms.passed_over(session)?,
        stamped: terms.stamp(session, i64::MAX)?,
        ..KillReport::default()
    };
    let listed = terms.list(session, step.limit.map_or(i64::MAX, clamp))?;
    terms.choose(session, 0, listed)?;
    record(session, id, step, &mut report)?;
    report.by_datasource = changes::changes(session, id)?;
    report.selected = report.num_changed_segments;
    report.skipped += kill.passed_over.get("locked").copied().unwrap_or(0);
    report.kill = Some(kill);
    if !is_last {
        session.store.batch("cannot look ahead", sql::temp::REFERENCES)?;
        journal::move_batch(session, id)?;
    }
    ledger::end_step(session, id, &report)?;
    Ok(report)
}

/// Kills for real: first what an earlier kill left in the journal, then batch by batch.
pub(crate) fn run(
    session: &mut Session<'_>,
    run: i64,
    number: usize,
    step: &KillStep,
) -> Result<StepReport> {
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

/// Only finishes what the journal holds open.
pub(crate) fn resume(
    session: &mut Session<'_>,
    run: i64,
    missing_files: MissingFiles,
) -> Result<StepReport> {
    let storage = DeepStorage::new(session.config, session.stop.flag());
    storage.check()?;
    let mut deleter = Deleter::new(session, storage, missing_files)?;
    let id = session.transaction(Keep::Yes, |session| {
        ledger::begin_step_as(session, run, 1, "kill", r#"{"resume":true}"#)
    })?;
    let mut report = StepReport { step: 1, op: "kill".to_owned(), ..StepReport::default() };
    let mut kill = KillReport::default();
    files::delete_left(session, &mut deleter, Which::All, &mut kill)?;
    files::count_left(session, &mut deleter, &mut kill)?;
    batch::warn_of_missing_files(&kill, &mut report);
    report.kill = Some(kill);
    session.transaction(Keep::Yes, |session| ledger::end_step(session, id, &report))?;
    session.stop.check_between()?;
    Ok(report)
}

fn begin(
    session: &Session<'_>,
    run: i64,
    number: usize,
    step: &KillStep,
) -> Result<(i64, StepReport)> {
    let step = Step::Kill(step.clone());
    let id = ledger::begin_step(session, run, number, &step)?;
    Ok((id, StepReport { step: number, op: step.op().to_owned(), ..StepReport::default() }))
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
