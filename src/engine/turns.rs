//! Turns: whoever writes batch after batch leaves the write lock alone now and then, so that others get it.

use std::time::{Duration, Instant};

/// How long the write lock may be had, batch after batch, before others get a turn.
const HELD: Duration = Duration::from_millis(50);

/// How long a turn of others lasts. Waiting programs ask again after 25 ms and more (SQLite's own busy handler, from its
/// fifth attempt on): a turn as long as that is noticed.
const TURN: Duration = Duration::from_millis(26);

/// When the lock was last taken and left.
#[derive(Debug)]
pub(crate) struct Turns {
    held: Duration,
    left: Instant,
    taken: Instant,
}

impl Default for Turns {
    fn default() -> Self {
        let now = Instant::now();
        Self { held: Duration::ZERO, left: now, taken: now }
    }
}

impl Turns {
    /// Before a transaction: waits if others have not had the lock for long.
    pub(crate) fn give(&mut self) {
        let free = self.left.elapsed();
        if free >= TURN {
            self.held = Duration::ZERO;
        } else if self.held >= HELD {
            std::thread::sleep(TURN - free);
            self.held = Duration::ZERO;
        }
        self.taken = Instant::now();
    }

    /// After it.
    pub(crate) fn taken(&mut self) {
        self.left = Instant::now();
        self.held += self.left - self.taken;
    }
}
