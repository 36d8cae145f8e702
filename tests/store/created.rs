//! A new store, and one that is opened again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::store;
use crate::support::{Answer, Lopper, Running, csv, seg};

#[test]
fn a_new_store_is_its_owners_alone() {
    let lopper =
        Lopper::new().job("first", "[[step]]\nop = 'import'\nfiles = ['../segments.csv']\n");
    lopper.file("segments.csv", "id,used,payload\n");
    // Under an open umask too.
    let mut shell = Command::new("sh");
    let lopper_command = lopper.command(["run", "first"]);
    shell
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(lopper_command.get_program())
        .args(lopper_command.get_args())
        .current_dir(lopper.path(""));
    Answer::of(&mut shell).code(0);
    let mode = fs::metadata(lopper.store()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// SQLite's own files hold rows of the store as well, and live as long as somebody has it open.
#[test]
fn what_lies_beside_the_store_is_as_private() {
    let lopper = store();
    let idle = "schedule = \"@yearly\"\n[[step]]\nop = \"check\"\nsql = \"SELECT 1 WHERE 0\"\n";
    let lopper = lopper.job("idle", idle);
    let mut shell = Command::new("sh");
    let scheduler = lopper.command(["schedule"]);
    shell
        .args(["-c", "umask 000; exec \"$0\" \"$@\""])
        .arg(scheduler.get_program())
        .args(scheduler.get_args())
        .current_dir(lopper.path(""));
    let mut scheduler = Running::start(&mut shell);
    scheduler.says("this scheduler acts now");
    for name in ["lopper.db", "lopper.db-wal", "lopper.db-shm"] {
        let mode = fs::metadata(lopper.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

#[test]
fn a_store_that_exists_keeps_its_mode() {
    let lopper = store();
    fs::set_permissions(lopper.store(), fs::Permissions::from_mode(0o640)).unwrap();
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    assert_eq!(fs::metadata(lopper.store()).unwrap().permissions().mode() & 0o777, 0o640);
}

/// Only where a store may be made, and it is said.
#[test]
fn an_import_makes_a_store_of_an_empty_file() {
    let lopper = Lopper::new();
    lopper.file("segments.csv", "id,used,payload\n");
    let empty = lopper.file("lopper.db", "");
    // A younger one may be another process's new store.
    let empty = fs::File::options().write(true).open(empty).unwrap();
    empty.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    let answer = lopper.run(["import", "segments.csv"]).code(0);
    answer.stderr_has("the store lopper.db is an empty file, 0 bytes: a new one is made in it");
    assert_eq!(lopper.sql("PRAGMA application_id"), ["1819242608"]);
}

/// A copy that failed: what needs a store finds none, and makes none over it.
#[test]
fn an_empty_file_is_no_store() {
    let lopper = Lopper::new()
        .authoritative()
        .job("one", "[[step]]\nop = 'mark-unused'\ndatasource = 'x'\nall = true\n");
    // One that was made a moment ago may be another process's.
    let empty = fs::File::options().write(true).open(lopper.file("lopper.db", "")).unwrap();
    empty.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    for command in [
        &["history"][..],
        &["explain", "wiki"],
        &["export"],
        &["fsck"],
        &["rules", "get"],
        &["rules", "lint"],
        &["rules", "set", "wiki", "segments.csv"],
        &["lock", "list"],
        &["lock", "add", "wiki", "--interval", "2015/2016"],
        &["mark-unused", "wiki", "--all"],
        &["enforce-rules", "*"],
        &["kill", "wiki", "--yes"],
        &["kill", "--resume"],
        &["run", "one"],
        &["plan", "one"],
        &["schedule", "--once"],
    ] {
        let answer = lopper.run(command);
        super::says(
            answer.code(1),
            "the store lopper.db is an empty file, 0 bytes: is it a failed copy?",
            "put the store or a backup of it back; if there never was one, remove the file and fill a new store with `lopper import FILE`",
        );
        assert_eq!(fs::metadata(lopper.store()).unwrap().len(), 0, "{command:?}");
    }
}

/// Nor is a database without a table, as SQLite makes it.
#[test]
fn a_database_without_a_table_is_no_store() {
    let lopper = Lopper::new();
    rusqlite::Connection::open(lopper.store()).unwrap().execute_batch("VACUUM").unwrap();
    assert!(fs::metadata(lopper.store()).unwrap().len() > 0);
    for command in [&["history"][..], &["mark-unused", "wiki", "--all"], &["lock", "list"]] {
        lopper.run(command).code(1).stderr_has("the store lopper.db has no table");
    }
    assert_eq!(lopper.sql("SELECT count(*) FROM sqlite_schema"), ["0"]);
    lopper.file("segments.csv", "id,used,payload\n");
    lopper.run(["import", "segments.csv"]).code(0);
    lopper.run(["history"]).code(0);
}

/// The log beside it shows that there was a store.
#[test]
fn an_empty_file_beside_a_log_becomes_no_store() {
    let lopper = Lopper::new();
    lopper.file("segments.csv", "id,used,payload\n");
    lopper.file("lopper.db", "");
    lopper.file("lopper.db-wal", "what a store has in its log");
    lopper.run(["import", "segments.csv"]).code(1).stderr_has("is it a failed copy?");
    assert_eq!(fs::metadata(lopper.store()).unwrap().len(), 0);
}

#[test]
fn opening_again_migrates_nothing() {
    let lopper = store();
    lopper.store_unchanged(|lopper| {
        lopper.run(["history"]).code(0);
        lopper.run(["export"]).code(0);
        lopper.run(["mark-unused", "wiki", "--all", "--dry-run"]).code(0);
    });
    let there =
        fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/migrations")).unwrap().count();
    let history = "SELECT count(*) FROM refinery_schema_history";
    assert_eq!(lopper.sql(history), [there.to_string()], "each migration once");
}

#[test]
fn the_store_is_as_durable_as_promised() {
    let lopper = store();
    assert_eq!(lopper.sql("PRAGMA journal_mode"), ["wal"]);
    // The commands leave no log behind that a copy of the file would lack.
    assert!(!lopper.path("lopper.db-wal").exists());
    assert_eq!(lopper.sql("PRAGMA integrity_check; PRAGMA foreign_key_check"), ["ok"]);
}

#[test]
fn environment_and_flag_name_the_store() {
    let lopper = store();
    fs::create_dir(lopper.path("elsewhere")).unwrap();
    fs::rename(lopper.store(), lopper.path("elsewhere/a.db")).unwrap();
    let mut command = lopper.command(["history"]);
    Answer::of(command.env("LOPPER_STORE", "elsewhere/a.db")).code(0).stdout_has("import");
    Answer::of(
        lopper.command(["history", "--store", "elsewhere/a.db"]).env("LOPPER_STORE", "none.db"),
    )
    .code(0)
    .stdout_has("import");
}

/// A job that imports makes the store that is not there; a file that is there and empty may be a failed copy.
#[test]
fn no_job_fills_an_empty_file() {
    let dump = csv(&[seg("wiki", "2015-09-12/P1D")], Path::new("/deep"));
    let job = "schedule = '0 * * * *'\n[[step]]\nop = 'import'\nfiles = ['../dump.csv']";
    let lopper = Lopper::new().job("nightly", job);
    lopper.file("dump.csv", dump);
    fs::write(lopper.store(), "").unwrap();
    for command in
        [&["run", "nightly"][..], &["run", "nightly", "--scheduled"], &["schedule", "--once"]]
    {
        lopper.run(command).code(1).stderr_has("is an empty file, 0 bytes");
        assert_eq!(fs::metadata(lopper.store()).unwrap().len(), 0);
    }
    fs::remove_file(lopper.store()).unwrap();
    lopper.run(["run", "nightly"]).code(0);
}
