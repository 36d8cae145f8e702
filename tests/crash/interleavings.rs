//! Kills, marks, imports, restores at one small store, in thousands of orders: no file is gone whose row lives, and
//! no row is gone whose file is neither gone nor in the journal.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use lopper::clock::Clock;
use lopper::config::{Config, DeepStorage};
use lopper::druid::Instant;
use lopper::job::{Guard, Job, Step};
use lopper::report::progress::Progress;
use lopper::run::{Origin, Request, Restored, Session, Stop, Worker, restore, resume, run};
use lopper::store::{Missing, Store};
use rusqlite::Connection;

use super::kept::Kept;
use super::turns::Actor;
use crate::support::{Lopper, NOW, Segment, csv, seg};

/// Schedules of each world.
const SCHEDULES: u64 = 250;

/// With this variable set to a seed that has failed, that one alone is told.
const SEED: &str = "LOPPER_TEST_SEED";

/// SplitMix64: the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }

    fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// What an actor does.
#[derive(Debug, Clone)]
enum Act {
    Job(&'static str),
    Import(PathBuf),
    Resume,
    Restore(Restored),
}

const KILL: &str = "op = 'kill'\ndatasource = 'wiki'\nbatch_size = 1";
const KILL_AT_ONCE: &str =
    "op = 'kill'\ndatasource = 'wiki'\nbuffer_period = 'PT0S'\nbatch_size = 2";
const MARK_USED: &str = "op = 'mark-used'\ndatasource = 'wiki'\nall = true";
const MARK_UNUSED: &str = "op = 'mark-unused'\ndatasource = 'wiki'\nall = true";

fn day(day: u8) -> Segment {
    seg("wiki", &format!("2015-09-{day:02}/P1D"))
}

/// A store of two to four segments and its files, as each schedule finds it.
struct World {
    lopper: Lopper,
    kept: Kept,
    ids: BTreeSet<String>,
    /// Dumps: the segments as they were, all used, and with a newcomer that shares a file.
    dumps: [PathBuf; 3],
}

/// A segment that only a dump knows.
fn newcomer() -> Segment {
    day(9).local("wiki/shared/index.zip")
}

impl World {
    fn new(segments: &[Segment], died_at: Option<&str>) -> Self {
        let lopper = Lopper::in_memory().authoritative().segments(segments.iter().cloned());
        let ids = lopper.sql("SELECT id FROM druid_segments").into_iter().collect();
        if let Some(place) = died_at {
            lopper.aborts_at(&["kill", "wiki", "--yes"], place);
        }
        let root = lopper.deep_storage();
        let used: Vec<_> = segments.iter().cloned().map(Segment::used).collect();
        let more: Vec<_> = segments.iter().cloned().chain([newcomer()]).collect();
        let dumps = [("old", segments), ("used", &used), ("more", &more)]
            .map(|(name, rows)| lopper.file(&format!("{name}.csv"), csv(rows, &root)));
        let kept = Kept::of(&lopper);
        Self { lopper, kept, ids, dumps }
    }

    fn act(&self, chance: &mut Chance) -> Act {
        match chance.below(10) {
            0..=1 => Act::Job(KILL),
            2 => Act::Job(KILL_AT_ONCE),
            3..=4 => Act::Job(MARK_USED),
            5 => Act::Job(MARK_UNUSED),
            6..=7 => Act::Import(chance.one_of(&self.dumps).clone()),
            8 => Act::Resume,
            _ => Act::Restore(match chance.below(3) {
                0 => Restored::Run(2),
                _ => {
                    let ids: Vec<_> = self.ids.iter().collect();
                    Restored::Id((*chance.one_of(&ids)).clone())
                }
            }),
        }
    }

    /// Carries an act out, as a process of its own would; answers how it ended.
    fn carry_out(&self, act: &Act, clock: Clock) -> String {
        let places = DeepStorage { local: Some(self.lopper.deep_storage()), s3: None };
        let config = Config { authoritative: true, deep_storage: places, guard: Guard::default() };
        let mut store = Store::open(&self.lopper.store(), Missing::Refuse).unwrap();
        let (stop, progress) = (Stop::default(), Progress::new(false));
        let mut session = Session {
            store: &mut store,
            config: &config,
            clock,
            worker: Worker::of_process(),
            stop: &stop,
            progress: &progress,
            began: clock.now(),
            logical: clock.now(),
            left_out: BTreeSet::new(),
            refusal: None,
        };
        let steps = match act {
            Act::Job(step) => steps(step),
            Act::Import(path) => steps(&format!("op = 'import'\nfiles = ['{}']", path.display())),
            Act::Resume | Act::Restore(_) => Vec::new(),
        };
        let name = "one".to_owned();
        let request = Request { origin: Origin::Command, name, guard: Guard::default(), steps };
        let report = match act {
            Act::Job(_) | Act::Import(_) => run(&mut session, &request),
            Act::Resume => resume(&mut session, &request),
            Act::Restore(meant) => restore(&mut session, &request, meant),
        };
        report.map_or_else(|error| error.to_string(), |report| format!("{:?}", report.outcome))
    }
}

fn steps(step: &str) -> Vec<Step> {
    let toml = format!("name = 'one'\n[[step]]\n{step}");
    Job::parse(&toml, Path::new("one.toml")).unwrap().steps
}

/// Looks at the store and the files after each turn.
struct Witness<'a> {
    world: &'a World,
    connection: Connection,
    rows: BTreeSet<String>,
    gone: BTreeSet<String>,
    /// Newcomers that a dump brought in when their file had gone: it said so, and nobody could know better.
    excused: BTreeSet<String>,
}

