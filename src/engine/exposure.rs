//! Exposure: marking a segment unused uncovers what it hid. Where that is an older segment that is still used, queries
//! see stale data. The visible timeline before the step is compared with the one after it.

use std::cell::RefCell;

use rusqlite::ToSql;

use crate::config::OnExposure;
use crate::druid::timeline::{Comparison, Uncovered};
use crate::druid::{Instant, Interval};
use crate::engine::changes::Changed;
use crate::engine::report::{LeftOut, StepReport, Warning};
use crate::engine::timeline::{AFTER, BEFORE, Datasource, sweep};
use crate::engine::{Session, timeline};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::store::sql;

/// Segments that are named one by one; of the rest the number is told.
const NAMED: usize = 1000;

/// Looks for older segments that a step of mark-unused would make visible, and warns of them; `changed` says where the
/// step changes anything. Where `on_exposure` says fail, the session holds the refusal.
///
/// # Errors
/// SQLite's.
pub(crate) fn check(
    session: &mut Session<'_>,
    step: i64,
    on_exposure: OnExposure,
    changed: &[Changed],
    report: &mut StepReport,
) -> Result<()> {
    if on_exposure == OnExposure::Ignore {
        return Ok(());
    }
    let mut found = Vec::new();
    let mut rest = 0;
    for (of, hull) in hulls(changed) {
        session.stop.check()?;
        match uncovered(session, step, of, hull, NAMED.saturating_sub(found.len()))? {
            Ok((named, more)) => {
                for one in named {
                    found.push(stale(session, one)?);
                }
                rest += more;
            }
            Err(why) => report.warnings.push(no_timeline(of, &why)),
        }
    }
    let first = report.warnings.iter().find(|one| one.code == NO_TIMELINE).or(found.first());
    if let Some(first) = first.filter(|_| on_exposure == OnExposure::Fail) {
        let refusal = refused(first, found.len() + rest);
        session.refusal.get_or_insert(refusal);
    }
    report.warnings.append(&mut found);
    if rest > 0 {
        let verb = if rest == 1 { "segment becomes" } else { "segments become" };
        let message = format!("… and {rest} more older {verb} visible");
        report.warnings.push(Warning::new("stale-data", message));
    }
    Ok(())
}

const NO_TIMELINE: &str = "no-timeline";

fn no_timeline(of: Datasource<'_>, why: &LeftOut) -> Warning {
    let message = format!(
        "'{}': cannot tell whether older segments become visible: {}",
        escape(of.name),
        why.reason
    );
    Warning::new(NO_TIMELINE, message)
}

fn stale(session: &Session<'_>, found: Uncovered) -> Result<Warning> {
    let id = timeline::name(session, found.segment)?;
    let interval = Interval {
        start: Instant::from_millis(found.start_ms),
        end: Instant::from_millis(found.end_ms),
    };
    let message = format!(
        "'{}' is older, still used, and becomes visible in {interval}: stale data",
        escape(&id)
    );
    Ok(Warning::about("stale-data", id, message))
}

fn refused(first: &Warning, count: usize) -> Error {
    let more = match count {
        0 | 1 => String::new(),
        _ => format!(" ({count} in all)"),
    };
    Error::refused(format!("{}{more}; nothing was changed", first.message)).help(
        "mark the older segments unused before, or in the same step; to go on all the same: on_exposure = \"warn\", or --on-exposure warn",
    )
}

/// Each datasource with what its changes span. Rows of one datasource stand together.
fn hulls(changed: &[Changed]) -> impl Iterator<Item = (Datasource<'_>, (i64, i64))> {
    changed.chunk_by(|one, next| one.number == next.number).filter_map(|rows| {
        let from_ms = rows.iter().map(|row| row.from_ms).min()?;
        let to_ms = rows.iter().map(|row| row.to_ms).max()?;
        Some((rows.first()?.of(), (from_ms, to_ms)))
    })
}

/// At most `limit` of what a step uncovers in a datasource, and how many more there are.
fn uncovered(
    session: &Session<'_>,
    step: i64,
    of: Datasource<'_>,
    (from_ms, to_ms): (i64, i64),
    limit: usize,
) -> Result<std::result::Result<(Vec<Uncovered>, usize), LeftOut>> {
    let parameters: [(&str, &dyn ToSql); 4] =
        [(":datasource", &of.number), (":step", &step), (":from_ms", &from_ms), (":to_ms", &to_ms)];
    let comparison = RefCell::new(Comparison::new(limit));
    let [before, after] = Comparison::sides(&comparison);
    let sinks = [(BEFORE, before), (AFTER, after)];
    let swept = sweep(session, of, sql::timeline::WITH_STEP, &parameters, sinks)?;
    Ok(match swept.err() {
        Some(why) => Err(why),
        None => Ok(comparison.into_inner().told()),
    })
}
