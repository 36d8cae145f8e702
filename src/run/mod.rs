//! Carries out steps: select, guard, apply. A plan runs the same statements and rolls back.
//!
//! Consecutive metadata steps commit together. A kill step is a series of short transactions behind that
//! commit; whatever any guard of the run says is asked before anything commits.

mod chains;
mod check;
mod datasources;
mod enforce;
mod explain;
mod exposure;
mod files;
mod fire;
mod guard;
mod heart;
mod import;
mod journal;
mod kill;
mod kill_lock;
mod lease;
mod ledger;
mod mark;
mod mark_used;
mod orphans;
mod put;
mod restore;
pub(crate) mod segment_row;
mod stop;
mod timeline;
mod turns;
mod waiting;
mod worker;

use std::collections::BTreeSet;

use crate::clock::Clock;
use crate::config::Config;
use crate::druid::Instant;
use crate::error::{Error, Kind, Result};
use crate::job::{Guard, Job, KillStep, OnConflict, Step};
use crate::report::progress::Progress;
use crate::report::run::{LeftOut, Outcome, RunReport, StepReport};
use crate::store::Store;

use datasources::{Datasources, datasources};
pub use explain::{Around, explain};
pub use fire::{Cause, Fire, Term, hold, pass_over};
pub use heart::Heart;
pub use kill::refuse_copy;
pub use lease::{LEASE_MS, OpenRun, close_died, close_died_with, open_runs};
pub use ledger::{RunRow, StepRow, history, run_changes, run_row, run_steps};
pub use orphans::{Meant, repair};
pub use restore::{Restored, restore};
pub use stop::{Stop, Timer};
pub use waiting::Waiting;
pub use worker::Worker;
pub(crate) use worker::has_died;

/// What a run works with.
#[derive(Debug)]
pub struct Session<'a> {
    /// The store.
    pub store: &'a mut Store,
    /// What belongs to the installation.
    pub config: &'a Config,
    /// The wall clock.
    pub clock: Clock,
    /// Its name in the deletion journal.
    pub worker: Worker,
    /// Tells of a signal.
    pub stop: &'a Stop,
    /// Shows how far a long step is.
    pub progress: &'a Progress,
    /// The wall clock's time when the program began: a logical time before it is in the past.
    pub began: Instant,
    /// The run's "now".
    pub logical: Instant,
    /// Datasources that a step had to leave alone: later steps of the run leave them alone as well.
    pub left_out: BTreeSet<String>,
    /// Why what was done so far must not be committed: a plan goes on all the same, to show the rest.
    pub refusal: Option<Error>,
    /// What the run does about locks that it may wait for.
    pub waiting: Waiting,
    /// How long its run counts as living without a further sign, in milliseconds.
    pub lease_ms: i64,
    /// The run of a job that was begun and committed: each later transaction gives a sign of life, and ends where the
    /// run counts as dead.
    pub leased: Option<i64>,
    /// The run that a failure was recorded as.
    pub recorded: Option<i64>,
    /// The scheduler's turn in which the run goes on; none by hand.
    pub term: Option<Term>,
}

/// Who asks for a run: it is kept in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A job file.
    Job,
    /// A one-off command.
    Command,
}

/// What to carry out.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub origin: Origin,
    /// The job's name, or the command.
    pub name: String,
    /// What the run must not exceed.
    pub guard: Guard,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The fire of the schedule that it is for; none by hand.
    pub fire: Option<Fire>,
}

