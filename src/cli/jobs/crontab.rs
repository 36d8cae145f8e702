//! `jobs crontab`: lines by which cron starts what the scheduler would.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::cli::jobs::{Directory, machine, sound};
use crate::cli::{Place, print_text};
use crate::config::nearest;
use crate::druid::Instant;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::job::{CatchUp, Job, Schedule, jobs_in};
use crate::schedule::{Clocks, CronTimes, Fires, cron_times, length_ms};
use crate::zones::{self, Zone};

/// cron refuses a longer command.
const LONGEST_COMMAND: usize = 998;

/// Under cron, a start that covers a fire comes within a minute: one that is later than this was missed.
const LATE_MIN: i64 = 30;

#[derive(Debug, Args)]
pub(super) struct Crontab {
    #[command(flatten)]
    directory: Directory,
    /// Write lines for /etc/cron.d, which name the user that runs the jobs.
    #[arg(long, value_name = "NAME", value_parser = user)]
    user: Option<String>,
    /// The time zone of the cron that reads the lines [default: this machine's].
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Option<Zone>,
}

fn user(text: &str) -> std::result::Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '$');
    if text.is_empty() || text.starts_with('-') || !text.chars().all(is_plain) {
        return Err("not the name of a user".to_owned());
    }
    Ok(text.to_owned())
}

fn zone(text: &str) -> std::result::Result<Zone, String> {
    text.parse().map_err(|_| match nearest(text, zones::names()) {
        Some(meant) => format!("unknown time zone; did you mean '{meant}'?"),
        None => "unknown time zone; write for example Europe/Berlin".to_owned(),
    })
}

impl Crontab {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let jobs = sound(jobs_in(&self.directory.jobs)?)?;
        let cron = self.time_zone.map_or_else(machine::zone, Ok)?;
        let now = place.clock.now();
        let mut lines = Lines { user: self.user.as_deref(), cron, now, clocks: HashMap::new() };
        let directory = word(&self.directory.jobs)?;
        let mut text = format!(
            "# The jobs in {directory}, for a cron in the time zone {cron}. Written by `lopper jobs crontab`:\n\
             # write it anew when the schedules, or the clocks of their time zones, change.\n\
             # cron mails what is printed: with --quiet, what fails and what a run warns of, and nothing of a good run.\n",
        );
        for job in &jobs {
            text.push('\n');
            lines.write(&mut text, place, job)?;
        }
        print_text(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

struct Lines<'a> {
    user: Option<&'a str>,
    cron: Zone,
    now: Instant,
    /// How the clock of a zone differs from cron's: a long comparison.
    clocks: HashMap<Zone, Clocks>,
}

impl Lines<'_> {
    /// A comment, and a line if cron is to start the job.
    fn write(&mut self, text: &mut String, place: &Place<'_>, job: &Job) -> Result<()> {
        let (name, schedule, zone) = (&job.name, &job.schedule, job.time_zone);
        let head = match schedule {
            Schedule::Manually => format!("# {name}"),
            Schedule::Every(_) => format!("# {name} ({schedule})"),
            Schedule::Cron(_) => format!("# {name} ({schedule}, {zone})"),
        };
        let times = match self.times(job) {
            Ok(times) => times,
            Err(why) => {
                let _ = writeln!(text, "{head}: {why}");
                return Ok(());
            }
        };
        match &times.covers {
            None => text.push_str(&head),
            Some(why) if times.is_finer => {
                let _ = write!(
                    text,
                    "{head}: {why} and starts it once a minute at most; of several scheduled times within a minute, the last one runs"
                );
            }
            Some(why) => {
                let _ = write!(
                    text,
                    "{head}: {why}, so it may be started more often; it runs once for each scheduled time"
                );
            }
        }
        let user = self.user.map_or_else(String::new, |user| format!("{user} "));
        let command = self.command(place, job, times.covers.is_some())?;
        let _ = writeln!(text, "\n{} {user}{command}", times.fields);
        Ok(())
    }

    /// When cron starts a job, or why it does not.
    fn times(&mut self, job: &Job) -> std::result::Result<CronTimes, &'static str> {
        if job.suspend {
            return Err("suspended");
        }
        if job.schedule != Schedule::Manually
            && Fires::new(&job.schedule, job.time_zone).next(self.now).is_none()
        {
            return Err("its schedule never fires again");
        }
        let (cron, now) = (self.cron, self.now);
        for zone in [job.time_zone, Zone::utc()] {
            self.clocks.entry(zone).or_insert_with(|| Clocks::between(zone, cron, now));
        }
        let [clocks, utc] = [job.time_zone, Zone::utc()].map(|zone| self.clocks.get(&zone));
        clocks
            .zip(utc)
            .and_then(|(clocks, utc)| cron_times(&job.schedule, clocks, utc))
            .ok_or("only by hand")
    }

    fn command(&self, place: &Place<'_>, job: &Job, covers: bool) -> Result<String> {
        let program = std::env::current_exe()
            .map_err(|error| Error::failed("cannot tell where lopper itself is").because(error))?;
        // cron mails what is printed: of a good run that warns of nothing, and of a start that finds nothing to do, that is
        // nothing.
        let store = word(&place.global.store)?;
        let mut words = vec![word(&program)?, "--quiet".to_owned(), "--store".to_owned(), store];
        if let Some(config) = &place.global.config {
            words.extend(["--config".to_owned(), word(config)?]);
        }
        words.extend(["run".to_owned(), "--scheduled".to_owned()]);
        if covers {
            words.extend(self.deadline(job));
        }
        words.push(word(job.file.as_deref().unwrap_or(Path::new(&job.name)))?);
        let command = words.join(" ");
        if command.len() > LONGEST_COMMAND {
            let length = command.len();
            return Err(Error::usage(format!(
                "the line of job '{}' would have {length} bytes, and cron takes {LONGEST_COMMAND}",
                job.name
            ))
            .help("use shorter paths"));
        }
        Ok(command)
    }

    /// cron forgets what it missed, and a later start that covers another fire must not make up for it, unless the job
    /// catches up.
    fn deadline(&self, job: &Job) -> Option<String> {
        if job.catch_up == CatchUp::Latest || job.starting_deadline.is_some() {
            return None;
        }
        let jitter_ms = job.jitter.as_ref().map_or(0, |jitter| length_ms(jitter, self.now));
        let minutes = LATE_MIN.saturating_add(jitter_ms / 60_000);
        Some(format!("--starting-deadline PT{minutes}M"))
    }
}

/// An absolute path as a word for the shell, behind cron, which takes `%` for the end of a line.
fn word(path: &Path) -> Result<String> {
    let shown = || escape(&path.to_string_lossy()).into_owned();
    let absolute = std::path::absolute(path).map_err(|error| {
        Error::usage(format!("cannot use the path '{}'", shown())).because(error)
    })?;
    let wrong = |c: char| c.is_control() || c == '\\';
    let text = absolute.to_str().filter(|text| !text.contains(wrong)).ok_or_else(|| {
        Error::usage(format!("the path '{}' cannot stand in a crontab", shown()))
            .help("use a path in UTF-8 without control characters and backslashes")
    })?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@=,".contains(c);
    let quoted = if text.chars().all(is_plain) {
        text.to_owned()
    } else {
        // Without a backslash, which cron might take for its own.
        format!("'{}'", text.replace('\'', "'\"'\"'"))
    };
    Ok(quoted.replace('%', "\\%"))
}
