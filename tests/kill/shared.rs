//! Files that several segments share go with the last of their relatives.

use crate::support::{Lopper, Segment, seg};

const SHARED: &str = "wiki/shared/index.zip";

fn old(version: &str) -> Segment {
    seg("wiki", "2015-09-12/P1D").unused().version(version).local(SHARED)
}

fn lopper(segments: impl IntoIterator<Item = Segment>) -> Lopper {
    Lopper::new().authoritative().segments(segments)
}

impl Lopper {
    /// Kills one version; answers how many files were deleted, and how many wait.
    fn kill_version(&self, version: &str) -> [u64; 2] {
        let step = self.step(["kill", "wiki", "--yes", "--version", version]);
        assert_eq!(step["numChangedSegments"], 1, "the metadata of {version} goes all the same");
        ["filesDeleted", "filesDeferred"].map(|what| step["kill"][what].as_u64().unwrap())
    }

    fn journal(&self) -> Vec<String> {
        self.sql("SELECT state FROM deletions ORDER BY segment_key")
    }
}

/// Druid deletes the file of a used row outside of the killed interval.
#[test]
fn a_file_waits_for_the_last_row_that_names_it() {
    for keeper in [old("b"), seg("other", "2020-09-12/P1D").local(SHARED).version("b")] {
        let story = lopper([old("a"), keeper]);
        assert_eq!(story.kill_version("a"), [0, 1]);
        assert_eq!(
            (story.journal(), story.deep_files()),
            (vec!["deferred".into()], vec![SHARED.into()])
        );
        story.run(["kill", "--resume"]).code(0);
        assert_eq!(story.deep_files(), [SHARED]);
        story.run(["mark-unused", "*", "--all"]).code(0);
        story.run(["kill", "*", "--yes", "--buffer-period", "PT0S"]).code(0);
        assert_eq!((story.journal(), story.deep_files()), (vec!["done".into(); 2], vec![]));
    }
}

#[test]
fn rows_of_one_file_that_go_together_are_one_deletion() {
    let story = lopper([old("a"), old("b"), old("c")]);
    let step = story.step(["kill", "wiki", "--yes"]);
    assert_eq!(
        (&step["numChangedSegments"], &step["kill"]["filesDeleted"]),
        (&3.into(), &1.into())
    );
    assert_eq!(story.journal(), ["done"; 3]);
    assert!(story.deep_files().is_empty());
}

#[test]
fn rows_of_one_file_in_different_batches_are_one_deletion() {
    let story = lopper([old("a"), old("b"), old("c")]);
    let step = story.step(["kill", "wiki", "--yes", "--batch-size", "1"]);
    assert_eq!(
        (&step["kill"]["filesDeleted"], &step["kill"]["filesDeferred"]),
        (&1.into(), &0.into())
    );
    assert!(story.deep_files().is_empty());
}

/// By lineage alone, as a load spec of a relative may spell the file in another way.
#[test]
fn a_file_waits_for_parents_children_and_siblings() {
    let id = |version: &str| old(version).id();
    let own = |version: &str| old(version).local(&format!("wiki/{version}/index.zip"));
    for (relation, killed, living) in [
        ("parent", own("a").upgraded_from(&id("b")), own("b")),
        ("child", own("a"), own("b").upgraded_from(&id("a"))),
        ("sibling", own("a").upgraded_from(&id("c")), own("b").upgraded_from(&id("c"))),
    ] {
        let story = lopper([killed, living]);
        assert_eq!(story.kill_version("a"), [0, 1], "the {relation} still lives");
        assert_eq!(story.deep_files().len(), 2);
        assert_eq!(story.kill_version("b"), [2, 0], "the {relation} is the last");
        assert!(story.deep_files().is_empty(), "{relation}");
    }
}

#[test]
fn strangers_hinder_nothing() {
    let own = |version: &str| old(version).local(&format!("wiki/{version}/index.zip"));
    let id = |version: &str| old(version).id();
    let story = lopper([own("a").upgraded_from(&id("x")), own("b").upgraded_from(&id("y"))]);
    assert_eq!(story.kill_version("a"), [1, 0]);
}

/// A relative that goes in another way than by a kill also frees the file: here it moves elsewhere.
#[test]
fn the_journal_is_asked_again_when_a_relative_has_changed() {
    let story = lopper([old("a"), old("b")]);
    assert_eq!(story.kill_version("a"), [0, 1]);
    story.add_segments([old("b").local("wiki/moved/index.zip")]);
    story.run(["kill", "--resume"]).code(0);
    assert_eq!(story.deep_files(), ["wiki/moved/index.zip"]);
}
