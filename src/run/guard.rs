//! What must not happen: too many changes, and changes of what another owner holds locked.

use super::Session;
use crate::druid::{Instant, Interval};
use crate::error::{Error, Result};
use crate::job::{Guard, OnConflict};
use crate::report::escape::escape;
use crate::report::run::StepReport;
use crate::store::sql;

/// Fails when a step has refused, or the run's changes so far go beyond the guard.
pub(super) fn check(session: &mut Session<'_>, run: i64, guard: &Guard) -> Result<()> {
    if let Some(refusal) = session.refusal.take() {
        return Err(refusal);
    }
    if let Some(most) = guard.max_segments {
        let changed: u64 = session.store.row(
            "cannot ask the guard",
            sql::guard::CHANGED_SEGMENTS,
            &[(":run", &run)],
            |row| row.get(0),
        )?;
        if changed > most {
            return Err(Error::refused(format!(
                "the run would change {changed} segments; max_segments allows {most}, and nothing was changed"
            ))
            .help("look at it with `lopper plan`; if it is meant, raise max_segments in [guard]"));
        }
    }
    let Some(most) = guard.max_percent else { return Ok(()) };
    let worst = session.store.rows(
        "cannot ask the guard",
        sql::guard::CHANGED_PERCENT,
        &[(":run", &run)],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, i64>(3)?,
                row.get::<_, i64>(4)?,
                row.get::<_, f64>(5)?,
            ))
        },
    )?;
    match worst.first() {
        Some((datasource, marked, used, killed, rows, percent)) if *percent > most => Err(Error::refused(format!(
            "the run would change {percent:.1} % of datasource '{}' ({marked} of its {used} used segments marked, {killed} of its {rows} rows killed); \
             max_percent allows {most}, and nothing was changed",
            escape(datasource)
        ))
        .help("look at it with `lopper plan`; if it is meant, raise max_percent in [guard]")),
        _ => Ok(()),
    }
}

/// Looks for locks on the step's segments: fails, or takes those segments out of the step.
pub(super) fn locks(
    session: &Session<'_>,
    step: i64,
    on_conflict: OnConflict,
    report: &mut StepReport,
) -> Result<()> {
    let wall = session.clock.now().millis();
    let parameters: [(&str, &dyn rusqlite::ToSql); 2] = [(":step", &step), (":wall_ms", &wall)];
    match on_conflict {
        OnConflict::Skip => {
            report.skipped += session.store.execute(
                "cannot look for locks",
                sql::guard::LEAVE_LOCKED_ALONE,
                &parameters,
            )?;
            Ok(())
        }
        OnConflict::Fail => {
            let found = session.store.rows(
                "cannot look for locks",
                sql::guard::LOCKED,
                &parameters,
                |row| {
                    let interval = (row.get::<_, i64>(3)?, row.get::<_, i64>(4)?);
                    Ok((
                        row.get::<_, String>(0)?,
                        row.get::<_, String>(1)?,
                        row.get::<_, String>(2)?,
                        interval,
                        row.get::<_, String>(5)?,
                    ))
                },
            )?;
            let Some((datasource, owner, kind, (start, end), id)) = found.into_iter().next() else {
                return Ok(());
            };
            let interval =
                Interval { start: Instant::from_millis(start), end: Instant::from_millis(end) };
            Err(Error::locked(format!(
                "segment '{}' is locked: '{}' holds a {kind} lock on {interval} of datasource '{}'; nothing was changed",
                escape(&id),
                escape(&owner),
                escape(&datasource),
            ))
            .help("wait until the lock is gone (SELECT * FROM locks), or pass over what is locked: on_conflict = \"skip\", or --on-conflict skip"))
        }
    }
}
