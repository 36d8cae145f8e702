//! Carries out one hook: a program in a process group of its own, which is killed when its time is over or lopper is
//! told to stop.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, PipeReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::{Duration, Instant as Moment};

use rusqlite::ToSql;
use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::Stop;
use crate::druid::Instant;
use crate::error::Result;
use crate::failpoint;
use crate::job::{Hook, HookCommand};
use crate::store::{Store, sql};

/// Of what a hook prints, the last bytes are kept.
const KEPT: usize = 8 * 1024;

/// So many pieces of output may wait to be heard: a hook that prints faster waits itself.
const HEARD: usize = 16;

/// How often it is looked whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How long the output of a hook that has ended may take to arrive. It has ended as well, unless a process that left the
/// group holds it open.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What systemd tells lopper alone: a hook must not speak in its name.
const NOT_PASSED_ON: [&str; 3] = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];

/// What came of a hook.
#[derive(Debug)]
pub struct Called {
    /// How it failed, if it did.
    pub result: Result<(), Failure>,
    /// The last of what it printed.
    pub output: String,
}

/// Why a hook failed.
#[derive(Debug)]
pub enum Failure {
    /// It could not be started.
    NotStarted(String, io::Error),
    /// lopper was told to stop before it began, or before it ended.
    Stopped,
    /// Its time was over.
    TimedOut(Duration),
    /// It ended with an exit code, or by a signal.
    Ended(ExitStatus),
    /// The system does not say how it ended.
    Lost(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(program, error) => write!(f, "cannot start {program}: {error}"),
            Self::Stopped => f.write_str("lopper was told to stop, and did not let it end"),
            Self::TimedOut(limit) => {
                write!(f, "it took longer than its hook_timeout of {limit:?}, and was killed")
            }
            Self::Ended(status) => match (status.code(), status.signal()) {
                (Some(code), _) => write!(f, "exit code {code}"),
                (None, Some(signal)) => write!(f, "killed by signal {signal}"),
                (None, None) => write!(f, "{status}"),
            },
            Self::Lost(error) => write!(f, "cannot tell how it ended: {error}"),
        }
    }
}

/// Calls a program with `input` on its standard input, and waits for its end. What its process group still holds then is
/// killed: a hook leaves nothing behind.
pub fn call(
    hook: &HookCommand,
    environment: &[(&str, OsString)],
    input: Vec<u8>,
    limit: Duration,
    stop: &Stop,
) -> Called {
    let no_output = |failure| Called { result: Err(failure), output: String::new() };
    if stop.check().is_err() {
        return no_output(Failure::Stopped);
    }
    match Running::start(hook, environment, input) {
        Ok(mut running) => {
            let result = running.wait(limit, stop);
            Called { result, output: running.output() }
        }
        Err(error) => {
            no_output(Failure::NotStarted(hook.words.first().cloned().unwrap_or_default(), error))
        }
    }
}

enum Event {
    Printed(Vec<u8>),
    Ended,
}

struct Running {
    child: Child,
    events: Receiver<Event>,
    printed: Vec<u8>,
}

impl Running {
    fn start(
        hook: &HookCommand,
        environment: &[(&str, OsString)],
        input: Vec<u8>,
    ) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let mut command = command(hook)?;
        command
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(writer.try_clone()?)
            .stderr(writer);
        let mut child = command.spawn()?;
        // It holds this side's ends of the output.
        drop(command);
        let (sender, events) = mpsc::sync_channel(HEARD);
        let (stdin, pid) = (child.stdin.take(), Pid::from_child(&child));
        let end = sender.clone();
        thread::spawn(move || write(stdin, &input));
        thread::spawn(move || read(reader, &sender));
        thread::spawn(move || {
            // Without reaping it: until then nobody else gets its number, and the group can be killed by it.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = retry_on_intr(|| waitid(WaitId::Pid(pid), options));
            let _ = end.send(Event::Ended);
        });
        Ok(Self { child, events, printed: Vec::new() })
    }

    fn wait(&mut self, limit: Duration, stop: &Stop) -> Result<(), Failure> {
        let begun = Moment::now();
        let killed = loop {
            let left = limit.saturating_sub(begun.elapsed());
            if stop.check().is_err() {
                break Some(Failure::Stopped);
            }
            if left.is_zero() {
                break Some(Failure::TimedOut(limit));
            }
            match self.events.recv_timeout(left.min(LOOK_EVERY)) {
                Ok(Event::Printed(bytes)) => self.keep(&bytes),
                Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => break None,
                Err(RecvTimeoutError::Timeout) => {}
            }
        };
        // The group may be empty by now.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let status = self.child.wait();
        self.hear_last_words();
        match (killed, status) {
            (Some(failure), _) => Err(failure),
            (None, Ok(status)) if status.success() => Ok(()),
            (None, Ok(status)) => Err(Failure::Ended(status)),
            (None, Err(error)) => Err(Failure::Lost(error)),
        }
    }

    fn hear_last_words(&mut self) {
        let end = Moment::now() + LAST_WORDS;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Moment::now())) {
                Ok(Event::Printed(bytes)) if Moment::now() < end => self.keep(&bytes),
                Ok(Event::Ended) => {}
                Ok(Event::Printed(_)) | Err(_) => return,
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.printed.extend_from_slice(bytes);
        let more = self.printed.len().saturating_sub(KEPT);
        self.printed.drain(..more);
    }

    fn output(&self) -> String {
        String::from_utf8_lossy(&self.printed).trim().to_owned()
    }
}

/// The program, in the directory of the file that names it; a relative path is one from there, and a name without a path
/// is looked for in `PATH`.
fn command(hook: &HookCommand) -> io::Result<Command> {
    let (program, arguments) =
        hook.words.split_first().ok_or_else(|| io::Error::other("it has no program"))?;
    let here = hook.directory.as_os_str().is_empty();
    let directory = std::path::absolute(if here { Path::new(".") } else { &hook.directory })?;
    let mut command = match program.contains('/') {
        true => Command::new(directory.join(program)),
        false => Command::new(program),
    };
    command.args(arguments).current_dir(directory);
    for name in NOT_PASSED_ON {
        command.env_remove(name);
    }
    Ok(command)
}

/// Gives it its input. One that does not read it to the end has no use for it.
fn write(stdin: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(input);
    }
}

/// Reads on to the end, so that a hook that prints much does not wait.
fn read(mut output: PipeReader, sender: &SyncSender<Event>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        if sender.send(Event::Printed(bytes)).is_err() {
            return;
        }
    }
}

/// Records in the ledger that a hook of a run failed.
///
/// # Errors
/// SQLite's.
pub fn record_failure(
    store: &Store,
    run: i64,
    hook: Hook,
    message: &str,
    wall: Instant,
) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 4] = [
        (":run", &run),
        (":hook", &hook.name()),
        (":message", &message),
        (":wall_ms", &wall.millis()),
    ];
    let operation = "cannot record that a hook failed";
    store.execute(operation, sql::ledger::RECORD_HOOK_FAILURE, &parameters)?;
    failpoint::reach("hook::failure-recorded");
    Ok(())
}
