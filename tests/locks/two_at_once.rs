//! Two processes on one store: what Druid calls undefined, case by case.

use std::thread;

use super::lock;
use crate::support::{Lopper, csv, seg};

const MANY: i32 = 600;

fn killable() -> Lopper {
    let segments = (0..MANY).map(|number| {
        let file = format!("wiki/all/{number}.zip");
        seg("wiki", "2015-09-01/P1D").unused().partition(number).local(&file)
    });
    Lopper::new().authoritative().segments(segments)
}

/// A mark as used while a kill runs: too late, it finds nothing.
#[test]
fn a_mark_that_comes_after_the_kill_does_not_find_the_segment() {
    let lopper = killable();
    let kill = lopper.frozen_kill(&["kill", "wiki", "--yes", "--batch-size", "20"]);
    let gone = lopper.sql("SELECT id FROM deletions").remove(0);
    let step = lopper.step(["mark-used", "wiki", "--id", &gone]);
    assert_eq!(step["notFound"][0], gone.as_str());
    assert_eq!(step["numChangedSegments"], 0);
    kill.thaw();
    kill.end().code(0);
}

/// In time, it commits first, and the segment survives: the kill asks again, row by row.
#[test]
fn a_mark_that_comes_before_the_kill_keeps_the_segment() {
    // The mark and its file live on another day, so that the kill's lock is not in its way.
    let segments = (0..MANY).map(|number| {
        let file = format!("wiki/all/{number}.zip");
        seg("wiki", "2015-09-01/P1D").unused().partition(number).local(&file)
    });
    let last = seg("wiki", "2015-09-02/P1D").unused();
    let lopper = Lopper::new().authoritative().segments(segments.chain([last]));
    // Its list is made: the last of it is that segment.
    let kill = lopper.frozen_kill(&["kill", "wiki", "--yes", "--batch-size", "20"]);
    let id = "wiki_2015-09-02T00:00:00.000Z_2015-09-03T00:00:00.000Z_v1";
    lopper.run(["mark-used", "wiki", "--id", id]).code(0);
    kill.thaw();
    kill.end().code(0).stdout_has("wiki: 600 segments");
    assert_eq!(lopper.ids(true), [id]);
    assert_eq!(lopper.deep_files().len(), 1);
}

/// The last commit stands, and both are in the ledger.
#[test]
fn marks_of_one_segment_take_turns() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    thread::scope(|scope| {
        for command in ["mark-unused", "mark-used", "mark-unused", "mark-used"] {
            let lopper = &lopper;
            scope.spawn(move || lopper.run([command, "wiki", "--all"]).code(0));
        }
    });
    let changes = lopper.sql("SELECT before || ' ' || after FROM changes ORDER BY run");
    let mut state = "used".to_owned();
    for change in &changes {
        let (before, after) = change.split_once(' ').unwrap();
        assert_eq!(before, state, "{changes:?}");
        state = after.to_owned();
    }
    assert_eq!(lopper.sql("SELECT state FROM segments"), [state]);
    assert_eq!(
        lopper.sql("SELECT count(*) FROM runs WHERE name LIKE 'mark%' AND outcome = 'done'"),
        ["4"]
    );
}

