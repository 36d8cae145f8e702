//! Brings a store to this program's version, and refuses files that are not lopper's.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, named_params};

use super::{APPLICATION_ID, explain, sql};
use crate::error::{Error, Result};
use crate::failpoint;

refinery::embed_migrations!("sql/migrations");

/// Counts what somebody made. lopper 0.1 committed its table of migrations before the first one: a store whose making was
/// cut short there is still a new one.
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

/// Applies what is missing, in one transaction that holds the write lock from its start: of several processes that come
/// at once one does it, and the others find it done. A crash leaves the old version or the new one.
pub(super) fn migrate(connection: &Connection, path: &Path) -> Result<()> {
    if applied(connection) == Some(newest_known()) {
        return Ok(());
    }
    let failed = |error| {
        let (place, newest) = (path.display(), newest_known());
        let operation = format!("cannot bring the store {place} to schema version {newest}");
        let error = explain(&operation, path, error);
        if error.next_step().is_some() { error } else { error.help("nothing was changed") }
    };
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    let applied = check_is_ours(connection, path)
        .and_then(|()| Ok(apply_missing(connection)?))
        .and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if let Err(refusal) = applied {
        if !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "the transaction could not be rolled back; it ends with the process");
        }
        return Err(refusal.unwrap_or_explain(failed));
    }
    failpoint::reach("migrate::committed");
    Ok(())
}

/// Applies each migration that the store's history lacks, in the caller's transaction.
fn apply_missing(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(sql::migrate::HISTORY_TABLE)?;
    let mut versions = connection.prepare(sql::migrate::APPLIED)?;
    let there: HashSet<i64> =
        versions.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let runner = migrations::runner();
    let mut missing: Vec<_> = runner.get_migrations().iter().collect();
    missing.retain(|migration| !there.contains(&i64::from(migration.version())));
    missing.sort_by_key(|migration| migration.version());
    for migration in missing {
        connection.execute_batch(migration.sql().unwrap_or_default())?;
        connection.execute(
            sql::migrate::RECORD,
            named_params! {
                ":version": migration.version(),
                ":name": migration.name(),
                ":checksum": migration.checksum().to_string(),
            },
        )?;
        failpoint::reach("migrate::one-applied");
    }
    Ok(())
}

/// Refuses a database without a table where a store is needed.
pub(super) fn check_has_schema(connection: &Connection, path: &Path) -> Result<()> {
    if applied(connection).is_some() {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the store {} has no table: is it a failed copy, or was its making cut short?",
        path.display()
    ))
    .help("put the store or a backup of it back, or fill this one with `lopper import FILE`"))
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
