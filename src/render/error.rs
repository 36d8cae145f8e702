//! An error as `--output json` prints it. A contract: names and meanings stay, new members may come.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Place};

/// What is printed instead of a result.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorReport {
    /// The number of the run that it ended, where the ledger has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// The job's name, or the command, whose run it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `failed`, `refused`, `locked` or `interrupted`, as in the view `runs`.
    pub outcome: String,
    /// What went wrong.
    pub error: ErrorDetails,
}

/// What went wrong, and what helps.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorDetails {
    /// `failed`, `usage` (the command line or a file is wrong), `refused`, `locked` (an interval), `busy` (the store),
    /// `running` (the job), `superseded` (another process acts by now), `stale` (what was known of the job holds no more), `timeout`, or `interrupted`.
    pub kind: String,
    /// The program's exit code.
    pub exit_code: u8,
    /// The message, as on standard error; of several mistakes all of them.
    pub message: String,
    /// What helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The file that it is about; of several mistakes that of the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of it, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column in characters, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// All mistakes, each with its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mistakes: Vec<MistakeReport>,
}

/// One mistake in a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MistakeReport {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column in characters, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl ErrorReport {
    /// What a program is told of an error.
    pub fn of(error: &Error) -> Self {
        let (name, run) = error.run();
        let mistakes: Vec<_> = error.places().iter().map(MistakeReport::of).collect();
        let first = mistakes.first();
        Self {
            run,
            name: name.map(str::to_owned),
            outcome: error.outcome().to_owned(),
            error: ErrorDetails {
                kind: error.kind().name().to_owned(),
                exit_code: error.exit_code(),
                message: error.to_string(),
                help: error
                    .next_step()
                    .map(str::to_owned)
                    .or_else(|| first.and_then(|one| one.help.clone())),
                file: first.map(|one| one.file.clone()),
                line: first.and_then(|one| one.line),
                column: first.and_then(|one| one.column),
                mistakes,
            },
        }
    }
}

impl MistakeReport {
    fn of(place: &Place) -> Self {
        Self {
            file: place.file.display().to_string(),
            line: place.line,
            column: place.column,
            message: place.message.clone(),
            help: place.help.clone(),
        }
    }
}
