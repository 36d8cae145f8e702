//! Deep storage in S3: what a kill deletes there, and what becomes of it when the store misbehaves.

mod answers;
mod aws_profile;
#[cfg(all(feature = "gcs", feature = "azure"))]
mod conformance;
mod odd_keys;
#[cfg(all(feature = "gcs", feature = "azure"))]
mod other_answers;
#[cfg(all(feature = "gcs", feature = "azure"))]
mod places;
mod stops;

use std::process::Command;

use crate::support::bucket::{Bucket, Fault, SECRET};
use crate::support::{Answer, Lopper, Running, Segment, seg};

const FOLDER: &str = "segments/wiki/2015-09-12_2015-09-13/v1";

fn story(bucket: &Bucket, keys: &[&str]) -> Lopper {
    let segment = |(number, key): (usize, &&str)| -> Segment {
        seg("wiki", "2015-09-12/P1D").partition(number.try_into().unwrap()).unused().s3("deep", key)
    };
    Lopper::new().config(&bucket.config()).segments(keys.iter().enumerate().map(segment))
}

pub fn kill(lopper: &Lopper, arguments: &[&str]) -> Answer {
    Answer::of(&mut command(lopper, arguments)).stderr_lacks(SECRET).stdout_lacks(SECRET)
}

pub fn command(lopper: &Lopper, arguments: &[&str]) -> Command {
    let mut command = lopper.command(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("NO_PROXY", "127.0.0.1")
        .env("LOPPER_TEST_STORAGE_TIMEOUT", "300");
    command
}

const WIKI: &[&str] = &["kill", "wiki", "--yes"];

fn zip(number: usize) -> String {
    format!("{FOLDER}/{number}/index.zip")
}

#[test]
fn the_zip_and_its_descriptor_go_and_nothing_else() {
    let bucket = Bucket::new();
    let stays = [
        format!("{FOLDER}/0/index.zip.bak"),
        format!("{FOLDER}/0/notes"),
        format!("{FOLDER}/00/index.zip"),
    ];
    bucket.put(stays.clone());
    bucket.put([zip(0), format!("{FOLDER}/0/descriptor.json")]);
    kill(&story(&bucket, &[&zip(0)]), WIKI).code(0);
    assert_eq!(bucket.keys(), stays);
}

#[test]
fn a_key_with_a_slash_takes_all_below_it_and_not_its_namesake() {
    let bucket = Bucket::new();
    let stays = [format!("{FOLDER}/0/index"), format!("{FOLDER}/0/index2/00000.smoosh")];
    bucket.put(stays.clone());
    let folder = format!("{FOLDER}/0/index/");
    // The marker has the folder's own name: deleting it by a path without its slash would take the namesake.
    bucket.put([format!("{folder}00000.smoosh"), format!("{folder}sub/meta.smoosh")]);
    kill(&story(&bucket, &[&folder]), WIKI).code(0);
    assert_eq!(bucket.keys(), stays);

    let bucket = Bucket::new();
    bucket.put([folder.clone(), format!("{FOLDER}/0/index")]);
    // Nothing lies below it: the place shows no file of a segment.
    kill(&story(&bucket, &[&folder]), &[WIKI, &["--missing-files", "accept"]].concat()).code(0);
    assert_eq!(bucket.keys(), [format!("{FOLDER}/0/index"), folder]);
}

#[test]
fn a_folder_of_many_segments_is_refused() {
    for folder in ["segments/", "segments/wiki/", "segments/wiki/2015-09-12_2015-09-13/"] {
        let bucket = Bucket::new();
        bucket.put([zip(0)]);
        let lopper = story(&bucket, &[folder]);
        kill(&lopper, WIKI).code(0).stdout_has("1 a folder that may hold other segments");
        assert_eq!(bucket.keys(), [zip(0)]);
        assert_eq!(lopper.ids(false).len(), 1, "its row stays");
    }
}

#[test]
fn outside_of_bucket_and_prefix_nothing_goes() {
    let bucket = Bucket::new();
    let keys = ["segments2/wiki/a/v1/0/index.zip", "segments", "other/index.zip"];
    bucket.put(keys);
    let lopper = story(&bucket, &keys)
        .segments([seg("wiki", "2015-09-13/P1D").unused().s3("other", &zip(0))]);
    kill(&lopper, WIKI).code(0);
    assert_eq!(bucket.keys().len(), 3);
    assert_eq!(lopper.ids(false).len(), 4);
}

#[test]
fn strange_keys_name_the_very_object() {
    let bucket = Bucket::new();
    let keys = ["a%2Fb", "a+b", "a b", "a%20b", "ä€", "a&b<c>'\"", "2015:09"]
        .map(|name| format!("{FOLDER}/{name}/index.zip"));
    let stays = [format!("{FOLDER}/a/b/index.zip"), format!("{FOLDER}/a%252Fb/index.zip")];
    bucket.put(keys.clone());
    bucket.put(stays.clone());
    kill(&story(&bucket, &keys.each_ref().map(String::as_str)), WIKI).code(0);
    let mut left = bucket.keys();
    left.sort();
    let mut stays = stays.to_vec();
    stays.sort();
    assert_eq!(left, stays);
}

#[test]
fn many_go_in_bulk() {
    let bucket = Bucket::new();
    let keys: Vec<_> = (0..1500).map(zip).collect();
    bucket.put(keys.clone());
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    kill(&story(&bucket, &keys), WIKI).code(0);
    assert!(bucket.keys().is_empty());
    let posts = bucket.requests().iter().filter(|one| one.starts_with("POST")).count();
    assert!(posts < 40, "{posts} requests");
}

#[test]
fn a_place_that_refuses_stops_the_kill_before_anything_moves() {
    for (status, code, says) in
        [(403, "InvalidAccessKeyId", "InvalidAccessKeyId"), (404, "NoSuchBucket", "NoSuchBucket")]
    {
        let bucket = Bucket::new();
        bucket.put([zip(0)]);
        let lopper = story(&bucket, &[&zip(0)]);
        bucket.faults([Fault::Answer(status, code)]);
        let answer = kill(&lopper, WIKI).code(1);
        answer
            .stderr_has("the bucket deep at http://127.0.0.1:")
            .stderr_has(" cannot be read: ")
            .stderr_has(says)
            .stderr_has("help: look at");
        assert_eq!(lopper.ids(false).len(), 1);
        assert_eq!(bucket.requests().len(), 1, "a refusal is not tried again");
    }
}

#[test]
fn what_passes_is_tried_again() {
    for fault in [
        Fault::Answer(503, "SlowDown"),
        Fault::Answer(500, "InternalError"),
        Fault::Half,
        Fault::Silence,
    ] {
        let bucket = Bucket::new();
        bucket.put([zip(0)]);
        bucket.deletions([fault.clone()]);
        let lopper = story(&bucket, &[&zip(0)]);
        kill(&lopper, WIKI).code(0);
        assert!(bucket.keys().is_empty(), "{fault:?}");
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"]);
    }
}

#[test]
fn a_key_that_fails_stays_in_the_journal_and_the_others_go() {
    let bucket = Bucket::new();
    bucket.put([zip(0), zip(1)]);
    bucket.deletions([Fault::Key(zip(0), "AccessDenied")]);
    let lopper = story(&bucket, &[&zip(0), &zip(1)]);
    kill(&lopper, WIKI).code(5);
    assert_eq!(bucket.keys(), [zip(0)]);
    assert_eq!(
        lopper.sql("SELECT last_error FROM deletions WHERE state = 'pending'"),
        [format!("cannot delete s3://deep/{}: the store refused (AccessDenied)", zip(0))]
    );
    kill(&lopper, &["kill", "--resume"]).code(0);
    assert!(bucket.keys().is_empty());
}

#[test]
fn a_store_that_stays_silent_loses_nothing() {
    let bucket = Bucket::new();
    bucket.put([zip(0)]);
    bucket.deletions(vec![Fault::Silence; 50]);
    let lopper = story(&bucket, &[&zip(0)]);
    kill(&lopper, WIKI).code(5);
    assert_eq!(bucket.keys(), [zip(0)]);
    bucket.deletions([]);
    kill(&lopper, &["kill", "--resume"]).code(0);
    assert!(bucket.keys().is_empty());
    let bytes = std::fs::read(lopper.store()).unwrap();
    assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
}

/// It went while the kill was at work.
#[test]
fn a_bucket_that_vanishes_loses_nothing() {
    let bucket = Bucket::new();
    bucket.put([zip(0), zip(1)]);
    let gone = Fault::Answer(404, "NoSuchBucket");
    bucket.deletions(vec![gone; 9]);
    let lopper = story(&bucket, &[&zip(0), &zip(1)]);
    kill(&lopper, WIKI).code(5);
    assert_eq!(
        lopper.sql("SELECT DISTINCT state, last_error LIKE '%(NoSuchBucket)' FROM deletions"),
        ["pending|1"]
    );
    bucket.deletions([]);
    kill(&lopper, &["kill", "--resume"]).code(0);
    assert!(bucket.keys().is_empty());
}

/// Now and then a store has too much to do: a kill of several batches goes on all the same.
#[test]
fn now_and_then_503_delays_but_loses_nothing() {
    let bucket = Bucket::new();
    let keys: Vec<_> = (0..40).map(zip).collect();
    bucket.put(keys.clone());
    let busy = [Fault::None, Fault::Answer(503, "SlowDown"), Fault::None, Fault::Half];
    bucket.faults(busy.into_iter().cycle().take(24));
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    let lopper = story(&bucket, &keys);
    kill(&lopper, &["kill", "wiki", "--yes", "--batch-size", "10"]).code(0);
    assert!(bucket.keys().is_empty());
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["done"]);
}

