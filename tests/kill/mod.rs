//! kill: who may go, what becomes of the files, and what is remembered.

mod claims;
mod copies;
mod eligible;
mod files;
mod journal;
mod missing;
mod references;
mod restore;
mod shared;
mod turns;
mod vectors;

use std::fs;
use std::path::PathBuf;

/// Files that nobody can delete, not even root: folders of their names stand in their place, until the answer is called.
fn undeletable(files: Vec<PathBuf>) -> impl Fn() {
    for file in &files {
        fs::rename(file, file.with_extension("away")).unwrap();
        fs::create_dir(file).unwrap();
    }
    move || {
        for file in &files {
            fs::remove_dir(file).unwrap();
            fs::rename(file.with_extension("away"), file).unwrap();
        }
    }
}
