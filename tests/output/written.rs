//! Standard output and standard error that take nothing more: a full disk, a reader that has ended.

use std::fs::File;
use std::io::{PipeWriter, pipe};
use std::process::{Command, Stdio};

use crate::support::{Answer, Lopper};

fn store() -> Lopper {
    Lopper::new()
        .import_sample()
        .job("one", "[[step]]\nop = 'mark-unused'\ndatasource = 'koalas'\nall = true\n")
        .job("two", "[[step]]\nop = 'mark-unused'\ndatasource = 'wikipedia_hour'\nall = true\n")
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// A pipe that nobody reads any more.
fn closed() -> PipeWriter {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer
}

/// The program with a standard output that takes nothing; answers what it says on standard error.
fn answer(command: &mut Command, stdout: impl Into<Stdio>) -> Answer {
    let output = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    Answer::from_output(command, output.wait_with_output().unwrap())
}

const COMMANDS: [&[&str]; 12] = [
    &["history"],
    &["history", "1", "--output", "json"],
    &["explain", "koalas"],
    &["export"],
    &["export", "--format", "sql"],
    &["rules", "get"],
    &["lock", "list"],
    &["fsck"],
    &["plan", "one"],
    &["jobs", "list"],
    &["jobs", "schema"],
    &["jobs", "crontab"],
];

#[test]
fn a_full_disk_is_an_error() {
    let lopper = store();
    for command in
        COMMANDS.iter().copied().chain([&["--help"][..], &["--version"], &["kill", "--help"]])
    {
        answer(&mut lopper.command(command), full())
            .code(1)
            .stderr_has("No space left on device (os error 28)")
            .stderr_has("help: ");
    }
}

#[test]
fn a_closed_pipe_is_an_error() {
    let lopper = store();
    for command in COMMANDS {
        let answer = answer(&mut lopper.command(command), closed()).code(1);
        answer.stderr_has("Broken pipe (os error 32)").stderr_has("help: ");
    }
}

/// The run is done; it is its report alone that nobody has seen. And the next job runs.
#[test]
fn a_run_whose_report_cannot_be_printed_is_done() {
    for form in ["table", "json"] {
        let lopper = store();
        let mut command = lopper.command(["run", "one", "two", "--output", form]);
        let answer = answer(&mut command, full()).code(1);
        answer
            .stderr_has("error: cannot write to standard output: No space left on device")
            .stderr_has("help: run 2 is done: `lopper history 2` shows it");
        assert_eq!(lopper.runs(), ["import done", "one done", "two done"]);
    }
}

/// Its own error matters more.
#[test]
fn a_run_that_fails_keeps_its_exit_code() {
    let lopper = store().job("kills", "[[step]]\nop = 'kill'\ndatasource = 'koalas'\n");
    let mut command = lopper.command(["run", "one", "kills", "--output", "json"]);
    answer(&mut command, full()).code(3).stderr_has("is a copy");
}

/// Whoever reads the log may be gone, or its disk full: the run goes on and its answer is whole.
#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    let lopper =
        store().job("typo", "[[step]]\nop = 'mark-unused'\ndatasource = 'koala'\nall = true\n");
    for stderr in [Stdio::from(full()), Stdio::from(closed())] {
        let mut command = lopper.command(["run", "one", "typo", "-vv", "--output", "json"]);
        let output = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let answer = Answer::from_output(&command, output.wait_with_output().unwrap()).code(0);
        assert_eq!(answer.lines().len(), 2);
    }
    let mut command = lopper.command(["kill", "koalas"]);
    let output = command.stdout(Stdio::piped()).stderr(full()).spawn().unwrap();
    Answer::from_output(&command, output.wait_with_output().unwrap()).code(3);
}

/// In a mount namespace of its own: a scheduler whose log is on a small disk, which is full for a while.
const LOG_ON_A_FULL_DISK: &str = r#"
    disk=$1; program=$2
    mount -t tmpfs -o size=64k none "$disk" || exit 99
    cat /dev/zero > "$disk/filler" 2> /dev/null
    "$program" schedule --log-format json 2>> "$disk/log" &
    until "$program" history | grep -q "job *tidy *done"; do :; done
    rm "$disk/filler"
    until grep -q "could not be written" "$disk/log"; do :; done
    kill -TERM $!; wait $!; code=$?
    cat "$disk/log"
    exit $code
"#;

/// What was lost is said as soon as there is room, and nothing has stopped for it.
#[test]
fn lost_lines_of_the_log_are_told_of() {
    let Some(mut unshare) = crate::store::disk::unshare() else { return };
    let tidy = "schedule = '* * * * * *'\n[[step]]\nop = 'check'\nsql = 'SELECT 1 WHERE 0'\n";
    let lopper = store().real_time().job("tidy", tidy);
    std::fs::create_dir(lopper.path("disk")).unwrap();
    unshare.args(["timeout", "60", "sh", "-c", LOG_ON_A_FULL_DISK, "sh"]);
    unshare.arg(lopper.path("disk")).arg(env!("CARGO_BIN_EXE_lopper")).current_dir(lopper.path(""));
    let answer = Answer::of(&mut unshare).code(0);
    let lines: Vec<serde_json::Value> =
        answer.lines().into_iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields = &lines[0]["fields"];
    assert!(fields["lost"].as_u64().unwrap() > 0, "{answer}");
    let message = fields["message"].as_str().unwrap();
    assert!(message.contains("No space left on device") && message.contains("help: "), "{message}");
}
