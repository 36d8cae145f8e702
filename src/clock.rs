//! The only place that reads the time: the wall clock, which people and NTP set, and two that nobody sets.
//!
//! Instants that are stored or compared with a schedule are the wall's. How long something takes is measured by the time
//! since the boot ([`Stopwatch`]), which goes on while the machine sleeps. Whether a process still gives signs of life is
//! judged by [`Clock::awake_ms`], which stands still then: a process that slept with the machine has not missed one.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

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
            Self::System => Instant::from_millis(chrono::Utc::now().timestamp_millis() + step_ms()),
            Self::Fixed(instant) => instant,
        }
    }

    /// Milliseconds for which the machine has been awake since its boot: the same for all its processes, and nobody sets
    /// it. A clock that stands still is asked itself.
    pub fn awake_ms(self) -> i64 {
        match self {
            Self::System => millis(since(ClockId::Monotonic)),
            Self::Fixed(instant) => instant.millis(),
        }
    }

    /// Milliseconds since the machine's boot, its sleep included. A clock that stands still is asked itself.
    pub fn boot_ms(self) -> i64 {
        match self {
            Self::System => millis(since(ClockId::Boottime)),
            Self::Fixed(instant) => instant.millis(),
        }
    }

    /// Lets so many milliseconds pass. A clock that stands still is moved instead, and nobody sleeps.
    pub fn pause(&mut self, millis: u64) {
        match self {
            Self::System => std::thread::sleep(Duration::from_millis(millis)),
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

/// Measures how long something takes, whatever becomes of the wall clock. The machine's sleep counts.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Duration);

impl Stopwatch {
    /// Measures from now on.
    pub fn start() -> Self {
        Self(since(ClockId::Boottime))
    }

    /// The time that has passed.
    pub fn elapsed(self) -> Duration {
        since(ClockId::Boottime).saturating_sub(self.0)
    }
}

fn since(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// By how much somebody has set the wall clock, in milliseconds. Builds with debug assertions (tests, never a release)
/// read it from the file that `LOPPER_TEST_CLOCK_STEP` names, each time; nobody else can set a machine's clock in a test.
fn step_ms() -> i64 {
    #[cfg(debug_assertions)]
    {
        use std::path::PathBuf;
        use std::sync::LazyLock;
        static FILE: LazyLock<Option<PathBuf>> =
            LazyLock::new(|| std::env::var_os("LOPPER_TEST_CLOCK_STEP").map(PathBuf::from));
        let text = FILE.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        if let Some(step) = text.and_then(|text| text.trim().parse().ok()) {
            return step;
        }
    }
    0
}
