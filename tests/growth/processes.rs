//! Whole processes, by the time that they had on a processor.

use std::process::Command;

use super::{HOURS, Made, lock_hours, store};
use crate::support::{Answer, Lopper};

/// Four times the size may take so many times as long; n² would take 16 times.
const MOST: f64 = 8.0;
/// A busy machine makes caches cold: one good try is enough, and what is quadratic has none.
const TRIES: u32 = 3;

/// Seconds on a processor; the shell counts them.
fn seconds(lopper: &Lopper, arguments: &[&str]) -> f64 {
    let program = lopper.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" > /dev/null || exit; times", "sh"]);
    shell.arg(program.get_program()).args(program.get_args());
    shell.current_dir(program.get_current_dir().unwrap());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let answer = Answer::of(&mut shell).code(0);
    let of_children = answer.lines()[1];
    let parse = |text: &str| {
        let (minutes, seconds) = text.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    };
    of_children.split_whitespace().map(parse).sum()
}

#[track_caller]
fn grows_no_faster(small: u32, prepare: impl Fn(&Lopper, u32), arguments: &[&str]) {
    let ready = |size: u32| {
        let lopper = store();
        prepare(&lopper, size);
        lopper
    };
    let stores = [1, small, small * 4].map(ready);
    let mut told = Vec::new();
    for _ in 0..TRIES {
        let [start, one, four] = [0, 1, 2].map(|at| seconds(&stores[at], arguments));
        // Too short to tell: the shell counts hundredths.
        let one = (one - start).max(0.02);
        told.push((one, four - start));
        if four - start < MOST * one {
            return;
        }
    }
    panic!("seconds, and at four times the size: {told:?}");
}

#[test]
fn all_of_many_datasources() {
    let datasources = |lopper: &Lopper, size: u32| {
        let connection = lopper.connection();
        connection
            .execute_batch(&format!(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
                 INSERT INTO datasource (id, name) SELECT 1 + i, 'source_' || i FROM n"
            ))
            .unwrap();
        Made { count: size, datasource: "1 + i", ..HOURS }.add(&connection);
    };
    grows_no_faster(1500, datasources, &["mark-unused", "*", "--all", "-n"]);
    grows_no_faster(500, datasources, &["enforce-rules", "*", "-n"]);
}

#[test]
fn a_mark_of_hours_between_locks() {
    let locked = |lopper: &Lopper, size: u32| {
        let connection = lopper.connection();
        Made { count: size, ..HOURS }.add(&connection);
        lock_hours(&connection, size, "NULL");
    };
    let mark = ["mark-unused", "wiki", "--all", "--on-conflict", "skip", "-n"];
    grows_no_faster(1500, locked, &mark);
}

/// A chain of rules in which each contains the one before it.
fn nested(size: u32) -> String {
    let rule = |at: u32| {
        let (start, end) = (1990 - at / 12 % 900, 2030 + at / 12 % 900);
        let month = at % 12 + 1;
        format!(
            r#"{{"type":"dropByInterval","interval":"{start}-{:02}-01/{end}-{month:02}-01"}}"#,
            13 - month
        )
    };
    format!("[{}]", (0..size).map(rule).collect::<Vec<_>>().join(","))
}

#[test]
fn nested_rules() {
    let chain = |lopper: &Lopper, size: u32| {
        let file = lopper.file("chain.json", nested(size));
        lopper.run(["rules", "set", "wiki", file.to_str().unwrap(), "--quiet"]).code(0);
    };
    grows_no_faster(250, chain, &["rules", "lint", "wiki"]);
    grows_no_faster(500, chain, &["enforce-rules", "wiki", "-n"]);
}
