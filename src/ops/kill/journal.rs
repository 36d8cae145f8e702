//! The deletion journal: whose turn a file is. Rows are claimed before their file goes, so that any number of processes
//! may work on the journal, and closed when deep storage has confirmed.

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant as Moment};

use rusqlite::ToSql;
use serde_json::json;

use crate::deep_storage::Doomed;
use crate::druid::folders_above;
use crate::engine::report::{FileFailure, KillReport};
use crate::engine::{Keep, Session, has_died};
use crate::error::Result;
use crate::failpoint;
use crate::ops::kill::files::Outcome;
use crate::ops::kill::lock;
use crate::ops::kill::references::References;
use crate::store::{Store, sql};

/// How long a claim lasts. Deep storage's slowest answer fits in; a worker that died on another machine holds up its
/// files for so long.
const LEASE: Duration = Duration::from_secs(300);

/// How old a claim may be when a worker begins to delete by it.
const FRESH: Duration = Duration::from_secs(30);

/// Open rows that one transaction asks whether they must wait.
const RECONSIDERED: i64 = 10_000;

/// Why files could not be deleted: so many reasons are told.
const REASONS: i64 = 5;

/// Where rows wait between two statements of a batch; temporary, so it is not part of the store.
pub(crate) const BATCH_TABLE: &str = "CREATE TEMP TABLE IF NOT EXISTS batch (segment_id INTEGER PRIMARY KEY); DELETE FROM temp.batch;";

/// Files that deep storage refused in this run; temporary, so that the next run tries them again.
pub(crate) const TRIED_TABLE: &str =
    "CREATE TEMP TABLE IF NOT EXISTS tried (segment_id INTEGER PRIMARY KEY)";

pub(crate) const OPERATION: &str = "cannot read the deletion journal";

/// A file that this worker is to delete.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) segment: i64,
    pub(crate) load_type: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) datasource: String,
    pub(crate) orphan: bool,
    /// Whether an attempt to delete it has begun before.
    pub(crate) begun: bool,
    /// Where it lies itself; its own name, unless links lead there.
    pub(crate) located: Option<String>,
}

impl Claimed {
    /// What deep storage is to be asked for.
    pub(crate) fn doomed(&self) -> Doomed<'_> {
        let (load_type, file) = (self.load_type.as_deref(), self.file.as_deref());
        Doomed { load_type, file, datasource: &self.datasource, orphan: self.orphan }
    }

    /// The same by the name of the place where it lies, whatever links lead there.
    pub(crate) fn doomed_where_it_lies(&self) -> Doomed<'_> {
        Doomed { file: self.located.as_deref(), ..self.doomed() }
    }

    /// Where it lies, without a slash at the end.
    pub(crate) fn place(&self) -> Option<&str> {
        self.located.as_deref().map(|place| place.trim_end_matches('/'))
    }
}

/// Claimed files, and when they were.
#[derive(Debug)]
pub(crate) struct Claims {
    pub(crate) files: Vec<Claimed>,
    since: Moment,
}

impl Claims {
    pub(crate) fn none() -> Self {
        Self { files: Vec::new(), since: Moment::now() }
    }
}

/// Makes ready what the journal's statements need, and takes over what dead workers left.
pub(crate) fn begin(session: &mut Session<'_>) -> Result<()> {
    session.store.batch("cannot prepare the deletion of files", TRIED_TABLE)?;
    let workers: Vec<String> =
        session.store.rows(OPERATION, sql::journal::WORKERS, &[], |row| row.get(0))?;
    for worker in workers.iter().filter(|name| has_died(name)) {
        tracing::info!(%worker, "its process has died: its files are taken over");
        session.transaction(Keep::Yes, |session| release(session, worker))?;
    }
    Ok(())
}

/// Gives back whatever `worker` has claimed.
pub(crate) fn release(session: &Session<'_>, worker: &str) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 1] = [(":worker", &worker)];
    session.store.execute(OPERATION, sql::journal::RELEASE, &parameters)?;
    failpoint::reach("kill::claims-released");
    Ok(())
}

/// Asks again of every open row that nobody works on whether its file may go: segments may have come or gone since it
/// was journaled. A bounded batch a transaction; the disk is asked for names before it.
pub(crate) fn reconsider(session: &mut Session<'_>, references: &References) -> Result<()> {
    let mut after = (i64::MIN, i64::MIN);
    loop {
        choose_open(session.store, session.clock.now().millis(), after)?;
        references.name_batch(session.store)?;
        let last = session.transaction(Keep::Yes, |session| {
            let store = &session.store;
            choose_open(store, session.clock.now().millis(), after)?;
            store.execute(OPERATION, sql::journal::DEFER, &[])?;
            failpoint::reach("kill::open-reconsidered");
            let place = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            store.rows(OPERATION, sql::journal::LAST_OF_BATCH, &[], place)
        })?;
        match last.first() {
            Some(&last) if session.stop.check_between().is_ok() => after = last,
            _ => return Ok(()),
        }
    }
}

