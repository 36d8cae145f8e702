//! The tours of the README and of `docs/tour.md`: every command runs, and answers what is shown.

use std::fs;
use std::process::{Command, Stdio};

use super::blocks;
use super::set_up::checkout;
use crate::support::{Answer, tools};

/// A command of the tour, and what it is said to print.
#[derive(Debug)]
struct Shown {
    command: String,
    output: String,
    place: String,
}

/// `$ ` begins a command, `> ` goes on with it, and what follows is its output.
fn tour(page: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    for block in blocks(page, "console") {
        let before = shown.len();
        for line in block.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                shown.push(Shown {
                    command: command.to_owned(),
                    output: String::new(),
                    place: block.place.clone(),
                });
                continue;
            }
            assert!(shown.len() > before, "{}: the block begins without a command", block.place);
            let last = shown.last_mut().unwrap();
            match line.strip_prefix("> ").filter(|_| last.output.is_empty()) {
                Some(more) => last.command.extend(["\n", more]),
                None => last.output.extend([line, "\n"]),
            }
        }
    }
    shown
}

/// Instants of the tour itself, from 2025 on: plain SQL stamps with the machine's clock.
fn without_stamps(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("20") {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let stamp = from.get(..24).filter(|stamp| is_instant(stamp) && *stamp >= "2025");
        match stamp {
            Some(stamp) => {
                result.push_str("<instant>");
                rest = &from[stamp.len()..];
            }
            None => {
                result.push_str("20");
                rest = &from[2..];
            }
        }
    }
    result + rest
}

fn is_instant(text: &str) -> bool {
    let shape = "0000-00-00T00:00:00.000Z";
    text.len() == shape.len()
        && text.chars().zip(shape.chars()).all(|(c, like)| match like {
            '0' => c.is_ascii_digit(),
            like => c == like,
        })
}

#[test]
fn every_command_of_the_readme_answers_what_is_shown() {
    answers_what_it_shows("README.md", 7);
}

#[test]
fn every_command_of_the_long_tour_answers_what_is_shown() {
    answers_what_it_shows("docs/tour.md", 20);
}

fn answers_what_it_shows(page: &str, at_least: usize) {
    if !tools::has("sqlite3") {
        return;
    }
    let lopper = checkout();
    let bin = lopper.path("target/release/lopper");
    fs::create_dir_all(bin.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_lopper"), bin).unwrap();
    let tour = tour(page);
    assert!(tour.len() >= at_least, "{tour:?}");
    // One shell, since the tour sets variables; each command is followed by a line with its exit code.
    let mut script = "exec 2>&1\nset -o pipefail\n".to_owned();
    for shown in &tour {
        script.extend([shown.command.as_str(), "\necho \"exit code $?\"\n"]);
    }
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(lopper.path("")).stdin(Stdio::null());
    shell.env_remove("LOPPER_CONFIG").env("LOPPER_TEST_CLOCK", "2026-12-01T09:00:00.000Z");
    let answer = Answer::of(&mut shell).code(0);
    let mut rest = answer.stdout.as_str();
    for shown in tour {
        let (output, behind) = rest.split_once("exit code ").expect("a line for each command");
        let (code, behind) = behind.split_once('\n').unwrap();
        rest = behind;
        let Shown { command, output: expected, place } = shown;
        let (output, expected) = (without_stamps(output), without_stamps(&expected));
        assert!(
            output == expected,
            "{place}: $ {command}\n--- the page shows\n{expected}--- it answers\n{output}"
        );
        let is_refused = expected.starts_with("error: ");
        assert_eq!(code != "0", is_refused, "{place}: $ {command}\nexit code {code}");
    }
    assert_eq!(rest, "");
}

#[test]
fn only_instants_of_the_tour_itself_are_left_out() {
    assert_eq!(without_stamps("a 2026-12-01T09:00:00.000Z b"), "a <instant> b");
    assert_eq!(without_stamps("2031-01-01T00:00:00.123Z2026"), "<instant>2026");
    let id = "wikipedia_hour_2015-09-12T20:00:00.000Z_2015-09-12T21:00:00.000Z_v";
    assert_eq!(without_stamps(id), id);
}
