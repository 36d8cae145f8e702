//! Several processes at one journal: whose turn a file is, and when it is tried again.

use crate::support::{Lopper, Segment, seg};

/// A worker of another machine: nothing is known of it.
const ELSEWHERE: &str = "77@elsewhere/00000000-1.5/1";

fn old(day: u8) -> Segment {
    seg("wiki", &format!("2015-09-{day:02}/P1D")).unused()
}

/// Two files that are to go; the first is claimed by `worker` until `until`.
fn claimed(worker: &str, until: &str) -> Lopper {
    let lopper = Lopper::new().authoritative().segments([old(1), old(2)]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    // As if the kill had died behind its first commit.
    for segment in [old(1), old(2)] {
        let file = segment.local_file(&lopper.deep_storage()).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "").unwrap();
    }
    lopper.sql(&format!(
        "UPDATE deletion SET state = 'pending', closed_ms = NULL, payload = '{{}}', attempts = 0;
         UPDATE deletion SET claimed_by = '{worker}', next_try_ms = unixepoch('{until}') * 1000 WHERE segment_id = 1"
    ));
    lopper
}

impl Lopper {
    /// What is left, what another process is at, and what was deleted.
    fn resume(&self) -> [u64; 3] {
        let answer = self.run(["kill", "--resume", "--output", "json"]).code(0).json();
        let kill = &answer["steps"][0]["kill"];
        ["filesFailed", "filesInWork", "filesDeleted"].map(|what| kill[what].as_u64().unwrap())
    }
}

#[test]
fn what_another_machine_is_at_is_left_to_it_until_its_claim_expires() {
    let lopper = claimed(ELSEWHERE, "2024-06-01T12:05:00Z");
    assert_eq!(
        lopper
            .sql("SELECT claimed_by, claimed_until, next_try FROM deletions WHERE segment_key = 1"),
        [format!("{ELSEWHERE}|2024-06-01T12:05:00.000Z|")]
    );
    assert_eq!(lopper.resume(), [0, 1, 1]);
    let lopper = lopper.clock("2024-06-01T12:05:00.000Z");
    assert_eq!(lopper.resume(), [0, 0, 1]);
    assert_eq!(lopper.sql("SELECT DISTINCT state, claimed_by FROM deletions"), ["done|"]);
}

/// The boot and the PID namespace are this test's, and no process has that PID and start.
#[test]
fn what_a_dead_process_was_at_is_taken_over_at_once() {
    let lopper = claimed(&name(u32::MAX, 5), "2024-06-01T12:05:00Z");
    assert_eq!(lopper.resume(), [0, 0, 2]);
}

/// The PID lives again, but the process that claimed started at another time.
#[test]
fn a_pid_that_came_back_is_somebody_else() {
    let lopper = claimed(&name(std::process::id(), 5), "2024-06-01T12:05:00Z");
    assert_eq!(lopper.resume(), [0, 0, 2]);
}

#[test]
fn what_a_living_process_is_at_is_left_to_it() {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let start = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap();
    let worker = name(std::process::id(), start.parse().unwrap());
    let lopper = claimed(&worker, "2024-06-01T12:05:00Z");
    assert_eq!(lopper.resume(), [0, 1, 1]);
}

fn name(pid: u32, start: u64) -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap();
    let namespace = namespace.to_str().unwrap().trim_matches(|c: char| !c.is_ascii_digit());
    format!("{pid}@here/{}-{namespace}.{start}/1", &boot[..8])
}

/// A row of a file that another worker stands for is closed with it, not beside it.
#[test]
fn one_row_of_a_file_is_claimed_for_all() {
    let lopper = claimed(ELSEWHERE, "2024-06-01T12:05:00Z");
    lopper.sql("UPDATE deletion SET file = a.file, file_hash = a.file_hash FROM (SELECT file, file_hash FROM deletion WHERE segment_id = 1) AS a WHERE segment_id = 2");
    let answer = lopper.run(["kill", "--resume", "--output", "json"]).code(0).json();
    let kill = &answer["steps"][0]["kill"];
    // Neither row has failed.
    assert_eq!([&kill["filesDeleted"], &kill["filesInWork"], &kill["filesFailed"]], [0, 2, 0]);
    let lopper = lopper.clock("2024-06-01T12:05:00.000Z");
    assert_eq!(lopper.resume(), [0, 0, 1]);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done", "done"]);
}

/// A restore has claimed a row that waits for a living one; now the living one is killed as well. Whoever deletes the
/// file must wait until the restore has come to its end.
#[test]
fn a_file_that_is_just_coming_back_stays() {
    let shared = |day| old(day).local("wiki/shared/index.zip");
    let lopper = Lopper::new().authoritative().segments([shared(1), shared(2).used()]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"]);
    let until = "unixepoch('2024-06-01T12:05:00Z') * 1000";
    lopper.sql(&format!("UPDATE deletion SET claimed_by = '{ELSEWHERE}', next_try_ms = {until}"));
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    lopper.run(["kill", "wiki", "--yes", "--buffer-period", "PT0S"]);
    assert_eq!(lopper.sql("SELECT segment_key FROM deletions ORDER BY 1"), ["1", "2"]);
    lopper.run(["kill", "--resume"]);
    assert_eq!(lopper.deep_files(), ["wiki/shared/index.zip"]);
    // The restore has died: both are unused, so the file goes.
    let lopper = lopper.clock("2024-06-01T12:05:00.000Z");
    assert_eq!(lopper.resume(), [0, 0, 1]);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done", "done"]);
}

/// By the next run, then after 1, 2, 4, … minutes, up to 6 hours, a tenth more or less.
#[test]
fn what_is_refused_is_tried_less_and_less_often() {
    let lopper = claimed(ELSEWHERE, "2024-06-01T12:00:00Z");
    lopper.sql(
        "UPDATE deletion SET file = 'file:/elsewhere/a.zip', file_hash = 7 WHERE segment_id = 1",
    );
    let wait = |lopper: &Lopper| -> i64 {
        lopper.run(["kill", "--resume"]).code(5);
        lopper.sql("SELECT (next_try_ms - unixepoch('2024-06-01T12:00:00Z') * 1000) / 1000 FROM deletion WHERE segment_id = 1")[0].parse().unwrap()
    };
    assert_eq!(wait(&lopper), 0);
    for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360] {
        let waited = wait(&lopper);
        let tenth = minutes * 6;
        assert!((waited - minutes * 60).abs() <= tenth, "{waited} s, not {minutes} min");
    }
    assert_eq!(lopper.sql("SELECT attempts FROM deletions WHERE segment_key = 1"), ["13"]);
    // A kill does not try what is not due; it tells of it all the same.
    lopper.run(["kill", "nothing", "--yes"]).code(5);
    assert_eq!(lopper.sql("SELECT attempts FROM deletions WHERE segment_key = 1"), ["13"]);
    let later = lopper.clock("2024-06-01T19:00:00.000Z");
    later.run(["kill", "nothing", "--yes"]).code(5);
    assert_eq!(later.sql("SELECT attempts FROM deletions WHERE segment_key = 1"), ["14"]);
}
