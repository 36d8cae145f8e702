//! Work on 100,000 of each thing, as whole processes or as plain SQL: `cargo bench --bench growth`. Whatever grew faster
//! than n log n would take minutes.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails panics, and prints"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rusqlite::Connection;

const LOPPER: &str = env!("CARGO_BIN_EXE_lopper");
/// The longest that each may take, in seconds.
const AIM: f64 = 3.0;

/// A store with a datasource `wiki`, number 1, in a folder of its own.
struct Story {
    folder: tempfile::TempDir,
    rows: u64,
}

impl Story {
    fn new(rows: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        let story = Self { folder, rows };
        let root = story.path("deep");
        let config =
            format!("authoritative = true\n[deep_storage.local]\nroot = \"{}\"\n", root.display());
        fs::write(story.path("lopper.toml"), config).unwrap();
        // A rule of another datasource makes the store.
        let version = "2020-01-01T00:00:00.000Z";
        let rule = format!(
            "{{\"id\":\"other_{version}\",\"dataSource\":\"other\",\"version\":\"{version}\",\"payload\":[{{\"type\":\"loadForever\"}}]}}\n"
        );
        fs::write(story.path("rule.jsonl"), rule).unwrap();
        let made = story.command(&["import", "rule.jsonl"]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        story.sql("INSERT INTO datasource (id, name) VALUES (1, 'wiki')");
        story
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn connection(&self) -> Connection {
        let connection = Connection::open(self.path("lopper.db")).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
        connection
    }

    /// Carries out statements in which `{n}` is the number of rows, `{rows}` makes `i` from 1 to it, and `{deep}` is the
    /// root of deep storage.
    fn sql(&self, statements: &str) -> &Self {
        let rows = self.rows;
        let all = format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})"
        );
        let statements = statements
            .replace("{rows}", &all)
            .replace("{n}", &rows.to_string())
            .replace("{deep}", &self.path("deep").display().to_string());
        self.connection().execute_batch(&format!("BEGIN; {statements}; COMMIT")).unwrap();
        self
    }

    /// Segments of an hour each; the columns are expressions over `i`.
    fn segments(&self, datasource: &str, version: &str, used: u8, file: &str) -> &Self {
        self.timed_segments(
            datasource,
            "1420070400000 + i * 3600000",
            "1420074000000 + i * 3600000",
            version,
            used,
            file,
        )
    }

    fn timed_segments(
        &self,
        datasource: &str,
        start: &str,
        end: &str,
        version: &str,
        used: u8,
        file: &str,
    ) -> &Self {
        self.sql(&format!(
            "{{rows}} INSERT INTO segment (datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size,
                                        shard_type, core_partitions, load_type, created_ms)
             SELECT {datasource}, {start}, {end}, {version}, 0, {used}, 1420070400000, 10, 'numbered', 1, 'local', 1420070400000
               FROM n;
             {{rows}}, made AS (SELECT min(s.id) AS first FROM segment AS s WHERE s.id NOT IN (SELECT segment_id FROM payload))
             INSERT INTO payload (segment_id, id, partitioned, file, file_hash, payload)
             SELECT made.first + i - 1, 'made_' || (made.first + i - 1), 1, {file}, i, '{{}}' FROM n, made"
        ))
    }

    /// Locks of half an hour on every hour.
    fn locks(&self) -> &Self {
        self.sql(
            "{rows} INSERT INTO lock (datasource, start_ms, end_ms, kind, owner, created_ms)
             SELECT 'wiki', 1420070400000 + i * 3600000, 1420072200000 + i * 3600000, 'read', 'reader', 0 FROM n",
        )
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(LOPPER);
        command.args(arguments).arg("--quiet").current_dir(self.folder.path());
        command.stdout(Stdio::null());
        command
    }

    /// Times a command that must end with one of these codes.
    fn times(&self, what: &str, arguments: &[&str], codes: &[i32]) {
        let mut command = self.command(arguments);
        let begun = Instant::now();
        let output = command.stderr(Stdio::piped()).output().unwrap();
        tell(what, begun);
        let code = output.status.code().unwrap();
        assert!(codes.contains(&code), "{code}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn tell(what: &str, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let late = if seconds > AIM { "  <- beyond the aim" } else { "" };
    println!("| {what} | {seconds:.2} |{late}");
}

/// Nested rules, each of which contains the one before it.
fn nested(count: u64) -> String {
    let rule = |at: u64| {
        let (start, end) = (1990 - at / 12 % 900, 2030 + at / 12 % 900);
        let month = at % 12 + 1;
        format!(
            r#"{{"type":"dropByInterval","interval":"{start}-{:02}-01/{end}-{month:02}-01"}}"#,
            13 - month
        )
    };
    format!("[{}]", (0..count).map(rule).collect::<Vec<_>>().join(","))
}

const FILE: &str = "'file:{deep}/wiki/i/v/' || i || '/index.zip'";
const KILL: &[&str] = &["kill", "wiki", "--yes", "-n", "--ignore-duration-to-retain"];

fn main() {
    let rows: u64 =
        std::env::var("LOPPER_BENCH_ROWS").map_or(100_000, |rows| rows.parse().unwrap());
    println!("| {rows} of each | seconds |\n|---|---|");
    marks(rows);
    kills(rows);
    names(rows);
    rules(rows);
    files(rows);
}

fn marks(rows: u64) {
    let story = Story::new(rows);
    story.segments("1", "'v1'", 1, FILE).locks();
    story.times(
        "`mark-unused` between locks, `on_conflict = \"skip\"`",
        &["mark-unused", "wiki", "--all", "--on-conflict", "skip", "-n"],
        &[0],
    );
    story.sql("UPDATE segment SET start_ms = start_ms + 1800000");
    let connection = story.connection();
    let begun = Instant::now();
    connection.execute("UPDATE druid_segments SET used = 0 WHERE dataSource = 'wiki'", []).unwrap();
    tell("`UPDATE druid_segments` between locks", begun);
    let wide = Story::new(rows);
    wide.timed_segments("1", "1420070400000", "1420074000000", "'v1'", 1, FILE);
    wide.sql("UPDATE segment SET partition_num = id, core_partitions = 0");
    wide.timed_segments("1", "1420070400000", "1420074000000", "'v2'", 1, FILE);
    wide.sql("UPDATE segment SET partition_num = id, core_partitions = 0 WHERE version = 'v2'");
    wide.times(
        "`mark-unused` of a version of one interval that hides as many partitions",
        &["mark-unused", "wiki", "--interval", "2015-01-01/2015-01-02", "--version", "v2", "-n"],
        &[0],
    );
}

fn kills(rows: u64) {
    let story = Story::new(rows);
    story.segments("1", "'v1'", 0, FILE).locks();
    story.times("`kill` between locks", KILL, &[0]);
    let versions = Story::new(rows);
    versions.timed_segments("1", "1420070400000", "1420074000000", "printf('v%08d', i)", 0, FILE);
    versions.times(
        "`kill --keep-versions 3` of versions of one interval",
        &[KILL, &["--keep-versions", "3"]].concat(),
        &[0],
    );
    versions.times(
        "`kill --keep-versions 1000`",
        &[KILL, &["--keep-versions", "1000"]].concat(),
        &[0],
    );
    let shared = Story::new(rows);
    shared.segments("1", "'v1'", 0, "'file:{deep}/wiki/shared.zip'");
    shared.sql("UPDATE payload SET file_hash = 7");
    shared.times(
        "`kill` of rows that share one file, for good",
        &[
            "kill",
            "wiki",
            "--yes",
            "--ignore-duration-to-retain",
            "--missing-files",
            "accept",
            "--batch-size",
            "100000",
        ],
        &[0],
    );
}

fn names(rows: u64) {
    let story = Story::new(rows);
    story.sql("{rows} INSERT INTO datasource (id, name) SELECT 1 + i, 'source_' || i FROM n");
    story.segments("1 + i", "'v1'", 1, FILE);
    story.times("`mark-unused '*'` over datasources", &["mark-unused", "*", "--all", "-n"], &[0]);
    story.times("`enforce-rules '*'` over datasources", &["enforce-rules", "*", "-n"], &[0]);
    story.times("`rules lint` over datasources", &["rules", "lint"], &[0, 1]);
}

fn rules(rows: u64) {
    let story = Story::new(rows);
    story.segments("1", "'v1'", 1, FILE);
    set_rules(&story, &nested(1000));
    story.times("`rules lint` of 1,000 nested drop rules", &["rules", "lint", "wiki"], &[0, 1]);
    story.times(
        "`enforce-rules` by 1,000 nested drop rules",
        &["enforce-rules", "wiki", "-n"],
        &[0],
    );
    story.sql("UPDATE segment SET used = 0");
    story.times(
        "`mark-used` of what 1,000 nested drop rules take back",
        &["mark-used", "wiki", "--all", "-n"],
        &[0],
    );
    let tombstones = Story::new(rows);
    let start = "-4611686018427387904";
    tombstones.timed_segments("1", start, "1420074000000 + i * 3600000", "'v2'", 1, FILE);
    tombstones.sql("UPDATE segment SET shard_type = 'tombstone', core_partitions = 0");
    tombstones.segments("1", "'v1'", 1, FILE);
    tombstones.times(
        "`enforce-rules` over eternity tombstones and what they hide",
        &["enforce-rules", "wiki", "-n", "--overshadow-grace", "PT0S"],
        &[0, 5],
    );
}

fn set_rules(story: &Story, chain: &str) {
    fs::write(story.path("chain.json"), chain).unwrap();
    let set = story.command(&["rules", "set", "wiki", "chain.json"]).status().unwrap();
    assert!(set.success());
}

fn files(rows: u64) {
    let story = Story::new(rows);
    story.segments("1", "'v1'", 1, FILE).locks();
    // Between the locks.
    orphans(&story.path("deep"), rows);
    story.times(
        "`fsck --deep-storage` with orphans between locks",
        &["fsck", "--deep-storage", "--min-age", "PT0S"],
        &[1],
    );
}

/// Empty files that nothing names, as Druid lays out segments.
fn orphans(root: &Path, rows: u64) {
    for number in 0..rows {
        let hour = 1_420_070_400_000 + i64::try_from(number).unwrap() * 3_600_000 + 1_800_000;
        let text = |millis| {
            let time = chrono::DateTime::from_timestamp_millis(millis).unwrap();
            time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
        };
        let folder = root.join(format!("wiki/{}_{}/v/0", text(hour), text(hour + 1_800_000)));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.zip"), "").unwrap();
    }
}
