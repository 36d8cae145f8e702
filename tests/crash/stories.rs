//! What is told with a death at every place.

use std::fs;
use std::time::{Duration, SystemTime};

use super::failpoints::{Facts, Story};
pub use super::scheduling::*;
use crate::store::migrated::old_store_of;
use crate::support::{Lopper, Segment, csv, csv_row, seg};

fn day(day: u8) -> Segment {
    seg("wiki", &format!("2015-09-{day:02}/P1D"))
}

/// Every kind of work that a kill can have, in several batches.
pub fn much_to_kill() -> Lopper {
    let old = |number| day(number).unused();
    let lopper = Lopper::new().authoritative().segments([
        old(1),
        old(2),
        old(3).local("wiki/twins/index.zip"),
        old(4).local("wiki/twins/index.zip"),
        old(5).local("wiki/family/index.zip"),
        seg("wiki", "2016-01-01/P1D").local("wiki/family/index.zip"),
        old(6).tombstone(),
        old(7).never_stamped(),
        seg("wiki", "2016-01-02/P1D"),
    ]);
    let with_descriptor = day(1).local_file(&lopper.deep_storage()).unwrap();
    fs::write(with_descriptor.with_file_name("descriptor.json"), "{}").unwrap();
    lopper
}

const KILL: [&str; 5] = ["kill", "wiki", "--yes", "--batch-size", "2"];
const RESUME: [&str; 2] = ["kill", "--resume"];

/// A story in which files go: batch by batch, with the journal in between.
pub fn of_files(lopper: Lopper, command: &[&'static str], again: &[&[&'static str]]) -> Story {
    let ids =
        lopper.sql("SELECT id FROM druid_segments UNION ALL SELECT id FROM deletions ORDER BY id");
    Story {
        again: again.iter().map(|command| command.to_vec()).collect(),
        end: Lopper::end_of_story,
        is_atomic: false,
        sound: Box::new(move |lopper, when| lopper.assert_sound(&ids, when)),
        ..Story::new(lopper, command)
    }
}

pub fn a_kill_is_finished_by_the_next() -> Story {
    of_files(much_to_kill(), &KILL, &[&RESUME, &KILL])
}

/// An empty root: whatever dies, no row is lost.
pub fn a_kill_of_an_unmounted_disk_returns_what_it_moved() -> Story {
    let lopper = Lopper::new().authoritative().segments([day(1).unused(), day(2).unused(), day(3)]);
    fs::remove_dir_all(lopper.deep_storage()).unwrap();
    fs::create_dir(lopper.deep_storage()).unwrap();
    Story {
        codes: &[5],
        end: |lopper| {
            vec![lopper.sql(
                "SELECT id FROM druid_segments UNION ALL SELECT id FROM deletions ORDER BY id",
            )]
        },
        is_atomic: false,
        sound: Box::new(|lopper, when| {
            let closed = lopper.sql("SELECT count(*) FROM deletion WHERE state = 'done'");
            assert_eq!(closed, ["0"], "{when}");
            assert_eq!(lopper.sql("PRAGMA integrity_check; PRAGMA foreign_key_check"), ["ok"]);
        }),
        ..Story::new(lopper, &KILL)
    }
}

/// A folder of a zip's name: who made it?
pub fn a_kill_with_a_refused_file_is_finished_by_the_next() -> Story {
    let lopper = Lopper::new().authoritative().segments([day(1).unused(), day(2).unused()]);
    let zip = day(1).local_file(&lopper.deep_storage()).unwrap();
    // Made when the row is in the journal: before that it would not move.
    lopper.dies_at(&["kill", "wiki", "--yes"], "kill::deleting-begun", 1, ("kill", 137));
    fs::remove_file(&zip).unwrap();
    fs::create_dir(&zip).unwrap();
    // A death before the commit leaves nothing to resume.
    Story { codes: &[0, 5], ..of_files(lopper, &KILL, &[&RESUME, &KILL]) }
}

/// A batch is in the journal, the first of its files has gone, and its worker is dead.
fn died_in_a_batch() -> Lopper {
    let lopper = much_to_kill();
    lopper.aborts_at(&["kill", "wiki", "--yes"], "kill::file-removed");
    assert_ne!(lopper.sql("SELECT count(*) FROM deletion WHERE claimed_by IS NOT NULL"), ["0"]);
    lopper
}

pub fn a_kill_that_finishes_a_dead_one_is_finished_by_the_next() -> Story {
    of_files(died_in_a_batch(), &KILL, &[&KILL])
}

pub fn a_resumed_kill_is_finished_by_the_next() -> Story {
    of_files(died_in_a_batch(), &RESUME, &[&RESUME])
}