/// Rights that were taken away: told at once, not tried again.
#[test]
fn a_store_that_forbids_everything_is_not_pressed() {
    let bucket = Bucket::new();
    bucket.put([zip(0)]);
    bucket.deletions([Fault::Answer(403, "AccessDenied")]);
    let lopper = story(&bucket, &[&zip(0)]);
    kill(&lopper, WIKI).code(5);
    assert_eq!(bucket.keys(), [zip(0)]);
    assert_eq!(
        lopper.sql("SELECT last_error FROM deletions"),
        [format!(
            "cannot delete s3://deep/{}: the credentials do not allow it (AccessDenied)",
            zip(0)
        )]
    );
}

/// What nobody begun in time is left to a later run, before its claim ends.
#[test]
fn a_call_ends_whatever_the_store_does() {
    let bucket = Bucket::new();
    let folders: Vec<_> = (0..400).map(|number| format!("{FOLDER}/{number}/index/")).collect();
    let folders: Vec<_> = folders.iter().map(String::as_str).collect();
    let lopper = story(&bucket, &folders);
    bucket.faults([vec![Fault::None], vec![Fault::Silence; 2_000]].concat());
    let mut command = lopper.command(WIKI);
    command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", SECRET);
    command.env("NO_PROXY", "127.0.0.1").env("LOPPER_TEST_STORAGE_TIMEOUT", "30");
    Answer::of(&mut command).code(5);
    let errors = lopper.sql(
        "SELECT DISTINCT last_error FROM deletions WHERE last_error LIKE '%too slow%' LIMIT 1",
    );
    assert_eq!(errors.len(), 1);
    bucket.faults([]);
    // The bucket never had a file.
    kill(&lopper, &["kill", "--resume", "--missing-files", "accept"]).code(0);
}

