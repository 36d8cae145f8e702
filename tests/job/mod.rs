//! Job files and `lopper.toml`: what is accepted, what is refused, where and with which words.

mod accepted;
mod broken;
mod broken_files;
mod config;
mod files;
mod properties;
mod schedule;
mod schema;
mod time_expression;
mod trust;
mod validate;

use std::path::Path;

use lopper::config::Problems;
use lopper::job::Job;
use lopper::ops::Step;

/// A job around the given step, which has `op` in line 3.
fn with_step(step: &str) -> String {
    format!("name = \"j\"\n[[step]]\n{step}\n")
}

fn parse(text: &str) -> Result<Job, Problems> {
    Job::parse(text, Path::new("j.toml"))
}

/// The first step of a job that must be right.
fn step(text: &str) -> Step {
    parse(&with_step(text)).unwrap_or_else(|problems| panic!("{problems}")).steps.remove(0)
}

/// Each problem of a job that must be wrong, as `line:column: message`.
fn problems(text: &str) -> Vec<String> {
    match parse(text) {
        Ok(job) => panic!("accepted: {text}\n{job:?}"),
        Err(problems) => lines(&problems),
    }
}

fn lines(problems: &Problems) -> Vec<String> {
    let line = |(line, column, problem): (usize, usize, &lopper::config::Problem)| {
        assert!(!problem.help.is_empty(), "no fix for {problem:?}");
        format!("{line}:{column}: {}", problem.message)
    };
    problems.places().map(line).collect()
}

/// A step as the ledger keeps it.
fn value(step: &Step) -> serde_json::Value {
    serde_json::from_str(&step.operation().arguments().unwrap()).unwrap()
}
