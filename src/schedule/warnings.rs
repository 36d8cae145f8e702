//! What a person should know of, and nobody would see: schedulers with different job files on one store, a directory that is
//! empty though its jobs are remembered, a process that holds the store's write lock and goes no further. Each is said once,
//! and the last one again at intervals.

use std::time::Instant as Moment;

use crate::engine::stopped_process;
use crate::error::Result;
use crate::schedule::memory::directory_name;
use crate::schedule::scheduler::Scheduler;
use crate::store::sql;

/// A busy store goes on being said so often, in leases.
const SAY_EVERY: u32 = 2;

/// What has been said.
#[derive(Debug, Default)]
pub(super) struct Warned {
    directories: String,
    /// Since when the store has been busy, and when that was said.
    busy: Option<(Moment, Option<Moment>)>,
}

/// Jobs that the store remembers of one directory.
struct Directory {
    name: String,
    jobs: u64,
    first: String,
}

impl Scheduler {
    /// Warns of jobs that this scheduler does not run, though the store says that they are in force.
    pub(super) fn warn_of_directories(&mut self) -> Result<()> {
        let here = directory_name(&self.options.jobs);
        let operation = "cannot read what is known of the jobs";
        let directories = self.store.rows(operation, sql::schedule::DIRECTORIES, &[], |row| {
            Ok(Directory { name: row.get(0)?, jobs: row.get(1)?, first: row.get(2)? })
        })?;
        let warning = self.warning(&here, &directories);
        if warning != self.warned.directories {
            if !warning.is_empty() {
                tracing::warn!("{warning}");
            }
            self.warned.directories = warning;
        }
        Ok(())
    }

    fn warning(&self, here: &str, directories: &[Directory]) -> String {
        let count = |one: &Directory| {
            let s = if one.jobs == 1 { "" } else { "s" };
            format!("{} job{s} of {} (first: '{}')", one.jobs, one.name, one.first)
        };
        let others: Vec<String> =
            directories.iter().filter(|one| one.name != here).map(count).collect();
        let own = directories.iter().find(|one| one.name == here);
        if let Some(own) = own.filter(|_| self.acts && self.files.may_be_unmounted()) {
            return format!(
                "there is no job file in {here}, and the store remembers {}: they are not taken for removed, and are owed what \
                 becomes due until their files are there again; help: if they are gone for good, put any other job file there",
                count(own)
            );
        }
        if others.is_empty() && self.files.in_force().len() == 0 && self.files.broken() == 0 {
            return format!(
                "there is no job file in {here}, so nothing runs; help: name the directory of the job files with --jobs, or mount it"
            );
        }
        if others.is_empty() {
            return String::new();
        }
        let who = if self.acts {
            "this scheduler does not run them"
        } else {
            "its own jobs wait for its turn"
        };
        format!(
            "the store remembers jobs of other files than those of {here}: {}; {who}; help: give all schedulers of one store the \
             same --jobs, or give each a store of its own",
            others.join(", ")
        )
    }

    /// The store is busy: warns when that lasts.
    pub(super) fn warn_of_busy(&mut self, moment: Moment) {
        let (since, said) = self.warned.busy.unwrap_or((moment, None));
        let lease = self.lease.beat() * 3;
        let is_news = said.is_none_or(|said| moment >= said + lease * SAY_EVERY);
        let is_long = moment >= since + lease;
        // While a run of its own writes for long, all is as it should be.
        let said = if is_long && is_news && self.runs.is_empty() {
            let holder = self.lease.holder(&self.store).ok().flatten();
            let stopped = holder.as_deref().and_then(stopped_process);
            let what = match (holder, stopped) {
                (Some(holder), Some(pid)) => format!(
                    "the scheduler that acts ({holder}) is stopped within a transaction; help: `kill -CONT {pid}` lets it go on, \
                     `kill -KILL {pid}` ends it, and another takes over"
                ),
                _ => "help: `lopper history` shows runs that have not ended, `fuser` the processes that have the file open"
                    .to_owned(),
            };
            tracing::warn!(
                "the write lock of {} has been held for {} s: nothing can be claimed or recorded; {what}",
                self.store.path().display(),
                moment.duration_since(since).as_secs()
            );
            Some(moment)
        } else {
            said
        };
        self.warned.busy = Some((since, said));
    }

    /// The store is not busy any more.
    pub(super) fn is_free(&mut self) {
        if let Some((_, Some(_))) = self.warned.busy.take() {
            tracing::info!("the write lock of {} is free again", self.store.path().display());
        }
    }
}
