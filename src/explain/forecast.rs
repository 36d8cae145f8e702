//! What the rules and the jobs will do, day by day: the statements of real runs, one day behind the other in one
//! transaction that is rolled back, with the clock set to each day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{self, Datasources, DatasourcesSpec, OnExposure};
use crate::druid::{Instant, Period};
use crate::engine::datasources::datasources as meant;
use crate::engine::operation::{self, Commit};
use crate::engine::phases::{Seen, ahead, phases};
use crate::engine::report::StepReport;
use crate::engine::{Keep, Origin, Request, Session, ledger};
use crate::error::{Error, Kind, Result};
use crate::explain::report::{Forecast, ForecastEvent, ForecastRun, ForecastTotal};
use crate::job::{Job, Schedule};
use crate::ops::{EnforceRulesSpec, Step};

/// Days that one forecast looks at: ten years.
const MOST_DAYS: usize = 3660;

/// The forecast of one datasource, from the session's logical time on, each 24 hours.
pub(crate) fn forecast(
    session: &mut Session<'_>,
    (number, name): (i64, &str),
    until: Instant,
    jobs: &[Job],
) -> Result<Forecast> {
    let days = days(session.logical, until)?;
    let mut notes = vec![
        "no new data comes; what runs, runs once a day at the time of the first day, on this datasource alone".to_owned(),
    ];
    let requests = requests(session, number, name, jobs, &mut notes)?;
    let kills = requests.iter().flat_map(|one| &one.steps).any(is_in_batches);
    if kills && !session.config.authoritative {
        notes.push(
            "this store is a copy, and a copy kills nothing: kills are shown as they would be on a store that is the truth"
                .to_owned(),
        );
    }
    let mut course = Course {
        name,
        events: Vec::new(),
        passed_over: BTreeMap::new(),
        left_out: BTreeSet::new(),
    };
    session.transaction(Keep::No, |session| {
        for day in days {
            for request in &requests {
                session.stop.check()?;
                course.run(session, day, request)?;
            }
        }
        Ok(())
    })?;
    notes.extend(course.left_out.iter().cloned());
    for ((job, step), reasons) in &course.passed_over {
        for (reason, count) in reasons {
            notes
                .push(format!("on the last day, {job}, step {step} passes over: {count} {reason}"));
        }
    }
    let run = |request: &Request| ForecastRun {
        job: request.name.clone(),
        steps: request.steps.iter().map(|step| step.name().to_owned()).collect(),
    };
    Ok(Forecast {
        datasource: name.to_owned(),
        from: session.logical.to_string(),
        until: until.to_string(),
        runs: requests.iter().map(run).collect(),
        notes,
        totals: totals(&course.events),
        events: course.events,
    })
}

fn days(from: Instant, until: Instant) -> Result<Vec<Instant>> {
    let mut days = Vec::new();
    let mut day = from;
    while day <= until {
        if days.len() == MOST_DAYS {
            return Err(Error::usage(format!("a forecast looks at {MOST_DAYS} days at most"))
                .help("choose an earlier --until"));
        }
        days.push(day);
        let next = Period::days(1).add_to(day);
        day = next.map_err(|error| Error::usage("cannot forecast").because(error))?;
    }
    Ok(days)
}

/// What runs each day: the steps of scheduled jobs that are for the datasource, and before them the rules in force
/// where no job says what becomes unused.
fn requests(
    session: &Session<'_>,
    number: i64,
    name: &str,
    jobs: &[Job],
    notes: &mut Vec<String>,
) -> Result<Vec<Request>> {
    let only = Datasources::exactly(name);
    let mut requests = Vec::new();
    for job in jobs {
        let mut steps = Vec::new();
        for step in &job.steps {
            steps.extend(of_datasource(session, step, number, &only)?);
        }
        if steps.is_empty() {
            continue;
        }
        let why_not = match job.schedule {
            _ if job.suspend => "it is suspended",
            Schedule::Manually => "only a person starts it: its schedule is @manually",
            _ => {
                let guard = job.guard.or(session.config.guard);
                let name = job.name.clone();
                if job.steps.iter().any(|step| step.clone().on_segments().is_none()) {
                    notes.push(format!("job {name}: its import and check steps are left out"));
                }
                let waits = false;
                requests.push(Request {
                    origin: Origin::Job,
                    name,
                    guard,
                    own_guard: job.guard,
                    steps,
                    fire: None,
                    waits,
                });
                continue;
            }
        };
        notes.push(format!("job {} is left out: {why_not}", job.name));
    }
    if requests.iter().flat_map(|request| &request.steps).all(is_in_batches) {
        notes.push(
            "no scheduled job marks its segments: enforce-rules runs by its defaults".to_owned(),
        );
        requests.insert(0, rules_in_force(session, only)?);
    }
    Ok(requests)
}

/// Whether it is a kill, and marks nothing.
fn is_in_batches(step: &operation::Step) -> bool {
    step.commit() == Commit::InBatches
}

