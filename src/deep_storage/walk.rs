//! Lists the files below the root of local deep storage.

use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::Listed;
use super::local::Local;
use crate::error::{Error, Result};

impl Local {
    /// Tells `each` of every file; only the folders that lead to the present one are held. What goes meanwhile, as a
    /// kill may be at work, is passed over.
    pub(super) fn list(&self, each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let root = fs::read_dir(self.root()).map_err(|error| failed(self.root(), error))?;
        let mut open = vec![(self.root().to_owned(), root)];
        while let Some((folder, entries)) = open.last_mut() {
            let Some(entry) = entries.next() else {
                open.pop();
                continue;
            };
            let entry = entry.map_err(|error| failed(folder, error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| failed(&path, error))?;
            if kind.is_dir() {
                match fs::read_dir(&path) {
                    Ok(entries) => open.push((path, entries)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(failed(&path, error)),
                }
            } else if kind.is_file() && !is_descriptor_of_zip(&path) {
                match listed(&entry) {
                    Ok(file) => each(file)?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(failed(&path, error)),
                }
            }
        }
        Ok(())
    }
}

fn listed(entry: &DirEntry) -> io::Result<Listed> {
    let (path, metadata) = (entry.path(), entry.metadata()?);
    let beside = path.with_file_name("descriptor.json");
    let is_zip = path.extension().is_some_and(|extension| extension == "zip");
    let descriptor =
        if is_zip { beside.symlink_metadata().map_or(0, |data| data.len()) } else { 0 };
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Listed {
        load_type: "local",
        file: format!("file:{}", path.display()),
        size: metadata.len().saturating_add(descriptor),
        modified_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        is_exact: path.to_str().is_some(),
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
