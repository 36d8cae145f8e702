//! What `fsck` answers, as an object: the text and `--output json` are two faces of it.
//!
//! The JSON form is a contract: names and meanings stay, new members may come.

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::report::RunReport;
use crate::rules::report::Severity;

/// Something that is wrong with the store, or worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoreFinding {
    /// How bad it is; an error makes the exit code 1.
    pub severity: Severity,
    /// A stable name of its kind, such as `payload-differs`.
    pub code: String,
    /// How often it was found. Of `damaged-file` at most 10.
    pub count: u64,
    /// What it means.
    pub message: String,
    /// What helps.
    pub help: String,
    /// Some of them, at most `--limit`.
    pub examples: Vec<String>,
}

/// Files in deep storage that nothing names, of one datasource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Orphans {
    /// By the files' path; `null` where they do not lie as Druid lays out segments: those are never deleted.
    pub datasource: Option<String>,
    /// Whether the store knows, or knew, that datasource.
    pub is_known: bool,
    /// How many files.
    pub files: u64,
    /// Bytes.
    pub size: u64,
}

/// What `fsck --deep-storage` found there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FilesReport {
    /// How many files were listed.
    pub listed: u64,
    /// Files that nothing names.
    pub orphans: Vec<Orphans>,
}

/// The answer of `fsck`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FsckReport {
    /// How many segments were compared with their payloads.
    pub segments: u64,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// All findings, errors first.
    pub findings: Vec<StoreFinding>,
    /// What could not be asked because the file is damaged: the codes of findings.
    pub not_asked: Vec<String>,
    /// With `--deep-storage`: what lies there.
    pub deep_storage: Option<FilesReport>,
    /// With `--repair`: the run that deleted orphans.
    pub repair: Option<RunReport>,
}

impl FsckReport {
    /// Orders and counts findings.
    pub fn new(segments: u64, mut findings: Vec<StoreFinding>, not_asked: Vec<String>) -> Self {
        findings.sort_by_key(|finding| finding.severity);
        let of = |severity| findings.iter().filter(|one| one.severity == severity).count();
        Self {
            segments,
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            infos: of(Severity::Info),
            findings,
            not_asked,
            deep_storage: None,
            repair: None,
        }
    }

    /// The same with what was found in deep storage.
    pub fn with_files(mut self, found: Vec<StoreFinding>, files: FilesReport) -> Self {
        self.findings.extend(found);
        let new = Self::new(self.segments, self.findings, self.not_asked);
        Self { deep_storage: Some(files), ..new }
    }
}
