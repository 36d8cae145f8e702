//! Orphans: files that `fsck` has listed in deep storage and that nothing names. They go through the deletion journal like
//! those of killed segments, a page in a transaction, and every page asks once more whether a row names them by now.

use rusqlite::{Row, ToSql};
use serde_json::json;

use crate::deep_storage::DeepStorage;
use crate::engine::operation::{Commit, Operation, StepContext};
use crate::engine::report::{KillReport, StepReport, Warning};
use crate::engine::turns::Turns;
use crate::engine::{Keep, Session, ledger, locks};
use crate::error::Result;
use crate::ops::MissingFiles;
use crate::ops::kill::deleter::Deleter;
use crate::ops::kill::journal::{self, Claims};
use crate::ops::kill::references::References;
use crate::ops::kill::{files, operation};
use crate::store::{Store, sql, text};
use crate::{config, failpoint};

/// Files in one transaction.
const PAGE: i64 = 1000;

const OPERATION: &str = "cannot move orphans into the deletion journal";

/// Deletes what `temp.listed` holds and is meant.
#[derive(Debug, Clone)]
pub struct Orphans {
    /// Only files last written before, in milliseconds since 1970.
    pub before_ms: i64,
    /// Only of these datasources; else of those that the store knows.
    pub datasources: Option<Vec<String>>,
    /// The newest segment when the listing was compared with the store.
    pub newest: i64,
}

impl Operation for Orphans {
    fn name(&self) -> &'static str {
        "fsck"
    }

    fn arguments(&self) -> Result<String> {
        Ok(json!({"datasources": self.datasources}).to_string())
    }

    fn commit(&self) -> Commit {
        Commit::InBatches
    }

    fn preflight(&self, session: &Session<'_>) -> Result<()> {
        operation::refuse_a_copy(session)
    }

    /// It changes no segment.
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
        storage.check()?;
        // What is deleted here has just been listed.
        let mut deleter = Deleter::new(session, storage, MissingFiles::Accept)?;
        journal::begin(session)?;
        let names = self.datasources.as_ref().map(|names| json!(names).to_string());
        let parameters: [(&str, &dyn ToSql); 2] =
            [(":before_ms", &self.before_ms), (":datasources", &names)];
        let mut report = StepReport::begun(number, self.name());
        warn_of_unknown(session, names.as_deref(), &mut report)?;
        session.store.execute(OPERATION, sql::fsck::LEAVE_UNMEANT, &parameters)?;
        let step = session
            .transaction(Keep::Yes, |session| ledger::begin_step(session, run, number, self))?;
        failpoint::reach("fsck::run-begun");
        pages(session, &mut deleter, self, step, &mut report)?;
        session.transaction(Keep::Yes, |session| ledger::end_step(session, step, &report))?;
        session.stop.check()?;
        Ok(report)
    }
}

/// A typing mistake must not look like a place without orphans.
fn warn_of_unknown(
    session: &Session<'_>,
    names: Option<&str>,
    told: &mut StepReport,
) -> Result<()> {
    let name = |row: &Row<'_>| row.get::<_, String>(0);
    let parameters: [(&str, &dyn ToSql); 1] = [(":datasources", &names)];
    let unknown =
        session.store.rows(OPERATION, sql::fsck::UNKNOWN_DATASOURCES, &parameters, name)?;
    if unknown.is_empty() {
        return Ok(());
    }
    let known = session
        .store
        .rows(OPERATION, sql::select::DATASOURCE_NAMES, &[], |row| text::shown(row, 0))?;
    let say = |name: &String| {
        let message = config::unknown_name(name, known.iter().map(String::as_str));
        Warning::new("unknown-datasource", message)
    };
    told.warnings.extend(unknown.iter().map(say));
    Ok(())
}

fn pages(
    session: &mut Session<'_>,
    deleter: &mut Deleter,
    meant: &Orphans,
    step: i64,
    told: &mut StepReport,
) -> Result<()> {
    let mut kill = KillReport::default();
    let mut turns = Turns::default();
    let mut after = String::new();
    while session.stop.check().is_ok() {
        let page: [(&str, &dyn ToSql); 2] = [(":after", &after), (":limit", &PAGE)];
        let upto = session.store.row(OPERATION, sql::fsck::NEXT_PAGE, &page, |row| row.get(0))?;
        let Some(upto): Option<String> = upto else { break };
        turns.give();
        let claims = session.transaction(Keep::Yes, |session| {
            move_page(session, &mut deleter.references, step, meant, (&after, &upto), told)
        })?;
        turns.taken();
        failpoint::reach("fsck::orphans-in-journal");
        files::delete(session, deleter, claims, None, &mut kill)?;
        after = upto;
    }
    let wall = session.clock.now().millis();
    told.skipped =
        session
            .store
            .row(OPERATION, sql::fsck::LOCKED_ORPHANS, &[(":wall_ms", &wall)], |row| row.get(0))?;
    if told.skipped > 0 {
        let message = format!(
            "{} orphans were left alone: their intervals are locked (`lopper lock list`)",
            told.skipped
        );
        told.warnings.push(Warning::new("locked", message));
    }
    files::count_left(session, deleter, &mut kill)?;
    told.kill = Some(kill);
    Ok(())
}

/// Takes out of the page what living rows refer to by another name than that of the listing; returns how many.
fn leave_referred(store: &Store, references: &mut References) -> Result<u64> {
    references.refresh(store)?;
    store.batch(OPERATION, sql::temp::FORGET_SURVEY)?;
    let files: Vec<(i64, String, String)> =
        store.rows(OPERATION, sql::fsck::FILES_OF_PAGE, &[], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    for (segment, load_type, file) in files {
        // Where the disk does not say where a file leads, its deletion fails with the reason.
        let _ = references.name(store, segment, Some(&load_type), &file)?;
    }
    store.execute(OPERATION, sql::fsck::LEAVE_REFERRED, &[])
}

/// Moves one page of orphans into the journal.
fn move_page(
    session: &Session<'_>,
    references: &mut References,
    step: i64,
    meant: &Orphans,
    (after, upto): (&str, &str),
    told: &mut StepReport,
) -> Result<Claims> {
    let store = &session.store;
    let wall = session.clock.now().millis();
    store.execute(OPERATION, sql::fsck::FORGET_PAGE, &[])?;
    locks::give_back_of_the_dead(store)?;
    let page: [(&str, &dyn ToSql); 4] =
        [(":after", &after), (":upto", &upto), (":newest", &meant.newest), (":wall_ms", &wall)];
    let found = store.execute(OPERATION, sql::fsck::CHOOSE_ORPHANS, &page)?;
    let chosen = found - leave_referred(store, references)?;
    if chosen == 0 {
        return Ok(Claims::none());
    }
    store.execute(OPERATION, sql::fsck::NAME_DATASOURCES, &[])?;
    store.execute(OPERATION, sql::fsck::KEEP_ORPHANS, &[(":step", &step)])?;
    failpoint::reach("fsck::orphans-named");
    let claim: [(&str, &dyn ToSql); 3] = [
        (":wall_ms", &wall),
        (":worker", &session.worker.name()),
        (":until_ms", &journal::until(wall)),
    ];
    store.execute(OPERATION, sql::fsck::MOVE_ORPHANS, &claim)?;
    failpoint::reach("fsck::orphans-moved");
    store.batch(OPERATION, journal::BATCH_TABLE)?;
    store.execute(OPERATION, sql::fsck::ORPHANS_TO_BATCH, &[])?;
    told.selected += chosen;
    journal::claim_batch(session)
}
