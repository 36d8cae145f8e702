//! Files that hold a job of the same name.

use lopper::schedule::{FileEvent, Read};

use super::{Folder, job};

const NOTHING: [&str; 0] = [];

#[test]
fn the_job_in_force_stays_and_the_other_file_is_told_of() {
    let mut folder = Folder::new();
    folder.write("b.toml", job("a", "first"));
    folder.looks();
    folder.write("a.toml", job("a", "second"));
    assert_eq!(folder.looks(), ["broken a.toml"]);
    assert_eq!(folder.in_force(), ["a first"]);
    let events = folder.files.look(Read::All);
    let [FileEvent::Broken { error, .. }] = &*events else { panic!("{events:?}") };
    let shown = error.to_string();
    assert!(shown.starts_with("the job name 'a' stands in '"), "{shown}");
    assert!(shown.contains("a.toml' and in '") && shown.ends_with("b.toml'"), "{shown}");
    assert_eq!(error.next_step(), Some("give each job a name of its own"));
    // The one in force may change meanwhile, or break.
    folder.write("b.toml", job("a", "third"));
    assert_eq!(folder.looks(), ["changed a (b.toml)"]);
    folder.write("b.toml", "name = 5\n");
    assert_eq!(folder.looks(), ["broken, kept b.toml"]);
    assert_eq!(folder.in_force(), ["a third"]);
}

#[test]
fn a_conflict_that_is_solved_is_looked_at_again() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "first"));
    folder.looks();
    folder.write("b.toml", job("a", "second"));
    assert_eq!(folder.looks(), ["broken b.toml"]);
    folder.write("a.toml", job("b", "first"));
    assert_eq!(folder.looks(), ["changed a (b.toml)", "loaded b (a.toml)"]);
    folder.write("a.toml", job("a", "first"));
    assert_eq!(folder.looks(), ["broken, kept a.toml"], "it is told of anew");
    assert_eq!(folder.in_force(), ["a second", "b first"]);
    folder.remove("b.toml");
    assert_eq!(folder.looks(), ["removed b (a.toml)", "changed a (a.toml)"]);
    assert_eq!(folder.in_force(), ["a first"]);
}

#[test]
fn of_two_new_ones_none_is_meant() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "first"));
    folder.write("b.toml", job("a", "second"));
    assert_eq!(folder.reload(), ["broken a.toml", "broken b.toml"]);
    assert_eq!(folder.in_force(), NOTHING);
    folder.remove("a.toml");
    assert_eq!(folder.looks(), ["loaded a (b.toml)"]);
}

#[test]
fn two_files_may_swap_their_jobs() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "first"));
    folder.write("b.toml", job("b", "first"));
    folder.looks();
    folder.write("a.toml", job("b", "second"));
    folder.write("b.toml", job("a", "second"));
    assert_eq!(folder.looks(), ["changed a (b.toml)", "changed b (a.toml)"]);
    folder.rename("a.toml", "c.toml");
    folder.rename("b.toml", "a.toml");
    folder.rename("c.toml", "b.toml");
    assert_eq!(folder.looks(), ["moved a (a.toml)", "moved b (b.toml)"]);
}

#[test]
fn a_refused_file_keeps_the_job_it_had_unless_another_file_has_it() {
    let mut folder = Folder::new();
    folder.write("a.toml", job("a", "first"));
    folder.write("b.toml", job("b", "first"));
    folder.looks();
    folder.write("b.toml", job("a", "second"));
    assert_eq!(folder.looks(), ["broken, kept b.toml"]);
    assert_eq!(folder.in_force(), ["a first", "b first"]);
    folder.write("c.toml", job("b", "third"));
    assert_eq!(folder.looks(), ["changed b (c.toml)"]);
    assert_eq!(folder.in_force(), ["a first", "b third"]);
}
