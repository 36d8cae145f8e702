//! A name may mean a directory, a socket, a device without an end, or a pipe that nobody writes to: each is an error that
//! says so, soon and in little memory.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use crate::support::Lopper;

fn lopper() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D"])
}

impl Lopper {
    fn pipe(&self) -> PathBuf {
        let pipe = self.path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        pipe
    }
}

/// Commands that read a file of the given name.
fn readers(file: &str) -> [Vec<&str>; 5] {
    [
        vec!["rules", "lint", "wiki", "--file", file],
        vec!["rules", "set", "wiki", file],
        vec!["mark-unused", "wiki", "--ids-from", file],
        vec!["run", file],
        vec!["--config", file, "mark-unused", "wiki", "--all"],
    ]
}

#[test]
fn what_has_no_end_is_refused() {
    let lopper = lopper();
    lopper.store_unchanged(|lopper| {
        for device in ["/dev/zero", "/dev/full"] {
            for command in readers(device) {
                let answer = lopper.run(&command).code(2);
                let says = ["has more than 16 MiB", "more than 64 KiB", "larger than 1 MiB"];
                assert!(says.iter().any(|text| answer.stderr.contains(text)), "{answer}");
            }
        }
    });
}

#[test]
fn what_is_no_file_is_refused() {
    let lopper = lopper();
    let socket = lopper.path("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    fs::create_dir(lopper.path("folder.toml")).unwrap();
    lopper.store_unchanged(|lopper| {
        for command in readers("folder.toml") {
            lopper.run(&command).code(2).stderr_has("it is a directory");
        }
        for command in readers("./socket") {
            lopper.run(&command).code(2).stderr_has("cannot read");
        }
    });
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused() {
    let lopper = lopper();
    lopper.pipe();
    lopper.store_unchanged(|lopper| {
        thread::scope(|scope| {
            // A list of ids may be waited for, until a signal comes.
            let [lint, set, _, run, config] = readers("./pipe");
            for command in [lint, set, run, config] {
                scope.spawn(move || {
                    lopper.run(&command).code(2).stderr_has("a pipe, and nobody writes to it");
                });
            }
        });
    });
}

/// As of `<(…)` in a shell.
#[test]
fn a_pipe_that_somebody_writes_to_is_read() {
    let lopper = lopper();
    let pipe = lopper.pipe();
    for (text, command) in [
        ("[]", ["rules", "set", "wiki", "./pipe"]),
        ("nobody\n", ["mark-unused", "wiki", "--ids-from", "./pipe"]),
    ] {
        let pipe = pipe.clone();
        let writer = thread::spawn(move || fs::write(pipe, text));
        lopper.run(command).code(0);
        writer.join().unwrap().unwrap();
    }
}
