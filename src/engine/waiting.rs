//! `on_conflict = "wait"`: what is done in a transaction and meets a lock is rolled back, so that others can write, and
//! is tried again when the lock is gone. A plan never waits: it tells.

use rusqlite::ToSql;

use crate::druid::{Instant, Period};
use crate::engine::locks::Lock;
use crate::engine::report::{StepReport, Warning};
use crate::engine::{Session, locks};
use crate::error::{Error, Result};
use crate::store::sql;

/// How often a lock is looked at, in milliseconds.
const LOOK_EVERY_MS: u64 = 200;

/// How a session takes locks that may be waited for.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Nothing that is done now is kept: nobody waits for it.
    looks_ahead: bool,
    /// The lock that the transaction was given up for, and how long it may be waited for in all.
    met: Option<(Lock, Period)>,
    /// Milliseconds that were waited for locks of one phase, or of one kill.
    waited_ms: i64,
}

impl Waiting {
    /// Whether nothing that is done now is kept.
    pub(crate) fn looks_ahead(&self) -> bool {
        self.looks_ahead
    }
}

/// A step that may wait up to `period` has met a lock: ends the transaction with an error that [`until_free`] knows,
/// or warns where nobody waits.
pub(crate) fn meet(
    session: &mut Session<'_>,
    lock: Lock,
    period: Period,
    error: Error,
    report: &mut StepReport,
) -> Result<()> {
    if session.waiting.looks_ahead {
        let message = format!("{lock}: a run waits up to {period} for it, and then fails");
        // Passes of one step look one by one.
        if report.warnings.iter().all(|warning| warning.message != message) {
            report.warnings.push(Warning::new("locked", message));
        }
        return Ok(());
    }
    session.waiting.met = Some((lock, period));
    Err(error)
}

/// Looks ahead: what meets a lock meanwhile warns of it.
pub(crate) fn never<T>(
    session: &mut Session<'_>,
    work: impl FnOnce(&mut Session<'_>) -> Result<T>,
) -> Result<T> {
    let before = std::mem::replace(&mut session.waiting.looks_ahead, true);
    let result = work(session);
    session.waiting.looks_ahead = before;
    result
}

/// Begins to count what a phase, or a kill, waits.
pub(crate) fn begin(session: &mut Session<'_>) {
    session.waiting.waited_ms = 0;
}

/// Does `work`, which is a transaction, again and again until it meets no lock that it may wait for.
///
/// # Errors
/// Those of `work`; when the time is over, that it has met a lock; when a signal comes.
pub(crate) fn until_free<T>(
    session: &mut Session<'_>,
    mut work: impl FnMut(&mut Session<'_>) -> Result<T>,
) -> Result<T> {
    let left_out = session.left_out.clone();
    loop {
        let result = work(session);
        let (Err(_), Some((lock, period))) = (&result, session.waiting.met.take()) else {
            return result;
        };
        tracing::warn!("{lock}: waiting up to {period} for it");
        if !wait(session, &lock, period)? {
            return result.map_err(|error| {
                let waited = format!("waited {period} for a lock, and it is still held");
                let help = "wait longer (wait = \"…\", or --wait), or ask who holds it: `lopper lock list`";
                Error::locked(waited).because(error).help(help)
            });
        }
        session.left_out.clone_from(&left_out);
        session.refusal = None;
    }
}

/// Waits until a lock is gone; answers `false` when the time is over before that.
fn wait(session: &mut Session<'_>, met: &Lock, period: Period) -> Result<bool> {
    let (begun, from) = (session.clock.boot_ms(), session.clock.now());
    let earlier = session.waiting.waited_ms;
    // Its length is a matter of the calendar; how much of it has passed is none of the wall clock.
    let until = period
        .add_to(from)
        .map_err(|error| Error::usage("cannot wait for a lock").because(error))?;
    let limit_ms = until.millis().saturating_sub(from.millis());
    loop {
        // No transaction is open: whoever asks for an end of the run gets it now.
        session.stop.check_between()?;
        session.waiting.waited_ms = earlier + (session.clock.boot_ms() - begun);
        locks::give_back_of_the_dead(session.store)?;
        if !is_held(session, met, session.clock.now())? {
            return Ok(true);
        }
        if session.waiting.waited_ms >= limit_ms {
            return Ok(false);
        }
        session.clock.pause(LOOK_EVERY_MS);
    }
}

fn is_held(session: &Session<'_>, lock: &Lock, wall: Instant) -> Result<bool> {
    let (created, wall) = (lock.created.millis(), wall.millis());
    let parameters: [(&str, &dyn ToSql); 3] =
        [(":lock", &lock.id), (":created_ms", &created), (":wall_ms", &wall)];
    session.store.row("cannot look for a lock", sql::lock::IS_HELD, &parameters, |row| row.get(0))
}
