//! Segments whose load specs name their files in odd ways (folders, links, `..`), under kills, marks, imports, restores and
//! an unmounted disk, in thousands of orders: what a living row refers to is there, and no row is lost.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use lopper::clock::Clock;
use lopper::druid::Instant;
use serde_json::json;

use super::world::World;
use crate::support::{Chance, Lopper, NOW, Segment, seg};

/// Orders that each of the tests below tells; `LOPPER_TEST_SCHEDULES` sets another number for each of its worlds.
const WORLDS: u64 = 50;
const SCHEDULES: u64 = 40;

/// What is in deep storage, and links in it: name and target.
const FILES: [&str; 4] =
    ["wiki/i/v/0/index.zip", "wiki/i/v/0/deeper/x.zip", "wiki/i/v/1/index.zip", "wiki/j/v/0/a.zip"];
const LINKS: [(&str, &str); 3] =
    [("linked", "wiki"), ("wiki/k", "wiki/i"), ("files/index.zip", "wiki/i/v/1/index.zip")];

/// By which a load spec may name a file, below the root.
const NAMES: [&str; 14] = [
    "wiki/i/v/0/index.zip",
    "wiki/i/v/0",
    "wiki/i/v",
    "wiki/i/v/0/deeper",
    "wiki/i/v/0/deeper/x.zip",
    "wiki/i/v/1/index.zip",
    "wiki/i/v/1",
    "wiki/j/v/0/a.zip",
    "wiki/i/v/1/../0/index.zip",
    "linked/i/v/0/index.zip",
    "linked/i/v/1",
    "wiki/k/v/0/index.zip",
    "files/index.zip",
    "wiki//i/./v/0/index.zip",
];

/// A few segments with names by chance.
fn segments(chance: &mut Chance, root: &Path) -> Vec<(Segment, String)> {
    let one = |number: usize, chance: &mut Chance| {
        let name = format!("{}/{}", root.display(), chance.one_of(&NAMES));
        let segment = seg("wiki", &format!("2015-09-{:02}/P1D", number + 1));
        let segment = segment.load(json!({"type": "local", "path": name}));
        (if chance.below(3) == 0 { segment } else { segment.unused() }, name)
    };
    (0..2 + chance.below(3)).map(|number| one(number, chance)).collect()
}

fn prepare(lopper: &Lopper) {
    for file in FILES {
        lopper.file(&format!("deep-storage/{file}"), "x");
    }
    make_links(&lopper.deep_storage());
}

/// Makes the links that are not there.
fn make_links(root: &Path) {
    for (link, target) in LINKS {
        let link = root.join(link);
        if link.symlink_metadata().is_err() {
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(root.join(target), link).unwrap();
        }
    }
}

/// The segments that the store has, and those that its journal holds open, by id.
fn known(world: &World, sql: &str) -> Vec<String> {
    world.query(sql)
}

/// What lived when a schedule began, or came to live, keeps its file as long as it lives.
fn look(
    world: &World,
    names: &BTreeMap<String, String>,
    missing: &mut Vec<String>,
) -> Result<(), String> {
    for id in known(world, "SELECT id FROM main.payload") {
        // A dump may bring a newcomer; this is about the others.
        let Some(name) = names.get(&id) else { continue };
        let is_there = fs::exists(name).unwrap();
        if !is_there && !missing.contains(&id) {
            return Err(format!("{id} lives, and {name} is gone"));
        }
    }
    // Who has no file any more may come back by a dump that says so.
    *missing = names
        .iter()
        .filter(|(_, name)| !fs::exists(name).unwrap())
        .map(|(id, _)| id.clone())
        .collect();
    let everywhere = known(
        world,
        "SELECT id FROM main.payload UNION SELECT g.id FROM main.deletion AS j JOIN main.gone AS g ON g.segment_id = j.segment_id",
    );
    match names.keys().find(|id| !everywhere.contains(id)) {
        Some(lost) => Err(format!("{lost} is neither a row nor in the journal")),
        None => Ok(()),
    }
}

fn tell(first: u64) {
    let chosen = std::env::var("LOPPER_TEST_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    let count =
        std::env::var("LOPPER_TEST_SCHEDULES").map_or(SCHEDULES, |count| count.parse().unwrap());
    for number in first..first + WORLDS {
        let seeds: Vec<u64> = match chosen {
            Some(seed) if seed / 1_000_000 == number => vec![seed],
            Some(_) => continue,
            None => (0..count).map(|one| number * 1_000_000 + one).collect(),
        };
        let mut names = BTreeMap::new();
        let world = World::prepared(|lopper| {
            prepare(lopper);
            let segments = segments(&mut Chance(number + 1), &lopper.deep_storage());
            names.extend(segments.iter().map(|(segment, name)| (segment.id(), name.clone())));
            segments.into_iter().map(|(segment, _)| segment).collect()
        });
        let mut store = world.open();
        for seed in seeds {
            schedule(&world, &mut store, &names, seed);
        }
    }
}

fn schedule(
    world: &World,
    store: &mut lopper::store::Store,
    names: &BTreeMap<String, String>,
    seed: u64,
) {
    let mut chance = Chance(seed + 1);
    world.put_back();
    make_links(&world.root());
    let now = Instant::parse(NOW).unwrap();
    let mut told = format!("LOPPER_TEST_SEED={seed}\n{names:#?}\n");
    let mut missing = Vec::new();
    look(world, names, &mut missing).unwrap();
    for turn in 0..2 + chance.below(4) {
        let act = chance.one_of(&world.acts);
        let unmounted = chance.below(6) == 0;
        told.push_str(&format!(" {}{}\n", act.name, if unmounted { ", unmounted" } else { "" }));
        let clock = Clock::Fixed(Instant::from_millis(
            now.millis() + i64::try_from(turn).unwrap() * 7_200_000,
        ));
        // Whether it is done or refused: nothing may be lost.
        if unmounted {
            world.while_unmounted(|| drop(world.carry_out(store, &act, clock)));
        } else {
            drop(world.carry_out(store, &act, clock));
        }
        look(world, names, &mut missing).unwrap_or_else(|wrong| panic!("{wrong}\n{told}"));
    }
}

#[test]
fn whatever_the_names_nothing_is_lost_1() {
    tell(0);
}

#[test]
fn whatever_the_names_nothing_is_lost_2() {
    tell(WORLDS);
}

#[test]
fn whatever_the_names_nothing_is_lost_3() {
    tell(2 * WORLDS);
}

#[test]
fn whatever_the_names_nothing_is_lost_4() {
    tell(3 * WORLDS);
}
