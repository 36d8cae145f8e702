//! `lopper.toml`: what it holds, where it is looked for, and its mistakes.

use std::path::{Path, PathBuf};

use lopper::config::{Config, DeepStorage, Guard, Hook, schema};
use lopper::druid::Period;

use super::lines;
use crate::support::Lopper;

fn parse(text: &str) -> Result<Config, Vec<String>> {
    Config::parse(text, Path::new("lopper.toml")).map_err(|problems| lines(&problems))
}

#[test]
fn every_key_is_read() {
    let text = "authoritative = true\n[deep_storage.local]\nroot = \"/druid\"\n[guard]\nmax_segments = 5\n";
    let expected = Config {
        authoritative: true,
        deep_storage: DeepStorage {
            local: Some(PathBuf::from("/druid")),
            ..DeepStorage::default()
        },
        guard: Guard { max_segments: Some(5), max_percent: None },
        ..Config::default()
    };
    assert_eq!(parse(text), Ok(expected));
    assert_eq!(parse(""), Ok(Config::default()));
    assert!(!Config::default().authoritative);
}

#[test]
fn every_mistake_is_reported_at_once() {
    let text = "authoritive = true\nprotect = []\n[deep_storage.local]\nroot = \"druid\"\n\
                [guard]\nmax_segments = -1\nmax_percent = 101\n";
    assert_eq!(
        parse(text).unwrap_err(),
        [
            "1:1: unknown key 'authoritive'",
            "2:1: unknown key 'protect'",
            "4:8: the path is not absolute",
            "6:16: -1 is out of range",
            "7:15: 101 is no percentage",
        ]
    );
    let place = |root: &str| parse(&format!("[deep_storage.local]\n{root}\n")).unwrap_err();
    assert_eq!(place(""), ["1:1: the place has no 'root'"]);
    assert_eq!(place("root = 5"), ["2:8: expected a string in quotes, found a whole number"]);
    assert_eq!(place("root = \"/druid/../etc\""), ["2:8: the path goes up with '..'"]);
}

#[test]
#[cfg(feature = "s3")]
fn a_bucket_is_checked() {
    let place = |keys: &str| parse(&format!("[deep_storage.s3]\n{keys}\n"));
    assert_eq!(place("bucket = \"b\"").unwrap_err(), ["1:1: the place has no 'prefix'"]);
    assert!(place("bucket = \"b\"\nprefix = \"\"").is_ok());
}

/// A kind of bucket, its feature, whether this build has it, and keys that it takes.
const BUCKETS: [(&str, &str, bool, &str); 3] = [
    ("s3", "s3", cfg!(feature = "s3"), "bucket = 'b'\nprefix = 'p'"),
    ("google", "gcs", cfg!(feature = "gcs"), "bucket = 'b'\nprefix = 'p'"),
    ("azure", "azure", cfg!(feature = "azure"), "container = 'c'\nprefix = 'p'"),
];

#[test]
fn a_bucket_that_this_build_cannot_reach_is_refused_with_the_feature_to_build_with() {
    for (kind, feature, is_there, keys) in BUCKETS {
        let lopper = Lopper::new()
            .segments(["wiki 2015-09-12/P1D"])
            .config(&format!("[deep_storage.{kind}]\n{keys}\n"));
        let answer =
            lopper.store_unchanged(|lopper| lopper.run(["mark-used", "wiki", "--all", "-n"]));
        if is_there {
            answer.code(0);
        } else {
            answer
                .code(2)
                .stderr_has("lopper.toml:1:")
                .stderr_has(&format!("this lopper was built without the feature '{feature}'"))
                .stderr_has(&format!("cargo install --path . --features {feature}"));
        }
    }
}

#[test]
fn hooks_are_read_and_checked_as_in_a_job() {
    let hooks = parse("[hooks]\non_change = ['notify']\nhook_timeout = 'PT5S'").unwrap().hooks;
    assert_eq!(hooks.command(Hook::Change).unwrap().words, ["notify"]);
    assert_eq!(hooks.timeout, Some(Period::parse("PT5S").unwrap()));
    assert_eq!(hooks.command(Hook::Failure), None);
    assert_eq!(parse("[hooks]\non_change = 5").unwrap_err().len(), 1);
    assert_eq!(parse("hooks.on_failure = ''").unwrap_err(), ["1:20: 'on_failure' is empty"]);
}

#[test]
fn it_is_looked_for_beside_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("lopper.db");
    assert_eq!(Config::load(None, &store).unwrap(), Config::default());
    assert_eq!(Config::load(None, Path::new("lopper.db")).unwrap(), Config::default());

    let beside = directory.path().join("lopper.toml");
    std::fs::write(&beside, "authoritative = true").unwrap();
    assert!(Config::load(None, &store).unwrap().authoritative);

    let given = directory.path().join("other.toml");
    let error = Config::load(Some(&given), &store).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().starts_with("cannot read configuration"), "{error}");
    std::fs::write(&given, "authoritative = false").unwrap();
    assert!(!Config::load(Some(&given), &store).unwrap().authoritative);
}

#[test]
fn what_is_accepted_meets_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let value = |text| toml::from_str::<serde_json::Value>(text).unwrap();
    assert!(validator.is_valid(&value("authoritative = true\ndeep_storage.local.root = \"/d\"")));
    assert!(!validator.is_valid(&value("deep_storage.local = {}")));
    assert!(!validator.is_valid(&value("deep_storage.s3.bucket = \"b\"")));
    assert!(validator.is_valid(&value("deep_storage.s3 = { bucket = \"b\", prefix = \"\" }")));
    assert!(!validator.is_valid(&value("protect = []")));
}
