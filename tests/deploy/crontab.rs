//! The crontab says what `lopper jobs crontab` prints for the jobs that it names.

use std::fs;
use std::process::Command;

use super::{repository, text};
use crate::support::{Answer, Lopper, tools};

/// Lines that cron acts on, and the comments on jobs: all behind the head.
fn jobs_of(crontab: &str) -> Vec<&str> {
    let lines = crontab.lines().skip_while(|line| !is_of_job(line));
    lines.filter(|line| !line.is_empty()).collect()
}

/// `# nightly-kill (30 4 * * 1-5, Europe/Berlin)`.
fn is_of_job(line: &str) -> bool {
    line.strip_prefix("# ").and_then(|rest| rest.split_once(' ')).is_some_and(|(name, rest)| {
        repository().join(format!("jobs/{name}.toml")).exists() && rest.starts_with('(')
    })
}

#[test]
fn it_is_what_lopper_prints() {
    let given = text("crontab");
    let lopper = Lopper::new().config("");
    let named: Vec<&str> = given.split("/etc/lopper/jobs/").skip(1).collect();
    let named = named.iter().filter_map(|rest| rest.split_once(".toml")).map(|(name, _)| name);
    for name in named {
        let file = format!("jobs/{name}.toml");
        lopper.file(&file, fs::read_to_string(repository().join(&file)).unwrap());
    }
    let command = given.lines().find_map(|line| line.strip_prefix("#   lopper ")).unwrap();
    let mut words = lopper.here(command);
    words.extend(["--time-zone", "UTC"].map(str::to_owned));
    let folder = lopper.path("");
    let folder = folder.to_str().unwrap();
    let printed = lopper
        .run(words)
        .code(0)
        .stdout
        .replace(env!("CARGO_BIN_EXE_lopper"), "/usr/local/bin/lopper")
        .replace(&format!("{folder}lopper.db"), "/var/lib/lopper/lopper.db")
        .replace(folder, "/etc/lopper/");
    assert_eq!(jobs_of(&given), jobs_of(&printed));
    assert_eq!(jobs_of(&given).len(), 6, "three jobs");
}

#[test]
fn cron_takes_it() {
    let given = text("crontab");
    let lopper = Lopper::new();
    if tools::has("crontab") {
        for (crontab, code) in [(given.clone(), 0), (given.replace("15 2 *", "15 25 *"), 1)] {
            let file = lopper.file("lines", crontab);
            let answer = Answer::of(Command::new("crontab").arg("-n").arg(file));
            assert_eq!(answer.exit_code, code, "{answer}");
        }
    }
    let lines: Vec<&str> =
        given.lines().filter(|line| line.contains(" run --scheduled ")).collect();
    assert_eq!(lines.len(), 3);
    for line in lines {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[5..7], ["lopper", "/usr/local/bin/lopper"], "the user is named: {line}");
        super::is_taken(&words[7..]);
    }
    assert!(given.ends_with('\n'), "cron reads whole lines alone");
}
