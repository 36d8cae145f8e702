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

use crate::support::{Answer, Lopper};

/// Files that nobody can delete, not even root: folders of their names stand in their place, until the answer is called.
fn undeletable(files: impl Iterator<Item = PathBuf>) -> impl Fn() {
    let files: Vec<PathBuf> = files.collect();
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

impl Lopper {
    /// A command whose process is killed at a named place.
    fn dies_at<'a>(&self, place: &str, arguments: impl IntoIterator<Item = &'a str>) {
        let action = format!("{place}=return(kill)");
        Answer::of(self.command(arguments).env("FAILPOINTS", action)).code(137);
    }
}
