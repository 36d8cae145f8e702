//! The ledger: what was asked, what came of it, and reading that back.

use std::collections::BTreeSet;

use rusqlite::Row;
use serde::Serialize;

use crate::druid::Instant;
use crate::engine::operation::Operation;
use crate::engine::report::{Outcome, StepReport};
use crate::engine::{Keep, Origin, Request, Session, failure_hook, fire, lease, starting};
use crate::error::{Error, Kind, Result};
use crate::escape::escape;
use crate::failpoint;
use crate::store::{Store, sql};

/// Ids that a step's report keeps in the store; the printed report has all.
const KEPT_IDS: usize = 1000;

/// Datasources that a run's message names; its report has all.
const NAMED: usize = 10;

/// Records that a run begins; answers its number.
pub(crate) fn begin(session: &Session<'_>, request: &Request) -> Result<i64> {
    begin_at(session, request, session.clock.now())
}

/// As [`begin`], of a run that began then.
fn begin_at(session: &Session<'_>, request: &Request, wall: Instant) -> Result<i64> {
    let kind = match request.origin {
        Origin::Job => "job",
        Origin::Command => "command",
    };
    let fire = request.fire.as_ref();
    if let Some(fire) = fire {
        fire::decide(session.store, &request.name, fire)?;
        failure_hook::is_followed(session.store, &request.name, fire)?;
    }
    if request.origin == Origin::Job {
        starting::forget(session.store, session.worker.name())?;
    }
    let expiry = lease::expiry(session);
    let (logical, wall) = (session.logical.millis(), wall.millis());
    session.store.execute(
        "cannot record the run",
        sql::ledger::BEGIN_RUN,
        &[
            (":kind", &kind),
            (":name", &request.name),
            (":logical_ms", &logical),
            (":wall_ms", &wall),
            (":cause", &fire.map_or("hand", |fire| fire.cause.name())),
            (":attempt", &fire.map_or(1, |fire| fire.attempt)),
            (":missed", &fire.map_or(0, |fire| fire.missed)),
            (":worker", &session.worker.name()),
            (":expires_ms", &expiry.wall_ms),
            (":expires_awake_ms", &expiry.awake_ms),
        ],
    )?;
    failpoint::reach("run::begun");
    Ok(session.store.connection.last_insert_rowid())
}

/// Records that a run came to its end, and what it had to leave out. Files that could not be deleted are a reason to try
/// again.
pub(crate) fn end(
    session: &Session<'_>,
    request: &Request,
    run: i64,
    steps: &[StepReport],
) -> Result<()> {
    let outcome = Outcome::of(steps);
    end_as(session, run, outcome.name(), what_is_left(steps).as_deref())?;
    if outcome == Outcome::Done {
        return Ok(());
    }
    let may_pass = steps.iter().any(|step| step.has_failed_files() || step.has_missing_places());
    let is_tried_again = may_pass && fire::try_again(session, request, None)?;
    failure_hook::owe(session, request, run, is_tried_again)
}

