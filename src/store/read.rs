//! Opens a store for reading where it cannot be written: a file without write permission, a file system that is mounted
//! read-only, a full disk.
//!
//! SQLite reads a store with a write-ahead log by a file of shared memory beside it, which it may not be able to make
//! there. A store without anything in its log can be read as if nobody wrote to it (`immutable=1`), without locks. Whether
//! somebody did is looked at when all is read.

use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::deadline::Deadline;
use super::place::{FileId, beside};
use super::{BUSY_TIMEOUT, Missing, Store, explain, migrate, set_up};
use crate::error::{Error, Result};

/// A store that was read without locks, as it was then.
#[derive(Debug)]
pub struct Unlocked {
    path: PathBuf,
    before: Seen,
}

/// What changes with every write to a file.
type Seen = (u64, u64, u64, i64, i64);

impl Unlocked {
    fn look(path: &Path) -> Result<Self> {
        let before = seen(path)?;
        Ok(Self { path: path.to_owned(), before })
    }

    /// Fails when the store was written meanwhile.
    ///
    /// # Errors
    /// When what was read may be of two moments.
    pub fn check(&self) -> Result<()> {
        if seen(&self.path)? == self.before {
            return Ok(());
        }
        let place = self.path.display();
        Err(Error::failed(format!(
            "the store {place} was written while it was read without locks: what was printed may be wrong"
        ))
        .help("run it again, or with permission to write beside the store, where readers and writers know of each other")
        .passing())
    }
}

fn seen(path: &Path) -> Result<Seen> {
    let read = |found: Metadata| {
        (found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec())
    };
    path.metadata().map(read).map_err(|error| {
        Error::failed(format!("cannot look at the store {}", path.display())).because(error)
    })
}

impl Store {
    /// Opens the store at `path` for a command that only reads. Where it can be written it is opened as [`Self::open`]
    /// does; else it is read as it is, and where that is without locks, what comes second is to be checked in the end.
    ///
    /// # Errors
    /// As [`Self::open`]; when it would have to be migrated, or its log holds what only a writer can read.
    pub fn open_to_read(path: &Path) -> Result<(Self, Option<Unlocked>)> {
        match Self::open(path, Missing::Refuse) {
            Ok(store) => Ok((store, None)),
            Err(error) if error.is_unwritable() => read_as_it_is(path, error),
            Err(error) => Err(error),
        }
    }
}

impl Store {
    /// As [`Self::open_to_check`], and where that cannot be done without writing, as [`Self::open_to_read`] does.
    ///
    /// # Errors
    /// As [`Self::open_to_read`].
    pub fn open_to_look(path: &Path) -> Result<(Self, Option<Unlocked>)> {
        match Self::open_to_check(path) {
            Ok(store) => Ok((store, None)),
            Err(error) if error.is_unwritable() => read_as_it_is(path, error),
            Err(error) => Err(error),
        }
    }

    /// Whether nothing can be written to it.
    pub fn is_read_only(&self) -> bool {
        self.connection.is_readonly("main").unwrap_or(true)
    }
}

/// `why` it cannot be written is the answer where it cannot be read either.
fn read_as_it_is(path: &Path, why: Error) -> Result<(Store, Option<Unlocked>)> {
    let has_content = |end: &str| beside(path, end).metadata().is_ok_and(|found| found.len() > 0);
    let is_whole = !has_content("-wal") && !has_content("-journal");
    if is_whole && !beside(path, "-shm").exists() {
        return without_locks(path, why);
    }
    match connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, "") {
        Ok(store) => Ok((store, None)),
        Err(_) if is_whole => without_locks(path, why),
        Err(error) if error.is_unwritable() => Err(why.help(format!(
            "what was written last stands in {}-wal, which cannot be read there: copy both files to where you may write, \
             and name the copy with --store FILE",
            path.display()
        ))),
        Err(error) => Err(error),
    }
}

fn without_locks(path: &Path, why: Error) -> Result<(Store, Option<Unlocked>)> {
    let unlocked = Unlocked::look(path)?;
    tracing::info!("the store cannot be written: it is read without locks");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    match connect(path, flags, "?immutable=1") {
        Ok(store) => Ok((store, Some(unlocked))),
        // It cannot be read either.
        Err(error) if error.is_unwritable() => Err(why),
        Err(error) => Err(error),
    }
}

fn connect(path: &Path, flags: OpenFlags, query: &str) -> Result<Store> {
    let explained =
        |error| explain(&format!("cannot read the store {}", path.display()), path, error);
    let connection = if query.is_empty() {
        Connection::open_with_flags(path, flags)
    } else {
        Connection::open_with_flags(uri(path)? + query, flags)
    };
    let connection = connection.map_err(explained)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(explained)?;
    migrate::check_is_ours(&connection, path)
        .map_err(|error| error.unwrap_or_explain(explained))?;
    migrate::check_is_current(&connection, path).map_err(|error| {
        error.help("copy it to where you may write, and name the copy with --store FILE: the first command brings it there")
    })?;
    set_up(&connection).map_err(explained)?;
    Ok(Store {
        connection,
        path: path.to_owned(),
        file: FileId::at(path),
        is_new: false,
        deadline: Deadline::default(),
    })
}

/// The path as SQLite reads it in a `file:` URI.
fn uri(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(|error| {
        Error::failed(format!("cannot read the store {}", path.display())).because(error)
    })?;
    let encode = |byte: &u8| match byte {
        b'/' | b'-' | b'.' | b'_' => char::from(*byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let encoded: String = absolute.as_os_str().as_bytes().iter().map(encode).collect();
    Ok(format!("file://{encoded}"))
}
