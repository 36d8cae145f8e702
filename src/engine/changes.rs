//! What a step changes: its rows in the ledger, counted, and applied to the segments.

use rusqlite::ToSql;

use crate::engine::report::DatasourceChange;
use crate::engine::timeline::Datasource;
use crate::engine::{Session, known};
use crate::error::Result;
use crate::failpoint;
use crate::store::{sql, text};

/// What a mark turns segments into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Used: Druid serves them.
    Used,
    /// Unused: a kill may take them.
    Unused,
}

/// Gives the segments of the step's rows, which come to `changed`, their new state; answers how many there are.
pub(crate) fn apply(
    session: &Session<'_>,
    step: i64,
    state: State,
    changed: &[Changed],
) -> Result<u64> {
    let (used, wall) = (state == State::Used, session.clock.now().millis());
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":step", &step), (":used", &used), (":wall_ms", &wall)];
    let count = session.store.execute("cannot mark the segments", sql::apply::MARK, &parameters)?;
    failpoint::reach("mark::segments-marked");
    known::doubt(session, &changed.iter().map(|one| one.number).collect())?;
    Ok(count)
}

/// What a step changes in one datasource for one reason.
#[derive(Debug, Clone)]
pub(crate) struct Changed {
    /// The datasource's number.
    pub number: i64,
    pub datasource: String,
    /// As the ledger has it; `overshadowed` whatever by.
    pub reason: String,
    pub segments: u64,
    /// Bytes.
    pub size: u64,
    /// The first start of a changed segment, and the last end.
    pub from_ms: i64,
    pub to_ms: i64,
}

impl Changed {
    /// The datasource.
    pub(crate) fn of(&self) -> Datasource<'_> {
        Datasource { number: self.number, name: &self.datasource }
    }
}

/// What the step's rows in the ledger come to, by datasource and reason.
pub(crate) fn changes_by_reason(session: &Session<'_>, step: i64) -> Result<Vec<Changed>> {
    session.store.rows(
        "cannot count the changes",
        sql::select::CHANGED_BY_REASON,
        &[(":step", &step)],
        |row| {
            Ok(Changed {
                number: row.get(0)?,
                datasource: text::shown(row, 1)?,
                reason: text::shown(row, 2)?,
                segments: row.get(3)?,
                size: row.get(4)?,
                from_ms: row.get(5)?,
                to_ms: row.get(6)?,
            })
        },
    )
}

/// The same without the reasons.
pub(crate) fn by_datasource(changed: &[Changed]) -> Vec<DatasourceChange> {
    // Rows of one datasource stand together.
    let of_each = changed.chunk_by(|one, next| one.number == next.number);
    let sum = |rows: &[Changed]| {
        let datasource = rows.first()?.datasource.clone();
        let segments = rows.iter().map(|row| row.segments).sum();
        let size = rows.iter().fold(0, |size: u64, row| size.saturating_add(row.size));
        Some(DatasourceChange { datasource, segments, size })
    };
    of_each.filter_map(sum).collect()
}

/// What the step's rows in the ledger come to, by datasource.
pub(crate) fn changes(session: &Session<'_>, step: i64) -> Result<Vec<DatasourceChange>> {
    session.store.rows(
        "cannot count the changes",
        sql::select::CHANGED_BY_DATASOURCE,
        &[(":step", &step)],
        |row| {
            Ok(DatasourceChange {
                datasource: text::shown(row, 0)?,
                segments: row.get(1)?,
                size: row.get(2)?,
            })
        },
    )
}

/// What the rows in `temp.batch` come to, by datasource.
pub(crate) fn changes_of_batch(session: &Session<'_>) -> Result<Vec<DatasourceChange>> {
    session.store.rows("cannot count the changes", sql::select::BATCH_BY_DATASOURCE, &[], |row| {
        Ok(DatasourceChange {
            datasource: text::shown(row, 0)?,
            segments: row.get(1)?,
            size: row.get(2)?,
        })
    })
}

/// Adds one account to another; both are in the order of names.
pub(crate) fn add(sum: &mut Vec<DatasourceChange>, more: Vec<DatasourceChange>) {
    let mut new = Vec::new();
    for change in more {
        let place = sum.binary_search_by(|known| known.datasource.cmp(&change.datasource));
        match place.ok().and_then(|place| sum.get_mut(place)) {
            Some(known) => {
                known.segments += change.segments;
                known.size = known.size.saturating_add(change.size);
            }
            None => new.push(change),
        }
    }
    if !new.is_empty() {
        sum.extend(new);
        sum.sort_by(|one, other| one.datasource.cmp(&other.datasource));
    }
}
