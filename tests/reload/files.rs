//! One file after the other: new, changed, broken, moved, gone.

use std::fs::{self, File, FileTimes, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use lopper::schedule::{FileEvent, Read};

use super::{Folder, job};

const NOTHING: [&str; 0] = [];

#[test]
fn a_file_counts_when_two_looks_have_seen_it_alike() {
    let mut folder = Folder::new();
    folder.write("a.toml", "name = \"a\"\n");
    assert_eq!(folder.look(), NOTHING);
    // It was half written.
    folder.write("a.toml", job("a", "one"));
    assert_eq!(folder.look(), NOTHING);
    assert_eq!(folder.look(), ["loaded a (a.toml)"]);
    assert_eq!(folder.look(), NOTHING);
    assert_eq!(folder.in_force(), ["a one"]);
}

#[test]
fn a_change_of_any_sign_is_seen() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "one"));
    assert_eq!(folder.looks(), ["loaded a (a.toml)"]);
    // In place, with the same size and the same times of writing.
    let written = fs::metadata(folder.path("a.toml")).unwrap().modified().unwrap();
    folder.write("a.toml", job("a", "two"));
    let file = File::options().write(true).open(folder.path("a.toml")).unwrap();
    file.set_times(FileTimes::new().set_modified(written)).unwrap();
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);
    assert_eq!(folder.in_force(), ["a two"]);
    // By renaming another file over it.
    folder.write(".a.toml.new", job("a", "three"));
    folder.rename(".a.toml.new", "a.toml");
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);
    assert_eq!(folder.in_force(), ["a three"]);
}

#[test]
fn what_says_the_same_as_before_is_no_change() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "one"));
    folder.looks();
    let before = folder.files.in_force().next().unwrap().clone();
    folder.write("a.toml", format!("# a comment\n{}", job("a", "one")));
    assert_eq!(folder.looks(), NOTHING);
    assert_eq!(folder.reload(), NOTHING);
    assert_eq!(folder.looks(), NOTHING);
    assert!(std::sync::Arc::ptr_eq(&before, folder.files.in_force().next().unwrap()));
}

#[test]
fn a_change_in_the_tick_of_the_first_reading_is_seen() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "one"));
    assert_eq!(folder.files.look(Read::All).len(), 1);
    // The clock of the file system may not have ticked, so that the stamp is the same.
    folder.write("a.toml", job("a", "two"));
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);
}

#[test]
fn a_broken_file_is_told_of_once_and_its_last_good_version_stays() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "one"));
    folder.looks();
    folder.write("a.toml", "name = 5\n");
    assert_eq!(folder.looks(), ["broken, kept a.toml"]);
    assert_eq!(folder.in_force(), ["a one"]);
    // Each change is told of, also when it is as wrong as the last one.
    folder.write("a.toml", "name = 5\n\n");
    assert_eq!(folder.looks(), ["broken, kept a.toml"]);
    // Whoever asks is told again.
    assert_eq!(folder.reload(), ["broken, kept a.toml"]);
    assert_eq!(folder.looks(), NOTHING);
    // Whoever mends a file as it was hears that it is well, although no job changes.
    folder.write("a.toml", job("a", "one"));
    assert_eq!(folder.looks(), ["mended a.toml"]);
    assert_eq!(folder.files.broken(), 0);
    folder.write("a.toml", "name = 5\n");
    assert_eq!(folder.looks(), ["broken, kept a.toml"]);
    folder.write("a.toml", job("a", "two"));
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);
}

#[test]
fn a_file_that_was_never_good_keeps_nothing() {
    let mut folder = Folder::new();
    folder.write("a.toml", "name = 5\n");
    folder.write("b.toml", job("b", "one"));
    assert_eq!(folder.looks(), ["loaded b (b.toml)", "broken a.toml"]);
    folder.remove("a.toml");
    assert_eq!(folder.looks(), NOTHING);
}

#[test]
fn a_file_that_is_gone_takes_its_job_away() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "one"));
    folder.looks();
    // An editor renames it aside for a moment.
    folder.rename("a.toml", "a.toml~");
    assert_eq!(folder.look(), NOTHING);
    folder.write("a.toml", job("a", "two"));
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);
    folder.remove("a.toml");
    assert_eq!(folder.looks(), ["removed a (a.toml)"]);
    assert_eq!(folder.in_force(), NOTHING);
    // Broken and gone is gone.
    folder.write("a.toml", job("a", "three"));
    folder.looks();
    folder.write("a.toml", "name = 5\n");
    assert_eq!(folder.looks(), ["broken, kept a.toml"]);
    folder.remove("a.toml");
    assert_eq!(folder.looks(), ["removed a (a.toml)"]);
    // Whoever asks for all is believed at once.
    folder.write("a.toml", job("a", "four"));
    folder.looks();
    folder.remove("a.toml");
    assert_eq!(folder.reload(), ["removed a (a.toml)"]);
}

