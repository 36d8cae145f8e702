//! Benchmarks on a million made segments, as whole processes: `cargo bench`. Needs Debian's packages
//! `sqlite3` and `time`. Each figure stands beside what it is compared with; `docs/benchmarks.md` keeps the last ones.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails panics, and prints"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DATASOURCES: u64 = 10;
const PARTITIONS: u64 = 4;
/// Payloads are filled up to this many bytes.
const PAYLOAD: usize = 900;
const HOUR_MS: i64 = 3_600_000;
/// Every nineteenth chunk has a newer version as well: a twentieth of the segments is overshadowed.
const TWICE: u64 = 19;
const OLD: &str = "2014-12-01T04:12:03.860Z";
const NEW: &str = "2014-12-02T04:12:03.860Z";
/// The rules in force for all: half of the segments are older than 90 days at the time of the pass.
const RULES: &str = r#"id,dataSource,version,payload
_default_2014-12-01T00:00:00.000Z,_default,2014-12-01T00:00:00.000Z,"[{""type"":""loadByPeriod"",""period"":""P90D""},{""type"":""dropForever""}]"
"#;
const LOPPER: &str = env!("CARGO_BIN_EXE_lopper");
/// 2015-01-01T00:00:00Z, the first chunk.
const FIRST_MS: i64 = 1_420_070_400_000;

fn main() {
    let rows: u64 =
        std::env::var("LOPPER_BENCH_ROWS").map_or(1_000_000, |rows| rows.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let place = Place { folder: folder.path().to_owned() };
    make_dump(&place.path("segments.csv"), rows);
    std::fs::write(place.path("rules.csv"), RULES).unwrap();
    println!("{rows} segments, {DATASOURCES} datasources, {PAYLOAD}-byte payloads");

    let bare = place.time("sqlite3 .import into one wide table", &mut place.wide_import());
    let import = place.time("lopper import", &mut place.lopper(["import", "segments.csv"]));
    println!("  ratio {:.2}; aim: at most 1.5, peak at most 300 MB", import / bare);
    place.time(
        "lopper import again (nothing differs)",
        &mut place.lopper(["import", "segments.csv"]),
    );

    place.run(&mut place.lopper(["import", "rules.csv"]));
    place.run(&mut place.shell("lopper.db", "PRAGMA wal_checkpoint(truncate);"));
    place.copy("lopper.db", "fresh.db");

    let b = place
        .time("B: bare UPDATE of all in the wide table", &mut place.shell("wide.db", WIDE_UPDATE));
    let ratio = |what: &str, aim: &str, arguments: &[&str]| {
        let seconds = place.time(what, &mut place.lopper(arguments.iter().copied()));
        println!("  ratio to B {:.3}; aim: {aim}", seconds / b);
    };
    let all = ["mark-unused", "*", "--all"];
    ratio("lopper mark-unused --all", "at most 0.25, peak at most 200 MB", &all);
    ratio("lopper mark-unused --all (nothing to change)", "none", &all);

    place.copy("fresh.db", "lopper.db");
    let day = |days| text(FIRST_MS + days * 24 * HOUR_MS);
    let (early, half) = (day(30), day(i64::try_from(chunks(rows) / 48).unwrap() + 90));
    let pass = |at| ["enforce-rules", "*", "--at", at];
    ratio("lopper enforce-rules (drops the overshadowed twentieth)", "none", &pass(&early));
    ratio("lopper enforce-rules (drops half)", "at most 0.3, peak at most 200 MB", &pass(&half));
    ratio("lopper enforce-rules (again: nothing to change)", "at most 0.12", &pass(&half));
    let known = id(3, 5, 2, OLD);
    let explain = format!(
        "for i in $(seq 100); do {LOPPER} explain '{known}' > explained.txt || exit 1; done"
    );
    let seconds =
        place.time("100 times lopper explain ID", place.command("sh").args(["-c", &explain]));
    println!("  {:.1} ms each; aim: at most 10 ms", seconds * 10.0);

    let used = "UPDATE segment SET used = 1; PRAGMA wal_checkpoint(truncate);";
    place.time("(all used again)", &mut place.shell("lopper.db", used));
    let one =
        format!("SELECT id, start, used FROM druid_segments WHERE id = '{}';", id(3, 7, 2, OLD));
    place.time("sqlite3: one row by id; aim: at most 10 ms", &mut place.shell("lopper.db", &one));
    let from = chunks(rows) - (35_000 / PARTITIONS).min(chunks(rows));
    let start = text(FIRST_MS + i64::try_from(from).unwrap() * HOUR_MS);
    let update = format!(
        "UPDATE druid_segments SET used = 0 WHERE dataSource = 'made_3' AND start >= '{start}'; SELECT max(changed) FROM runs WHERE kind = 'sql';"
    );
    place.time(
        "sqlite3: UPDATE druid_segments of 35,000; aim: at most 2 s",
        &mut place.shell("lopper.db", &update),
    );
}

const WIDE_TABLE: &str = "CREATE TABLE druid_segments (id VARCHAR(255) NOT NULL PRIMARY KEY, dataSource VARCHAR(255) NOT NULL, created_date VARCHAR(255) NOT NULL, start VARCHAR(255) NOT NULL, \"end\" VARCHAR(255) NOT NULL, partitioned BOOLEAN NOT NULL, version VARCHAR(255) NOT NULL, used BOOLEAN NOT NULL, payload BLOB NOT NULL, used_status_last_updated VARCHAR(255) NOT NULL, indexing_state_fingerprint VARCHAR(255), upgraded_from_segment_id VARCHAR(255));
CREATE INDEX idx_druid_segments_datasource_upgraded_from_segment_id ON druid_segments (dataSource, upgraded_from_segment_id);
CREATE INDEX idx_druid_segments_datasource_used_end_start ON druid_segments (dataSource, used, \"end\", start);
CREATE INDEX idx_druid_segments_used ON druid_segments (used);";
const WIDE_UPDATE: &str =
    "PRAGMA journal_mode = wal; PRAGMA synchronous = full; UPDATE druid_segments SET used = 0;";

struct Place {
    folder: PathBuf,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn command(&self, program: &str) -> Command {
        // GNU time writes seconds and the peak in KiB behind what the program itself says on stderr.
        let mut command = Command::new("/usr/bin/time");
        command
            .args(["-f", "\n%e %M", program])
            .current_dir(&self.folder)
            .stderr(Stdio::piped())
            .stdout(Stdio::null());
        command
    }

    fn lopper<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command(LOPPER);
        command.args(arguments);
        command
    }

    fn shell(&self, store: &str, sql: &str) -> Command {
        let mut command = self.command("sqlite3");
        command.args([store, sql]);
        command
    }

    fn wide_import(&self) -> Command {
        let mut command = self.command("sqlite3");
        command.args([
            "-cmd",
            WIDE_TABLE,
            "wide.db",
            ".import --csv --skip 1 segments.csv druid_segments",
        ]);
        command
    }

    /// Runs the command, which must succeed.
    fn run(&self, command: &mut Command) {
        assert!(command.status().unwrap().success());
    }

    /// Copies a store that no process has open.
    fn copy(&self, from: &str, to: &str) {
        for leftover in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(self.path(&format!("{to}{leftover}")));
        }
        std::fs::copy(self.path(from), self.path(to)).unwrap();
    }

    /// Runs the command and prints seconds and peak memory; answers the seconds.
    fn time(&self, what: &str, command: &mut Command) -> f64 {
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{what}: {said}");
        let figures = said.lines().last().unwrap().split_once(' ').unwrap();
        let (seconds, peak): (f64, u64) = (figures.0.parse().unwrap(), figures.1.parse().unwrap());
        println!("{what}: {seconds:.2} s, peak {} MB", peak / 1024);
        seconds
    }
}

