//! kill --restore: rows come back from the deletion journal, as long as their file has not gone.

use rusqlite::ToSql;

use crate::config::OnConflict;
use crate::deep_storage::DeepStorage;
use crate::engine::operation::{Commit, Operation, StepContext};
use crate::engine::report::{StepReport, Warning};
use crate::engine::{Keep, Session, changes, guard, ledger};
use crate::error::{Error, Result};
use crate::failpoint;
use crate::ops::kill::journal::{self, Claimed};
use crate::ops::kill::references::References;
use crate::store::sql;

/// Rows that come back in one transaction.
const CHUNK: i64 = 1000;

/// What is to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// One segment.
    Id(String),
    /// All that a run has killed.
    Run(i64),
}

impl Restored {
    /// A run's number, or else the id of a segment, which is never a number.
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Id(text.to_owned()), Self::Run)
    }

    fn id(&self) -> Option<&str> {
        match self {
            Self::Id(id) => Some(id),
            Self::Run(_) => None,
        }
    }

    fn run(&self) -> Option<i64> {
        match self {
            Self::Id(_) => None,
            Self::Run(run) => Some(*run),
        }
    }
}

impl std::fmt::Display for Restored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "segment '{id}'"),
            Self::Run(run) => write!(f, "run {run}"),
        }
    }
}

/// Why rows do not come back.
#[derive(Debug, Default)]
struct Kept {
    /// Their file has gone, or is not there any more.
    without_file: u64,
    /// Their file is a folder, of which an attempt to delete it may have taken a part.
    half_deleted: u64,
    /// A worker is deleting their file at this moment.
    in_work: u64,
    /// Their id is taken again.
    taken: u64,
}

/// How long after its end a claim still keeps a row from coming back, in milliseconds: its worker may hang in a disk
/// that does not answer, and delete the file yet. (That a file is deleted twice does no harm, so kills wait for nothing
/// beyond the claim's end.) A worker that is known to have died has none.
const STALE_MS: i64 = 3_600_000;

fn stale(wall_ms: i64) -> i64 {
    wall_ms.saturating_sub(STALE_MS)
}

/// Brings back what is meant, unused and with a new stamp.
impl Operation for Restored {
    fn name(&self) -> &'static str {
        "restore"
    }

    fn arguments(&self) -> Result<String> {
        Ok(serde_json::json!({"id": self.id(), "run": self.run()}).to_string())
    }

    fn commit(&self) -> Commit {
        Commit::InBatches
    }

    /// Nothing of it can be shown before the files are looked for.
    fn apply(&self, _: &mut Session<'_>, _: StepContext, _: &mut StepReport) -> Result<()> {
        Ok(())
    }

    fn run_in_batches(
        &self,
        session: &mut Session<'_>,
        run: i64,
        number: usize,
    ) -> Result<StepReport> {
        let storage = DeepStorage::new(session.config, session.stop.flag());
        let references = References::new(session.store, &storage)?;
        journal::begin(session)?;
        let mut kept = count(session, self)?;
        let step = session
            .transaction(Keep::Yes, |session| ledger::begin_step(session, run, number, self))?;
        let mut report = StepReport::begun(number, self.name());
        chunks(session, (&storage, &references), self, step, &mut kept, &mut report)?;
        tell(&kept, self, &mut report)?;
        session.transaction(Keep::Yes, |session| ledger::end_step(session, step, &report))?;
        Ok(report)
    }
}

/// What cannot come back from the start.
fn count(session: &Session<'_>, meant: &Restored) -> Result<Kept> {
    let wall = session.clock.now().millis();
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":id", &meant.id()), (":run", &meant.run()), (":stale_ms", &stale(wall))];
    let (without_file, in_work, all): (u64, u64, u64) = session.store.row(
        journal::OPERATION,
        sql::journal::MEANT_TO_RESTORE,
        &parameters,
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    if all == 0 {
        return Err(Error::failed(format!("the deletion journal has nothing left of {meant}"))
            .help(
                "see what was killed, and by which run: SELECT run, id, state, file FROM deletions",
            ));
    }
    Ok(Kept { without_file, in_work, ..Kept::default() })
}

fn chunks(
    session: &mut Session<'_>,
    (storage, references): (&DeepStorage, &References),
    meant: &Restored,
    step: i64,
    kept: &mut Kept,
    told: &mut StepReport,
) -> Result<()> {
    loop {
        session.stop.check()?;
        let claimed = session.transaction(Keep::Yes, |session| claim(session, meant))?;
        if claimed.is_empty() {
            return Ok(());
        }
        let (halves, claimed): (Vec<_>, Vec<_>) =
            claimed.into_iter().partition(|row| row.begun && storage.is_folder(&row.doomed()));
        kept.half_deleted += count_of(halves.len());
        let done = there(storage, &claimed).and_then(|there| {
            kept.without_file += count_of(claimed.len() - there.len());
            session.transaction(Keep::Yes, |session| {
                let those = journal::segments(there.iter().copied());
                let those: [(&str, &dyn ToSql); 1] = [(":segments", &those)];
                let statement = sql::journal::COUNT_TAKEN;
                let taken: u64 =
                    session.store.row(journal::OPERATION, statement, &those, |row| row.get(0))?;
                let restored = put_back(session, references, step, &claimed, &there, told)?;
                kept.taken += taken;
                // The rest is, or lies in or around, what another worker is deleting.
                kept.in_work += count_of(there.len()).saturating_sub(restored + taken);
                Ok(())
            })
        });
        let worker = session.worker.name().to_owned();
        session.undisturbed(|session| {
            session.transaction(Keep::Yes, |session| journal::release(session, &worker))
        })?;
        done?;
    }
}

