//! The deletion journal's other half: files go after the transaction that moved their rows has committed, and
//! a row is closed when deep storage has confirmed.

use serde_json::json;

use super::{Keep, Session};
use crate::deep_storage::{DeepStorage, Found};
use crate::error::Result;
use crate::failpoint;
use crate::report::run::KillReport;
use crate::store::sql;

/// Files between two commits of the journal: what a crash at worst asks deep storage for twice.
const CHUNK: i64 = 200;

struct Due {
    segment: i64,
    load_type: Option<String>,
    file: Option<String>,
    datasource: String,
}

/// Files that deep storage refused in this run; temporary, so that the next run tries them again.
const TRIED_TABLE: &str = "CREATE TEMP TABLE IF NOT EXISTS tried (segment_id INTEGER PRIMARY KEY)";

/// How the files that were due fared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fared {
    gone: usize,
    refused: usize,
}

impl Fared {
    /// Whether deep storage refused at least so many files, and took none: it makes no sense to go on.
    pub(super) fn refused_all(self, least: u32) -> bool {
        self.gone == 0 && u32::try_from(self.refused).is_ok_and(|refused| refused >= least)
    }
}

/// Asks again which files may go, as segments may have come or gone since a row was journaled, and deletes those.
pub(super) fn delete_left(
    session: &mut Session<'_>,
    storage: &DeepStorage,
    report: &mut KillReport,
) -> Result<Fared> {
    let operation = "cannot read the deletion journal";
    session.transaction(Keep::Yes, |session| {
        session.store.execute(operation, sql::apply::DEFER, &[])
    })?;
    delete_due(session, storage, report)
}

/// Deletes the files that are due, each once a run. A file that is refused never keeps another from going.
pub(super) fn delete_due(
    session: &mut Session<'_>,
    storage: &DeepStorage,
    report: &mut KillReport,
) -> Result<Fared> {
    session.store.batch("cannot prepare the deletion of files", TRIED_TABLE)?;
    let mut fared = Fared::default();
    loop {
        let due = if session.stop.check().is_ok() { due(session)? } else { Vec::new() };
        if due.is_empty() {
            return Ok(fared);
        }
        let (mut gone, mut failed) = (Vec::new(), Vec::new());
        for file in &due {
            match storage.delete(file.load_type.as_deref(), file.file.as_deref(), &file.datasource)
            {
                Ok(found) => {
                    // A tombstone is closed like any other row, but it had no file.
                    report.files_deleted += u64::from(found != Found::NoFile);
                    report.files_already_gone += u64::from(found == Found::Absent);
                    gone.push(file.segment);
                }
                Err(error) => failed.push((file.segment, error.to_string())),
            }
            failpoint::reach("kill: a file is deleted");
        }
        fared.gone += gone.len();
        fared.refused += failed.len();
        session.transaction(Keep::Yes, |session| close(session, &gone, &failed))?;
    }
}

/// Counts what the journal keeps.
pub(super) fn count_left(session: &Session<'_>, report: &mut KillReport) -> Result<()> {
    let (pending, deferred) = session.store.row(
        "cannot read the deletion journal",
        sql::select::OPEN_DELETIONS,
        &[],
        |row| Ok((row.get(0)?, row.get(2)?)),
    )?;
    report.files_failed = pending;
    report.files_deferred = deferred;
    Ok(())
}

fn due(session: &Session<'_>) -> Result<Vec<Due>> {
    session.store.rows(
        "cannot read the deletion journal",
        sql::select::DUE_FILES,
        &[(":limit", &CHUNK)],
        |row| {
            Ok(Due {
                segment: row.get(0)?,
                load_type: row.get(1)?,
                file: row.get(2)?,
                datasource: row.get(3)?,
            })
        },
    )
}

fn close(session: &Session<'_>, gone: &[i64], failed: &[(i64, String)]) -> Result<()> {
    let operation = "cannot close the deletion journal";
    let wall = session.clock.now().millis();
    let segments = json!(gone).to_string();
    session.store.execute(
        operation,
        sql::apply::CLOSE_DELETIONS,
        &[(":segments", &segments), (":wall_ms", &wall)],
    )?;
    for (segment, error) in failed {
        session.store.execute(
            operation,
            sql::apply::DELETION_FAILED,
            &[(":segment", segment), (":error", error)],
        )?;
        session.store.execute(operation, sql::apply::MARK_TRIED, &[(":segment", segment)])?;
    }
    Ok(())
}
