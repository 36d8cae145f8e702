//! Exposure: marking a segment unused uncovers what it hid. Where that is an older segment that is still used, queries
//! see stale data. The visible timeline before the step is compared with the one after it.

use rusqlite::ToSql;

use super::Session;
use super::mark::Changed;
use super::timeline::{self, AFTER, BEFORE, Datasource, sweep};
use crate::druid::{Instant, Interval};
use crate::error::{Error, Result};
use crate::job::OnExposure;
use crate::report::escape::escape;
use crate::report::run::{LeftOut, StepReport, Warning};
use crate::store::sql;
use crate::timeline::{Hidden, Piece, Sink};

/// Segments that are named one by one; of the rest the number is told.
const NAMED: usize = 1000;

/// A segment that the step uncovers, and where.
struct Exposed {
    segment: i64,
    interval: Interval,
}

/// Looks for older segments that a step of mark-unused would make visible; `changed` says where the step changes
/// anything.
///
/// # Errors
/// When there is one and `on_exposure` says fail; SQLite's.
pub(super) fn check(
    session: &Session<'_>,
    step: i64,
    on_exposure: OnExposure,
    changed: &[Changed],
    report: &mut StepReport,
) -> Result<()> {
    if on_exposure == OnExposure::Ignore {
        return Ok(());
    }
    let mut count = 0;
    for (of, from_ms, to_ms) in hulls(changed) {
        let exposed = match exposed(session, step, of, from_ms, to_ms)? {
            Ok(exposed) => exposed,
            Err(why) => {
                let message = format!(
                    "'{}': cannot tell whether older segments become visible: {}",
                    escape(of.name),
                    why.reason
                );
                report.warnings.push(Warning::new("no-timeline", message));
                continue;
            }
        };
        for one in exposed {
            count += 1;
            if count > NAMED {
                continue;
            }
            let id = timeline::name(session, one.segment)?;
            let message = format!(
                "'{}' is older, still used, and becomes visible in {}: stale data",
                escape(&id),
                one.interval
            );
            if on_exposure == OnExposure::Fail {
                return Err(Error::refused(format!("{message}; nothing was changed")).help(
                    "mark the older segments unused first, or in the same run; to go on all the same: on_exposure = \"warn\", or --on-exposure warn",
                ));
            }
            report.warnings.push(Warning::about("stale-data", id, message));
        }
    }
    if count > NAMED {
        let message = format!("… and {} more older segments become visible", count - NAMED);
        report.warnings.push(Warning::new("stale-data", message));
    }
    Ok(())
}

/// Each datasource with what its changes span. Rows of one datasource stand together.
fn hulls(changed: &[Changed]) -> impl Iterator<Item = (Datasource<'_>, i64, i64)> {
    changed.chunk_by(|one, next| one.number == next.number).filter_map(|rows| {
        let first = rows.first()?;
        let from_ms = rows.iter().map(|row| row.from_ms).min()?;
        let to_ms = rows.iter().map(|row| row.to_ms).max()?;
        Some((Datasource { number: first.number, name: &first.datasource }, from_ms, to_ms))
    })
}

/// The visible pieces of a timeline within a hull.
struct Visible {
    from_ms: i64,
    to_ms: i64,
    pieces: Vec<Shown>,
}

struct Shown {
    start_ms: i64,
    end_ms: i64,
    segments: Vec<i64>,
}

impl Sink for Visible {
    fn hidden(&mut self, _: Hidden) {}

    fn visible(&mut self, piece: Piece<'_>) {
        let (start_ms, end_ms) = (piece.start_ms.max(self.from_ms), piece.end_ms.min(self.to_ms));
        if start_ms < end_ms {
            self.pieces.push(Shown { start_ms, end_ms, segments: piece.segments.to_vec() });
        }
    }
}

fn exposed(
    session: &Session<'_>,
    step: i64,
    of: Datasource<'_>,
    from_ms: i64,
    to_ms: i64,
) -> Result<std::result::Result<Vec<Exposed>, LeftOut>> {
    let parameters: [(&str, &dyn ToSql); 4] =
        [(":datasource", &of.number), (":step", &step), (":from_ms", &from_ms), (":to_ms", &to_ms)];
    let sinks = [BEFORE, AFTER].map(|only| (only, Visible { from_ms, to_ms, pieces: Vec::new() }));
    let swept = sweep(session, of, sql::timeline::WITH_STEP, &parameters, sinks)?;
    Ok(swept.map(|([before, after], _)| uncovered(&before.pieces, &after.pieces)))
}

/// What is visible after and was not before, where something was visible before. A step that only takes away can
/// show nothing newer.
fn uncovered(before: &[Shown], after: &[Shown]) -> Vec<Exposed> {
    let mut found: Vec<Exposed> = Vec::new();
    let mut before = before.iter().peekable();
    for new in after {
        while before.next_if(|old| old.end_ms <= new.start_ms).is_some() {}
        for old in before.clone().take_while(|old| old.start_ms < new.end_ms) {
            let start = Instant::from_millis(old.start_ms.max(new.start_ms));
            let end = Instant::from_millis(old.end_ms.min(new.end_ms));
            let fresh = new.segments.iter().filter(|segment| !old.segments.contains(segment));
            for segment in fresh {
                let interval = Interval { start, end };
                match found
                    .iter_mut()
                    .rev()
                    .take(new.segments.len())
                    .find(|known| known.segment == *segment && known.interval.end == start)
                {
                    Some(known) => known.interval.end = end,
                    None => found.push(Exposed { segment: *segment, interval }),
                }
            }
        }
    }
    found
}
