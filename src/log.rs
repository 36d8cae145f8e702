//! The log, on standard error: as lines for people, or as JSON, one object a line.
//!
//! Standard error may be a full disk, or a pipe that nobody reads any more. Nothing stops for that: lines that are lost
//! are counted, and said as soon as there is room.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The target of the warnings of runs.
pub const TOLD: &str = "lopper::engine::told";

/// Lines that were lost since the process began.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Those of them that nobody has been told of.
static UNSAID: AtomicU64 = AtomicU64::new(0);

/// Why the last one was lost.
static WHY: Mutex<String> = Mutex::new(String::new());

/// A line was written in part: the next one begins behind its end.
static IS_CUT: AtomicBool = AtomicBool::new(false);

/// Starts the log of this process. At any level it tells the warnings of runs: one that nobody sees is a failure.
pub fn start(form: Form, level: LevelFilter) {
    let told = Targets::new().with_default(level).with_target(TOLD, level.max(LevelFilter::WARN));
    let log = tracing_subscriber::fmt()
        .with_writer(Lines(form))
        .with_max_level(level.max(LevelFilter::WARN))
        // It would tell standard error that standard error is gone, and panic.
        .log_internal_errors(false);
    let is_colourful =
        io::IsTerminal::is_terminal(&io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    match form {
        Form::Text => log.with_ansi(is_colourful).with_target(false).finish().with(told).init(),
        Form::Json => log.json().finish().with(told).init(),
    }
}

/// How many lines could not be written.
pub fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

/// Makes writers for lines of this form.
#[derive(Debug, Clone, Copy)]
struct Lines(Form);

/// Writes one line.
#[derive(Debug)]
struct Line(Form);

impl MakeWriter<'_> for Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(self.0)
    }
}

impl Write for Line {
    /// Takes the whole line, whatever becomes of it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut stderr = io::stderr().lock();
        let unsaid = UNSAID.load(Ordering::Relaxed);
        if unsaid > 0 && put(&mut stderr, said(self.0, unsaid).as_bytes()).is_ok() {
            UNSAID.fetch_sub(unsaid, Ordering::Relaxed);
        }
        if let Err(error) = put(&mut stderr, line) {
            LOST.fetch_add(1, Ordering::Relaxed);
            UNSAID.fetch_add(1, Ordering::Relaxed);
            *WHY.lock().unwrap_or_else(PoisonError::into_inner) = error.to_string();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a line, behind the end of one that was cut.
fn put(stderr: &mut impl Write, line: &[u8]) -> io::Result<()> {
    if IS_CUT.load(Ordering::Relaxed) {
        stderr.write_all(b"\n")?;
        IS_CUT.store(false, Ordering::Relaxed);
    }
    let mut rest = line;
    while !rest.is_empty() {
        match stderr.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                IS_CUT.store(rest.len() < line.len(), Ordering::Relaxed);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// The line that tells of lost ones.
fn said(form: Form, count: u64) -> String {
    let now = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.6fZ");
    let why = WHY.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let lines = if count == 1 { "line" } else { "lines" };
    let message = format!(
        "{count} {lines} of the log could not be written: {why}; help: keep room where standard error goes"
    );
    match form {
        Form::Text => format!("{now}  WARN {message}\n"),
        Form::Json => {
            let line = json!({"timestamp": now.to_string(), "level": "WARN",
                "fields": {"message": message, "lost": count}, "target": "lopper::log"});
            format!("{line}\n")
        }
    }
}
