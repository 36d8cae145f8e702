//! A job as it stands in its file, and the check that makes a [`Job`] of it.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::period::{PERIOD_HELP, positive};
use crate::config::problem::quoted;
use crate::config::{At, Guard, GuardSpec, Hooks, HooksSpec, Mistake, Mistakes, nearest};
use crate::druid::Period;
use crate::job::{CatchUp, ConcurrencyPolicy, Job, Schedule};
use crate::ops::StepSpec;
use crate::zones::{self, Zone};

const MAX_NAME: usize = 200;
const MAX_RETRIES: i64 = 100;
const DEFAULT_BACKOFF_MINUTES: i32 = 1;

/// A lopper job: what happens to which segments, and when.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[schemars(title = "lopper job")]
pub(crate) struct JobSpec {
    /// The job's name; its runs are recorded under it.
    #[schemars(required, regex(pattern = r"^[A-Za-z0-9_.-]{1,200}$"), example = &"wikipedia-retention")]
    pub name: Option<String>,
    /// What the job is for, in a sentence.
    pub description: Option<String>,
    /// When it runs: five fields as in crontab(5), six or seven with seconds first, `@daily` and the
    /// like, `@every PT10M`, or `@manually` (default).
    #[schemars(example = &"15 3 * * *")]
    pub schedule: Option<String>,
    /// The time zone of the schedule, by its IANA name (default UTC).
    #[schemars(example = &"Europe/Berlin")]
    pub time_zone: Option<String>,
    /// What happens when the last run still goes on (default forbid).
    pub concurrency_policy: Option<ConcurrencyPolicy>,
    /// What happens to runs that were missed (default none).
    pub catch_up: Option<CatchUp>,
    /// How late a run may start (default: at any time).
    #[schemars(example = &"PT6H")]
    pub starting_deadline: Option<String>,
    /// Puts each start off by less than this, by the job's name and the time (default: not at all).
    #[schemars(example = &"PT5M")]
    pub jitter: Option<String>,
    /// How long a run may take (default: no limit).
    #[schemars(example = &"PT30M")]
    pub timeout: Option<String>,
    /// How often a failed run is tried again (default 0).
    #[schemars(range(min = 0, max = 100), example = 3)]
    pub retries: Option<i64>,
    /// How long to wait before the first retry (default PT1M).
    #[schemars(example = &"PT30S")]
    pub retry_backoff: Option<String>,
    /// Keeps the schedule from starting it (default false).
    pub suspend: Option<bool>,
    /// What is called when a run has ended.
    #[serde(flatten)]
    pub hooks: HooksSpec,
    /// Limits beyond which the run is refused.
    pub guard: Option<GuardSpec>,
    /// What it does, in this order.
    #[schemars(required, length(min = 1))]
    pub step: Option<Vec<StepSpec>>,
}

impl JobSpec {
    /// The job without its steps, guard and hooks, which are checked on their own.
    pub(crate) fn check(self) -> Result<Job, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        match &self.name {
            Some(name) => check_name(&mut mistakes, name),
            None => mistakes.add(At::Missing(&["name"]), "the job has no name", "add name = \"…\""),
        }
        if self.step.as_ref().is_none_or(Vec::is_empty) {
            let help = "add a [[step]] with op = \"…\"";
            mistakes.add(At::Missing(&["step"]), "the job has no step", help);
        }
        let schedule = self.schedule.as_deref().and_then(|text| read_schedule(&mut mistakes, text));
        let zone = self.time_zone.as_deref();
        let time_zone = zone.and_then(|name| read_time_zone(&mut mistakes, name));
        let mut period = |key, text: &Option<String>| {
            mistakes.parse(key, text.as_deref(), positive, PERIOD_HELP)
        };
        let starting_deadline = period("starting_deadline", &self.starting_deadline);
        let jitter = period("jitter", &self.jitter);
        let timeout = period("timeout", &self.timeout);
        let retry_backoff = period("retry_backoff", &self.retry_backoff);
        let retries = mistakes.number("retries", self.retries, 0..=MAX_RETRIES);
        mistakes.or(Some(Job {
            name: self.name.unwrap_or_default(),
            file: None,
            description: self.description,
            schedule: schedule.unwrap_or_default(),
            time_zone: time_zone.unwrap_or_else(Zone::utc),
            concurrency_policy: self.concurrency_policy.unwrap_or_default(),
            catch_up: self.catch_up.unwrap_or_default(),
            starting_deadline,
            jitter,
            timeout,
            retries: retries.unwrap_or_default(),
            retry_backoff: retry_backoff
                .unwrap_or_else(|| Period::minutes(DEFAULT_BACKOFF_MINUTES)),
            suspend: self.suspend.unwrap_or_default(),
            guard: Guard::default(),
            hooks: Hooks::default(),
            steps: Vec::new(),
        }))
    }
}

fn check_name(mistakes: &mut Mistakes, name: &str) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(allowed) {
        let message = format!("{} is no job name", quoted(name));
        mistakes.add(
            At::Key("name"),
            message,
            "use 1 to 200 ASCII letters, digits, '_', '.' and '-'",
        );
    }
}

fn read_schedule(mistakes: &mut Mistakes, text: &str) -> Option<Schedule> {
    let errors = match Schedule::parse(text) {
        Ok(schedule) => return Some(schedule),
        Err(errors) => errors,
    };
    for error in errors {
        mistakes.add(At::Part("schedule", error.range), error.message, error.help);
    }
    None
}

fn read_time_zone(mistakes: &mut Mistakes, name: &str) -> Option<Zone> {
    let zone = Zone::from_str(name).ok();
    if zone.is_none() {
        let help = match nearest(name, zones::names()) {
            Some(meant) => format!("did you mean '{meant}'?"),
            None => "use a name of the IANA data base, such as Europe/Berlin or UTC".to_owned(),
        };
        mistakes.add(At::Key("time_zone"), format!("unknown time zone {}", quoted(name)), help);
    }
    zone
}
