//! What mark-used looks at before it marks: segments that others hide are left alone, and what will not last is
//! warned of.

use rusqlite::ToSql;

use super::timeline::{self, AFTER, Datasource, sweep};
use super::{Datasources, Session, chains, mark};
use crate::druid::{Instant, Period};
use crate::error::{Error, Result};
use crate::job::{DEFAULT_BUFFER_DAYS, MarkStep, Selector};
use crate::report::escape::escape;
use crate::report::run::{LeftOut, StepReport, Warning};
use crate::store::sql;
use crate::timeline::{Hidden, Piece, Sink};

/// Segments that are warned of one by one; of the rest the number is told.
const NAMED: i64 = 1000;

/// Takes out of the step what others would hide, and warns.
pub(super) fn look(
    session: &mut Session<'_>,
    step: i64,
    mark: &MarkStep,
    among: &Datasources,
    report: &mut StepReport,
) -> Result<()> {
    let changed = mark::changes_by_reason(session, step)?;
    let changed = changed.iter().map(|one| Around {
        of: Datasource { number: one.number, name: &one.datasource },
        from_ms: one.from_ms,
        to_ms: one.to_ms,
    });
    if matches!(mark.selector, Selector::Id(_)) {
        for around in changed {
            warn_of_overshadowed(session, step, around, report)?;
        }
    } else if !mark.include_overshadowed {
        let mut left_out = Vec::new();
        let mut count = 0;
        for Around { of, .. } in changed {
            match leave_overshadowed_alone(session, step, of)? {
                Ok(left) => count += left,
                Err(conflict) => left_out.push(conflict),
            }
        }
        report.overshadowed = Some(count);
        session.leave_out(left_out, report);
    }
    warn_of_rules(session, step, among, report)?;
    warn_of_buffer(session, step, report)
}

/// A datasource, and what its changed segments span.
struct Around<'a> {
    of: Datasource<'a>,
    from_ms: i64,
    to_ms: i64,
}

#[derive(Default)]
struct Overshadowed(Vec<Hidden>);

impl Sink for Overshadowed {
    fn hidden(&mut self, hidden: Hidden) {
        self.0.push(hidden);
    }

    fn visible(&mut self, _: Piece<'_>) {}
}

/// What the segments that are used after the step hide of each other, as far as they overlap an interval.
fn hidden(
    session: &Session<'_>,
    step: i64,
    Around { of, from_ms, to_ms }: Around<'_>,
) -> Result<std::result::Result<Vec<Hidden>, LeftOut>> {
    let parameters: [(&str, &dyn ToSql); 4] =
        [(":datasource", &of.number), (":step", &step), (":from_ms", &from_ms), (":to_ms", &to_ms)];
    let sinks = [(AFTER, Overshadowed::default())];
    let swept = sweep(session, of, sql::timeline::WITH_STEP, &parameters, sinks)?;
    Ok(swept.map(|([hidden], _)| hidden.0))
}

/// Judged on the timeline of all used segments and the chosen ones together; answers how many stay unused.
fn leave_overshadowed_alone(
    session: &Session<'_>,
    step: i64,
    of: Datasource<'_>,
) -> Result<std::result::Result<u64, LeftOut>> {
    let operation = "cannot leave overshadowed segments alone";
    let everything = Around { of, from_ms: i64::MIN, to_ms: i64::MAX };
    match hidden(session, step, everything)? {
        Ok(hidden) => {
            let mut count = 0;
            for one in hidden {
                let row: [(&str, &dyn ToSql); 2] = [(":step", &step), (":segment", &one.segment)];
                count += session.store.execute(operation, sql::guard::LEAVE_ALONE, &row)?;
            }
            Ok(Ok(count))
        }
        Err(conflict) => {
            let rows: [(&str, &dyn ToSql); 2] = [(":step", &step), (":datasource", &of.number)];
            session.store.execute(operation, sql::guard::LEAVE_DATASOURCE_ALONE, &rows)?;
            Ok(Err(conflict))
        }
    }
}

/// One segment by its id is marked even when it is hidden.
fn warn_of_overshadowed(
    session: &Session<'_>,
    step: i64,
    around: Around<'_>,
    report: &mut StepReport,
) -> Result<()> {
    let name = around.of.name;
    match hidden(session, step, around)? {
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
                escape(name),
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
    among: &Datasources,
    report: &mut StepReport,
) -> Result<()> {
    let operation = "cannot ask the rules";
    // A dump without the rule table says nothing of the rules in force.
    if !session.store.row(operation, sql::rules::HAS_RULES, &[], |row| row.get(0))? {
        return Ok(());
    }
    for broken in chains::compile(session, among, session.logical)? {
        let message = format!(
            "'{}': cannot tell what the rules will do: {}",
            escape(&broken.datasource),
            broken.reason
        );
        report.warnings.push(Warning::new("broken-rule", message));
    }
    let step: (&str, &dyn ToSql) = (":step", &step);
    let found = session.store.rows(
        operation,
        sql::rules::WILL_NOT_LAST,
        &[step, (":limit", &NAMED)],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)),
    )?;
    let count = found.len();
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
    if i64::try_from(count).is_ok_and(|count| count >= NAMED) {
        let all: i64 =
            session
                .store
                .row(operation, sql::rules::COUNT_WILL_NOT_LAST, &[step], |row| row.get(0))?;
        if all > NAMED {
            let message =
                format!("… and {} more segments that the rules drop or do not load", all - NAMED);
            report.warnings.push(Warning::new("rule-drops", message));
        }
    }
    Ok(())
}

/// Warns of segments that have been unused for longer than the buffer of a kill: their files may be going.
fn warn_of_buffer(session: &Session<'_>, step: i64, report: &mut StepReport) -> Result<()> {
    let buffer = Period::days(DEFAULT_BUFFER_DAYS);
    let past = buffer
        .subtract_from(session.logical)
        .map_err(|error| Error::usage("cannot look at the kill buffer").because(error))?
        .millis();
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":step", &step), (":unused_by_ms", &past), (":limit", &NAMED)];
    let found = session.store.rows(
        "cannot look at the kill buffer",
        sql::select::PAST_BUFFER,
        &parameters,
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
    )?;
    let all = found.first().map_or(0, |(_, _, all)| *all);
    for (id, since, _) in found {
        let message = format!(
            "'{}' has been unused since {}, longer than the buffer of a kill ({buffer}): look whether its files are still there",
            escape(&id),
            Instant::from_millis(since)
        );
        report.warnings.push(Warning::about("past-kill-buffer", id, message));
    }
    if all > NAMED {
        let message = format!("… and {} more segments past the buffer of a kill", all - NAMED);
        report.warnings.push(Warning::new("past-kill-buffer", message));
    }
    Ok(())
}
