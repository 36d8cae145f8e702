//! A program that runs beside the test: the second party of a story.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use super::{Answer, Lopper};

/// How long anything may take to happen: a story that goes wrong ends all the same.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that has not ended yet. It is killed where the test gives it up.
pub struct Running {
    child: Child,
    /// What it says on standard error, line by line.
    stderr: Receiver<String>,
    said: String,
    has_ended: bool,
}

impl Lopper {
    /// Starts the program and goes on.
    pub fn background<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Running {
        Running::start(&mut self.command(arguments))
    }

    /// Starts a kill, which stops itself when the files of its first batch are gone and the journal does not know yet.
    pub fn frozen_kill(&self, arguments: &[&str]) -> Running {
        let stop = "kill::files-answered=1*return(stop)";
        let mut running = Running::start(self.command(arguments).env("FAILPOINTS", stop));
        running.until_stopped();
        running
    }
}

impl Running {
    /// Starts a command and goes on.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, stderr) = mpsc::channel();
        // The program never waits for a reader of its log.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Nobody may listen any more.
                let _ = sender.send(line + "\n");
            }
        });
        Self { child, stderr, said: String::new(), has_ended: false }
    }

    /// Reads standard error up to a line with this text; answers that line.
    #[track_caller]
    pub fn says(&mut self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let Ok(line) = self.stderr.recv_timeout(left) else {
                panic!("no {text:?}: {}", self.said);
            };
            self.said.push_str(&line);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Whether it has said so among what was read so far.
    pub fn has_said(&self, text: &str) -> bool {
        self.said.contains(text)
    }

    /// Looks, without sleeping, until something is true.
    #[track_caller]
    pub fn watch(&mut self, mut until: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !until() {
            assert!(begun.elapsed() < PATIENCE, "it did not come to that: {}", self.said);
            assert!(self.child.try_wait().unwrap().is_none(), "the program ended too early");
            thread::yield_now();
        }
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub fn until_stopped(&mut self) {
        let stat = format!("/proc/{}/stat", self.child.id());
        self.watch(|| fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T ")));
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Its number in the system.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the program's end.
    pub fn end(mut self) -> Answer {
        self.has_ended = true;
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        self.said.extend(self.stderr.iter());
        let (stdout, stderr) = (stdout.into_bytes(), std::mem::take(&mut self.said).into_bytes());
        Answer::from_output(&Command::new("lopper"), Output { status, stdout, stderr })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            // It may have ended by itself.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
