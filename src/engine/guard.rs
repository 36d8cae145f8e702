//! What must not happen: too many changes, and changes of what another owner holds locked.

use rusqlite::ToSql;

use crate::config::OnConflict;
use crate::engine::locks::Lock;
use crate::engine::report::StepReport;
use crate::engine::{Origin, Request, Session, locked, locks, waiting};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::failpoint;
use crate::store::{sql, text};

/// Fails when a step has refused, or the run's changes so far go beyond the guard.
pub(crate) fn check(session: &mut Session<'_>, run: i64, request: &Request) -> Result<()> {
    let guard = &request.guard;
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
            .help(next_step(request, "max_segments", request.own_guard.max_segments.is_some())));
        }
    }
    let Some(most) = guard.max_percent else { return Ok(()) };
    let worst = session.store.rows(
        "cannot ask the guard",
        sql::guard::CHANGED_PERCENT,
        &[(":run", &run)],
        |row| {
            Ok((
                text::shown(row, 0)?,
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
        .help(next_step(request, "max_percent", request.own_guard.max_percent.is_some()))),
        _ => Ok(()),
    }
}

/// How to look at what was refused, and where the limit stands: in the request itself, or in `lopper.toml`.
fn next_step(request: &Request, key: &str, is_own: bool) -> String {
    let flag = key.replace('_', "-");
    let look = match request.origin {
        Origin::Command => "--dry-run",
        Origin::Job => "`lopper plan`",
    };
    let raise = match (request.origin, is_own) {
        (Origin::Command, true) => format!("raise --{flag}"),
        (Origin::Command, false) => {
            format!("raise {key} in [guard] of lopper.toml, or say --{flag} this once")
        }
        (Origin::Job, true) => format!("raise {key} in [guard] of the job file"),
        (Origin::Job, false) => {
            format!("raise {key} in [guard] of lopper.toml, or set it in [guard] of the job file")
        }
    };
    format!("look at it with {look}; if it is meant, {raise}")
}

/// Looks for locks on the step's segments: fails, takes those segments out of the step, or ends a transaction that is
/// tried again when the lock is gone.
pub(crate) fn locks(
    session: &mut Session<'_>,
    step: i64,
    on_conflict: OnConflict,
    report: &mut StepReport,
) -> Result<()> {
    locks::give_back_of_the_dead(session.store)?;
    locked::gather(session)?;
    match on_conflict {
        OnConflict::Skip => {
            let parameters: [(&str, &dyn ToSql); 1] = [(":step", &step)];
            report.skipped += session.store.execute(
                "cannot look for locks",
                sql::guard::LEAVE_LOCKED_ALONE,
                &parameters,
            )?;
            failpoint::reach("guard::locked-left-alone");
            Ok(())
        }
        OnConflict::Fail => match first_locked(session, step, report)? {
            Some((_, error)) => Err(error.help("wait until the lock is gone (`lopper lock list`), or say what is to be done about it: on_conflict = \"skip\" or \"wait\", or --on-conflict")),
            None => Ok(()),
        },
        OnConflict::Wait(period) => match first_locked(session, step, report)? {
            Some((lock, error)) => waiting::meet(session, lock, period, error, report),
            None => Ok(()),
        },
    }
}

/// A lock on one of the step's segments, and what to say when it is not to be.
fn first_locked(
    session: &Session<'_>,
    step: i64,
    report: &StepReport,
) -> Result<Option<(Lock, Error)>> {
    let wall = session.clock.now().millis();
    let parameters: [(&str, &dyn ToSql); 2] = [(":step", &step), (":wall_ms", &wall)];
    let read = |row: &rusqlite::Row<'_>| Ok((Lock::from_row(row)?, text::shown(row, 8)?));
    let operation = "cannot look for locks";
    let found = session.store.rows(operation, sql::guard::LOCKED, &parameters, read)?;
    Ok(found.into_iter().next().map(|(lock, id)| {
        // Of a kill, batches before this one are done.
        let kept = if report.num_changed_segments > 0 {
            "what was done before stays"
        } else {
            "nothing was changed"
        };
        let error = Error::locked(format!("segment '{}' is locked: {lock}; {kept}", escape(&id)));
        (lock, error)
    }))
}
