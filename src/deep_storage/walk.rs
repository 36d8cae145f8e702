//! Lists the files below the root of local deep storage.

use std::fs::{self, DirEntry, ReadDir};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::Listed;
use super::local::Local;
use crate::error::{Error, Result};

impl Local {
    /// Tells `each` of every file; only the folders that lead to the present one are held.
    pub(super) fn list(&self, each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let mut open = vec![read(self.root())?];
        while let Some((folder, entries)) = open.last_mut() {
            let Some(entry) = entries.next() else {
                open.pop();
                continue;
            };
            let entry = entry.map_err(|error| failed(folder, error))?;
            let path = entry.path();
            if entry.file_type().map_err(|error| failed(&path, error))?.is_dir() {
                open.push(read(&path)?);
            } else if !is_descriptor_of_zip(&path) {
                each(listed(&entry).map_err(|error| failed(&path, error))?)?;
            }
        }
        Ok(())
    }
}

fn read(folder: &Path) -> Result<(PathBuf, ReadDir)> {
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, error))?;
    Ok((folder.to_owned(), entries))
}

fn listed(entry: &DirEntry) -> io::Result<Listed> {
    let (path, metadata) = (entry.path(), entry.metadata()?);
    let beside = path.with_file_name("descriptor.json");
    let is_zip = path.extension().is_some_and(|extension| extension == "zip");
    let descriptor =
        if is_zip { beside.symlink_metadata().map_or(0, |data| data.len()) } else { 0 };
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = path.display().to_string();
    Ok(Listed {
        load_type: "local",
        file: format!("file:{text}"),
        path: text,
        size: metadata.len().saturating_add(descriptor),
        modified_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
    })
}

fn is_descriptor_of_zip(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "descriptor.json")
        && path.with_file_name("index.zip").symlink_metadata().is_ok()
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::failed(format!("cannot list {}", path.display()))
        .because(error)
        .help("look whether the disk is mounted and may be read")
}
