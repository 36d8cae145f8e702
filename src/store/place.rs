//! The place of a store: what may be there, and whether it is still the file that was opened.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::Access;
use rustix::io::Errno;

use super::explain::{MOUNTED_READ_ONLY, is_mounted_read_only};
use super::{BUSY_TIMEOUT, Missing};
use crate::error::{Error, Kind, Result};

/// An empty file that is younger may be a store that is being made.
const NEW: Duration = Duration::from_secs(10);

/// How long a process may take from making a store's file to writing to it.
const BEGINNING: Duration = Duration::from_millis(500);

/// How often it is asked whether another process has made its store.
const LOOK_EVERY: Duration = Duration::from_millis(10);

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
    if !is_empty(path) || (missing == Missing::Refuse && is_made_meanwhile(path)) {
        return Ok(());
    }
    check_empty(path, missing)
}

fn is_empty(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.len() == 0)
}

/// Whether an empty file is one that another process makes its store of: waits for that, the longer where SQLite's journal
/// shows that somebody writes.
fn is_made_meanwhile(path: &Path) -> bool {
    let begun = Instant::now();
    while !is_old(path) {
        if !is_empty(path) {
            return path.exists();
        }
        let patience = if beside(path, "-journal").exists() { BUSY_TIMEOUT } else { BEGINNING };
        if begun.elapsed() >= patience {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
    false
}

/// An empty file is what a failed copy leaves. Only where a command may make a store, and nothing lies beside the file, is
/// it taken for a new one.
fn check_empty(path: &Path, missing: Missing) -> Result<()> {
    let is_there = |log: &PathBuf| log.metadata().is_ok_and(|found| found.len() > 0);
    let (wal, journal) = (beside(path, "-wal"), beside(path, "-journal"));
    let has_log = is_there(&wal) || (is_there(&journal) && !began_with_nothing(&journal));
    if missing == Missing::Create && !has_log {
        if is_old(path) {
            let place = path.display();
            tracing::warn!("the store {place} is an empty file, 0 bytes: a new one is made in it");
        }
        return Ok(());
    }
    if !is_old(path) && beside(path, "-journal").exists() && !has_log {
        let message =
            format!("the store {} is empty so far: another process is making it", path.display());
        return Err(Error::new(Kind::Busy, message)
            .help("wait for its import to end and try again; if none runs, import again"));
    }
    Err(Error::failed(format!(
        "the store {} is an empty file, 0 bytes: is it a failed copy?",
        path.display()
    ))
    .help("put the store or a backup of it back; if there never was one, remove the file and fill a new store with `lopper import FILE`"))
}

/// Whether a rollback journal is of a database that had no page yet: a process died while it made the store. (The number
/// of pages stands at the 16th byte of SQLite's journal header.)
fn began_with_nothing(journal: &Path) -> bool {
    let mut header = [0; 20];
    let read = std::fs::File::open(journal).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header[16..] == [0; 4]
}

/// Whether a file was there before: one that another process has made a moment ago is its new store.
fn is_old(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|found| found.modified());
    modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > NEW))
}

/// Asked before SQLite is: it would make files beside a store that it then cannot write, and leave them to its owner.
pub(super) fn check_writable(path: &Path) -> Result<()> {
    let may = |access| rustix::fs::access(path, access);
    match (may(Access::READ_OK), may(Access::WRITE_OK)) {
        (Ok(()), Err(Errno::ACCESS | Errno::PERM | Errno::ROFS)) => Err(read_only(path)),
        // Whatever else is wrong with it, SQLite finds out.
        _ => Ok(()),
    }
}

/// The file that SQLite keeps beside the store.
pub(super) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The error of a store that may be read and not written.
pub(super) fn read_only(path: &Path) -> Error {
    let error = Error::failed(format!("the store {} is read-only", path.display()));
    let help = if is_mounted_read_only(path) {
        MOUNTED_READ_ONLY
    } else {
        "give yourself write permission to the file and its directory, or copy it and name the copy with --store FILE"
    };
    error.help(help).unwritable()
}

/// The error of a store whose file went while this process had it open: what is written to it now, nobody would find.
pub(super) fn replaced(path: &Path) -> Error {
    let message = format!(
        "the store {} was removed or replaced while this process had it open; nothing was written to the old file",
        path.display()
    );
    Error::new(Kind::Busy, message).help("run it again: it then works on what is there now")
}
