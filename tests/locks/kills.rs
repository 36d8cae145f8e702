//! The lock that a kill holds on what it deletes, seen by other processes while it is frozen between a batch and its
//! files.

use super::lock;
use crate::support::{Lopper, csv, seg};

/// Several batches. All lie in ten days of 2015, partition by partition.
const MANY: i32 = 400;

const KILL: [&str; 5] = ["kill", "wiki", "--yes", "--batch-size", "50"];
const HELD: &str = "2015-09-01T00:00:00.000Z/2015-09-11T00:00:00.000Z";

fn many() -> Lopper {
    let segments = (0..MANY).map(|number| {
        let file = format!("wiki/all/{number}.zip");
        seg("wiki", "2015-09-01/P10D").unused().partition(number).local(&file)
    });
    let koalas = seg("koalas", "2015-09-01/P10D").unused();
    Lopper::new().authoritative().segments(segments.chain([koalas]))
}

#[test]
fn a_kill_locks_what_it_deletes_and_gives_it_back() {
    let lopper = many();
    let kill = lopper.frozen_kill(&KILL);
    assert_eq!(
        lopper.sql(
            "SELECT datasource, start || '/' || \"end\", kind, owner, created, expires FROM locks"
        ),
        [format!(
            "wiki|{HELD}|kill|lopper run 2|2024-06-01T12:00:00.000Z|2024-06-01T12:10:00.000Z"
        )]
    );
    kill.thaw();
    kill.end().code(0);
    assert_eq!(lopper.sql("SELECT * FROM lock"), [""; 0]);
    assert_eq!(lopper.ids(false).len(), 1);
}

/// Each datasource of a batch has a lock of its own, no wider than its segments; the next batch has others.
#[test]
fn each_datasource_of_a_batch_is_locked_by_itself() {
    let lopper = Lopper::new().authoritative().segments([
        seg("koalas", "2015-08-01/P1D").unused(),
        seg("wiki", "2015-08-02/P1D").unused(),
        seg("wiki", "2015-08-05/P1D").unused(),
        seg("wiki", "2015-08-03/P7D").unused(),
        seg("wiki", "2015-08-11/2015-08-11").unused(),
    ]);
    lopper.sql(
        "CREATE TABLE taken (number INTEGER PRIMARY KEY, lock INTEGER);
         CREATE TRIGGER take AFTER INSERT ON lock BEGIN
             INSERT INTO taken (lock) SELECT NEW.datasource || ' ' || NEW.start_ms || ' ' || NEW.end_ms;
         END",
    );
    lopper.run(["kill", "*", "--yes", "--batch-size", "3"]).code(0);
    let day = |day: i64| (16_648 + day - 1) * 86_400_000; // of August 2015
    let lock = |datasource, start, end| format!("{datasource} {} {}", day(start), day(end));
    assert_eq!(
        lopper.sql("SELECT lock FROM taken ORDER BY number"),
        [lock("koalas", 1, 2), lock("wiki", 2, 6), lock("wiki", 3, 11)]
    );
}

/// What another process does to segments that the kill has not come to yet.
#[test]
fn others_meet_the_lock_of_a_kill() {
    let lopper = many();
    let kill = lopper.frozen_kill(&KILL);
    let holder = format!("'lopper run 2' holds a kill lock on {HELD} of datasource 'wiki'");
    let (left, files) = (lopper.ids(false), lopper.deep_files());
    let living = left.last().unwrap();
    lopper.run(["mark-used", "wiki", "--id", living]).code(4).stderr_has(&holder);
    let skipped = lopper.step(["mark-used", "wiki", "--id", living, "--on-conflict", "skip"]);
    assert_eq!(skipped["skipped"], 1);
    // A dump that says that one of them is used again.
    let used = seg("wiki", "2015-09-01/P10D")
        .partition(MANY - 1)
        .local(&format!("wiki/all/{}.zip", MANY - 1));
    let dump = lopper.file("used.csv", csv(&[used], &lopper.deep_storage()));
    lopper.run(["import", dump.to_str().unwrap()]).code(4).stderr_has(&holder);
    lopper.run(["lock", "add", "wiki", "--interval", "2015-09-05/P1D"]).code(4).stderr_has(&holder);
    // Another datasource is free.
    lopper.run(["mark-used", "koalas", "--all"]).code(0);
    assert_eq!((lopper.ids(false).len(), lopper.deep_files()), (left.len() - 1, files));
    kill.thaw();
    kill.end().code(0);
    assert!(lopper.ids(false).is_empty());
}

