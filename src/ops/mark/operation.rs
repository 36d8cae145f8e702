//! mark-used and mark-unused.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use rusqlite::ToSql;
use serde_json::json;

use crate::config::{self, At, OnConflict, OnExposure};
use crate::druid::Interval;
use crate::dump::Content;
use crate::engine::changes::{State, apply, by_datasource, changes_by_reason};
use crate::engine::datasources::datasources;
use crate::engine::operation::{self, Condition, InputFile, Operation, StepContext};
use crate::engine::report::{StepReport, Warning};
use crate::engine::{Datasources, Session, choose, exposure, guard, ledger};
use crate::error::{Error, Kind, Result};
use crate::escape::excerpt;
use crate::failpoint;
use crate::hang::{Apart, is_stopped};
use crate::input::Input;
use crate::ops::mark::used;
use crate::ops::{Arguments, MarkStep, Selector};
use crate::store::sql;

/// A file of ids is read line by line, each of so many bytes at most.
const MAX_LINE: u64 = 1 << 16;

/// Unknown ids that a warning shows, and how many characters of each.
const SHOWN: usize = 3;
const SHOWN_CHARS: usize = 300;

impl Operation for MarkStep {
    fn name(&self) -> &'static str {
        match self.state {
            State::Used => "mark-used",
            State::Unused => "mark-unused",
        }
    }

    fn arguments(&self) -> Result<String> {
        operation::arguments(self.name(), self)
    }

    fn inputs(&self) -> Vec<InputFile<'_>> {
        match &self.selector {
            Selector::IdsFrom(path) => {
                vec![InputFile { at: At::Key("ids_from"), path, content: Content::Lines }]
            }
            _ => Vec::new(),
        }
    }

    fn condition(&self) -> Option<Condition<'_>> {
        match &self.selector {
            Selector::Where(predicate) => {
                Some(Condition { predicate, globs: self.datasources.globs() })
            }
            _ => None,
        }
    }

    fn apply(
        &self,
        session: &mut Session<'_>,
        step: StepContext,
        report: &mut StepReport,
    ) -> Result<()> {
        mark(session, (step.run, step.id), self, report)
    }
}

impl Arguments for MarkStep {
    fn anchor(&mut self, directory: &Path) {
        if let Selector::IdsFrom(file) = &mut self.selector {
            *file = directory.join(&*file);
        }
    }

    fn on_segments(&mut self) -> Option<(&mut config::Datasources, Option<&mut OnExposure>)> {
        Some((&mut self.datasources, self.on_exposure.as_mut()))
    }
}

/// Selects, guards and applies one mark; `run` and `step` are numbers in the store.
fn mark(
    session: &mut Session<'_>,
    (run, step): (i64, i64),
    mark: &MarkStep,
    report: &mut StepReport,
) -> Result<()> {
    let among = datasources(session, mark.datasources.globs(), report)?;
    select(session, (run, step), mark, &among, report)?;
    failpoint::reach("mark::segments-selected");
    let changed = match mark.state {
        State::Used => {
            // What stays unused because of a lock hides nothing; what others hide may be locked, since it stays as it is.
            if mark.on_conflict == OnConflict::Skip {
                guard::locks(session, step, mark.on_conflict, report)?;
            }
            let changed = used::look(session, step, mark, report)?;
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
    let count = apply(session, step, mark.state, &changed)?;
    report.set_changed(count);
    Ok(())
}

/// Writes the ledger rows of what is meant and has the other state, and counts all that is meant.
fn select(
    session: &mut Session<'_>,
    (run, step): (i64, i64),
    mark: &MarkStep,
    among: &Datasources,
    report: &mut StepReport,
) -> Result<()> {
    let operation = "cannot select the segments";
    let used = mark.state == State::Used;
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
    report.selected = different.saturating_sub(report.not_found.len() as u64);
    report.warnings.extend(unknown_ids(report, different));
    Ok(())
}

/// A warning of ids that name nothing: a list that is out of date, or of another cluster, must not look like success.
fn unknown_ids(report: &StepReport, different: u64) -> Option<Warning> {
    let unknown = &report.not_found;
    if unknown.is_empty() {
        return None;
    }
    let shown = unknown.iter().take(SHOWN).map(|id| format!("'{}'", excerpt(id, SHOWN_CHARS)));
    let which = match (different, unknown.len()) {
        (1, _) => "the id names".to_owned(),
        (_, 1) => format!("1 of {different} ids names"),
        (_, count) => format!("{count} of {different} ids name"),
    };
    let rest = match unknown.len().saturating_sub(SHOWN) {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    let datasource = report.datasource.as_deref().unwrap_or_default();
    let message = format!(
        "{which} no segment of datasource '{}': {}{rest}",
        excerpt(datasource, SHOWN_CHARS),
        shown.collect::<Vec<_>>().join(", ")
    );
    Some(Warning::new("unknown-ids", message))
}

/// The ids of a file, one a line, as a JSON array; `-` is standard input. Blank lines do not count.
fn read_ids(session: &Session<'_>, file: &Path) -> Result<String> {
    let failed = |error: std::io::Error| {
        if is_stopped(&error) {
            return Error::new(Kind::Interrupted(0), "reading the ids was interrupted");
        }
        Error::usage(format!("cannot read the ids from {}", file.display()))
            .because(error)
            .help("one segment id a line, in UTF-8")
    };
    let reader: Box<dyn Read> = match session.dumps.stream(file)? {
        Some(stream) => stream,
        None => Box::new(Apart::new(Input::open(file).map_err(failed)?, session.stop.flag())),
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