/// The enforce-rules step by its defaults, as a run of its own.
fn rules_in_force(session: &Session<'_>, only: Datasources) -> Result<Request> {
    let datasources = Some(vec!["*".to_owned()]);
    let spec = EnforceRulesSpec {
        datasources: DatasourcesSpec { datasource: None, datasources },
        on_exposure: Some(OnExposure::Ignore),
        ..EnforceRulesSpec::default()
    };
    let mut step = spec.check().map_err(|mistakes| config::flag_error(&mistakes))?;
    step.datasources = only;
    Ok(Request::command("enforce-rules", session.config.guard, vec![Arc::new(step)]))
}

/// The step for the datasource alone; none when it is not for it, or changes no segment.
fn of_datasource(
    session: &Session<'_>,
    step: &Step,
    number: i64,
    only: &Datasources,
) -> Result<Option<operation::Step>> {
    let mut step = step.clone();
    let Some((datasources, on_exposure)) = step.on_segments() else { return Ok(None) };
    on_exposure.into_iter().for_each(not_warned);
    let found = meant(session, datasources.globs(), &mut StepReport::default())?;
    if found.each().all(|known| known.number != number) {
        return Ok(None);
    }
    *datasources = only.clone();
    Ok(Some(step.operation()))
}

/// Warnings of stale data are not told here, and take a look at the timeline.
fn not_warned(on_exposure: &mut OnExposure) {
    if *on_exposure == OnExposure::Warn {
        *on_exposure = OnExposure::Ignore;
    }
}

/// What has happened so far.
struct Course<'a> {
    name: &'a str,
    events: Vec<ForecastEvent>,
    /// What each kill step passed over when it last ran.
    passed_over: BTreeMap<(String, usize), BTreeMap<String, u64>>,
    left_out: BTreeSet<String>,
}

impl Course<'_> {
    /// Runs a request as of a day. One that is refused, or meets a lock, leaves that day as it was.
    fn run(&mut self, session: &mut Session<'_>, day: Instant, request: &Request) -> Result<()> {
        let mut today = Session {
            worker: session.worker.clone(),
            ..Session::new(
                &mut *session.store,
                session.config,
                Clock::Fixed(day),
                session.stop,
                session.progress,
            )
        };
        today.store.look_ahead()?;
        let phases = phases(&request.steps);
        let told = ledger::begin(&today, request)
            .and_then(|run| ahead(&mut today, day, run, request, &phases, Seen::Always));
        let refusal = match told {
            Ok((steps, None)) => {
                steps.iter().for_each(|step| self.tell(day, request, step));
                return today.store.go_on();
            }
            Ok((_, Some(refusal))) => refusal,
            Err(error) if matches!(error.kind(), Kind::Refused | Kind::Locked) => error,
            Err(error) => return Err(error),
        };
        self.events.push(ForecastEvent {
            refused: Some(refusal.to_string()),
            ..event(day, request, &StepReport::default())
        });
        today.store.take_back()
    }

    fn tell(&mut self, day: Instant, request: &Request, step: &StepReport) {
        for left_out in &step.left_out {
            self.left_out.insert(format!(
                "{}, step {} leaves the datasource alone: {}",
                request.name, step.step, left_out.reason
            ));
        }
        if let Some(kill) = &step.kill {
            self.passed_over.insert((request.name.clone(), step.step), kill.passed_over.clone());
        }
        match &step.enforce {
            Some(enforce) => {
                let mine = enforce.by_reason.iter().filter(|one| one.datasource == self.name);
                self.events.extend(mine.map(|one| ForecastEvent {
                    reason: one.reason.clone(),
                    segments: one.segments,
                    size: one.size,
                    ..event(day, request, step)
                }));
            }
            None => {
                let mine = step.by_datasource.iter().filter(|one| one.datasource == self.name);
                self.events.extend(mine.map(|one| ForecastEvent {
                    segments: one.segments,
                    size: one.size,
                    ..event(day, request, step)
                }));
            }
        }
    }
}

fn event(day: Instant, request: &Request, step: &StepReport) -> ForecastEvent {
    ForecastEvent {
        at: day.to_string(),
        job: request.name.clone(),
        step: step.step,
        op: step.op.clone(),
        reason: String::new(),
        segments: 0,
        size: 0,
        refused: None,
    }
}

fn totals(events: &[ForecastEvent]) -> Vec<ForecastTotal> {
    let mut totals: Vec<ForecastTotal> = Vec::new();
    for event in events.iter().filter(|event| event.refused.is_none()) {
        let is_same = |total: &&mut ForecastTotal| {
            (&total.job, &total.op, &total.reason) == (&event.job, &event.op, &event.reason)
        };
        match totals.iter_mut().find(is_same) {
            Some(total) => {
                total.segments += event.segments;
                total.size += event.size;
            }
            None => totals.push(ForecastTotal {
                job: event.job.clone(),
                op: event.op.clone(),
                reason: event.reason.clone(),
                segments: event.segments,
                size: event.size,
            }),
        }
    }
    totals
}
