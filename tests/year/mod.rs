//! A year of fifty jobs on a scheduler that is stopped, killed and frozen at random, under a clock that is put forward
//! and back by hours, while job files change, cron starts the same jobs, and backups are put back. Every scheduled time is
//! claimed exactly once, no failure is forgotten, and no two runs of a job overlap. The agenda, the lease, the ledger and
//! its statements are the real ones; time and processes are not.

mod cron;
mod mishaps;
mod process;
mod world;

use world::World;

const DAY_MS: i64 = 86_400_000;

/// Lets a year pass; answers how many runs there were.
fn tell(seed: u64, days: i64) -> i64 {
    let mut world = World::new(seed);
    while world.real_ms < days * DAY_MS {
        world.go_on();
    }
    world.settle();
    world.check();
    world.runs()
}

#[test]
fn a_year_loses_no_fire_and_runs_none_twice() {
    let seed = std::env::var("LOPPER_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let runs = tell(seed.unwrap_or(20_240_101), 366);
    assert!(runs > 6_000, "only {runs} runs: the year proves little");
}

/// Shorter, and each in another order of mishaps.
#[test]
fn many_months_lose_no_fire_either() {
    for seed in 1..=3 {
        tell(seed, 20);
    }
}
