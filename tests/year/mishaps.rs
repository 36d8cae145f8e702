//! What goes wrong in a year: deaths, stops, frozen processes, clocks that are set, backups that are put back, and job files
//! that change.

use std::sync::Arc;

use lopper::job::Job;
use rusqlite::config::DbConfig;

use super::process::Process;
use super::world::{HOUR_MS, World};

impl World {
    /// A process dies, and its runs with it.
    pub(super) fn dies(&mut self, process: Option<Process>) {
        for (job, run) in process.into_iter().flat_map(|process| process.runs) {
            if let Some(living) = self.living.get_mut(&job) {
                living.retain(|living| Some(*living) != run.number);
            }
        }
    }

    /// The store is put back to what it was a while ago; whoever works on it has not noticed yet.
    fn put_backup_back(&mut self) {
        let backup = self.lopper.path("backup.db");
        if !backup.exists() {
            self.lopper.sql(&format!("VACUUM INTO '{}'", backup.display()));
            self.has_reloaded = false;
            return;
        }
        self.living.clear();
        self.crons.clear();
        self.frozen = None;
        if let Some(process) = &mut self.acting {
            process.drop_runs();
        }
        let connection = &self.store.connection;
        let tables = self.lopper.sql("SELECT name FROM sqlite_schema WHERE type = 'table'");
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
        connection.execute("ATTACH ?1 AS backup", [backup.to_str().unwrap()]).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON").unwrap();
        for table in tables {
            // Those that are computed are not among them.
            let columns = self.lopper.sql(&format!(
                "SELECT group_concat('\"' || name || '\"', ', ') FROM pragma_table_info('{table}')"
            ));
            let columns = &columns[0];
            connection
                .execute_batch(&format!(
                    "DELETE FROM main.{table};
                     INSERT INTO main.{table} ({columns}) SELECT {columns} FROM backup.{table}"
                ))
                .unwrap();
        }
        connection.execute_batch("COMMIT; DETACH backup").unwrap();
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true).unwrap();
        std::fs::remove_file(backup).unwrap();
        // Job files of another time are put in force at once: until then a schedule is none that the store knows.
        let unnoticed_ms = if self.has_reloaded { 0 } else { 300_000 };
        self.notices_ms = Some(self.real_ms + unnoticed_ms);
    }

    pub(super) fn backup_is_noticed(&mut self) {
        if self.notices_ms.is_some_and(|notices| notices <= self.real_ms) {
            self.notices_ms = None;
            if let Some(process) = self.acting.take() {
                self.acting = Some(process.anew());
            }
        }
    }

    /// Something that happens to schedulers.
    pub(super) fn mishap(&mut self) {
        let hours = 1 + i64::try_from(self.chance.below(120)).unwrap();
        self.next_mishap_ms = self.real_ms + hours * HOUR_MS;
        let minutes = i64::try_from(self.chance.below(60 * 20)).unwrap();
        match self.chance.below(10) {
            // Killed, and started again after a while.
            0 | 1 => {
                let killed = self.acting.take();
                self.dies(killed);
                self.stops = false;
                self.starts_ms = self.real_ms + minutes * 60_000;
            }
            // Stopped in good order.
            2 => {
                self.stops = self.acting.is_some();
                self.starts_ms = self.real_ms + minutes * 60_000;
            }
            // Frozen; another one starts meanwhile.
            3 if self.frozen.is_none() && !self.stops => {
                let thaws = self.real_ms + minutes * 60_000;
                self.frozen = self.acting.take().map(|process| (process, thaws));
                self.starts_ms = self.real_ms + minutes * 30_000;
            }
            6 => self.put_backup_back(),
            7 => {
                // Whoever cron started is killed.
                for cron in std::mem::take(&mut self.crons) {
                    let number = cron.run.and_then(|run| run.number);
                    if let Some(living) = self.living.get_mut(&cron.job.name) {
                        living.retain(|living| Some(*living) != number);
                    }
                }
            }
            4 => self.ahead_ms += minutes * 60_000 / 4,
            5 => self.ahead_ms -= minutes * 60_000 / 4,
            _ => self.reload(),
        }
    }

    /// Job files change: one is suspended and comes back, is removed, or is another one.
    fn reload(&mut self) {
        self.has_reloaded = true;
        let number = 1 + self.chance.below(49);
        let name = format!("job-{number}");
        match self.chance.below(3) {
            0 => drop(self.jobs.remove(&name)),
            1 => {
                let suspend = self
                    .jobs
                    .get(&name)
                    .map(|job| Job { suspend: !job.suspend, ..Job::clone(job) });
                self.jobs.extend(suspend.map(|job| (name, Arc::new(job))));
            }
            _ => {
                let job = self.job(number, false);
                self.jobs.insert(name, job);
            }
        }
        let (now, jobs) = (self.now(), self.in_force());
        if let Some(process) = self.acting.as_mut().filter(|process| process.acts) {
            process.put_in_force(&self.store, now, &jobs);
        }
    }
}
