//! Benchmarks of kill, as whole processes: `cargo bench --bench kill`. 100,000 segments, of which each has a file of
//! 1 KB, or none at all (tombstones); alone, and beside a second writer that marks segments all the time.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails panics, and prints"
)]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

const LOPPER: &str = env!("CARGO_BIN_EXE_lopper");
/// Segments in an hour.
const PARTITIONS: u64 = 4;
/// 2015-01-01T00:00:00Z, the first hour.
const FIRST_MS: i64 = 1_420_070_400_000;
const HOUR_MS: i64 = 3_600_000;
const VERSION: &str = "2014-12-01T04:12:03.860Z";
/// What the second writer marks, again and again.
const NEIGHBOURS: u64 = 100;

fn main() {
    let segments: u64 =
        std::env::var("LOPPER_BENCH_ROWS").map_or(100_000, |rows| rows.parse().unwrap());
    for (files, aim) in [(false, 30_000), (true, 10_000)] {
        for writer in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            prepare(folder.path(), segments, files);
            let begun = Instant::now();
            let mut kill = kill(folder.path());
            let waits = writer.then(|| write_beside(folder.path(), &mut kill));
            let output = kill.wait().unwrap();
            let seconds = begun.elapsed().as_secs_f64();
            assert!(output.success());
            check(folder.path(), segments);
            let what = if files { "files of 1 KB" } else { "metadata only" };
            #[expect(clippy::cast_precision_loss, reason = "a rate to read")]
            let rate = segments as f64 / seconds;
            print!("{what}: {segments} segments in {seconds:.2} s, {rate:.0}/s (aim: {aim}/s)");
            match waits {
                None => println!(", alone"),
                Some((count, longest)) => println!(
                    ", beside {count} transactions of another writer; its longest wait {} ms (aim: 250 ms)",
                    longest.as_millis()
                ),
            }
        }
    }
}

fn prepare(folder: &Path, segments: u64, files: bool) {
    let deep = folder.join("deep");
    fs::create_dir(&deep).unwrap();
    let config =
        format!("authoritative = true\n[deep_storage.local]\nroot = \"{}\"\n", deep.display());
    fs::write(folder.join("lopper.toml"), config).unwrap();
    let mut dump = BufWriter::new(File::create(folder.join("segments.csv")).unwrap());
    writeln!(dump, "id,datasource,created_date,start,end,partitioned,version,used,payload,used_status_last_updated").unwrap();
    for number in 0..segments {
        write_segment(&mut dump, &deep, "made", number, files, false);
    }
    for number in 0..NEIGHBOURS {
        write_segment(&mut dump, &deep, "neighbour", number, false, true);
    }
    dump.flush().unwrap();
    let import = lopper(folder, &["import", "segments.csv"]).status().unwrap();
    assert!(import.success());
}

fn write_segment(
    dump: &mut impl Write,
    deep: &Path,
    datasource: &str,
    number: u64,
    has_file: bool,
    used: bool,
) {
    let partition = number % PARTITIONS;
    let start = FIRST_MS + i64::try_from(number / PARTITIONS).unwrap() * HOUR_MS;
    let (start, end) = (text(start), text(start + HOUR_MS));
    let suffix = if partition == 0 { String::new() } else { format!("_{partition}") };
    let load_spec = if has_file {
        let own = deep.join(format!("{datasource}/{start}_{end}/{VERSION}/{partition}"));
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("index.zip"), [7; 1024]).unwrap();
        format!(r#"{{"type":"local","path":"{}/index.zip"}}"#, own.display())
    } else {
        r#"{"type":"tombstone"}"#.to_owned()
    };
    let payload = format!(
        r#"{{"dataSource":"{datasource}","interval":"{start}/{end}","version":"{VERSION}","loadSpec":{load_spec},"dimensions":"channel,cityName,comment,page,user","metrics":"count,sum_added","shardSpec":{{"type":"numbered","partitionNum":{partition},"partitions":{PARTITIONS}}},"binaryVersion":9,"size":1024}}"#
    );
    writeln!(
        dump,
        "{datasource}_{start}_{end}_{VERSION}{suffix},{datasource},{VERSION},{start},{end},1,{VERSION},{},\"{}\",{VERSION}",
        u8::from(used),
        payload.replace('"', "\"\"")
    )
    .unwrap();
}

fn lopper(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(LOPPER);
    command.args(arguments).args(["--quiet"]).current_dir(folder).stdout(Stdio::null());
    command
}

fn kill(folder: &Path) -> Child {
    lopper(folder, &["kill", "made", "--yes"]).spawn().unwrap()
}

/// Marks another datasource's segments until the kill ends; answers how often, and the longest that one took.
fn write_beside(folder: &Path, kill: &mut Child) -> (u64, Duration) {
    let store = Connection::open(folder.join("lopper.db")).unwrap();
    store.busy_timeout(Duration::from_secs(10)).unwrap();
    let (mut count, mut longest) = (0, Duration::ZERO);
    while kill.try_wait().unwrap().is_none() {
        let begun = Instant::now();
        store
            .execute_batch(
                "BEGIN IMMEDIATE; UPDATE druid_segments SET used = 1 - used WHERE dataSource = 'neighbour'; COMMIT",
            )
            .unwrap();
        longest = longest.max(begun.elapsed());
        count += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    (count, longest)
}

fn check(folder: &Path, segments: u64) {
    let store = Connection::open(folder.join("lopper.db")).unwrap();
    let done: u64 = store
        .query_row("SELECT count(*) FROM deletion WHERE state = 'done'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(done, segments);
    assert_eq!(fs::read_dir(folder.join("deep")).unwrap().count(), 0);
}

fn text(millis: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(millis).unwrap();
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
