//! Real time: three schedulers on one store, which are killed, frozen and stopped again and again, and starts by cron beside
//! them; the accountant adds up what became of every second. `LOPPER_TEST_SECONDS` makes it longer.

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use super::{KILL, MARK, days};
use crate::support::accountant::{add_up, open_books};
use crate::support::{Chance, Lopper, Running};

/// Three jobs of each second: a quick one, one whose transaction is slow, and one that fails now and then and has a hook.
fn world() -> Lopper {
    let every = "schedule = '* * * * * *'";
    let slow = "
        [[step]]
        op = 'check'
        sql = '''WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
                 SELECT 1 FROM (SELECT max(i) AS most FROM n) WHERE most < 0'''";
    let lopper = days(3)
        .real_time()
        .job("quick", &format!("{every}\ncatch_up = 'latest'\n{MARK}"))
        .job("slow", &format!("{every}\nconcurrency_policy = 'queue'\n{slow}"))
        .job("locked", &format!("{every}\nretries = 2\nretry_backoff = 'PT0.2S'\non_failure = 'sleep 0.3'\n{MARK}{KILL}"));
    lopper.lock("wiki", "2015-09-02", "2015-09-03", None);
    open_books(&lopper);
    lopper
}

#[test]
fn three_schedulers_and_cron_account_for_every_second() {
    let seconds = env::var("LOPPER_TEST_SECONDS").map_or(5, |text| text.parse().unwrap());
    let lopper = world();
    let mut chance = Chance(7);
    let begin = |parallel: &str| {
        lopper.background([
            "schedule",
            "--lease",
            "PT1S",
            "--grace",
            "PT1S",
            "--parallel",
            parallel,
        ])
    };
    let mut schedulers: Vec<Running> = ["1", "2", "4"].map(begin).into();
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        pause(100 + chance.below(500));
        for job in ["quick", "slow", "locked"] {
            if chance.below(2) == 0 {
                lopper.run(["run", job, "--scheduled"]);
            }
        }
        let one = schedulers.remove(chance.below(3));
        match chance.below(3) {
            0 => {
                one.signal("KILL");
                drop(one.end());
            }
            1 => {
                one.signal("STOP");
                pause(300 + chance.below(1_500));
                one.thaw();
                schedulers.push(one);
            }
            _ => {
                one.signal("TERM");
                one.end().code(0);
            }
        }
        while schedulers.len() < 3 {
            schedulers.push(begin(chance.one_of(&["1", "4"])));
        }
    }
    // Who is left closes what died.
    let open = "SELECT count(*) FROM runs WHERE outcome = 'running' AND started < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-4 seconds')";
    schedulers[0].watch(|| lopper.sql(open) == ["0"]);
    for scheduler in schedulers {
        scheduler.signal("TERM");
        scheduler.end().code(0);
    }
    let last = add_up(&lopper);
    assert_eq!(last.len(), 3);
    assert_eq!(lopper.sql("PRAGMA integrity_check; PRAGMA foreign_key_check"), ["ok"]);
    let overlap = "SELECT a.run, b.run FROM runs AS a JOIN runs AS b ON a.name = b.name AND a.run < b.run
                    WHERE a.outcome NOT IN ('skipped', 'died') AND b.outcome <> 'skipped' AND a.cause <> 'hand' AND b.cause <> 'hand'
                      AND b.started < a.ended";
    assert_eq!(lopper.sql(overlap), [""; 0]);
    eprintln!("{:?}", lopper.sql("SELECT name, outcome, count(*), sum(missed) FROM runs WHERE cause <> 'hand' GROUP BY 1, 2"));
}

fn pause(millis: usize) {
    thread::sleep(Duration::from_millis(u64::try_from(millis).unwrap()));
}