fn claim(session: &mut Session<'_>, meant: &Restored) -> Result<Vec<Claimed>> {
    let wall = session.clock.now().millis();
    let until = journal::until(wall);
    let parameters: [(&str, &dyn ToSql); 6] = [
        (":id", &meant.id()),
        (":run", &meant.run()),
        (":stale_ms", &stale(wall)),
        (":worker", &session.worker.name()),
        (":until_ms", &until),
        (":limit", &CHUNK),
    ];
    let statement = sql::journal::CLAIM_TO_RESTORE;
    let claimed =
        session.store.rows(journal::OPERATION, statement, &parameters, journal::claimed)?;
    for row in &claimed {
        let tried: [(&str, &dyn ToSql); 1] = [(":segment", &row.segment)];
        session.store.execute(journal::OPERATION, sql::journal::MARK_TRIED, &tried)?;
    }
    failpoint::reach("restore::rows-claimed");
    Ok(claimed)
}

/// Which files are still there. The last attempt to delete one may have failed half way.
fn there(storage: &DeepStorage, claimed: &[Claimed]) -> Result<Vec<i64>> {
    let mut there = Vec::new();
    for row in claimed {
        let found = storage.exists(&row.doomed());
        let found = found.map_err(|error| {
            Error::failed("cannot restore from the deletion journal").because(error).help(
                "the rows stay in the journal; mend the cause, and restore again before a kill finishes them",
            )
        })?;
        if found {
            there.push(row.segment);
        }
    }
    failpoint::reach("restore::files-looked-for");
    Ok(there)
}

/// Puts rows back into the segments; answers how many.
fn put_back(
    session: &mut Session<'_>,
    references: &References,
    step: i64,
    claimed: &[Claimed],
    there: &[i64],
    told: &mut StepReport,
) -> Result<u64> {
    let operation = "cannot restore from the deletion journal";
    let wall = session.clock.now().millis();
    let segments = journal::segments(there.iter().copied());
    let store = &session.store;
    store.batch(operation, journal::BATCH_TABLE)?;
    for file in claimed {
        let (load_type, name) = (file.load_type.as_deref(), file.file.as_deref());
        if let Some(name) = name {
            // Where the disk does not say where a file leads, its own name counts.
            let _ = references.name(store, file.segment, load_type, name)?;
        }
    }
    let worker = session.worker.name();
    let choose: [(&str, &dyn ToSql); 3] =
        [(":segments", &segments), (":stale_ms", &stale(wall)), (":worker", &worker)];
    store.execute(operation, sql::journal::CHOOSE_TO_RESTORE, &choose)?;
    let restored: Vec<i64> = store.rows(operation, sql::journal::BATCH, &[], |row| row.get(0))?;
    store.execute(operation, sql::journal::RESTORE_SEGMENTS, &[(":wall_ms", &wall)])?;
    failpoint::reach("restore::segments-without-payload");
    store.execute(operation, sql::journal::RESTORE_PAYLOADS, &[])?;
    failpoint::reach("restore::segments-back");
    let reason = ledger::reason(session, "restored from the deletion journal")?;
    let record: [(&str, &dyn ToSql); 2] = [(":step", &step), (":reason", &reason)];
    let count = store.execute(operation, sql::journal::RECORD_RESTORED, &record)?;
    failpoint::reach("restore::change-recorded");
    changes::add(&mut told.by_datasource, changes::changes_of_batch(session)?);
    guard::locks(session, step, OnConflict::Fail, told)?;
    let store = &session.store;
    store.execute(operation, sql::journal::TWINS_OF_BATCH, &[])?;
    let restored = journal::segments(restored.into_iter());
    let those: [(&str, &dyn ToSql); 1] = [(":segments", &restored)];
    store.execute(operation, sql::journal::TAKE_OUT, &those)?;
    failpoint::reach("restore::journal-rows-taken-out");
    store.execute(operation, sql::journal::FORGET_NAMES, &those)?;
    failpoint::reach("restore::names-forgotten");
    references.name_batch(store)?;
    store.execute(operation, sql::journal::DEFER, &[])?;
    store.execute(operation, sql::journal::RAISE_EPOCH, &[])?;
    failpoint::reach("restore::others-deferred");
    told.selected += count_of(claimed.len());
    told.set_changed(told.num_changed_segments + count);
    Ok(count)
}

/// Says what stays gone. Nothing at all restored is an error.
fn tell(kept: &Kept, meant: &Restored, told: &mut StepReport) -> Result<()> {
    let reasons = [
        (kept.without_file, "file-gone", "the file has been deleted, or is not there any more"),
        (
            kept.half_deleted,
            "half-deleted",
            "the file is a folder that a kill has begun to delete, and what is left of it may not be whole",
        ),
        (
            kept.in_work,
            "in-work",
            "another lopper process is deleting the file, or a folder that it lies in, at this moment",
        ),
        (kept.taken, "id-taken", "the store has a segment of that id again"),
    ];
    let reasons = reasons.iter().filter(|(count, ..)| *count > 0);
    if told.num_changed_segments == 0 {
        let why: Vec<&str> = reasons.map(|(_, _, why)| *why).collect();
        // A row whose file is in work by another row of the file is counted nowhere.
        let why = if why.is_empty() { "its file is in work".to_owned() } else { why.join("; ") };
        return Err(Error::failed(format!("nothing of {meant} was restored: {why}"))
            .help("what the journal knows of it: SELECT id, state, file, closed FROM deletions"));
    }
    told.warnings.extend(
        reasons
            .map(|(count, code, why)| Warning::new(code, format!("{count} not restored: {why}"))),
    );
    Ok(())
}

fn count_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
