//! Bad input of every kind: one clear message, exit code 1 or 2, and a store that is as it was.

mod cases;
mod names;
mod payloads;
mod periods;
mod rows;
mod special_files;

use std::ffi::OsString;

use crate::support::Lopper;

/// One thing that a person may get wrong.
struct Case {
    arguments: Vec<OsString>,
    /// `input` in the story's folder: a dump, a list of ids.
    input: Option<Vec<u8>>,
    /// `jobs/bad.toml`, or `lopper.toml`.
    toml: Option<(&'static str, String)>,
    /// What the message must have.
    says: &'static str,
}

impl Case {
    fn command(arguments: &[&str], says: &'static str) -> Self {
        let arguments = arguments.iter().map(OsString::from).collect();
        Self { arguments, input: None, toml: None, says }
    }

    /// A dump that is imported.
    fn dump(dump: impl Into<Vec<u8>>, says: &'static str) -> Self {
        Self { input: Some(dump.into()), ..Self::command(&["import", "input"], says) }
    }

    /// A list of ids.
    fn ids(ids: impl Into<Vec<u8>>, says: &'static str) -> Self {
        let command = ["mark-unused", "wiki", "--ids-from", "input"];
        Self { input: Some(ids.into()), ..Self::command(&command, says) }
    }

    /// A job that is run.
    fn job(toml: impl Into<String>, says: &'static str) -> Self {
        Self { toml: Some(("jobs/bad.toml", toml.into())), ..Self::command(&["run", "bad"], says) }
    }

    /// `lopper.toml`, under a command that has nothing else to complain of.
    fn config(toml: &str, says: &'static str) -> Self {
        let command = ["mark-unused", "wiki", "--all"];
        Self { toml: Some(("lopper.toml", toml.to_owned())), ..Self::command(&command, says) }
    }

    /// What went wrong, if the program does not answer as it should.
    fn try_on(&self, lopper: &Lopper) -> Result<(), String> {
        if let Some(input) = &self.input {
            lopper.file("input", input);
        }
        if let Some((name, toml)) = &self.toml {
            lopper.file(name, toml);
        }
        let mut before = lopper.dump();
        let answer = lopper.run(&self.arguments);
        let mut after = lopper.dump();
        if let Some((name, _)) = self.toml {
            std::fs::remove_file(lopper.path(name)).unwrap();
        }
        // A run that began and failed is in the ledger; a mistake in the request leaves no trace at all.
        if answer.exit_code == 1 {
            for content in [&mut before, &mut after] {
                content.forget("run").forget("sqlite_sequence");
            }
        }
        let messages = answer.stderr.lines().filter(|line| line.starts_with("error")).count();
        let wrong = [
            (!matches!(answer.exit_code, 1 | 2), "the exit code is neither 1 nor 2"),
            (!answer.stdout.is_empty(), "there is something on stdout"),
            (messages != 1, "there is not one message"),
            (!answer.stderr.contains(self.says), "the message lacks what it should have"),
            (answer.stderr.len() > 5_000, "the message is too long"),
            (
                answer.stderr.chars().any(|c| c.is_control() && c != '\n'),
                "a control character is shown",
            ),
            (before != after, "the store has changed"),
        ];
        match wrong.iter().find(|(is_wrong, _)| *is_wrong) {
            None => Ok(()),
            Some((_, what)) => {
                let answer: String = answer.to_string().chars().take(2_000).collect();
                Err(format!("{what}; expected {:?}\n{answer:?}", self.says).replace("\\n", "\n"))
            }
        }
    }
}

#[test]
fn every_mistake_is_told_and_changes_nothing() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D", "wiki 2015-09-13/P1D v2 unused"]);
    let cases = [
        cases::job_files(),
        cases::configurations(),
        cases::intervals(),
        cases::ids(),
        cases::datasources(),
        cases::dumps(),
        cases::flags(),
        cases::predicates(),
        payloads::payloads(),
    ];
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    assert!(cases.len() >= 60);
    let failures: Vec<_> = cases.iter().filter_map(|case| case.try_on(&lopper).err()).collect();
    let count = failures.len();
    assert!(failures.is_empty(), "{count} of {}:\n\n{}", cases.len(), failures.join("\n\n"));
}
