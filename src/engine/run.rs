//! Carries out steps: select, guard, apply. A plan runs the same statements and rolls back.
//!
//! Consecutive metadata steps commit together. A kill step is a series of short transactions behind that
//! commit; whatever any guard of the run says is asked before anything commits.

use super::operation::Step;
use super::phases::{Phase, Seen, ahead, may_refuse, phases, together};
use super::report::{Outcome, RunReport, StepReport};
use super::session::Keep;
use super::{
    OpenRun, Origin, Request, Session, choose, close_died, dumps, guard, lease, ledger, locks,
    log_warnings, open_runs, starting, waiting,
};
use crate::druid::Instant;
use crate::error::{Error, Result};

/// Carries out a request and records it in the ledger.
///
/// # Errors
/// Whatever stops the run; the transaction that it happened in is rolled back, and the run is recorded
/// with its outcome (but for mistakes in the request, which leave no trace).
pub fn run(session: &mut Session<'_>, request: &Request) -> Result<RunReport> {
    recorded(session, request, |session, run| {
        preflight(session, &request.steps)?;
        announce(session, request)?;
        dumps::gather(session, request)?;
        run_phases(session, request, &phases(&request.steps), run)
    })
}

/// Refuses steps that this kind of store does not allow.
fn preflight(session: &Session<'_>, steps: &[Step]) -> Result<()> {
    steps.iter().try_for_each(|step| step.preflight(session))
}

/// What a step that commits in batches means by now. A future `--at` must not make segments older than they are.
pub(crate) fn now(session: &Session<'_>) -> Instant {
    session.logical.min(session.clock.now())
}