/// What a partial run left, in a line.
fn what_is_left(steps: &[StepReport]) -> Option<String> {
    let left_out: BTreeSet<&str> =
        steps.iter().flat_map(|step| &step.left_out).map(|one| one.datasource.as_str()).collect();
    let names: Vec<String> =
        left_out.iter().take(NAMED).map(|name| format!("'{}'", escape(name))).collect();
    let mut parts = Vec::new();
    if !names.is_empty() {
        let more = match left_out.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let what = if left_out.len() == 1 { "datasource" } else { "datasources" };
        parts.push(format!(
            "{what} left out: {}{more} (why: leftOut in the report of the view steps)",
            names.join(", ")
        ));
    }
    if steps.iter().any(StepReport::has_failed_files) {
        parts.push("some files could not be deleted: see the view deletions".to_owned());
    }
    if steps.iter().any(StepReport::has_missing_places) {
        parts.push("a place of deep storage shows no files: see the view warnings".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn end_as(session: &Session<'_>, run: i64, outcome: &str, message: Option<&str>) -> Result<()> {
    let wall = session.clock.now().millis();
    session.store.execute(
        "cannot record the run's end",
        sql::ledger::END_RUN,
        &[(":run", &run), (":outcome", &outcome), (":message", &message), (":wall_ms", &wall)],
    )?;
    failpoint::reach("run::ended");
    Ok(())
}

/// Records a run that failed: `run` when a part of it was committed, else a run of its own without steps. What a
/// person mistyped leaves no trace, nor does a store that another process keeps locked, nor a run that others have taken
/// over. The error that is being reported matters more than trouble in recording it, which is logged.
pub(crate) fn record_failure(
    session: &mut Session<'_>,
    request: &Request,
    run: Option<i64>,
    error: &Error,
) {
    session.recorded = run;
    let leaves_no_trace = match error.kind() {
        Kind::Usage => request.fire.is_none() && run.is_none(),
        Kind::Busy => run.is_none(),
        Kind::Running => request.fire.is_some() || request.waits,
        Kind::Superseded | Kind::Stale => true,
        _ => false,
    };
    if leaves_no_trace {
        return;
    }
    let outcome = error.outcome();
    let message = error.to_string();
    let recorded = session.undisturbed(|session| {
        session.transaction(Keep::Yes, |session| {
            let run = match run {
                Some(run) => run,
                None => begin_at(session, request, session.asked)?,
            };
            keep_warnings(session, run)?;
            end_as(session, run, outcome, Some(&message))?;
            let is_tried_again = fire::try_again(session, request, Some(error))?;
            failure_hook::owe(session, request, run, is_tried_again)?;
            Ok(run)
        })
    });
    match recorded {
        Ok(run) => session.recorded = Some(run),
        Err(trouble) => {
            tracing::warn!(error = %trouble, "the failed run could not be recorded in the ledger");
        }
    }
}

/// What steps that were rolled back have warned of stays, as steps that did nothing.
fn keep_warnings(session: &Session<'_>, run: i64) -> Result<()> {
    for warned in &session.warned {
        let step = begin_step_as(session, run, warned.step, &warned.op, "{}")?;
        end_step(session, step, warned)?;
    }
    Ok(())
}

/// Records that a step begins; answers its number in the store.
pub(crate) fn begin_step(
    session: &Session<'_>,
    run: i64,
    number: usize,
    step: &dyn Operation,
) -> Result<i64> {
    begin_step_as(session, run, number, step.name(), &step.arguments()?)
}

/// As [`begin_step`], with the arguments as JSON text.
pub(crate) fn begin_step_as(
    session: &Session<'_>,
    run: i64,
    number: usize,
    op: &str,
    arguments: &str,
) -> Result<i64> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    session.store.execute(
        "cannot record the step",
        sql::ledger::BEGIN_STEP,
        &[(":run", &run), (":number", &number), (":op", &op), (":arguments", &arguments)],
    )?;
    failpoint::reach("run::step-begun");
    Ok(session.store.connection.last_insert_rowid())
}

/// Records what a step did.
pub(crate) fn end_step(session: &Session<'_>, step: i64, report: &StepReport) -> Result<()> {
    let mut kept = report.clone();
    kept.not_found.truncate(KEPT_IDS);
    let kept = serde_json::to_string(&kept)
        .map_err(|error| Error::failed("cannot write the step's report as JSON").because(error))?;
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    session.store.execute(
        "cannot record the step's end",
        sql::ledger::END_STEP,
        &[
            (":step", &step),
            (":selected", &count(report.selected)),
            (":skipped", &count(report.skipped)),
            (":changed", &count(report.num_changed_segments)),
            (
                ":changed_bytes",
                &count(
                    report
                        .by_datasource
                        .iter()
                        .fold(0, |sum: u64, one| sum.saturating_add(one.size)),
                ),
            ),
            (":files_deleted", &count(report.kill.as_ref().map_or(0, |kill| kill.files_deleted))),
            (":report", &kept),
            (":warnings", &report.warnings.len()),
        ],
    )?;
    failpoint::reach("run::step-ended");
    Ok(())
}

/// The number of a reason text, which is added if it is new.
pub(crate) fn reason(session: &Session<'_>, text: &str) -> Result<i64> {
    let operation = "cannot record the reason";
    session.store.execute(operation, sql::ledger::ADD_REASON, &[(":text", &text)])?;
    failpoint::reach("run::reason-added");
    session.store.row(operation, sql::ledger::REASON, &[(":text", &text)], |row| row.get(0))
}

/// A run, as `history` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct RunRow {
    /// Its number; none while its first transaction goes on.
    pub run: Option<i64>,
    /// `job`, `command` or `sql`.
    pub kind: String,
    /// The job's name, or the command.
    pub name: String,
    /// The "now" that decisions were made for.
    pub logical_time: Option<String>,
    /// Wall clock.
    pub started: Option<String>,
    /// Wall clock; none while it runs.
    pub ended: Option<String>,
    /// How it ended.
    pub outcome: String,
    /// Changes of state.
    pub changed: i64,
    /// Why it failed, was refused or is partial.
    pub message: Option<String>,
    /// Warnings of its steps.
    pub warnings: i64,
}

fn run_from(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run: row.get(0)?,
        kind: row.get(1)?,
        name: row.get(2)?,
        logical_time: row.get(3)?,
        started: row.get(4)?,
        ended: row.get(5)?,
        outcome: row.get(6)?,
        changed: row.get(7)?,
        message: row.get(8)?,
        warnings: row.get(9)?,
    })
}

