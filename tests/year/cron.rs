//! One start by cron of the simulation: what `lopper run --scheduled` does, in given time.

use std::path::Path;
use std::sync::Arc;

use lopper::druid::Instant;
use lopper::engine::{Worker, adopt, pass_over};
use lopper::error::Kind;
use lopper::job::{ConcurrencyPolicy, Job};
use lopper::schedule::{Fires, Start, give_up_retry, keep, memory, owed_from, start};
use lopper::store::Store;

use super::process::{Course, Did, Now, Run};

/// A process that cron has started.
pub struct Cron {
    pub job: Arc<Job>,
    fires: Fires,
    at: Instant,
    pub run: Option<Run>,
    /// When it looks again, by the clock that nobody sets.
    looks_at: i64,
}

impl Cron {
    /// Nothing where the schedule has not fired yet, or the job is suspended.
    pub fn new(store: &Store, now: Now, job: &Arc<Job>) -> Option<Self> {
        let fires = Fires::new(&job.schedule, job.time_zone);
        let at = fires.latest(now.wall)?;
        keep(store, job, owed_from(job, Some(at), now.wall), now.wall).unwrap();
        (!job.suspend).then(|| Self {
            job: Arc::clone(job),
            fires,
            at,
            run: None,
            looks_at: now.real_ms,
        })
    }

    pub fn wake(&self) -> i64 {
        self.run.as_ref().map_or(self.looks_at, Run::wake)
    }

    /// Does what is to be done now; answers whether it goes on.
    pub fn go_on(
        &mut self,
        store: &mut Store,
        now: Now,
        course: &mut impl FnMut(&Job) -> Course,
        did: &mut Vec<Did>,
    ) -> bool {
        let name = self.job.name.clone();
        let Some(run) = &mut self.run else { return self.look(store, now, course) };
        let Some(number) = run.number else {
            return match run.claim(store, now, &self.job) {
                Ok(number) => {
                    did.push(Did::Began { job: Arc::clone(&self.job), run: number });
                    true
                }
                Err(error) if error.kind() == Kind::Stale => {
                    adopt(store, &name, run.fire()).unwrap();
                    self.looks_again(now, 0)
                }
                Err(error) => {
                    assert_eq!(error.kind(), Kind::Running, "{error}");
                    let queues = self.job.concurrency_policy == ConcurrencyPolicy::Queue;
                    if queues || run.fire().attempt > 1 {
                        return self.looks_again(now, 600_000);
                    }
                    let reason = "the job was still running (concurrency_policy is forbid)";
                    match pass_over(store, &name, run.fire(), now.wall, reason) {
                        Err(error) if error.kind() == Kind::Stale => self.looks_again(now, 0),
                        passed_over => {
                            passed_over.unwrap();
                            false
                        }
                    }
                }
            };
        };
        let lost = run.end(store, now, &name, Some(&self.job));
        did.push(Did::Ended { job: name, run: number, lost });
        self.looks_again(now, 300_000)
    }

    fn looks_again(&mut self, now: Now, ms: i64) -> bool {
        self.run = None;
        self.looks_at = now.real_ms + ms;
        true
    }

    fn look(&mut self, store: &Store, now: Now, course: &mut impl FnMut(&Job) -> Course) -> bool {
        let Some(memory) = memory(store, &self.job.name).unwrap() else { return false };
        match start(&self.job, &self.fires, &memory, self.at, now.wall) {
            Start::Begin(fire) => {
                self.run = Some(Run::new(fire, Worker::elsewhere(0), course(&self.job), now));
            }
            Start::Later(then) => self.looks_at = now.real_ms + then.millis() - now.wall.millis(),
            Start::PassOver(fire, reason) => {
                match pass_over(store, &self.job.name, &fire, now.wall, &reason) {
                    Err(error) if error.kind() == Kind::Stale => {}
                    passed_over => {
                        passed_over.unwrap();
                        return false;
                    }
                }
            }
            Start::GiveUp(_) => give_up_retry(store, &self.job.name).unwrap(),
            Start::Nothing(_) => return false,
        }
        true
    }
}

/// Where the files of the jobs are said to be.
pub const FILE: &str = "job.toml";

pub fn parse(text: &str) -> Arc<Job> {
    Arc::new(Job::parse(text, Path::new(FILE)).unwrap())
}
