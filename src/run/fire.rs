//! A run for a fire of its job's schedule: that fire is decided in the transaction that begins the run, so that nobody
//! else runs it, and none is forgotten when the process dies before.

use rusqlite::ToSql;

use super::lease::superseded;
use super::{Request, Session};
use crate::druid::Instant;
use crate::error::{Error, Result};
use crate::failpoint;
use crate::store::{Store, sql};

const STEPS_BACK: &str = "another scheduler has taken over: this one steps back";

/// Why a run is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A fire, on time.
    Schedule,
    /// A fire, late: nothing could start it in time.
    CatchUp,
}

impl Cause {
    /// As the ledger has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::CatchUp => "catch-up",
        }
    }
}

/// A scheduler's turn: the lease that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The process, as the lease names it.
    pub worker: String,
    /// The lease's number; it grows each time that the lease changes hands.
    pub number: i64,
}

/// The fire that a run is for; the run's logical time is its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fire {
    /// When the schedule fired.
    pub at: Instant,
    /// Whether it is late.
    pub cause: Cause,
    /// 1, or more of a retry.
    pub attempt: u32,
    /// Earlier fires that are passed over with this one.
    pub missed: u64,
    /// The fire that was last decided, as far as the caller knows.
    pub known: Option<Instant>,
    /// The fire behind it.
    pub next: Option<Instant>,
    /// How long to wait before it is tried again when it fails for a reason that may pass, in milliseconds. `None`: no
    /// more retries.
    pub backoff_ms: Option<i64>,
    /// The scheduler's turn in which it runs; `None` where cron starts it.
    pub term: Option<Term>,
}

/// Decides the fire, in the caller's transaction.
///
/// # Errors
/// [`crate::error::Kind::Superseded`] when another process has decided it, or acts as the scheduler by now.
pub(super) fn decide(store: &Store, job: &str, fire: &Fire) -> Result<()> {
    let at = fire.at.millis();
    let (known, next) = (fire.known.map(Instant::millis), fire.next.map(Instant::millis));
    let parameters: [(&str, &dyn ToSql); 5] = [
        (":name", &job),
        (":fire_ms", &at),
        (":attempt", &fire.attempt),
        (":known_ms", &known),
        (":next_fire_ms", &next),
    ];
    let operation = "cannot record the fire of a schedule";
    let decided = store.execute(operation, sql::schedule::DECIDE_FIRE, &parameters)?;
    failpoint::reach("schedule::fire-decided");
    if decided == 0 {
        return Err(superseded(format!(
            "another process has decided the fire {} of job '{job}' meanwhile",
            fire.at
        )));
    }
    Ok(())
}

/// A sign of life of the scheduler in whose turn the run goes on; fails when another one acts by now.
pub(super) fn renew_term(session: &Session<'_>, term: &Term) -> Result<()> {
    let wall = session.clock.now().millis();
    let expires = wall.saturating_add(session.lease_ms);
    let parameters: [(&str, &dyn ToSql); 4] = [
        (":worker", &term.worker),
        (":term", &term.number),
        (":wall_ms", &wall),
        (":expires_ms", &expires),
    ];
    let operation = "cannot prolong the scheduler's lease";
    match session.store.execute(operation, sql::schedule::RENEW_LEASE, &parameters)? {
        0 => Err(superseded(STEPS_BACK)),
        _ => Ok(()),
    }
}

/// Fails when another scheduler acts by now.
///
/// # Errors
/// [`crate::error::Kind::Superseded`], or SQLite's.
pub fn hold(store: &Store, term: &Term) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 2] = [(":worker", &term.worker), (":term", &term.number)];
    let operation = "cannot look who schedules";
    let holds: bool =
        store.row(operation, sql::schedule::HOLDS_LEASE, &parameters, |row| row.get(0))?;
    if holds { Ok(()) } else { Err(superseded(STEPS_BACK)) }
}

/// Notes when the fire is tried again, in the caller's transaction; answers that time.
pub(super) fn retry(session: &Session<'_>, request: &Request) -> Result<()> {
    let Some((fire, backoff)) =
        request.fire.as_ref().and_then(|fire| Some((fire, fire.backoff_ms?)))
    else {
        return Ok(());
    };
    let retry = session.clock.now().millis().saturating_add(backoff);
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":name", &request.name), (":fire_ms", &fire.at.millis()), (":retry_ms", &retry)];
    session.store.execute("cannot record the retry", sql::schedule::RETRY, &parameters)?;
    failpoint::reach("schedule::retry-noted");
    Ok(())
}

/// Records that a fire is passed over, with the reason: nothing runs.
///
/// # Errors
/// As [`decide`].
pub fn pass_over(store: &Store, job: &str, fire: &Fire, wall: Instant, reason: &str) -> Result<()> {
    let work = || -> Result<()> {
        if let Some(term) = &fire.term {
            hold(store, term)?;
        }
        decide(store, job, fire)?;
        let operation = "cannot record a fire that is passed over";
        let parameters: [(&str, &dyn ToSql); 5] = [
            (":name", &job),
            (":logical_ms", &fire.at.millis()),
            (":wall_ms", &wall.millis()),
            (":missed", &fire.missed),
            (":message", &reason),
        ];
        store.execute(operation, sql::ledger::RECORD_SKIPPED, &parameters)?;
        failpoint::reach("schedule::fire-passed-over");
        Ok(())
    };
    store.begin()?;
    match work() {
        Ok(()) => store.commit(),
        Err(error) => {
            store.roll_back();
            Err::<(), Error>(error)
        }
    }
}