/// Does `work`, and records how it failed: as the run that it has begun, or as one of its own.
fn recorded(
    session: &mut Session<'_>,
    request: &Request,
    work: impl FnOnce(&mut Session<'_>, &mut Option<i64>) -> Result<RunReport>,
) -> Result<RunReport> {
    let mut run = None;
    work(session, &mut run).map_err(|error| {
        let error = session.stop.name_signal(error);
        ledger::record_failure(session, request, run, &error);
        if let Some(run) = session.recorded {
            told(request, run, &session.warned);
        }
        withdraw(session, request);
        error.of_run(&request.name, session.recorded)
    })
}

/// Records that a request is refused before it has begun.
pub fn refuse(session: &mut Session<'_>, request: &Request, error: Error) -> Error {
    ledger::record_failure(session, request, None, &error);
    error.of_run(&request.name, session.recorded)
}

/// Tells others of a run of a job that begins, and may be in its first transaction for long.
fn announce(session: &Session<'_>, request: &Request) -> Result<()> {
    match request.origin {
        Origin::Job => starting::announce(session, request),
        Origin::Command => Ok(()),
    }
}

/// A run of which nothing is recorded does not begin any more.
fn withdraw(session: &Session<'_>, request: &Request) {
    if request.origin == Origin::Job
        && session.recorded.is_none()
        && let Err(error) = starting::forget(session.store, session.worker.name())
    {
        // Nobody takes the row of a worker that has ended for more than that.
        tracing::debug!(%error, "the run that did not begin is still announced");
    }
}

fn run_phases(
    session: &mut Session<'_>,
    request: &Request,
    phases: &[Phase<'_>],
    committed: &mut Option<i64>,
) -> Result<RunReport> {
    let (now, rest) = match phases {
        [Phase::Together { .. }, rest @ ..] => (&phases[..1], rest),
        _ => (&phases[..0], phases),
    };
    choose::ahead(session, now.first())?;
    waiting::begin(session);
    let (run, mut steps) = waiting::until_free(session, |session| {
        session.transaction(Keep::Yes, |session| begin(session, request, now, rest))
    })?;
    *committed = Some(run);
    session.warned.clear();
    told(request, run, &steps);
    session.leased = Some(run).filter(|_| request.origin == Origin::Job && !rest.is_empty());
    for phase in rest {
        session.stop.check_between()?;
        let done = match phase {
            Phase::Together { .. } => {
                choose::ahead(session, Some(phase))?;
                waiting::begin(session);
                waiting::until_free(session, |session| {
                    session.transaction(Keep::Yes, |session| {
                        let done = together(session, run, phase)?;
                        guard::check(session, run, request)?;
                        Ok(done)
                    })
                })?
            }
            Phase::InBatches { number, step } => vec![step.run_in_batches(session, run, *number)?],
        };
        session.warned.clear();
        told(request, run, &done);
        steps.extend(done);
    }
    if !rest.is_empty() {
        close(session, request, run, Ok(&steps))?;
    }
    Ok(report(session, request, Some(run), steps))
}

/// Logs the warnings of a job's steps; a command by hand answers its own.
fn told(request: &Request, run: i64, steps: &[StepReport]) {
    if request.origin == Origin::Job {
        log_warnings(request.origin, &request.name, run, steps);
    }
}

/// The first transaction of a run: the phase that it holds, if any, and a look ahead at the rest, which no guard may
/// refuse.
fn begin(
    session: &mut Session<'_>,
    request: &Request,
    first: &[Phase<'_>],
    rest: &[Phase<'_>],
) -> Result<(i64, Vec<StepReport>)> {
    let run = open_here(session, request)?;
    let mut steps = Vec::new();
    for phase in first {
        steps.extend(together(session, run, phase)?);
    }
    guard::check(session, run, request)?;
    if rest.is_empty() {
        ledger::end(session, request, run, &steps)?;
    } else if may_refuse(request, rest) {
        let left_out = session.left_out.clone();
        session.store.look_ahead()?;
        locks::overlook_kills(session)?;
        let (_, refusal) = ahead(session, now(session), run, request, rest, Seen::AsNeeded)?;
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        session.store.take_back()?;
        session.left_out = left_out;
    }
    Ok((run, steps))
}

/// Begins a run of one transaction and no steps yet; answers its number.
///
/// # Errors
/// When the job runs already, its fire is decided, or SQLite's.
pub fn open(session: &mut Session<'_>, request: &Request) -> Result<i64> {
    let run = session.transaction(Keep::Yes, |session| open_here(session, request))?;
    session.leased = Some(run).filter(|_| request.origin == Origin::Job);
    Ok(run)
}

/// As [`open`], in the caller's transaction.
fn open_here(session: &mut Session<'_>, request: &Request) -> Result<i64> {
    close_died(session.store, session.clock)?;
    if request.origin == Origin::Job {
        lease::refuse_twice(session, &request.name)?;
    }
    ledger::begin(session, request)
}

/// Ends a run that [`open`] began.
///
/// # Errors
/// When it counts as dead by now, or SQLite's.
pub fn close(
    session: &mut Session<'_>,
    request: &Request,
    run: i64,
    ended: Result<&[StepReport], &Error>,
) -> Result<()> {
    match ended {
        Ok(steps) => session.transaction(Keep::Yes, |session| {
            // It needs no further sign of life.
            session.leased = None;
            ledger::end(session, request, run, steps)
        }),
        Err(error) => {
            ledger::record_failure(session, request, Some(run), error);
            Ok(())
        }
    }
}

/// Shows what a request would do: the same statements, rolled back. What would keep a run from it, or what a check has
/// found, is told beside that.
///
/// # Errors
/// Whatever else would stop the run.
pub fn plan(session: &mut Session<'_>, request: &Request) -> Result<RunReport> {
    let phases = phases(&request.steps);
    dumps::gather(session, request).map_err(|error| session.stop.name_signal(error))?;
    let copy = preflight(session, &request.steps).err();
    let running = running(session, request)?;
    choose::ahead(session, phases.first())?;
    let (steps, refusal) = session
        .transaction(Keep::No, |session| {
            let run = ledger::begin(session, request)?;
            ahead(session, session.logical, run, request, &phases, Seen::AsNeeded)
        })
        .map_err(|error| session.stop.name_signal(error))?;
    let report = report(session, request, None, steps);
    Ok(match copy.or(running).or(refusal) {
        Some(why) => report.refused(&why),
        None => report,
    })
}

/// What a run of a job would say that is running already.
fn running(session: &Session<'_>, request: &Request) -> Result<Option<Error>> {
    if request.origin != Origin::Job {
        return Ok(None);
    }
    let open = open_runs(session.store, Some(&request.name))?;
    Ok(open.iter().find(|run| !run.is_dead(session.clock)).map(OpenRun::is_running))
}

fn report(
    session: &Session<'_>,
    request: &Request,
    run: Option<i64>,
    steps: Vec<StepReport>,
) -> RunReport {
    RunReport {
        run,
        name: request.name.clone(),
        plan: run.is_none(),
        logical_time: session.logical.to_string(),
        outcome: Outcome::of(&steps),
        refused: None,
        help: None,
        steps,
    }
}
