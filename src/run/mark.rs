//! mark-used and mark-unused.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use rusqlite::ToSql;
use serde_json::json;

use super::timeline::Datasource;
use super::{Datasources, Session, choose, datasources, exposure, guard, known, ledger, mark_used};
use crate::druid::Interval;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::input::Input;
use crate::job::{MarkStep, OnConflict, Selector};
use crate::report::run::{DatasourceChange, StepReport};
use crate::store::{sql, text};

/// A file of ids is read line by line, each of so many bytes at most.
const MAX_LINE: u64 = 1 << 16;

/// What a mark turns segments into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Used,
    Unused,
}

/// Selects, guards and applies one mark; `run` and `step` are numbers in the store.
pub(super) fn mark(
    session: &mut Session<'_>,
    (run, step): (i64, i64),
    mark: &MarkStep,
    state: State,
    report: &mut StepReport,
) -> Result<()> {
    let among = datasources(session, mark.datasources.globs(), report)?;
    select(session, (run, step), mark, state, &among, report)?;
    failpoint::reach("mark::segments-selected");
    let changed = match state {
        State::Used => {
            // What stays unused because of a lock hides nothing; what others hide may be locked, since it stays as it is.
            if mark.on_conflict == OnConflict::Skip {
                guard::locks(session, step, mark.on_conflict, report)?;
            }
            let changed = mark_used::look(session, step, mark, report)?;
            if mark.on_conflict != OnConflict::Skip {
                guard::locks(session, step, mark.on_conflict, report)?;
            }
            changed
        }
        State::Unused => {
            guard::locks(session, step, mark.on_conflict, report)?;
            let changed = changes_by_reason(session, step)?;
            // Where nothing stays used, nothing can become visible.
            if mark.selector != Selector::All || report.skipped > 0 {
                let on_exposure = mark.on_exposure.unwrap_or_default();
                exposure::check(session, step, on_exposure, &changed, report)?;
            }
            changed
        }
    };
    report.by_datasource = by_datasource(&changed);
    let count = apply(session, step, state, &changed)?;
    report.set_changed(count);
    Ok(())
}

/// Gives the segments of the step's rows, which come to `changed`, their new state; answers how many there are.
pub(super) fn apply(
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
pub(super) struct Changed {
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
    pub(super) fn of(&self) -> Datasource<'_> {
        Datasource { number: self.number, name: &self.datasource }
    }
}

