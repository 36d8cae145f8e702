//! `jobs crontab`: cron's lines start every job for each of its fires, within a minute.

use std::process::Command;

use lopper::schedule::Fires;

use super::calendar::Calendar;
use super::next::with;
use super::random::Plan;
use super::{at, fires, instant};
use crate::support::{Answer, Chance, Lopper, tools};

const ZONES: [&str; 5] =
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"];

/// The line of a job: its five fields, and its command.
fn line(crontab: &str, job: &str) -> Option<(String, String)> {
    let file = format!("/{job}.toml");
    let line = crontab.lines().find(|line| !line.starts_with('#') && line.ends_with(&file))?;
    let (fields, command) = line.split_at(line.match_indices(' ').nth(4).unwrap().0);
    Some((fields.to_owned(), command.trim_start().to_owned()))
}

fn crontab(lopper: &Lopper, zone: &str) -> String {
    lopper.run(["jobs", "crontab", "--time-zone", zone]).code(0).stdout
}

/// Debian's cron reads all lines.
#[track_caller]
fn cron_takes(lopper: &Lopper, crontab: &str) {
    if tools::has("crontab") {
        let file = lopper.file("lines", crontab);
        let answer = Answer::of(Command::new("crontab").arg("-n").arg(file));
        assert_eq!(answer.exit_code, 0, "{answer}\n{crontab}");
    }
}

/// cron, with the slow model for its clock, is at each fire's minute, or at the next full one.
#[track_caller]
fn is_covered(starts: &[i64], fires: impl Iterator<Item = i64>, known: i64, what: &str) {
    for fire in fires.filter(|fire| *fire < known) {
        let start = (fire + 59).div_euclid(60) * 60;
        assert!(starts.binary_search(&start).is_ok(), "{what}: {} is late", instant(fire));
    }
}

fn hold(chance: &mut Chance, cron: &str, calendars: &[Calendar]) {
    let mut lopper = Lopper::new().clock("2025-12-31T00:00:00Z");
    let mut plans = Vec::new();
    for number in 0..14 {
        let calendar = &calendars[chance.below(calendars.len())];
        let plan = Plan::by(chance, 2_026);
        let keys = format!("schedule = '{}'\ntime_zone = '{}'", plan.text, calendar.zone);
        lopper = with(lopper, &format!("job-{number}"), &keys);
        plans.push((plan, calendar));
    }
    let lines = crontab(&lopper, cron);
    cron_takes(&lopper, &lines);
    let cron = calendars.iter().find(|calendar| calendar.zone.name() == cron).unwrap();
    for (number, (plan, calendar)) in plans.iter().enumerate() {
        let what = format!("'{}' in {}, cron in {}", plan.text, calendar.zone, cron.zone);
        let fires = plan.fires(calendar);
        let Some((fields, _)) = line(&lines, &format!("job-{number}")) else {
            assert!(lines.contains(&format!(
                "# job-{number} ({}, {}): its schedule never",
                plan.text, calendar.zone
            )));
            assert_eq!(fires, [0; 0], "{what}: no line");
            continue;
        };
        let five = plan.in_five();
        let said = if fields == five.text { five } else { Plan::of_numbers(&fields) };
        let known = (cron.end().min(calendar.end()) - 2) * 60;
        is_covered(&said.fires(cron), fires.into_iter(), known, &format!("{what}: {fields}"));
    }
}

#[test]
fn every_fire_has_its_start() {
    let calendars = ZONES.map(|zone| Calendar::new(zone, 2_026));
    for (seed, cron) in (0..).zip(ZONES) {
        hold(&mut Chance(seed), cron, &calendars);
    }
}

#[test]
fn every_period_has_its_starts() {
    let periods = ["PT10M", "PT7M", "PT90M", "PT45S", "PT0.5S", "P1D", "P1M", "PT25M", "P1WT1H5M"];
    let mut lopper = Lopper::new().clock("2026-01-01T00:00:00Z");
    for period in periods {
        lopper = with(lopper, period, &format!("schedule = '@every {period}'"));
    }
    for zone in ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe"] {
        let (lines, cron) = (crontab(&lopper, zone), Calendar::new(zone, 2_026));
        for period in periods {
            let (fields, _) = line(&lines, period).unwrap();
            let starts = Plan::of_numbers(&fields).fires(&cron);
            let every: Fires = fires(&format!("@every {period}"), "UTC");
            for from in ["2026-01-01", "2026-04-04T12:00Z", "2026-10-03T12:00Z"] {
                let chain = std::iter::successors(every.next(at(from)), |fire| every.next(*fire));
                let fires = chain.take(300).map(|fire| (fire.millis() + 999).div_euclid(1_000));
                is_covered(&starts, fires, (cron.end() - 2) * 60, &format!("{period}: {fields}"));
            }
        }
    }
    let minutes = |period| line(&crontab(&lopper, "Asia/Kathmandu"), period).unwrap().0;
    assert_eq!(minutes("PT10M"), "5,15,25,35,45,55 * * * *");
    assert_eq!(minutes("PT45S"), "* * * * *");
    assert_eq!(minutes("P1M"), "45 * * * *");
}

