//! Kills, marks, imports and restores at one small store, in thousands of orders: no file is gone whose row lives, and
//! no row is gone whose file is neither gone nor in the journal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lopper::clock::Clock;
use lopper::druid::Instant;
use lopper::store::Store;

use super::turns::{Actor, Stood};
use super::world::{Act, Witness, World, day, shared};
use crate::support::{Chance, NOW, Segment};

/// Schedules of each world, and the variable that sets another number.
const SCHEDULES: (&str, u64) = ("LOPPER_TEST_SCHEDULES", 250);

/// With this variable set to a seed that has failed, that one alone is told.
const SEED: &str = "LOPPER_TEST_SEED";

/// Seeds of one world and the next.
const APART: u64 = 1_000_000;

const MOST_ACTORS: usize = 4;

/// How often an act was done, was refused, and was cut short by a death.
type Ends = BTreeMap<(String, &'static str), usize>;

/// Two to four actors take turns until all have ended; one of them may die on its way. What is left is finished by a
/// kill an hour later, when the claims of the dead have expired.
fn tell(world: &World, stores: &mut [Store], seed: u64, ends: &mut Ends) {
    let mut chance = Chance(seed);
    world.put_back();
    let now = Instant::parse(NOW).unwrap();
    let later = Instant::from_millis(now.millis() + 3_600_000);
    let count = 2 + chance.below(MOST_ACTORS - 1);
    let acts: Vec<Act> = (0..count).map(|_| chance.one_of(&world.acts)).collect();
    // One has so many turns on end, more or less: some mistakes need many changes, most need few at the right places.
    let stays = 1 << chance.below(5);
    let mut one = chance.below(count);
    let mortal = chance.below(4 * count);
    let mut witness = Witness::new(world);
    let mut told = format!("{SEED}={seed}\n");
    std::thread::scope(|scope| {
        let actor = |(act, store)| {
            Actor::new(scope, move || world.carry_out(store, act, Clock::Fixed(now)))
        };
        let mut actors: Vec<Actor> = acts.iter().zip(stores.iter_mut()).map(actor).collect();
        loop {
            let living: Vec<_> = (0..count).filter(|one| !actors[*one].has_ended).collect();
            if living.is_empty() {
                break;
            }
            if actors[one].has_ended || chance.below(stays) == 0 {
                one = chance.one_of(&living);
            }
            let actor = &mut actors[one];
            let dies = one == mortal && actor.has_begun && chance.below(6) == 0;
            let stood = if dies { actor.dies() } else { actor.goes_on() };
            writeln!(told, " {one} {}: {stood:?}", acts[one].name).unwrap();
            witness.look().unwrap_or_else(|wrong| panic!("{wrong}\n{told}"));
            let end = match stood {
                Stood::At(_) => continue,
                Stood::Ended(None) => "done",
                Stood::Ended(Some(_)) => "refused",
                Stood::Died => "dead",
            };
            let kind = acts[one].name.split(' ').next().unwrap_or_default();
            *ends.entry((kind.to_owned(), end)).or_default() += 1;
        }
    });
    let end = world.carry_out(&mut stores[0], &Act::resume(), Clock::Fixed(later));
    witness.look().unwrap_or_else(|wrong| panic!("{wrong} at the end\n{told}"));
    assert!(end.is_ok() && witness.pending() == 0, "{end:?}, {}\n{told}", witness.pending());
}

/// Segments, and where a kill has died before the schedule begins.
fn worlds() -> Vec<(Vec<Segment>, Option<&'static str>)> {
    let old = |number| day(number).unused();
    let young = |segment: Segment| segment.unused().stamp("2024-05-31T00:00:00.000Z");
    let worlds = [
        (vec![old(1), old(2)], "kill::file-removed"),
        (vec![shared(old(1)), shared(old(2)), old(3)], "kill::file-removed"),
        // The first waits for the second, which is used, or was until yesterday.
        (vec![shared(old(1)), shared(day(2))], "run::step-ended"),
        (vec![shared(old(1)), shared(young(day(2)))], "run::step-ended"),
        (
            vec![old(1), old(1).version("v2"), shared(old(2)), shared(old(3))],
            "kill::files-answered",
        ),
    ];
    let both = |(segments, death): (Vec<_>, _)| [(segments.clone(), None), (segments, Some(death))];
    worlds.into_iter().flat_map(both).collect()
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap())
}

#[test]
fn whatever_the_order_nothing_is_lost() {
    let chosen = variable(SEED);
    let count = variable(SCHEDULES.0).unwrap_or(SCHEDULES.1);
    let mut ends = Ends::new();
    for (first, (segments, death)) in (0..).map(|number| number * APART).zip(worlds()) {
        let world = World::new(&segments, death);
        let mut stores: Vec<Store> = (0..MOST_ACTORS).map(|_| world.open()).collect();
        let seeds = match chosen {
            Some(seed) if (first..first + APART).contains(&seed) => seed..seed + 1,
            Some(_) => 0..0,
            None => first..first + count,
        };
        seeds.for_each(|seed| tell(&world, &mut stores, seed, &mut ends));
    }
    let often = |act: &str, end| ends.get(&(act.to_owned(), end)).is_some_and(|count| *count >= 20);
    let all_done = ["kill", "mark-used", "mark-unused", "import", "resume", "restore"]
        .iter()
        .all(|act| often(act, "done"));
    let is_varied = all_done
        && often("kill", "dead")
        && often("restore", "dead")
        && often("restore", "refused")
        && often("import", "refused");
    assert!(is_varied || chosen.is_some(), "{ends:?}");
}
