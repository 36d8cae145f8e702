//! What a program answered.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;

/// The exit code and the two streams of a program that has ended. What is expected of it chains.
#[derive(Debug)]
pub struct Answer {
    pub stdout: String,
    pub stderr: String,
    /// The exit code, or 128 + the signal that killed it.
    pub exit_code: i32,
    command: String,
}

impl Answer {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self::from_output(command, output)
    }

    /// As `of`, with `input` on standard input.
    pub fn of_input(command: &mut Command, input: &[u8]) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            // A program that refuses its input early closes the pipe.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        Self::from_output(command, output)
    }

    /// The answer of a program that was run in another way.
    pub fn from_output(command: &Command, output: Output) -> Self {
        let status = output.status;
        Self {
            stdout: String::from_utf8(output.stdout).expect("UTF-8 on stdout"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8 on stderr"),
            exit_code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            command: format!("{command:?}"),
        }
    }

    /// What the stock `sqlite3` shell would answer.
    pub fn of_sqlite(command: &Command, rows: rusqlite::Result<Vec<String>>) -> Self {
        let command = format!("instead of {command:?}");
        match rows {
            Ok(rows) => {
                let stdout = rows.into_iter().map(|row| row + "\n").collect();
                Self { stdout, stderr: String::new(), exit_code: 0, command }
            }
            Err(error) => {
                // The shell exits with SQLite's primary code.
                let exit_code = error.sqlite_error().map_or(1, |error| error.extended_code & 0xff);
                let stderr = format!("Error: stepping, {error} ({exit_code})\n");
                Self { stdout: String::new(), stderr, exit_code, command }
            }
        }
    }

    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert!(
            self.exit_code == expected,
            "exit code {}, expected {expected}\n{self}",
            self.exit_code
        );
        self
    }

    #[track_caller]
    pub fn stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} on stdout\n{self}");
        self
    }

    #[track_caller]
    pub fn stdout_lacks(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text), "{text:?} on stdout\n{self}");
        self
    }

    #[track_caller]
    pub fn stdout_is(self, text: &str) -> Self {
        assert!(self.stdout.trim_end() == text, "stdout is not {text:?}\n{self}");
        self
    }

    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} on stderr\n{self}");
        self
    }

    #[track_caller]
    pub fn stderr_lacks(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "{text:?} on stderr\n{self}");
        self
    }

    #[track_caller]
    pub fn stderr_is(self, text: &str) -> Self {
        assert!(self.stderr.trim_end() == text, "stderr is not {text:?}\n{self}");
        self
    }

    /// The one object of `--output json`.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON: {error}\n{self}"))
    }

    /// The lines of standard output.
    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }
}

/// Everything that helps to see why a test fails.
impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, stdout, stderr, exit_code } = self;
        write!(f, "{command}\nexit code {exit_code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}
