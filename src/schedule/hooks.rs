//! Calls the hooks of a run that has ended. What comes of them changes nothing about the run: it is logged, and a hook
//! that fails is recorded in the ledger.

use std::ffi::OsString;
use std::time::Duration;

use crate::config::{Hook, Hooks};
use crate::druid::Instant;
use crate::engine::hook::{call, record_failure};
use crate::engine::report::{EndedRun, FailedRun, Outcome, RunReport};
use crate::engine::{Fire, run_steps, run_warnings};
use crate::error::{Error, Kind, Result};
use crate::escape::{escape, excerpt};
use crate::job::Job;
use crate::schedule::agenda::length_ms;
use crate::schedule::work::Work;

/// How long a hook may take unless it is told otherwise, in milliseconds.
const LIMIT_MS: i64 = 30_000;

/// Of a hook that failed, the ledger keeps so many characters of the last line that it printed.
const TOLD: usize = 300;

/// A run that has ended and is recorded, as its hooks are told of it.
pub(super) struct Ended<'a> {
    pub(super) job: &'a str,
    pub(super) run: i64,
    pub(super) outcome: String,
    pub(super) told: Result<EndedRun>,
}

impl Work<'_> {
    /// Calls what is to be called after a run by hand, unless there was no run.
    pub(super) fn call_hooks(&mut self, job: &Job, logical: Instant, result: &Result<RunReport>) {
        // Whoever stopped it knows.
        let fails = !matches!(result, Err(error) if matches!(error.kind(), Kind::Interrupted(_)));
        self.call_due(job, logical, result, |_, _| fails);
    }

    /// Calls what is to be called after a run of the schedule, unless there was no run. `on_failure` is left to whoever
    /// finds that no further attempt comes, where one is to come.
    pub(super) fn call_hooks_of_fire(
        &mut self,
        job: &Job,
        fire: &Fire,
        result: &Result<RunReport>,
    ) {
        self.call_due(job, fire.at, result, |work, run| work.takes_failure(&job.name, run));
    }

    fn call_due(
        &mut self,
        job: &Job,
        logical: Instant,
        result: &Result<RunReport>,
        is_last: impl FnOnce(&Self, i64) -> bool,
    ) {
        let run = result.as_ref().map_or(self.recorded, |report| report.run);
        let Some(run) = run else { return };
        let mut due = due(result, self.warnings(run) > 0);
        if due.contains(&Hook::Failure) && !is_last(self, run) {
            due.retain(|hook| *hook != Hook::Failure);
        }
        if due.is_empty() {
            return;
        }
        let ended = Ended {
            job: &job.name,
            run,
            outcome: result
                .as_ref()
                .map_or_else(Error::outcome, |report| report.outcome.name())
                .to_owned(),
            told: self.told(&job.name, run, logical, result),
        };
        let hooks = job.hooks.or(&self.config.hooks);
        for hook in due {
            self.call_hook(&ended, hook, &hooks);
        }
    }

    pub(super) fn call_hook(&mut self, ended: &Ended<'_>, hook: Hook, hooks: &Hooks) {
        let Some(command) = hooks.command(hook) else { return };
        let (job, run, name) = (ended.job, ended.run, hook.name());
        let input = ended.told.as_ref().map_err(Error::to_string);
        let failure = match input.and_then(|told| json(told).map_err(|error| error.to_string())) {
            Ok(input) => {
                let environment = self.environment(ended, hook);
                let called = call(command, &environment, input, self.limit(hooks), self.stop);
                match called.result {
                    Ok(()) => {
                        tracing::info!(%job, run, hook = name, "hook ended: {}", lines(&called.output));
                        return;
                    }
                    Err(failure) => with_last_line(&failure.to_string(), &called.output),
                }
            }
            Err(error) => error,
        };
        tracing::warn!(%job, run, hook = name, "hook failed: {failure}");
        if let Err(error) = self.record(ended, hook, &failure) {
            tracing::warn!(%job, run, hook = name, "the hook that failed could not be recorded in the ledger: {}", error.log_line());
        }
    }

    /// How many warnings the steps of a run have; of one that failed, those that were committed before.
    fn warnings(&self, run: i64) -> u64 {
        run_warnings(self.store, run).unwrap_or_else(|error| {
            tracing::warn!(run, "{}", error.log_line());
            0
        })
    }

    fn limit(&self, hooks: &Hooks) -> Duration {
        let limit = hooks.timeout.as_ref();
        let millis = limit.map_or(LIMIT_MS, |limit| length_ms(limit, self.clock.now()));
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// What the hook is told in its environment. The last ones name the installation, so that a `lopper` which the hook
    /// starts works on the same store, under the same guards, with the same job files.
    fn environment(&self, ended: &Ended<'_>, hook: Hook) -> Vec<(&'static str, OsString)> {
        let store = self.store.path();
        let store = std::path::absolute(store).unwrap_or_else(|_| store.to_owned());
        let mut environment: Vec<(&'static str, OsString)> = vec![
            ("LOPPER_JOB", ended.job.into()),
            ("LOPPER_RUN", ended.run.to_string().into()),
            ("LOPPER_OUTCOME", ended.outcome.clone().into()),
            ("LOPPER_WARNINGS", self.warnings(ended.run).to_string().into()),
            ("LOPPER_HOOK", hook.name().into()),
            ("LOPPER_STORE", store.into()),
        ];
        let named = [("LOPPER_CONFIG", &self.config.file), ("LOPPER_JOBS", &self.config.jobs)];
        for (name, path) in named {
            environment.extend(path.clone().map(|path| (name, path.into())));
        }
        environment
    }

    /// What the hook reads.
    fn told(
        &self,
        job: &str,
        run: i64,
        logical: Instant,
        result: &Result<RunReport>,
    ) -> Result<EndedRun> {
        match result {
            Ok(report) => Ok(EndedRun::Ended(report.clone())),
            Err(error) => self.failed(FailedRun {
                run,
                name: job.to_owned(),
                plan: false,
                logical_time: logical.to_string(),
                outcome: error.outcome().to_owned(),
                steps: Vec::new(),
                error: error.to_string(),
                help: error.next_step().map(str::to_owned),
            }),
        }
    }

    /// A run that failed, with the steps that the store has of it.
    pub(super) fn failed(&self, failed: FailedRun) -> Result<EndedRun> {
        let steps = run_steps(self.store, failed.run)?;
        let steps =
            steps.iter().filter_map(|step| serde_json::from_str(step.report.as_deref()?).ok());
        Ok(EndedRun::Failed(FailedRun { steps: steps.collect(), ..failed }))
    }

    fn record(&mut self, ended: &Ended<'_>, hook: Hook, failure: &str) -> Result<()> {
        // A stop that ends the hook does not end the statement that tells of it.
        self.store.finish_undisturbed()?;
        let recorded = record_failure(self.store, ended.run, hook, failure, self.clock.now());
        self.store.interrupt_on(self.stop.flag())?;
        recorded
    }
}

