//! The place of a store: what may be there, and whether it is still the file that was opened.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Missing;
use crate::error::{Error, Kind, Result};

/// A file, whatever comes to its path later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file that is at `path` now; none where there is none.
    pub fn at(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// Whether a store would be a new one: nothing is at its place, or an empty file.
pub(super) fn is_new(path: &Path) -> bool {
    std::fs::metadata(path).map_or(true, |metadata| metadata.len() == 0)
}

/// A new store is private to its owner (mode 0600): payloads name buckets and paths.
pub(super) fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| {
        Error::failed(format!("cannot create the store {}", path.display()))
            .because(error)
            .help("choose a place that you may write to with --store FILE")
    })
}

/// Refuses a place that no store can be at, or where there is none and `missing` asks for one.
pub(super) fn check(path: &Path, missing: Missing) -> Result<()> {
    if path.is_dir() {
        return Err(Error::usage(format!("the store {} is a directory", path.display()))
            .help("name a file with --store FILE"));
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !parent.is_dir() {
        return Err(Error::usage(format!(
            "cannot open the store {}: the directory {} does not exist",
            path.display(),
            parent.display()
        ))
        .help(format!(
            "make it with `mkdir -p {}`, or name another file with --store FILE",
            parent.display()
        )));
    }
    if missing == Missing::Refuse && !path.exists() {
        return Err(Error::usage(format!("there is no store at {}", path.display()))
            .help("fill one with `lopper import FILE`, or name another with --store FILE (or LOPPER_STORE)"));
    }
    Ok(())
}

/// The error of a store that may be read and not written.
pub(super) fn read_only(path: &Path) -> Error {
    Error::failed(format!("the store {} is read-only", path.display())).help(
        "give yourself write permission to the file and its directory, or copy it and name the copy with --store FILE",
    )
}

/// The error of a store whose file went while this process had it open: what is written to it now, nobody would find.
pub(super) fn replaced(path: &Path) -> Error {
    let message = format!(
        "the store {} was removed or replaced while this process had it open; nothing was written to the old file",
        path.display()
    );
    Error::new(Kind::Busy, message).help("run it again: it then works on what is there now")
}
