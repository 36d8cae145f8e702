//! Files that are no store, or no longer one.

use std::fs;

use super::{says, store};
use crate::support::{Lopper, sample};

/// Commands of each way to open a store: reading, changing, creating.
const COMMANDS: [&[&str]; 4] =
    [&["history"], &["mark-unused", "wiki", "--all"], &["export"], &["import", "segments.csv"]];

/// Every command says the same of what is at the store's place, and leaves it as it was.
#[track_caller]
fn every_command_says(lopper: &Lopper, code: i32, error: &str, help: &str) {
    let before = fs::read(lopper.store());
    for command in COMMANDS {
        let answer = lopper.run(command).code(code);
        says(answer, error, help);
        assert_eq!(fs::read(lopper.store()).ok(), before.as_ref().ok().cloned(), "{command:?}");
    }
}

#[test]
fn a_file_that_is_no_sqlite_database() {
    let lopper = store();
    let store = lopper.store();
    for content in [&fs::read(sample("copy_segments.csv")).unwrap()[..], b"short", &[0; 5000]] {
        fs::write(&store, content).unwrap();
        every_command_says(
            &lopper,
            1,
            "cannot open the store lopper.db: lopper.db is not a SQLite database",
            "name a lopper store with --store FILE; a dump is read with `lopper import FILE`",
        );
    }
}

#[test]
fn someone_elses_sqlite_database() {
    let lopper = store();
    fs::remove_file(lopper.store()).unwrap();
    rusqlite::Connection::open(lopper.store())
        .unwrap()
        .execute_batch("CREATE TABLE druid_segments (id); INSERT INTO druid_segments VALUES (1)")
        .unwrap();
    every_command_says(
        &lopper,
        1,
        "lopper.db is a SQLite database, but not a lopper store",
        "name another file with --store FILE; Druid's tables are read from a dump with `lopper import FILE`",
    );
}

#[test]
fn a_store_that_was_cut_short() {
    let lopper = store();
    let whole = fs::read(lopper.store()).unwrap();
    for length in [50, 100, 4096, 20_000, whole.len() / 2, whole.len() - 4096] {
        fs::write(lopper.store(), &whole[..length]).unwrap();
        every_command_says(
            &lopper,
            1,
            "cannot open the store lopper.db: lopper.db is damaged or cut short",
            "restore it from a backup, or import a fresh dump into a new store; `sqlite3 FILE 'PRAGMA integrity_check'` says what is wrong",
        );
    }
}

/// Damage that shows only where it lies is an error of the command that comes there.
#[test]
fn a_store_with_a_damaged_page() {
    let lopper = store();
    let page = lopper.sql("SELECT rootpage FROM sqlite_schema WHERE name = 'segment_interval'");
    let start = (page[0].parse::<usize>().unwrap() - 1) * 4096;
    let mut bytes = fs::read(lopper.store()).unwrap();
    bytes[start..start + 4096].fill(0xff);
    fs::write(lopper.store(), bytes).unwrap();
    lopper
        .run(["mark-unused", "wiki", "--all"])
        .code(1)
        .stderr_has("lopper.db is damaged or cut short")
        .stderr_has("restore it from a backup");
}

#[test]
fn a_store_of_a_newer_lopper() {
    let lopper = store();
    let known = lopper.sql("SELECT max(version) FROM refinery_schema_history").remove(0);
    lopper.sql(
        "INSERT INTO refinery_schema_history VALUES (4711, 'of_tomorrow', '2030-01-01T00:00:00Z', '1')",
    );
    let version = env!("CARGO_PKG_VERSION");
    every_command_says(
        &lopper,
        1,
        &format!(
            "the store lopper.db has schema version 4711, made by a newer lopper; this one ({version}) knows version {known}"
        ),
        "install a lopper that knows schema version 4711 or newer",
    );
}

#[test]
fn a_directory_that_does_not_exist() {
    let lopper = store();
    for command in COMMANDS {
        let answer = lopper.run(["--store", "no/such/place.db"].iter().chain(command)).code(2);
        says(
            answer,
            "cannot open the store no/such/place.db: the directory no/such does not exist",
            "make it with `mkdir -p no/such`, or name another file with --store FILE",
        );
    }
    assert!(!lopper.path("no").exists());
}

#[test]
fn a_directory_instead_of_a_store() {
    let lopper = store();
    for command in COMMANDS {
        let answer = lopper.run(["--store", "deep-storage"].iter().chain(command)).code(2);
        says(answer, "the store deep-storage is a directory", "name a file with --store FILE");
    }
}

#[test]
fn no_store_for_a_command_that_needs_one() {
    let lopper = Lopper::new()
        .authoritative()
        .job("one", "[[step]]\nop = 'mark-unused'\ndatasource = 'x'\nall = true\n");
    for command in [
        &["history"][..],
        &["history", "1"],
        &["export"],
        &["export", "--changes", "1", "--dialect", "postgresql"],
        &["mark-unused", "wiki", "--all"],
        &["mark-used", "wiki", "--id", "x"],
        &["kill", "wiki", "--yes"],
        &["kill", "--resume", "--yes"],
        &["run", "one"],
        &["plan", "one"],
    ] {
        let answer = lopper.run(command).code(2);
        says(
            answer,
            "there is no store at lopper.db",
            "fill one with `lopper import FILE`, or name another with --store FILE (or LOPPER_STORE)",
        );
        assert!(!lopper.store().exists(), "{command:?} made a store");
    }
}