/// A second kill leaves the interval, and the files in the journal, to the first.
#[test]
fn a_second_kill_passes_over_what_the_first_has_locked() {
    let lopper = many();
    let first = lopper.frozen_kill(&KILL);
    let left = lopper.ids(false).len();
    let second = lopper.run(["kill", "*", "--yes", "--output", "json"]).code(0).json();
    let step = &second["steps"][0];
    assert_eq!(step["kill"]["filesInWork"], 50);
    assert_eq!(step["byDatasource"][0]["datasource"], "koalas");
    assert_eq!(step["numChangedSegments"], 1);
    assert_eq!(step["kill"]["passedOver"]["locked"], left - 1);
    assert_eq!(lopper.ids(false).len(), left - 1);
    first.thaw();
    first.end().code(0);
}

/// Where it died, everyone sees it; what it had in its journal is finished by anyone.
#[test]
fn a_dead_kill_hinders_nobody() {
    let lopper = many();
    let die = || {
        let kill = lopper.frozen_kill(&KILL);
        kill.signal("KILL");
        kill.end().code(128 + 9);
        assert_eq!(lopper.sql("SELECT count(*) FROM lock"), ["1"]);
    };
    die();
    let left = lopper.ids(false);
    lopper.run(["mark-used", "wiki", "--id", left.last().unwrap()]).code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM lock"), ["0"]);
    lopper.run(["kill", "--resume"]).code(0);
    for (finish, locks) in [
        (&["lock", "add", "wiki", "--interval", "2015-09-05/P1D", "--until", "now+PT1S"][..], "1"),
        (&["kill", "wiki", "--yes", "--limit", "1"], "0"),
        (&["kill", "wiki", "--yes", "--limit", "1", "--on-conflict", "fail"], "0"),
        (&["kill", "wiki", "--yes", "--limit", "1", "--on-conflict", "wait"], "0"),
    ] {
        die();
        lopper.run(finish).code(0);
        assert_eq!(lopper.sql("SELECT count(*) FROM lock"), [locks]);
        lopper.sql("DELETE FROM lock");
        lopper.run(["kill", "--resume"]).code(0);
    }
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions WHERE state <> 'done'"), ["0"]);
}

/// Of another machine nobody can tell whether it lives: its lock ends by time.
#[test]
fn the_lock_of_a_kill_that_died_elsewhere_expires() {
    let lopper = many();
    let kill = lopper.frozen_kill(&KILL);
    kill.signal("KILL");
    kill.end().code(128 + 9);
    lopper.sql("UPDATE lock SET worker = '7@elsewhere/00000000-1.1/1'");
    let left = lopper.ids(false);
    let mark = ["mark-used", "wiki", "--id", left.last().unwrap()];
    lopper.run(mark).code(4).stderr_has("'lopper run 2' holds a kill lock");
    let lopper = lopper.clock("2024-06-01T12:10:00.000Z");
    lopper.run(mark).code(0);
}

/// Neither by the lock of an earlier batch of its own, nor by those of other owners beside it.
#[test]
fn a_kill_is_not_hindered_by_its_own_lock() {
    for on_conflict in ["fail", "skip", "wait"] {
        let lopper = many();
        lock(&lopper, "wiki", "2016/2017", &["--owner", "etl"]);
        let kill = ["kill", "wiki", "--yes", "--batch-size", "50", "--on-conflict", on_conflict];
        lopper.run(kill).code(0).stderr_lacks("waiting");
        assert_eq!(lopper.sql("SELECT owner FROM locks"), ["etl"]);
        assert_eq!(lopper.ids(false).len(), 1);
    }
}

/// A batch that meets a lock leaves nothing locked behind.
#[test]
fn a_kill_that_fails_gives_its_lock_back() {
    let lopper = Lopper::new().authoritative().segments([
        seg("wiki", "2015-09-12/P1D").unused(),
        seg("wiki", "2015-09-13/P1D").unused(),
        seg("wiki", "2015-09-14/P1D").unused(),
    ]);
    lock(&lopper, "wiki", "2015-09-14/P1D", &["--owner", "etl"]);
    let kill = ["kill", "wiki", "--yes", "--batch-size", "1", "--on-conflict", "fail"];
    let mut command = lopper.command(kill);
    crate::support::Answer::of(&mut command).code(4);
    assert_eq!(lopper.sql("SELECT owner FROM locks"), ["etl"]);
}
