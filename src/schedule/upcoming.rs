//! What starts next, by schedules alone: nothing is known of a store, of runs that are tried again or missed.

use std::collections::BTreeSet;

use super::agenda::{is_scheduled, length_ms, start_of};
use super::fires::Fires;
use crate::druid::Instant;
use crate::job::Job;

/// A fire whose start is later because of jitter is looked for at most so far back, in milliseconds.
const MOST_LOOKED_BACK_MS: i64 = 86_400_000;

/// A fire to come.
#[derive(Debug, Clone, Copy)]
pub struct Upcoming<'a> {
    /// Whose it is.
    pub job: &'a Job,
    /// When the schedule fires.
    pub fire: Instant,
    /// When the run is to start: the fire, put off by the job's jitter.
    pub start: Instant,
}

/// The first `count` fires of these jobs that start at or after `from`, in the order of their starts. Jobs that are
/// suspended or have no schedule have none.
pub fn upcoming<'a>(
    jobs: impl IntoIterator<Item = &'a Job>,
    from: Instant,
    count: usize,
) -> Vec<Upcoming<'a>> {
    let jobs = jobs.into_iter().filter(|job| is_scheduled(job));
    let mut all: Vec<Upcoming<'a>> = jobs.flat_map(|job| of_job(job, from, count)).collect();
    all.sort_by_key(|one| (one.start, one.fire, &one.job.name));
    all.truncate(count);
    all
}

fn of_job(job: &Job, from: Instant, count: usize) -> impl Iterator<Item = Upcoming<'_>> {
    let jitter_ms = job.jitter.as_ref().map_or(0, |jitter| length_ms(jitter, from));
    let back_ms = jitter_ms.clamp(0, MOST_LOOKED_BACK_MS).saturating_add(1);
    let fires = Fires::new(&job.schedule, job.time_zone);
    let mut first = BTreeSet::new();
    let mut next = fires.next(Instant::from_millis(from.millis().saturating_sub(back_ms)));
    while let Some(fire) = next {
        // No start comes before its fire: from here on none can be among the first.
        if first.len() >= count && first.last().is_none_or(|(start, _)| *start <= fire) {
            break;
        }
        let start = start_of(job, fire);
        if start >= from {
            first.insert((start, fire));
        }
        if first.len() > count {
            first.pop_last();
        }
        next = fires.next(fire);
    }
    first.into_iter().map(move |(start, fire)| Upcoming { job, fire, start })
}