/// Puts the next open rows that nobody works on into `temp.batch`.
fn choose_open(store: &Store, wall_ms: i64, after: (i64, i64)) -> Result<()> {
    store.batch(OPERATION, BATCH_TABLE)?;
    let parameters: [(&str, &dyn ToSql); 4] = [
        (":wall_ms", &wall_ms),
        (":after_hash", &after.0),
        (":after", &after.1),
        (":limit", &RECONSIDERED),
    ];
    store.execute(OPERATION, sql::journal::CHOOSE_OPEN, &parameters).map(drop)
}

/// Moves temp.batch from the segments into the journal, claimed: names, journal rows, and then the segments go. The
/// statements decide in the same transaction which files must wait; the rest is answered.
pub(crate) fn move_batch(session: &Session<'_>, step: i64) -> Result<Claims> {
    let operation = "cannot move segments into the deletion journal";
    let wall = session.clock.now().millis();
    let (worker, until) = (session.worker.name(), until(wall));
    let store = &session.store;
    let plate: [(&str, &dyn ToSql); 2] = [(":step", &step), (":how", &"killed")];
    store.execute(operation, sql::apply::KEEP_NAMES, &plate)?;
    failpoint::reach("kill::batch-named");
    let claim: [(&str, &dyn ToSql); 3] =
        [(":wall_ms", &wall), (":worker", &worker), (":until_ms", &until)];
    store.execute(operation, sql::journal::MOVE, &claim)?;
    failpoint::reach("kill::batch-copied");
    store.execute(operation, sql::apply::REMOVE, &[])?;
    failpoint::reach("kill::segments-removed");
    store.execute(operation, sql::journal::DEFER, &[])?;
    failpoint::reach("kill::batch-deferred");
    store.execute(operation, sql::journal::LEAVE_TO_TWIN, &[])?;
    failpoint::reach("kill::twins-unclaimed");
    claim_batch(session)
}

/// The files of the batch in `temp.batch`, which this worker has claimed in this transaction.
pub(crate) fn claim_batch(session: &Session<'_>) -> Result<Claims> {
    let since = Moment::now();
    let parameters: [(&str, &dyn ToSql); 1] = [(":worker", &session.worker.name())];
    let statement = sql::journal::CLAIMED_OF_BATCH;
    let files = session.store.rows(OPERATION, statement, &parameters, claimed)?;
    Ok(Claims { files, since })
}

/// Claims at most `limit` files that are due; with `all`, also those that are to be tried again only later.
pub(crate) fn claim_due(session: &mut Session<'_>, all: bool, limit: i64) -> Result<Claims> {
    session.transaction(Keep::Yes, |session| {
        let wall = session.clock.now().millis();
        let (worker, until) = (session.worker.name(), until(wall));
        let parameters: [(&str, &dyn ToSql); 5] = [
            (":wall_ms", &wall),
            (":all", &all),
            (":worker", &worker),
            (":until_ms", &until),
            (":limit", &limit),
        ];
        let since = Moment::now();
        let files = session.store.rows(OPERATION, sql::journal::CLAIM_DUE, &parameters, claimed)?;
        failpoint::reach("kill::files-claimed");
        Ok(Claims { files, since })
    })
}

/// Renews claims that were made a while ago; what someone else has taken over meanwhile is left to them.
pub(crate) fn renew(session: &mut Session<'_>, claims: &mut Claims) -> Result<()> {
    if claims.since.elapsed() < FRESH {
        return Ok(());
    }
    let segments = segments(claims.files.iter().map(|file| file.segment));
    let since = Moment::now();
    let kept: HashSet<i64> = session.transaction(Keep::Yes, |session| {
        lock::renew(session)?;
        let until = until(session.clock.now().millis());
        let parameters: [(&str, &dyn ToSql); 3] =
            [(":segments", &segments), (":worker", &session.worker.name()), (":until_ms", &until)];
        let kept =
            session.store.rows(OPERATION, sql::journal::RENEW, &parameters, |row| row.get(0))?;
        Ok(kept.into_iter().collect())
    })?;
    claims.files.retain(|file| kept.contains(&file.segment));
    claims.since = since;
    Ok(())
}

/// Says that an attempt to delete files begins: from now on, one that is gone counts as deleted, and so does what other
/// rows name in them, or above them.
pub(crate) fn begin_deleting(session: &Session<'_>, files: &[&Claimed]) -> Result<()> {
    let segments = segments(files.iter().map(|file| file.segment));
    let parameters: [(&str, &dyn ToSql); 2] =
        [(":segments", &segments), (":worker", &session.worker.name())];
    session.store.execute(OPERATION, sql::journal::BEGIN_DELETING, &parameters)?;
    let above = files.iter().filter_map(|file| file.place()).flat_map(folders_above);
    // In an object store a folder's name may end with a slash.
    let folders: BTreeSet<String> =
        above.flat_map(|folder| [folder.to_owned(), format!("{folder}/")]).collect();
    let around: [(&str, &dyn ToSql); 2] =
        [(":segments", &segments), (":folders", &json!(folders).to_string())];
    session.store.execute(OPERATION, sql::journal::BEGIN_DELETING_AROUND, &around)?;
    failpoint::reach("kill::deleting-begun");
    Ok(())
}

