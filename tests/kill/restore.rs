//! kill --restore: what the journal still has comes back, as long as its file is there.

use std::fs;

use super::{move_and_die, undeletable};
use crate::support::{Lopper, NOW, Segment, seg};

fn day(day: u8) -> Segment {
    seg("wiki", &format!("2015-09-{day:02}/P1D"))
}

fn id(day: u8) -> String {
    format!("wiki_2015-09-{day:02}T00:00:00.000Z_2015-09-{:02}T00:00:00.000Z_v1", day + 1)
}

/// Three are killed while deep storage refuses: their rows wait in the journal, tried once.
fn killed() -> Lopper {
    let lopper = Lopper::new().authoritative().segments([
        day(1).unused(),
        day(2).unused(),
        day(3).unused(),
        day(4),
    ]);
    let files = (1..=3).map(|number| day(number).local_file(&lopper.deep_storage()).unwrap());
    move_and_die(&lopper);
    let mend = undeletable(files.collect());
    lopper.run(["kill", "wiki", "--yes"]).code(5);
    assert_eq!(lopper.sql("SELECT DISTINCT state, attempts FROM deletions"), ["pending|1"]);
    mend();
    lopper
}

#[test]
fn a_segment_comes_back_as_it_was_but_for_its_stamp() {
    let lopper = killed();
    let before = lopper.sql("SELECT payload, file, file_hash, created_ms, partitioned, shard_type FROM deletion WHERE segment_id = 2");
    let answer = lopper.run(["kill", "--restore", &id(2)]).code(0);
    answer.stdout_has("restore").stdout_has("wiki: 1 segment");
    assert_eq!(lopper.ids(false), [id(2)]);
    let after = lopper.sql(
        "SELECT p.payload, p.file, p.file_hash, s.created_ms, p.partitioned, s.shard_type
           FROM segment AS s JOIN payload AS p ON p.segment_id = s.id WHERE s.id = 2",
    );
    assert_eq!(before, after);
    assert_eq!(
        lopper.sql(&format!(
            "SELECT used_status_last_updated FROM druid_segments WHERE id = '{}'",
            id(2)
        )),
        [NOW]
    );
    assert_eq!(
        lopper.sql(&format!(
            "SELECT op, before, after, reason FROM changes WHERE id = '{}' ORDER BY run",
            id(2)
        )),
        [
            "kill|unused|gone|kill after P30D unused",
            "restore||unused|restored from the deletion journal"
        ]
    );
    // Its buffer starts again: the next kill leaves it alone, and goes on with the others.
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.ids(false), [id(2)]);
    assert_eq!(lopper.deep_files().len(), 2);
    lopper.run(["kill", "wiki", "--yes", "--buffer-period", "PT0S"]).code(0);
    assert_eq!(lopper.deep_files().len(), 1);
}

#[test]
fn a_run_comes_back_as_far_as_its_files_are_there() {
    let lopper = killed();
    fs::remove_file(day(3).local_file(&lopper.deep_storage()).unwrap()).unwrap();
    lopper
        .run(["kill", "--restore", "2"])
        .code(0)
        .stdout_has("wiki: 2 segments")
        .stdout_has("1 not restored: the file has been deleted, or is not there any more");
    assert_eq!(lopper.ids(false), [id(1), id(2)]);
    assert_eq!(lopper.sql("SELECT state, claimed_by FROM deletions"), ["pending|"]);
    lopper.run(["kill", "--resume"]).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"]);
}

#[test]
fn what_cannot_come_back_is_an_error_that_says_why() {
    let lopper = killed();
    lopper.run(["kill", "--resume"]).code(0);
    lopper
        .run(["kill", "--restore", &id(1)])
        .code(1)
        .stderr_has(&format!("nothing of segment '{}' was restored", id(1)))
        .stderr_has("the file has been deleted");
    lopper
        .run(["kill", "--restore", "2"])
        .code(1)
        .stderr_has("nothing of run 2 was restored: the file has been deleted");
    for unknown in ["7", "wiki_x"] {
        lopper
            .run(["kill", "--restore", unknown])
            .code(1)
            .stderr_has("the deletion journal has nothing left of");
    }
    assert_eq!(lopper.ids(false), [""; 0]);
}

/// A living row of the file is back: the others of the file wait for it from now on.
#[test]
fn others_of_the_file_wait_for_what_came_back() {
    let lopper = killed();
    let file = lopper.sql("SELECT file, file_hash FROM deletion WHERE segment_id = 1").remove(0);
    let (file, hash) = file.split_once('|').unwrap();
    lopper.sql(&format!(
        "UPDATE deletion SET file = '{file}', file_hash = {hash} WHERE segment_id = 2"
    ));
    lopper.run(["kill", "--restore", &id(1)]).code(0);
    assert_eq!(
        lopper.sql("SELECT segment_key, state FROM deletions ORDER BY 1"),
        ["2|deferred", "3|pending"]
    );
    lopper.run(["kill", "--resume"]).code(0);
    assert!(day(1).local_file(&lopper.deep_storage()).unwrap().exists());
}

