//! The job files in force.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::error::Error;
use crate::job::{Job, jobs_in};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    Changed,
    All,
}

#[derive(Debug)]
pub enum Event {
    InForce { job: String, path: PathBuf, was: &'static str },
    Removed { job: String, path: PathBuf },
    Broken { path: PathBuf, error: Error, keeps: bool },
    Unreadable { error: Error },
}

#[derive(Debug)]
pub struct JobFiles {
    directory: PathBuf,
    jobs: BTreeMap<String, Arc<Job>>,
}

impl JobFiles {
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, jobs: BTreeMap::new() }
    }
    pub fn look(&mut self, read: Read) -> Vec<Event> {
        if read == Read::Changed {
            return Vec::new();
        }
        let mut events = Vec::new();
        match jobs_in(&self.directory) {
            Err(error) => events.push(Event::Unreadable { error }),
            Ok(jobs) => {
                self.jobs.clear();
                for (path, job) in jobs {
                    match job {
                        Ok(job) => {
                            events.push(Event::InForce {
                                job: job.name.clone(),
                                path,
                                was: "loaded",
                            });
                            self.jobs.insert(job.name.clone(), Arc::new(job));
                        }
                        Err(error) => events.push(Event::Broken { path, error, keeps: false }),
                    }
                }
            }
        }
        events
    }
    pub fn in_force(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.jobs.values()
    }
}
