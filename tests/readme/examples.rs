//! Job files and configurations: those of `jobs/`, and those that the pages show.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Block, blocks, jobs, pages, repository};
use crate::support::Lopper;

/// The TOML blocks of all pages, jobs or not.
fn toml_blocks(are_jobs: bool) -> Vec<Block> {
    let blocks = pages().into_iter().flat_map(|page| blocks(&page, "toml"));
    blocks.filter(|block| block.text.contains("[[step]]") == are_jobs).collect()
}

/// What is wrong with a text by the schema that `lopper jobs schema OF` prints.
fn faults(lopper: &Lopper, of: &str, text: &str) -> Vec<String> {
    let schema: Value = lopper.run(["jobs", "schema", of]).code(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value: Value = toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    validator.iter_errors(&value).map(|error| error.to_string()).collect()
}

#[test]
fn every_job_shown_is_valid() {
    let lopper = Lopper::new();
    let blocks = toml_blocks(true);
    assert!(blocks.iter().any(|block| block.place.starts_with("README.md")));
    for Block { text, place, .. } in blocks {
        assert_eq!(faults(&lopper, "job", &text), [""; 0], "{place}");
        lopper.file("shown.toml", &text);
        let answer = lopper.run(["jobs", "validate", "shown.toml"]);
        assert_eq!(answer.exit_code, 0, "{place}: {answer}");
    }
}

#[cfg(all(feature = "s3", feature = "gcs", feature = "azure"))]
#[test]
fn every_configuration_shown_is_valid() {
    let lopper = Lopper::new().import_sample();
    let blocks = toml_blocks(false);
    assert!(blocks.iter().any(|block| block.place.starts_with("docs/job-files.md")));
    for Block { text, place, .. } in blocks {
        assert_eq!(faults(&lopper, "config", &text), [""; 0], "{place}");
        lopper.file("shown.toml", &text);
        let answer = lopper.run(["--config", "shown.toml", "kill", "koalas", "--dry-run"]);
        // What is no mistake is answered: by what a kill would take, or by the refusal of a copy.
        assert!(matches!(answer.exit_code, 0 | REFUSED), "{place}: {answer}");
    }
}

#[test]
fn every_job_of_the_repository_is_valid() {
    let directory = repository().join("jobs");
    let lopper = Lopper::new();
    let answer = lopper.run(["jobs", "validate", "--jobs", directory.to_str().unwrap()]).code(0);
    answer.stdout_has(&format!("{} job files are valid", jobs().len()));
    for file in jobs() {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(faults(&lopper, "job", &text), [""; 0], "{}", file.display());
    }
}

/// A job that kills: the sample is a copy.
const REFUSED: i32 = 3;

/// Each job, the moment to plan it for, the exit code, the segments that it would change in the sample, and what it warns
/// of.
const PLANS: [(&str, &str, i32, u64, &[&str]); 10] = [
    ("check-health", "now", 0, 0, &[]),
    ("drop-superseded", "now", REFUSED, 8, &[]),
    ("import-then-plan", "now", 0, 52, &[]),
    // No unused segment of the sample has its files on this machine.
    ("nightly-kill", "now", REFUSED, 0, &[]),
    ("restore-day", "now", 0, 2, &["past-kill-buffer", "rule-drops"]),
    ("rollback-version", "now", 0, 13, &["past-kill-buffer", "rule-drops"]),
    ("rolling-90-days", "now", REFUSED, 22, &[]),
    ("rolling-window", "2013-04-10T09:00:00Z", 0, 2, &[]),
    ("tiered-by-datasource", "now", REFUSED, 38, &[]),
    ("wikipedia-retention", "now", 0, 12, &[]),
];

#[test]
fn every_job_of_the_repository_works_on_the_sample() {
    let directory = repository().join("jobs");
    let lopper = Lopper::new().clock("2026-12-01T09:00:00.000Z").import_sample();
    let planned: Vec<String> = PLANS.iter().map(|(job, ..)| format!("{job}.toml")).collect();
    let files: Vec<String> =
        jobs().iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(planned, files);
    for (job, at, code, expected, warned) in PLANS {
        let folder = directory.to_str().unwrap();
        let arguments = ["plan", job, "--jobs", folder, "--at", at, "--output", "json"];
        let plan = lopper.store_unchanged(|lopper| lopper.run(arguments).code(code).json());
        let steps = plan["steps"].as_array().unwrap();
        let changes = steps.iter().map(|step| step["numChangedSegments"].as_u64().unwrap());
        assert_eq!(changes.sum::<u64>(), expected, "{job}: {plan}");
        let codes: BTreeSet<&str> = steps
            .iter()
            .flat_map(|step| step["warnings"].as_array().unwrap())
            .map(|warning| warning["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, BTreeSet::from_iter(warned.iter().copied()), "{job}: {plan}");
    }
}

#[test]
fn the_nightly_kill_deletes() {
    let lopper = Lopper::new()
        .authoritative()
        .segments(["wikipedia_hour 2015-09-12/P1D v1 unused", "wikipedia_hour 2015-09-13/P1D v1"]);
    let kill = repository().join("jobs/nightly-kill.toml");
    lopper.run(["run", kill.to_str().unwrap()]).code(0);
    assert_eq!(lopper.deep_files().len(), 1);
    assert_eq!(lopper.sql("SELECT state FROM segments"), ["used"]);
}
