//! A program that runs beside the test: the second party of a story.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;

use super::{Answer, Lopper};

/// A program that has not ended yet.
pub struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
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
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, said: String::new() }
    }

    /// Reads standard error up to a line with this text.
    #[track_caller]
    pub fn says(&mut self, text: &str) {
        loop {
            let mut line = String::new();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "no {text:?}: {}", self.said);
            self.said.push_str(&line);
            if line.contains(text) {
                return;
            }
        }
    }

    /// Looks, without sleeping, until something is true.
    #[track_caller]
    pub fn watch(&mut self, mut until: impl FnMut() -> bool) {
        while !until() {
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

    /// Waits for the program's end.
    pub fn end(mut self) -> Answer {
        self.stderr.read_to_string(&mut self.said).unwrap();
        let mut output = self.child.wait_with_output().unwrap();
        output.stderr = self.said.into_bytes();
        Answer::from_output(&Command::new("lopper"), output)
    }
}
