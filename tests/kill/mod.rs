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

use crate::support::Lopper;

/// Kills `wiki` up to the moment when files are to go: rows are in the journal, and what becomes of their files now, no
/// survey has seen.
fn move_and_die(lopper: &Lopper) {
    lopper.dies_at(&["kill", "wiki", "--yes"], "kill::deleting-begun", 1, ("kill", 137));
}

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
