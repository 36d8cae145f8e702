//! The page of metrics: each family with its name, its type, what it is, and its samples. The reference lists them from here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::druid::{Instant, Period};
use crate::log;
use crate::schedule::jitter_ms;
use crate::serve::Figures;
use crate::serve::datasources::Datasource;
use crate::serve::sums::{BOUNDS, Runs};
use crate::serve::text::{Kind, Page, Seconds};

/// Outcomes that every job has, though never met: a rate over a counter that begins with its first failure misses that.
const ALWAYS: [&str; 2] = ["done", "failed"];

/// Runs with these outcomes took no time of their own: nothing ran, or nobody knows until when.
const UNTIMED: [&str; 2] = ["skipped", "died"];

/// What is known beside the store.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Of a scheduler alone.
    pub scheduler: Option<Scheduler>,
    /// By how much jobs are put off at most, as far as their files are known.
    pub jitters: Arc<BTreeMap<String, Period>>,
}

/// What a scheduler knows of itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scheduler {
    /// Whether it acts.
    pub acts: bool,
    /// Job files that are broken.
    pub broken: usize,
}

pub(super) fn page(figures: &Figures, datasources: &[Datasource], seen: &Seen) -> String {
    let mut page = Page::default();
    page.family("lopper_build_info", Kind::Gauge, "The version of lopper; the value is always 1.");
    page.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    let help = "The version of the time zones that schedules use, and where they come from; the value is always 1.";
    page.family("lopper_time_zones_info", Kind::Gauge, help);
    let zones = crate::zones::version();
    page.sample(&[("version", &zones.release), ("source", &zones.source())], 1);
    if let Some(scheduler) = seen.scheduler {
        of_scheduler(&mut page, scheduler);
    }
    let names: BTreeSet<&str> = figures
        .jobs
        .iter()
        .map(|(name, ..)| name.as_str())
        .chain(figures.sums.runs.keys().map(String::as_str))
        .collect();
    runs(&mut page, figures, &names);
    durations(&mut page, figures, &names);
    latest(&mut page, figures);
    schedule(&mut page, figures, seen);
    warnings(&mut page, figures, &names);
    changes(&mut page, figures);
    hooks(&mut page, figures);
    journal(&mut page, figures);
    segments(&mut page, datasources);
    page.into_text()
}

fn of_scheduler(page: &mut Page, scheduler: Scheduler) {
    let help = "Whether this scheduler leads (1) or is on standby (0). Not in the file of `run`.";
    page.family("lopper_scheduler_lease_held", Kind::Gauge, help);
    page.sample(&[], u8::from(scheduler.acts));
    let help = "Job files that are broken, of which the last valid version stays in force. Not in the file of `run`.";
    page.family("lopper_job_files_broken", Kind::Gauge, help);
    page.sample(&[], scheduler.broken);
    let help = "Log lines that could not be written since this scheduler started, because a disk is full. Not in the file of `run`.";
    page.family("lopper_log_lines_lost_total", Kind::Counter, help);
    page.sample(&[], log::lost());
}

fn runs(page: &mut Page, figures: &Figures, names: &BTreeSet<&str>) {
    let none = BTreeMap::new();
    let help = "Runs of jobs that have ended, by the outcomes of the view `runs`; `skipped` is a scheduled time that was passed over.";
    page.family("lopper_runs_total", Kind::Counter, help);
    for name in names {
        let by_outcome = figures.sums.runs.get(*name).unwrap_or(&none);
        let outcomes: BTreeSet<&str> =
            by_outcome.keys().map(String::as_str).chain(ALWAYS).collect();
        for outcome in outcomes {
            let count = by_outcome.get(outcome).map_or(0, |runs| runs.count);
            page.sample(&[("job", name), ("outcome", outcome)], count);
        }
    }
    page.family(
        "lopper_runs_in_progress",
        Kind::Gauge,
        "Runs of jobs in progress, including those in their first transaction.",
    );
    let running = figures.running.keys().map(String::as_str).collect();
    for name in names.union(&running) {
        page.sample(&[("job", name)], figures.running.get(*name).copied().unwrap_or(0));
    }
}

fn durations(page: &mut Page, figures: &Figures, names: &BTreeSet<&str>) {
    let help = "How long runs of jobs took, by the wall clock, in buckets from 0.1 s to 2 h. Died and skipped runs are not counted.";
    page.family("lopper_run_duration_seconds", Kind::Histogram, help);
    for name in names {
        let mut all = Runs::default();
        for (outcome, runs) in figures.sums.runs.get(*name).into_iter().flatten() {
            if !UNTIMED.contains(&outcome.as_str()) {
                all.add(runs);
            }
        }
        for (bound, count) in BOUNDS.iter().zip(all.buckets) {
            page.suffixed("_bucket", &[("job", name), ("le", bound)], count);
        }
        page.suffixed("_bucket", &[("job", name), ("le", "+Inf")], all.count);
        page.suffixed("_sum", &[("job", name)], Seconds(all.total_ms));
        page.suffixed("_count", &[("job", name)], all.count);
    }
}

