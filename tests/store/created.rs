//! A new store, and one that is opened again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::store;
use crate::support::{Answer, Lopper, Running};

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

#[test]
fn an_empty_file_becomes_a_store() {
    let lopper = Lopper::new();
    lopper.file("lopper.db", "");
    lopper.run(["history"]).code(0);
    assert_eq!(lopper.sql("PRAGMA application_id"), ["1819242608"]);
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