/// Closes the rows of files that are gone or missing, and notes why others are not.
pub(crate) fn close(session: &Session<'_>, outcome: &Outcome) -> Result<()> {
    let operation = "cannot close the deletion journal";
    let wall = session.clock.now().millis();
    for (files, missing) in [(&outcome.gone, false), (&outcome.missing, true)] {
        let segments = segments(files.iter().copied());
        let parameters: [(&str, &dyn ToSql); 3] =
            [(":segments", &segments), (":wall_ms", &wall), (":missing", &missing)];
        session.store.execute(operation, sql::journal::CLOSE, &parameters)?;
    }
    failpoint::reach("kill::rows-closed");
    let waiting = segments(outcome.waiting.iter().copied());
    let parameters: [(&str, &dyn ToSql); 2] =
        [(":segments", &waiting), (":worker", &session.worker.name())];
    session.store.execute(operation, sql::journal::WAIT, &parameters)?;
    for (segment, error) in &outcome.failed {
        let parameters: [(&str, &dyn ToSql); 4] = [
            (":segment", segment),
            (":worker", &session.worker.name()),
            (":error", error),
            (":wall_ms", &wall),
        ];
        session.store.execute(operation, sql::journal::FAILED, &parameters)?;
        failpoint::reach("kill::refusal-noted");
        let tried: [(&str, &dyn ToSql); 1] = [(":segment", segment)];
        session.store.execute(operation, sql::journal::MARK_TRIED, &tried)?;
    }
    Ok(())
}

/// Takes rows that a step has just moved back into the segment table, as if they had never left it: ledger, stamps and
/// all.
pub(crate) fn return_to_segments(session: &Session<'_>, step: i64, files: &[i64]) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let operation = "cannot return segments from the deletion journal";
    let store = &session.store;
    let those = segments(files.iter().copied());
    let those: [(&str, &dyn ToSql); 1] = [(":segments", &those)];
    store.batch(operation, BATCH_TABLE)?;
    store.execute(operation, sql::journal::CHOOSE_TO_RETURN, &those)?;
    store.execute(operation, sql::journal::RESTORE_SEGMENTS, &[(":wall_ms", &None::<i64>)])?;
    store.execute(operation, sql::journal::RESTORE_PAYLOADS, &[])?;
    failpoint::reach("kill::segments-returned");
    store.execute(operation, sql::journal::FORGET_KILL, &[(":step", &step)])?;
    store.execute(operation, sql::journal::TAKE_OUT, &those)?;
    store.execute(operation, sql::journal::FORGET_NAMES, &those)?;
    failpoint::reach("kill::returned-forgotten");
    Ok(())
}

/// Counts what the journal keeps, and says why some of it could not be deleted; answers how many of what is still to go
/// nobody has tried.
pub(crate) fn count_left(session: &Session<'_>, report: &mut KillReport) -> Result<u64> {
    let wall = session.clock.now().millis();
    let parameters: [(&str, &dyn ToSql); 2] =
        [(":worker", &session.worker.name()), (":wall_ms", &wall)];
    let counts = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let untried: u64;
    (report.files_in_work, report.files_failed, report.files_deferred, untried) =
        session.store.row(OPERATION, sql::journal::COUNT_OPEN, &parameters, counts)?;
    report.failures.clear();
    if report.files_failed > 0 {
        let limit: [(&str, &dyn ToSql); 1] = [(":limit", &REASONS)];
        report.failures =
            session.store.rows(OPERATION, sql::journal::SOME_FAILED, &limit, |row| {
                Ok(FileFailure { file: row.get(1)?, error: row.get(2)?, files: row.get(3)? })
            })?;
    }
    Ok(untried)
}

pub(crate) fn claimed(row: &rusqlite::Row<'_>) -> rusqlite::Result<Claimed> {
    Ok(Claimed {
        segment: row.get(0)?,
        load_type: row.get(1)?,
        file: row.get(2)?,
        datasource: row.get(3)?,
        orphan: row.get(4)?,
        begun: row.get(5)?,
        located: row.get(6)?,
    })
}

pub(crate) fn segments(numbers: impl Iterator<Item = i64>) -> String {
    json!(numbers.collect::<Vec<_>>()).to_string()
}

pub(crate) fn until(wall_ms: i64) -> i64 {
    wall_ms.saturating_add(i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX))
}
