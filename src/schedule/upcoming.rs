//! What starts next, by schedules alone: nothing is known of a store, of runs that are tried again or missed.

use crate::druid::Instant;
use crate::job::Job;
use crate::schedule::agenda::{is_scheduled, length_ms, start_of, too_late};
use crate::schedule::fires::Fires;

/// A fire whose start is later because of jitter is looked for at most so far back, in milliseconds.
const MOST_LOOKED_BACK_MS: i64 = 86_400_000;

/// So many fires of one job are looked at: of a schedule whose starts are all overtaken, or too late, the list ends.
const MOST_LOOKED_AT: usize = 1_000_000;

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
/// suspended or have no schedule have none. What jitter puts off past the job's `starting_deadline`, or past a later fire, is
/// not among them: it never starts.
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

fn of_job(job: &Job, from: Instant, count: usize) -> Vec<Upcoming<'_>> {
    let jitter_ms = job.jitter.as_ref().map_or(0, |jitter| length_ms(jitter, from));
    let back_ms = jitter_ms.clamp(0, MOST_LOOKED_BACK_MS).saturating_add(1);
    let fires = Fires::new(&job.schedule, job.time_zone);
    let first = fires.next(Instant::from_millis(from.millis().saturating_sub(back_ms)));
    let all = std::iter::successors(first, |fire| fires.next(*fire));
    let all = all.map(|fire| Upcoming { job, fire, start: start_of(job, fire) });
    // Those that are not overtaken start in the order of their fires.
    all.take(MOST_LOOKED_AT)
        .filter(|one| one.start >= from && too_late(job, one.fire, one.start).is_none())
        .filter(|one| !is_overtaken(one, &fires))
        .take(count)
        .collect()
}

/// Whether a later fire starts before, or with it, by their jitters: then the later one takes its place.
fn is_overtaken(one: &Upcoming<'_>, fires: &Fires) -> bool {
    let first = fires.next(one.fire).filter(|_| one.start > one.fire);
    std::iter::successors(first, |fire| fires.next(*fire))
        .take_while(|fire| *fire <= one.start)
        .any(|fire| start_of(one.job, fire) <= one.start)
}
