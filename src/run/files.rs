//! The deletion journal's other half: files go after the transaction that moved their rows has committed, and
//! a row is closed when deep storage has confirmed.

use serde_json::json;

use super::{Keep, Session};
use crate::deep_storage::DeepStorage;
use crate::error::Result;
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

/// Deletes the files that are due, each once a run; answers whether it makes sense to go on, which it does
/// not when every file of a chunk was refused.
pub(super) fn delete_due(
    session: &mut Session<'_>,
    storage: &DeepStorage,
    report: &mut KillReport,
) -> Result<bool> {
    session.store.batch("cannot prepare the deletion of files", TRIED_TABLE)?;
    loop {
        if session.stop.check().is_err() {
            return Ok(false);
        }
        let due = due(session)?;
        if due.is_empty() {
            return Ok(true);
        }
        let (mut gone, mut failed) = (Vec::new(), Vec::new());
        for file in &due {
            match storage.delete(file.load_type.as_deref(), file.file.as_deref(), &file.datasource)
            {
                Ok(()) => gone.push(file.segment),
                Err(error) => failed.push((file.segment, error.to_string())),
            }
        }
        report.files_deleted += u64::try_from(gone.len()).unwrap_or(u64::MAX);
        let refused_all = gone.is_empty();
        session.transaction(Keep::Yes, |session| close(session, &gone, &failed))?;
        if refused_all {
            return Ok(false);
        }
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
    // What waited for a file's last relative may be due now.
    session.store.execute(operation, sql::apply::DEFER, &[]).map(drop)
}
