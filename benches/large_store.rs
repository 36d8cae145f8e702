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
/// 2015-01-01T00:00:00Z, the first chunk.
const FIRST_MS: i64 = 1_420_070_400_000;

fn main() {
    let rows: u64 =
        std::env::var("LOPPER_BENCH_ROWS").map_or(1_000_000, |rows| rows.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let place = Place { folder: folder.path().to_owned() };
    make_dump(&place.path("segments.csv"), rows);
    println!("{rows} segments, {DATASOURCES} datasources, {PAYLOAD}-byte payloads");

    let bare = place.time("sqlite3 .import into one wide table", &mut place.wide_import());
    let import = place.time("lopper import", &mut place.lopper(["import", "segments.csv"]));
    println!("  ratio {:.2}; aim: at most 1.5, peak at most 300 MB", import / bare);
    place.time(
        "lopper import again (nothing differs)",
        &mut place.lopper(["import", "segments.csv"]),
    );

    let b = place
        .time("B: bare UPDATE of all in the wide table", &mut place.shell("wide.db", WIDE_UPDATE));
    let all =
        place.time("lopper mark-unused --all", &mut place.lopper(["mark-unused", "*", "--all"]));
    println!("  ratio to B {:.2}", all / b);
    let again = place.time(
        "lopper mark-unused --all (nothing to change)",
        &mut place.lopper(["mark-unused", "*", "--all"]),
    );
    println!("  ratio to B {:.2}", again / b);

    let used = "UPDATE segment SET used = 1; PRAGMA wal_checkpoint(truncate);";
    place.time("(all used again)", &mut place.shell("lopper.db", used));
    let one = format!("SELECT id, start, used FROM druid_segments WHERE id = '{}';", id(3, 7, 2));
    place.time("sqlite3: one row by id; aim: at most 10 ms", &mut place.shell("lopper.db", &one));
    let chunks = rows / DATASOURCES / PARTITIONS;
    let from = chunks - (35_000 / PARTITIONS).min(chunks);
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

    fn lopper<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_lopper"));
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

fn id(datasource: u64, chunk: u64, partition: u64) -> String {
    let start = FIRST_MS + i64::try_from(chunk).unwrap() * HOUR_MS;
    let suffix = if partition == 0 { String::new() } else { format!("_{partition}") };
    format!(
        "made_{datasource}_{}_{}_2023-08-10T04:12:03.860Z{suffix}",
        text(start),
        text(start + HOUR_MS)
    )
}

/// A dump as PostgreSQL's `COPY … CSV HEADER` writes it, but with payloads as text, as `sqlite3` would take them.
fn make_dump(path: &Path, rows: u64) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    writeln!(out, "id,datasource,created_date,start,end,partitioned,version,used,payload,used_status_last_updated,indexing_state_fingerprint,upgraded_from_segment_id").unwrap();
    for row in 0..rows {
        let datasource = row / (rows / DATASOURCES).max(1);
        let (chunk, partition) = (row % (rows / DATASOURCES).max(1) / PARTITIONS, row % PARTITIONS);
        let start_ms = FIRST_MS + i64::try_from(chunk).unwrap() * HOUR_MS;
        let (start, end) = (text(start_ms), text(start_ms + HOUR_MS));
        let id = id(datasource, chunk, partition);
        let version = "2023-08-10T04:12:03.860Z";
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
    out.flush().unwrap();
}
