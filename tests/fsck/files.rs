//! The store against deep storage, both ways, and the repair of orphans.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::{Lopper, seg};

/// A week before the tests' clock.
pub(crate) const OLD: u64 = 1_716_638_400;

const REPAIR: [&str; 5] = ["fsck", "--deep-storage", "--repair", "--yes", "--output"];

/// As Druid lays it out.
pub(crate) fn layout(datasource: &str, partition: u32) -> String {
    format!(
        "{datasource}/2014-01-01T00:00:00.000Z_2014-01-02T00:00:00.000Z/v0/{partition}/index.zip"
    )
}

fn story() -> Lopper {
    Lopper::new().authoritative().segments([
        seg("wiki", "2015-09-12/P1D").local(&layout("wiki", 1)),
        seg("wiki", "2015-09-13/P1D").unused().local(&layout("wiki", 2)),
    ])
}

impl Lopper {
    /// Writes a file below deep storage, last written so many seconds after 1970.
    pub(crate) fn deep_file_of(&self, path: &str, seconds: u64) -> PathBuf {
        let path = self.deep_storage().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "data").unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        path
    }

    #[track_caller]
    fn compared(&self, code: i32) -> serde_json::Value {
        self.run(["fsck", "--deep-storage", "--output", "json"]).code(code).json()
    }

    #[track_caller]
    fn repaired(&self, code: i32) -> serde_json::Value {
        self.run([&REPAIR[..], &["json"]].concat()).code(code).json()
    }
}

fn finding<'a>(report: &'a serde_json::Value, code: &str) -> Option<&'a serde_json::Value> {
    report["findings"].as_array().unwrap().iter().find(|one| one["code"] == code)
}

#[test]
fn where_store_and_files_agree_nothing_is_found() {
    let lopper = story();
    let report = lopper.compared(0);
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report["deep_storage"]["listed"], 2);
    lopper.run(["fsck", "--deep-storage"]).code(0).stdout_has("2 files listed in deep storage");
}

#[test]
fn a_missing_file_is_an_error_of_its_segment() {
    let lopper = story();
    fs::remove_file(lopper.deep_storage().join(layout("wiki", 1))).unwrap();
    let report = lopper.compared(1);
    let missing = finding(&report, "missing-file").unwrap();
    assert_eq!((&missing["severity"], &missing["count"]), (&"error".into(), &1.into()));
    let example = missing["examples"][0].as_str().unwrap();
    assert!(example.starts_with("wiki_2015-09-12T00:00:00.000Z_"), "{example}");
    // And no file is deleted by a store that does not fit to its files.
    let orphan = lopper.deep_file_of(&layout("wiki", 7), OLD);
    lopper.run([&REPAIR[..], &["table"]].concat()).code(3).stderr_has("no file is deleted");
    assert!(orphan.exists());
}

/// What lies behind a mount that failed is not lost.
#[test]
fn a_place_that_shows_nothing_may_not_be_mounted() {
    let lopper = story();
    fs::remove_dir_all(lopper.deep_storage()).unwrap();
    fs::create_dir(lopper.deep_storage()).unwrap();
    let report = lopper.compared(1);
    assert_eq!(report["findings"][0]["code"], "empty-place", "it comes first: {report:#}");
    let empty = finding(&report, "empty-place").unwrap();
    assert_eq!((&empty["severity"], &empty["count"]), (&"error".into(), &2.into()));
    let root = lopper.deep_storage().display().to_string();
    assert!(empty["examples"][0].as_str().unwrap().contains(&root), "{empty}");
    assert_eq!(finding(&report, "missing-file").unwrap()["count"], 2);
    lopper.run(["fsck", "--deep-storage"]).code(1).stdout_has("it may not be mounted");
    // One file is enough to see that it is.
    lopper.deep_file_of(&layout("wiki", 1), OLD);
    let report = lopper.compared(1);
    assert!(finding(&report, "empty-place").is_none(), "{report:#}");
    // And an empty place that nothing names is as it should be.
    let lopper =
        Lopper::new().authoritative().segments([seg("wiki", "2015-09-12/P1D").s3("b", "k")]);
    assert!(finding(&lopper.compared(0), "empty-place").is_none());
}

