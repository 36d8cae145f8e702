//! A run for a fire of its job's schedule: that fire is decided in the transaction that begins the run, so that nobody
//! else runs it, and none is forgotten when the process dies before.

use rusqlite::ToSql;

use crate::druid::Instant;
use crate::engine::lease::{expiry, superseded};
use crate::engine::{Expiry, Request, Session, starting};
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::store::{Store, sql};

const STEPS_BACK: &str = "another scheduler has taken over: this one steps back";

/// A job that catches up is run again after so many deaths of one scheduled time: it may be what its process dies of.
const MOST_DEATHS: i64 = 3;

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

/// What follows when a run is cut short: it is interrupted, or its process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutShort {
    /// How long after that its scheduled time is run again, in milliseconds.
    pub after_ms: i64,
    /// As what: a retry, or since the job catches up.
    pub cause: Cause,
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
    /// Since when the job's schedule holds, as far as the caller knows.
    pub since: Instant,
    /// The fire behind it.
    pub next: Option<Instant>,
    /// When the first fire behind it starts: a retry that would come later never comes.
    pub next_start: Option<Instant>,
    /// How long to wait before it is tried again when it fails for a reason that may pass, in milliseconds. `None`: no
    /// more retries.
    pub backoff_ms: Option<i64>,
    /// What follows when it is cut short. `None`: its hook is called.
    pub cut_short: Option<CutShort>,
    /// The scheduler's turn in which it runs; `None` where cron starts it.
    pub term: Option<Term>,
}

/// Decides the fire, in the caller's transaction.
///
/// # Errors
/// [`Kind::Stale`] when what the fire says of the job's memory does not hold any more.
pub(crate) fn decide(store: &Store, job: &str, fire: &Fire) -> Result<()> {
    let at = fire.at.millis();
    let (known, next) = (fire.known.map(Instant::millis), fire.next.map(Instant::millis));
    let cut_short_ms = fire.cut_short.map(|cut_short| cut_short.after_ms);
    let cut_short_cause = fire.cut_short.map(|cut_short| cut_short.cause.name());
    let parameters: [(&str, &dyn ToSql); 8] = [
        (":name", &job),
        (":fire_ms", &at),
        (":attempt", &fire.attempt),
        (":known_ms", &known),
        (":since_ms", &fire.since.millis()),
        (":next_fire_ms", &next),
        (":cut_short_ms", &cut_short_ms),
        (":cut_short_cause", &cut_short_cause),
    ];
    let operation = "cannot claim the scheduled time";
    let decided = store.execute(operation, sql::schedule::DECIDE_FIRE, &parameters)?;
    failpoint::reach("schedule::fire-decided");
    if decided == 0 {
        let message = format!(
            "the scheduled time {} of job '{job}' cannot be claimed as it was looked up: others have written meanwhile",
            fire.at
        );
        return Err(Error::new(Kind::Stale, message).help("run it again"));
    }
    Ok(())
}

/// Remembers a fire as claimed that has a row already, where the job's memory lacks it.
///
/// # Errors
/// SQLite's.
pub fn adopt(store: &Store, job: &str, fire: &Fire) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":name", &job), (":fire_ms", &fire.at.millis()), (":attempt", &fire.attempt)];
    store.execute("cannot record the job", sql::schedule::ADOPT_FIRE, &parameters).map(drop)
}

/// A sign of life of the scheduler in whose turn the run goes on; fails when another one acts by now.
pub(crate) fn renew_term(session: &Session<'_>, term: &Term) -> Result<()> {
    let wall = session.clock.now().millis();
    let Expiry { wall_ms, awake_ms } = expiry(session);
    let parameters: [(&str, &dyn ToSql); 5] = [
        (":worker", &term.worker),
        (":term", &term.number),
        (":wall_ms", &wall),
        (":expires_ms", &wall_ms),
        (":expires_awake_ms", &awake_ms),
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

/// Notes when the fire is tried again, in the caller's transaction, if it is; answers whether. `error`: what ended the run;
/// `None`: some files could not be deleted, which may pass.
pub(crate) fn try_again(
    session: &Session<'_>,
    request: &Request,
    error: Option<&Error>,
) -> Result<bool> {
    let Some(fire) = &request.fire else { return Ok(false) };
    let retry = || fire.backoff_ms.map(|after_ms| CutShort { after_ms, cause: Cause::Schedule });
    let again = match error {
        None => retry(),
        Some(error) if error.may_pass() => retry(),
        Some(error) if matches!(error.kind(), Kind::Interrupted(_)) => fire.cut_short,
        Some(_) => None,
    };
    let Some(CutShort { after_ms, cause }) = again else { return Ok(false) };
    let then = session.clock.now().millis().saturating_add(after_ms);
    if fire.next_start.is_some_and(|next| next.millis() <= then) {
        // The next scheduled time comes first, and takes its place.
        return Ok(false);
    }
    let parameters: [(&str, &dyn ToSql); 5] = [
        (":name", &request.name),
        (":fire_ms", &fire.at.millis()),
        (":attempt", &fire.attempt),
        (":retry_ms", &then),
        (":cause", &cause.name()),
    ];
    let noted =
        session.store.execute("cannot record the retry", sql::schedule::RETRY, &parameters)?;
    failpoint::reach("schedule::retry-noted");
    Ok(noted > 0)
}

/// Notes when the fire of a run that died is run again, in the caller's transaction, if it is.
pub(crate) fn retry_died(store: &Store, run: i64, wall: Instant) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":run", &run), (":wall_ms", &wall.millis()), (":most", &MOST_DEATHS)];
    store.execute("cannot record the retry", sql::schedule::RETRY_DIED, &parameters)?;
    failpoint::reach("schedule::died-to-be-retried");
    Ok(())
}

fn refuse_while_starting(store: &Store, job: &str, fire: &Fire) -> Result<()> {
    if starting::starting(store)?.iter().all(|run| run.name != job) {
        return Ok(());
    }
    let message = format!(
        "job '{job}' is running already, within its first transaction: the scheduled time {} is left to it, or to the next start",
        fire.at
    );
    Err(Error::new(Kind::Running, message))
}

/// Records that a fire is passed over, with the reason: nothing runs.
///
/// # Errors
/// As [`decide`]; [`Kind::Running`] while a run of the job is within its first transaction: it has claimed nothing yet, and
/// the time may be its own.
pub fn pass_over(store: &Store, job: &str, fire: &Fire, wall: Instant, reason: &str) -> Result<()> {
    let work = || -> Result<()> {
        if let Some(term) = &fire.term {
            hold(store, term)?;
        }
        refuse_while_starting(store, job, fire)?;
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
