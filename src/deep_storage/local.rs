//! Segments in a directory, deleted as Druid's `LocalDataSegmentKiller` deletes them: the zip (with the
//! descriptor that old versions put beside it) or the directory that the load spec names, and then the
//! parents that became empty, up to the datasource's folder.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::apart::stopped;
use super::{DeleteError, Doomed, Found, OUTSIDE, SHALLOW};
use crate::failpoint;

/// Druid climbs at most so many folders, in case none has the datasource's name.
const MOST_PARENTS: usize = 5;

/// From so many files on, several threads delete.
const MANY: usize = 64;

const THREADS: usize = 4;

/// After so long a call begins no further file: it ends before the claims of its files do.
const CALL: Duration = Duration::from_secs(90);

/// The scheme of `LoadSpec::file` for local files.
pub(super) const SCHEME: &str = "file:";

/// What lies beside a zip, and goes with it.
const DESCRIPTOR: &str = "descriptor.json";

/// A root directory.
#[derive(Debug, Clone)]
pub(super) struct Local {
    root: PathBuf,
    /// Not 0 once the run has to stop.
    stop: Arc<AtomicUsize>,
}

impl Local {
    pub(super) fn new(root: &Path, stop: &Arc<AtomicUsize>) -> Self {
        Self { root: root.components().collect(), stop: Arc::clone(stop) }
    }

    /// What the files of this place begin with.
    pub(super) fn prefix(&self) -> String {
        let root = self.root.display().to_string();
        format!("{SCHEME}{}/", root.trim_end_matches('/'))
    }

    /// Deletes files of datasources, in their order, and begins no further one once `ends` is set. Few go one after the other; many go from several threads, as
    /// a disk takes them faster so.
    pub(super) fn delete_many(
        &self,
        files: &[Doomed<'_>],
        ends: &AtomicBool,
    ) -> Vec<Result<Found, DeleteError>> {
        let unreachable = |file: &Doomed<'_>, error: &io::Error| {
            let named = file.file.unwrap_or_default();
            let path = named.strip_prefix(SCHEME).unwrap_or(named);
            Err(DeleteError(format!("cannot delete {path}: {error}")))
        };
        let root = match self.check_root().and_then(|()| self.root.canonicalize()) {
            Ok(root) => root,
            Err(error) => return files.iter().map(|file| unreachable(file, &error)).collect(),
        };
        let mut results = self.delete_below(&root, files, ends);
        // Where the root has vanished meanwhile, every file looks gone.
        if results.contains(&Ok(Found::Absent))
            && let Err(error) = self.check_root()
        {
            for (result, file) in results.iter_mut().zip(files) {
                if *result == Ok(Found::Absent) {
                    *result = unreachable(file, &error);
                }
            }
        }
        results
    }

    fn delete_below(
        &self,
        root: &Path,
        files: &[Doomed<'_>],
        ends: &AtomicBool,
    ) -> Vec<Result<Found, DeleteError>> {
        let end = Instant::now() + CALL;
        let left = |why: &str| Err(DeleteError(format!("{why}; a later run tries again")));
        let in_time = |file: &Doomed<'_>| {
            if ends.load(Ordering::Relaxed) {
                Err(stopped())
            } else if self.stop.load(Ordering::Relaxed) != 0 {
                left("the run had to stop before it")
            } else if Instant::now() >= end {
                left("the disk was too slow for it")
            } else {
                self.delete(root, file)
            }
        };
        let delete = |files: &[Doomed<'_>]| -> Vec<_> { files.iter().map(in_time).collect() };
        if files.len() < MANY {
            return delete(files);
        }
        let lost = |part: &[Doomed<'_>]| -> Vec<_> {
            let error = || Err(DeleteError("the thread that deletes has died".to_owned()));
            part.iter().map(|_| error()).collect()
        };
        std::thread::scope(|scope| {
            let parts = files.chunks(files.len().div_ceil(THREADS));
            let running: Vec<_> =
                parts.map(|part| (part, scope.spawn(move || delete(part)))).collect();
            let ended = running
                .into_iter()
                .map(|(part, thread)| thread.join().unwrap_or_else(|_| lost(part)));
            ended.flatten().collect()
        })
    }

    /// Deletes a file below the root, which `root` is behind links.
    fn delete(&self, root: &Path, file: &Doomed<'_>) -> Result<Found, DeleteError> {
        let path = self.path(file.file.unwrap_or_default())?;
        let said =
            |error: io::Error| DeleteError(format!("cannot delete {}: {error}", path.display()));
        let Some(parent) = self.real_parent(root, &path, file.datasource).map_err(said)? else {
            return Ok(Found::Absent);
        };
        let found = if file.orphan {
            delete_alone(&path, parent).map_err(said)?
        } else {
            self.delete_segment(&path, parent, file.datasource)?
        };
        self.remove_empty_parents(parent, file.datasource);
        Ok(found)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    fn delete_segment(
        &self,
        path: &Path,
        parent: &Path,
        datasource: &str,
    ) -> Result<Found, DeleteError> {
        let said =
            |error: io::Error| DeleteError(format!("cannot delete {}: {error}", path.display()));
        // Of a link, the link itself.
        let found = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                if is_zip(path) || !self.holds_one_segment(path, datasource) {
                    return Err(DeleteError(format!(
                        "{} is a folder that may hold other segments of '{datasource}'",
                        path.display()
                    )));
                }
                gone(fs::remove_dir_all(path))
            }
            Ok(_) => gone(fs::remove_file(path)),
            Err(error) => gone(Err(error)),
        };
        let found = found.map_err(said)?;
        failpoint::reach("kill::file-removed");
        if is_zip(path) {
            let descriptor = parent.join(DESCRIPTOR);
            gone(fs::remove_file(&descriptor)).map_err(|error| {
                DeleteError(format!(
                    "cannot delete {}, which goes with {}: {error}",
                    descriptor.display(),
                    path.display()
                ))
            })?;
            failpoint::reach("kill::descriptor-removed");
        }
        Ok(found)
    }