#[test]
fn a_file_under_a_new_name_is_the_same_job() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "one"));
    folder.looks();
    folder.rename("a.toml", "b.toml");
    assert_eq!(folder.looks(), ["moved a (b.toml)"]);
    folder.rename("b.toml", "c.toml");
    assert_eq!(folder.reload(), ["moved a (c.toml)"]);
    // A copy whose original goes a look later is no conflict.
    fs::copy(folder.path("c.toml"), folder.path("d.toml")).unwrap();
    assert_eq!(folder.look(), NOTHING);
    folder.remove("c.toml");
    assert_eq!(folder.looks(), ["moved a (d.toml)"]);
    folder.write("d.toml", job("b", "one"));
    assert_eq!(folder.looks(), ["removed a (d.toml)", "loaded b (d.toml)"]);
}

#[test]
fn what_editors_leave_is_no_job_file() {
    let mut folder = Folder::new();
    for name in [".a.toml.swp", "a.toml~", "4913", "#a.toml#", ".hidden.toml", "a.toml.rpmnew"] {
        folder.write(name, "name = 5\n");
    }
    symlink("nobody@nowhere.1", folder.path(".#a.toml")).unwrap();
    assert_eq!(folder.looks(), NOTHING);
}

#[test]
fn a_configuration_map_of_kubernetes_is_followed() {
    let mut folder = Folder::new();
    for (version, text) in [("..1", job("a", "one")), ("..2", job("a", "two"))] {
        fs::create_dir(folder.path(version)).unwrap();
        fs::write(folder.path(version).join("a.toml"), text).unwrap();
    }
    symlink("..1", folder.path("..data")).unwrap();
    symlink("..data/a.toml", folder.path("a.toml")).unwrap();
    assert_eq!(folder.looks(), ["loaded a (a.toml)"]);
    symlink("..2", folder.path("..data_tmp")).unwrap();
    folder.rename("..data_tmp", "..data");
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);
    assert_eq!(folder.in_force(), ["a two"]);
    fs::remove_file(folder.path("..2").join("a.toml")).unwrap();
    assert_eq!(folder.looks(), ["broken, kept a.toml"], "the link leads nowhere");
    folder.remove("a.toml");
    assert_eq!(folder.looks(), ["removed a (a.toml)"]);
}

#[test]
fn a_directory_that_cannot_be_read_leaves_all_in_force() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "one"));
    folder.looks();
    let (jobs, aside) = (folder.path(""), folder.folder.path().join("aside"));
    fs::rename(&jobs, &aside).unwrap();
    assert_eq!(folder.looks(), ["unreadable"]);
    assert_eq!(folder.reload(), ["unreadable"]);
    assert_eq!(folder.looks(), NOTHING);
    assert_eq!(folder.in_force(), ["a one"]);
    fs::rename(&aside, &jobs).unwrap();
    assert_eq!(folder.looks(), NOTHING);
    folder.write("a.toml", job("a", "two"));
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);
    fs::rename(&jobs, &aside).unwrap();
    assert_eq!(folder.looks(), ["unreadable"], "each time");
}

#[test]
fn what_everyone_may_write_to_changes_nothing() {
    let mut folder = Folder::new();
    let mode = |path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    folder.write("a.toml", job("a", "one"));
    folder.looks();
    mode(folder.path("a.toml"), 0o666);
    assert_eq!(folder.looks(), ["broken, kept a.toml"]);
    folder.write("a.toml", job("a", "two"));
    assert_eq!(folder.looks(), ["broken, kept a.toml"]);
    assert_eq!(folder.in_force(), ["a one"]);
    mode(folder.path("a.toml"), 0o664);
    assert_eq!(folder.looks(), ["changed a (a.toml)"]);

    mode(folder.path(""), 0o1777);
    folder.write("b.toml", job("b", "one"));
    assert_eq!(folder.looks(), ["unreadable"]);
    assert_eq!(folder.in_force(), ["a two"]);
    mode(folder.path(""), 0o775);
    assert_eq!(folder.looks(), ["loaded b (b.toml)"]);
}

#[test]
fn a_pipe_is_not_waited_for() {
    let mut folder = Folder::new();
    let made = std::process::Command::new("mkfifo").arg(folder.path("a.toml")).status().unwrap();
    assert!(made.success());
    folder.write("b.toml", job("b", "one"));
    let events = folder.files.look(Read::All);
    let FileEvent::Broken { error, keeps: false, .. } = &events[1] else { panic!("{events:?}") };
    assert!(error.to_string().ends_with("a.toml': it is no regular file"), "{error}");
    assert_eq!(folder.in_force(), ["b one"]);
}
