//! Dumps that come from a pipe or a FIFO: whoever waits for them keeps nobody from writing, and ends at once.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Lopper, Running, csv, seg};

/// What the program says when it waits for a stream.
const WAITS: &str = "reading a stream to its end";

/// A FIFO in the story's folder.
fn fifo(lopper: &Lopper) -> PathBuf {
    let path = lopper.path("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// An import of the FIFO, which waits.
fn waiting(lopper: &Lopper, arguments: &[&str]) -> Running {
    let mut running = lopper.background([arguments, &["-v"]].concat());
    running.says(WAITS);
    running
}

fn dump(lopper: &Lopper) -> String {
    csv(&[seg("wiki", "2024-01-02/P1D"), seg("wiki", "2024-01-03/P1D")], &lopper.deep_storage())
}

/// Opens the FIFO's other end, which somebody reads.
fn writer(path: &PathBuf) -> File {
    OpenOptions::new().write(true).open(path).unwrap()
}

/// A program whose standard input stays open.
fn with_open_input(lopper: &Lopper, arguments: &[&str]) -> (Running, Child) {
    let mut sleeper = Command::new("sleep").arg("60").stdout(Stdio::piped()).spawn().unwrap();
    let mut command = lopper.command(arguments);
    command.stdin(sleeper.stdout.take().unwrap());
    (Running::start(&mut command), sleeper)
}

#[test]
fn who_waits_for_a_fifo_keeps_nobody_from_writing() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]);
    let path = fifo(&lopper);
    let running = waiting(&lopper, &["import", "pipe"]);
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    let mut writer = writer(&path);
    let dump = dump(&lopper);
    let (half, rest) = dump.split_at(dump.len() / 2);
    writer.write_all(half.as_bytes()).unwrap();
    writer.flush().unwrap();
    lopper.run(["mark-used", "wiki", "--all"]).code(0);
    writer.write_all(rest.as_bytes()).unwrap();
    drop(writer);
    running.end().code(0).stdout_has("2 new");
    assert_eq!(lopper.ids(true).len(), 3);
}

#[test]
fn a_plan_of_a_fifo_keeps_nobody_from_writing_either() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]);
    let path = fifo(&lopper);
    let running = waiting(&lopper, &["import", "pipe", "--dry-run"]);
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    writer(&path).write_all(dump(&lopper).as_bytes()).unwrap();
    running.end().code(0).stdout_has("2 new");
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["1"]);
}

#[test]
fn a_signal_ends_who_waits_and_leaves_no_new_store() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        for is_new in [true, false] {
            let lopper = Lopper::new();
            let lopper = if is_new { lopper } else { lopper.segments(["wiki 2024-01-01/P1D v1"]) };
            fifo(&lopper);
            let running = waiting(&lopper, &["import", "pipe"]);
            let begun = Instant::now();
            running.signal(name);
            running.end().code(code).stderr_has(&format!("stopped by SIG{name}"));
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
            assert_eq!(lopper.store().exists(), !is_new);
        }
    }
}

#[test]
fn a_signal_ends_who_waits_for_standard_input() {
    let lopper = Lopper::new();
    for arguments in [&["import", "-", "-v"][..], &["import", "/dev/stdin", "-v"]] {
        let (mut running, mut sleeper) = with_open_input(&lopper, arguments);
        running.says(WAITS);
        running.signal("INT");
        running.end().code(130);
        assert!(!lopper.store().exists());
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
    }
}

#[test]
fn the_time_limit_of_a_job_ends_who_waits() {
    let import = "timeout = 'PT1S'\n[[step]]\nop = 'import'\nfiles = ['../pipe']\n";
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("waits", import);
    fifo(&lopper);
    let begun = Instant::now();
    lopper.run(["run", "waits"]).code(1).stderr_has("the timeout of PT1S is over");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(lopper.runs().last().unwrap(), "waits failed");
}

#[test]
fn a_stream_in_pieces_packed_or_not_is_read_as_a_file_is() {
    let lopper = Lopper::new();
    let many: Vec<_> =
        (0..2000).map(|number| seg("wiki", "2024-01-01/P1D").partition(number)).collect();
    let text = csv(&many, &lopper.deep_storage());
    let plain = lopper.file("many.csv", &text);
    for packer in [&["cat"][..], &["gzip", "-c"]] {
        let packed =
            Command::new(packer[0]).args(&packer[1..]).arg(&plain).output().unwrap().stdout;
        let expected = if packer[0] == "cat" { "2,000 new" } else { "2,000 the same" };
        lopper.run_with_input(["import", "-"], &packed).code(0).stdout_has(expected);
    }
    // A file on standard input is read from where it stands.
    let mut command = lopper.command(["import", "-"]);
    command.stdin(File::open(&plain).unwrap());
    Running::start(&mut command).end().code(0).stdout_has("2,000 the same");
    let left: Vec<_> = fs::read_dir(lopper.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().ends_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A stream without end is refused by its beginning.
#[test]
fn an_endless_stream_of_something_else_is_refused_at_once() {
    let lopper = Lopper::new();
    let shell = |script: &str| {
        let program = lopper.command(["import", "-"]);
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).arg(program.get_program()).current_dir(lopper.path(""));
        Running::start(&mut shell).end()
    };
    shell("yes | \"$0\" import -").code(2).stderr_has("other text that begins `y`");
    shell("\"$0\" import /dev/zero").code(2).stderr_has("binary");
    shell("\"$0\" import - < /dev/null").code(2).stderr_has("empty");
    assert!(!lopper.store().exists());
}

/// Ids that a mark is told come the same ways.
#[test]
fn who_waits_for_ids_keeps_nobody_from_writing() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1", "wiki 2024-01-02/P1D v1"]);
    let path = fifo(&lopper);
    let ids = lopper.ids(true);
    let running = waiting(&lopper, &["mark-unused", "wiki", "--ids-from", "pipe"]);
    lopper.run(["mark-unused", "wiki", "--id", &ids[1]]).code(0);
    writer(&path).write_all(ids[0].as_bytes()).unwrap();
    running.end().code(0);
    assert_eq!(lopper.ids(false), ids);
    let running = waiting(&lopper, &["mark-used", "wiki", "--ids-from", "pipe"]);
    running.signal("TERM");
    running.end().code(143);
    assert_eq!(lopper.ids(false), ids);
}

/// The scheduler goes when it is told to: a run that waits for its input has begun nothing.
#[test]
fn the_scheduler_ends_though_a_run_waits() {
    let import = "schedule = '@every PT1S'\n[[step]]\nop = 'import'\nfiles = ['../pipe']\n";
    let lopper =
        Lopper::new().real_time().segments(["wiki 2024-01-01/P1D v1"]).job("waits", import);
    fifo(&lopper);
    let mut scheduler = lopper.background(["schedule"]);
    scheduler.says(WAITS);
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    let begun = Instant::now();
    scheduler.signal("TERM");
    scheduler.end().code(0);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
