//! A missing file is no deleted file: an unmounted disk must not cost the segments whose files lie on it.

use std::fs;

use serde_json::json;

use crate::support::{Lopper, Segment, seg};

fn day(day: u8) -> Segment {
    seg("wiki", &format!("2015-09-{day:02}/P1D")).unused()
}

const KILL: [&str; 3] = ["kill", "wiki", "--yes"];
const ACCEPT: [&str; 5] = ["kill", "wiki", "--yes", "--missing-files", "accept"];

/// Deep storage as it is while its disk is not mounted: an empty folder. The answer mounts it again.
fn unmount(lopper: &Lopper) -> impl Fn() {
    let (root, away) = (lopper.deep_storage(), lopper.path("unmounted"));
    fs::rename(&root, &away).unwrap();
    fs::create_dir(&root).unwrap();
    move || {
        fs::remove_dir_all(&root).unwrap();
        fs::rename(&away, &root).unwrap();
    }
}

#[test]
fn an_unmounted_disk_costs_nothing() {
    let lopper = Lopper::new().authoritative().segments([day(1), day(2), day(3).used()]);
    let (before, files) = (lopper.states(), lopper.deep_files());
    let mount = unmount(&lopper);
    lopper
        .run([&KILL[..], &["--batch-size", "1"]].concat())
        .code(5)
        .stdout_has("not one of the files that were looked for is there")
        .stdout_has("--missing-files accept");
    assert_eq!(lopper.states(), before, "ids, states and stamps as they were");
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
    assert_eq!(lopper.sql("SELECT count(*) FROM changes WHERE op = 'kill'"), ["0"]);
    lopper.run(["fsck"]).code(0);
    mount();
    assert_eq!(lopper.deep_files(), files);
    lopper.run(KILL).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done", "done"]);
}

#[test]
fn the_report_says_which_place_and_which_file() {
    let lopper = Lopper::new().authoritative().segments([day(1)]);
    let _mount = unmount(&lopper);
    let answer = lopper.run([&KILL[..], &["--output", "json"]].concat()).code(5);
    let report = answer.json();
    assert_eq!(report["outcome"], "partial");
    let (step, kill) = (&report["steps"][0], &report["steps"][0]["kill"]);
    assert_eq!((&step["numChangedSegments"], &kill["returned"]), (&json!(0), &json!(1)));
    let place = &kill["missingPlaces"][0];
    let root = lopper.deep_storage().display().to_string();
    assert_eq!(place["place"], format!("file:{root}/"));
    assert!(place["files"][0].as_str().unwrap().ends_with("/index.zip"), "{place}");
}

/// One file that somebody has deleted by hand is no unmounted disk.
#[test]
fn a_file_that_is_missing_counts_as_gone_while_its_place_shows_others() {
    for other in [day(2), day(2).used(), seg("other", "2020-01-01/P1D")] {
        let lopper = Lopper::new().authoritative().segments([day(1), other]);
        fs::remove_file(day(1).local_file(&lopper.deep_storage()).unwrap()).unwrap();
        lopper
            .run([&KILL[..], &["--interval", "2015-09-01/P1D"]].concat())
            .code(0)
            .stdout_has("1 of the files were missing");
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["missing"]);
        lopper.run(["fsck", "--deep-storage"]).code(0);
    }
}

#[test]
fn whoever_accepts_missing_files_gets_rid_of_the_rows() {
    let lopper = Lopper::new().authoritative().segments([day(1), day(2)]);
    let mount = unmount(&lopper);
    lopper.run(ACCEPT).code(0).stdout_has("2 of the files were missing");
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["missing", "missing"]);
    // The files were there after all: they are no orphans, and come back whole.
    mount();
    lopper
        .run(["fsck", "--deep-storage", "--limit", "1"])
        .code(1)
        .stdout_has("closed-file-there")
        .stdout_has("closed as missing, and whose files are there");
    let files = lopper.deep_files();
    lopper.run(["fsck", "--deep-storage", "--repair", "--yes", "--min-age", "PT0S"]).code(3);
    assert_eq!(lopper.deep_files(), files);
    lopper.run(["kill", "--restore", "2"]).code(0);
    assert_eq!(lopper.ids(false).len(), 2);
    lopper.run(["fsck", "--deep-storage"]).code(0);
}

#[test]
fn a_job_can_accept_missing_files() {
    let lopper = Lopper::new().authoritative().segments([day(1)]);
    let _mount = unmount(&lopper);
    let job =
        |key: &str| format!("name = \"j\"\n[[step]]\nop = \"kill\"\ndatasource = \"wiki\"\n{key}");
    lopper.file("jobs/j.toml", job(""));
    lopper.run(["run", "j"]).code(5);
    lopper.file("jobs/j.toml", job("missing_files = \"stop\""));
    lopper.run(["run", "j"]).code(5);
    lopper.file("jobs/j.toml", job("missing_files = \"accept\""));
    lopper.run(["run", "j"]).code(0);
    lopper.file("jobs/j.toml", job("missing_files = \"ignore\""));
    lopper.run(["run", "j"]).code(2).stderr_has("missing_files");
}

/// A datasource with a disk of its own below the root: its folder is there and empty.
#[test]
fn an_unmounted_folder_costs_nothing_either() {
    let lopper =
        Lopper::new().authoritative().segments([day(1), seg("other", "2015-09-01/P1D").unused()]);
    fs::remove_dir_all(lopper.deep_storage().join("wiki")).unwrap();
    fs::create_dir(lopper.deep_storage().join("wiki")).unwrap();
    lopper.run(["kill", "*", "--yes"]).code(5).stdout_has("/wiki: the folder is there and empty");
    assert_eq!(lopper.sql("SELECT datasource, state FROM deletions"), ["other|done"]);
    assert_eq!(lopper.ids(false).len(), 1);
    assert!(lopper.deep_storage().join("wiki").is_dir(), "the mount point stays");
}

/// What an attempt may have deleted counts as deleted, but not while the place is away; what none has tried does not,
/// whatever died before.
#[test]
fn after_a_death_nothing_is_closed_while_the_disk_is_away() {
    for place in ["kill::deleting-begun", "kill::files-answered"] {
        let lopper = Lopper::new().authoritative().segments([day(1), day(2).used()]);
        lopper.dies_at(&KILL, place, 1, ("kill", 137));
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["pending"]);
        let mount = unmount(&lopper);
        lopper.run(["kill", "--resume"]);
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["pending"], "{place}");
        mount();
        lopper.run(["kill", "--resume"]).code(0);
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"]);
        assert_eq!(lopper.deep_files().len(), 1);
    }
}

/// What was tried once and is gone with all the rest is not deleted.
#[test]
fn what_was_tried_counts_as_gone_only_while_living_files_are_there() {
    let lopper = Lopper::new().authoritative().segments([day(1), day(2).used()]);
    super::move_and_die(&lopper);
    let mend = super::undeletable(vec![day(1).local_file(&lopper.deep_storage()).unwrap()]);
    lopper.run(KILL).code(5);
    mend();
    let mount = unmount(&lopper);
    lopper.run(["kill", "--resume"]).code(5);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["pending"]);
    mount();
    lopper.run(["kill", "--resume"]).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"]);
    assert_eq!(lopper.deep_files().len(), 1);
}