/// Old enough, laid out as a segment, named by nothing: an orphan. The rest is not, or is never deleted.
#[test]
fn files_that_nothing_names_are_told_by_datasource() {
    let lopper = story();
    lopper.deep_file_of(&layout("wiki", 7), OLD);
    lopper.deep_file_of(&layout("wiki", 8), OLD);
    lopper.deep_file_of(&layout("koalas", 0), OLD);
    lopper.deep_file_of("README", OLD);
    lopper.deep_file_of("wiki/notes/v0/0/index.zip", OLD);
    // Younger than P3D.
    lopper.deep_file_of(&layout("wiki", 9), 1_717_200_000);
    let orphans = lopper.compared(0)["deep_storage"]["orphans"].clone();
    let orphan = |datasource: serde_json::Value, is_known, files, size| serde_json::json!({"datasource": datasource, "is_known": is_known, "files": files, "size": size});
    assert_eq!(
        orphans,
        serde_json::json!([
            orphan("koalas".into(), false, 1, 4),
            orphan("wiki".into(), true, 2, 8),
            orphan(serde_json::Value::Null, false, 2, 8),
        ])
    );
    lopper
        .run(["fsck", "--deep-storage", "--min-age", "PT1H"])
        .code(0)
        .stdout_has("wiki              3  12 B  --repair deletes them");
}

#[test]
fn what_lies_below_a_folder_of_a_segment_is_no_orphan() {
    let folder = "wiki/2014-01-01T00:00:00.000Z_2014-01-02T00:00:00.000Z/v0/3";
    let lopper =
        Lopper::new().authoritative().segments([seg("wiki", "2015-09-12/P1D").local(folder)]);
    let place = lopper.deep_storage().join(folder);
    let _ = fs::remove_file(&place);
    lopper.deep_file_of(&format!("{folder}/meta.smoosh"), OLD);
    lopper.deep_file_of(&format!("{folder}/sub/00000.smoosh"), OLD);
    lopper.deep_file_of(&format!("{folder}0/00000.smoosh"), OLD);
    let report = lopper.compared(0);
    assert_eq!(report["deep_storage"]["listed"], 3);
    assert_eq!(finding(&report, "orphan-file").unwrap()["count"], 1);
}

#[test]
fn a_repair_deletes_orphans_through_the_journal() {
    let lopper = story();
    let known = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let descriptor =
        lopper.deep_file_of(&layout("wiki", 7).replace("index.zip", "descriptor.json"), OLD);
    let unknown = lopper.deep_file_of(&layout("koalas", 0), OLD);
    let foreign = lopper.deep_file_of("README", OLD);
    let named = lopper.deep_storage().join(layout("wiki", 1));
    // Without a yes and without a terminal, nothing.
    lopper.run(["fsck", "--deep-storage", "--repair"]).code(2).stderr_has("no terminal to ask on");
    assert!(known.exists());
    let report = lopper.repaired(0);
    assert_eq!(report["repair"]["steps"][0]["kill"]["filesDeleted"], 1);
    let there = |path: &Path| path.exists();
    assert_eq!(
        [&known, &descriptor, &unknown, &foreign, &named].map(|path| there(path)),
        [false, false, true, true, true]
    );
    assert_eq!(
        lopper.sql("SELECT kind, id, datasource, state, size FROM deletions"),
        ["orphan||wiki|done|8"]
    );
    lopper.run([&REPAIR[..], &["json", "--datasource", "koalas"]].concat()).code(0);
    assert!(!unknown.exists() && foreign.exists() && named.exists());
    assert_eq!(lopper.runs().last().unwrap(), "fsck --repair done");
}

/// Two files of one folder: the living one's neighbour goes alone.
#[test]
fn an_orphan_goes_without_what_lies_beside_it() {
    let lopper = story();
    let stray = lopper.deep_file_of(&layout("wiki", 1).replace("index.zip", "stray.zip"), OLD);
    let descriptor =
        lopper.deep_file_of(&layout("wiki", 1).replace("index.zip", "descriptor.json"), OLD);
    lopper.repaired(0);
    assert!(!stray.exists() && descriptor.exists());
    assert_eq!(lopper.compared(0)["findings"], serde_json::json!([]));
}

#[test]
fn a_link_is_followed_by_nobody_and_deleted_by_nobody() {
    let lopper = story();
    let real = lopper.deep_storage().join("wiki");
    let moved = lopper.deep_storage().parent().unwrap().join("moved");
    fs::rename(&real, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &real).unwrap();
    let report = lopper.compared(0);
    assert_eq!(report["deep_storage"]["listed"], 0);
    let findings = report["findings"].as_array().unwrap();
    let codes: Vec<_> = findings.iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["never-deletable"], "no kill goes through a link out of the root");
    lopper.repaired(0);
    assert!(real.is_symlink());
}