#[test]
fn fsck_compares_a_bucket_and_deletes_orphans() {
    let bucket = Bucket::new();
    let interval = "segments/wiki/2015-09-20T00_00_00.000Z_2015-09-21T00_00_00.000Z";
    let folder = format!("{FOLDER}/1/index/");
    let mut stays = vec![
        zip(0),
        format!("{FOLDER}/0/descriptor.json"),
        format!("{folder}00000.smoosh"),
        format!("{folder}sub/meta.smoosh"),
        "segments/notes".to_owned(),
    ];
    bucket.put(stays.clone());
    bucket.put(["index.zip", "descriptor.json"].map(|name| format!("{interval}/v1/0/{name}")));
    bucket.put([format!("{interval}/v1/1/8f1e/index.zip")]);
    let lopper = story(&bucket, &[&zip(0), &folder]);
    let fsck = ["fsck", "--deep-storage", "--output", "json"];
    let report = kill(&lopper, &fsck).code(0).json();
    assert_eq!(codes(&report), ["orphan-file 3"]);
    let of_wiki = &report["deep_storage"]["orphans"][0];
    assert_eq!((&of_wiki["datasource"], &of_wiki["size"]), (&"wiki".into(), &27.into()));
    kill(&lopper, &["fsck", "--deep-storage", "--repair", "--yes"]).code(0);
    stays.sort();
    assert_eq!(bucket.keys(), stays);

    let lopper = story(&bucket, &[&zip(0), &zip(7), &format!("{FOLDER}/8/index/"), &folder]);
    let report = kill(&lopper, &fsck).code(1).json();
    assert_eq!(codes(&report), ["missing-file 2", "orphan-file 1"], "{report:#}");
}

fn codes(report: &serde_json::Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|one| format!("{} {}", one["code"].as_str().unwrap(), one["count"])).collect()
}

#[test]
fn a_bucket_that_cannot_be_listed_to_its_end_loses_nothing() {
    let bucket = Bucket::new();
    bucket.put([zip(0)]);
    let lopper = story(&bucket, &[&zip(0)]);
    bucket.faults([Fault::None, Fault::Answer(403, "AccessDenied")]);
    kill(&lopper, &["fsck", "--deep-storage", "--repair", "--yes"])
        .code(1)
        .stderr_has("cannot list s3://deep/segments/")
        .stderr_has("help: look at");
    assert_eq!(bucket.keys(), [zip(0)]);
}

/// What is pushed while the store is compared is neither missing nor an orphan.
#[test]
fn a_segment_that_comes_during_a_comparison_is_judged_by_what_is_there_afterwards() {
    let bucket = Bucket::new();
    bucket.put([zip(0), zip(1)]);
    let lopper = story(&bucket, &[&zip(0)]);
    let mut fsck = command(&lopper, &["fsck", "--deep-storage"]);
    let mut fsck = Running::start(fsck.env("FAILPOINTS", "fsck::listed=1*return(stop)"));
    fsck.until_stopped();
    bucket.put([zip(2)]);
    let come = |number: i32| seg("wiki", "2015-09-13/P1D").partition(number);
    lopper.add_segments([come(1).s3("deep", &zip(1)), come(2).s3("deep", &zip(2))]);
    fsck.thaw();
    fsck.end().code(0).stdout_has("nothing found");
}
