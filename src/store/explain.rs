//! What SQLite's errors mean for a person: each with the next step.

use std::path::Path;

use rusqlite::{ErrorCode, ffi};
use rustix::fs::StatVfsMountFlags;

use crate::error::{Error, Kind};

pub(super) const MOUNTED_READ_ONLY: &str = "its file system is mounted read-only: mount it writable, or copy the store to another and name the copy with --store FILE";

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
        // The file of shared memory beside the store could not be made long enough.
        _ if extended(&error) == ffi::SQLITE_IOERR_SHMSIZE => full(operation, path),
        Some(ErrorCode::DiskFull) => full(operation, path),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => (
            Kind::Failed,
            format!("{operation}: {place} or its directory is read-only"),
            if is_mounted_read_only(path) {
                MOUNTED_READ_ONLY
            } else {
                "give yourself write permission to the file and its directory"
            }
            .to_owned(),
        ),
        Some(ErrorCode::CannotOpen) => (
            Kind::Failed,
            format!("{operation}: {place} cannot be opened"),
            if is_mounted_read_only(path) {
                MOUNTED_READ_ONLY
            } else {
                "look at the permissions of the file and of its directory (SQLite writes files beside it)"
            }
            .to_owned(),
        ),
        Some(ErrorCode::SystemIoFailure) => (
            Kind::Failed,
            format!(
                "{operation}: reading or writing {place} failed (SQLite's code {}); nothing was changed",
                extended(&error)
            ),
            "look at the disk (`dmesg`), then run it again".to_owned(),
        ),
        Some(ErrorCode::OperationInterrupted) => {
            return Error::new(Kind::Interrupted(0), format!("{operation}: interrupted"));
        }
        _ => return Error::failed(operation.to_owned()).because(error.to_string()),
    };
    let explained = Error::new(kind, message).help(help);
    let explained = if passes { explained.passing() } else { explained };
    if is_unwritable(&error) { explained.unwritable() } else { explained }
}

fn full(operation: &str, path: &Path) -> (Kind, String, String) {
    let message =
        format!("{operation}: the disk of {} is full; nothing was changed", path.display());
    (Kind::Failed, message, "free some space there and run it again".to_owned())
}

fn extended(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

/// Whether SQLite could not write, or not make what it needs beside the file.
fn is_unwritable(error: &rusqlite::Error) -> bool {
    let is_beside = [
        ffi::SQLITE_IOERR_SHMOPEN,
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_IOERR_SHMMAP,
        ffi::SQLITE_IOERR_WRITE,
    ]
    .contains(&extended(error));
    is_beside
        || matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::ReadOnly
                    | ErrorCode::PermissionDenied
                    | ErrorCode::CannotOpen
                    | ErrorCode::DiskFull
            )
        )
}

/// Whether the file system of a file is mounted read-only.
pub(super) fn is_mounted_read_only(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY))
}
