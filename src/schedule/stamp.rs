//! What tells that a file has changed without reading it.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The signs of a file that change with its content, of the file that a link leads to.
///
/// Times go back when a file is copied with its times, sizes may stay: only all of them together tell. The time of the
/// last change of state also tells that the permissions have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    file: (u64, u64),
    size: u64,
    written_ns: (i64, i64),
    changed_ns: (i64, i64),
}

impl Stamp {
    /// The stamp of the file that a path leads to, when there is one.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        Some(Self {
            file: (metadata.dev(), metadata.ino()),
            size: metadata.size(),
            written_ns: (metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}
