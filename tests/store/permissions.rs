//! Files and directories that may not be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::{says, store};
use crate::support::{Answer, Lopper};

pub const NOBODY: u32 = 65534;

/// A store in a folder that anyone may read, and a program that anyone may run.
pub fn readable() -> Lopper {
    let lopper = store();
    fs::copy(env!("CARGO_BIN_EXE_lopper"), lopper.path("lopper")).unwrap();
    set_mode(&lopper.path("lopper"), 0o755);
    set_mode(&lopper.path(""), 0o755);
    set_mode(&lopper.store(), 0o644);
    lopper
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// As someone whom permissions bind: root they do not.
pub fn run(lopper: &Lopper, arguments: &[&str]) -> Answer {
    let mut command = Command::new(lopper.path("lopper"));
    command.args(arguments).current_dir(lopper.path("")).env_remove("LOPPER_STORE");
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    Answer::of(&mut command)
}

#[test]
fn a_read_only_file() {
    let lopper = readable();
    let commands = [&["mark-unused", "wiki", "--all"][..], &["import", "segments.csv"]];
    lopper.store_unchanged(|lopper| {
        set_mode(&lopper.store(), 0o444);
        // Whether SQLite can make its own files beside the store or not.
        for folder in [0o555, 0o777] {
            set_mode(&lopper.path(""), folder);
            for command in commands {
                says(
                    run(lopper, command).code(1),
                    "the store lopper.db is read-only",
                    "give yourself write permission to the file and its directory, or copy it and name the copy with --store FILE",
                );
            }
        }
        assert!(!lopper.path("lopper.db-shm").exists(), "it would lie in its owner's way");
        set_mode(&lopper.store(), 0o644);
    });
}

#[test]
fn a_file_that_may_not_be_read() {
    let lopper = readable();
    give_away(&lopper.store());
    set_mode(&lopper.store(), 0o000);
    says(
        run(&lopper, &["history"]).code(1),
        "cannot open the store lopper.db: lopper.db cannot be opened",
        "look at the permissions of the file and of its directory (SQLite writes files beside it)",
    );
}

#[test]
fn a_read_only_directory_with_a_store_that_may_be_written() {
    let lopper = readable();
    give_away(&lopper.store());
    set_mode(&lopper.store(), 0o666);
    set_mode(&lopper.path(""), 0o555);
    lopper.store_unchanged(|lopper| {
        run(lopper, &["mark-unused", "wiki", "--all"])
            .code(1)
            .stdout_is("")
            .stderr_has("lopper.db")
            .stderr_has("permission");
    });
    set_mode(&lopper.path(""), 0o755);
}

#[test]
fn a_new_store_where_nobody_may_write() {
    let lopper = readable();
    set_mode(&lopper.path(""), 0o555);
    says(
        run(&lopper, &["import", "segments.csv", "--store", "new.db"]).code(1),
        "cannot create the store new.db: Permission denied (os error 13)",
        "choose a place that you may write to with --store FILE",
    );
    set_mode(&lopper.path(""), 0o755);
    assert!(!lopper.path("new.db").exists());
}

/// The program's user owns the file, as in an installation.
fn give_away(path: &Path) {
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}
