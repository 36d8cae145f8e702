//! A run that takes too long is stopped: within a statement, or between two batches of a kill.

use std::time::{Duration, Instant};

use super::{ENDLESS, KILL, MARK, days};
use crate::support::{Answer, Lopper};

const SHORT: &str = "schedule = '0 12 * * *'\ntimeout = 'PT0.5S'";

#[test]
fn a_statement_that_takes_too_long_is_interrupted_and_rolled_back() {
    let lopper = days(1).job("slow", &format!("{SHORT}\n{MARK}{ENDLESS}"));
    lopper.tick("11:30");
    lopper.tick_ends("12:00", 1).stderr_has("run failed: the timeout of PT0.500S is over");
    assert_eq!(lopper.fires(), ["slow 12:00 schedule failed"]);
    assert!(lopper.why().contains("the timeout of PT0.500S is over"), "{}", lopper.why());
    assert_eq!(lopper.ids(true).len(), 1, "the mark is rolled back");
    assert_eq!(lopper.sql("SELECT retry FROM jobs"), [""]);
}

#[test]
fn by_hand_it_is_the_same() {
    let lopper = days(1).job("slow", &format!("{SHORT}\n{MARK}{ENDLESS}"));
    lopper
        .run(["run", "slow"])
        .code(1)
        .stderr_has("the timeout of PT0.500S is over")
        .stderr_has("help:");
    assert_eq!(lopper.ids(true).len(), 1);
    assert_eq!(lopper.runs()[1..], ["slow failed"]);
}

/// Although the row that said when it began was rolled back with it.
#[test]
fn the_ledger_knows_how_long_it_took() {
    let lopper = days(1).job("slow", &format!("{SHORT}\n{MARK}{ENDLESS}")).real_time();
    lopper.run(["run", "slow"]).code(1);
    let took = "SELECT (julianday(ended) - julianday(started)) * 86400 > 0.45 FROM runs WHERE name = 'slow'";
    assert_eq!(lopper.sql(took), ["1"]);
}

/// No number is told that the ledger does not have.
#[test]
fn a_failure_that_cannot_be_recorded_has_no_run() {
    let lopper = days(1).job("slow", &format!("{SHORT}\nretries = 1\n{MARK}{ENDLESS}"));
    lopper.tick("11:30");
    lopper.sql(
        "CREATE TRIGGER full BEFORE UPDATE ON job WHEN NEW.retry_ms > 0
         BEGIN SELECT RAISE(ABORT, 'no space'); END",
    );
    let mut scheduler = lopper.beside("12:00", &["schedule", "--once"], "");
    scheduler.says("the failed run could not be recorded in the ledger");
    scheduler.says("job=slow fire=2024-06-01T12:00:00.000Z attempt=1 seconds=");
    lopper.sql("DROP TRIGGER full");
    scheduler.end().code(0);
    assert_eq!(lopper.fires(), ["slow 12:00 schedule failed"]);
}

#[test]
fn a_kill_keeps_what_it_had_committed() {
    let lopper = days(5).job("tidy", &format!("{SHORT}\n{MARK}{KILL}"));
    lopper.tick("11:30");
    // Each batch takes longer than a half of the time.
    let slow = "kill::files-answered=sleep(300)";
    lopper.beside("12:00", &["schedule", "--once"], slow).end().code(1);
    assert_eq!(lopper.fires(), ["tidy 12:00 schedule failed"]);
    assert!(lopper.why().contains("the timeout of PT0.500S is over"), "{}", lopper.why());
    let killed = lopper.sql("SELECT count(*) FROM deletions WHERE state = 'done'").remove(0);
    assert!(["1", "2"].contains(&killed.as_str()), "{killed}");
    let told = "SELECT changed - 5 FROM runs WHERE cause <> 'hand'";
    assert_eq!(lopper.sql(told), [killed]);
    // The rest is there for the next one.
    lopper.run(["kill", "wiki", "--yes", "--buffer-period", "PT0S"]).code(0);
    assert!(lopper.deep_files().is_empty());
}

