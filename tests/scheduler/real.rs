//! In real time: a job that fires every second, alone, longer than a second, and with schedulers that are killed again
//! and again.

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use super::{HOURLY_KILL, KILL, MARK, days};
use crate::support::{Chance, Lopper, Running, seg};

const EVERY_SECOND: &str = "schedule = '* * * * * *'";

/// What holds of the ledger however the schedulers fared.
fn assert_sound(lopper: &Lopper) {
    let twice = "SELECT name, logical_time FROM runs WHERE cause <> 'hand'
                  GROUP BY 1, 2, attempt HAVING count(*) > 1";
    assert_eq!(lopper.sql(twice), [""; 0], "no fire runs twice");
    let overlap = "SELECT a.run, b.run FROM runs AS a JOIN runs AS b ON a.name = b.name AND a.run < b.run
                    WHERE a.outcome <> 'skipped' AND b.outcome <> 'skipped' AND a.cause <> 'hand' AND b.cause <> 'hand'
                      AND b.started < a.ended";
    assert_eq!(lopper.sql(overlap), [""; 0], "no run begins before the last one has ended");
    let order = "SELECT a.run FROM runs AS a JOIN runs AS b ON a.name = b.name AND a.run < b.run
                  WHERE a.cause <> 'hand' AND b.cause <> 'hand' AND a.logical_time > b.logical_time";
    assert_eq!(lopper.sql(order), [""; 0], "fires run in their order");
    assert_eq!(lopper.sql("PRAGMA integrity_check; PRAGMA foreign_key_check"), ["ok"]);
}

/// Each second from a job's first fire to its last is a row, or counted as missed by the row behind it.
fn assert_accounted_for(lopper: &Lopper) {
    let lost = "SELECT name, (max(unixepoch(logical_time)) - min(unixepoch(logical_time)) + 1) - (count(*) + sum(missed)
                         - (SELECT q.missed FROM runs AS q WHERE q.name = r.name AND q.cause <> 'hand' ORDER BY q.run LIMIT 1)) AS lost
                  FROM runs AS r WHERE cause <> 'hand' AND attempt = 1 GROUP BY name HAVING lost <> 0";
    assert_eq!(lopper.sql(lost), [""; 0], "each fire is run, passed over or counted as missed");
}

#[test]
fn every_second_it_runs() {
    let lopper = days(1).real_time().job("tick", &format!("{EVERY_SECOND}\n{MARK}"));
    let mut scheduler = lopper.background(["schedule"]);
    for _ in 0..3 {
        scheduler.says("run ended");
    }
    scheduler.signal("TERM");
    scheduler.end().code(0);
    assert_sound(&lopper);
    assert_accounted_for(&lopper);
    let odd =
        "SELECT logical_time, started FROM runs WHERE cause = 'catch-up' OR outcome <> 'done'";
    assert_eq!(lopper.sql(odd), [""; 0]);
    // A machine with too much to do may miss a second.
    assert!(lopper.sql("SELECT sum(missed) FROM runs") <= vec!["2".to_owned()]);
}

/// A run of more than two seconds, each second a fire.
fn slow(policy: &str, until: impl Fn(&Lopper) -> bool) -> Lopper {
    let job = HOURLY_KILL.replace("0 * * * *", "* * * * * *");
    let lopper =
        days(1).real_time().job("slow", &format!("concurrency_policy = '{policy}'\n{job}"));
    let delay = "kill::files-answered=1*sleep(2200)";
    let mut command = lopper.command(["schedule"]);
    let mut scheduler = Running::start(command.env("FAILPOINTS", delay));
    scheduler.says("run begins");
    scheduler.watch(|| until(&lopper));
    scheduler.signal("TERM");
    scheduler.end().code(0);
    assert_sound(&lopper);
    assert_accounted_for(&lopper);
    lopper
}

#[test]
fn what_still_runs_forbids_its_next_fires() {
    let runs = "SELECT count(*) FROM runs WHERE outcome = 'done' AND name = 'slow'";
    let lopper = slow("forbid", |lopper| lopper.sql(runs) >= vec!["2".to_owned()]);
    let outcomes = "SELECT outcome FROM runs WHERE cause <> 'hand' ORDER BY logical_time LIMIT 3";
    assert_eq!(lopper.sql(outcomes), ["done", "skipped", "skipped"]);
    let why = "SELECT DISTINCT message FROM runs WHERE outcome = 'skipped'";
    assert_eq!(lopper.sql(why), ["the job was still running (concurrency_policy is forbid)"]);
}

