//! A small store and its files, which several actors work on in one process; and who looks after each turn whether
//! anything was lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use std::sync::Arc;

use lopper::clock::Clock;
use lopper::config::{Config, DeepStorage, Guard};
use lopper::engine::{Request, Session, Stop, operation, run};
use lopper::error::Result;
use lopper::job::Job;
use lopper::ops::kill::{Restored, Resume};
use lopper::ops::{MissingFiles, Step};
use lopper::progress::Progress;
use lopper::store::{Missing, Store};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::support::{Lopper, Segment, csv, seg};

/// What an actor does.
#[derive(Clone)]
pub struct Act {
    pub name: String,
    work: Work,
}

#[derive(Clone)]
enum Work {
    Steps(Vec<Step>),
    Resume,
    Restore(Restored),
}

const STEPS: [(&str, &str); 4] = [
    ("kill", "op = 'kill'\ndatasource = 'wiki'\nbatch_size = 1"),
    ("kill at once", "op = 'kill'\ndatasource = 'wiki'\nbuffer_period = 'PT0S'\nbatch_size = 2"),
    ("mark-used", "op = 'mark-used'\ndatasource = 'wiki'\nall = true"),
    ("mark-unused", "op = 'mark-unused'\ndatasource = 'wiki'\nall = true"),
];

impl Act {
    pub fn resume() -> Self {
        Self { name: "resume".to_owned(), work: Work::Resume }
    }

    /// One step of a job, as TOML.
    fn step(name: &str, step: &str) -> Self {
        let toml = format!("name = 'one'\n[[step]]\n{step}");
        let steps = Job::parse(&toml, Path::new("one.toml")).unwrap().steps;
        Self { name: name.to_owned(), work: Work::Steps(steps) }
    }

    /// Dumps of the segments as they were, of all of them used, and with a newcomer that shares a file.
    fn imports(lopper: &Lopper, segments: &[Segment]) -> [Self; 3] {
        let used: Vec<_> = segments.iter().cloned().map(Segment::used).collect();
        let more: Vec<_> = segments.iter().cloned().chain([newcomer()]).collect();
        [("old", segments), ("used", &used), ("more", &more)].map(|(name, rows)| {
            let file = lopper.file(&format!("{name}.csv"), csv(rows, &lopper.deep_storage()));
            let step = format!("op = 'import'\nfiles = ['{}']", file.display());
            Self::step(&format!("import {name}"), &step)
        })
    }

    fn restores(ids: &[String]) -> [Self; 2] {
        [Restored::Run(2), Restored::Id(ids[0].clone())]
            .map(|meant| Self { name: format!("restore {meant}"), work: Work::Restore(meant) })
    }
}

pub fn day(day: u8) -> Segment {
    seg("wiki", &format!("2015-09-{day:02}/P1D"))
}

/// The file that some segments share.
const SHARED: &str = "wiki/shared/index.zip";

pub fn shared(segment: Segment) -> Segment {
    segment.local(SHARED)
}

/// A segment that only a dump knows.
fn newcomer() -> Segment {
    shared(day(9))
}

/// A store of a few segments and its files, as each schedule finds it.
pub struct World {
    lopper: Lopper,
    /// The files, with their content.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// The tables, and where their first content is kept.
    tables: Vec<String>,
    keeper: Mutex<Connection>,
    /// All segments that the store knew at the beginning.
    pub ids: Vec<String>,
    pub acts: Vec<Act>,
}

impl World {
    /// With a `death`, a kill has died at that place.
    pub fn new(segments: &[Segment], death: Option<&str>) -> Self {
        let lopper = Lopper::new().authoritative().segments(segments.iter().cloned());
        if let Some(place) = death {
            lopper.aborts_at(&["kill", "wiki", "--yes"], place);
        }
        Self::of(lopper, segments)
    }

