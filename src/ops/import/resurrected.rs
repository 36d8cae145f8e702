//! What an import takes back although lopper has killed it (`--resurrect`): whether its files are there is asked, since a
//! kill may have deleted them.

use crate::deep_storage::{DeepStorage, Doomed};
use crate::engine::Session;
use crate::engine::report::Warning;
use crate::error::Result;
use crate::ops::Ready;

/// Files that are asked for at a time.
const CHUNK: usize = 1000;

/// Examples in a warning.
const SHOWN: usize = 3;

/// A segment that came back.
#[derive(Debug)]
struct Back {
    id: String,
    load_type: String,
    file: String,
    datasource: String,
}

impl Back {
    fn doomed(&self) -> Doomed<'_> {
        Doomed {
            load_type: Some(&self.load_type),
            file: Some(&self.file),
            datasource: &self.datasource,
            orphan: false,
        }
    }
}

/// Segments that came back, and what is known of their files.
#[derive(Debug)]
pub(crate) struct Resurrected {
    /// None where nothing is to be asked: a plan asks no place.
    storage: Option<DeepStorage>,
    waiting: Vec<Back>,
    gone: u64,
    examples: Vec<String>,
    unanswered: u64,
    why: Option<String>,
}

impl Resurrected {
    pub(crate) fn new(session: &Session<'_>, storage: DeepStorage) -> Self {
        Self {
            storage: (!session.waiting.looks_ahead()).then_some(storage),
            waiting: Vec::new(),
            gone: 0,
            examples: Vec::new(),
            unanswered: 0,
            why: None,
        }
    }

    /// Takes note of a segment that comes back. One whose place is not configured belongs to somebody else.
    ///
    /// # Errors
    /// When the run has to stop.
    pub(crate) fn add(&mut self, session: &Session<'_>, new: &Ready) -> Result<()> {
        let (Some(storage), Some(load_type), Some(file)) =
            (&self.storage, &new.load_type, &new.file)
        else {
            return Ok(());
        };
        let lies_in = |(kind, prefix): (&str, Option<String>)| {
            kind == load_type && prefix.is_some_and(|prefix| file.starts_with(&prefix))
        };
        if !storage.places().any(lies_in) {
            return Ok(());
        }
        self.waiting.push(Back {
            id: new.id.clone(),
            load_type: load_type.clone(),
            file: file.clone(),
            datasource: new.datasource.clone(),
        });
        if self.waiting.len() == CHUNK { self.ask(session) } else { Ok(()) }
    }

    fn ask(&mut self, session: &Session<'_>) -> Result<()> {
        session.stop.check()?;
        let Some(storage) = &self.storage else { return Ok(()) };
        let files: Vec<_> = self.waiting.iter().map(Back::doomed).collect();
        let answers = storage.exists_many(&files);
        session.stop.check()?;
        for (back, answer) in self.waiting.iter().zip(answers) {
            match answer {
                Ok(true) => {}
                Ok(false) => {
                    self.gone += 1;
                    if self.examples.len() < SHOWN {
                        self.examples.push(format!("{}: {}", back.id, back.file));
                    }
                }
                Err(error) => {
                    self.unanswered += 1;
                    self.why.get_or_insert_with(|| error.to_string());
                }
            }
        }
        self.waiting.clear();
        Ok(())
    }

    /// What is to be said of those that came back without files.
    ///
    /// # Errors
    /// When the run has to stop.
    pub(crate) fn warnings(mut self, session: &Session<'_>) -> Result<Vec<Warning>> {
        self.ask(session)?;
        let mut warnings = Vec::new();
        if self.gone > 0 {
            let message = format!(
                "{} of the segments that were taken back have no file in deep storage, so that nothing can load them (such \
                 as {}): restore the files from a backup, or mark the segments unused",
                self.gone,
                self.examples.join("; ")
            );
            warnings.push(Warning::new("resurrected-without-file", message));
        }
        if let Some(why) = self.why {
            let message = format!(
                "whether the files of {} segments that were taken back are there could not be asked ({why}); `lopper fsck \
                 --deep-storage` tells when the place answers",
                self.unanswered
            );
            warnings.push(Warning::new("resurrected-unseen", message));
        }
        Ok(warnings)
    }
}
