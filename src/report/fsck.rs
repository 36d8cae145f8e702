//! What `fsck` answers, as an object: the text and `--output json` are two faces of it.
//!
//! The JSON form is a contract: names and meanings stay, new members may come.

use schemars::JsonSchema;
use serde::Serialize;

use super::rules::Severity;

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
        }
    }
}