/// What cron can say itself stands there as it is; else its line covers the fires, and says why.
#[test]
fn lines_say_what_they_do() {
    let lopper = Lopper::new().clock("2026-01-01T00:00:00Z");
    let berlin = |lopper, name, schedule| {
        with(lopper, name, &format!("time_zone = 'Europe/Berlin'\nschedule = '{schedule}'"))
    };
    let lopper = berlin(lopper, "plain", "*/20 2-4,22 1 * Mon-fri");
    let lopper = berlin(lopper, "macro", "@weekly");
    let lopper = berlin(lopper, "six", "0 15 3 * * *");
    let lopper = berlin(lopper, "seconds", "*/30 15 3 * * *");
    let lopper = berlin(lopper, "half-past", "30 15 3 * * *");
    let lopper = berlin(lopper, "years", "0 15 3 * * * 2027-2030");
    let lopper = berlin(lopper, "ended", "0 15 3 * * * 2020");
    let lopper = berlin(lopper, "by-hand", "@manually");
    let lopper = with(lopper, "asleep", "schedule = '@daily'\nsuspend = true");
    let fields =
        |lines: &str, job: &str| line(lines, job).map(|(fields, _)| fields).unwrap_or_default();
    let lines = crontab(&lopper, "Europe/Berlin");
    for (job, expected, comment) in [
        ("plain", "*/20 2-4,22 1 * Mon-fri", "# plain (*/20 2-4,22 1 * Mon-fri, Europe/Berlin)\n"),
        ("macro", "0 0 * * 0", "# macro (0 0 * * 0, Europe/Berlin)\n"),
        ("six", "15 3 * * *", "# six (0 15 3 * * *, Europe/Berlin)\n"),
        (
            "seconds",
            "0,15,16 * * * *",
            "Europe/Berlin): cron has no seconds and starts it once a minute at most; of several scheduled times within a minute, the last one runs\n",
        ),
        (
            "half-past",
            "0,16 * * * *",
            "Europe/Berlin): cron has no seconds, so it may be started more often; it runs once for each scheduled time\n",
        ),
        (
            "years",
            "15 3 * * *",
            "2027-2030, Europe/Berlin): cron has no years, so it may be started",
        ),
        (
            "ended",
            "",
            "# ended (0 15 3 * * * 2020, Europe/Berlin): its schedule never fires again\n",
        ),
        ("by-hand", "", "# by-hand: only by hand\n"),
        ("asleep", "", "# asleep (0 0 * * *, UTC): suspended\n"),
    ] {
        assert_eq!(fields(&lines, job), expected, "{job}");
        assert!(lines.contains(comment), "{job}: no {comment:?} in\n{lines}");
    }
    cron_takes(&lopper, &lines);
    // The same clock under another name is no other clock.
    assert_eq!(fields(&crontab(&lopper, "Europe/Vienna"), "six"), "15 3 * * *");
    // 03:00 in Berlin, where a skipped time is made up for, is at a full hour of UTC.
    let lines = crontab(&lopper, "UTC");
    assert_eq!(fields(&lines, "six"), "0,15 * * * *");
    assert!(lines.contains("cron's clock is another, so it may be started more often"), "{lines}");
    assert!(lines.contains("cron has no seconds, and its clock is another, so"), "{lines}");
    let lopper = with(Lopper::new(), "often", "schedule = '@every PT20S'");
    let lopper = with(lopper, "seldom", "schedule = '@every PT90S'");
    let lines = crontab(&lopper, "UTC");
    assert!(
        lines.contains("# often (@every PT20S): cron has no @every and starts it once a minute"),
        "{lines}"
    );
    assert!(lines.contains("# seldom (@every PT90S): cron has no @every, so it may be"), "{lines}");
}

/// A path with all that the shell or cron could take amiss.
const FOLDER: &str = "it's 100% \"mine\" & $HOME";

/// What cron hands to the shell.
fn of_cron(command: &str) -> String {
    assert!(!command.replace("\\%", "").contains('%'), "cron would end the line: {command}");
    command.replace("\\%", "%")
}

