//! A thread that gives a long run's signs of life: a statement or a file may take longer than the run's lease.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::ToSql;

use crate::clock::Clock;
use crate::engine::{Expiry, Worker};
use crate::error::Result;
use crate::store::{Store, sql};

/// Beats as long as it lives.
#[derive(Debug)]
pub struct Heart {
    sender: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Heart {
    /// Prolongs all that `worker` runs, three times within the lease. A short run is over before the first beat, and
    /// costs no second connection.
    pub fn start(path: &Path, worker: &Worker, clock: Clock, lease_ms: i64) -> Self {
        let (sender, receiver) = mpsc::channel::<()>();
        let beat = Duration::from_millis(u64::try_from(lease_ms / 3).unwrap_or(1).max(1));
        let mut patient =
            Patient { path: path.to_owned(), worker: worker.clone(), clock, lease_ms, store: None };
        let thread = std::thread::spawn(move || {
            while receiver.recv_timeout(beat) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = patient.prolong() {
                    // While this process itself writes, nobody else can take the run over either.
                    tracing::debug!(%error, "the run could not be prolonged; the next beat tries again");
                }
            }
        });
        Self { sender: Some(sender), thread: Some(thread) }
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.sender.take();
        if let Some(thread) = self.thread.take() {
            // It has nothing to say but that it was dropped.
            let _ = thread.join();
        }
    }
}

/// Whose life is prolonged.
struct Patient {
    path: PathBuf,
    worker: Worker,
    clock: Clock,
    lease_ms: i64,
    store: Option<Store>,
}

impl Patient {
    fn prolong(&mut self) -> Result<()> {
        let store = match self.store.take() {
            Some(store) => store,
            None => Store::beside(&self.path)?,
        };
        let Expiry { wall_ms, awake_ms } = Expiry::after(self.clock, self.lease_ms);
        let parameters: [(&str, &dyn ToSql); 3] = [
            (":worker", &self.worker.name()),
            (":expires_ms", &wall_ms),
            (":expires_awake_ms", &awake_ms),
        ];
        let prolong = |sql| store.execute("cannot prolong the run", sql, &parameters);
        let result =
            prolong(sql::ledger::RENEW_RUNS).and_then(|_| prolong(sql::ledger::RENEW_STARTING));
        self.store = Some(store);
        result.map(drop)
    }
}