impl<'a> Witness<'a> {
    fn new(world: &'a World) -> Self {
        let (rows, gone, excused) = Default::default();
        let mut witness =
            Self { world, connection: world.lopper.connection(), rows, gone, excused };
        witness.look().unwrap();
        witness
    }

    fn rows_of(&self, sql: &str) -> Vec<(String, String, String)> {
        let mut statement = self.connection.prepare_cached(sql).unwrap();
        let rows = statement.query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, Option<_>>(1)?.unwrap_or_default(), row.get(2)?))
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn look(&mut self) -> Result<(), String> {
        let living = self.rows_of("SELECT id, file, '' FROM payload");
        let journal = self.rows_of("SELECT id, file, state FROM deletions");
        let is_there = |file: &str| fs::exists(file.trim_start_matches("file:")).unwrap();
        let newcomer = newcomer().id();
        for (id, file, _) in &living {
            if *id == newcomer && !self.rows.contains(id) && self.gone.contains(file) {
                self.excused.insert(id.clone());
            }
            if !file.is_empty() && !is_there(file) && !self.excused.contains(id) {
                return Err(format!("{id} lives, and its file is gone"));
            }
        }
        for (id, file, state) in &journal {
            if state == "done" && !file.is_empty() && is_there(file) {
                return Err(format!("{id} is done, and its file is there"));
            }
        }
        let ids = |rows: &[(String, String, String)]| -> BTreeSet<String> {
            rows.iter().map(|(id, ..)| id.clone()).collect()
        };
        let known: BTreeSet<_> = ids(&living).union(&ids(&journal)).cloned().collect();
        if let Some(lost) = self.world.ids.difference(&known).next() {
            return Err(format!("{lost} is neither a row nor in the journal"));
        }
        let files = living.iter().chain(&journal).map(|(_, file, _)| file);
        let shared =
            format!("file:{}/wiki/shared/index.zip", self.world.lopper.deep_storage().display());
        self.gone = files.chain([&shared]).filter(|file| !is_there(file)).cloned().collect();
        self.rows = ids(&living);
        Ok(())
    }
}

/// Two to four actors take turns until all have ended; one of them may die on its way. What is left is finished by a
/// kill an hour later, when the claims of the dead have expired.
fn tell(world: &World, seed: u64) {
    let mut chance = Chance(seed);
    world.kept.put_back();
    let now = Instant::parse(NOW).unwrap();
    let later = Instant::from_millis(now.millis() + 3_600_000);
    let acts: Vec<Act> = (0..2 + chance.below(3)).map(|_| world.act(&mut chance)).collect();
    let mortal = chance.below(4 * acts.len());
    let mut witness = Witness::new(world);
    let mut told = format!("{SEED}={seed}: {acts:?}\n");
    std::thread::scope(|scope| {
        let actor = |act| Actor::new(scope, move || world.carry_out(act, Clock::Fixed(now)));
        let mut actors: Vec<Actor> = acts.iter().map(actor).collect();
        loop {
            let living: Vec<_> = (0..actors.len()).filter(|one| !actors[*one].has_ended).collect();
            if living.is_empty() {
                break;
            }
            let one = *chance.one_of(&living);
            let dies = one == mortal && chance.below(6) == 0 && told.contains(&format!(" {one}:"));
            let stood = if dies { actors[one].dies() } else { actors[one].goes_on() };
            writeln!(told, " {one}: {stood:?}").unwrap();
            witness.look().unwrap_or_else(|wrong| panic!("{wrong}\n{told}"));
        }
    });
    let end = world.carry_out(&Act::Resume, Clock::Fixed(later));
    witness.look().unwrap_or_else(|wrong| panic!("{wrong} at the end\n{told}"));
    let left = witness.rows_of("SELECT id, file, state FROM deletions WHERE state = 'pending'");
    assert!(end == "Done" && left.is_empty(), "{end}, left: {left:?}\n{told}");
}

fn worlds() -> Vec<World> {
    let shared = |segment: Segment| segment.local("wiki/shared/index.zip");
    let old = |number| day(number).unused();
    let kinds: [(&[Segment], &str); 4] = [
        (&[old(1), old(2)], "kill::file-removed"),
        (&[shared(old(1)), shared(old(2)), old(3)], "kill::file-removed"),
        // The first waits for the second.
        (&[shared(old(1)), shared(day(2))], "run::step-ended"),
        (&[old(1), old(1).version("v2"), shared(old(2)), shared(old(3))], "kill::files-answered"),
    ];
    let both = |(segments, death): &(&[Segment], &'static str)| {
        [None, Some(*death)].map(|death| World::new(segments, death))
    };
    kinds.iter().flat_map(both).collect()
}

#[test]
fn whatever_the_order_nothing_is_lost() {
    let chosen: Option<u64> = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
    let worlds = worlds();
    std::thread::scope(|scope| {
        for half in 0..2 {
            let worlds = &worlds;
            scope.spawn(move || {
                for (number, world) in (0..).zip(worlds).filter(|(number, _)| number % 2 == half) {
                    let seeds = number * SCHEDULES..(number + 1) * SCHEDULES;
                    for seed in seeds.filter(|seed| chosen.is_none_or(|chosen| chosen == *seed)) {
                        tell(world, seed);
                    }
                }
            });
        }
    });
}