/// Who has claimed it elsewhere may hang, and delete it after the claim's end. An hour later nobody waits for that.
#[test]
fn a_claim_that_has_just_expired_still_keeps_its_row() {
    let lopper = killed();
    let expired = |ms: i64| {
        lopper.sql(&format!("UPDATE deletion SET claimed_by = '1@elsewhere/x.1/1', next_try_ms = {ms} WHERE segment_id = 1"));
    };
    let now = 1_717_243_200_000;
    expired(now - 3_599_999);
    lopper.run(["kill", "--restore", &id(1)]).code(1).stderr_has("at this moment");
    expired(now - 3_600_000);
    lopper.run(["kill", "--restore", &id(1)]).code(0);
    assert_eq!(lopper.ids(false), [id(1)]);
}

#[test]
fn a_file_that_is_just_going_keeps_its_rows() {
    let lopper = killed();
    lopper.sql("UPDATE deletion SET claimed_by = '1@elsewhere/x.1/1', next_try_ms = 9999999999999 WHERE segment_id = 1");
    lopper.run(["kill", "--restore", &id(1)]).code(1).stderr_has(
        "another lopper process is deleting the file, or a folder that it lies in, at this moment",
    );
    // By another row of the file as well.
    lopper.sql("UPDATE deletion SET file = a.file, file_hash = a.file_hash FROM (SELECT file, file_hash FROM deletion WHERE segment_id = 1) AS a WHERE segment_id = 2");
    lopper.run(["kill", "--restore", &id(2)]).code(1).stderr_has("its file is in work");
    assert_eq!(lopper.ids(false), [""; 0]);
}

#[test]
fn a_locked_interval_and_a_taken_id_stay_as_they_are() {
    let lopper = killed();
    lopper.lock("wiki", "2015-09-01", "2015-09-02", None);
    lopper.run(["kill", "--restore", &id(1)]).code(4).stderr_has("locked");
    assert_eq!(lopper.sql("SELECT count(*) FROM deletion WHERE claimed_by IS NOT NULL"), ["0"]);
    lopper.sql(
        "UPDATE payload SET id = (SELECT id FROM gone WHERE segment_id = 2) WHERE segment_id = 4",
    );
    lopper
        .run(["kill", "--restore", &id(2)])
        .code(1)
        .stderr_has("the store has a segment of that id again");
    assert_eq!(lopper.ids(false), [""; 0]);
}

/// What lies in a folder that goes at this moment does not come back, and that is the reason that is told.
#[test]
fn what_lies_in_a_folder_that_is_going_stays_and_the_reason_is_true() {
    let lopper = Lopper::new().authoritative();
    let path = lopper.deep_storage().join("wiki/i/v/0");
    let folder = serde_json::json!({"type": "local", "path": path});
    let lopper = lopper
        .segments([day(1).unused().load(folder), day(2).unused().local("wiki/i/v/0/p/index.zip")]);
    move_and_die(&lopper);
    lopper.sql("UPDATE deletion SET state = 'deferred', claimed_by = NULL, next_try_ms = 0 WHERE file LIKE '%zip';
                UPDATE deletion SET claimed_by = '1@elsewhere/x.1/1', next_try_ms = 9999999999999 WHERE file NOT LIKE '%zip'");
    let restore = ["kill", "--restore", &id(2)];
    lopper
        .run(restore)
        .code(1)
        .stderr_has("another lopper process is deleting the file, or a folder that it lies in")
        .stderr_lacks("the store has a segment of that id again");
}

/// An id or a run says which segments; a usage line that asked for a datasource would mislead.
#[test]
fn no_datasource_stands_beside_what_is_restored_or_finished() {
    let lopper = Lopper::new().authoritative().segments(["wiki 2015-09-12/P1D v1"]);
    lopper.store_unchanged(|lopper| {
        for (command, message, help) in [
            (
                &["kill", "--restore", "7", "wiki"][..],
                "it takes the id of one segment",
                "`lopper kill --restore 7`",
            ),
            (
                &["kill", "wiki", "--restore", "some_id"],
                "--restore cannot be used with a datasource",
                "`lopper kill --restore some_id`",
            ),
            (
                &["kill", "wiki", "--resume"],
                "--resume cannot be used with a datasource: it finishes all",
                "`lopper kill --resume`",
            ),
        ] {
            let answer = lopper.run(command).code(2);
            answer.stderr_has(message).stderr_has(&format!("leave the datasource out: {help}"));
        }
        // Other flags are refused by clap, with all usages.
        lopper
            .run(["kill", "--restore", "7", "--limit", "3"])
            .code(2)
            .stderr_has("lopper kill --restore <ID|RUN> [OPTIONS]");
    });
}

/// A kill has begun to delete the folder: nobody knows what was in it.
#[test]
fn a_folder_that_is_deleted_in_part_does_not_come_back() {
    let lopper = Lopper::new().authoritative();
    let path = lopper.deep_storage().join("wiki/i/v/0/index");
    fs::create_dir_all(&path).unwrap();
    for name in ["00000.smoosh", "meta.smoosh"] {
        fs::write(path.join(name), "x").unwrap();
    }
    let folder = serde_json::json!({"type": "local", "path": path});
    let lopper = lopper.segments([day(1).unused().load(folder)]);
    move_and_die(&lopper);
    lopper.sql("UPDATE deletion SET begun = 1"); // its death comes just before the commit of that
    fs::remove_file(path.join("00000.smoosh")).unwrap();
    lopper
        .clock("2024-06-01T14:00:00.000Z")
        .run(["kill", "--restore", "2"])
        .code(1)
        .stderr_has("the file is a folder that a kill has begun to delete");
}
