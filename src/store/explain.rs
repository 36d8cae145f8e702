//! What SQLite's errors mean for a person: each with the next step.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::{Error, Kind};

/// Turns a SQLite error into the crate's: `operation` in front, the file, and the next step.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub fn explain(operation: &str, path: &Path, error: rusqlite::Error) -> Error {
    let place = path.display();
    let passes = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen)
    );
    let (kind, message, help) = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => (
            Kind::Failed,
            format!("{operation}: {place} is not a SQLite database"),
            "name a lopper store with --store FILE; a dump is read with `lopper import FILE`".to_owned(),
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            Kind::Failed,
            format!("{operation}: {place} is damaged or cut short"),
            "restore it from a backup, or import a fresh dump into a new store; \
             `sqlite3 FILE 'PRAGMA integrity_check'` says what is wrong"
                .to_owned(),
        ),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            Kind::Busy,
            format!("{operation}: another process holds the write lock of {place}"),
            "wait for it to end (`lopper history` shows runs that have not ended) and try again".to_owned(),
        ),
        Some(ErrorCode::DiskFull) => (
            Kind::Failed,
            format!("{operation}: the disk of {place} is full; nothing was changed"),
            "free some space there and run it again".to_owned(),
        ),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => (
            Kind::Failed,
            format!("{operation}: {place} or its directory is read-only"),
            "give yourself write permission to the file and its directory".to_owned(),
        ),
        Some(ErrorCode::CannotOpen) => (
            Kind::Failed,
            format!("{operation}: {place} cannot be opened"),
            "look at the permissions of the file and of its directory (SQLite writes files beside it)".to_owned(),
        ),
        Some(ErrorCode::SystemIoFailure) => (
            Kind::Failed,
            format!(
                "{operation}: reading or writing {place} failed (SQLite's code {}); nothing was changed",
                error.sqlite_error().map_or(0, |error| error.extended_code)
            ),
            "look at the disk (`dmesg`), then run it again".to_owned(),
        ),
        Some(ErrorCode::OperationInterrupted) => {
            return Error::new(Kind::Interrupted(0), format!("{operation}: interrupted"));
        }
        _ => return Error::failed(operation.to_owned()).because(error.to_string()),
    };
    let error = Error::new(kind, message).help(help);
    if passes { error.passing() } else { error }
}