#[test]
fn the_latest_fire_waits_for_what_still_runs() {
    let runs = "SELECT count(*) FROM runs WHERE outcome = 'done' AND name = 'slow'";
    let lopper = slow("queue", |lopper| lopper.sql(runs) >= vec!["3".to_owned()]);
    let skipped = "SELECT count(*) FROM runs WHERE outcome = 'skipped'";
    assert_eq!(lopper.sql(skipped), ["0"]);
    let missed = "SELECT missed > 0 FROM runs WHERE cause <> 'hand' ORDER BY logical_time LIMIT 2";
    assert_eq!(lopper.sql(missed), ["0", "1"], "the one between is passed over with it");
}

/// Segments that a job kills, some each second; and one that another job marks, to and fro.
fn work_for(seconds: usize) -> Lopper {
    let old = |number| {
        let partition = i32::try_from(number).unwrap();
        seg("wiki", "2015-09-12/P1D").unused().partition(partition)
    };
    let kill = format!("{KILL}\nlimit = 12");
    let marks = "
        [[step]]
        op = 'mark-used'
        datasource = 'koala'
        all = true
        [[step]]
        op = 'mark-unused'
        datasource = 'koala'
        all = true";
    Lopper::new()
        .authoritative()
        .segments((0..15 * (seconds + 2)).map(old).chain([seg("koala", "2015-09-12/P1D").unused()]))
        .real_time()
        .job("marks", &format!("{EVERY_SECOND}\ncatch_up = 'latest'\n{marks}"))
        .job("kills", &format!("{EVERY_SECOND}\ncatch_up = 'latest'\n{kill}"))
}

/// Two schedulers: by chance one of them, or both, are killed again and again, and begun again. `LOPPER_TEST_SECONDS`
/// makes it longer, and `--nocapture` shows what became of it.
#[test]
fn schedulers_that_are_killed_lose_no_fire_and_run_none_twice() {
    let seconds = env::var("LOPPER_TEST_SECONDS").map_or(4, |text| text.parse().unwrap());
    let lopper = work_for(seconds);
    let ids = lopper.sql("SELECT id FROM druid_segments ORDER BY id");
    let begin = || {
        let mut command = lopper.command(["schedule", "--lease", "PT1S"]);
        Running::start(command.env("FAILPOINTS", "kill::files-answered=sleep(20)"))
    };
    let mut chance = Chance(3);
    let mut schedulers = vec![begin(), begin()];
    let (begun, mut deaths) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(u64::try_from(seconds).unwrap()) {
        pause(50 + chance.below(600));
        let both = chance.below(5) == 0;
        let first = chance.below(2);
        for _ in 0..=usize::from(both) {
            let gone = schedulers.remove(first % schedulers.len());
            gone.signal("KILL");
            gone.end().code(128 + 9);
            deaths += 1;
        }
        if both {
            // Nobody acts for a while: fires are missed.
            pause(1_200);
        }
        schedulers.resize_with(2, begin);
    }
    let done = || {
        let done = "SELECT count(*) FROM runs WHERE cause <> 'hand' AND outcome = 'done'";
        lopper.sql(done).remove(0).parse::<u32>().unwrap()
    };
    let before = done();
    // Who is left goes on.
    schedulers[0].watch(|| done() > before + 1);
    for scheduler in schedulers {
        scheduler.signal("TERM");
        scheduler.end().code(0);
    }
    assert_sound(&lopper);
    assert_accounted_for(&lopper);
    lopper.assert_sound(&ids, "after the deaths");
    assert_eq!(lopper.sql("SELECT count(*) FROM runs WHERE outcome = 'running'"), ["0"]);
    let halves =
        "SELECT run FROM runs WHERE name = 'marks' AND changed <> iif(outcome = 'done', 2, 0)";
    assert_eq!(lopper.sql(halves), [""; 0], "what is one transaction happens as a whole");
    let twice = "SELECT id FROM changes WHERE op = 'kill' GROUP BY 1 HAVING count(*) > 1";
    assert_eq!(lopper.sql(twice), [""; 0], "no segment is killed twice");
    eprintln!(
        "{deaths} deaths in {seconds} s; runs: {:?}; missed: {:?}; killed: {:?}; turns: {:?}",
        lopper.sql("SELECT name, outcome, count(*) FROM runs WHERE cause <> 'hand' GROUP BY 1, 2"),
        lopper.sql("SELECT sum(missed) FROM runs"),
        lopper.sql("SELECT count(*) FROM deletions"),
        lopper.sql("SELECT term FROM schedulers"),
    );
}

fn pause(millis: usize) {
    thread::sleep(Duration::from_millis(u64::try_from(millis).unwrap()));
}