    fn of(lopper: Lopper, segments: &[Segment]) -> Self {
        let ids = lopper.sql(
            "SELECT id FROM druid_segments UNION SELECT id FROM deletions WHERE id IS NOT NULL ORDER BY id",
        );
        let root = lopper.deep_storage();
        // Without those that are seen through a link once more.
        let is_real = |file: &PathBuf| file.canonicalize().unwrap() == *file;
        let files = lopper.deep_files().into_iter().map(|file| root.join(file)).filter(is_real);
        let files = files.map(|file| (file.clone(), fs::read(file).unwrap())).collect();
        let keeper = lopper.connection();
        keeper.execute("VACUUM INTO ?1", [lopper.path("first.db").to_str().unwrap()]).unwrap();
        keeper.execute("ATTACH ?1 AS first", [lopper.path("first.db").to_str().unwrap()]).unwrap();
        keeper.pragma_update(None, "foreign_keys", false).unwrap();
        keeper.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false).unwrap();
        let tables =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'refinery%'";
        let mut acts = vec![Act::resume()];
        acts.extend(STEPS.map(|(name, step)| Act::step(name, step)));
        acts.extend(Act::imports(&lopper, segments));
        acts.extend(Act::restores(&ids));
        Self { tables: lopper.sql(tables), lopper, files, keeper: Mutex::new(keeper), ids, acts }
    }

    /// With segments that a story makes in a folder that it has prepared. No newcomers, no deaths.
    pub fn prepared(story: impl FnOnce(&Lopper) -> Vec<Segment>) -> Self {
        let lopper = Lopper::new().authoritative();
        let segments = story(&lopper);
        Self::of(lopper.segments(segments.iter().cloned()), &segments)
    }

    /// The root of deep storage.
    pub fn root(&self) -> PathBuf {
        self.lopper.deep_storage()
    }

    /// What a query of the store returns, a text a row.
    pub fn query(&self, sql: &str) -> Vec<String> {
        let keeper = self.keeper.lock().unwrap();
        let mut statement = keeper.prepare_cached(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    /// Lets the disk of deep storage be unmounted: an empty folder stands in its place.
    pub fn while_unmounted(&self, story: impl FnOnce()) {
        let (root, away) = (self.lopper.deep_storage(), self.lopper.path("unmounted"));
        fs::rename(&root, &away).unwrap();
        fs::create_dir(&root).unwrap();
        story();
        fs::remove_dir_all(&root).unwrap();
        fs::rename(&away, &root).unwrap();
    }

    /// Begins anew. Open connections stay open, with all that they have prepared: that is most of a schedule's time.
    pub fn put_back(&self) {
        for (file, content) in &self.files {
            if !file.exists() {
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, content).unwrap();
            }
        }
        let keeper = self.keeper.lock().unwrap();
        let run = |sql: &str| keeper.prepare_cached(sql).unwrap().execute([]).unwrap();
        run("BEGIN IMMEDIATE");
        for table in &self.tables {
            run(&format!("DELETE FROM main.{table}"));
            run(&format!("INSERT INTO main.{table} SELECT * FROM first.{table}"));
        }
        run("COMMIT");
    }

    /// The store, as a process of its own opens it.
    pub fn open(&self) -> Store {
        Store::open(&self.lopper.store(), Missing::Refuse).unwrap()
    }

    /// Carries an act out, as a process of its own would.
    pub fn carry_out(&self, store: &mut Store, act: &Act, clock: Clock) -> Result<()> {
        // A new process has tried no file. The table may not be there yet.
        let _ = store.connection.execute("DELETE FROM temp.tried", []);
        let places =
            DeepStorage { local: Some(self.lopper.deep_storage()), ..DeepStorage::default() };
        let config = Config { authoritative: true, deep_storage: places, ..Config::default() };
        let (stop, progress) = (Stop::default(), Progress::new(false));
        let mut session = Session::new(store, &config, clock, &stop, &progress);
        let steps: Vec<operation::Step> = match &act.work {
            Work::Steps(steps) => steps.iter().map(Step::operation).collect(),
            Work::Resume => vec![Arc::new(Resume { missing_files: MissingFiles::Stop })],
            Work::Restore(meant) => vec![Arc::new(meant.clone())],
        };
        let (name, guard) = (act.name.clone(), Guard::default());
        let request = Request::command(name, guard, steps);
        run(&mut session, &request).map(drop)
    }
}

/// A segment's id, its file's path if it has one, and its state in the journal.
type Row = (String, Option<String>, String);

/// Looks at the store and the files after each turn.
pub struct Witness<'a> {
    world: &'a World,
    living: BTreeSet<String>,
    gone: BTreeSet<String>,
    /// Newcomers that a dump brought in when their file had gone: it said so, and nobody could know better.
    excused: BTreeSet<String>,
}

impl<'a> Witness<'a> {
    pub fn new(world: &'a World) -> Self {
        let (living, gone, excused) = Default::default();
        let mut witness = Self { world, living, gone, excused };
        witness.look().unwrap();
        witness
    }

    fn rows(&self, sql: &str) -> Vec<Row> {
        let keeper = self.world.keeper.lock().unwrap();
        let mut statement = keeper.prepare_cached(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
    }

    fn journal(&self) -> Vec<Row> {
        self.rows(
            "SELECT g.id, substr(j.file, 6), j.state
               FROM main.deletion AS j JOIN main.gone AS g ON g.segment_id = j.segment_id",
        )
    }

    /// Rows of the journal that could be done by now.
    pub fn pending(&self) -> usize {
        self.journal().iter().filter(|(.., state)| state == "pending").count()
    }

    /// Says what is lost or orphaned.
    pub fn look(&mut self) -> Result<(), String> {
        let living = self.rows("SELECT id, substr(file, 6), '' FROM main.payload");
        let journal = self.journal();
        let is_gone = |file: &str| !fs::exists(file).unwrap();
        for (id, file, _) in &living {
            let Some(file) = file else { continue };
            let has_just_come = *id == newcomer().id() && !self.living.contains(id);
            if has_just_come && self.gone.contains(file) {
                self.excused.insert(id.clone());
            }
            if is_gone(file) && !self.excused.contains(id) {
                return Err(format!("{id} lives, and its file is gone"));
            }
        }
        for (id, file, state) in &journal {
            if state == "done" && file.as_ref().is_some_and(|file| !is_gone(file)) {
                return Err(format!("{id} is done, and its file is there"));
            }
        }
        let is_known = |id: &String| living.iter().chain(&journal).any(|(known, ..)| known == id);
        if let Some(lost) = self.world.ids.iter().find(|id| !is_known(id)) {
            return Err(format!("{lost} is neither a row nor in the journal"));
        }
        let shared = self.world.lopper.deep_storage().join(SHARED).display().to_string();
        let files = living.iter().chain(&journal).filter_map(|(_, file, _)| file.as_ref());
        self.gone = files.chain([&shared]).filter(|file| is_gone(file)).cloned().collect();
        self.living = living.into_iter().map(|(id, ..)| id).collect();
        Ok(())
    }
}
