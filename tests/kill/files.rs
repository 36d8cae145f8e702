//! Local deep storage, deleted as Druid's own killer deletes: the zip or the directory that the load spec
//! names, then the parents that became empty, never beyond the datasource's folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use super::{move_and_die, undeletable};
#[cfg(feature = "s3")]
use crate::deep_storage;
#[cfg(feature = "s3")]
use crate::support::bucket::Bucket;
use crate::support::{Lopper, Segment, seg};

fn old() -> Segment {
    seg("wiki", "2015-09-12/P1D").unused()
}

/// A store of one old segment, whose load spec names `path` below the root.
fn with_file(path: &str) -> Lopper {
    Lopper::new().authoritative().segments([old().local(path)])
}

impl Lopper {
    fn kills_one(&self) -> &Self {
        self.run(["kill", "wiki", "--yes"]).code(0);
        assert_eq!(self.sql("SELECT state FROM deletions"), ["done"]);
        self
    }

    /// Makes a file in deep storage.
    fn deep(&self, path: &str) {
        self.file(&format!("deep-storage/{path}"), "x");
    }

    fn has(&self, path: &str) -> bool {
        self.deep_storage().join(path).exists()
    }
}

const ZIP: &str = "wiki/2015-09-12_2015-09-13/v1/0/index.zip";

#[test]
fn the_zip_its_descriptor_and_the_folders_of_the_datasource_go() {
    let lopper = with_file(ZIP);
    lopper.deep("wiki/2015-09-12_2015-09-13/v1/0/descriptor.json");
    lopper.deep("other/index.zip");
    lopper.kills_one();
    assert!(!lopper.has("wiki"));
    assert_eq!(lopper.deep_files(), ["other/index.zip"]);
}

#[test]
fn a_folder_in_which_something_is_left_stays() {
    for (neighbour, gone) in [
        ("wiki/2015-09-12_2015-09-13/v1/0/notes.txt", "wiki/2015-09-12_2015-09-13/v1/0/index.zip"),
        ("wiki/2015-09-12_2015-09-13/v1/1/index.zip", "wiki/2015-09-12_2015-09-13/v1/0"),
        ("wiki/2015-09-12_2015-09-13/v2/0/index.zip", "wiki/2015-09-12_2015-09-13/v1"),
        ("wiki/2015-09-13_2015-09-14/v1/0/index.zip", "wiki/2015-09-12_2015-09-13"),
    ] {
        let lopper = with_file(ZIP);
        lopper.deep(neighbour);
        lopper.kills_one();
        assert_eq!(lopper.deep_files(), [neighbour]);
        assert!(!lopper.has(gone), "{gone} is left");
    }
}

#[test]
fn a_directory_that_the_load_spec_names_goes_whole() {
    let lopper = Lopper::new().authoritative();
    let index = "wiki/2015-09-12_2015-09-13/v1/0/index";
    for file in ["00000.smoosh", "meta.smoosh", "sub/deeper"] {
        lopper.deep(&format!("{index}/{file}"));
    }
    let path = lopper.deep_storage().join(index);
    let lopper = lopper.segments([old().load(json!({"type": "local", "path": path}))]);
    lopper.kills_one();
    assert!(!lopper.has("wiki"));
}

#[test]
fn nothing_above_the_datasources_folder_goes() {
    // The folders above are empty but for this, and stay all the same.
    let lopper = with_file("tenants/blue/wiki/a/v1/0/index.zip");
    lopper.kills_one();
    assert!(!lopper.has("tenants/blue/wiki"));
    assert!(lopper.has("tenants/blue"));
}

#[test]
fn the_root_itself_stays() {
    let lopper = with_file("index.zip");
    lopper.kills_one();
    assert!(lopper.deep_storage().is_dir());
}

#[test]
fn folders_that_a_missing_file_left_empty_go_as_well() {
    for gone in [ZIP, "wiki"] {
        let lopper = with_file(ZIP).segments([seg("other", "2015-09-12/P1D")]);
        let path = lopper.deep_storage().join(gone);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        lopper.run(["kill", "wiki", "--yes"]).code(0);
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["missing"]);
        assert!(!lopper.has("wiki"), "{gone}");
    }
}

/// A link's target is someone else's: the link goes, or nothing does.
#[test]
fn a_link_is_removed_and_not_followed() {
    let elsewhere = tempfile::TempDir::new().unwrap();
    fs::write(elsewhere.path().join("index.zip"), "precious").unwrap();
    for target in [elsewhere.path().to_owned(), elsewhere.path().join("index.zip")] {
        let lopper = with_file(ZIP);
        let file = lopper.deep_storage().join(ZIP);
        fs::remove_file(&file).unwrap();
        symlink(target, &file).unwrap();
        lopper.kills_one();
        assert!(file.symlink_metadata().is_err());
        assert_eq!(fs::read(elsewhere.path().join("index.zip")).unwrap(), b"precious");
    }
}

#[test]
fn what_lies_behind_a_link_out_of_the_root_does_not_move() {
    let elsewhere = tempfile::TempDir::new().unwrap();
    fs::create_dir_all(elsewhere.path().join("v1/0")).unwrap();
    let precious = elsewhere.path().join("v1/0/index.zip");
    fs::write(&precious, "precious").unwrap();
    let lopper = with_file(ZIP);
    let folder = lopper.deep_storage().join("wiki/2015-09-12_2015-09-13");
    fs::remove_dir_all(&folder).unwrap();
    symlink(elsewhere.path(), &folder).unwrap();

    let kill = lopper.run(["kill", "wiki", "--yes"]).code(0);
    kill.stdout_has("passed over: 1 behind a link that leads out of the root");
    assert_eq!(fs::read(&precious).unwrap(), b"precious");
    assert_eq!(lopper.ids(false).len(), 1, "its row stays: it would wait in the journal for ever");
}

