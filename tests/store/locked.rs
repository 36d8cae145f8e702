//! Another process that holds the write lock.

use super::{says, store};

/// The one test that waits: for as long as the program itself waits for the lock.
#[test]
fn a_write_lock_that_is_not_given_back_is_an_error() {
    let lopper = store();
    let holder = lopper.connection();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    lopper.store_unchanged(|lopper| {
        let answer = lopper.run(["mark-unused", "wiki", "--all"]).code(4);
        says(
            answer,
            "cannot begin a transaction: another process holds the write lock of lopper.db",
            "wait for it to end (`lopper history` shows runs that have not ended) and try again",
        );
        // Reading needs no lock.
        lopper.run(["history"]).code(0).stdout_has("import");
        lopper.run(["export"]).code(0).stdout_has("wiki_2015");
    });
    holder.execute_batch("ROLLBACK").unwrap();
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    assert!(lopper.ids(true).is_empty());
}

/// Two commands at once take turns.
#[test]
fn a_write_lock_that_is_given_back_is_waited_for() {
    let lopper = store();
    let commands = ["mark-unused", "mark-unused", "mark-used"];
    std::thread::scope(|scope| {
        for command in commands {
            let lopper = &lopper;
            scope.spawn(move || {
                let id = "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1";
                lopper.run([command, "wiki", "--id", id]).code(0);
            });
        }
    });
    let runs = "SELECT count(*) FROM runs WHERE name LIKE 'mark-%' AND outcome = 'done'";
    assert_eq!(lopper.sql(runs), ["3"]);
}
