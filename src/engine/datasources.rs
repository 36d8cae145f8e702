//! Which datasources a step is for.

use std::collections::HashSet;

use rusqlite::{Row, ToSql};
use serde_json::json;

use crate::config;
use crate::druid::DEFAULT_CHAIN;
use crate::engine::report::{LeftOut, StepReport, Warning};
use crate::engine::{Session, timeline};
use crate::error::Result;
use crate::store::{Store, sql, text};

/// The datasources that a step's globs mean.
pub(crate) struct Datasources {
    /// Number and name of each.
    found: Vec<(i64, String)>,
    /// Their numbers, as a JSON array for statements.
    pub(crate) numbers: String,
}

impl Datasources {
    pub(crate) fn new(found: Vec<(i64, String)>) -> Self {
        let numbers = found.iter().map(|(number, _)| *number).collect::<Vec<_>>();
        Self { numbers: json!(numbers).to_string(), found }
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = timeline::Datasource<'_>> {
        self.found.iter().map(|(number, name)| timeline::Datasource { number: *number, name })
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.found.iter().map(|(_, name)| name.as_str()).collect()
    }

    /// These but for some that are left alone.
    pub(crate) fn without(&self, left_out: &[LeftOut]) -> Self {
        let left_out: HashSet<&str> = left_out.iter().map(|one| one.datasource.as_str()).collect();
        let stays = |(_, name): &&(i64, String)| !left_out.contains(name.as_str());
        Self::new(self.found.iter().filter(stays).cloned().collect())
    }
}

/// What to say of each of some globs (a JSON array) that means nothing.
///
/// # Errors
/// SQLite's.
pub fn unknown_datasources(store: &Store, globs: &str) -> Result<Vec<String>> {
    let operation = "cannot find the datasources";
    let name = |row: &Row<'_>| row.get::<_, String>(0);
    let patterns: [(&str, &dyn ToSql); 1] = [(":patterns", &globs)];
    let unknown = store.rows(operation, sql::select::UNKNOWN_PATTERNS, &patterns, name)?;
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let known =
        store.rows(operation, sql::select::DATASOURCE_NAMES, &[], |row| text::shown(row, 0))?;
    let say = |glob: &String| config::unknown_datasource(glob, known.iter().map(String::as_str));
    Ok(unknown.iter().map(say).collect())
}

/// Resolves globs; what means nothing is a warning, since a typing mistake must not look like success.
pub(crate) fn datasources(
    session: &Session<'_>,
    globs: &[String],
    report: &mut StepReport,
) -> Result<Datasources> {
    let operation = "cannot find the datasources";
    let patterns = json!(globs).to_string();
    let found = session.store.rows(
        operation,
        sql::select::DATASOURCES,
        &[(":patterns", &patterns)],
        |row| Ok((row.get::<_, i64>(0)?, text::shown(row, 1)?)),
    )?;
    let unknown = unknown_datasources(session.store, &patterns)?;
    report
        .warnings
        .extend(unknown.into_iter().map(|message| Warning::new("unknown-datasource", message)));
    report.datasource = Some(globs.join(", "));
    let (left_out, found): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(_, name)| session.left_out.contains(name));
    for (_, name) in left_out {
        let reason = "an earlier step of the run had to leave it alone";
        report.left_out.push(LeftOut::new(&name, reason));
    }
    Ok(Datasources::new(found))
}

/// What to say of a name that no datasource with segments has; nothing of `_default`, which is for all.
///
/// # Errors
/// SQLite's.
pub fn unknown(store: &Store, datasource: &str) -> Result<Option<String>> {
    if datasource == DEFAULT_CHAIN {
        return Ok(None);
    }
    let known =
        store.rows("cannot find the datasources", sql::select::DATASOURCE_NAMES, &[], |row| {
            text::shown(row, 0)
        })?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Ok((!known.contains(&datasource))
        .then(|| config::unknown_name(datasource, known.iter().copied())))
}
