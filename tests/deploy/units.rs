//! The units: `systemd-analyze` finds them sound, and their command lines do what the units say.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use super::{run, text};
use crate::support::{Answer, Lopper, Running, tools};

const UNITS: [&str; 3] = ["lopper.service", "lopper-run@.service", "lopper-run@.timer"];

const PROGRAM: &str = "/usr/local/bin/lopper";

/// The values of a key of a unit, in order.
fn values(unit: &str, key: &str) -> Vec<String> {
    let prefix = format!("{key}=");
    text(unit).lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[track_caller]
fn value(unit: &str, key: &str) -> String {
    let values = values(unit, key);
    assert_eq!(values.len(), 1, "{unit}: {key}");
    values.into_iter().next().unwrap()
}

/// What `systemd-analyze verify` has to say of units whose text was changed.
fn verify(change: impl Fn(String) -> String) -> Answer {
    let lopper = Lopper::new();
    for unit in UNITS {
        // Their program is not installed on this machine.
        let text = text(unit).replace(PROGRAM, env!("CARGO_BIN_EXE_lopper"));
        lopper.file(unit, change(text));
    }
    let units = UNITS.map(|unit| format!("./{}", unit.replace('@', "@nightly-kill")));
    let [scheduler, service, timer] = units.each_ref().map(String::as_str);
    run("systemd-analyze", &["verify", "--man=no", scheduler, service, timer], &lopper.path(""))
}

#[test]
fn systemd_finds_them_sound() {
    if !tools::has("systemd-analyze") {
        return;
    }
    let answer = verify(|text| text);
    assert_eq!((answer.exit_code, answer.stderr.as_str()), (0, ""), "{answer}");
    // It would say so if they were not.
    let answer = verify(|text| text.replace("ProtectClock=", "ProtectClocks="));
    assert!(answer.stderr.contains("Unknown key"), "{answer}");
    let answer = verify(|text| text.replace(env!("CARGO_BIN_EXE_lopper"), "/nowhere/lopper"));
    assert_ne!(answer.exit_code, 0, "{answer}");
}

/// Milliseconds of a time span such as `2min`, `90` or `10min`.
fn millis(span: &str) -> u64 {
    match span.strip_suffix("min") {
        Some(minutes) => minutes.parse::<u64>().unwrap() * 60_000,
        None => span.parse::<u64>().unwrap() * 1_000,
    }
}

#[test]
fn stopping_takes_longer_than_the_grace_twice() {
    let start = value("lopper.service", "ExecStart");
    let grace = start.split_once("--grace PT").unwrap().1.split_once("S ").unwrap().0;
    let grace: u64 = grace.parse().unwrap();
    assert!(millis(&value("lopper.service", "TimeoutStopSec")) > 2_000 * grace);
}

/// Whether the process of a lock, a run or a lease still lives stands in /proc.
#[test]
fn the_sandbox_hides_no_process() {
    for unit in UNITS {
        for key in ["ProtectProc", "ProcSubset", "PrivatePIDs", "PrivateUsers"] {
            assert_eq!(values(unit, key), [""; 0], "{unit}");
        }
    }
    let both = ["lopper.service", "lopper-run@.service"].map(|unit| {
        let text = text(unit);
        text[text.find("NoNewPrivileges").unwrap()..]
            .lines()
            .take(21)
            .collect::<Vec<_>>()
            .join("\n")
    });
    assert_eq!(both[0], both[1], "both services live in the same sandbox");
}

/// A store, a configuration and a job, where the units look for them.
fn installed() -> Lopper {
    let job = "schedule = '* * * * *'
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        all = true";
    Lopper::new().authoritative().segments(["wiki 2015-09-12/P1D"]).job("tidy", job)
}

struct Systemd(UnixDatagram);

impl Systemd {
    /// Hears messages of a living scheduler up to one that has this line.
    #[track_caller]
    fn hears(&self, scheduler: &mut Running, line: &str) {
        let mut buffer = [0; 4096];
        let mut heard = String::new();
        scheduler.watch(|| {
            let length = self.0.recv(&mut buffer).unwrap_or(0);
            heard.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
            heard.lines().any(|said| said == line)
        });
    }
}

/// As systemd would: the unit's command, its socket, its reload, its stop.
#[test]
fn the_scheduler_starts_reloads_and_stops_as_its_unit_says() {
    const UNIT: &str = "lopper.service";
    assert_eq!(value(UNIT, "Type"), "notify");
    let lopper = installed().real_time();
    let words = lopper.here(&value(UNIT, "ExecStart"));
    let systemd = Systemd(UnixDatagram::bind(lopper.path("notify")).unwrap());
    systemd.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let watchdog = millis(&value(UNIT, "WatchdogSec")) * 1_000;
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir(lopper.path(""))
        .env("NOTIFY_SOCKET", lopper.path("notify"))
        .env("WATCHDOG_USEC", watchdog.to_string());
    let mut scheduler = Running::start(&mut command);
    systemd.hears(&mut scheduler, "READY=1");
    let reload = value(UNIT, "ExecReload").replace("$MAINPID", &scheduler.pid().to_string());
    let mut words = reload.split(' ');
    let status = Command::new(words.next().unwrap()).args(words).status().unwrap();
    assert!(status.success(), "{reload}");
    systemd.hears(&mut scheduler, "RELOADING=1");
    systemd.hears(&mut scheduler, "READY=1");
    scheduler.signal("TERM");
    scheduler.end().code(0);
    let mut last = [0; 4096];
    let length = systemd.0.recv(&mut last).unwrap();
    assert_eq!(std::str::from_utf8(&last[..length]), Ok("STOPPING=1\n"));
}

#[test]
fn a_start_of_one_job_runs_it_once_for_its_fire() {
    const UNIT: &str = "lopper-run@.service";
    let options = text(UNIT);
    let named = options.lines().find_map(|line| {
        line.strip_prefix("# Environment=\"LOPPER_RUN_OPTIONS=")?.strip_suffix('"')
    });
    for options in [value(UNIT, "Environment").split_once('=').unwrap().1, named.unwrap()] {
        let lopper = installed();
        let line = value(UNIT, "ExecStart");
        assert!(line.contains("$LOPPER_RUN_OPTIONS") && line.ends_with(" %i"), "{line}");
        let line = line.replace("$LOPPER_RUN_OPTIONS", options).replace("%i", "tidy");
        let words = lopper.here(&line);
        for _ in 0..2 {
            lopper.run(&words[1..]).code(0);
            assert_eq!(lopper.runs(), ["import done", "tidy done"], "{line}");
        }
    }
}

/// What the units name of each other, and of the files that are to be installed, is there.
#[test]
fn their_page_installs_each_of_them() {
    let page = text("README.md");
    for unit in UNITS {
        assert!(page.contains(unit), "{unit}");
        for documentation in values(unit, "Documentation") {
            let file = documentation.strip_prefix("file:/usr/local/share/doc/lopper/").unwrap();
            assert!(fs::exists(super::repository().join(file)).unwrap(), "{documentation}");
        }
    }
}
