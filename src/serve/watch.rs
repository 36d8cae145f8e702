//! Metrics while a scheduler goes on: counts segments now and then, and writes the file when a run has ended.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::schedule::Health;
use crate::serve::datasources::{Counting, Datasource};
use crate::serve::page::{Scheduler, Seen};
use crate::serve::{Metrics, file};
use crate::store::Store;

/// How often the file is written though no run has ended.
const WRITE_EVERY: Duration = Duration::from_secs(15);

/// Runs may end many times a second; the file is not written oftener than this.
const WRITE_AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// The metrics of a scheduler.
#[derive(Debug)]
pub struct Watch {
    store: PathBuf,
    /// With how often the store had been opened anew by then.
    metrics: Mutex<(u64, Metrics)>,
    datasources: Mutex<Arc<Vec<Datasource>>>,
    health: Arc<Health>,
}

/// The thread behind a [`Watch`].
#[derive(Debug)]
pub struct Watching(JoinHandle<()>);

impl Watch {
    /// Watches a scheduler on a store, until it is over. `file`: where to write the page.
    ///
    /// # Errors
    /// When the store cannot be opened, the thread cannot start, or the file cannot be written.
    pub fn start(
        store: &Path,
        health: Arc<Health>,
        file: Option<PathBuf>,
    ) -> Result<(Arc<Self>, Watching)> {
        let watch = Arc::new(Self {
            store: store.to_owned(),
            metrics: Mutex::new((health.opened(), Metrics::of(store)?)),
            datasources: Mutex::default(),
            health,
        });
        let counter = Store::beside_to_read(store)?;
        let its_watch = Arc::clone(&watch);
        let thread = std::thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || its_watch.go_on(counter, file.as_deref()))
            .map_err(|error| {
                Error::failed("cannot start a thread for the metrics").because(error)
            })?;
        Ok((watch, Watching(thread)))
    }

    /// The page of this moment. Segments are those of the last count.
    ///
    /// # Errors
    /// SQLite's.
    pub fn page(&self) -> Result<String> {
        let datasources =
            Arc::clone(&self.datasources.lock().unwrap_or_else(PoisonError::into_inner));
        let state = self.health.state().unwrap_or_default();
        let seen = Seen {
            scheduler: Some(Scheduler { acts: state.acts, broken: state.broken }),
            jitters: self.health.jitters(),
        };
        let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        let opened = self.health.opened();
        if metrics.0 != opened {
            *metrics = (opened, Metrics::of(&self.store)?);
        }
        metrics.1.page(&datasources, &seen)
    }

    /// What the scheduler has told of itself.
    pub fn health(&self) -> &Health {
        &self.health
    }

    fn go_on(&self, mut store: Store, file: Option<&Path>) {
        let (mut counting, mut ended) = (Counting::default(), 0);
        let (mut is_written, mut opened) = (true, self.health.opened());
        loop {
            if self.health.opened() != opened
                && let Ok(anew) = Store::beside_to_read(&self.store)
            {
                (store, counting, opened) = (anew, Counting::default(), self.health.opened());
            }
            self.count(&mut counting, &store, false);
            is_written = self.write(file, is_written);
            let Some(by_now) = self.health.wait(ended, WRITE_EVERY) else { break };
            if by_now != ended && self.health.wait(u64::MAX, WRITE_AT_MOST_EVERY).is_none() {
                break;
            }
            ended = by_now;
        }
        self.count(&mut counting, &store, true);
        self.write(file, is_written);
    }

    fn count(&self, counting: &mut Counting, store: &Store, ends: bool) {
        match counting.count(store, ends) {
            Ok(Some(datasources)) => {
                *self.datasources.lock().unwrap_or_else(PoisonError::into_inner) =
                    Arc::new(datasources);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!("segments are not counted now: {error}"),
        }
    }

    /// Answers whether it was written. That it was not is told once.
    fn write(&self, path: Option<&Path>, was_written: bool) -> bool {
        let Some(path) = path else { return true };
        match self.page().and_then(|page| file::write(path, &page)) {
            Ok(()) => true,
            Err(error) => {
                if was_written {
                    tracing::warn!("{error}");
                }
                false
            }
        }
    }
}

impl Watching {
    /// Waits until the file is written for the last time. The scheduler must be over.
    pub fn end(self) {
        if self.0.join().is_err() {
            tracing::error!("the thread of the metrics has panicked");
        }
    }
}
