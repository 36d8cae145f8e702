//! Drives the real program: a folder with a store, a deep storage and job files; then commands, and what they
//! answered.
//!
//! ```ignore
//! let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1", "wiki 2015-09-13/P1D v1 unused"]);
//! lopper.run(["mark-unused", "wiki", "--all"]).code(0).stdout_has("1");
//! assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments WHERE used"), ["0"]);
//! ```
#![allow(dead_code, reason = "every module of the tests uses its own part")]

pub mod accountant;
mod answer;
pub mod blobs;
pub mod bucket;
mod chance;
mod content;
pub mod reply;
mod running;
mod segment;
mod server;
pub mod tools;

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

pub use answer::Answer;
pub use chance::Chance;
pub use content::Content;
pub use running::Running;
pub use segment::{Segment, csv, csv_row, seg};
#[cfg(all(feature = "s3", feature = "gcs", feature = "azure"))]
pub use server::Server;

/// The wall clock of the program, unless a test sets another. (SQL triggers see the machine's.)
pub const NOW: &str = "2024-06-01T12:00:00.000Z";

/// A new folder, in memory where there is room: a store syncs at every commit, and on a disk the tests would
/// mostly wait for that. What a killed process has written survives it in memory as well.
pub fn temporary_folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).map_or(0, |at| at.f_bavail * at.f_frsize);
    if room > 1 << 30 { TempDir::new_in(memory) } else { TempDir::new() }.unwrap()
}

/// An installation in a folder of its own, which goes with it.
pub struct Lopper {
    folder: TempDir,
    clock: String,
}

impl Lopper {
    /// An empty folder: no store, no configuration, no job.
    pub fn new() -> Self {
        let lopper = Self { folder: temporary_folder(), clock: NOW.to_owned() };
        fs::create_dir(lopper.deep_storage()).unwrap();
        lopper
    }

    /// The wall clock of every later command.
    pub fn clock(mut self, now: &str) -> Self {
        self.clock = now.to_owned();
        self
    }

    /// The machine's clock for every later command.
    pub fn real_time(self) -> Self {
        self.clock("")
    }

    /// The sample dumps: 58 segments of four datasources, and their rules.
    pub fn import_sample(self) -> Self {
        let samples = ["copy_segments.csv", "copy_rules.csv"].map(sample);
        self.run([OsStr::new("import"), samples[0].as_os_str(), samples[1].as_os_str()]).code(0);
        self
    }

    /// Imports segments: each is a [`seg`] or its short form `"wiki 2015-09-12/P1D v1 p2 unused"`. Their files
    /// are made in the deep storage.
    pub fn segments(self, segments: impl IntoIterator<Item = impl Into<Segment>>) -> Self {
        self.add_segments(segments);
        self
    }

