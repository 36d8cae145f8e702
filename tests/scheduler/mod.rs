//! `lopper schedule` and `run --scheduled`, by the ledger that they leave: which fires run, which are passed over, and
//! why.

mod accounts;
mod by_cron;
mod clocks;
mod died;
mod documented;
mod leases;
mod logs;
mod minute;
mod once;
mod overload;
mod real;
mod replaced;
mod retries;
mod signals;
mod systemd;
mod timeouts;

use std::fs::File;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use lopper::druid::Instant;

use crate::support::{Answer, Lopper, Running};

/// Marks all that is used.
const MARK: &str = "
    [[step]]
    op = 'mark-unused'
    datasource = 'wiki'
    all = true";

/// A statement that would take hours.
const ENDLESS: &str = "
    [[step]]
    op = 'check'
    sql = '''WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
             SELECT max(i) FROM n'''";

/// Kills without a buffer, a segment at a time.
const KILL: &str = "
    [[step]]
    op = 'kill'
    datasource = 'wiki'
    buffer_period = 'PT0S'
    batch_size = 1";

/// Marks all days, and kills them one by one.
const HOURLY_KILL: &str = "
    schedule = '0 * * * *'
    [[step]]
    op = 'mark-unused'
    datasource = 'wiki'
    all = true
    [[step]]
    op = 'kill'
    datasource = 'wiki'
    buffer_period = 'PT0S'
    batch_size = 1";

/// A time of the day of the stories.
fn at(time: &str) -> String {
    format!("2024-06-01T{time}{}", if time.len() == 5 { ":00.000Z" } else { ".000Z" })
}

fn days(count: u8) -> Lopper {
    let day = |number| format!("wiki 2015-09-{:02}/P1D", number + 1);
    Lopper::new().authoritative().segments(
        (0..count)
            .map(|number| day(number).as_str().into())
            .collect::<Vec<crate::support::Segment>>(),
    )
}

impl Lopper {
    /// The program, when the wall clock shows a time of that day.
    fn then(&self, time: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("LOPPER_TEST_CLOCK", at(time));
        command
    }

    /// What the scheduler does about all that is due at a time of the day.
    #[track_caller]
    fn tick(&self, time: &str) -> Answer {
        Answer::of(&mut self.then(time, &["schedule", "--once"])).code(0)
    }

    /// As `tick`, where something comes to no good end.
    #[track_caller]
    fn tick_ends(&self, time: &str, code: u8) -> Answer {
        Answer::of(&mut self.then(time, &["schedule", "--once"])).code(i32::from(code))
    }

    /// The store, in the hands of somebody who lets nobody else open it until his transaction ends.
    fn alone(&self) -> rusqlite::Connection {
        let connection = self.connection();
        let alone = "PRAGMA journal_mode = delete; BEGIN EXCLUSIVE";
        connection.execute_batch(alone).unwrap();
        connection
    }

    /// Says when a file was written.
    fn written(&self, file: &str, time: &str) {
        let written = Instant::parse(&at(time)).unwrap().millis();
        let written = UNIX_EPOCH + Duration::from_millis(u64::try_from(written).unwrap());
        File::options().write(true).open(self.path(file)).unwrap().set_modified(written).unwrap();
    }

    /// Runs a command beside the test at a time of the day, with failpoints.
    fn beside(&self, time: &str, arguments: &[&str], failpoints: &str) -> Running {
        Running::start(self.then(time, arguments).env("FAILPOINTS", failpoints))
    }

    /// What became of each fire, in order: `"tidy 12:00 schedule done"`, and which attempt, and how many fires were
    /// missed, where that is to be told.
    fn fires(&self) -> Vec<String> {
        self.sql(
            "SELECT name || ' ' || substr(logical_time, 12, 5) || ' ' || cause || ' ' || outcome
                    || iif(attempt > 1, ', attempt ' || attempt, '') || iif(missed > 0, ', missed ' || missed, '')
               FROM runs WHERE cause <> 'hand' ORDER BY run",
        )
    }

    /// Why the last run came to what it came to.
    fn why(&self) -> String {
        self.sql("SELECT message FROM runs ORDER BY run DESC LIMIT 1").remove(0)
    }
}
