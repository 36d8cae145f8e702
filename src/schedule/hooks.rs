//! Calls the hooks of a run that has ended. What comes of them changes nothing about the run: it is logged, and a hook
//! that fails is recorded in the ledger.

use std::ffi::OsString;
use std::time::Duration;

use super::agenda::{length_ms, start_of};
use super::memory::memory;
use super::work::Work;
use crate::druid::Instant;
use crate::error::{Error, Kind, Result};
use crate::job::{Hook, HookCommand, Hooks, Job};
use crate::report::escape::{escape, excerpt};
use crate::report::run::{EndedRun, FailedRun, Outcome, RunReport};
use crate::run::hook::{call, record_failure};
use crate::run::{Fire, outcome_of, run_steps};

/// How long a hook may take unless it is told otherwise, in milliseconds.
const LIMIT_MS: i64 = 30_000;

/// Of a hook that failed, the ledger keeps so many characters of the last line that it printed.
const TOLD: usize = 300;

/// A run that has ended and is recorded.
struct Ended<'a> {
    job: &'a Job,
    run: i64,
    logical: Instant,
    result: &'a Result<RunReport>,
}

impl Work<'_> {
    /// Calls what is to be called after a run, unless there was no run. `is_last` says that it is not tried again.
    pub(super) fn call_hooks(
        &mut self,
        job: &Job,
        logical: Instant,
        result: &Result<RunReport>,
        is_last: bool,
    ) {
        let run = result.as_ref().map_or(self.recorded, |report| report.run);
        let hooks = job.hooks.or(&self.config.hooks);
        let ended = run.map(|run| Ended { job, run, logical, result });
        if let Some(ended) = ended {
            for hook in due(ended.result, is_last) {
                if let Some(command) = hooks.command(hook) {
                    self.call_hook(&ended, hook, command, &hooks);
                }
            }
        }
    }

    /// Whether the store has it that the fire is tried again, and no later fire comes before that.
    pub(super) fn is_last(&self, job: &Job, fire: &Fire) -> bool {
        let next = fire.next.map(|next| start_of(job, next));
        match memory(self.store, &job.name) {
            Ok(memory) => !memory.is_some_and(|memory| {
                let retry = memory.retry.filter(|_| memory.last_fire == Some(fire.at));
                retry.is_some_and(|retry| next.is_none_or(|next| retry < next))
            }),
            Err(error) => {
                tracing::warn!(job = %job.name, "cannot tell whether it is tried again: {}", error.log_line());
                true
            }
        }
    }

    fn call_hook(&mut self, ended: &Ended<'_>, hook: Hook, command: &HookCommand, hooks: &Hooks) {
        let (job, run, name) = (&ended.job.name, ended.run, hook.name());
        let failure = match self.told(ended) {
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
            Err(error) => error.to_string(),
        };
        tracing::warn!(%job, run, hook = name, "hook failed: {failure}");
        if let Err(error) = self.record(ended, hook, &failure) {
            tracing::warn!(%job, run, hook = name, "the hook that failed could not be recorded in the ledger: {}", error.log_line());
        }
    }

    fn limit(&self, hooks: &Hooks) -> Duration {
        let limit = hooks.timeout.as_ref();
        let millis = limit.map_or(LIMIT_MS, |limit| length_ms(limit, self.clock.now()));
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    fn environment(&self, ended: &Ended<'_>, hook: Hook) -> [(&'static str, OsString); 5] {
        let store = self.store.path();
        let store = std::path::absolute(store).unwrap_or_else(|_| store.to_owned());
        [
            ("LOPPER_JOB", ended.job.name.clone().into()),
            ("LOPPER_RUN", ended.run.to_string().into()),
            ("LOPPER_OUTCOME", outcome(ended.result).into()),
            ("LOPPER_HOOK", hook.name().into()),
            ("LOPPER_STORE", store.into()),
        ]
    }

    /// The object that the hook reads.
    fn told(&self, ended: &Ended<'_>) -> Result<Vec<u8>> {
        let told = match ended.result {
            Ok(report) => EndedRun::Ended(report.clone()),
            Err(error) => EndedRun::Failed(self.failed(ended, error)?),
        };
        let text = serde_json::to_string(&told);
        text.map(|text| (text + "\n").into_bytes())
            .map_err(|error| Error::failed("cannot write the run as JSON").because(error))
    }

    fn failed(&self, ended: &Ended<'_>, error: &Error) -> Result<FailedRun> {
        let steps = run_steps(self.store, ended.run)?;
        Ok(FailedRun {
            run: ended.run,
            name: ended.job.name.clone(),
            plan: false,
            logical_time: ended.logical.to_string(),
            outcome: outcome_of(error).to_owned(),
            steps: steps
                .iter()
                .filter_map(|step| serde_json::from_str(step.report.as_deref()?).ok())
                .collect(),
            error: error.to_string(),
            help: error.next_step().map(str::to_owned),
        })
    }

    fn record(&mut self, ended: &Ended<'_>, hook: Hook, failure: &str) -> Result<()> {
        // A stop that ends the hook does not end the statement that tells of it.
        self.store.finish_undisturbed()?;
        let recorded = record_failure(self.store, ended.run, hook, failure, self.clock.now());
        self.store.interrupt_on(self.stop.flag())?;
        recorded
    }
}

/// What is called after such a run. A run that is stopped calls nothing: whoever stopped it knows. Nor does one that did
/// not begin, since the job runs already, or that another process has taken over.
fn due(result: &Result<RunReport>, is_last: bool) -> Vec<Hook> {
    let mut due = Vec::new();
    match result {
        Ok(report) => {
            if report.steps.iter().any(|step| step.num_changed_segments > 0) {
                due.push(Hook::Change);
            }
            if report.outcome == Outcome::Done {
                due.push(Hook::Success);
            } else if is_last {
                due.push(Hook::Failure);
            }
        }
        Err(error) => {
            use Kind::{Interrupted, Running, Superseded};
            let calls_nothing = matches!(error.kind(), Interrupted(_) | Running | Superseded);
            if is_last && !calls_nothing {
                due.push(Hook::Failure);
            }
        }
    }
    due
}

fn outcome(result: &Result<RunReport>) -> &'static str {
    result.as_ref().map_or_else(outcome_of, |report| report.outcome.name())
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
