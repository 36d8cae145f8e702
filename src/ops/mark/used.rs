//! What mark-used looks at before it marks: segments that others hide are left alone, and what will not last is
//! warned of.

use rusqlite::ToSql;
use serde_json::json;

use crate::druid::timeline::Hidden;
use crate::druid::{Instant, Period};
use crate::engine::changes::Changed;
use crate::engine::report::{LeftOut, StepReport, Warning};
use crate::engine::timeline::{AFTER, Overshadowed, keep_hidden, sweep};
use crate::engine::{Datasources, Session, chains, changes, known, timeline};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::failpoint;
use crate::ops::{DEFAULT_BUFFER_DAYS, MarkStep, Selector};
use crate::store::{sql, text};

/// Segments that are warned of one by one; of the rest the number is told.
const NAMED: usize = 1000;

/// Takes out of the step what others would hide, and warns; answers what the step changes then.
pub(crate) fn look(
    session: &mut Session<'_>,
    step: i64,
    mark: &MarkStep,
    report: &mut StepReport,
) -> Result<Vec<Changed>> {
    let mut changed = changes::changes_by_reason(session, step)?;
    warn_of_unknown_types(session, step, &changed, report)?;
    if matches!(mark.selector, Selector::Id(_)) {
        for one in &changed {
            warn_of_overshadowed(session, step, one, report)?;
        }
    } else {
        leave_alone(session, step, mark.include_overshadowed, &changed, report)?;
        if report.overshadowed != Some(0) || !report.left_out.is_empty() {
            changed = changes::changes_by_reason(session, step)?;
        }
    }
    warn_of_rules(session, step, &changed, report)?;
    warn_of_buffer(session, step, report)?;
    Ok(changed)
}

/// What the segments that are used after the step hide of each other, as far as they overlap an interval.
fn hidden(
    session: &Session<'_>,
    step: i64,
    of: &Changed,
    (from_ms, to_ms): (i64, i64),
) -> Result<std::result::Result<Vec<Hidden>, LeftOut>> {
    let parameters: [(&str, &dyn ToSql); 4] =
        [(":datasource", &of.number), (":step", &step), (":from_ms", &from_ms), (":to_ms", &to_ms)];
    let sinks = [(AFTER, Overshadowed::default())];
    let swept = sweep(session, of.of(), sql::timeline::WITH_STEP, &parameters, sinks)?;
    Ok(swept.map(|([hidden], _)| hidden.hidden))
}

/// Judged on the timelines of all used segments and the chosen ones together. A datasource that would have none is
/// left out whatever is forced, since Druid's coordinator would fail on it.
fn leave_alone(
    session: &mut Session<'_>,
    step: i64,
    is_forced: bool,
    changed: &[Changed],
    report: &mut StepReport,
) -> Result<()> {
    let operation = "cannot leave overshadowed segments alone";
    session.store.batch(operation, sql::timeline::HIDDEN_TABLE)?;
    let step_is: (&str, &dyn ToSql) = (":step", &step);
    let mut left_out = Vec::new();
    for one in changed {
        session.stop.check()?;
        match hidden(session, step, one, (i64::MIN, i64::MAX))? {
            Ok(hidden) if !is_forced => keep_hidden(session, one.of(), &hidden)?,
            Ok(_) => {}
            Err(conflict) => {
                let rows = [step_is, (":datasource", &one.number)];
                session.store.execute(operation, sql::guard::LEAVE_DATASOURCE_ALONE, &rows)?;
                left_out.push(conflict);
            }
        }
    }
    if !is_forced {
        let count = session.store.execute(operation, sql::guard::LEAVE_HIDDEN_ALONE, &[step_is])?;
        failpoint::reach("mark-used::hidden-left-alone");
        report.overshadowed = Some(count);
    }
    session.leave_out(left_out, report);
    Ok(())
}

/// What nobody knows hides nothing, so that segments below it are taken for visible.
fn warn_of_unknown_types(
    session: &Session<'_>,
    step: i64,
    changed: &[Changed],
    report: &mut StepReport,
) -> Result<()> {
    let numbers = json!(changed.iter().map(|one| one.number).collect::<Vec<_>>()).to_string();
    known::warn_of_unknown_types(session, step, &numbers, report)
}

