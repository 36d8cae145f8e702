//! Brings a store to this program's version, and refuses files that are not lopper's.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::APPLICATION_ID;
use crate::error::{Error, Result};
use crate::failpoint;

refinery::embed_migrations!("sql/migrations");

/// Counts what somebody made. refinery commits its own table before the first migration: a store whose making was cut
/// short there is still a new one.
const TABLES: &str =
    "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'refinery_schema_history'";

/// Either SQLite's own trouble or a verdict of ours.
pub(super) enum Refusal {
    Sqlite(rusqlite::Error),
    Ours(Error),
}

impl Refusal {
    pub(super) fn unwrap_or_explain(self, explain: impl Fn(rusqlite::Error) -> Error) -> Error {
        match self {
            Self::Sqlite(error) => explain(error),
            Self::Ours(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Looks before anything is written: an empty file is a new store, lopper's own is opened, and any
/// other database is left alone.
pub(super) fn check_is_ours(connection: &Connection, path: &Path) -> Result<(), Refusal> {
    let tables: i64 = connection.query_row(TABLES, [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(());
    }
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(Refusal::Ours(
            Error::failed(format!("{} is a SQLite database, but not a lopper store", path.display()))
                .help("name another file with --store FILE; Druid's tables are read from a dump with `lopper import FILE`"),
        ));
    }
    let known = newest_known();
    let found: Option<i64> = connection
        .query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
        .optional()?
        .flatten();
    match found {
        Some(found) if found > known => Err(Refusal::Ours(
            Error::failed(format!(
                "the store {} has schema version {found}, made by a newer lopper; this one ({}) knows version {known}",
                path.display(),
                env!("CARGO_PKG_VERSION"),
            ))
            .help(format!("install a lopper that knows schema version {found} or newer")),
        )),
        _ => Ok(()),
    }
}

/// Applies what is missing, in one transaction: a crash leaves the old version or the new one.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::failed(format!(
            "cannot bring the store {} to schema version {}",
            path.display(),
            newest_known()
        ))
        .because(error)
        .help("nothing was changed; free space and permissions are the usual causes")
    };
    if applied(connection) == Some(newest_known()) {
        return Ok(());
    }
    watch(connection, true).map_err(|error| failed(error.into()))?;
    migrations::runner().set_grouped(true).run(connection).map_err(|error| failed(error.into()))?;
    failpoint::reach("migrate::committed");
    watch(connection, false).map_err(|error| failed(error.into()))
}

/// Gives tests places within refinery's work, which has none of its own.
fn watch(connection: &mut Connection, is_on: bool) -> rusqlite::Result<()> {
    if !failpoint::ARE_ON {
        return Ok(());
    }
    connection.update_hook(is_on.then_some(|_, _: &str, table: &str, _| {
        if table == "refinery_schema_history" {
            failpoint::reach("migrate::one-applied");
        }
    }))
}

/// Refuses a store that would have to be migrated first.
pub(super) fn check_is_current(connection: &Connection, path: &Path) -> Result<()> {
    let known = newest_known();
    if applied(connection) == Some(known) {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the store {} is not of schema version {known}, and reading alone does not bring it there",
        path.display()
    ))
    .help("`lopper history` brings it there; then try again"))
}

/// The store's schema version; none where it has no schema yet.
fn applied(connection: &Connection) -> Option<i64> {
    connection
        .query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))
        .optional()
        .unwrap_or(None) // the table is not there yet
        .flatten()
}

/// The newest schema version that this program knows.
fn newest_known() -> i64 {
    migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or(0)
}