#[test]
fn a_root_that_is_not_there_stops_the_kill_before_anything_is_lost() {
    let lopper = with_file(ZIP);
    let away = lopper.path("unmounted");
    fs::rename(lopper.deep_storage(), &away).unwrap();
    let before = lopper.states();
    for command in [&["kill", "wiki", "--yes"][..], &["kill", "--resume"]] {
        lopper.run(command).code(1).stderr_has("cannot be read").stderr_has("help: mount it");
    }
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
    fs::rename(away, lopper.deep_storage()).unwrap();
    lopper.kills_one();
}

/// Kills `wiki`, and nobody can delete what lies in that folder, until the answer is called.
fn refuse(lopper: &Lopper, path: &str) -> impl Fn() + use<> {
    move_and_die(lopper);
    let folder = lopper.deep_storage().join(Path::new(path).parent().unwrap());
    undeletable(fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect())
}

#[test]
fn a_file_that_cannot_be_deleted_waits_in_the_journal() {
    let lopper =
        with_file("wiki/a/index.zip").segments([old().partition(1).local("wiki/b/index.zip")]);
    let mend = refuse(&lopper, "wiki/a/index.zip");
    let answer = lopper.run(["kill", "wiki", "--yes", "--output", "json"]).code(5);
    let report = answer.json();
    assert_eq!(report["outcome"], "partial");
    assert_eq!(
        (&report["steps"][0]["kill"]["filesDeleted"], &report["steps"][0]["kill"]["filesFailed"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        lopper.sql("SELECT state, attempts, last_error IS NOT NULL FROM deletions"),
        ["pending|1|1", "done|1|0"]
    );
    assert_eq!(lopper.runs().last().unwrap(), "kill partial");

    lopper.run(["kill", "--resume"]).code(5);
    assert_eq!(lopper.sql("SELECT max(attempts) FROM deletions"), ["2"]);
    mend();
    lopper.run(["kill", "--resume"]).code(0);
    assert_eq!(
        lopper.sql("SELECT state, attempts, last_error FROM deletions"),
        ["done|3|", "done|1|"]
    );
    assert!(lopper.deep_files().is_empty());
    lopper.run(["kill", "--resume"]).code(0);
}

/// The next kill finishes what is left, whatever it is asked to kill itself; and one file never stops the others.
#[test]
fn a_file_that_cannot_be_deleted_blocks_no_other() {
    let lopper = with_file("wiki/a/index.zip");
    let mend = refuse(&lopper, "wiki/a/index.zip");
    lopper.run(["kill", "wiki", "--yes"]).code(5);

    lopper.add_segments([
        seg("other", "2015-09-12/P1D").unused(),
        seg("other", "2015-09-13/P1D").unused(),
    ]);
    lopper.run(["kill", "other", "--yes", "--batch-size", "2"]).code(5);
    assert_eq!(
        lopper.sql("SELECT state, count(*) FROM deletions GROUP BY 1"),
        ["done|2", "pending|1"]
    );
    mend();
    // It failed twice: it is due again in a minute, and --resume does not wait.
    lopper.run(["kill", "nothing-more", "--yes"]).code(5);
    lopper.run(["kill", "--resume"]).code(0);
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["done"]);
}

/// When a place refuses everything, a kill moves one batch and then no further.
#[cfg(feature = "s3")]
#[test]
fn a_place_that_refuses_everything_gets_no_further_batch() {
    let bucket = Bucket::new();
    let key = |day: u8| format!("segments/wiki/all/{day}.zip");
    let days = (1..=9)
        .map(|day| seg("wiki", &format!("2015-09-0{day}/P1D")).unused().s3("deep", &key(day)));
    let lopper = Lopper::new().config(&bucket.config()).segments(days);
    for day in 1..=9 {
        bucket.put([key(day)]);
        bucket.refuse(&key(day), "AccessDenied");
    }
    let kill =
        |arguments: &[&str], code: i32| drop(deep_storage::kill(&lopper, arguments).code(code));
    let batches = ["kill", "wiki", "--yes", "--batch-size", "3"];
    kill(&batches, 5);
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions WHERE state = 'pending'"), ["3"]);
    // What is left from earlier counts for nothing: every run tries anew whether the place takes a batch.
    kill(&batches, 5);
    assert_eq!(lopper.sql("SELECT count(*), max(attempts) FROM deletions"), ["6|2"]);
    bucket.refuse_nothing();
    kill(&["kill", "--resume"], 0);
    kill(&batches, 0);
    assert_eq!(lopper.sql("SELECT state, count(*) FROM deletions GROUP BY 1"), ["done|9"]);
    assert!(bucket.keys().is_empty());
}

#[test]
fn a_folder_that_may_hold_other_segments_goes_to_nobody() {
    for shallow in ["wiki", "wiki/2015-09-12_2015-09-13", "other/folder"] {
        let lopper = with_file(shallow);
        // The builder made a file of that name; a folder with a neighbour's file stands there in truth.
        fs::remove_file(lopper.deep_storage().join(shallow)).unwrap();
        lopper.deep(&format!("{shallow}/v9/0/index.zip"));
        let kill = lopper.run(["kill", "wiki", "--yes"]).code(0);
        kill.stdout_has("passed over: 1 a folder that may hold other segments");
        assert!(lopper.has(&format!("{shallow}/v9/0/index.zip")), "{shallow}");
        assert_eq!(lopper.ids(false).len(), 1);
    }
}
