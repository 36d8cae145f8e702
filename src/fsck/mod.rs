//! Checks the store against itself: each question is a statement under `sql/fsck/`, and each row that it answers is one
//! thing that is wrong. Nothing is changed, and no more is kept in memory than the examples.

mod chains;
mod files;
mod payloads;
mod questions;
pub mod report;
mod schema;
mod tally;
mod undeletable;

use crate::druid::Instant;
use crate::error::{Kind, Result};
use crate::fsck::report::{FsckReport, StoreFinding};
use crate::rules::report::Severity;
use crate::store::Store;

pub use files::{Compared, NOT_LOOKED_AT, compare, is_hopeless};
use questions::{DAMAGED, DAMAGED_TABLES, QUESTIONS, ask};
use tally::Tally;

/// How to ask.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Examples of each finding, at most.
    pub limit: u32,
    /// The wall clock: what is long ago.
    pub wall: Instant,
    /// Whether indexes are compared with their tables.
    pub compares_indexes: bool,
}

/// Asks all questions in one snapshot of the store. Where the file itself is damaged, what cannot be asked any more
/// is named, and the rest is asked; so it is where one row cannot be read.
///
/// # Errors
/// An interruption, or a store that others keep locked.
pub fn check(store: &Store, asked: &Asked) -> Result<FsckReport> {
    store.batch("cannot begin to read", "BEGIN")?;
    let mut findings = Vec::from_iter(damage(store, asked)?);
    let unanswered = Tally::new(UNANSWERED, asked);
    findings.extend(of_the_schema(store, asked)?);
    let is_damaged = !findings.is_empty();
    let mut patience = Patience { is_damaged, not_asked: Vec::new(), unanswered };
    for question in QUESTIONS {
        let answer = ask(store, asked, question).map(Vec::from_iter);
        findings.extend(patience.take(&[question.kind.code], answer)?);
    }
    let answer = chains::ask(store, asked);
    findings.extend(patience.take(&chains::CODES, answer)?);
    let mut segments = 0;
    let answer = payloads::ask(store, asked, &mut segments);
    findings.extend(patience.take(&payloads::CODES, answer)?);
    findings.extend(patience.unanswered.finding());
    Ok(FsckReport::new(segments, findings, patience.not_asked))
}

/// What SQLite finds wrong with the file, or that it could not even look.
fn damage(store: &Store, asked: &Asked) -> Result<Option<StoreFinding>> {
    let question = if asked.compares_indexes { &DAMAGED } else { &DAMAGED_TABLES };
    match ask(store, asked, question) {
        Err(error) if error.kind() == Kind::Failed => {
            let mut tally = Tally::new(DAMAGED.kind, asked);
            tally.add(|| error.to_string());
            Ok(tally.finding())
        }
        answer => answer,
    }
}

/// How the schema differs, or that it could not be read.
fn of_the_schema(store: &Store, asked: &Asked) -> Result<Option<StoreFinding>> {
    match schema::ask(store, asked) {
        Err(error) if error.kind() == Kind::Failed => {
            let mut tally = Tally::new(schema::DIFFERS, asked);
            tally.add(|| error.log_line());
            Ok(tally.finding())
        }
        answer => answer,
    }
}

const UNANSWERED: tally::Kind = tally::Kind {
    code: "unanswered",
    severity: Severity::Error,
    message: "questions that could not be answered: some row holds what cannot be read",
    help: "the other findings may name the row; import it again from a dump, or restore a backup",
};

/// Goes on where a question cannot be answered, be it because the file is damaged, or because of one row.
struct Patience {
    is_damaged: bool,
    not_asked: Vec<String>,
    unanswered: Tally,
}

impl Patience {
    fn take(
        &mut self,
        codes: &[&str],
        answer: Result<Vec<StoreFinding>>,
    ) -> Result<Vec<StoreFinding>> {
        match answer {
            Err(error) if error.kind() == Kind::Failed => {
                tracing::info!(%error, "a question is left out");
                if !self.is_damaged {
                    self.unanswered.add(|| format!("{}: {}", codes.join(", "), error.log_line()));
                }
                self.not_asked.extend(codes.iter().map(|code| (*code).to_owned()));
                Ok(Vec::new())
            }
            answer => answer,
        }
    }
}
