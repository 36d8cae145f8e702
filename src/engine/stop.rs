//! What ends a run from outside: a signal, its time limit, or the scheduler's wish. The statement that runs is
//! interrupted and its transaction rolls back; a wish waits until the transaction has ended.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::clock::Stopwatch;
use crate::druid::Period;
use crate::error::{Error, Kind, Result};
use crate::exit_code;

/// What the flag holds when the time limit is over; no signal has this number.
const TIMED_OUT: usize = 1 << 16;

/// How long a run whose time is over may take to find that out before the process ends for it. What is known to hang is
/// left within a second; this is for what nothing else ends, and must not be met by a disk that is slow at a commit.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// How often a time limit is looked at, at least.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Tells one run that it has to stop.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// The number of the signal that asked for it; 0 means none.
    now: Arc<AtomicUsize>,
    /// Whether to stop at the end of the transaction.
    soon: Arc<AtomicBool>,
    /// Whether the run has found out that it has to stop: it ends by itself.
    seen: Arc<AtomicBool>,
    /// How long the run may take whose time is counted.
    limit: Arc<Mutex<Option<Period>>>,
}

impl Stop {
    /// Listens for SIGINT and SIGTERM from now on. A second signal ends the process at once.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub fn on_signals() -> Result<Self> {
        let stop = Self::default();
        let again = Arc::new(AtomicBool::new(false));
        for (signal, number) in [(SIGINT, 2), (SIGTERM, 15)] {
            flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))
                .and_then(|_| flag::register(signal, Arc::clone(&again)))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&stop.now), number))
                .map_err(|error| Error::failed("cannot listen for signals").because(error))?;
        }
        Ok(stop)
    }

    /// Stops the run at the end of its transaction.
    pub fn soon(&self) {
        self.soon.store(true, Ordering::Relaxed);
    }

    /// Stops the run now, as a signal does.
    pub fn now(&self) {
        let _ = self.now.compare_exchange(0, 15, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Stops the run now when it has taken as long as `limit`, which is so many milliseconds by now. One that does not find
    /// out, because it is in the middle of a single operation of SQLite's without an end, is ended with the process, as by
    /// a crash: it may hold the write lock, and nothing else would free that.
    pub fn after(&self, limit: &Period, millis: u64) -> Timer {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = Some(*limit);
        let (sender, receiver) = mpsc::channel::<()>();
        self.seen.store(false, Ordering::Relaxed);
        let (now, seen, told) = (Arc::clone(&self.now), Arc::clone(&self.seen), *limit);
        let (begun, limit) = (Stopwatch::start(), Duration::from_millis(millis));
        let thread = std::thread::spawn(move || {
            // A channel's own clock stands still while the machine sleeps.
            let left = || limit.saturating_sub(begun.elapsed()).min(LOOK_EVERY);
            while receiver.recv_timeout(left()) == Err(RecvTimeoutError::Timeout) {
                if begun.elapsed() >= limit {
                    let timed_out = TIMED_OUT;
                    let _ =
                        now.compare_exchange(0, timed_out, Ordering::Relaxed, Ordering::Relaxed);
                    let ended = receiver.recv_timeout(LAST_MOMENT);
                    if ended == Err(RecvTimeoutError::Timeout) && !seen.load(Ordering::Relaxed) {
                        end_the_process(&told);
                    }
                    return;
                }
            }
        });
        Timer { now: Arc::clone(&self.now), sender: Some(sender), thread: Some(thread) }
    }

    /// The flag itself, for the database's progress handler: not 0 means now.
    pub fn flag(&self) -> &Arc<AtomicUsize> {
        &self.now
    }

    /// Fails when the run must stop now.
    ///
    /// # Errors
    /// [`Kind::Interrupted`] with the signal's number, or [`Kind::TimedOut`].
    pub fn check(&self) -> Result<()> {
        match self.now.load(Ordering::Relaxed) {
            0 => Ok(()),
            _ => Err(self.stopped()),
        }
    }

    /// Fails when the run must stop now or soon: asked between two transactions.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_between(&self) -> Result<()> {
        if self.soon.load(Ordering::Relaxed) { Err(self.stopped()) } else { self.check() }
    }

    /// Gives an interruption its cause.
    pub fn name_signal(&self, error: Error) -> Error {
        match error.kind() {
            Kind::Interrupted(_) => self.stopped(),
            // It was not waited for.
            Kind::Busy if self.check().is_err() => self.stopped(),
            _ => error,
        }
    }

    fn stopped(&self) -> Error {
        self.seen.store(true, Ordering::Relaxed);
        let number = self.now.load(Ordering::Relaxed);
        if number == TIMED_OUT {
            let limit = *self.limit.lock().unwrap_or_else(PoisonError::into_inner);
            let limit = limit.map_or_else(String::new, |limit| format!(" of {limit}"));
            return Error::new(
                Kind::TimedOut,
                format!("the timeout{limit} is over; the transaction that was open is rolled back"),
            )
            .help("give the job a longer `timeout`, or less to do");
        }
        let signal = if number == 2 { SIGINT } else { SIGTERM };
        let name = if signal == SIGTERM { "SIGTERM" } else { "SIGINT" };
        Error::new(
            Kind::Interrupted(signal),
            format!("stopped by {name}; the transaction that was open is rolled back"),
        )
        .help("run it again: what was committed before stays, and the rest is done then")
    }
}

fn end_the_process(limit: &Period) -> ! {
    let error = Error::failed(format!(
        "the timeout of {limit} is over, and a run does not look whether to stop: the process ends without it, as in a crash"
    ))
    .help("what it had committed stands, and the next start closes it as died; look for functions over very long values in its SQL");
    tracing::error!("{}", error.log_line());
    std::process::exit(i32::from(exit_code::FAILED))
}

/// Counts a run's time; dropped, it counts no more.
#[derive(Debug)]
pub struct Timer {
    now: Arc<AtomicUsize>,
    sender: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.sender.take();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say but that it was dropped.
            let _ = thread.join();
            // Another attempt has its own time.
            let _ = self.now.compare_exchange(TIMED_OUT, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }
}
