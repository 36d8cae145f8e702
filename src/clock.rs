//! The only place that reads the time.

use crate::druid::Instant;
use crate::error::{Error, Result};

/// Where "now" comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still, for tests and documentation; it goes on where the program waits.
    Fixed(Instant),
}

impl Clock {
    /// The clock of this process. Builds with debug assertions (tests, never a release) take a fixed
    /// instant from `LOPPER_TEST_CLOCK`.
    pub fn of_process() -> Result<Self> {
        #[cfg(debug_assertions)]
        if let Ok(text) = std::env::var("LOPPER_TEST_CLOCK") {
            return Instant::parse(&text)
                .map(Clock::Fixed)
                .map_err(|error| Error::usage("cannot read LOPPER_TEST_CLOCK").because(error));
        }
        Ok::<Self, Error>(Self::System)
    }

    /// The wall clock's time, to the millisecond.
    pub fn now(self) -> Instant {
        match self {
            Self::System => Instant::from_millis(chrono::Utc::now().timestamp_millis()),
            Self::Fixed(instant) => instant,
        }
    }

    /// Lets so many milliseconds pass. A clock that stands still is moved instead, and nobody sleeps.
    pub fn pause(&mut self, millis: u64) {
        match self {
            Self::System => std::thread::sleep(std::time::Duration::from_millis(millis)),
            Self::Fixed(_) => {
                self.let_pass(millis);
                std::thread::yield_now();
            }
        }
    }

    /// The program has waited for so many milliseconds: moves a clock that stands still.
    pub fn let_pass(&mut self, millis: u64) {
        if let Self::Fixed(instant) = self {
            let millis = i64::try_from(millis).unwrap_or(i64::MAX);
            *instant = Instant::from_millis(instant.millis().saturating_add(millis));
        }
    }
}