/// One segment by its id is marked even when it is hidden.
fn warn_of_overshadowed(
    session: &Session<'_>,
    step: i64,
    of: &Changed,
    report: &mut StepReport,
) -> Result<()> {
    match hidden(session, step, of, (of.from_ms, of.to_ms))? {
        Ok(hidden) => {
            let mine = session.store.rows(
                "cannot read the step",
                sql::select::SEGMENTS_OF_STEP,
                &[(":step", &step)],
                |row| row.get::<_, i64>(0),
            )?;
            for one in hidden.iter().filter(|one| mine.contains(&one.segment)) {
                let (id, by) =
                    (timeline::name(session, one.segment)?, timeline::name(session, one.by)?);
                let message = format!(
                    "'{}' is overshadowed by '{}': it stays invisible, and the next enforce-rules marks it unused again",
                    escape(&id),
                    escape(&by)
                );
                report.warnings.push(Warning::about("overshadowed", id, message));
            }
        }
        Err(why) => {
            let message = format!(
                "'{}': cannot tell whether it is overshadowed: {}",
                escape(&of.datasource),
                why.reason
            );
            report.warnings.push(Warning::new("no-timeline", message));
        }
    }
    Ok(())
}

/// Warns of segments that a drop rule takes again at once, and of those that no rule loads.
fn warn_of_rules(
    session: &Session<'_>,
    step: i64,
    changed: &[Changed],
    report: &mut StepReport,
) -> Result<()> {
    let operation = "cannot ask the rules";
    // A dump without the rule table says nothing of the rules in force.
    if !session.store.row(operation, sql::rules::HAS_RULES, &[], |row| row.get(0))? {
        return Ok(());
    }
    let among = changed.iter().map(|one| (one.number, one.datasource.clone())).collect::<Vec<_>>();
    for broken in chains::compile(session, &Datasources::new(among), session.logical)? {
        let message = format!(
            "'{}': cannot tell what the rules will do: {}",
            escape(&broken.datasource),
            broken.reason
        );
        report.warnings.push(Warning::new("broken-rule", message));
    }
    let step: (&str, &dyn ToSql) = (":step", &step);
    let mut found = session.store.rows(
        operation,
        sql::rules::WILL_NOT_LAST,
        &[step, (":limit", &NAMED)],
        |row| Ok((text::shown(row, 0)?, row.get::<_, Option<String>>(1)?)),
    )?;
    let count = found.len();
    // Warnings of one kind stand together.
    found.sort_by_key(|(_, reason)| reason.is_none());
    for (id, reason) in found {
        let shown = escape(&id).into_owned();
        report.warnings.push(match reason {
            Some(reason) => Warning::about(
                "rule-drops",
                id,
                format!(
                    "'{shown}' will be marked unused again by the next enforce-rules: {reason}"
                ),
            ),
            None => {
                let message = format!("'{shown}' stays unloaded: no rule holds for it");
                Warning::about("no-rule", id, message)
            }
        });
    }
    let all = || session.store.row(operation, sql::rules::COUNT_WILL_NOT_LAST, &[step], first);
    warn_of_rest(count, all, "rule-drops", "that the rules drop or do not load", report)
}

/// Warns of segments that have been unused for longer than the buffer of a kill: their files may be going.
fn warn_of_buffer(session: &Session<'_>, step: i64, report: &mut StepReport) -> Result<()> {
    let buffer = Period::days(DEFAULT_BUFFER_DAYS);
    let past = buffer
        .subtract_from(session.logical)
        .map_err(|error| Error::usage("cannot look at the kill buffer").because(error))?
        .millis();
    let operation = "cannot look at the kill buffer";
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":step", &step), (":unused_by_ms", &past), (":limit", &NAMED)];
    let found = session.store.rows(operation, sql::select::PAST_BUFFER, &parameters, |row| {
        Ok((text::shown(row, 0)?, row.get::<_, i64>(1)?))
    })?;
    let count = found.len();
    for (id, since) in found {
        let message = format!(
            "'{}' has been unused since {}, longer than the buffer of a kill ({buffer}): look whether its files are still there",
            escape(&id),
            Instant::from_millis(since)
        );
        report.warnings.push(Warning::about("past-kill-buffer", id, message));
    }
    let all =
        || session.store.row(operation, sql::select::COUNT_PAST_BUFFER, &parameters[..2], first);
    warn_of_rest(count, all, "past-kill-buffer", "past the buffer of a kill", report)
}

fn first(row: &rusqlite::Row<'_>) -> rusqlite::Result<usize> {
    row.get(0)
}

/// Tells how many there are beyond those that were named; all are counted only when there may be more.
fn warn_of_rest(
    named: usize,
    count_all: impl FnOnce() -> Result<usize>,
    code: &str,
    what: &str,
    report: &mut StepReport,
) -> Result<()> {
    let rest = if named < NAMED { 0 } else { count_all()?.saturating_sub(named) };
    if rest > 0 {
        let segments = if rest == 1 { "segment" } else { "segments" };
        report.warnings.push(Warning::new(code, format!("… and {rest} more {segments} {what}")));
    }
    Ok(())
}