/// One of two that share a file: the other waits for it from now on.
pub fn a_restore_brings_all_back_or_can_be_tried_again() -> Story {
    let lopper = died_in_a_batch();
    let restore =
        ["kill", "--restore", "wiki_2015-09-03T00:00:00.000Z_2015-09-04T00:00:00.000Z_v1"];
    let end = |lopper: &Lopper| {
        let mut end = lopper.end_of_story();
        end.push(lopper.sql("SELECT id, op, after FROM changes WHERE op = 'restore'"));
        end
    };
    // What is back already is not in the journal any more.
    Story { codes: &[0, 1], end, ..of_files(lopper, &restore, &[&restore]) }
}

/// Two versions swap places: whatever dies, queries see the one or the other.
pub fn two_marks_of_a_job_happen_together() -> Story {
    const SWAP: &str = "
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        interval = '../..'
        versions = ['v2']
        [[step]]
        op = 'mark-used'
        datasource = 'wiki'
        interval = '../..'
        versions = ['v1']
        include_overshadowed = true";
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D v2", "wiki 2015-09-12/P1D v1 unused"])
        .job("swap", SWAP);
    Story { end: states_and_changes, ..Story::new(lopper, &["run", "swap"]) }
}

/// The run has ended before: a death in the middle of its hook takes nothing back.
pub fn a_hook_that_fails_changes_nothing() -> Story {
    let mark = "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true";
    let lopper = Lopper::new()
        .segments([day(12)])
        .job("told", &format!("on_change = 'exit 3'\non_success = 'exit 4'\n{mark}"));
    // Whatever number of attempts it took, the hook of the last one has failed, and that is recorded.
    let end = |lopper: &Lopper| {
        let mut facts = states_and_changes(lopper);
        let told = "SELECT hook, message FROM hook_failures
                     WHERE run = (SELECT max(run) FROM runs) AND hook = 'on_success'";
        facts.push(lopper.sql(told));
        facts
    };
    let run = ["run", "told"];
    Story { is_atomic: false, end, ..Story::new(lopper, &run) }
}

fn states_and_changes(lopper: &Lopper) -> Facts {
    vec![lopper.states(), lopper.sql("SELECT id, op, after, reason FROM changes ORDER BY id, op")]
}

/// Two days with two versions each, unused; the second day is locked.
fn hidden_and_locked(word: &str) -> Lopper {
    let days = ["2015-09-12", "2015-09-13"];
    let row = |(day, version)| format!("wiki {day}/P1D {version} {word}");
    let rows = days.iter().flat_map(|day| [(day, "v1"), (day, "v2")]).map(row);
    let lopper = Lopper::new().segments(rows.map(|row| Segment::from(row.as_str())));
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    lopper
}

pub fn a_mark_used_beside_what_is_hidden_and_locked() -> Story {
    let mark = ["mark-used", "wiki", "--all", "--on-conflict", "skip"];
    Story { end: states_and_changes, ..Story::new(hidden_and_locked("unused"), &mark) }
}

pub fn a_mark_unused_beside_what_is_locked() -> Story {
    let mark = ["mark-unused", "wiki", "--where", "size > 0", "--on-conflict", "skip"];
    Story { end: states_and_changes, ..Story::new(hidden_and_locked(""), &mark) }
}