#[test]
fn a_line_runs_its_job_once_for_each_fire() {
    let job = "schedule = '15 3 * * *'\ntime_zone = 'Europe/Berlin'\nname = 'nightly'\n\
               [[step]]\nop = 'check'\nsql = 'SELECT 1 WHERE 0'\n";
    let mut lopper = Lopper::new().clock("2026-05-01T00:00:00Z").segments(["wiki 2015-09-12/P1D"]);
    lopper.file(&format!("{FOLDER}/nightly.toml"), job);
    let answer = lopper.run(["jobs", "crontab", "--jobs", FOLDER, "--time-zone", "UTC"]).code(0);
    let lines = answer.stdout;
    cron_takes(&lopper, &lines);
    let line = lines.lines().find(|line| !line.starts_with('#') && !line.is_empty()).unwrap();
    let command = of_cron(line.strip_prefix("0,15 * * * * ").unwrap());
    // Each start of a night; the fire is at 01:15 UTC.
    for (clock, runs) in [("00:15", 0), ("01:00", 0), ("01:15", 1), ("02:00", 1), ("02:15", 1)] {
        lopper = lopper.clock(&format!("2026-05-02T{clock}:02Z"));
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &command])
            .current_dir("/")
            .env("LOPPER_TEST_CLOCK", format!("2026-05-02T{clock}:02Z"));
        let answer =
            Answer::of(shell.env_remove("LOPPER_STORE").env_remove("LOPPER_CONFIG")).code(0);
        let ran =
            lopper.sql("SELECT logical_time FROM runs WHERE name = 'nightly' AND outcome = 'done'");
        assert_eq!(ran.len(), runs, "{clock}: {answer}");
        assert!(ran.iter().all(|time| time == "2026-05-02T01:15:00.000Z"), "{ran:?}");
        assert_eq!(answer.stderr, "", "{clock}: cron would send a mail");
        assert_eq!(answer.stdout, "", "{clock}: cron would send a mail");
    }
    // A failure is mailed.
    lopper.file(&format!("{FOLDER}/nightly.toml"), job.replace("SELECT 1 WHERE 0", "SELECT 1"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).current_dir("/").env("LOPPER_TEST_CLOCK", "2026-05-03T01:15:02Z");
    let answer = Answer::of(shell.env_remove("LOPPER_STORE").env_remove("LOPPER_CONFIG")).code(1);
    answer.stderr_has("returned 1 row");
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let lopper = with(Lopper::new(), "hourly", "schedule = '@hourly'");
    let crontab =
        |more: &[&str]| lopper.run([&["jobs", "crontab", "--time-zone", "UTC"], more].concat());
    crontab(&["--user", "druid"]).code(0).stdout_has("\n0 * * * * druid /");
    crontab(&["--user", "no body"]).code(2).stderr_has("not the name of a user");
    let answer = crontab(&["--store", "new\nline"]).code(2);
    answer.stderr_has("new\\u{a}line' cannot stand in a crontab");
    crontab(&["--store", "back\\slash"]).code(2).stderr_has("cannot stand in a crontab");
    let long = "long/".repeat(200);
    crontab(&["--store", &long]).code(2).stderr_has("and cron takes 998");
    crontab(&["--config", "own.toml"]).code(0).stdout_has("/own.toml run --scheduled /");
    lopper
        .run(["jobs", "crontab", "--time-zone", "Europe/Belrin"])
        .code(2)
        .stderr_has("did you mean 'Europe/Berlin'?");
    with(lopper, "odd", "schedule = '99 * * * *'")
        .run(["jobs", "crontab"])
        .code(2)
        .stderr_has("jobs/odd.toml:2:13: 99 is out of range for the minute");
}

/// Jobs that do not catch up let late starts pass over, as cron itself does.
#[test]
fn covering_starts_do_not_catch_up_unless_the_job_does() {
    let zone = "time_zone = 'Europe/Berlin'\nschedule = '15 3 * * *'";
    let lopper = with(Lopper::new(), "forgets", zone);
    let lopper = with(lopper, "puts-off", &format!("{zone}\njitter = 'PT1H'"));
    let lopper = with(lopper, "catches-up", &format!("{zone}\ncatch_up = 'latest'"));
    let lopper = with(lopper, "own", &format!("{zone}\nstarting_deadline = 'PT6H'"));
    let deadline = |lines: &str, job| {
        let (_, command) = line(lines, job).unwrap();
        let (_, rest) = command.split_once("--scheduled ").unwrap();
        rest.rsplit_once(' ').map(|(flags, _)| flags.to_owned()).unwrap_or_default()
    };
    let other = crontab(&lopper, "UTC");
    assert_eq!(deadline(&other, "forgets"), "--starting-deadline PT30M");
    assert_eq!(deadline(&other, "puts-off"), "--starting-deadline PT90M");
    assert_eq!([deadline(&other, "catches-up"), deadline(&other, "own")], ["", ""]);
    let same = crontab(&lopper, "Europe/Berlin");
    assert!(
        !same.contains("--starting-deadline") && same.matches(" --quiet ").count() == 4,
        "{same}"
    );
}

/// Whatever zone this machine has.
#[test]
fn without_a_zone_cron_has_the_one_of_the_machine() {
    let lopper = with(Lopper::new(), "hourly", "schedule = '0 * * * *'");
    let answer = lopper.run(["jobs", "crontab"]);
    if answer.exit_code == 0 {
        let zone =
            answer.stdout.split("in the time zone ").nth(1).unwrap().split('.').next().unwrap();
        zone.parse::<chrono_tz::Tz>().unwrap();
        assert_eq!(answer.stdout, crontab(&lopper, zone));
    } else {
        answer.code(2).stderr_has("--time-zone");
    }
}
