//! Whether the store's path still leads to the file that is open: SQLite goes on with a file that was moved away, and nobody
//! would ever see what it writes there.

use std::fs::{Metadata, metadata, remove_file};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::store::{Missing, Store, sql};

/// An open store's place, as it was when it was opened.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// The same behind all links: SQLite keeps its log there.
    real: PathBuf,
    file: Option<(u64, u64)>,
    /// The log beside it, as of the last look at which the store was in its place.
    log: Option<(u64, u64)>,
    id: String,
    /// Whether the file that is open holds another store by now.
    is_overwritten: bool,
}

/// What is at the place now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// The file that is open.
    Same,
    /// Nothing.
    Nothing,
    /// Another file.
    Other,
    /// The file that is open, with another store in it: what is read is neither the one nor the other.
    Overwritten,
}

impl Place {
    /// Of a store that was opened just now.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn of(store: &Store) -> Result<Self> {
        let (id, _) = identity(store)?;
        let path = store.path().to_owned();
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let (file, log) = (file_id(&path), file_id(&beside(&real, "-wal")));
        Ok(Self { file, log, path, real, id, is_overwritten: false })
    }

    /// Looks at the place.
    pub(super) fn look(&mut self) -> Found {
        match file_id(&self.path) {
            None => Found::Nothing,
            found if found == self.file => {
                self.log = file_id(&beside(&self.real, "-wal"));
                if self.is_overwritten { Found::Overwritten } else { Found::Same }
            }
            Some(_) => Found::Other,
        }
    }

    /// Looks whether the file still holds the same store, which costs more than [`Self::look`].
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn look_inside(&mut self) -> Result<()> {
        let (id, _) = identity(&Store::beside_to_read(&self.path)?)?;
        self.is_overwritten = id != self.id && file_id(&self.path) == self.file;
        Ok(())
    }

    /// Opens what is there now. The log that is left beside it belongs to the file that was there before: it is written back
    /// into that, and taken away, since SQLite would read it into the new file.
    ///
    /// # Errors
    /// When what is there is no store.
    pub(super) fn open_anew(&self, old: &Store) -> Result<Store> {
        let length = metadata(&self.path).map_or(0, |found| found.len());
        if length == 0 {
            let message = format!("the store {} is empty: it was cut off", self.path.display());
            return Err(Error::failed(message).help(RESTORE));
        }
        if file_id(&self.path) != self.file {
            self.take_log_away(old);
        }
        // Whoever may have given a wrong name to begin with gets another help than this.
        let store = Store::open(&self.path, Missing::Refuse)
            .map_err(|error| if error.may_pass() { error } else { error.help(RESTORE) })?;
        let is_same_file = file_id(&self.path) == self.file;
        if is_same_file && identity(&store)?.0 != self.id {
            return Err(self.overwritten());
        }
        Ok(store)
    }

    /// What is said of a file that holds another store by now.
    pub(super) fn overwritten(&self) -> Error {
        Error::failed(format!(
            "another store has been written into the file {} while it was open: neither can be trusted",
            self.path.display()
        ))
        .help(RESTORE)
    }

    fn take_log_away(&self, old: &Store) {
        let log = beside(&self.real, "-wal");
        if self.log.is_none() || file_id(&log) != self.log {
            return;
        }
        // Nobody may have the file any more that this goes to.
        let _ = old.batch("cannot write the log back", "PRAGMA wal_checkpoint(TRUNCATE)");
        for path in [log, beside(&self.real, "-shm")] {
            if let Err(error) = remove_file(&path) {
                tracing::warn!(file = %path.display(), "the log of the store that was there before stays: {error}");
            }
        }
    }

    /// What a newly opened store is to the one that was there before, for people.
    ///
    /// # Errors
    /// SQLite's.
    pub(super) fn compare(&self, store: &Store) -> Result<String> {
        let (id, run) = identity(store)?;
        let what = match id == self.id {
            true if file_id(&self.path) == self.file => "the same file",
            true => "a copy of the same store",
            false => "another store",
        };
        Ok(format!("{what}, whose latest run is {run}"))
    }
}

/// What helps where a store cannot be used.
pub(super) const RESTORE: &str = "put a good copy in its place (write it to another name first, and then `mv` it there): it is \
                                  opened by itself";

/// A path beside the store.
fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// Which file or directory a path leads to: device and inode.
pub(super) fn file_id(path: &Path) -> Option<(u64, u64)> {
    metadata(path).ok().map(|found: Metadata| (found.dev(), found.ino()))
}

fn identity(store: &Store) -> Result<(String, i64)> {
    let operation = "cannot read which store this is";
    store.row(operation, sql::schedule::STORE_ID, &[], |row| Ok((row.get(0)?, row.get(1)?)))
}