    /// As `segments`, in the middle of a story.
    pub fn add_segments(&self, segments: impl IntoIterator<Item = impl Into<Segment>>) {
        let segments: Vec<Segment> = segments.into_iter().map(Into::into).collect();
        for file in segments.iter().filter_map(|one| one.local_file(&self.deep_storage())) {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, b"PK: not really a zip").unwrap();
        }
        let dump = csv(&segments, &self.deep_storage());
        self.import(&self.file("segments.csv", dump));
    }

    /// Imports a file, which must succeed.
    pub fn import(&self, file: &Path) -> Answer {
        self.run([OsStr::new("import"), file.as_os_str()]).code(0)
    }

    /// Rule chains, one for each datasource: `[("wiki", r#"[{"type":"dropForever"}]"#)]`.
    pub fn rules<'a>(self, chains: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut dump = "id,dataSource,version,payload\n".to_owned();
        for (datasource, chain) in chains {
            let version = "2020-01-01T00:00:00.000Z";
            let id = format!("{datasource}_{version}");
            dump.push_str(&csv_row([id.as_str(), datasource, version, chain]));
        }
        self.import(&self.file("rules.csv", dump));
        self
    }

    /// Writes `lopper.toml` beside the store.
    pub fn config(self, toml: &str) -> Self {
        self.file("lopper.toml", toml);
        self
    }

    /// Declares the store the truth, and the deep storage a place to delete from.
    pub fn authoritative(self) -> Self {
        let root = self.deep_storage();
        let toml =
            format!("authoritative = true\n[deep_storage.local]\nroot = '{}'\n", root.display());
        self.config(&toml)
    }

    /// Writes `jobs/NAME.toml`; `name` is put in front of `toml`.
    pub fn job(self, name: &str, toml: &str) -> Self {
        self.file(&format!("jobs/{name}.toml"), format!("name = \"{name}\"\n{toml}"));
        self
    }

    /// Writes a file in the folder; answers where it is.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// A place in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The store.
    pub fn store(&self) -> PathBuf {
        self.path("lopper.db")
    }

    /// The root of local deep storage.
    pub fn deep_storage(&self) -> PathBuf {
        self.path("deep-storage")
    }

    /// The program, with this folder as its working directory and nothing of the machine's settings.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lopper"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("LOPPER_STORE")
            .env_remove("LOPPER_CONFIG")
            .env_remove("LOPPER_JOBS")
            .env_remove("LOPPER_TEST_CLOCK")
            .stdin(Stdio::null());
        if !self.clock.is_empty() {
            command.env("LOPPER_TEST_CLOCK", &self.clock);
        }
        command
    }

    /// Runs the program to its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Answer {
        Answer::of(&mut self.command(arguments))
    }

    /// Runs a one-off command, which must succeed; answers the report of its only step.
    #[track_caller]
    pub fn step<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Value {
        let mut command = self.command(arguments);
        Answer::of(command.args(["--output", "json"])).code(0).json()["steps"][0].take()
    }

    /// Runs the program with `input` on its standard input.
    pub fn run_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: impl AsRef<[u8]>,
    ) -> Answer {
        Answer::of_input(&mut self.command(arguments), input.as_ref())
    }

    /// Runs statements on the store with the SQLite of this test; answers the rows as the stock shell prints
    /// them: columns parted by `|`, NULL as nothing.
    pub fn sql(&self, statements: &str) -> Vec<String> {
        content::rows(&self.connection(), statements).unwrap()
    }

    /// As `sql`; answers why the statements failed.
    pub fn sql_error(&self, statements: &str) -> String {
        content::rows(&self.connection(), statements).unwrap_err().to_string()
    }

    /// The store, opened without the program.
    pub fn connection(&self) -> Connection {
        assert!(self.store().exists(), "there is no store yet");
        Connection::open(self.store()).unwrap()
    }

    /// Runs statements on the store with the machine's own `sqlite3` shell; where there is none, with the SQLite
    /// of this test, which answers alike.
    pub fn shell(&self, statements: &str) -> Answer {
        let mut shell = Command::new("sqlite3");
        // ~/.sqliterc must not change what the shell prints.
        shell.args(["-init", "/dev/null", "-batch"]).arg(self.store()).arg(statements);
        if tools::has("sqlite3") {
            Answer::of(shell.current_dir(self.folder.path()).stdin(Stdio::null()))
        } else {
            Answer::of_sqlite(&shell, content::rows(&self.connection(), statements))
        }
    }

    /// All that the store holds, to compare before and after.
    pub fn dump(&self) -> Content {
        Content::of(&self.store())
    }

    /// Tells a story after which the store must hold what it held before.
    #[track_caller]
    pub fn store_unchanged<T>(&self, story: impl FnOnce(&Self) -> T) -> T {
        let before = self.dump();
        let told = story(self);
        before.assert_same(&self.dump());
        told
    }

    /// The files in deep storage, relative to its root, sorted.
    pub fn deep_files(&self) -> Vec<String> {
        let root = self.deep_storage();
        let mut files = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(folder) {
                // A kill that goes on has taken the folder away meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                entries => entries.unwrap(),
            };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(&root).unwrap().display().to_string());
                }
            }
        }
        files.sort();
        files
    }

    /// What marks change: id, state and stamp of each segment, sorted.
    pub fn states(&self) -> Vec<String> {
        self.sql(
            "SELECT id, used, used_status_last_updated FROM druid_segments ORDER BY dataSource, id",
        )
    }

    /// How runs ended, in order: `"mark-unused done"`.
    pub fn runs(&self) -> Vec<String> {
        self.sql("SELECT name || ' ' || outcome FROM runs ORDER BY run")
    }

    /// Another owner's lock, until an instant or for ever.
    pub fn lock(&self, datasource: &str, start: &str, end: &str, expires: Option<&str>) {
        let connection = self.connection();
        let sql = "INSERT INTO locks (datasource, start, \"end\", kind, owner, expires)
                   VALUES (?1, ?2, ?3, 'replace', 'index_parallel_wiki', ?4)";
        connection.execute(sql, (datasource, start, end, expires)).unwrap();
    }

    /// The text ids of segments in that state, sorted.
    pub fn ids(&self, used: bool) -> Vec<String> {
        let used = u8::from(used);
        self.sql(&format!("SELECT id FROM druid_segments WHERE used = {used} ORDER BY id"))
    }
}

/// A sample dump of the repository.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/samples").join(name)
}
