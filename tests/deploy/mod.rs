//! The examples of `docs/deploy`: what can be checked of units, manifests, alerts and the rest is checked, by the
//! programs that read them where there are any.

mod containers;
mod crontab;
mod metrics;
mod page;
mod units;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Answer, Lopper, tools};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path(name: &str) -> PathBuf {
    repository().join("docs/deploy").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The documents of a YAML file; `None` where nothing can read YAML.
fn yaml(name: &str) -> Option<Vec<Value>> {
    let script =
        "import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)";
    if !tools::has_with("python3", &["-c", "import yaml"]) {
        return None;
    }
    let mut python = Command::new("python3");
    let answer = Answer::of_input(python.args(["-c", script]), text(name).as_bytes()).code(0);
    Some(serde_json::from_str(&answer.stdout).unwrap())
}

/// A unit or Prometheus file is sound when its checker says so and has nothing to add.
fn run(program: &str, arguments: &[&str], folder: &Path) -> Answer {
    let mut command = Command::new(program);
    Answer::of(command.args(arguments).current_dir(folder).stdin(Stdio::null()))
}

/// The command line is one that the program takes. What it takes is asked with `--help`, so nothing happens.
#[track_caller]
fn is_taken(words: &[&str]) {
    let answer = Lopper::new().run(words.iter().chain(&["--help"]));
    assert_eq!(answer.exit_code, 0, "lopper {}\n{answer}", words.join(" "));
}

#[test]
fn a_command_line_that_is_wrong_is_not_taken() {
    for wrong in ["schedule --job x", "schedule --grace 20", "mark run", "run --scheduled=2"] {
        let words = wrong.split(' ').chain(["--help"]);
        assert_eq!(Lopper::new().run(words).exit_code, 2, "{wrong}");
    }
}

impl Lopper {
    /// A command line of an example, with its paths in this folder, and the program of this test.
    fn here(&self, line: &str) -> Vec<String> {
        let folder = self.path("");
        let folder = folder.to_str().unwrap().trim_end_matches('/');
        let line = line
            .replace("/usr/local/bin/lopper", env!("CARGO_BIN_EXE_lopper"))
            .replace("/var/lib/lopper", folder)
            .replace("/etc/lopper", folder)
            .replace(":9184", ":0");
        line.split_whitespace().map(str::to_owned).collect()
    }
}
