//! What `--deep-storage` must not take for an orphan, and a repair that dies.

use std::os::unix::fs::symlink;

use serde_json::json;

use super::files::{OLD, layout};
use crate::support::{Lopper, seg};

const REPAIR: [&str; 4] = ["fsck", "--deep-storage", "--repair", "--yes"];

fn living() -> Lopper {
    Lopper::new()
        .authoritative()
        .segments([seg("wiki", "2015-09-12/P1D").local(&layout("wiki", 1))])
}

/// A listing goes by no link, but a load spec may: the file has another name in it.
#[test]
fn a_file_that_a_segment_reaches_by_a_link_is_its_file() {
    let lopper = living();
    let real = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let folder = lopper.deep_file_of(&layout("wiki", 8), OLD);
    let root = lopper.deep_storage();
    symlink(&root, root.join("way")).unwrap();
    symlink(&real, root.join("link.zip")).unwrap();
    let by = |day: &str, path: String| {
        seg("wiki", day).load(json!({"type": "local", "path": root.join(path)}))
    };
    let lopper = lopper.segments([
        by("2015-09-13/P1D", "link.zip".to_owned()),
        by("2015-09-14/P1D", format!("way/{}", layout("wiki", 8).replace("/index.zip", ""))),
    ]);
    let report = lopper.run(["fsck", "--deep-storage", "--output", "json"]).code(0).json();
    assert_eq!(report["findings"], json!([]));
    lopper.run(REPAIR).code(0);
    assert!(real.exists() && folder.exists());
}

/// The journal's row waits for a relative, and its file with it.
#[test]
fn a_file_that_the_journal_reaches_by_a_link_is_not_deleted_before_its_time() {
    let lopper = living();
    let real = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let link = lopper.deep_storage().join("link.zip");
    symlink(&real, &link).unwrap();
    let load = json!({"type": "local", "path": link});
    let parent = seg("wiki", "2015-09-13/P1D").version("v0").unused().load(load);
    let child = seg("wiki", "2015-09-13/P1D").local(&layout("wiki", 8)).upgraded_from(&parent.id());
    let lopper = lopper.segments([parent, child]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"]);
    lopper.run(REPAIR).code(0);
    assert!(real.exists());
}

/// What is written into a folder now may belong together with what lies there.
#[test]
fn all_in_the_folder_of_a_young_file_is_left_alone() {
    let lopper = living();
    let old = lopper.deep_file_of(&layout("wiki", 7).replace("index.zip", "00000.smoosh"), OLD);
    let young =
        lopper.deep_file_of(&layout("wiki", 7).replace("index.zip", "meta.smoosh"), OLD + 500_000);
    let other = lopper.deep_file_of(&layout("wiki", 8), OLD);
    let report = lopper.run(["fsck", "--deep-storage", "--output", "json"]).code(0).json();
    assert_eq!(report["findings"][0]["count"], 1, "{report:#}");
    lopper.run(REPAIR).code(0);
    assert!(old.exists() && young.exists() && !other.exists());
}

#[test]
fn a_damaged_store_is_told_and_compared_with_nothing() {
    let lopper = living();
    lopper.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let orphan = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let root: usize = lopper
        .sql("SELECT (rootpage - 1) * (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'payload'")
        .join("")
        .parse()
        .unwrap();
    let mut bytes = std::fs::read(lopper.store()).unwrap();
    bytes[root..root + 100].fill(0xee);
    std::fs::write(lopper.store(), bytes).unwrap();
    lopper
        .run(["fsck", "--deep-storage"])
        .code(1)
        .stdout_has("damaged-file")
        .stdout_has(", missing-file, never-deletable, orphan-file");
    lopper.run(REPAIR).code(3).stderr_has("no file is deleted");
    assert!(orphan.exists());
}

/// Whatever the zip beside it is called.
#[test]
fn a_descriptor_beside_a_living_file_is_no_orphan() {
    let zip = layout("wiki", 1).replace("index.zip", "wiki.zip");
    let lopper =
        Lopper::new().authoritative().segments([seg("wiki", "2015-09-12/P1D").local(&zip)]);
    let beside = lopper.deep_file_of(&zip.replace("wiki.zip", "descriptor.json"), OLD);
    let alone =
        lopper.deep_file_of(&layout("wiki", 2).replace("index.zip", "descriptor.json"), OLD);
    lopper.run(REPAIR).code(0);
    assert!(beside.exists() && !alone.exists());
}

/// Who works on an interval may have pushed files that no row names yet.
#[test]
fn a_locked_interval_keeps_its_orphans() {
    let lopper = living();
    let orphan = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let lock = ["lock", "add", "wiki", "--interval", "2014-01-01/PT1H", "--owner", "etl"];
    lopper.run(lock).code(0);
    lopper.run(REPAIR).code(0).stdout_has("1 orphans were left alone: their intervals are locked");
    assert!(orphan.exists());
    lopper.run(["lock", "remove", "--owner", "etl"]).code(0).stdout_has("removed");
    lopper.run(REPAIR).code(0);
    assert!(!orphan.exists());
}

/// A repair that was asked for by name is no leave for the next.
#[test]
fn a_datasource_is_known_by_its_segments_alone() {
    let lopper = living();
    let first = lopper.deep_file_of(&layout("koalas", 1), OLD);
    lopper.run([&REPAIR[..], &["--datasource", "koalas"]].concat()).code(0);
    let second = lopper.deep_file_of(&layout("koalas", 2), OLD);
    lopper.run(REPAIR).code(0);
    assert!(!first.exists() && second.exists());
}

#[test]
fn without_a_place_there_is_nothing_to_compare() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    lopper.run(["fsck", "--deep-storage"]).code(2).stderr_has("no deep storage to compare with");
}
