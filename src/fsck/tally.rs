//! Counts what is found of one kind, and keeps some examples.

use crate::fsck::Asked;
use crate::fsck::report::StoreFinding;
use crate::rules::report::Severity;

/// A kind of finding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// Its stable name.
    pub code: &'static str,
    pub severity: Severity,
    /// What it means.
    pub message: &'static str,
    /// What helps.
    pub help: &'static str,
}

/// How often a kind was found.
#[derive(Debug)]
pub(super) struct Tally {
    kind: Kind,
    limit: usize,
    count: u64,
    examples: Vec<String>,
}

impl Tally {
    pub fn new(kind: Kind, asked: &Asked) -> Self {
        let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
        Self { kind, limit, count: 0, examples: Vec::new() }
    }

    /// Counts one; its text is asked for only where it is kept.
    pub fn add(&mut self, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.examples.len() < self.limit {
            self.examples.push(example());
        }
    }

    /// Counts many, of which some are at hand.
    pub fn add_all(&mut self, count: u64, examples: Vec<String>) {
        self.count += count;
        let room = self.limit.saturating_sub(self.examples.len());
        self.examples.extend(examples.into_iter().take(room));
    }

    /// How many there are so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The finding, if there is any.
    pub fn finding(self) -> Option<StoreFinding> {
        (self.count > 0).then(|| StoreFinding {
            severity: self.kind.severity,
            code: self.kind.code.to_owned(),
            count: self.count,
            message: self.kind.message.to_owned(),
            help: self.kind.help.to_owned(),
            examples: self.examples,
        })
    }
}
