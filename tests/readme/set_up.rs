//! The README's two set-up commands.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::{blocks, repository};
use crate::support::Lopper;

/// The arguments that the README's first command gives to the program.
fn main_job() -> Vec<String> {
    let set_up = &blocks("README.md", "sh")[0];
    let commands: Vec<&str> = set_up.text.lines().collect();
    let [run, "cargo test"] = commands[..] else { panic!("{commands:?}") };
    let arguments = run.strip_prefix("cargo run --release -- ").expect("it runs the program");
    arguments.split(' ').map(str::to_owned).collect()
}

/// Every file below a folder with its content.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

/// Copies a folder of the repository into a story's.
pub(super) fn copy(lopper: &Lopper, folder: &str) {
    for (path, content) in files(&repository().join(folder)) {
        let name = Path::new(&path).strip_prefix(repository()).unwrap();
        lopper.file(name.to_str().unwrap(), content);
    }
}

/// A story in a copy of what the README's commands need.
pub(super) fn checkout() -> Lopper {
    let lopper = Lopper::new().clock("2026-12-01T09:00:00.000Z");
    copy(&lopper, "jobs");
    copy(&lopper, "tests/fixtures/samples");
    lopper
}

#[test]
fn the_main_job_runs_once_and_again_and_touches_nothing_but_the_store() {
    let lopper = checkout();
    let before = files(&lopper.path(""));
    for time in ["first", "second"] {
        let report = lopper
            .run([main_job(), vec!["--output".into(), "json".into()]].concat())
            .code(0)
            .json();
        assert_eq!(report["steps"][1]["numChangedSegments"], 12, "{time} time: {report}");
    }
    let mut after = files(&lopper.path(""));
    // What git does not track.
    after.retain(|path, _| !path.contains("/lopper.db"));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    assert!(before == after, "a file of the repository was changed");
    assert!(lopper.store().exists());
}

#[test]
fn what_the_main_job_marked_can_be_carried_to_the_cluster_each_time() {
    let lopper = checkout();
    for _ in 0..2 {
        lopper.run(main_job()).code(0);
        let statements = lopper.run(["export", "--changes", "--dialect", "postgresql"]).code(0);
        assert_eq!(statements.stdout.matches("  'wikipedia_hour_").count(), 12, "{statements}");
    }
}