fn latest(page: &mut Page, figures: &Figures) {
    let help = "When a run of the job last ended as done; absent before the first.";
    page.family("lopper_job_last_success_timestamp_seconds", Kind::Gauge, help);
    for (name, by_outcome) in &figures.sums.runs {
        if let Some(done) = by_outcome.get("done") {
            page.sample(&[("job", name)], Seconds(done.last_end_ms));
        }
    }
    let help = "Whether the job's last run that has ended was done (1) or not (0).";
    page.family("lopper_job_last_run_success", Kind::Gauge, help);
    for (name, by_outcome) in &figures.sums.runs {
        let ran = by_outcome.iter().filter(|(outcome, _)| *outcome != "skipped");
        if let Some((outcome, _)) = ran.max_by_key(|(_, runs)| runs.last_run) {
            page.sample(&[("job", name)], u8::from(outcome == "done"));
        }
    }
}

fn schedule(page: &mut Page, figures: &Figures, seen: &Seen) {
    let help = "The next scheduled time of the job, without jitter. It stays in the past while nothing runs the job.";
    page.family("lopper_job_next_fire_timestamp_seconds", Kind::Gauge, help);
    for (name, is_suspended, next) in &figures.jobs {
        if let (false, Some(next)) = (is_suspended, next) {
            page.sample(&[("job", name)], Seconds(*next));
        }
    }
    page.family(
        "lopper_job_suspended",
        Kind::Gauge,
        "1 when no schedule starts the job: it is suspended, `@manually`, or its file is gone.",
    );
    for (name, is_suspended, _) in &figures.jobs {
        page.sample(&[("job", name)], u8::from(*is_suspended));
    }
    let help = "How late the last run for a scheduled time began, beyond its jitter.";
    page.family("lopper_job_start_lateness_seconds", Kind::Gauge, help);
    for (name, start) in &figures.sums.starts {
        let fire = Instant::from_millis(start.fire_ms);
        let jitter = seen.jitters.get(name).map_or(0, |jitter| jitter_ms(name, fire, jitter));
        let late = start.started_ms.saturating_sub(start.fire_ms).saturating_sub(jitter);
        page.sample(&[("job", name)], Seconds(late.max(0)));
    }
    let help = "Scheduled times without a run, and without a row of their own, because a later one took their place.";
    page.family("lopper_job_missed_fires_total", Kind::Counter, help);
    for (name, by_outcome) in &figures.sums.runs {
        let missed: u64 = by_outcome.values().map(|runs| runs.missed).sum();
        page.sample(&[("job", name)], missed);
    }
}

fn warnings(page: &mut Page, figures: &Figures, names: &BTreeSet<&str>) {
    let of = |name: &str| figures.sums.warnings.get(name).copied().unwrap_or_default();
    let help = "Warnings of the steps of runs that have ended, such as of a datasource that does not exist.";
    page.family("lopper_warnings_total", Kind::Counter, help);
    for name in names {
        page.sample(&[("job", name)], of(name).total);
    }
    let help = "Warnings of the job's last run that has ended.";
    page.family("lopper_job_last_run_warnings", Kind::Gauge, help);
    for name in names {
        page.sample(&[("job", name)], of(name).of_last_run);
    }
}

fn changes(page: &mut Page, figures: &Figures) {
    let help = "Segments that marks, passes of the rules, kills and imports have changed. `job` is empty for one-off commands.";
    page.family("lopper_segments_changed_total", Kind::Counter, help);
    for ((job, operation), changes) in &figures.sums.changes {
        page.sample(&[("job", job), ("op", operation)], changes.segments);
    }
    let kills = || figures.sums.changes.iter().filter(|((_, operation), _)| operation == "kill");
    page.family("lopper_segments_killed_total", Kind::Counter, "Segments that kills have deleted.");
    for ((job, _), changes) in kills() {
        page.sample(&[("job", job)], changes.segments);
    }
    let help = "Sizes of the segments that kills have deleted, as their metadata states them.";
    page.family("lopper_freed_bytes_total", Kind::Counter, help);
    for ((job, _), changes) in kills() {
        page.sample(&[("job", job)], changes.bytes);
    }
}

fn hooks(page: &mut Page, figures: &Figures) {
    page.family("lopper_hook_failures_total", Kind::Counter, "Hooks that failed.");
    for (job, hook, count) in &figures.hook_failures {
        page.sample(&[("job", job), ("hook", hook)], count);
    }
}

fn journal(page: &mut Page, figures: &Figures) {
    let help = "Rows of the deletion journal: `open`, whose file is to be deleted; `failed`, those of them that deep storage refused; `deferred`, whose file a living segment refers to.";
    page.family("lopper_journal_entries", Kind::Gauge, help);
    let (open, failed, deferred) = figures.journal;
    for (state, count) in [("open", open), ("failed", failed), ("deferred", deferred)] {
        page.sample(&[("state", state)], count);
    }
}

fn segments(page: &mut Page, datasources: &[Datasource]) {
    type Of = fn((u64, u64)) -> u64;
    let families: [(&'static str, &str, Of); 2] = [
        ("lopper_segments", "Segments, used and unused.", |(count, _)| count),
        (
            "lopper_segment_bytes",
            "Sizes of the segments, as their metadata states them.",
            |(_, bytes)| bytes,
        ),
    ];
    for (family, help, of) in families {
        page.family(family, Kind::Gauge, help);
        for datasource in datasources {
            let name = datasource.name.as_str();
            page.sample(&[("datasource", name), ("state", "used")], of(datasource.used));
            page.sample(&[("datasource", name), ("state", "unused")], of(datasource.unused));
        }
    }
}
