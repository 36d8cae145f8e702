//! What the disk calls a file: two paths may lead to one file, through links, `.` and `..`, or by upper and lower case where
//! the disk does not tell them apart. Whoever deletes a file must know all its names.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags};

use super::local::SCHEME;

/// Links on the way to one file, as Linux counts them.
const MOST_LINKS: usize = 40;

/// Finds the real names of files on a disk.
#[derive(Debug)]
pub struct Names {
    root: PathBuf,
    real_root: PathBuf,
    folder: File,
    ignores_case: bool,
}

impl Names {
    /// Of a disk whose root is `root`.
    ///
    /// # Errors
    /// When the root cannot be read.
    pub(super) fn of_root(root: &Path) -> io::Result<Self> {
        Ok(Self {
            root: root.to_owned(),
            real_root: root.canonicalize()?,
            folder: File::open(root)?,
            ignores_case: ignores_case(root)?,
        })
    }

    /// The name of an absolute path that all paths to the same file have in common, in the form of `LoadSpec::file`:
    /// inside the root as a listing of it has it, elsewhere from the top of the file system. A file that is not there
    /// is named as it would be; a folder above the root, which has all that is in the root, is named as the root is.
    ///
    /// # Errors
    /// When the disk does not say where the path leads.
    pub fn real(&self, path: &Path) -> io::Result<String> {
        let name = match path.strip_prefix(&self.root) {
            Ok(below) if below.as_os_str().is_empty() => self.root.clone(),
            Ok(below) if self.is_straight(below) => self.root.join(below),
            _ => {
                let real = real_path(path)?;
                match real.strip_prefix(&self.real_root) {
                    // Joining nothing would add a slash.
                    Ok(below) if below.as_os_str().is_empty() => self.root.clone(),
                    Ok(below) => self.root.join(below),
                    Err(_) if self.real_root.starts_with(&real) => self.root.clone(),
                    Err(_) => real,
                }
            }
        };
        Ok(self.named(&name))
    }

    /// As [`Self::real`], of a file in the form of `LoadSpec::file`.
    pub(super) fn real_of_file(&self, file: &str) -> io::Result<String> {
        self.real(Path::new(file.strip_prefix(SCHEME).unwrap_or(file)))
    }

    /// Whether a real name is that of the root, so that all that lies in it is meant.
    pub fn is_root(&self, real: &str) -> bool {
        real == self.named(&self.root)
    }

    /// What an absolute path needs on its way, inside the root: the links that it goes through (true), one after the
    /// other, and the folders from which it, or the text of a link, goes up.
    ///
    /// # Errors
    /// When the disk does not say where the path leads.
    pub fn way(&self, path: &Path) -> io::Result<Vec<(String, bool)>> {
        let mut needed = Vec::new();
        let mut here = PathBuf::from("/");
        let mut ahead: Vec<OsString> = parts(path).rev().collect();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            if part == ".." {
                needed.extend(self.inside_root(&here).map(|name| (name, false)));
                here.pop();
                continue;
            }
            let entry = here.join(&part);
            if !entry.symlink_metadata().is_ok_and(|data| data.is_symlink()) {
                here = entry;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(io::Error::other("too many links"));
            }
            needed.extend(self.inside_root(&entry).map(|name| (name, true)));
            let target = fs::read_link(&entry)?;
            if target.is_absolute() {
                here = PathBuf::from("/");
            }
            ahead.extend(parts(&target).rev());
        }
        Ok(needed)
    }

    /// The links below a folder, and those below the folders that they lead to: what they lead to is needed by whoever
    /// needs the folder. Nothing for a file.
    ///
    /// # Errors
    /// When the disk does not say what lies in a folder.
    pub fn links_inside(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut links = Vec::new();
        let mut folders = vec![path.to_owned()];
        // Links may lead in circles.
        let mut seen = HashSet::new();
        while let Some(folder) = folders.pop() {
            if folder.metadata().is_ok_and(|data| !seen.insert(identity(&data))) {
                continue;
            }
            let entries = match fs::read_dir(&folder) {
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
                {
                    continue;
                }
                entries => entries?,
            };
            for entry in entries {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_symlink() {
                    links.push(entry.path());
                    // Whoever needs the root needs all of it: nothing is to be looked for in it.
                    if entry.path().is_dir() && !self.has_root_inside(&entry.path()) {
                        folders.push(entry.path());
                    }
                } else if kind.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        Ok(links)
    }

    fn has_root_inside(&self, folder: &Path) -> bool {
        folder.canonicalize().is_ok_and(|real| self.real_root.starts_with(real))
    }

    /// Where a file, or a link of its name, lies itself: its own name in the real folder. Nothing for a name that has
    /// none.
    ///
    /// # Errors
    /// When the disk does not say where the folder leads.
    pub fn location(&self, path: &Path) -> io::Result<Option<String>> {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
        let folder = self.real(folder)?;
        Ok(Some(self.named(&Path::new(folder.strip_prefix(SCHEME).unwrap_or(&folder)).join(name))))
    }

    /// The name of a real path, if it lies inside the root.
    fn inside_root(&self, real: &Path) -> Option<String> {
        let below = real.strip_prefix(&self.real_root).ok()?;
        Some(self.named(&self.root.join(below)))
    }

    fn named(&self, path: &Path) -> String {
        let name = format!("{SCHEME}{}", path.display());
        if self.ignores_case { name.to_lowercase() } else { name }
    }

    /// Whether the root is still the folder that it was: nothing was mounted over it, or unmounted.
    pub(crate) fn root_is_in_place(&self) -> bool {
        let (then, now) = (self.folder.metadata(), self.root.metadata());
        then.is_ok_and(|then| now.is_ok_and(|now| identity(&then) == identity(&now)))
    }

    /// Whether nothing on the way from the root, as far as it is there, is a link or leads up: one system call.
    fn is_straight(&self, below: &Path) -> bool {
        if below.components().any(|part| !matches!(part, Component::Normal(_))) {
            return false;
        }
        let opened = rustix::fs::openat2(
            &self.folder,
            below,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH,
        );
        matches!(opened, Ok(_) | Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR))
    }
}

/// The names in a path, and its `..`.
fn parts(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    path.components()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
}

/// The real path of what is there, and behind it the names of what is not.
fn real_path(path: &Path) -> io::Result<PathBuf> {
    let mut there = path.to_owned();
    let mut absent: Vec<OsString> = Vec::new();
    loop {
        match there.canonicalize() {
            Ok(real) => {
                return Ok(absent.into_iter().rev().fold(real, |path, name| path.join(name)));
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                // `file_name` is none behind `..`: what is not there has no parent to go up to.
                let name = there.file_name().ok_or(error)?.to_owned();
                absent.push(name);
                there.pop();
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether an entry of the root is also found when upper and lower case are swapped.
fn ignores_case(root: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(root)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().filter(|name| name.chars().any(char::is_alphabetic)) else {
            continue;
        };
        let swapped: String = name
            .chars()
            .map(|one| {
                if one.is_lowercase() { one.to_ascii_uppercase() } else { one.to_ascii_lowercase() }
            })
            .collect();
        if swapped == name {
            continue;
        }
        let identity = |name: &str| root.join(name).symlink_metadata().as_ref().map(identity).ok();
        return Ok(identity(name).is_some() && identity(name) == identity(&swapped));
    }
    Ok(false)
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
