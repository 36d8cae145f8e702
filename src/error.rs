//! The one error type: what failed, on what, and what to do next.
//!
//! An error is built where the facts are known, passed up unchanged or wrapped with the operation,
//! and rendered once, in `main`.

use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::exit_code;

/// What an error means for the exit code (see [`exit_code`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The operation failed (exit code 1).
    Failed,
    /// The command line or a file given to it is wrong (exit code 2).
    Usage,
    /// A guard, or the rule that a copy kills nothing, refused the run (exit code 3).
    Refused,
    /// A lock or another process holds what is needed (exit code 4).
    Locked,
    /// Another process holds the store's write lock, so that nothing can be recorded either (exit code 4).
    Busy,
    /// The same job runs already (exit code 4).
    Running,
    /// Another process acts by now (exit code 4).
    Superseded,
    /// What is known of a job's scheduled times is out of date: whoever meets this looks again (exit code 4).
    Stale,
    /// The time limit is over (exit code 1).
    TimedOut,
    /// A signal stopped the program; holds the signal's number (exit code 128 + number).
    Interrupted(i32),
}

impl Kind {
    /// As JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Locked => "locked",
            Self::Busy => "busy",
            Self::Running => "running",
            Self::Superseded => "superseded",
            Self::Stale => "stale",
            Self::TimedOut => "timeout",
            Self::Interrupted(_) => "interrupted",
        }
    }
}

/// Where a mistake is: a file, and perhaps a place in it, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line.
    pub line: Option<u64>,
    /// The column, in characters.
    pub column: Option<u64>,
    /// What is wrong there.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

/// What a program is told beside the message.
#[derive(Debug, Default)]
struct About {
    brief: Option<String>,
    places: Vec<Place>,
    name: Option<String>,
    run: Option<i64>,
}

/// An error that a person reads: the operation and its subject, the cause, the next step.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    help: Option<String>,
    about: Box<About>,
    may_pass: bool,
    is_unwritable: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `message` names the operation and its subject.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            help: None,
            about: Box::default(),
            may_pass: false,
            is_unwritable: false,
            source: None,
        }
    }

    /// The operation failed (exit code 1).
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The input is wrong (exit code 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A guard refused (exit code 3).
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// Someone else holds it (exit code 4).
    pub fn locked(message: impl Into<String>) -> Self {
        Self::new(Kind::Locked, message)
    }

    /// Adds the next step, a full clause such as ``run `lopper jobs validate` ``.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds how a log tells this error, whose message has several lines: on one, with the next step.
    #[must_use]
    pub fn brief(mut self, brief: impl Into<String>) -> Self {
        self.about.brief = Some(brief.into());
        self
    }

    /// Adds where the mistakes are that it is about.
    #[must_use]
    pub fn at(mut self, places: impl IntoIterator<Item = Place>) -> Self {
        self.about.places.extend(places);
        self
    }

    /// Adds the file that it is about.
    #[must_use]
    pub fn of_file(self, file: &Path) -> Self {
        let message = self.to_string();
        let help = self.help.clone();
        self.at([Place { file: file.to_owned(), line: None, column: None, message, help }])
    }

    /// Adds the run that it ended: the job's name or the command, and its number where the ledger has it.
    #[must_use]
    pub fn of_run(mut self, name: &str, run: Option<i64>) -> Self {
        self.about.name = Some(name.to_owned());
        self.about.run = run;
        self
    }

    /// Says that the store cannot be written, which readers need not mind.
    #[must_use]
    pub fn unwritable(mut self) -> Self {
        self.is_unwritable = true;
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says that trying again later may help: a disk or a deep storage in trouble.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.may_pass = true;
        self
    }

    /// Whether trying again later may help: what is locked is given back, what is down comes up. A wrong file stays
    /// wrong, and what a guard refuses is for a person to decide.
    pub fn may_pass(&self) -> bool {
        match self.kind {
            Kind::Busy | Kind::Locked | Kind::TimedOut => true,
            Kind::Failed => self.may_pass,
            Kind::Usage
            | Kind::Refused
            | Kind::Running
            | Kind::Superseded
            | Kind::Stale
            | Kind::Interrupted(_) => false,
        }
    }

    /// Whether it is that the store cannot be written.
    pub fn is_unwritable(&self) -> bool {
        self.is_unwritable
    }

    /// Where the mistakes are that it is about.
    pub fn places(&self) -> &[Place] {
        &self.about.places
    }

    /// The job's name or the command whose run it ended, and the run's number where the ledger has it.
    pub fn run(&self) -> (Option<&str>, Option<i64>) {
        (self.about.name.as_deref(), self.about.run)
    }

    /// How a run ended that this error ended, as the ledger has it.
    pub fn outcome(&self) -> &'static str {
        match self.kind {
            Kind::Refused => "refused",
            Kind::Locked | Kind::Busy | Kind::Running | Kind::Superseded | Kind::Stale => "locked",
            Kind::Interrupted(_) => "interrupted",
            Kind::Failed | Kind::Usage | Kind::TimedOut => "failed",
        }
    }

    /// What the error means for the exit code.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The next step, when there is one.
    pub fn next_step(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The error and the next step on one line, for a log.
    pub fn log_line(&self) -> String {
        if let Some(brief) = &self.about.brief {
            return brief.clone();
        }
        let message = self.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        match &self.help {
            Some(help) => format!("{message}; help: {help}"),
            None => message,
        }
    }

    /// The program's exit code for this error (0–255).
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failed | Kind::TimedOut => exit_code::FAILED,
            Kind::Usage => exit_code::USAGE,
            Kind::Refused => exit_code::REFUSED,
            Kind::Locked | Kind::Busy | Kind::Running | Kind::Superseded | Kind::Stale => {
                exit_code::LOCKED
            }
            Kind::Interrupted(signal) => {
                u8::try_from(i32::from(exit_code::SIGNAL) + signal).unwrap_or(exit_code::FAILED)
            }
        }
    }
}

/// The message and its causes on one line; the next step is `next_step`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            // Our own errors print their causes themselves.
            cause = if error.is::<Error>() { None } else { error.source() };
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