    /// The folder of a file; `None` when it is gone, and then those above that became empty go as well.
    ///
    /// # Errors
    /// When the folder, as it really is behind links, lies outside the root, or cannot be looked at.
    fn real_parent<'a>(
        &self,
        root: &Path,
        path: &'a Path,
        datasource: &str,
    ) -> io::Result<Option<&'a Path>> {
        let outside = || io::Error::other(outside(path, &self.root));
        let parent = path.parent().ok_or_else(outside)?;
        match parent.canonicalize() {
            Ok(real) if real.starts_with(root) => Ok(Some(parent)),
            Ok(_) => Err(outside()),
            Err(error) if is_absent(&error) => {
                self.remove_empty_parents(parent, datasource);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn exists(&self, file: &str) -> Result<bool, DeleteError> {
        let path = self.path(file)?;
        let said =
            |error: io::Error| DeleteError(format!("cannot look at {}: {error}", path.display()));
        self.check_root().map_err(said)?;
        path.try_exists().map_err(said)
    }

    /// Whether a file, or a link of its name, is there.
    pub(super) fn is_there(&self, file: &str) -> Result<bool, DeleteError> {
        let path = self.path(file)?;
        let said =
            |error: io::Error| DeleteError(format!("cannot look at {}: {error}", path.display()));
        self.check_root().map_err(said)?;
        match path.symlink_metadata() {
            Ok(_) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(said(error)),
        }
    }

    /// Whether a folder is there, and not a link to one.
    pub(super) fn is_folder(&self, file: &str) -> bool {
        let data = self.path(file).ok().and_then(|path| path.symlink_metadata().ok());
        data.is_some_and(|data| data.is_dir())
    }

    /// What lies below a folder that is a segment's.
    pub(super) fn inside(&self, file: &Doomed<'_>) -> Result<Vec<String>, DeleteError> {
        let path = self.path(file.file.unwrap_or_default())?;
        if file.orphan || is_zip(&path) || !path.symlink_metadata().is_ok_and(|data| data.is_dir())
        {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        collect(&path, &mut names).map_err(|error| {
            DeleteError(format!("cannot look into {}: {error}", path.display()))
        })?;
        Ok(names)
    }

    /// The first folder below the root on the way to a file that is not there, if it is empty.
    pub(super) fn unmounted_folder(&self, file: &str) -> Option<String> {
        let path = self.path(file).ok()?;
        if path.symlink_metadata().is_ok() {
            return None;
        }
        let first = path.strip_prefix(&self.root).ok()?.components().next()?;
        let folder = self.root.join(first);
        let is_empty = fs::read_dir(&folder).ok()?.next().is_none();
        (is_empty && folder != path).then(|| format!("{SCHEME}{}", folder.display()))
    }

    /// Why a file could never be deleted: it lies outside the root, is a folder that may hold other segments or is called
    /// as a file is, or has a name that the disk never takes.
    pub(super) fn never_deletable(&self, file: &Doomed<'_>) -> Option<String> {
        let Ok(path) = self.path(file.file.unwrap_or_default()) else {
            return Some(OUTSIDE.to_owned());
        };
        let is_folder = match path.symlink_metadata() {
            Ok(data) => data.is_dir(),
            Err(error) => {
                // Names that are too long, and links that go in circles, stay so.
                let is_lasting = [Errno::NAMETOOLONG, Errno::LOOP]
                    .map(Errno::raw_os_error)
                    .iter()
                    .any(|lasting| error.raw_os_error() == Some(*lasting));
                return is_lasting.then(|| format!("by a name that the disk refuses ({error})"));
            }
        };
        if !is_zip(&path) {
            let is_shallow = is_folder && !self.holds_one_segment(&path, file.datasource);
            return is_shallow.then(|| SHALLOW.to_owned());
        }
        let descriptor = path.with_file_name(DESCRIPTOR);
        if is_folder {
            Some("a folder that is called as a zip is".to_owned())
        } else if descriptor.symlink_metadata().is_ok_and(|data| data.is_dir()) {
            Some(format!("beside a folder that is called {DESCRIPTOR}"))
        } else {
            None
        }
    }

    /// Whether the folder of a file, as it really is behind links, lies outside the root.
    pub(super) fn leads_out(&self, file: &str) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        let folder = self.path(file).ok().and_then(|path| real(path.parent()?));
        folder.zip(real(&self.root)).is_some_and(|(folder, root)| !folder.starts_with(root))
    }

    pub(super) fn real_name(&self, file: &str) -> Result<Option<String>, DeleteError> {
        let path = self.path(file)?;
        let said =
            |error: io::Error| DeleteError(format!("cannot look at {}: {error}", path.display()));
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(said(error)),
        };
        let root = self.root.canonicalize().map_err(said)?;
        let name = |below: &Path| format!("{SCHEME}{}", self.root.join(below).display());
        Ok(real.strip_prefix(root).ok().map(name))
    }

    /// The path of a file key, which must lie below the root.
    fn path(&self, file: &str) -> Result<PathBuf, DeleteError> {
        let path = PathBuf::from(file.strip_prefix(SCHEME).unwrap_or(file));
        let plain = path.components().all(|part| !matches!(part, std::path::Component::ParentDir));
        if plain && path.starts_with(&self.root) && path != self.root {
            Ok(path)
        } else {
            Err(outside(&path, &self.root))
        }
    }

    /// Whether a folder is a segment's own: Druid puts it below datasource, interval, version and partition. One
    /// that lies less than two folders below its datasource's (or three below the root, where none has that name)
    /// may hold others, and goes to nobody.
    fn holds_one_segment(&self, folder: &Path, datasource: &str) -> bool {
        let below_root: Vec<_> = folder.components().skip(self.root.components().count()).collect();
        let depth = below_root.len();
        match below_root.iter().position(|part| part.as_os_str() == OsStr::new(datasource)) {
            Some(place) => depth - place > 2,
            None => depth > 2,
        }
    }

    /// A root that is not there is a disk that is not mounted, not a store without files.
    pub(super) fn check_root(&self) -> io::Result<()> {
        fs::read_dir(&self.root).map(drop).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("the root {} cannot be read: {error}", self.root.display()),
            )
        })
    }

    /// Folders that are not empty stop this, and so does the datasource's own folder, which goes if it is empty.
    fn remove_empty_parents(&self, first: &Path, datasource: &str) {
        for folder in first.ancestors().take(MOST_PARENTS) {
            if folder == self.root || !folder.starts_with(&self.root) {
                return;
            }
            let removed = fs::remove_dir(folder);
            failpoint::reach("kill::parent-tried");
            let goes_on = removed.is_ok() || removed.is_err_and(|error| is_absent(&error));
            if !goes_on || folder.file_name() == Some(OsStr::new(datasource)) {
                return;
            }
        }
    }
}

/// Deletes one file that is no segment's; of an `index.zip`, the descriptor as well.
fn delete_alone(path: &Path, parent: &Path) -> io::Result<Found> {
    let found = gone(fs::remove_file(path))?;
    failpoint::reach("fsck::orphan-removed");
    if path.file_name() == Some(OsStr::new("index.zip")) {
        gone(fs::remove_file(parent.join(DESCRIPTOR)))?;
    }
    Ok(found)
}

fn outside(path: &Path, root: &Path) -> DeleteError {
    DeleteError(format!("{} lies outside the configured root {}", path.display(), root.display()))
}

/// Adds the names of all that lies below a folder.
fn collect(folder: &Path, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        names.push(format!("{SCHEME}{}", entry.path().display()));
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), names)?;
        }
    }
    Ok(())
}

fn is_zip(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("zip"))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// What a removal found; absent is as good as removed.
fn gone(removal: io::Result<()>) -> io::Result<Found> {
    match removal {
        Ok(()) => Ok(Found::Present),
        Err(error) if is_absent(&error) => Ok(Found::Absent),
        Err(error) => Err(error),
    }
}
