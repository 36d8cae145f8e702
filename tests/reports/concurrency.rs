//! Several processes at once.

use std::fs;

use rusqlite::Connection;

use super::report;
use crate::store::migrated::old_store_of;
use crate::support::{Lopper, Running};

/// Starts as many imports as `count` at once; all of them must succeed.
fn all_at_once(lopper: &Lopper, dump: &str, count: usize) {
    let dump = report(dump);
    let arguments = ["import", dump.to_str().unwrap()];
    let running: Vec<Running> = (0..count).map(|_| lopper.background(arguments)).collect();
    for one in running {
        one.end().code(0);
    }
}

#[test]
fn a_new_store_is_made_by_one_of_those_who_come_at_once() {
    for round in 0..6 {
        let lopper = Lopper::new();
        all_at_once(&lopper, "55-first-open-race/kv.jsonl", 2 + round);
        let ids = lopper.sql("SELECT count(*), count(DISTINCT id) FROM druid_segments").remove(0);
        let lines = fs::read_to_string(report("55-first-open-race/kv.jsonl")).unwrap();
        let count = lines.lines().count();
        assert_eq!(ids, format!("{count}|{count}"));
        let versions = "SELECT count(*) = count(DISTINCT version) FROM refinery_schema_history";
        assert_eq!(lopper.sql(versions), ["1"]);
        let done = "SELECT outcome, count(*) FROM runs GROUP BY 1";
        assert_eq!(lopper.sql(done), [format!("done|{}", 2 + round)]);
        assert_eq!(lopper.sql("PRAGMA integrity_check"), ["ok"]);
    }
}

#[test]
fn an_older_store_is_migrated_by_one_of_those_who_come_at_once() {
    let old = old_store_of(&Lopper::new().segments(["wiki 2015-09-12/P1D"]));
    // What the copy still has open must not count.
    drop(Connection::open(old.store()).unwrap());
    for round in 0..4 {
        let lopper = Lopper::new();
        fs::copy(old.store(), lopper.store()).unwrap();
        all_at_once(&lopper, "55-first-open-race/kv.jsonl", 3 + round);
        let versions = "SELECT count(*) = count(DISTINCT version), max(version) > 5 FROM refinery_schema_history";
        assert_eq!(lopper.sql(versions), ["1|1"]);
        let wiki = "SELECT count(*) FROM druid_segments WHERE dataSource = 'wiki'";
        assert_eq!(lopper.sql(wiki), ["1"]);
        assert_eq!(lopper.sql("PRAGMA integrity_check"), ["ok"]);
    }
}

/// Who has a wrong dump removes the store that it made, and never one that others have taken up.
#[test]
fn a_wrong_import_beside_right_ones_takes_nothing_from_them() {
    for _ in 0..5 {
        let lopper = Lopper::new();
        let wrong = lopper.file("wrong.csv", "id,used,payload\na,1,{}\n");
        let right = report("55-first-open-race/kv.jsonl");
        let files = [&wrong, &right, &wrong, &right];
        let running: Vec<Running> = files
            .iter()
            .map(|file| lopper.background(["import", file.to_str().unwrap()]))
            .collect();
        let codes: Vec<i32> = running.into_iter().map(|one| one.end().exit_code).collect();
        assert_eq!((codes[0], codes[2]), (1, 1), "{codes:?}");
        // A store that goes in the very moment is told; it is never filled where nobody finds it.
        let done = codes.iter().filter(|code| **code == 0).count();
        let runs = lopper.sql("SELECT count(*) FROM runs WHERE outcome = 'done'");
        assert_eq!(runs, [done.to_string()], "{codes:?}");
        assert_eq!(done, 2, "{codes:?}");
    }
}

/// A lock that is held for longer than anybody waits is exit code 4, on a new store and on an old one.
#[test]
fn who_waits_too_long_for_a_migration_is_told() {
    let old = old_store_of(&Lopper::new().segments(["wiki 2015-09-12/P1D"]));
    let holder = Connection::open(old.store()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let dump = report("55-first-open-race/kv.jsonl");
    old.run(["import", dump.to_str().unwrap()]).code(4).stderr_has("the write lock of lopper.db");
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    old.import(&dump);
}

/// The file is there and empty while the first import makes the store in it.
#[test]
fn a_command_beside_a_first_import_waits_for_the_store() {
    let lopper = Lopper::new();
    let dump = report("55-first-open-race/kv.jsonl");
    let mut import = lopper.command(["import", dump.to_str().unwrap()]);
    import.env("FAILPOINTS", "migrate::one-applied=1*return(stop)");
    let mut import = Running::start(&mut import);
    import.until_stopped();
    assert_eq!(fs::metadata(lopper.store()).unwrap().len(), 0);
    let beside = [&["history"][..], &["export"], &["mark-unused", "kv", "--all"]];
    let beside: Vec<Running> = beside.iter().map(|command| lopper.background(*command)).collect();
    import.signal("CONT");
    import.end().code(0);
    for one in beside {
        one.end().code(0);
    }
}

/// And for no longer than anybody waits.
#[test]
fn a_command_beside_a_first_import_that_hangs_is_told() {
    let lopper = Lopper::new();
    let dump = report("55-first-open-race/kv.jsonl");
    let mut import = lopper.command(["import", dump.to_str().unwrap()]);
    import.env("FAILPOINTS", "migrate::one-applied=1*return(stop)");
    let mut import = Running::start(&mut import);
    import.until_stopped();
    lopper
        .run(["history"])
        .code(4)
        .stderr_has("another process is making it")
        .stderr_has("import again");
    import.signal("CONT");
    import.end().code(0);
    lopper.run(["history"]).code(0);
}