/// What the step's rows in the ledger come to, by datasource and reason.
pub(super) fn changes_by_reason(session: &Session<'_>, step: i64) -> Result<Vec<Changed>> {
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
pub(super) fn by_datasource(changed: &[Changed]) -> Vec<DatasourceChange> {
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
pub(super) fn changes(session: &Session<'_>, step: i64) -> Result<Vec<DatasourceChange>> {
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

/// Writes the ledger rows of what is meant and has the other state, and counts all that is meant.
fn select(
    session: &mut Session<'_>,
    (run, step): (i64, i64),
    mark: &MarkStep,
    state: State,
    among: &Datasources,
    report: &mut StepReport,
) -> Result<()> {
    let operation = "cannot select the segments";
    let used = state == State::Used;
    let reason = ledger::reason(session, &reason(&mark.selector))?;
    let numbers = &among.numbers;
    match &mark.selector {
        Selector::Id(id) => {
            by_ids(session, step, used, reason, numbers, &json!([id]).to_string(), report)
        }
        Selector::Ids(ids) => {
            by_ids(session, step, used, reason, numbers, &json!(ids).to_string(), report)
        }
        Selector::IdsFrom(file) => {
            let ids = read_ids(session, file)?;
            by_ids(session, step, used, reason, numbers, &ids, report)
        }
        Selector::Interval { interval, versions } => {
            let Interval { start, end } =
                interval.resolve(session.logical).map_err(Error::usage)?;
            let (start, end) = (start.millis(), end.millis());
            let versions = versions.as_ref().map(|versions| json!(versions).to_string());
            let meant: [(&str, &dyn ToSql); 4] = [
                (":datasources", numbers),
                (":start_ms", &start),
                (":end_ms", &end),
                (":versions", &versions),
            ];
            report.selected =
                session
                    .store
                    .row(operation, sql::select::COUNT_BY_INTERVAL, &meant, |row| row.get(0))?;
            let rows: [(&str, &dyn ToSql); 3] =
                [(":step", &step), (":used", &used), (":reason", &reason)];
            session
                .store
                .execute(operation, sql::select::BY_INTERVAL, &[&meant[..], &rows[..]].concat())
                .map(drop)
        }
        Selector::All => {
            report.selected = session.store.row(
                operation,
                sql::select::COUNT_ALL,
                &[(":datasources", numbers)],
                |row| row.get(0),
            )?;
            let statement = if used { sql::select::ALL_UNUSED } else { sql::select::ALL_USED };
            let rows: [(&str, &dyn ToSql); 3] =
                [(":step", &step), (":datasources", numbers), (":reason", &reason)];
            session.store.execute(operation, statement, &rows).map(drop)
        }
        Selector::Where(predicate) => {
            let names = json!(among.names()).to_string();
            report.selected = choose::within(session, run, predicate, &names)?;
            let rows: [(&str, &dyn ToSql); 3] =
                [(":step", &step), (":used", &used), (":reason", &reason)];
            session.store.execute(operation, sql::select::CHOSEN, &rows).map(drop)
        }
    }
}

fn by_ids(
    session: &Session<'_>,
    step: i64,
    used: bool,
    reason: i64,
    numbers: &str,
    ids: &str,
    report: &mut StepReport,
) -> Result<()> {
    let operation = "cannot select the segments by their ids";
    let meant: [(&str, &dyn ToSql); 2] = [(":ids", &ids), (":datasources", &numbers)];
    let rows: [(&str, &dyn ToSql); 3] = [(":step", &step), (":used", &used), (":reason", &reason)];
    let store = &session.store;
    store.execute(operation, sql::select::BY_IDS, &[&meant[..], &rows[..]].concat())?;
    report.not_found =
        store.rows(operation, sql::select::IDS_NOT_FOUND, &meant, |row| row.get(0))?;
    let different: u64 =
        store.row(operation, sql::select::COUNT_IDS, &meant[..1], |row| row.get(0))?;
    report.selected =
        different.saturating_sub(u64::try_from(report.not_found.len()).unwrap_or(u64::MAX));
    Ok(())
}

/// The ids of a file, one a line, as a JSON array; `-` is standard input. Blank lines do not count.
fn read_ids(session: &Session<'_>, file: &Path) -> Result<String> {
    let failed = |error: std::io::Error| {
        Error::usage(format!("cannot read the ids from {}", file.display()))
            .because(error)
            .help("one segment id a line, in UTF-8")
    };
    let reader: Box<dyn Read> = match session.dumps.stream(file)? {
        Some(stream) => stream,
        None => Box::new(Input::open(file).map_err(failed)?),
    };
    let mut reader = BufReader::new(reader);
    let (mut ids, mut line) = (Vec::new(), Vec::new());
    while reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(failed)? > 0 {
        let text = std::str::from_utf8(&line)
            .map_err(|error| failed(std::io::Error::new(ErrorKind::InvalidData, error)))?;
        if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") {
            let error = "a line has more than 64 KiB, which no segment id has";
            return Err(failed(std::io::Error::new(ErrorKind::FileTooLarge, error)));
        }
        let id = text.trim();
        if !id.is_empty() {
            ids.push(id.to_owned());
        }
        line.clear();
    }
    if ids.is_empty() {
        return Err(Error::usage(format!("{} holds no segment id", file.display()))
            .help("write one id a line"));
    }
    Ok(json!(ids).to_string())
}

/// What the ledger keeps of why.
fn reason(selector: &Selector) -> String {
    match selector {
        Selector::Id(_) => "id".to_owned(),
        Selector::Ids(_) | Selector::IdsFrom(_) => "ids".to_owned(),
        Selector::Interval { versions: None, .. } => "interval".to_owned(),
        Selector::Interval { versions: Some(_), .. } => "interval and versions".to_owned(),
        Selector::All => "all".to_owned(),
        Selector::Where(predicate) => format!("where {predicate}"),
    }
}

/// What the rows in `temp.batch` come to, by datasource.
pub(super) fn changes_of_batch(session: &Session<'_>) -> Result<Vec<DatasourceChange>> {
    session.store.rows("cannot count the changes", sql::select::BATCH_BY_DATASOURCE, &[], |row| {
        Ok(DatasourceChange {
            datasource: text::shown(row, 0)?,
            segments: row.get(1)?,
            size: row.get(2)?,
        })
    })
}

/// Adds one account to another; both are in the order of names.
pub(super) fn add(sum: &mut Vec<DatasourceChange>, more: Vec<DatasourceChange>) {
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