/// The program waits for what never comes: it ends within a second behind the limit; a busy machine may need another one.
#[track_caller]
fn ends_in_time(lopper: &Lopper, failpoints: &str) -> Answer {
    let begun = Instant::now();
    let mut command = lopper.command(["run", "slow"]);
    let answer = Answer::of(command.env("FAILPOINTS", failpoints));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}: {answer}", begun.elapsed());
    answer.code(1).stderr_has("the timeout of PT0.500S is over")
}

/// SQLite's own wait for the write lock takes five seconds.
#[test]
fn a_store_that_stays_busy_is_not_waited_for_longer() {
    let lopper = days(1).job("slow", &format!("{SHORT}\n{MARK}"));
    let writer = lopper.connection();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    ends_in_time(&lopper, "");
    writer.execute_batch("COMMIT").unwrap();
    lopper.run(["run", "slow"]).code(0);
}

/// A disk that is gone: the read never returns.
#[test]
fn a_file_that_hangs_is_left() {
    let import = "
        [[step]]
        op = 'import'
        files = ['../segments.csv']";
    let ids = "
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        ids_from = '../ids'";
    for step in [import, ids] {
        let lopper = days(1).job("slow", &format!("{SHORT}\n{step}\n{MARK}"));
        lopper.file("ids", lopper.ids(true).join("\n"));
        ends_in_time(&lopper, "input::block-read=sleep(30000)");
        assert_eq!(lopper.ids(true).len(), 1, "nothing is marked");
        assert_eq!(lopper.runs()[1..], ["slow failed"]);
        lopper.run(["run", "slow"]).code(0);
    }
}

/// A deletion that never returns stays in the journal, as after a crash; and no further one begins.
#[test]
fn a_disk_that_hangs_is_left() {
    let kill = KILL.replace("batch_size = 1", "batch_size = 10");
    let lopper = days(3).job("slow", &format!("{SHORT}\n{MARK}{kill}"));
    ends_in_time(&lopper, "kill::file-removed=sleep(30000)");
    let states = "SELECT state, count(*) FROM deletions GROUP BY 1";
    assert_eq!(lopper.sql(states), ["pending|3"]);
    assert_eq!(lopper.deep_files().len(), 2);
    lopper.run(["kill", "--resume"]).code(0);
    assert_eq!(lopper.sql(states), ["done|3"]);
    assert!(lopper.deep_files().is_empty());
}

/// One call of a function takes hours, and SQLite looks at nothing meanwhile. It holds the write lock: only the end of the
/// process frees that.
const BLIND: &str = "
    [[step]]
    op = 'check'
    sql = '''SELECT 1 WHERE instr(hex(zeroblob(20000000)), hex(zeroblob(10000000)) || '1') > 0'''";

#[test]
fn what_never_looks_ends_with_the_process() {
    let lopper = days(1).job("slow", &format!("{SHORT}\n{MARK}{BLIND}"));
    let begun = Instant::now();
    lopper.run(["run", "slow"]).code(1).stderr_has("does not look whether to stop");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(lopper.ids(true).len(), 1, "the mark is rolled back");
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    let lopper = days(1).job("slow", &format!("{SHORT}\n{MARK}{BLIND}"));
    lopper.tick("11:30");
    lopper.tick_ends("12:00", 1).stderr_has("does not look whether to stop");
    assert_eq!(lopper.sql("SELECT count(*) FROM runs WHERE outcome = 'running'"), ["0"]);
}

/// Each of several jobs has its own time.
#[test]
fn the_limit_that_is_told_is_the_jobs_own() {
    let lopper = days(1)
        .job("patient", &format!("timeout = 'PT1H'\n{MARK}"))
        .job("slow", &format!("{SHORT}\n{ENDLESS}"));
    lopper.run(["run", "patient", "slow"]).code(1).stderr_has("the timeout of PT0.500S is over");
}