/// What is called after such a run, if it is the last. Nothing after one that did not begin, since the job runs already, or
/// that another process has taken over. `warns`: a step of it has a warning.
fn due(result: &Result<RunReport>, warns: bool) -> Vec<Hook> {
    let mut due = Vec::new();
    let warning = warns.then_some(Hook::Warning);
    match result {
        Ok(report) => {
            if report.steps.iter().any(|step| step.num_changed_segments > 0) {
                due.push(Hook::Change);
            }
            due.extend(warning);
            let is_done = report.outcome == Outcome::Done;
            due.push(if is_done { Hook::Success } else { Hook::Failure });
        }
        Err(error) if !matches!(error.kind(), Kind::Running | Kind::Superseded | Kind::Stale) => {
            // Whoever stops a run does not look at what it warns of.
            due.extend(warning.filter(|_| !matches!(error.kind(), Kind::Interrupted(_))));
            due.push(Hook::Failure);
        }
        Err(_) => {}
    }
    due
}

fn json(told: &EndedRun) -> Result<Vec<u8>> {
    let text = serde_json::to_string(told);
    text.map(|text| (text + "\n").into_bytes())
        .map_err(|error| Error::failed("cannot write the run as JSON").because(error))
}

/// What went wrong, with the last line that the hook printed.
fn with_last_line(failure: &str, output: &str) -> String {
    match output.lines().next_back() {
        Some(line) => format!("{failure}: {}", excerpt(line.trim(), TOLD)),
        None => failure.to_owned(),
    }
}

/// What a hook printed, as one line of the log.
fn lines(output: &str) -> String {
    if output.is_empty() {
        return "it printed nothing".to_owned();
    }
    output.lines().map(escape).collect::<Vec<_>>().join(" | ")
}
