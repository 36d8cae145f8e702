//! Which jobs are in force: the scheduler looks at their files, tells the store of them, and takes from it what it remembers.

use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use crate::config::Config;
use crate::engine::{close_died, close_died_with};
use crate::error::{Kind, Result};
use crate::job::Job;
use crate::schedule::files::{Event as FileEvent, Read};
use crate::schedule::memory::{OwedFrom, keep, keep_in_force, keep_next_fires, memories};
use crate::schedule::odd_times::odd_times;
use crate::schedule::scheduler::{PATIENCE, Scheduler};

/// How often the job files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Scheduler {
    /// Looks at the job files.
    pub(super) fn look(&mut self, read: Read) -> Result<()> {
        self.next_look = Moment::now() + LOOK_EVERY;
        let was_whole = self.files.is_whole();
        let events = self.files.look(read);
        for event in &events {
            event.tell();
            if let FileEvent::InForce { job, .. } = event {
                self.tell_of_odd_times(job);
            }
        }
        let is_news = |event: &FileEvent| {
            matches!(event, FileEvent::InForce { .. } | FileEvent::Removed { .. })
        };
        let is_news = events.iter().any(is_news) || (!was_whole && self.files.is_whole());
        if self.acts && is_news { self.put_in_force() } else { Ok(()) }
    }

    fn tell_of_odd_times(&self, name: &str) {
        let job = self.files.job(name);
        for odd in job.iter().flat_map(|job| odd_times(job, self.clock.now())) {
            tracing::warn!(job = %name, "{odd}");
        }
    }

    /// Tells the store which jobs are in force, and takes from it what it remembers.
    pub(super) fn put_in_force(&mut self) -> Result<()> {
        let wall = self.clock.now();
        let told = self.write(|scheduler| {
            match scheduler.lease.predecessor() {
                Some(gone) => close_died_with(&scheduler.store, gone, scheduler.clock)?,
                None => close_died(&scheduler.store, scheduler.clock)?,
            };
            let (store, mut jobs) = (&scheduler.store, scheduler.files.in_force().map(Arc::as_ref));
            if scheduler.files.is_whole() {
                keep_in_force(store, jobs, &scheduler.options.jobs, wall)
            } else {
                // A job whose file is broken now is owed its fires when the file is mended.
                jobs.try_for_each(|job| keep(store, job, OwedFrom::default(), wall))
            }
        });
        match told {
            Err(error) if error.kind() == Kind::Busy => {
                // The next look tries again.
                self.next_look = Moment::now() + PATIENCE;
                self.acts = false;
                self.is_unsure = true;
                self.next_beat = self.next_look;
                return Ok(());
            }
            told => told?,
        }
        let jobs: Vec<_> = self.files.in_force().cloned().collect();
        let jitter = |job: &Arc<Job>| Some((job.name.clone(), job.jitter?));
        self.health.put_off(jobs.iter().filter_map(jitter).collect());
        self.agenda.put(jobs, memories(&self.store)?);
        self.keep_next_fires()
    }

    /// Notes when jobs fire next that are new, or have another schedule. It is for those who look: a store that is busy
    /// is told with the next change.
    fn keep_next_fires(&self) -> Result<()> {
        let fires = self.agenda.next_fires();
        if fires.is_empty() {
            return Ok(());
        }
        match self.write(|scheduler| keep_next_fires(&scheduler.store, &fires)) {
            Err(error) if error.kind() == Kind::Busy => Ok(()),
            kept => kept,
        }
    }

    pub(super) fn reload_config(&mut self) {
        match Config::load(self.options.config.as_deref(), self.store.path()) {
            Ok(config) => self.config = Arc::new(config.with_jobs(&self.options.jobs)),
            Err(error) => {
                tracing::error!("lopper.toml is left as it was: {}", error.log_line());
            }
        }
    }
}