/// A step of a run, as `history RUN` shows it.
#[derive(Debug, Clone, Serialize)]
pub struct StepRow {
    /// 1, 2, … within the run.
    pub step: i64,
    /// The operation.
    pub op: String,
    /// Segments that the step meant.
    pub selected: Option<i64>,
    /// Changes of state.
    pub changed: i64,
    /// Left alone because of a lock.
    pub skipped: Option<i64>,
    /// Its arguments, as JSON.
    pub arguments: String,
    /// Its report, as JSON.
    pub report: Option<String>,
    /// Warnings in its report.
    pub warnings: Option<i64>,
}

/// The latest `limit` runs, newest first.
///
/// # Errors
/// SQLite's.
pub fn history(store: &Store, limit: u32) -> Result<Vec<RunRow>> {
    let operation = "cannot read the history";
    let ended = store.rows(operation, sql::ledger::HISTORY, &[(":limit", &limit)], run_from)?;
    let rows = starting::starting(store)?.into_iter().chain(ended);
    Ok(rows.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
}

/// One run, if there is one of that number.
///
/// # Errors
/// SQLite's.
pub fn run_row(store: &Store, run: i64) -> Result<Option<RunRow>> {
    store
        .rows("cannot read the history", sql::ledger::RUN, &[(":run", &run)], run_from)
        .map(|rows| rows.into_iter().next())
}

/// The steps of a run, in order.
///
/// # Errors
/// SQLite's.
pub fn run_steps(store: &Store, run: i64) -> Result<Vec<StepRow>> {
    store.rows("cannot read the history", sql::ledger::RUN_STEPS, &[(":run", &run)], |row| {
        Ok(StepRow {
            step: row.get(0)?,
            op: row.get(1)?,
            selected: row.get(2)?,
            changed: row.get(3)?,
            skipped: row.get(4)?,
            arguments: row.get(5)?,
            report: row.get(6)?,
            warnings: row.get(7)?,
        })
    })
}

/// How many warnings the committed steps of a run have.
///
/// # Errors
/// SQLite's.
pub fn run_warnings(store: &Store, run: i64) -> Result<u64> {
    let operation = "cannot count the warnings of a run";
    store.row(operation, sql::ledger::COUNT_WARNINGS, &[(":run", &run)], |row| row.get(0))
}

/// The first `limit` changes of a run: step, id, before, after, reason.
///
/// # Errors
/// SQLite's.
pub fn run_changes(store: &Store, run: i64, limit: u32) -> Result<Vec<[String; 5]>> {
    let parameters: [(&str, &dyn rusqlite::ToSql); 2] = [(":run", &run), (":limit", &limit)];
    store.rows("cannot read the history", sql::ledger::RUN_CHANGES, &parameters, |row| {
        let text = |index| row.get::<_, Option<String>>(index).map(Option::unwrap_or_default);
        Ok([row.get::<_, i64>(0)?.to_string(), text(1)?, text(2)?, text(3)?, text(4)?])
    })
}
