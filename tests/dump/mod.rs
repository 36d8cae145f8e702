//! Dumps: every form that is read, every form that is written, and what is wrong with bad ones.

mod bad;
mod forms;
mod mysql;
mod properties;
mod samples;
mod statements;
mod values;
mod whole;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

use lopper::dump::{
    BadRow, DumpReader, Item, OnDuplicate, ReadOptions, RuleRow, SegmentRow, Skipped,
};
use lopper::error::Error;
use tempfile::TempDir;

/// All that a dump holds.
#[derive(Debug, Default)]
struct Dump {
    segments: Vec<SegmentRow>,
    rules: Vec<RuleRow>,
    bad: Vec<BadRow>,
    skipped: Skipped,
    format: String,
}

impl Dump {
    fn payloads(&self) -> Vec<&str> {
        self.segments.iter().filter_map(|row| row.payload.as_deref()).collect()
    }

    /// The one bad row: its line, its column and its message.
    fn only_bad(&self) -> (u64, Option<&str>, &str) {
        assert_eq!(self.bad.len(), 1, "{:?}", self.bad);
        let bad = &self.bad[0];
        (bad.line, bad.column.as_deref(), &bad.message)
    }
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(name)
}

fn read_with(path: &Path, options: &ReadOptions) -> Result<Dump, Error> {
    let mut reader = DumpReader::open(path, options)?;
    let mut dump = Dump { format: reader.format().to_owned(), ..Dump::default() };
    while let Some(item) = reader.next()? {
        match item {
            // What becomes of an id that is there twice is no part of what a form says of a segment.
            Item::Segment(row) => {
                dump.segments.push(SegmentRow { on_duplicate: OnDuplicate::default(), ..*row });
            }
            Item::Rule(row) => {
                dump.rules.push(RuleRow { on_duplicate: OnDuplicate::default(), ..row });
            }
            Item::Bad(row) => dump.bad.push(row),
            Item::Settled(_) => {}
        }
    }
    assert_eq!(Some(reader.bytes_read()), reader.total_bytes());
    dump.skipped = reader.skipped();
    Ok(dump)
}

fn read(path: &Path) -> Dump {
    read_with(path, &ReadOptions::default()).expect("a dump")
}

fn try_bytes(bytes: &[u8], options: &ReadOptions) -> Result<Dump, Error> {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("dump");
    fs::write(&path, bytes).expect("a file");
    read_with(&path, options)
}

fn read_bytes(bytes: impl AsRef<[u8]>) -> Dump {
    try_bytes(bytes.as_ref(), &ReadOptions::default()).expect("a dump")
}

/// What is said of a file that is refused.
fn refusal(bytes: impl AsRef<[u8]>) -> String {
    let error = try_bytes(bytes.as_ref(), &ReadOptions::default()).expect_err("a refusal");
    format!("{error}; {}", error.next_step().unwrap_or("no help"))
}

fn columns(names: &str) -> ReadOptions {
    let names = names.split(',').map(str::to_owned).collect();
    ReadOptions { columns: Some(names), ..ReadOptions::default() }
}
