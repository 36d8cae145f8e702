//! What the scheduler does about a fire: it starts its run, passes it over, or lets it wait; and what it makes of a run's end.

use std::sync::Arc;
use std::time::Instant as Moment;

use super::agenda::Decision;
use super::memory::{memory, start_anew};
use super::scheduler::{Event, Running, Scheduler};
use super::work::{Done, carry_out};
use crate::druid::Instant;
use crate::error::{Error, Kind, Result};
use crate::run::{Fire, Stop, pass_over};

/// When to try again what the busy store did not take, in milliseconds.
const BUSY_MS: i64 = 1_000;

impl Scheduler {
    /// Starts or passes over what is due.
    pub(super) fn start_due(&mut self) -> Result<()> {
        let now = self.clock.now();
        for name in self.agenda.due(now) {
            match self.agenda.decide(&name, now) {
                None => {}
                Some(Decision::StartAnew) => {
                    tracing::warn!(job = %name, "the clock has been put back by more than a day: its fires count from now on");
                    start_anew(&self.store, &name, now)?;
                    self.remember(&name, None)?;
                }
                Some(Decision::PassOver(fire, reason)) => self.pass_over(&name, &fire, &reason)?,
                Some(Decision::Start(_)) if self.runs.len() >= self.options.parallel => {
                    self.agenda.wait(&name, None);
                }
                Some(Decision::Start(fire)) => self.start(&name, &fire),
            }
        }
        Ok(())
    }

    fn start(&mut self, name: &str, fire: &Fire) {
        let Some(job) = self.agenda.job(name).cloned() else { return };
        tracing::info!(job = %name, fire = %fire.at, cause = fire.cause.name(), attempt = fire.attempt, "run begins");
        self.agenda.started(name, fire);
        let fire = Fire { term: self.lease.term(), ..fire.clone() };
        let (path, config, clock) =
            (self.store.path().to_owned(), Arc::clone(&self.config), self.clock);
        let (stop, sender, lease_ms) =
            (Stop::default(), self.sender.clone(), self.options.lease_ms);
        let its_stop = stop.clone();
        let thread = std::thread::spawn(move || {
            let done = carry_out(&path, &config, clock, &its_stop, lease_ms, &job, fire);
            // The loop is gone only when the process ends.
            let _ = sender.send(Event::Ended(Box::new(done)));
        });
        self.runs.insert(name.to_owned(), Running { stop, thread });
    }

    fn pass_over(&mut self, name: &str, fire: &Fire, reason: &str) -> Result<()> {
        let fire = Fire { term: self.lease.term(), ..fire.clone() };
        match pass_over(&self.store, name, &fire, self.clock.now(), reason) {
            Ok(()) => {
                tracing::warn!(job = %name, fire = %fire.at, missed = fire.missed, "fire passed over: {reason}");
                self.remember(name, Some(fire.at))
            }
            Err(error) => self.not_decided(name, &fire, error),
        }
    }

    /// Nothing was decided: the store was busy, or somebody else was faster.
    fn not_decided(&mut self, name: &str, fire: &Fire, error: Error) -> Result<()> {
        match error.kind() {
            Kind::Busy => {
                self.remember(name, None)?;
                self.wait_a_little(name);
                Ok(())
            }
            Kind::Superseded => {
                self.next_beat = Moment::now();
                self.remember(name, Some(fire.at))
            }
            _ => Err(error),
        }
    }

    fn remember(&mut self, name: &str, decided: Option<Instant>) -> Result<()> {
        if let Some(memory) = memory(&self.store, name)? {
            self.agenda.remember(memory, decided);
        }
        Ok(())
    }

    pub(super) fn ended(&mut self, done: Done) -> Result<()> {
        if let Some(running) = self.runs.remove(&done.job)
            && running.thread.join().is_err()
        {
            tracing::error!(job = %done.job, "the thread of its run has panicked");
        }
        self.agenda.ended(&done.job);
        self.health.run_ended();
        let Done { job, fire, result, .. } = done;
        match result {
            Err(error) if matches!(error.kind(), Kind::Busy | Kind::Superseded) => {
                self.not_decided(&job, &fire, error)
            }
            Err(error) if error.kind() == Kind::Running => self.runs_elsewhere(&job, &fire),
            _ => {
                self.remember(&job, None)?;
                if self.agenda.owes(&job, fire.at) {
                    // Not even its failure could be recorded: a disk that is full, a store that is gone.
                    self.wait_a_little(&job);
                }
                Ok(())
            }
        }
    }

    fn wait_a_little(&mut self, name: &str) {
        let then = self.clock.now().millis().saturating_add(BUSY_MS);
        self.agenda.wait(name, Some(Instant::from_millis(then)));
    }

    /// A person, or cron, runs the job: it waits for that, or is passed over.
    fn runs_elsewhere(&mut self, name: &str, fire: &Fire) -> Result<()> {
        use crate::job::ConcurrencyPolicy::Queue;
        if self.agenda.job(name).is_some_and(|job| job.concurrency_policy == Queue) {
            self.remember(name, None)?;
            self.wait_a_little(name);
            return Ok(());
        }
        let reason = "the job was still running elsewhere (concurrency_policy is forbid)";
        self.pass_over(name, fire, reason)
    }
}
