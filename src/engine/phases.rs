//! The steps of a run in the order of their transactions: metadata steps commit together, a kill stands alone.

use crate::druid::Instant;
use crate::engine::changes::State;
use crate::engine::report::StepReport;
use crate::engine::{Request, Session, guard, ledger, waiting};
use crate::error::{Error, Kind, Result};
use crate::job::{Guard, KillStep, OnConflict, Step};
use crate::ops::import::operation as import;
use crate::ops::kill::operation as kill;
use crate::ops::mark::operation as mark;
use crate::ops::{check, enforce};

/// Steps that commit together, or one kill.
pub(crate) enum Phase<'a> {
    Metadata { first: usize, steps: &'a [Step] },
    Kill { number: usize, step: &'a KillStep },
}

/// All phases in one transaction that the caller rolls back; a kill decides as of `now`, moves rows as `moved` says,
/// and deletes no file. Answers what a guard refuses beside the reports.
pub(crate) fn ahead(
    session: &mut Session<'_>,
    now: Instant,
    run: i64,
    request: &Request,
    phases: &[Phase<'_>],
    moved: kill::Moved,
) -> Result<(Vec<StepReport>, Option<Error>)> {
    waiting::never(session, |session| {
        let (mut steps, mut refusal) = (Vec::new(), None);
        for (index, phase) in phases.iter().enumerate() {
            match phase {
                Phase::Metadata { .. } => steps.extend(metadata(session, run, phase)?),
                Phase::Kill { number, step } => {
                    let is_last = index + 1 == phases.len() && moved == kill::Moved::AsNeeded;
                    steps.push(kill::ahead(session, now, run, *number, step, is_last)?);
                }
            }
            match guard::check(session, run, &request.guard) {
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
    let is_harmless = |phase: &Phase<'_>| matches!(phase, Phase::Kill { step, .. } if step.on_conflict != OnConflict::Fail);
    request.guard != Guard::default() || !rest.iter().all(is_harmless)
}

pub(crate) fn phases(steps: &[Step]) -> Vec<Phase<'_>> {
    let mut phases = Vec::new();
    let mut number = 0;
    for chunk in
        steps.chunk_by(|one, next| !matches!(one, Step::Kill(_)) && !matches!(next, Step::Kill(_)))
    {
        match chunk {
            [Step::Kill(step)] => phases.push(Phase::Kill { number: number + 1, step }),
            steps => phases.push(Phase::Metadata { first: number + 1, steps }),
        }
        number += chunk.len();
    }
    phases
}

pub(crate) fn metadata(
    session: &mut Session<'_>,
    run: i64,
    phase: &Phase<'_>,
) -> Result<Vec<StepReport>> {
    let Phase::Metadata { first, steps } = phase else { return Ok(Vec::new()) };
    let mut reports = Vec::with_capacity(steps.len());
    // The transaction may have been begun before, and rolled back to wait for a lock.
    session.warned.retain(|warned| warned.step < *first);
    for (number, step) in (*first..).zip(steps.iter()) {
        session.stop.check()?;
        let id = ledger::begin_step(session, run, number, step)?;
        let mut report =
            StepReport { step: number, op: step.op().to_owned(), ..StepReport::default() };
        let result = carry_out(session, (run, id), step, &mut report);
        if !report.warnings.is_empty() {
            session.warned.push(StepReport {
                step: number,
                op: report.op.clone(),
                warnings: report.warnings.clone(),
                ..StepReport::default()
            });
        }
        result?;
        ledger::end_step(session, id, &report)?;
        reports.push(report);
    }
    Ok(reports)
}

/// Carries out a step other than a kill, in the caller's transaction.
fn carry_out(
    session: &mut Session<'_>,
    (run, id): (i64, i64),
    step: &Step,
    report: &mut StepReport,
) -> Result<()> {
    match step {
        Step::MarkUsed(mark) => mark::mark(session, (run, id), mark, State::Used, report),
        Step::MarkUnused(mark) => mark::mark(session, (run, id), mark, State::Unused, report),
        Step::EnforceRules(enforce) => enforce::enforce(session, id, enforce, report),
        Step::Import(import) => import::import(session, id, import, report),
        Step::Check(check) => check::check(session, report.step, check),
        Step::Kill(_) => {
            Err(Error::failed("a kill cannot run within a transaction of metadata steps"))
        }
    }
}
