//! Carries out one hook: a program in a process group of its own, which is killed when its time is over or lopper is
//! told to stop. One thread does it all: nothing of it is left behind when the hook has ended, whoever holds its output.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use rusqlite::ToSql;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{ioctl_fionbio, retry_on_intr};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};

use crate::clock::Stopwatch;
use crate::config::{Hook, HookCommand};
use crate::druid::Instant;
use crate::engine::Stop;
use crate::error::Result;
use crate::failpoint;
use crate::store::{Store, sql};

/// Of what a hook prints, the last bytes are kept.
const KEPT: usize = 8 * 1024;

/// How often it is looked whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// And how often whether the hook has ended, where the system does not tell of that.
const LOOK_OFTEN: Duration = Duration::from_millis(5);

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

struct Running {
    child: Child,
    /// Readable when the child has ended; nothing where the system has no such thing.
    ended: Option<OwnedFd>,
    /// What of the input it has not taken yet.
    input: Option<(ChildStdin, Vec<u8>)>,
    /// What it prints, until every process that holds it has closed it.
    output: Option<PipeReader>,
    printed: Vec<u8>,
}

impl Running {
    fn start(
        hook: &HookCommand,
        environment: &[(&str, OsString)],
        input: Vec<u8>,
    ) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        ioctl_fionbio(&reader, true)?;
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
        // A side that cannot be made to wait for nobody is not used: the child finds its input empty.
        let stdin = child.stdin.take().filter(|stdin| ioctl_fionbio(stdin, true).is_ok());
        let ended = pidfd_open(Pid::from_child(&child), PidfdFlags::empty()).ok();
        let input = stdin.map(|stdin| (stdin, input));
        Ok(Self { child, ended, input, output: Some(reader), printed: Vec::new() })
    }

    fn wait(&mut self, limit: Duration, stop: &Stop) -> Result<(), Failure> {
        let begun = Stopwatch::start();
        let killed = loop {
            if self.has_ended() {
                break None;
            }
            let left = limit.saturating_sub(begun.elapsed());
            if stop.check().is_err() {
                break Some(Failure::Stopped);
            }
            if left.is_zero() {
                break Some(Failure::TimedOut(limit));
            }
            self.exchange(left.min(LOOK_EVERY));
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

    /// Without reaping it: until then nobody else gets its number, and the group can be killed by it.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let pid = Pid::from_child(&self.child);
        !matches!(retry_on_intr(|| waitid(WaitId::Pid(pid), options)), Ok(None))
    }

    fn hear_last_words(&mut self) {
        (self.input, self.ended) = (None, None);
        let begun = Stopwatch::start();
        while self.output.is_some() && begun.elapsed() < LAST_WORDS {
            self.exchange(LAST_WORDS.saturating_sub(begun.elapsed()));
        }
    }

    /// Waits until it takes input, prints, or ends, or the time is over; gives it input and hears what it prints.
    fn exchange(&mut self, at_most: Duration) {
        let at_most = if self.ended.is_some() { at_most } else { at_most.min(LOOK_OFTEN) };
        let mut descriptors = Vec::with_capacity(3);
        descriptors.extend(self.ended.as_ref().map(|ended| PollFd::new(ended, PollFlags::IN)));
        descriptors.extend(self.output.as_ref().map(|output| PollFd::new(output, PollFlags::IN)));
        descriptors
            .extend(self.input.as_ref().map(|(stdin, _)| PollFd::new(stdin, PollFlags::OUT)));
        let nanos = i64::from(at_most.subsec_nanos());
        let seconds = i64::try_from(at_most.as_secs()).unwrap_or(i64::MAX);
        let timeout = Timespec { tv_sec: seconds, tv_nsec: nanos };
        // An interruption is as good as the end of the time.
        let _ = poll(&mut descriptors, Some(&timeout));
        self.give();
        self.hear();
    }

    /// Gives it what it takes of its input. One that does not read it to the end has no use for it.
    fn give(&mut self) {
        let Some((stdin, input)) = &mut self.input else { return };
        match stdin.write(input) {
            Ok(length) => drop(input.drain(..length)),
            Err(error) if is_for_later(&error) => return,
            Err(_) => input.clear(),
        }
        if input.is_empty() {
            self.input = None;
        }
    }

    fn hear(&mut self) {
        let Some(output) = &mut self.output else { return };
        let mut buffer = [0; 16 * 1024];
        match output.read(&mut buffer) {
            Ok(length @ 1..) => {
                self.printed.extend_from_slice(buffer.get(..length).unwrap_or_default());
                let more = self.printed.len().saturating_sub(KEPT);
                self.printed.drain(..more);
            }
            Err(error) if is_for_later(&error) => {}
            Ok(_) | Err(_) => self.output = None,
        }
    }

    fn output(&self) -> String {
        String::from_utf8_lossy(&self.printed).trim().to_owned()
    }
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
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
