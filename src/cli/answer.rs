//! What a command answers: its result on standard output, an error on standard error and, where JSON was asked for, on
//! standard output as well.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use serde::Serialize;
use tracing::level_filters::LevelFilter;

use crate::cli::{Cli, LogFormat, Output};
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::log;
use crate::render::error::ErrorReport;

/// In which forms to answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Forms {
    pub(super) output: Output,
    pub(super) log: LogFormat,
}

/// Reads the command line; answers with the exit code where there is no command in it.
pub(super) fn command_line() -> std::result::Result<Cli, ExitCode> {
    let error = match Cli::try_parse() {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    if !error.use_stderr() {
        return Err(help(&error));
    }
    // What is wrong with it is told of arguments that are safe to show.
    let safe = std::env::args_os().map(|word| escape(&word.to_string_lossy()).into_owned());
    Err(mistyped(&Cli::try_parse_from(safe).err().unwrap_or(error)))
}

/// Prints the help, or the version.
fn help(help: &clap::Error) -> ExitCode {
    match help.print().and_then(|()| io::stdout().flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => render(&unwritten(error), Forms::default()),
    }
}

/// Tells what is wrong with the command line.
fn mistyped(error: &clap::Error) -> ExitCode {
    let forms = Forms::asked_for();
    let told = usage(error);
    forms.print_error(&told);
    match forms.log {
        LogFormat::Text => {
            // A closed stderr leaves nobody to tell.
            let _ = error.print();
        }
        LogFormat::Json => {
            log::start(log::Form::Json, LevelFilter::ERROR);
            log_error(&told);
        }
    }
    ExitCode::from(told.exit_code())
}

/// clap's message, and what it says behind that: a tip, the usage.
fn usage(error: &clap::Error) -> Error {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let rest: Vec<String> =
        rest.split("\n\n").map(one_line).filter(|part| !part.is_empty()).collect();
    let told = Error::usage(one_line(message));
    if rest.is_empty() { told } else { told.help(rest.join("; ")) }
}

/// Tells of an error, once, and answers the exit code.
pub(super) fn render(error: &Error, forms: Forms) -> ExitCode {
    forms.print_error(error);
    match forms.log {
        LogFormat::Text => write_error(error),
        LogFormat::Json => log_error(error),
    }
    ExitCode::from(error.exit_code())
}

fn write_error(error: &Error) {
    let mut stderr = io::stderr().lock();
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(stderr, "error: {}", safe(&error.to_string()));
    if let Some(help) = error.next_step() {
        let _ = writeln!(stderr, "  help: {}", safe(help));
    }
}

fn log_error(error: &Error) {
    let (name, run) = error.run();
    let kind = error.kind().name();
    tracing::error!(
        run,
        name,
        kind,
        exit_code = error.exit_code(),
        help = error.next_step(),
        "{error}"
    );
}

/// A message may name any path: nothing but its line ends reaches the terminal unescaped.
fn safe(message: &str) -> String {
    message.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

impl Forms {
    /// As a command line asks for that cannot be read as a whole.
    fn asked_for() -> Self {
        let words: Vec<_> = std::env::args_os().skip(1).take_while(|word| word != "--").collect();
        let asks = |flag: &str| {
            let joined = format!("{flag}=json");
            words.iter().any(|word| word == joined.as_str())
                || words.windows(2).any(|two| two == [OsStr::new(flag), OsStr::new("json")])
        };
        Self {
            output: if asks("--output") { Output::Json } else { Output::Table },
            log: if asks("--log-format") { LogFormat::Json } else { LogFormat::Text },
        }
    }

    /// Where JSON was asked for, an error is JSON as well.
    fn print_error(self, error: &Error) {
        if self.output == Output::Json {
            // That it cannot be written is told by the exit code, and by standard error.
            let _ = json(&ErrorReport::of(error)).and_then(|text| print_text(&text));
        }
    }
}

/// A value as one line of JSON.
pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value)
        .map(|text| text + "\n")
        .map_err(|error| Error::failed("cannot write the result as JSON").because(error))
}

/// Writes text to stdout.
pub(super) fn print_text(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(unwritten)
}

/// Why standard output does not take what is written.
pub(super) fn unwritten(error: io::Error) -> Error {
    let help = match error.kind() {
        io::ErrorKind::BrokenPipe => {
            "whoever reads it has ended before the end of it: let it read all, or write to a file"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space where it goes, or write it elsewhere"
        }
        _ => "write it elsewhere",
    };
    Error::failed("cannot write to standard output").because(error).help(help)
}
