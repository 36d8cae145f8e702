//! Checks the store against itself: each question is a statement under `sql/fsck/`, and each row that it answers is one
//! thing that is wrong. Nothing is changed, and no more is kept in memory than the examples.

mod chains;
mod files;
mod payloads;
mod questions;
mod tally;

use crate::druid::Instant;
use crate::error::{Error, Kind, Result};
use crate::report::fsck::{FsckReport, StoreFinding};
use crate::store::Store;

pub use files::{Compared, NOT_LOOKED_AT, compare, is_hopeless};
use questions::{DAMAGED, QUESTIONS, ask};
use tally::Tally;

/// How to ask.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Examples of each finding, at most.
    pub limit: u32,
    /// The wall clock: what is long ago.
    pub wall: Instant,
}

/// Asks all questions in one snapshot of the store. Where the file itself is damaged, what cannot be asked any more
/// is named, and the rest is asked.
///
/// # Errors
/// SQLite's, of a file that it finds sound; an interruption.
pub fn check(store: &Store, asked: &Asked) -> Result<FsckReport> {
    store.batch("cannot begin to read", "BEGIN")?;
    let mut findings = Vec::from_iter(damage(store, asked)?);
    let mut patience = Patience { is_damaged: !findings.is_empty(), not_asked: Vec::new() };
    for question in QUESTIONS {
        let answer = ask(store, asked, question).map(Vec::from_iter);
        findings.extend(patience.take(&[question.kind.code], answer)?);
    }
    let answer = chains::ask(store, asked);
    findings.extend(patience.take(&chains::CODES, answer)?);
    let mut segments = 0;
    let answer = payloads::ask(store, asked, &mut segments);
    findings.extend(patience.take(&payloads::CODES, answer)?);
    Ok(FsckReport::new(segments, findings, patience.not_asked))
}

/// What SQLite finds wrong with the file, or that it could not even look.
fn damage(store: &Store, asked: &Asked) -> Result<Option<StoreFinding>> {
    match ask(store, asked, &DAMAGED) {
        Err(error) if error.kind() == Kind::Failed => {
            let mut tally = Tally::new(DAMAGED.kind, asked);
            tally.add(|| error.to_string());
            Ok(tally.finding())
        }
        answer => answer,
    }
}

/// Goes on where a damaged file keeps a question from being answered.
struct Patience {
    is_damaged: bool,
    not_asked: Vec<String>,
}

impl Patience {
    fn take(
        &mut self,
        codes: &[&str],
        answer: Result<Vec<StoreFinding>>,
    ) -> Result<Vec<StoreFinding>> {
        let is_expected = |error: &Error| self.is_damaged && error.kind() == Kind::Failed;
        match answer {
            Err(error) if is_expected(&error) => {
                tracing::info!(%error, "the file is damaged: a question is left out");
                self.not_asked.extend(codes.iter().map(|code| (*code).to_owned()));
                Ok(Vec::new())
            }
            answer => answer,
        }
    }
}