/// Steps that commit together, or one kill.
enum Phase<'a> {
    Metadata { first: usize, steps: &'a [Step] },
    Kill { number: usize, step: &'a KillStep },
}

/// Carries out a request and records it in the ledger.
///
/// # Errors
/// Whatever stops the run; the transaction that it happened in is rolled back, and the run is recorded
/// with its outcome (but for mistakes in the request, which leave no trace).
pub fn run(session: &mut Session<'_>, request: &Request) -> Result<RunReport> {
    kill::refuse_on_a_copy(session, &request.steps)?;
    let phases = phases(&request.steps);
    let mut run = None;
    let result = run_phases(session, request, &phases, &mut run);
    result.map_err(|error| {
        let error = session.stop.name_signal(error);
        ledger::record_failure(session, request, run, &error);
        error
    })
}

fn run_phases(
    session: &mut Session<'_>,
    request: &Request,
    phases: &[Phase<'_>],
    committed: &mut Option<i64>,
) -> Result<RunReport> {
    let (now, rest) = match phases {
        [Phase::Metadata { .. }, rest @ ..] => (&phases[..1], rest),
        _ => (&phases[..0], phases),
    };
    waiting::begin(session);
    let (run, mut steps) = waiting::until_free(session, |session| {
        session.transaction(Keep::Yes, |session| begin(session, request, now, rest))
    })?;
    *committed = Some(run);
    session.leased = Some(run).filter(|_| request.origin == Origin::Job && !rest.is_empty());
    for phase in rest {
        session.stop.check_between()?;
        match phase {
            Phase::Metadata { .. } => {
                waiting::begin(session);
                steps.extend(waiting::until_free(session, |session| {
                    session.transaction(Keep::Yes, |session| {
                        let done = metadata(session, run, phase)?;
                        guard::check(session, run, &request.guard)?;
                        Ok(done)
                    })
                })?);
            }
            Phase::Kill { number, step } => steps.push(kill::run(session, run, *number, step)?),
        }
    }
    if !rest.is_empty() {
        close(session, request, run, Ok(&steps))?;
    }
    Ok(report(session, request, Some(run), steps))
}

/// The first transaction of a run: the phase that it holds, if any, and a look ahead at the rest, which no guard may
/// refuse.
fn begin(
    session: &mut Session<'_>,
    request: &Request,
    now: &[Phase<'_>],
    rest: &[Phase<'_>],
) -> Result<(i64, Vec<StepReport>)> {
    let run = open_here(session, request)?;
    let mut steps = Vec::new();
    for phase in now {
        steps.extend(metadata(session, run, phase)?);
    }
    guard::check(session, run, &request.guard)?;
    if rest.is_empty() {
        ledger::end(session, request, run, &steps)?;
    } else if may_refuse(request, rest) {
        let left_out = session.left_out.clone();
        session.store.look_ahead()?;
        kill_lock::overlook(session)?;
        let (_, refusal) =
            ahead(session, kill::now(session), run, request, rest, kill::Moved::AsNeeded)?;
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
    close_died(session.store, session.clock.now())?;
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

/// Finishes what earlier kills left in the deletion journal, as a run of its own.
///
/// # Errors
/// When the store is a copy, or the journal cannot be read or written.
pub fn resume(session: &mut Session<'_>, request: &Request) -> Result<RunReport> {
    kill::refuse_a_copy(session)?;
    let run = open(session, request)?;
    let result = kill::resume(session, run).and_then(|step| {
        let steps = vec![step];
        close(session, request, run, Ok(&steps))?;
        Ok(report(session, request, Some(run), steps))
    });
    result.map_err(|error| {
        let error = session.stop.name_signal(error);
        ledger::record_failure(session, request, Some(run), &error);
        error
    })
}

/// Shows what a request would do: the same statements, rolled back.
///
/// # Errors
/// Whatever would stop the run.
pub fn plan(session: &mut Session<'_>, request: &Request) -> Result<RunReport> {
    let phases = phases(&request.steps);
    let (steps, refusal) = session
        .transaction(Keep::No, |session| {
            let run = ledger::begin(session, request)?;
            ahead(session, session.logical, run, request, &phases, kill::Moved::AsNeeded)
        })
        .map_err(|error| session.stop.name_signal(error))?;
    let refused = refusal.map(|error| error.to_string());
    Ok(RunReport { refused, ..report(session, request, None, steps) })
}

/// Whether a transaction that succeeds is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Yes,
    No,
}

impl Request {
    /// A one-off command.
    pub fn command(name: impl Into<String>, guard: Guard, steps: Vec<Step>) -> Self {
        Self { origin: Origin::Command, name: name.into(), guard, steps, fire: None }
    }

    /// A job, for a fire of its schedule or by hand; where it sets no guard of its own, `guard` holds.
    pub fn job(job: &Job, guard: Guard, fire: Option<Fire>) -> Self {
        Self {
            origin: Origin::Job,
            name: job.name.clone(),
            guard: job.guard.or(guard),
            steps: job.steps.clone(),
            fire,
        }
    }
}

impl<'a> Session<'a> {
    /// A session that begins now, by the wall clock, as a worker of its own.
    pub fn new(
        store: &'a mut Store,
        config: &'a Config,
        clock: Clock,
        stop: &'a Stop,
        progress: &'a Progress,
    ) -> Self {
        let now = clock.now();
        Self {
            store,
            config,
            clock,
            worker: Worker::of_process(),
            stop,
            progress,
            began: now,
            logical: now,
            left_out: BTreeSet::new(),
            refusal: None,
            waiting: Waiting::default(),
            lease_ms: LEASE_MS,
            leased: None,
            recorded: None,
            term: None,
        }
    }

    /// As it is, of a program that began then, with another "now".
    #[must_use]
    pub fn of(self, logical: Instant, began: Instant) -> Self {
        Self { logical, began, ..self }
    }

    /// Gives signs of life of this session's run for as long as the answer is kept.
    pub fn heart(&self) -> Heart {
        Heart::start(self.store.path(), &self.worker, self.clock, self.lease_ms)
    }

    /// Tells in the report of datasources that have to be left alone, and remembers them for later steps.
    fn leave_out(&mut self, left_out: Vec<LeftOut>, report: &mut StepReport) {
        self.left_out.extend(left_out.iter().map(|one| one.datasource.clone()));
        report.left_out.extend(left_out);
    }

    /// Lets the statements of `work` finish whatever signal comes and whoever acts by now: what has happened to files
    /// must be written down.
    fn undisturbed<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.store.finish_undisturbed()?;
        let (leased, term) = (self.leased.take(), self.term.take());
        let result = work(self);
        (self.leased, self.term) = (leased, term);
        self.store.interrupt_on(self.stop.flag())?;
        result
    }

    /// Runs `work` in one transaction. It commits when `work` succeeds and `keep` says so, and rolls back otherwise.
    fn transaction<T>(
        &mut self,
        keep: Keep,
        work: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.store.begin()?;
        let result = if keep == Keep::Yes { lease::within(self, work) } else { work(self) };
        if result.is_ok() && keep == Keep::Yes {
            self.store.commit()?;
        } else {
            self.store.roll_back();
        }
        result
    }
}

/// All phases in one transaction that the caller rolls back; a kill decides as of `now`, moves rows as `moved` says,
/// and deletes no file. Answers what a guard refuses beside the reports.
fn ahead(
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
fn may_refuse(request: &Request, rest: &[Phase<'_>]) -> bool {
    let is_harmless = |phase: &Phase<'_>| matches!(phase, Phase::Kill { step, .. } if step.on_conflict != OnConflict::Fail);
    request.guard != Guard::default() || !rest.iter().all(is_harmless)
}

fn phases(steps: &[Step]) -> Vec<Phase<'_>> {
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

fn metadata(session: &mut Session<'_>, run: i64, phase: &Phase<'_>) -> Result<Vec<StepReport>> {
    let Phase::Metadata { first, steps } = phase else { return Ok(Vec::new()) };
    let mut reports = Vec::with_capacity(steps.len());
    for (number, step) in (*first..).zip(steps.iter()) {
        session.stop.check()?;
        let id = ledger::begin_step(session, run, number, step)?;
        let mut report =
            StepReport { step: number, op: step.op().to_owned(), ..StepReport::default() };
        match step {
            Step::MarkUsed(mark) => mark::mark(session, id, mark, mark::State::Used, &mut report)?,
            Step::MarkUnused(mark) => {
                mark::mark(session, id, mark, mark::State::Unused, &mut report)?;
            }
            Step::EnforceRules(enforce) => enforce::enforce(session, id, enforce, &mut report)?,
            Step::Import(import) => import::import(session, id, import, &mut report)?,
            Step::Check(check) => check::check(session, number, check)?,
            Step::Kill(_) => {
                return Err(Error::failed(
                    "a kill cannot run within a transaction of metadata steps",
                ));
            }
        }
        ledger::end_step(session, id, &report)?;
        reports.push(report);
    }
    Ok(reports)
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
        steps,
    }
}
