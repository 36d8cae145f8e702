//! A real server beside the tests. It goes with their process, even when that is killed.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A running server.
pub struct Server {
    pub port: u16,
    // While this end of the pipe is open, the server runs.
    _lifeline: ChildStdin,
    _child: Child,
}

impl Server {
    /// Starts a program whose arguments may hold `PORT`, and waits until it says `ready` on its standard output or
    /// error.
    pub fn start(command: &str, ready: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let command = command.replace("PORT", &port.to_string());
        // The shell waits for the end of the pipe, which comes with the end of the tests, however they end.
        let script = format!("{command} </dev/null & read _; kill $!");
        let mut child = Command::new("sh")
            .args(["-c", &format!("({script}) 2>&1")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lifeline = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        loop {
            let line = lines.next().unwrap_or_else(|| panic!("{command} ended: {said}")).unwrap();
            said.push_str(&line);
            if line.contains(ready) {
                break;
            }
        }
        // It must not wait for a reader of its log.
        std::thread::spawn(move || lines.for_each(drop));
        Self { port, _lifeline: lifeline, _child: child }
    }
}
