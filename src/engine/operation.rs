//! What the engine asks of an operation. It knows none by name: an operation is its arguments, and this trait.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::Session;
use super::report::StepReport;
use crate::config::At;
use crate::druid::Instant;
use crate::dump::Content;
use crate::error::{Error, Result};

/// An operation with its arguments, as a request holds it.
pub type Step = Arc<dyn Operation>;

/// When a step commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// With its neighbours that do: all of them or none.
    Together,
    /// In short transactions of its own, behind the commit of what stands before it.
    InBatches,
}

/// A file that a step reads.
#[derive(Debug)]
pub struct InputFile<'a> {
    /// The key that names it.
    pub at: At,
    /// Where it is.
    pub path: &'a Path,
    /// What is in it.
    pub content: Content,
}

/// A condition of a person's over the view `segments`.
#[derive(Debug)]
pub struct Condition<'a> {
    /// The condition's SQL.
    pub predicate: &'a str,
    /// Of these datasources.
    pub globs: &'a [String],
}

/// Where a step stands in its run.
#[derive(Debug, Clone, Copy)]
pub struct StepContext {
    /// The run's number.
    pub run: i64,
    /// The step's number in the store.
    pub id: i64,
    /// 1, 2, … within the run.
    pub number: usize,
    /// What a step that commits in batches decides for, when it only shows what it would do.
    pub now: Instant,
    /// Whether a later step in the same transaction may see what has gone.
    pub is_seen: bool,
}

/// Select, guard, apply: what a step of a run does.
pub trait Operation: Debug + Send + Sync {
    /// As in job files, on the command line and in the ledger.
    fn name(&self) -> &'static str;

    /// What the ledger keeps of the arguments: see [`arguments`].
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    fn arguments(&self) -> Result<String>;

    /// When it commits.
    fn commit(&self) -> Commit {
        Commit::Together
    }

    /// The files that it reads beside the store.
    fn inputs(&self) -> Vec<InputFile<'_>> {
        Vec::new()
    }

    /// A condition that may take long, and is asked before the write lock is taken where that is sound.
    fn condition(&self) -> Option<Condition<'_>> {
        None
    }

    /// Refuses what this kind of store does not allow, before anything begins.
    ///
    /// # Errors
    /// When it is refused.
    fn preflight(&self, session: &Session<'_>) -> Result<()> {
        let _ = session;
        Ok(())
    }

    /// Whether anything but a guard could keep a step that commits in batches from its work once it is its turn. Then a
    /// run looks ahead before it begins.
    fn may_refuse(&self) -> bool {
        false
    }

    /// Does its work in the caller's transaction. One that commits in batches does all at once here, for a plan:
    /// the caller rolls it back.
    ///
    /// # Errors
    /// Whatever stops it; the caller rolls back.
    fn apply(
        &self,
        session: &mut Session<'_>,
        step: StepContext,
        report: &mut StepReport,
    ) -> Result<()>;

    /// Does its work in transactions of its own; begins and ends the step in the ledger.
    ///
    /// # Errors
    /// Whatever stops it; what it has committed stays.
    fn run_in_batches(
        &self,
        session: &mut Session<'_>,
        run: i64,
        number: usize,
    ) -> Result<StepReport> {
        let _ = (session, run, number);
        Err(Error::failed(format!("{} does not commit in batches", self.name())))
    }
}

/// The arguments of an operation as a JSON object: `{"op":"kill",…}`.
///
/// # Errors
/// When they cannot be written as JSON.
pub fn arguments(op: &str, step: &impl Serialize) -> Result<String> {
    #[derive(Serialize)]
    struct Tagged<'a, T> {
        op: &'a str,
        #[serde(flatten)]
        step: &'a T,
    }
    serde_json::to_string(&Tagged { op, step })
        .map_err(|error| Error::failed("cannot write the step's arguments as JSON").because(error))
}
