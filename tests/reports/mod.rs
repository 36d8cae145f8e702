//! Faults that users of other tools reported, each as a test with inputs of our own making: they stay right.

mod concurrency;
mod dumps;
mod forms;
mod meaning;
mod scheduling;

use std::path::{Path, PathBuf};

/// An input of a report, such as `17-phpmyadmin-json/pma.json`.
fn report(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports").join(name)
}
