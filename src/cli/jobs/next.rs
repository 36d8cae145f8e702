//! `jobs next`: when jobs start.

use std::process::ExitCode;

use chrono::{DateTime, FixedOffset};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Place;
use crate::cli::jobs::{Directory, parted};
use crate::config::InstantExpression;
use crate::druid::Instant;
use crate::error::{Error, Result};
use crate::job::jobs_in;
use crate::render::table::table;
use crate::schedule::{Upcoming, upcoming};
use crate::zones::Zone;

#[derive(Debug, Args)]
pub(super) struct Next {
    #[command(flatten)]
    directory: Directory,
    /// How many starts to show, of all jobs together.
    #[arg(long, value_name = "N", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Show what starts at or after then: an instant, or `now-P1D`.
    #[arg(long, value_name = "INSTANT", default_value = "now")]
    from: String,
}

impl Next {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let from = InstantExpression::parse(&self.from)
            .and_then(|from| from.resolve(place.clock.now()))
            .map_err(|reason| Error::usage(format!("invalid --from: {reason}")))?;
        let (jobs, broken) = parted(jobs_in(&self.directory.jobs)?);
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let upcoming = upcoming(&jobs, from, count);
        place.print(&fires(&upcoming), || show(&upcoming))?;
        place.tell_of_broken(&broken)
    }
}

/// A fire of a schedule. Instants are text in UTC. A contract: names and meanings stay, new members may come.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct NextFire {
    /// The job's name.
    job: String,
    /// When the schedule fires; the run's logical time.
    fire: String,
    /// The same on the clock of the job's time zone, with its offset.
    local: String,
    /// The job's time zone, by its IANA name.
    time_zone: &'static str,
    /// When the run is to start: the fire, put off by the job's jitter.
    start: String,
}

/// The answer for programs.
fn fires(upcoming: &[Upcoming<'_>]) -> Vec<NextFire> {
    upcoming
        .iter()
        .map(|one| NextFire {
            job: one.job.name.clone(),
            fire: one.fire.to_string(),
            local: local(one.fire, one.job.time_zone, "%Y-%m-%dT%H:%M:%S%.3f%:z"),
            time_zone: one.job.time_zone.name(),
            start: one.start.to_string(),
        })
        .collect()
}

/// The answer for people; starts have a column when a job has jitter.
fn show(upcoming: &[Upcoming<'_>]) -> String {
    if upcoming.is_empty() {
        return "nothing starts by itself".to_owned();
    }
    if upcoming.iter().all(|one| one.job.jitter.is_none()) {
        return table(["job", "fire", "UTC"], &upcoming.iter().map(columns).collect::<Vec<_>>());
    }
    let rows = upcoming.iter().map(|one| {
        let [job, fire, utc] = columns(one);
        [job, fire, utc, one.start.to_string()]
    });
    table(["job", "fire", "UTC", "start"], &rows.collect::<Vec<_>>())
}

fn columns(one: &Upcoming<'_>) -> [String; 3] {
    let zone = one.job.time_zone;
    let fire = local(one.fire, zone, "%a %Y-%m-%d %H:%M:%S%.f %:z");
    let name = zone.abbreviation(one.fire.millis().div_euclid(1_000)).unwrap_or_default();
    // Some zones have no letters, and give their offset once more.
    let fire = if name.is_empty() || name.starts_with(['+', '-']) {
        fire
    } else {
        format!("{fire} {name}")
    };
    [one.job.name.clone(), fire, one.fire.to_string()]
}

/// What the clock of the zone shows; in years that no clock knows, the instant in UTC.
fn local(instant: Instant, zone: Zone, format: &str) -> String {
    let shown = || {
        let offset = zone.offset(instant.millis().div_euclid(1_000))?;
        let offset = FixedOffset::east_opt(i32::try_from(offset).ok()?)?;
        let utc = DateTime::from_timestamp_millis(instant.millis())?;
        Some(utc.with_timezone(&offset).format(format).to_string())
    };
    shown().unwrap_or_else(|| instant.to_string())
}
