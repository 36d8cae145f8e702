//! A folder as it was, to begin the same story again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::support::Lopper;

/// All that an installation's folder held at a moment.
pub struct Kept {
    root: PathBuf,
    folders: Vec<PathBuf>,
    /// With what they hold, and when they were written.
    files: Vec<(PathBuf, Vec<u8>, SystemTime)>,
}

impl Kept {
    pub fn of(lopper: &Lopper) -> Self {
        let root = lopper.path("");
        let mut kept = Self { root: root.clone(), folders: Vec::new(), files: Vec::new() };
        kept.add(&root);
        kept
    }

    fn add(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.folders.push(path.clone());
                self.add(&path);
            } else {
                let content = fs::read(&path).unwrap();
                let modified = fs::metadata(&path).unwrap().modified().unwrap();
                self.files.push((path, content, modified));
            }
        }
    }

    /// Makes the folder what it was, and nothing beside it.
    pub fn put_back(&self) {
        for entry in fs::read_dir(&self.root).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        for folder in &self.folders {
            fs::create_dir(folder).unwrap();
        }
        for (path, content, modified) in &self.files {
            fs::write(path, content).unwrap();
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(*modified).unwrap();
        }
    }
}
