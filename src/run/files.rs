//! The files of killed segments: they go after the transaction that moved their rows has committed.

use super::journal::{self, Claimed, Claims};
use super::{Keep, Session};
use crate::deep_storage::{DeepStorage, Found};
use crate::error::Result;
use crate::failpoint;
use crate::report::run::KillReport;

/// Files between two commits of the journal: what a crash at worst asks deep storage for twice.
const CHUNK: usize = 1000;

/// Which rows of the journal are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// What is due: what was refused waits until its next try.
    Due,
    /// All that nobody works on, each once.
    All,
}

/// How the files that were claimed fared.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fared {
    gone: usize,
    refused: usize,
}

impl Fared {
    /// Whether deep storage refused at least so many files, and took none: it makes no sense to go on.
    pub(super) fn refused_all(self, least: u32) -> bool {
        self.gone == 0 && u32::try_from(self.refused).is_ok_and(|refused| refused >= least)
    }
}

/// Deletes what the journal holds open, as far as it may go by now and nobody else is at it.
pub(super) fn delete_left(
    session: &mut Session<'_>,
    storage: &DeepStorage,
    which: Which,
    report: &mut KillReport,
) -> Result<Fared> {
    journal::begin(session)?;
    journal::reconsider(session)?;
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let mut fared = Fared::default();
    while session.stop.check_between().is_ok() {
        let claims = journal::claim_due(session, which == Which::All, limit)?;
        if claims.files.is_empty() {
            break;
        }
        let chunk = delete(session, storage, claims, report)?;
        fared.gone += chunk.gone;
        fared.refused += chunk.refused;
    }
    Ok(fared)
}

/// Deletes claimed files. One that is refused never keeps another from going; a stop leaves the rest to others.
pub(super) fn delete(
    session: &mut Session<'_>,
    storage: &DeepStorage,
    mut claims: Claims,
    report: &mut KillReport,
) -> Result<Fared> {
    let mut fared = Fared::default();
    while !claims.files.is_empty() && session.stop.check_between().is_ok() {
        journal::renew(session, &mut claims)?;
        let rest = claims.files.split_off(claims.files.len().min(CHUNK));
        let (mut gone, mut failed) = (Vec::new(), Vec::new());
        let doomed: Vec<_> = claims.files.iter().map(Claimed::doomed).collect();
        for (file, result) in claims.files.iter().zip(storage.delete_many(&doomed)) {
            match result {
                Ok(found) => {
                    report.files_deleted += u64::from(found != Found::NoFile);
                    report.files_already_gone += u64::from(found == Found::Absent);
                    gone.push(file.segment);
                }
                Err(error) => failed.push((file.segment, error.to_string())),
            }
        }
        failpoint::reach("kill::files-answered");
        // Once the run has to stop, what has no answer stays claimed, as after a crash: a request may be under way.
        let is_cut = session.stop.check().is_err() && !failed.is_empty();
        if is_cut {
            failed.clear();
        }
        session.undisturbed(|session| {
            session.transaction(Keep::Yes, |session| journal::close(session, &gone, &failed))
        })?;
        fared.gone += gone.len();
        fared.refused += failed.len();
        claims.files = rest;
        if is_cut {
            return Ok(fared);
        }
    }
    if !claims.files.is_empty() {
        let worker = session.worker.name().to_owned();
        session.undisturbed(|session| {
            session.transaction(Keep::Yes, |session| journal::release(session, &worker))
        })?;
    }
    Ok(fared)
}
