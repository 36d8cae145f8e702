//! A year of fifty jobs on a scheduler that is stopped, killed and frozen at random, under a clock that is put forward
//! and back by hours, while job files change. Every fire is accounted for, none is run twice, and no two runs of a job
//! overlap. The agenda, the lease, the ledger and its statements are the real ones; time and processes are not.

mod process;
mod world;

use lopper::schedule::MOST_COUNTED;

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
    const { assert!(MOST_COUNTED >= 10_000, "a year of one job must not go beyond what is counted") };
    let seed = std::env::var("LOPPER_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let runs = tell(seed.unwrap_or(20_240_101), 366);
    assert!(runs > 10_000, "only {runs} runs: the year proves little");
}

/// Shorter, and each in another order of mishaps.
#[test]
fn many_months_lose_no_fire_either() {
    for seed in 1..=4 {
        tell(seed, 30);
    }
}
