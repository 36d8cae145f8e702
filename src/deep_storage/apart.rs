//! A local disk, in a thread of its own: one that hangs holds up that thread alone.

use std::io;
use std::sync::atomic::AtomicUsize;

use super::local::Local;
use super::{DeleteError, Doomed, Found};
use crate::hang::{Stopped, unless_stopped};

/// A segment whose files are to go, for another thread.
struct Owned {
    load_type: Option<String>,
    file: Option<String>,
    datasource: String,
    orphan: bool,
}

impl Owned {
    fn of(file: &Doomed<'_>) -> Self {
        Self {
            load_type: file.load_type.map(str::to_owned),
            file: file.file.map(str::to_owned),
            datasource: file.datasource.to_owned(),
            orphan: file.orphan,
        }
    }

    fn doomed(&self) -> Doomed<'_> {
        Doomed {
            load_type: self.load_type.as_deref(),
            file: self.file.as_deref(),
            datasource: &self.datasource,
            orphan: self.orphan,
        }
    }
}

/// Deletes files. Once the run has to stop no further one is begun; where one hangs, nothing is known of any.
pub(super) fn delete_many(
    local: &Local,
    files: &[Doomed<'_>],
    stop: &AtomicUsize,
) -> Vec<Result<Found, DeleteError>> {
    let (local, owned): (_, Vec<_>) = (local.clone(), files.iter().map(Owned::of).collect());
    let deleted = unless_stopped(stop, move |ends| {
        let doomed: Vec<_> = owned.iter().map(Owned::doomed).collect();
        local.delete_many(&doomed, ends)
    });
    deleted.unwrap_or_else(|| files.iter().map(|_| Err(stopped())).collect())
}

/// Whether the root can be read.
pub(super) fn check_root(local: &Local, stop: &AtomicUsize) -> io::Result<()> {
    let local = local.clone();
    let checked = unless_stopped(stop, move |_| local.check_root());
    checked.unwrap_or_else(|| Err(io::Error::other(Stopped)))
}

pub(super) fn stopped() -> DeleteError {
    DeleteError("the run was stopped before the store answered".to_owned())
}