/// A change for each pass, and what the views show of them.
pub fn an_enforcement_happens_as_a_whole() -> Story {
    let rules =
        [("wiki", r#"[{"type":"dropBeforeByPeriod","period":"P5Y"},{"type":"loadForever"}]"#)];
    let lopper = Lopper::new()
        .segments([
            seg("wiki", "2023-09-12/P1D"),
            seg("wiki", "2023-09-12/P1D").version("v2"),
            day(12),
            seg("wiki", "2030-01-01/146140482-04-24T15:36:27.903Z").tombstone(),
        ])
        .rules(rules);
    let end = |lopper: &Lopper| {
        let mut content = states_and_changes(lopper);
        content.push(lopper.sql(
            "SELECT id, reason, as_of FROM rule_matches ORDER BY id;
             SELECT id, overshadowed_by FROM segments ORDER BY id",
        ));
        content
    };
    Story { end, ..Story::new(lopper, &["enforce-rules", "*"]) }
}

/// A guard lets the job look ahead before anything is committed.
pub fn a_job_of_marks_and_kills_can_be_run_again() -> Story {
    const JOB: &str = "
        [guard]
        max_segments = 100
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        interval = '2016-01-02/P1D'
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        interval = '2016-01-01/P1D'";
    of_files(much_to_kill().job("tidy", JOB), &["run", "tidy"], &[&["run", "tidy"]])
}

/// A dump with one segment that is new, one that differs, and one less; with rules likewise.
pub fn an_import_with_replace_happens_as_a_whole() -> Story {
    let lopper =
        Lopper::new().segments([day(12), day(13)]).rules([("wiki", r#"[{"type":"dropForever"}]"#)]);
    let changed = [
        day(12).unused(),
        seg("koalas", "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z"),
    ];
    lopper.file("changed.csv", csv(&changed, &lopper.deep_storage()));
    let version = "2024-01-01T00:00:00.000Z";
    let id = format!("koalas_{version}");
    let rule = csv_row([id.as_str(), "koalas", version, r#"[{"type":"loadForever"}]"#]);
    lopper.file("changed_rules.csv", format!("id,dataSource,version,payload\n{rule}"));
    let end = |lopper: &Lopper| {
        let mut facts = states_and_changes(lopper);
        facts.push(lopper.sql("SELECT id, payload FROM druid_rules ORDER BY id"));
        facts.push(lopper.sql("SELECT id, start, payload FROM druid_segments ORDER BY id"));
        facts.push(lopper.sql("SELECT id, how FROM gone ORDER BY id"));
        facts
    };
    let import =
        ["import", "changed.csv", "changed_rules.csv", "--replace", "--max-removed-percent", "100"];
    Story { end, ..Story::new(lopper, &import) }
}

/// A store that is being made is made as a whole, or is an empty file that the next command takes.
pub fn a_first_import_can_be_tried_again() -> Story {
    let lopper = Lopper::new();
    lopper.file("segments.csv", csv(&[day(12)], &lopper.deep_storage()));
    let end = |lopper: &Lopper| {
        vec![lopper.states(), lopper.sql("PRAGMA journal_mode; PRAGMA user_version")]
    };
    let private = |lopper: &Lopper, when: &str| {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(lopper.store()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{when}");
    };
    Story {
        end,
        // A store without rows is one that nothing was imported into.
        is_atomic: false,
        sound: Box::new(private),
        ..Story::new(lopper, &["import", "segments.csv"])
    }
}

pub fn a_chain_is_in_force_or_the_old_one() -> Story {
    let lopper = Lopper::new().segments([day(12)]).rules([("wiki", r#"[{"type":"loadForever"}]"#)]);
    lopper.file("chain.json", r#"[{"type":"dropForever"}]"#);
    let end = |lopper: &Lopper| {
        vec![lopper.sql("SELECT dataSource, version, payload FROM druid_rules ORDER BY 1, 2")]
    };
    Story { end, ..Story::new(lopper, &["rules", "set", "wiki", "chain.json"]) }
}

fn locks(lopper: &Lopper) -> Facts {
    vec![lopper.sql("SELECT DISTINCT datasource, owner, expires FROM locks")]
}

/// The same owner may hold it twice.
pub fn a_lock_is_held_or_not() -> Story {
    let add = ["lock", "add", "wiki", "--interval", "2015-09-12/P1D", "--owner", "me"];
    Story { end: locks, ..Story::new(Lopper::new().segments([day(12)]), &add) }
}

pub fn a_lock_is_removed_or_not() -> Story {
    let lopper = Lopper::new().segments([day(12)]);
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    let remove = ["lock", "remove", "--owner", "index_parallel_wiki"];
    Story { end: locks, ..Story::new(lopper, &remove) }
}

pub fn a_store_is_of_the_old_version_or_the_new() -> Story {
    let far = "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z";
    let lopper = old_store_of(&Lopper::new().segments([day(12), day(13).unused(), seg("k", far)]));
    let end = |lopper: &Lopper| {
        let tables = "SELECT name, sql FROM sqlite_schema ORDER BY name";
        let version = "SELECT max(version) FROM refinery_schema_history";
        vec![lopper.states(), lopper.sql(tables), lopper.sql(version)]
    };
    Story { end, ..Story::new(lopper, &["mark-unused", "none", "--all"]) }
}

/// Two files that nothing names.
pub fn a_repair_is_finished_by_the_next() -> Story {
    let lopper = Lopper::new().authoritative().segments([day(12)]);
    for number in [7, 8] {
        let orphan = day(13).partition(number).local_file(&lopper.deep_storage()).unwrap();
        fs::create_dir_all(orphan.parent().unwrap()).unwrap();
        fs::write(&orphan, "data").unwrap();
        let file = fs::File::options().write(true).open(&orphan).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000)).unwrap();
    }
    let repair = ["fsck", "--deep-storage", "--repair", "--yes"];
    Story {
        // What a dead repair has journaled is no orphan any more: a kill finishes it.
        again: vec![RESUME.to_vec(), repair.to_vec()],
        end: |lopper| {
            vec![lopper.deep_files(), lopper.sql("SELECT file, state FROM deletions ORDER BY 1")]
        },
        is_atomic: false,
        ..Story::new(lopper, &repair)
    }
}

pub fn an_export_is_whole_or_the_old_one() -> Story {
    let lopper = Lopper::new().segments([day(12), day(13)]);
    lopper.run(["export", "--out", "rows.csv"]).code(0);
    lopper.add_segments([day(14)]);
    let end = |lopper: &Lopper| {
        vec![vec![fs::read_to_string(lopper.path("rows.csv")).unwrap()], lopper.states()]
    };
    Story { end, ..Story::new(lopper, &["export", "--out", "rows.csv"]) }
}
