//! Waiting for whoever holds the store's write lock. SQLite's own wait asks nobody whether to stop, and takes its five seconds
//! whatever the time limit of the run.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::BUSY_TIMEOUT;

/// How long it is waited once the run has to stop, where what has happened is to be written down.
const LAST_PATIENCE: Duration = Duration::from_millis(400);

/// The longest pause between two tries.
const PAUSE_MS: u64 = 50;

/// What the wait of this thread looks at. (SQLite's handler is a bare function; a run's connection stays in one thread.)
#[derive(Default)]
struct Wait {
    stop: Option<Arc<AtomicUsize>>,
    records: bool,
    begun: Option<Instant>,
    stopped: Option<Instant>,
}

thread_local! {
    static WAIT: RefCell<Wait> = RefCell::default();
}

/// Lets waits of this connection end soon after `stop` is not 0.
pub(super) fn ends_on(
    connection: &mut Connection,
    stop: &Arc<AtomicUsize>,
) -> rusqlite::Result<()> {
    WAIT.with_borrow_mut(|wait| *wait = Wait { stop: Some(Arc::clone(stop)), ..Wait::default() });
    connection.busy_handler(Some(goes_on))
}

/// From now on it is written down what has happened: a wait takes a moment longer.
pub(super) fn records() {
    WAIT.with_borrow_mut(|wait| wait.records = true);
}

fn goes_on(tries: i32) -> bool {
    let goes_on = WAIT.try_with(|wait| wait.borrow_mut().goes_on(tries == 0));
    if !goes_on.unwrap_or(false) {
        return false;
    }
    let pause = u64::try_from(tries).unwrap_or(0).saturating_mul(2).clamp(1, PAUSE_MS);
    std::thread::sleep(Duration::from_millis(pause));
    true
}

impl Wait {
    fn goes_on(&mut self, is_first: bool) -> bool {
        let now = Instant::now();
        if is_first {
            (self.begun, self.stopped) = (Some(now), None);
        }
        let begun = *self.begun.get_or_insert(now);
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed) != 0) {
            let stopped = *self.stopped.get_or_insert(now);
            let patience = if self.records { LAST_PATIENCE } else { Duration::ZERO };
            return now < stopped + patience;
        }
        now < begun + BUSY_TIMEOUT
    }
}
