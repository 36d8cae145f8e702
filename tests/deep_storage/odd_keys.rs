//! Keys that are no paths: they are named, nobody deletes them, and they stop nothing.

use super::{FOLDER, WIKI, kill, story, zip};
use crate::support::bucket::Bucket;

/// Beside and below the segments of Druid.
const ODD: [&str; 6] = [
    "segments//wiki/index.zip",
    "segments/wiki/../other",
    "segments/wiki/./other",
    "segments/wiki/a\u{1}b",
    "segments/wiki/2015-09-20T00:00:00.000Z_2015-09-21T00:00:00.000Z/v1//index.zip",
    "segments/wiki/with data/",
];

#[test]
fn a_kill_goes_on_beside_them() {
    let bucket = Bucket::new();
    bucket.put(ODD);
    bucket.put([zip(0)]);
    let lopper = story(&bucket, &[&zip(0)]);
    kill(&lopper, WIKI).code(0);
    let mut odd = ODD.map(str::to_owned);
    odd.sort();
    assert_eq!(bucket.keys(), odd);
}

#[test]
fn fsck_lists_what_is_there_and_names_them() {
    let bucket = Bucket::new();
    bucket.put(ODD);
    bucket.put([zip(0), zip(7)]);
    bucket.put_empty(["segments/", "segments/wiki/"]);
    let lopper = story(&bucket, &[&zip(0)]);
    let report = kill(&lopper, &["fsck", "--deep-storage", "--output", "json"]).code(0).json();
    let findings = report["findings"].as_array().unwrap();
    let odd = findings.iter().find(|one| one["code"] == "odd-key").unwrap();
    assert_eq!(odd["count"], 6, "{odd:#}");
    let examples = odd["examples"].as_array().unwrap();
    assert!(examples.contains(&"s3://deep/segments/wiki/a\u{1}b".into()), "{odd:#}");
    let orphans = findings.iter().find(|one| one["code"] == "orphan-file").unwrap();
    assert_eq!(orphans["count"], 1, "{orphans:#}");
    assert_eq!(report["deep_storage"]["listed"], 8);
    kill(&lopper, &["fsck", "--deep-storage", "--repair", "--yes"]).code(0);
    assert_eq!(bucket.keys().iter().filter(|key| key.ends_with('p')).count(), 3);
}

/// It holds what nobody can delete, so it does not go whole; the others do.
#[test]
fn a_folder_with_one_stays_and_the_kill_goes_on() {
    let bucket = Bucket::new();
    let folder = format!("{FOLDER}/0/index/");
    bucket.put([format!("{folder}00000.smoosh"), format!("{folder}/odd"), zip(1)]);
    let lopper = story(&bucket, &[&folder, &zip(1)]);
    kill(&lopper, WIKI).code(5);
    assert!(!bucket.keys().contains(&zip(1)));
    let error = lopper.sql("SELECT last_error FROM deletions WHERE state = 'pending'").remove(0);
    assert!(error.contains(&format!("{folder}/odd")) && error.contains("exactly"), "{error}");
}

/// What some tools put for a folder is no object of it.
#[test]
fn empty_folders_are_no_objects() {
    let bucket = Bucket::new();
    let folder = format!("{FOLDER}/0/index/");
    bucket.put([format!("{folder}00000.smoosh")]);
    bucket.put_empty([folder.clone(), format!("{folder}sub/")]);
    let lopper = story(&bucket, &[&folder]);
    kill(&lopper, WIKI).code(0);
    assert_eq!(bucket.keys(), [folder.clone(), format!("{folder}sub/")]);
}

/// A base key of Druid that ends with a slash makes them.
#[test]
fn a_segment_that_is_named_by_one_stays() {
    let bucket = Bucket::new();
    let key = "segments//wiki/2015-09-12_2015-09-13/v1/0/index.zip";
    bucket.put([key]);
    let lopper = story(&bucket, &[key]);
    let report = kill(&lopper, &["fsck", "--deep-storage", "--output", "json"]).code(0).json();
    let codes: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert_eq!(codes, ["odd-key", "not-looked-at"]);
    kill(&lopper, WIKI).code(0);
    assert_eq!(bucket.keys(), [key]);
    assert_eq!(lopper.ids(false).len(), 1);
}
