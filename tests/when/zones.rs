//! Which data of time zones are in force: the system's where they are newer, else those that are compiled in.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::{Answer, Lopper};

/// A zone whose clock never changes, an hour and so many minutes ahead, as a file of the database has it.
fn zone(minutes: i32, name: &str) -> Vec<u8> {
    let block = || {
        let mut block = b"TZif2".to_vec();
        block.extend([0; 15]);
        // No UT flags, standard flags, leap seconds and changes; one type, and its letters.
        for count in [0, 0, 0, 0, 1, u32::try_from(name.len() + 1).unwrap()] {
            block.extend(u32::to_be_bytes(count));
        }
        block.extend(i32::to_be_bytes(3_600 + minutes * 60));
        block.extend([0, 0]);
        block.extend(name.bytes());
        block.push(0);
        block
    };
    let mut file = block();
    file.extend(block());
    file.extend(format!("\n<{name}>-1:{minutes:02}\n").bytes());
    file
}

fn job(zone: &str) -> String {
    format!(
        "schedule = '0 12 * * *'\ntime_zone = '{zone}'\n[[step]]\nop = 'check'\nsql = 'SELECT 1 WHERE 0'\n"
    )
}

/// A database of the system in which Berlin has another clock, and a job there.
fn with(version: Option<&str>) -> Lopper {
    let lopper = Lopper::new().job("tidy", &job("Europe/Berlin"));
    lopper.file("zones/Europe/Berlin", zone(7, "+0107"));
    if let Some(version) = version {
        lopper.file("zones/tzdata.zi", format!("# version {version}\n# more\n"));
    }
    lopper
}

fn run(lopper: &Lopper, arguments: &[&str]) -> Answer {
    let mut command = lopper.command(arguments);
    Answer::of(command.env("TZDIR", lopper.path("zones")))
}

/// When the job fires on 1 July, by the data in force.
fn next(lopper: &Lopper) -> Answer {
    run(lopper, &["jobs", "next", "--from", "2026-07-01T00:00Z", "--count", "1"])
}

const OTHER_CLOCK: &str = "2026-07-01T10:53:00.000Z";
const COMPILED_IN: &str = "2026-07-01T10:00:00.000Z";

#[test]
fn newer_data_of_the_system_are_taken_and_told() {
    let lopper = with(Some("2099b")).segments(["wiki 2015-09-12/P1D"]);
    next(&lopper).code(0).stdout_has(OTHER_CLOCK).stdout_has("+01:07");
    let place = lopper.path("zones").display().to_string();
    run(&lopper, &["--version"]).code(0).stdout_has(&format!("time zones 2099b, {place}"));
    run(&lopper, &["run", "tidy", "--metrics-file", "page.prom"]).code(0);
    let page = fs::read_to_string(lopper.path("page.prom")).unwrap();
    let sample = format!("lopper_time_zones_info{{version=\"2099b\",source=\"{place}\"}} 1");
    assert!(page.contains(&sample), "{page}");
}

#[test]
fn older_data_are_not_taken() {
    for version in ["1999a", "2025b"] {
        let lopper = with(Some(version));
        next(&lopper).code(0).stdout_has(COMPILED_IN).stdout_has("+02:00 CEST");
        let answer = run(&lopper, &["--version"]).code(0);
        answer.stdout_has("compiled in").stdout_lacks(version);
    }
}

/// Whoever names a directory without a version means it.
#[test]
fn data_that_do_not_say_their_version_are_taken_where_they_are_named() {
    let lopper = with(None);
    next(&lopper).code(0).stdout_has(OTHER_CLOCK);
    run(&lopper, &["--version"]).code(0).stdout_has("time zones unknown, ");
}

#[test]
fn what_is_damaged_is_taken_as_it_is_compiled_in() {
    let lopper = with(Some("2099b"));
    let path = lopper.path("zones/Europe/Berlin");
    let whole = fs::read(&path).unwrap();
    let cut = |length: usize| whole[..length].to_vec();
    let damaged = [cut(0), cut(3), cut(60), b"no zone".repeat(100), vec![0; 400_000]];
    for damaged in damaged {
        fs::write(&path, damaged).unwrap();
        let answer = next(&lopper).code(0).stdout_has(COMPILED_IN);
        answer.stderr_has("the time zone cannot be read").stderr_has("Europe/Berlin");
    }
    fs::remove_file(&path).unwrap();
    next(&lopper).code(0).stdout_has(COMPILED_IN).stderr_lacks("cannot be read");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    next(&lopper).code(0).stdout_has(COMPILED_IN).stderr_has("it is no regular file");
}

/// A zone that is younger than the program is known; no name leads out of the directory.
#[test]
fn names_are_those_of_the_system_and_no_paths() {
    let lopper = with(Some("2099b"));
    lopper.file("zones/Mars/Olympus", zone(30, "+0130"));
    lopper.file("secret", zone(0, "+0100"));
    symlink(lopper.path("zones/Mars"), lopper.path("zones/right")).unwrap();
    let in_zone = |name: &str| {
        lopper.file("jobs/tidy.toml", format!("name = 'tidy'\n{}", job(name)));
        next(&lopper)
    };
    in_zone("Mars/Olympus").code(0).stdout_has("2026-07-01T10:30:00.000Z");
    in_zone("America/Lima").code(0).stdout_has("2026-07-01T17:00:00.000Z");
    let wrong = ["../secret", "Mars/../../secret", "right/Olympus", "/etc/localtime", "", "Mars/"];
    for wrong in wrong.iter().chain(&["tzdata.zi", "europe/berlin"]) {
        in_zone(wrong).code(2).stderr_has("unknown time zone");
    }
}
