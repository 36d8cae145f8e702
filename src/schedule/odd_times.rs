//! Periods of a job that do not go together: it is valid, and does not do what they say.

use crate::druid::{Instant, Period};
use crate::job::Job;
use crate::schedule::agenda::{MAX_BACKOFF_MS, length_ms};
use crate::schedule::fires::Fires;

/// So many fires to come are looked at for the shortest time between two of them.
const LOOKED_AT: usize = 200;

/// What a person should know of a job's jitter and retries, a sentence each.
pub fn odd_times(job: &Job, now: Instant) -> Vec<String> {
    let mut odd = Vec::new();
    if let Some(jitter) = &job.jitter {
        odd.extend(beyond_deadline(job, jitter));
        odd.extend(beyond_period(job, jitter, now));
    }
    let backoff = &job.retry_backoff;
    if length(backoff) > MAX_BACKOFF_MS {
        odd.push(format!(
            "retry_backoff is {backoff}, and no retry waits longer than PT6H: write PT6H or less"
        ));
    }
    odd
}

fn beyond_deadline(job: &Job, jitter: &Period) -> Option<String> {
    let deadline = job.starting_deadline.as_ref()?;
    (length(jitter) > length(deadline)).then(|| {
        format!("jitter puts starts off by up to {jitter}, and starting_deadline is {deadline}: some are skipped as too late; write a jitter that is no longer than the deadline")
    })
}

fn beyond_period(job: &Job, jitter: &Period, now: Instant) -> Option<String> {
    let fires = Fires::new(&job.schedule, job.time_zone);
    let all = std::iter::successors(fires.next(now), |fire| fires.next(*fire));
    let all: Vec<i64> = all.take(LOOKED_AT).map(Instant::millis).collect();
    let gaps = all.windows(2).filter_map(|two| two.last()?.checked_sub(*two.first()?));
    let shortest = gaps.min().filter(|gap| length(jitter) > *gap)?;
    let gap = shown(shortest);
    Some(format!(
        "jitter puts starts off by up to {jitter}, and the schedule's times are as little as {gap} apart: a later one may start first, and takes the place of those before; write a jitter that is no longer"
    ))
}

/// As a period in its largest unit.
fn shown(millis: i64) -> String {
    let units = [(86_400_000, "P", "D"), (3_600_000, "PT", "H"), (60_000, "PT", "M")];
    let (unit, before, behind) =
        units.into_iter().find(|(unit, ..)| millis % unit == 0).unwrap_or((1_000, "PT", "S"));
    format!("{before}{}{behind}", millis / unit)
}

fn length(period: &Period) -> i64 {
    length_ms(period, Instant::EPOCH)
}
