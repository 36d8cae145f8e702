//! The files of killed segments: they go after the transaction that moved their rows has committed. What is not there
//! is told apart from what was deleted, and what a living row refers to stays.

use std::collections::BTreeSet;

use crate::deep_storage::Found;
use crate::druid::folders_above;
use crate::engine::report::KillReport;
use crate::engine::{Keep, Session};
use crate::error::Result;
use crate::failpoint;
use crate::ops::kill::deleter::Deleter;
use crate::ops::kill::journal::{self, Claimed, Claims};

/// Files between two commits of the journal: what a crash at worst asks deep storage for twice.
const CHUNK: usize = 1000;

/// How often a kill at its end looks for what others have given back meanwhile.
const GIVEN_BACK: u32 = 3;

/// Which rows of the journal are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// What is due: what was refused waits until its next try.
    Due,
    /// All that nobody works on, each once.
    All,
}

/// What became of the files of one chunk, by the numbers of their segments.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Deleted, and confirmed.
    pub(crate) gone: Vec<i64>,
    /// Not there, although nobody had tried to delete them.
    pub(crate) missing: Vec<i64>,
    /// Refused, and why.
    pub(crate) failed: Vec<(i64, String)>,
    /// Kept, since a living row refers to something in them.
    pub(crate) waiting: Vec<i64>,
    /// To return to the segment table: their place shows no files.
    pub(crate) returning: Vec<i64>,
}

/// Deletes what the journal holds open, as far as it may go by now and nobody else is at it.
pub(crate) fn delete_left(
    session: &mut Session<'_>,
    deleter: &mut Deleter,
    which: Which,
    report: &mut KillReport,
) -> Result<()> {
    journal::begin(session)?;
    deleter.references.refresh(session.store)?;
    journal::reconsider(session, &deleter.references)?;
    delete_due(session, deleter, which, report)
}

/// Counts what is left. What another kill has just given back is nobody's: it is not left, but tried as well.
pub(crate) fn count_left(
    session: &mut Session<'_>,
    deleter: &mut Deleter,
    report: &mut KillReport,
) -> Result<()> {
    for _ in 0..GIVEN_BACK {
        if journal::count_left(session, report)? == 0 || session.stop.check_between().is_err() {
            return Ok(());
        }
        delete_due(session, deleter, Which::Due, report)?;
    }
    journal::count_left(session, report).map(drop)
}

/// Deletes what is due, as it stands in the journal.
fn delete_due(
    session: &mut Session<'_>,
    deleter: &mut Deleter,
    which: Which,
    report: &mut KillReport,
) -> Result<()> {
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    while session.stop.check_between().is_ok() {
        let claims = journal::claim_due(session, which == Which::All, limit)?;
        if claims.files.is_empty() {
            break;
        }
        delete(session, deleter, claims, None, report)?;
    }
    Ok(())
}

/// Deletes claimed files. One that is refused never keeps another from going; a stop leaves the rest to others.
/// `step` is the step that has just moved them, if they can still return.
pub(crate) fn delete(
    session: &mut Session<'_>,
    deleter: &mut Deleter,
    mut claims: Claims,
    step: Option<i64>,
    report: &mut KillReport,
) -> Result<()> {
    while !claims.files.is_empty() && session.stop.check_between().is_ok() {
        journal::renew(session, &mut claims)?;
        let rest = claims.files.split_off(claims.files.len().min(CHUNK));
        let mut outcome = chunk(session, deleter, &claims.files, step.is_some(), report)?;
        failpoint::reach("kill::files-answered");
        // Once the run has to stop, what has no answer stays claimed, as after a crash: a request may be under way.
        let is_cut = session.stop.check().is_err() && !outcome.failed.is_empty();
        if is_cut {
            outcome.failed.clear();
        }
        session.undisturbed(|session| {
            session.transaction(Keep::Yes, |session| {
                journal::close(session, &outcome)?;
                match step {
                    Some(step) => journal::return_to_segments(session, step, &outcome.returning),
                    None => Ok(()),
                }
            })
        })?;
        // What is left from an earlier run says nothing of what the place refuses now.
        if step.is_some() {
            deleter.note(&claims.files, &outcome);
        }
        claims.files = rest;
        if is_cut {
            return Ok(());
        }
    }
    if !claims.files.is_empty() {
        let worker = session.worker.name().to_owned();
        session.undisturbed(|session| {
            session.transaction(Keep::Yes, |session| journal::release(session, &worker))
        })?;
    }
    Ok(())
}

/// Deletes at most [`CHUNK`] files.
fn chunk(
    session: &mut Session<'_>,
    deleter: &mut Deleter,
    files: &[Claimed],
    can_return: bool,
    report: &mut KillReport,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let files = deleter.without_used(session, files.iter().collect(), &mut outcome)?;
    let files = deleter.without_missing(session, files, can_return, &mut outcome, report)?;
    session.transaction(Keep::Yes, |session| journal::begin_deleting(session, &files))?;
    let places: BTreeSet<&str> = files.iter().filter_map(|file| file.place()).collect();
    let (inside, around): (Vec<_>, Vec<_>) =
        files.iter().copied().partition(|file| lies_in_another(file, &places));
    delete_some(deleter, &around, false, &mut outcome, report);
    // They may be gone with the folder that they lay in.
    delete_some(deleter, &inside, true, &mut outcome, report);
    deleter.doubt_missing(&files, can_return, &mut outcome);
    report.files_missing += u64::try_from(outcome.missing.len()).unwrap_or(u64::MAX);
    report.returned += u64::try_from(outcome.returning.len()).unwrap_or(u64::MAX);
    Ok(outcome)
}

/// Whether a file lies in a folder that is one of `files`.
fn lies_in_another(file: &Claimed, files: &BTreeSet<&str>) -> bool {
    file.place().is_some_and(|place| folders_above(place).any(|above| files.contains(above)))
}

/// Deletes files none of which lies in another; `inside`: each lay in one that was deleted before.
fn delete_some(
    deleter: &Deleter,
    files: &[&Claimed],
    inside: bool,
    outcome: &mut Outcome,
    report: &mut KillReport,
) {
    let doomed: Vec<_> = files.iter().map(|file| file.doomed()).collect();
    let mut results = deleter.storage.delete_many(&doomed);
    // Where a link on the way has gone, the file still lies where it lay.
    let behind: Vec<_> = (0..files.len())
        .filter(|index| results[*index] == Ok(Found::Absent))
        .filter(|index| files[*index].located != files[*index].file)
        .collect();
    let located: Vec<_> = behind.iter().map(|index| files[*index].doomed_where_it_lies()).collect();
    for (index, result) in behind.into_iter().zip(deleter.storage.delete_many(&located)) {
        results[index] = result;
    }
    for (file, result) in files.iter().zip(results) {
        match result {
            Ok(Found::Absent) if !file.begun && !inside => outcome.missing.push(file.segment),
            Ok(found) => {
                report.files_deleted += u64::from(found != Found::NoFile);
                report.files_already_gone += u64::from(found == Found::Absent);
                outcome.gone.push(file.segment);
            }
            Err(error) => outcome.failed.push((file.segment, error.to_string())),
        }
    }
}
