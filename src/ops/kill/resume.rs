//! kill --resume: finishes what earlier kills left in the deletion journal, and moves nothing into it.

use super::deleter::Deleter;
use super::files::Which;
use super::{MissingFiles, batch, files, operation};
use crate::deep_storage::DeepStorage;
use crate::engine::operation::{Commit, Operation, StepContext};
use crate::engine::report::{KillReport, StepReport};
use crate::engine::{Keep, Session, ledger};
use crate::error::Result;

/// Only finishes what the journal holds open.
#[derive(Debug)]
pub struct Resume {
    /// What is done about files that are not there.
    pub missing_files: MissingFiles,
}

impl Operation for Resume {
    fn name(&self) -> &'static str {
        "kill"
    }

    fn arguments(&self) -> Result<String> {
        Ok(r#"{"resume":true}"#.to_owned())
    }

    fn commit(&self) -> Commit {
        Commit::InBatches
    }

    fn preflight(&self, session: &Session<'_>) -> Result<()> {
        operation::refuse_a_copy(session)
    }

    /// It changes no segment.
    fn apply(&self, _: &mut Session<'_>, _: StepContext, _: &mut StepReport) -> Result<()> {
        Ok(())
    }

    fn run_in_batches(
        &self,
        session: &mut Session<'_>,
        run: i64,
        number: usize,
    ) -> Result<StepReport> {
        let storage = DeepStorage::new(session.config, session.stop.flag());
        storage.check()?;
        let mut deleter = Deleter::new(session, storage, self.missing_files)?;
        let id = session
            .transaction(Keep::Yes, |session| ledger::begin_step(session, run, number, self))?;
        let mut report = StepReport::begun(number, self.name());
        let mut kill = KillReport::default();
        files::delete_left(session, &mut deleter, Which::All, &mut kill)?;
        files::count_left(session, &mut deleter, &mut kill)?;
        batch::warn_of_missing_files(&kill, &mut report);
        report.kill = Some(kill);
        session.transaction(Keep::Yes, |session| ledger::end_step(session, id, &report))?;
        session.stop.check_between()?;
        Ok(report)
    }
}
