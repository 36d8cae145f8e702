//! The scheduler with 1,000 job files, as a whole process: `cargo bench --bench schedule`. How long its start takes,
//! what it costs while nothing is due, and how late runs begin when seventeen are due in every second.
//! Linux alone: it reads `/proc`. `docs/benchmarks.md` keeps the last figures.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that fails panics, and prints"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

const LOPPER: &str = env!("CARGO_BIN_EXE_lopper");
const JOBS: u32 = 1_000;
const IDLE: Duration = Duration::from_secs(30);
const BUSY: Duration = Duration::from_secs(60);
/// What the kernel counts CPU time in.
const TICK_MS: u64 = 10;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(
        path.join("segments.csv"),
        "id,dataSource,created_date,start,end,partitioned,version,used,payload\n",
    )
    .unwrap();
    let imported = lopper(path).args(["import", "segments.csv"]).output().unwrap();
    assert!(imported.status.success(), "{imported:?}");

    write_jobs(path, |_| "0 0 1 1 *".to_owned());
    let (mut scheduler, took) = start(path);
    println!("{JOBS} job files: acts after {} ms (aim: under 1,000 ms)", took.as_millis());
    let before = cpu_ms(&scheduler);
    std::thread::sleep(IDLE);
    let spent = cpu_ms(&scheduler) - before;
    let share = spent as f64 / IDLE.as_millis() as f64 * 100.0;
    println!("nothing due: {share:.2} % of one core");
    stop(&mut scheduler);

    write_jobs(path, |number| format!("{} * * * * *", number % 60));
    let (mut scheduler, _) = start(path);
    std::thread::sleep(BUSY);
    stop(&mut scheduler);
    tell_lateness(&path.join("lopper.db"));
}

fn lopper(folder: &Path) -> Command {
    let mut command = Command::new(LOPPER);
    command.current_dir(folder);
    command
}

fn write_jobs(folder: &Path, schedule: impl Fn(u32) -> String) {
    let jobs = folder.join("jobs");
    std::fs::create_dir_all(&jobs).unwrap();
    for number in 0..JOBS {
        let text = format!(
            "name = \"job-{number}\"\nschedule = \"{}\"\n\n[[step]]\nop = \"check\"\nsql = \"SELECT 1 WHERE 0\"\n",
            schedule(number)
        );
        std::fs::write(jobs.join(format!("job-{number}.toml")), text).unwrap();
    }
}

/// Starts a scheduler; answers how long it took until it acted.
fn start(folder: &Path) -> (Child, Duration) {
    let begun = Instant::now();
    let mut child = lopper(folder).args(["schedule", "-v"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("this scheduler acts now")));
    let took = begun.elapsed();
    std::thread::spawn(move || lines.count());
    (child, took)
}

fn stop(scheduler: &mut Child) {
    let pid = rustix::process::Pid::from_child(scheduler);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(scheduler.wait().unwrap().success());
}

/// The CPU time that a process has used, its own and the kernel's for it, in milliseconds.
fn cpu_ms(process: &Child) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks: u64 = fields.split(' ').skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum();
    ticks * TICK_MS
}

fn tell_lateness(store: &Path) {
    let store = Connection::open(store).unwrap();
    let sql = "SELECT started_ms - logical_ms FROM run WHERE cause = 'schedule' ORDER BY 1";
    let mut statement = store.prepare(sql).unwrap();
    let late: Vec<i64> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let at = |share: usize| late[(late.len() - 1) * share / 100];
    println!(
        "{} runs on their fires: late by {} ms in the middle, {} ms of 99 in 100, {} ms at most (aim: under 100 ms)",
        late.len(),
        at(50),
        at(99),
        at(100)
    );
}
