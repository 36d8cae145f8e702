//! `on_failure` of scheduled runs: it is called once, when no further attempt comes. Whoever finds that calls it: the process
//! of the run, the one that claims the job's next scheduled time, or the next one after a restart.

use std::sync::Arc;

use crate::config::{Hook, Hooks};
use crate::engine::report::FailedRun;
use crate::engine::{DueHook, Stop, due_hooks, take_hook};
use crate::error::Result;
use crate::failpoint;
use crate::job::Job;
use crate::progress::Progress;
use crate::schedule::hooks::Ended;
use crate::schedule::memory::directory_name;
use crate::schedule::scheduler::{Event, Running, Scheduler};
use crate::schedule::work::Work;
use crate::store::Store;

impl Work<'_> {
    /// Whether a run of this process was the last attempt, and its `on_failure` is to be called now. A process that was
    /// told to stop leaves that to the next one.
    pub(super) fn takes_failure(&self, job: &str, run: i64) -> bool {
        let taken = due_hooks(self.store, Some(job)).and_then(|due| {
            let is_due = due.iter().any(|due| due.run == run);
            failpoint::reach("hook::failure-due");
            Ok(is_due && self.may_call(job, run) && take_hook(self.store, run)?)
        });
        taken.unwrap_or_else(|error| {
            tracing::warn!(
                job,
                run,
                "its on_failure is left to the next start: {}",
                error.log_line()
            );
            false
        })
    }

    fn may_call(&self, job: &str, run: i64) -> bool {
        let may_call = self.stop.check().is_ok();
        if !may_call {
            tracing::info!(job, run, "its on_failure is left to the next start");
        }
        may_call
    }

    /// Calls `on_failure` of the job's runs that no further attempt follows, and that nobody is about to tell of.
    pub(super) fn call_failure_hooks(&mut self, job: &Job) {
        let wall = self.clock.now();
        match due_hooks(self.store, Some(&job.name)) {
            Ok(due) => {
                for due in due.iter().filter(|due| due.is_free(wall)) {
                    self.call_failure_hook(due, &job.hooks);
                }
            }
            Err(error) => {
                tracing::warn!(job = %job.name, "cannot look for failures to tell of: {}", error.log_line());
            }
        }
    }

    /// Calls `on_failure` of a run, whoever ran it, unless somebody else does.
    fn call_failure_hook(&mut self, due: &DueHook, hooks: &Hooks) {
        match take_hook(self.store, due.run) {
            Ok(true) if due.outcome != "done" => {}
            Ok(_) => return,
            Err(error) => {
                return tracing::warn!(job = %due.job, run = due.run, "its on_failure is left to the next start: {}", error.log_line());
            }
        }
        let failed = FailedRun {
            run: due.run,
            name: due.job.clone(),
            plan: false,
            logical_time: due.logical.to_string(),
            outcome: due.outcome.clone(),
            steps: Vec::new(),
            error: due.message.clone(),
            help: None,
        };
        let ended = Ended {
            job: &due.job,
            run: due.run,
            outcome: due.outcome.clone(),
            told: self.failed(failed),
        };
        self.call_hook(&ended, Hook::Failure, &hooks.or(&self.config.hooks));
    }
}

impl Scheduler {
    /// Calls what is due, each in a thread of its own.
    pub(super) fn call_failure_hooks(&mut self) -> Result<()> {
        let wall = self.clock.now();
        for due in due_hooks(&self.store, None)? {
            if !due.is_free(wall) || self.calls.contains_key(&due.run) {
                continue;
            }
            if let Some(hooks) = self.hooks_of(&due) {
                self.call_failure_hook(due, hooks);
            }
        }
        Ok(())
    }

    /// The hooks of a run's job. Of one whose file is gone, those of `lopper.toml` alone; of one whose file is in another
    /// directory, nothing is known here.
    fn hooks_of(&self, due: &DueHook) -> Option<Hooks> {
        if let Some(job) = self.files.job(&due.job) {
            return Some(job.hooks.clone());
        }
        let here = directory_name(&self.options.jobs);
        let is_ours = due.directory.as_ref().is_none_or(|directory| *directory == here);
        (is_ours && due.is_at_rest).then(Hooks::default)
    }

    fn call_failure_hook(&mut self, due: DueHook, hooks: Hooks) {
        tracing::info!(job = %due.job, run = due.run, outcome = due.outcome, "no further attempt comes: its on_failure is called");
        let (path, config, clock) =
            (self.store.path().to_owned(), Arc::clone(&self.config), self.clock);
        let (stop, sender, lease_ms) =
            (Stop::default(), self.sender.clone(), self.options.lease_ms);
        let (its_stop, run) = (stop.clone(), due.run);
        let thread = std::thread::spawn(move || {
            match Store::beside(&path) {
                Ok(mut store) => {
                    let progress = Progress::new(false);
                    let mut work = Work {
                        store: &mut store,
                        config: &config,
                        clock,
                        stop: &its_stop,
                        progress: &progress,
                        lease_ms,
                        recorded: None,
                    };
                    work.call_failure_hook(&due, &hooks);
                }
                Err(error) => tracing::warn!(job = %due.job, run, "{}", error.log_line()),
            }
            // The loop is gone only when the process ends.
            let _ = sender.send(Event::Called(run));
        });
        self.calls.insert(run, Running { stop, thread });
    }
}
