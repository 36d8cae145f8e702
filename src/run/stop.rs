//! SIGINT and SIGTERM: the statement that runs is interrupted, its transaction rolls back, and the run is
//! recorded as interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Error, Kind, Result};

/// Holds the number of the signal that asked this process to stop; 0 means none.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicUsize>);

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
                .and_then(|_| flag::register_usize(signal, Arc::clone(&stop.0), number))
                .map_err(|error| Error::failed("cannot listen for signals").because(error))?;
        }
        Ok(stop)
    }

    /// The flag itself, for the database's progress handler.
    pub fn flag(&self) -> &Arc<AtomicUsize> {
        &self.0
    }

    /// Fails when a signal has come.
    ///
    /// # Errors
    /// [`Kind::Interrupted`] with the signal's number.
    pub fn check(&self) -> Result<()> {
        match self.signal() {
            0 => Ok(()),
            signal => Err(stopped(signal)),
        }
    }

    /// Gives an interruption the number of the signal that caused it.
    pub fn name_signal(&self, error: Error) -> Error {
        match error.kind() {
            Kind::Interrupted(_) => stopped(self.signal()),
            _ => error,
        }
    }

    fn signal(&self) -> i32 {
        i32::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(SIGTERM)
    }
}

fn stopped(signal: i32) -> Error {
    let name = if signal == SIGTERM { "SIGTERM" } else { "SIGINT" };
    Error::new(
        Kind::Interrupted(signal),
        format!("stopped by {name}; the transaction that was open is rolled back"),
    )
    .help("run it again: what was committed before stays, and the rest is done then")
}
