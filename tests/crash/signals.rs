//! SIGKILL at moments of chance; SIGINT and SIGTERM, after which the program says goodbye.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::thread;

use rusqlite::Connection;

use crate::support::{Answer, Lopper, Running, csv, seg};

/// Old segments, their files all in one folder.
fn many(count: usize) -> Lopper {
    let segments = (0..count).map(|number| {
        let partition = i32::try_from(number).unwrap();
        seg("wiki", "2015-09-12/P1D")
            .unused()
            .partition(partition)
            .local(&format!("wiki/all/{number}.zip"))
    });
    Lopper::new().authoritative().segments(segments)
}

impl Lopper {
    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Waits, without sleeping, for something to become true while the program runs.
    fn watch(&self, child: &mut Child, mut until: impl FnMut() -> bool) {
        while !until() {
            assert!(child.try_wait().unwrap().is_none(), "the program ended too early");
            thread::yield_now();
        }
    }

    /// Whether another process is in the middle of a writing transaction.
    fn is_being_written(&self, connection: &Connection) -> bool {
        connection.busy_timeout(std::time::Duration::ZERO).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err()
    }

    fn last_run(&self) -> String {
        self.runs().pop().unwrap()
    }
}

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

fn end(child: Child) -> Answer {
    Answer::from_output(&Command::new("lopper"), child.wait_with_output().unwrap())
}

#[test]
fn sigkill_at_any_moment_loses_and_orphans_nothing() {
    let lopper = many(300);
    let ids = lopper.sql("SELECT id FROM druid_segments ORDER BY id");
    for left in [299, 250, 173, 99, 12] {
        let mut child = lopper.start(&["kill", "wiki", "--yes", "--batch-size", "7"]);
        lopper.watch(&mut child, || lopper.deep_files().len() <= left);
        child.kill().unwrap();
        child.wait().unwrap();
        lopper.assert_sound(&ids, &format!("killed when {left} files were left"));
    }
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    lopper.assert_sound(&ids, "at the end");
    assert!(lopper.deep_files().is_empty());
    assert_eq!(lopper.sql("SELECT state, count(*) FROM deletions GROUP BY 1"), ["done|300"]);
}

#[test]
fn a_signal_ends_a_long_statement_and_its_transaction() {
    // A statement that would take hours.
    let endless =
        "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000000)
                    SELECT max(i) FROM n) > 0";
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let lopper = many(3).job(
            "endless",
            &format!("[[step]]\nop = 'mark-used'\ndatasource = 'wiki'\nall = true\ninclude_overshadowed = true\n
                      [[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nwhere = '''{endless}'''\n"),
        );
        let before = lopper.states();
        let mut child = lopper.start(&["run", "endless"]);
        let connection = lopper.connection();
        lopper.watch(&mut child, || lopper.is_being_written(&connection));
        signal(&child, name);
        end(child).code(code).stderr_has(&format!("stopped by SIG{name}"));
        assert_eq!(lopper.states(), before);
        assert_eq!(lopper.last_run(), "endless interrupted");
        assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["0"]);
    }
}

#[test]
fn a_signal_ends_a_kill_after_its_batch() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let lopper = many(600);
        let ids = lopper.sql("SELECT id FROM druid_segments ORDER BY id");
        let mut child = lopper.start(&["kill", "wiki", "--yes", "--batch-size", "3"]);
        lopper.watch(&mut child, || lopper.deep_files().len() < 600);
        signal(&child, name);
        end(child).code(code);
        assert_eq!(lopper.last_run(), "kill interrupted");
        lopper.assert_sound(&ids, name);
        assert_ne!(lopper.deep_files().len(), 0, "there was more to do");
        // What it did is told, though it was stopped.
        let told = lopper
            .sql("SELECT changed = (SELECT count(*) FROM deletions) FROM runs WHERE name = 'kill'");
        assert_eq!(told, ["1"]);
        lopper.run(["kill", "wiki", "--yes"]).code(0);
        lopper.assert_sound(&ids, "at the end");
        assert!(lopper.deep_files().is_empty());
    }
}

#[test]
fn a_signal_ends_an_import() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1"]);
    let before = lopper.states();
    let mut command = lopper.command(["import", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let rows = |from: i32| {
        let rows = (from..from + 500).map(|number| seg("wiki", "2015-09-13/P1D").partition(number));
        csv(&rows.collect::<Vec<_>>(), &lopper.deep_storage())
    };
    let mut sent = 0;
    // Rows come until the program closes its end; the signal comes after some.
    loop {
        let mut dump = String::new();
        let lines = rows(sent);
        let (header, lines) = lines.split_once('\n').unwrap();
        write!(dump, "{}{lines}", if sent == 0 { format!("{header}\n") } else { String::new() })
            .unwrap();
        if stdin.write_all(dump.as_bytes()).is_err() {
            break;
        }
        sent += 500;
        if sent == 2000 {
            signal(&child, "TERM");
        }
        assert!(sent < 1_000_000, "the signal went unheard");
    }
    drop(stdin);
    end(child).code(143);
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.last_run(), "import interrupted");
}

/// A signal is looked at between two files of a batch, not behind all of them.
#[test]
fn a_signal_ends_a_batch_between_its_files() {
    let days = (0..600).map(|minute| {
        let interval = format!("2015-09-01T{:02}:{:02}/PT1M", minute / 60, minute % 60);
        seg("wiki", &interval).unused()
    });
    let lopper = Lopper::new().authoritative().segments(days);
    let stop = "kill::file-removed=1*return(stop)";
    let mut kill =
        Running::start(lopper.command(["kill", "wiki", "--yes"]).env("FAILPOINTS", stop));
    kill.until_stopped();
    kill.signal("TERM");
    kill.thaw();
    kill.end().code(143);
    let left = lopper.deep_files().len();
    assert!((100..600).contains(&left), "{left} files are left");
    let done = lopper.sql("SELECT count(*) FROM deletion WHERE state = 'done'");
    assert_eq!(done, [(600 - left).to_string()], "what has gone is closed");
    lopper.run(["kill", "--resume"]).code(0);
    assert!(lopper.deep_files().is_empty());
}