/// A load spec that nobody can follow may mean the very file.
#[test]
fn while_files_lie_elsewhere_nothing_is_repaired() {
    let elsewhere = seg("koalas", "2015-09-12/P1D").s3("bucket", "key/index.zip");
    let lopper = Lopper::new()
        .authoritative()
        .segments([seg("wiki", "2015-09-12/P1D").local(&layout("wiki", 1)), elsewhere]);
    let orphan = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let report = lopper.compared(0);
    assert_eq!(finding(&report, "not-looked-at").unwrap()["count"], 1);
    lopper.run([&REPAIR[..], &["table"]].concat()).code(3).stderr_has("where nobody has looked");
    assert!(orphan.exists());
}

#[test]
fn a_copy_repairs_nothing() {
    let lopper = Lopper::new().segments([seg("wiki", "2015-09-12/P1D").local(&layout("wiki", 1))]);
    let orphan = lopper.deep_file_of(&layout("wiki", 7), OLD);
    lopper.run(["fsck", "--deep-storage", "--repair", "--yes"]).code(3).stderr_has("is a copy");
    assert!(orphan.exists());
}

/// What could not be deleted stays in the journal, and a kill goes on with it; it cannot be restored.
#[test]
fn an_orphan_that_would_not_go_is_left_to_the_next() {
    let lopper = story();
    let orphan = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let die = "fsck::orphans-in-journal=return(kill)";
    let mut command = lopper.command([&REPAIR[..], &["json"]].concat());
    crate::support::Answer::of(command.env("FAILPOINTS", die)).code(128 + 9);
    assert!(orphan.exists());
    assert_eq!(lopper.sql("SELECT kind, state FROM deletions"), ["orphan|pending"]);
    let file = lopper.sql("SELECT file FROM deletions").remove(0);
    lopper.run(["kill", "--restore", &file]).code(1);
    lopper.run(["kill", "--resume"]).code(0);
    assert!(!orphan.exists());
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"]);
}

/// A segment that is imported while the repair runs keeps its file.
#[test]
fn a_segment_that_comes_meanwhile_keeps_its_file() {
    let lopper = story();
    let file = lopper.deep_file_of(&layout("wiki", 7), OLD);
    let stop = "fsck::run-begun=return(stop)";
    let mut command = lopper.command([&REPAIR[..], &["json"]].concat());
    let mut repair = crate::support::Running::start(command.env("FAILPOINTS", stop));
    repair.until_stopped();
    let new = seg("wiki", "2015-09-20/P1D").local(&layout("wiki", 7));
    let dump = lopper.file("new.csv", crate::support::csv(&[new], &lopper.deep_storage()));
    lopper.run(["import", dump.to_str().unwrap()]).code(0);
    repair.thaw();
    repair.end().code(0);
    assert!(file.exists());
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
}

/// A typing mistake must not look like a place without orphans.
#[test]
fn a_repair_of_a_datasource_that_is_not_there_warns() {
    let lopper = story();
    let orphan = lopper.deep_file_of(&layout("koalas", 0), OLD);
    let repair = |datasource: &str| {
        let report = lopper.run([&REPAIR[..], &["json", "--datasource", datasource]].concat());
        report.code(0).json()["repair"]["steps"][0]["warnings"].take()
    };
    let warnings = repair("wkii");
    assert_eq!(warnings[0]["code"], "unknown-datasource");
    assert_eq!(warnings[0]["message"], "no datasource is called 'wkii'; did you mean 'wiki'?");
    assert!(orphan.exists());
    // Files of one that was never published.
    assert_eq!(repair("koalas"), serde_json::json!([]));
    assert_eq!(repair("wiki"), serde_json::json!([]));
    // Also where nothing else is found.
    let words = ["fsck", "--deep-storage", "--repair", "--yes", "--datasource", "nope"];
    lopper.run(words).code(0).stdout_has("no datasource is called 'nope'");
}

#[test]
fn a_repair_that_is_refused_leaves_a_row() {
    let lopper = story();
    fs::remove_file(lopper.deep_storage().join(layout("wiki", 1))).unwrap();
    let answer = lopper.run([&REPAIR[..], &["table"]].concat()).code(3);
    answer.stderr_has("there are findings of severity error");
    assert_eq!(lopper.runs(), ["import done", "fsck --repair refused"]);
    let lopper = lopper.config("");
    lopper.run([&REPAIR[..], &["table"]].concat()).code(3).stderr_has("a copy kills nothing");
    assert_eq!(lopper.runs().len(), 3);
}
