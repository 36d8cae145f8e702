//! What the scheduler does about a fire: it starts its run, passes it over, or lets it wait; and what it makes of a run's end.

use std::sync::Arc;
use std::time::Instant as Moment;

use crate::druid::Instant;
use crate::engine::{Cause, Fire, Stop, adopt, close_died, open_runs, pass_over};
use crate::error::{Kind, Result};
use crate::job::Job;
use crate::schedule::agenda::Decision;
use crate::schedule::memory::{give_up_retry, memories, memory, start_anew};
use crate::schedule::scheduler::{Event, Running, Scheduler};
use crate::schedule::work::{Done, carry_out};

/// When to try again what the busy store did not take, in milliseconds.
const BUSY_MS: i64 = 1_000;

impl Scheduler {
    /// Starts or passes over what is due.
    pub(super) fn start_due(&mut self) -> Result<()> {
        let now = self.clock.now();
        let is_full = self.runs.len() >= self.options.parallel;
        let due = if is_full { self.agenda.newly_due(now) } else { self.agenda.due(now) };
        for name in due {
            if self.runs.len() >= self.options.parallel && self.agenda.is_waiting(&name) {
                // It keeps its place among those that wait, without being looked at for each run that ends.
                continue;
            }
            if self.agenda.is_running(&name) {
                // Whether its run has claimed its fire by now.
                self.remember(&name)?;
            }
            match self.agenda.decide(&name, now) {
                None => {}
                Some(Decision::StartAnew) => {
                    tracing::warn!(job = %name, "the clock has been put back by more than a day: its fires count from now on");
                    start_anew(&self.store, &name, now)?;
                    self.remember(&name)?;
                }
                Some(Decision::GiveUp(reason)) => {
                    tracing::warn!(job = %name, "it is not run again: {reason}");
                    give_up_retry(&self.store, &name)?;
                    self.remember(&name)?;
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
                self.remember(name).map(drop)
            }
            Err(error) => match error.kind() {
                Kind::Busy => {
                    self.remember(name)?;
                    self.agenda.postpone(name, self.soon());
                    Ok(())
                }
                // A run elsewhere has claimed nothing yet, and the time may be its own.
                Kind::Running => {
                    self.remember(name)?;
                    self.wait_a_little(name);
                    Ok(())
                }
                Kind::Stale => self.look_again(name, &fire, false),
                Kind::Superseded => self.step_back(name),
                _ => Err(error),
            },
        }
    }

    /// What was known of the job when it was decided is out of date: it is decided anew by what the store has now.
    fn look_again(&mut self, name: &str, fire: &Fire, waits: bool) -> Result<()> {
        match adopt(&self.store, name, fire) {
            Err(error) if error.kind() == Kind::Busy => {}
            adopted => adopted?,
        }
        let is_news = self.remember(name)?;
        if waits && fire.cause == Cause::Schedule {
            // It was on time.
            self.agenda.wait(name, None);
        }
        if !is_news {
            self.agenda.postpone(name, self.soon());
        }
        Ok(())
    }

    /// Another scheduler acts by now.
    fn step_back(&mut self, name: &str) -> Result<()> {
        self.next_beat = Moment::now();
        self.remember(name)?;
        self.agenda.postpone(name, self.soon());
        Ok(())
    }

    /// Takes from the store what it remembers of a job; answers whether that is news.
    fn remember(&mut self, name: &str) -> Result<bool> {
        let memory = memory(&self.store, name)?;
        Ok(memory.is_some_and(|memory| self.agenda.remember(memory)))
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
            Err(error) if error.kind() == Kind::Stale => self.look_again(&job, &fire, true),
            Err(error) if error.kind() == Kind::Superseded => self.step_back(&job),
            Err(error) if error.kind() == Kind::Running => self.runs_elsewhere(&job, &fire),
            result => {
                self.remember(&job)?;
                if self.agenda.owes(&job, fire.at) {
                    // Not even its failure could be recorded: a store that is busy or gone, a disk that is full.
                    self.wait_a_little(&job);
                } else if !self.agenda.is_tried_again(&job, &fire) {
                    self.note_exit(&result);
                }
                Ok(())
            }
        }
    }

    /// Closes runs whose process died, so that they are run again, or somebody hears of it, and not only with the next run.
    pub(super) fn close_died(&mut self) -> Result<()> {
        let clock = self.clock;
        if !open_runs(&self.store, None)?.iter().any(|open| open.is_dead(clock)) {
            return Ok(());
        }
        match self.write(|scheduler| close_died(&scheduler.store, clock)) {
            // The next beat comes soon.
            Err(error) if error.kind() == Kind::Busy => Ok(()),
            closed => closed.map(drop),
        }
    }

    /// Looks what others have written: a retry, say, whose process is gone.
    pub(super) fn refresh(&mut self) -> Result<()> {
        for memory in memories(&self.store)? {
            self.agenda.remember(memory);
        }
        Ok(())
    }

    /// A hook of an earlier run has been called.
    pub(super) fn called(&mut self, run: i64) {
        if let Some(calling) = self.calls.remove(&run)
            && calling.thread.join().is_err()
        {
            tracing::error!(run, "the thread of its hook has panicked");
        }
    }

    fn soon(&self) -> Instant {
        Instant::from_millis(self.clock.now().millis().saturating_add(BUSY_MS))
    }

    fn wait_a_little(&mut self, name: &str) {
        self.agenda.wait(name, Some(self.soon()));
    }

    /// A person, or cron, runs the job: it waits for that, or is passed over. A retry waits: nothing else stands for its
    /// fire.
    fn runs_elsewhere(&mut self, name: &str, fire: &Fire) -> Result<()> {
        use crate::job::ConcurrencyPolicy::Queue;
        let queues = |job: &Arc<Job>| job.concurrency_policy == Queue;
        if fire.attempt > 1 || self.agenda.job(name).is_some_and(queues) {
            self.remember(name)?;
            self.wait_a_little(name);
            return Ok(());
        }
        let reason = "the job was still running elsewhere (concurrency_policy is forbid)";
        self.pass_over(name, fire, reason)
    }
}