/// Of the two days, the second is another owner's.
fn half_locked(kind: &str) -> Lopper {
    let lopper = Lopper::new()
        .authoritative()
        .segments([
            seg("wiki", "2015-09-12/P1D"),
            seg("wiki", "2015-09-13/P1D"),
            seg("old", "2015-09-12/P1D").unused(),
            seg("old", "2015-09-13/P1D").unused(),
        ])
        .rules([("wiki", r#"[{"type":"dropForever"}]"#)]);
    for datasource in ["wiki", "old"] {
        lock(&lopper, datasource, "2015-09-13/P1D", &["--owner", "index_kafka", "--kind", kind]);
    }
    lopper
}

/// Any operation, any kind of lock: `fail`, `skip`, and the default of each. (`wait` has tests of its own.)
#[test]
fn a_lock_of_another_owner_holds_against_every_operation() {
    let operations: [(&[&str], &str); 4] = [
        (&["mark-unused", "wiki", "--all"], "fail"),
        (&["mark-used", "old", "--all"], "fail"),
        (&["enforce-rules", "wiki"], "skip"),
        (&["kill", "old", "--yes"], "skip"),
    ];
    for (operation, default) in operations {
        for kind in ["append", "replace", "read", "kill"] {
            for on_conflict in [None, Some("fail"), Some("skip")] {
                let lopper = half_locked(kind);
                let states = lopper.states();
                let flags = on_conflict.map(|word| vec!["--on-conflict", word]).unwrap_or_default();
                let answer = lopper.run([operation, &flags].concat());
                let what = format!("{operation:?} {kind} {on_conflict:?}");
                if on_conflict.unwrap_or(default) == "fail" {
                    answer.code(4).stderr_has(&format!(
                        "'index_kafka' holds a{} {kind} lock",
                        if kind == "append" { "n" } else { "" }
                    ));
                    assert_eq!(lopper.states(), states, "{what}");
                } else {
                    answer.code(0);
                    assert_eq!(
                        lopper.sql("SELECT skipped, changed FROM steps WHERE op <> 'import'"),
                        ["1|1"],
                        "{what}"
                    );
                }
            }
        }
    }
}

/// Not of `old`, which an import would take back, and not of what the dump leaves as it is.
#[test]
fn an_import_that_would_change_what_is_locked_fails() {
    let lopper = half_locked("replace");
    let import = |segments: &[crate::support::Segment]| {
        let dump = lopper.file("dump.csv", csv(segments, &lopper.deep_storage()));
        lopper.run(["import", dump.to_str().unwrap()])
    };
    let states = lopper.states();
    import(&[seg("old", "2015-09-12/P1D"), seg("old", "2015-09-13/P1D")])
        .code(4)
        .stderr_has("'index_kafka' holds a replace lock");
    assert_eq!(lopper.states(), states);
    import(&[seg("old", "2015-09-12/P1D"), seg("old", "2015-09-13/P1D").unused()]).code(0);
}

/// A task that still reads unused segments holds a read lock: a kill passes over them, and takes them afterwards.
#[test]
fn a_reader_keeps_its_segments_from_a_kill() {
    let lopper = Lopper::new()
        .authoritative()
        .segments([seg("old", "2015-09-12/P1D").unused(), seg("old", "2015-09-13/P1D").unused()]);
    let id = lock(&lopper, "old", "2015-09-13/P1D", &["--owner", "reindex-1", "--kind", "read"]);
    let other = lock(&lopper, "old", "2015-09-13/P1D", &["--owner", "reindex-2", "--kind", "read"]);
    let kill = ["kill", "old", "--yes"];
    lopper.run(kill).code(0).stdout_has("passed over: 1 locked");
    assert_eq!(lopper.deep_files().len(), 1);
    lopper.run(["lock", "remove", &id.to_string()]).code(0);
    lopper.run(kill).code(0).stdout_has("passed over: 1 locked");
    lopper.run(["lock", "remove", &other.to_string()]).code(0);
    lopper.run(kill).code(0);
    assert!(lopper.deep_files().is_empty());
}

/// The second is told that the job is running, or comes late enough to run it again: there is nothing left to do.
#[test]
fn a_job_that_runs_twice_at_once_does_its_work_once() {
    const JOB: &str = "
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        all = true
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        buffer_period = 'PT0S'
        batch_size = 3";
    let days = (10..30).map(|day| seg("wiki", &format!("2015-09-{day}/P1D")));
    let lopper = Lopper::new().authoritative().segments(days).job("tidy", JOB);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let answer = lopper.run(["run", "tidy"]);
                if answer.exit_code != 0 {
                    answer.code(4).stderr_has("job 'tidy' is running already");
                }
            });
        }
    });
    assert!(lopper.deep_files().is_empty());
    assert_eq!(lopper.sql("SELECT * FROM lock"), [""; 0]);
    assert_eq!(
        lopper.sql("SELECT op, count(*), count(DISTINCT id) FROM changes WHERE op <> 'import' GROUP BY op ORDER BY op"),
        ["kill|20|20", "mark-unused|20|20"]
    );
}

/// A process that dies holds no write lock and leaves the store as its last transaction left it. (`crash` has the rest.)
#[test]
fn a_process_that_dies_in_a_kill_leaves_a_sound_store() {
    let lopper = killable();
    let kill = lopper.frozen_kill(&["kill", "wiki", "--yes", "--batch-size", "20"]);
    kill.signal("KILL");
    kill.end().code(128 + 9);
    let count = "SELECT (SELECT count(*) FROM segment) + (SELECT count(*) FROM deletion)";
    assert_eq!(lopper.sql(count), [MANY.to_string()]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(
        lopper.sql("SELECT state, count(*) FROM deletions GROUP BY state"),
        [format!("done|{MANY}")]
    );
    assert!(lopper.deep_files().is_empty());
}