fn text(millis: i64) -> String {
    chrono::DateTime::from_timestamp_millis(millis)
        .unwrap()
        .format("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

fn id(datasource: u64, chunk: u64, partition: u64, version: &str) -> String {
    let start = FIRST_MS + i64::try_from(chunk).unwrap() * HOUR_MS;
    let suffix = if partition == 0 { String::new() } else { format!("_{partition}") };
    format!("made_{datasource}_{}_{}_{version}{suffix}", text(start), text(start + HOUR_MS))
}

/// How many hours a datasource has.
fn chunks(rows: u64) -> u64 {
    rows / DATASOURCES / PARTITIONS * TWICE / (TWICE + 1)
}

/// A dump as PostgreSQL's `COPY … CSV HEADER` writes it, but with payloads as text, as `sqlite3` would take them.
fn make_dump(path: &Path, rows: u64) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    writeln!(out, "id,datasource,created_date,start,end,partitioned,version,used,payload,used_status_last_updated,indexing_state_fingerprint,upgraded_from_segment_id").unwrap();
    for datasource in 0..DATASOURCES {
        for chunk in 0..chunks(rows) {
            let versions: &[&str] = if chunk % TWICE == 0 { &[OLD, NEW] } else { &[OLD] };
            for version in versions {
                for partition in 0..PARTITIONS {
                    make_row(&mut out, datasource, chunk, partition, version);
                }
            }
        }
    }
    out.flush().unwrap();
}

fn make_row(out: &mut impl Write, datasource: u64, chunk: u64, partition: u64, version: &str) {
    let start_ms = FIRST_MS + i64::try_from(chunk).unwrap() * HOUR_MS;
    let (start, end) = (text(start_ms), text(start_ms + HOUR_MS));
    let id = id(datasource, chunk, partition, version);
    let mut payload = format!(
        r#"{{"dataSource":"made_{datasource}","interval":"{start}/{end}","version":"{version}","loadSpec":{{"type":"s3_zip","bucket":"deep","key":"druid/segments/made_{datasource}/{start}_{end}/{version}/{partition}/index.zip","S3Schema":"s3n"}},"dimensions":"channel,cityName,comment,page,user","metrics":"count,sum_added","shardSpec":{{"type":"numbered","partitionNum":{partition},"partitions":{PARTITIONS}}},"binaryVersion":9,"size":1000000,"identifier":"{id}","lastCompactionState":{{"filler":""#
    );
    while payload.len() < PAYLOAD - 4 {
        payload.push('x');
    }
    payload.push_str("\"}}");
    let payload = payload.replace('"', "\"\"");
    writeln!(
        out,
        "{id},made_{datasource},{version},{start},{end},1,{version},1,\"{payload}\",{version},,"
    )
    .unwrap();
}
