//! The end of an import: what it has turned, and what the store has and the dump has not. That is counted, or with
//! `--replace` removed, within a limit: a dump that lacks much is more often cut off, or of another cluster, than true.

use rusqlite::ToSql;

use crate::config::OnConflict;
use crate::engine::report::{ImportReport, StepReport};
use crate::engine::{Session, guard};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::failpoint;
use crate::ops::ImportStep;
use crate::ops::import::operation::{Before, Read};
use crate::store::sql;

/// Counts what the step has turned, by direction, and the marks of lopper's among it.
pub(crate) fn judge_turned(
    session: &Session<'_>,
    step: i64,
    report: &mut ImportReport,
) -> Result<()> {
    if report.updated == 0 {
        return Ok(());
    }
    let operation = "cannot count what the dump has turned";
    let store = &session.store;
    store.execute(operation, sql::import::FORGET_UNTURNED, &[(":step", &step)])?;
    (report.used_to_unused, report.unused_to_used) =
        store.row(operation, sql::import::TURNED, &[(":step", &step)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let turned = report.used_to_unused + report.unused_to_used;
    if turned > 0 {
        let parameters: [(&str, &dyn ToSql); 2] = [(":step", &step), (":turned", &turned)];
        report.overwritten_marks =
            store.row(operation, sql::import::OVERWRITTEN_MARKS, &parameters, |row| row.get(0))?;
    }
    Ok(())
}

/// Counts what the store has of the dump's datasources, and the dump has not.
pub(crate) fn count_missing(session: &Session<'_>, before: Before, read: &mut Read) -> Result<()> {
    if before.newest == 0 || read.datasources.is_empty() {
        return Ok(());
    }
    let datasources = serde_json::to_string(&read.datasources)
        .map_err(|error| Error::failed("cannot name the dump's datasources").because(error))?;
    let parameters: [(&str, &dyn ToSql); 2] =
        [(":datasources", &datasources), (":newest", &before.newest)];
    read.report.missing = session.store.row(
        "cannot count what the dump does not have",
        sql::import::COUNT_MISSING,
        &parameters,
        |row| row.get(0),
    )?;
    Ok(())
}

/// `--replace`: what the dump does not have goes, of each table that the dump has at all. Metadata only.
pub(crate) fn remove_missing(
    session: &mut Session<'_>,
    step: i64,
    options: &ImportStep,
    reason: i64,
    before: Before,
    read: &mut Read,
    report: &mut StepReport,
) -> Result<()> {
    let operation = "cannot remove what the dump does not have";
    let most = options.max_removed_percent;
    if read.rules_seen > 0 {
        let removed = session.store.execute(operation, sql::import::REMOVE_MISSING_RULES, &[])?;
        failpoint::reach("import::missing-rules-removed");
        read.report.rules_removed = removed;
        check_rules(session, removed, before.rules, most);
    }
    read.halves.check_forms()?;
    let found = &mut read.report;
    if found.inserted + found.updated + found.unchanged == 0 {
        return Ok(());
    }
    let newest: [(&str, &dyn ToSql); 1] = [(":newest", &before.newest)];
    found.removed = session.store.execute(operation, sql::import::CHOOSE_MISSING, &newest)?;
    read.halves.check_removed(session)?;
    check_segments(session, step, before, most)?;
    let rows: [(&str, &dyn ToSql); 2] = [(":step", &step), (":reason", &reason)];
    session.store.execute(operation, sql::import::RECORD_REPLACED, &rows)?;
    failpoint::reach("import::missing-recorded");
    guard::locks(session, step, OnConflict::Fail, report)?;
    let store = &session.store;
    store.execute(operation, sql::apply::KEEP_NAMES, &[(":step", &step), (":how", &"replaced")])?;
    failpoint::reach("import::missing-named");
    store.execute(operation, sql::apply::DOUBT_OVERSHADOWED_OF_BATCH, &[])?;
    store.execute(operation, sql::apply::REMOVE, &[])?;
    failpoint::reach("import::missing-removed");
    Ok(())
}

/// Refuses the run when too large a share of a datasource goes or is turned; of the store that is no larger a share. A
/// plan shows it all the same.
fn check_segments(session: &mut Session<'_>, step: i64, before: Before, most: f64) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 2] = [(":step", &step), (":newest", &before.newest)];
    let worst = session.store.rows(
        "cannot ask how much the dump removes",
        sql::guard::REMOVED_PERCENT,
        &parameters,
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, u64>(1)?,
                row.get::<_, u64>(2)?,
                row.get::<_, u64>(3)?,
                row.get::<_, f64>(4)?,
            ))
        },
    )?;
    if let Some((datasource, removed, turned, rows, percent)) = worst.into_iter().next()
        && percent > most
    {
        let whose = format!("of the {rows} segments of datasource '{}'", escape(&datasource));
        let what = match (removed, turned) {
            (removed, 0) => format!("remove {removed} {whose}"),
            (0, turned) => format!("turn {turned} {whose}"),
            _ => format!("remove {removed} and turn {turned} {whose}"),
        };
        refuse(session, &what, percent, most);
    }
    Ok(())
}

/// The same of rule rows, which Druid itself never deletes.
fn check_rules(session: &mut Session<'_>, removed: u64, rows: u64, most: f64) {
    if rows == 0 {
        return;
    }
    #[expect(clippy::cast_precision_loss, reason = "rule rows are few")]
    let percent = 100.0 * removed as f64 / rows as f64;
    if percent > most {
        refuse(session, &format!("remove {removed} of the {rows} rule rows"), percent, most);
    }
}

fn refuse(session: &mut Session<'_>, what: &str, percent: f64, most: f64) {
    let refusal = Error::refused(format!(
        "import --replace would {what} ({percent:.1} %); max_removed_percent allows {most} %, and nothing was changed"
    ))
    .help(format!(
        "look whether the dump is whole, and of this cluster; if it is meant, say --max-removed-percent {} (in a job file: max_removed_percent)",
        percent.ceil()
    ));
    session.refusal.get_or_insert(refusal);
}
