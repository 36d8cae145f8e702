//! The steps of a run in the order of their transactions: neighbours that commit together, or one that commits in batches.

use super::operation::{Commit, Step, StepContext};
use super::report::StepReport;
use super::{Request, Session, guard, ledger, waiting};
use crate::config::Guard;
use crate::druid::Instant;
use crate::error::{Error, Kind, Result};

/// Steps that commit together, or one that commits in batches.
pub(crate) enum Phase<'a> {
    Together { first: usize, steps: &'a [Step] },
    InBatches { number: usize, step: &'a Step },
}

/// Whether a step that only shows what it would do takes it away from later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Only when a later step of the request may see that it has gone.
    AsNeeded,
    /// Always: another run comes behind it in the same transaction.
    Always,
}

/// All phases in one transaction that the caller rolls back; a step that commits in batches decides as of `now`, and
/// deletes no file. Returns what a guard refuses, or a check has found, beside the reports.
pub(crate) fn ahead(
    session: &mut Session<'_>,
    now: Instant,
    run: i64,
    request: &Request,
    phases: &[Phase<'_>],
    seen: Seen,
) -> Result<(Vec<StepReport>, Option<Error>)> {
    waiting::never(session, |session| {
        let (mut steps, mut refusal) = (Vec::new(), None);
        for (index, phase) in phases.iter().enumerate() {
            match phase {
                Phase::Together { .. } => steps.extend(together(session, run, phase)?),
                Phase::InBatches { number, step } => {
                    let is_seen = index + 1 < phases.len() || seen == Seen::Always;
                    let id = ledger::begin_step(session, run, *number, step.as_ref())?;
                    let mut report = StepReport::begun(*number, step.name());
                    let context = StepContext { run, id, number: *number, now, is_seen };
                    step.apply(session, context, &mut report)?;
                    ledger::end_step(session, id, &report)?;
                    steps.push(report);
                }
            }
            if let Some(found) = session.refusal.take_if(|found| found.kind() == Kind::Failed) {
                return Ok((steps, refusal.or(Some(found))));
            }
            match guard::check(session, run, request) {
                Err(error) if error.kind() == Kind::Refused => refusal = refusal.or(Some(error)),
                result => result?,
            }
        }
        Ok((steps, refusal))
    })
}

/// Whether anything in later phases could stop the run before it begins. If not, nobody has to wait for a look ahead,
/// which holds the write lock.
pub(crate) fn may_refuse(request: &Request, rest: &[Phase<'_>]) -> bool {
    let is_harmless =
        |phase: &Phase<'_>| matches!(phase, Phase::InBatches { step, .. } if !step.may_refuse());
    request.guard != Guard::default() || !rest.iter().all(is_harmless)
}

pub(crate) fn phases(steps: &[Step]) -> Vec<Phase<'_>> {
    let is_alone = |step: &Step| step.commit() == Commit::InBatches;
    let mut phases = Vec::new();
    let mut number = 0;
    for chunk in steps.chunk_by(|one, next| !is_alone(one) && !is_alone(next)) {
        match chunk {
            [step] if is_alone(step) => phases.push(Phase::InBatches { number: number + 1, step }),
            steps => phases.push(Phase::Together { first: number + 1, steps }),
        }
        number += chunk.len();
    }
    phases
}

/// Steps that commit together, in the caller's transaction; up to one that has found what ends the run, which the
/// session then holds.
pub(crate) fn together(
    session: &mut Session<'_>,
    run: i64,
    phase: &Phase<'_>,
) -> Result<Vec<StepReport>> {
    let Phase::Together { first, steps } = phase else { return Ok(Vec::new()) };
    let mut reports = Vec::with_capacity(steps.len());
    // The transaction may have been begun before, and rolled back to wait for a lock.
    session.warned.retain(|warned| warned.step < *first);
    for (number, step) in (*first..).zip(steps.iter()) {
        session.stop.check()?;
        let id = ledger::begin_step(session, run, number, step.as_ref())?;
        let mut report = StepReport::begun(number, step.name());
        let context = StepContext { run, id, number, now: session.logical, is_seen: true };
        let result = step.apply(session, context, &mut report);
        if !report.warnings.is_empty() {
            let warnings = report.warnings.clone();
            session.warned.push(StepReport { warnings, ..StepReport::begun(number, step.name()) });
        }
        result?;
        ledger::end_step(session, id, &report)?;
        reports.push(report);
        if session.refusal.as_ref().is_some_and(|found| found.kind() == Kind::Failed) {
            break;
        }
    }
    Ok(reports)
}
