//! One line for each event, which names the job and, once there is one, the run.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{MARK, days};
use crate::support::{Answer, Lopper};

/// One job that runs, one that fails, one that is passed over.
fn three() -> Lopper {
    let lopper = days(1)
        .job("tidy", &format!("schedule = '0 12 * * *'\n{MARK}"))
        .job("broken", "schedule = '0 12 * * *'\n[[step]]\nop = 'check'\nsql = \"SELECT 1 AS one, 'two\\nlines'\"")
        .job("late", &format!("schedule = '50 11 * * *'\n{MARK}"));
    lopper.tick("11:30");
    lopper
}

fn lines(answer: &Answer) -> Vec<Value> {
    answer.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn in_json_each_line_is_an_object_with_job_and_run() {
    let lopper = three();
    let answer =
        Answer::of(&mut lopper.then("12:00", &["schedule", "--once", "--log-format", "json"]))
            .code(1);
    let lines = lines(&answer);
    let of = |message: &str, job: &str| -> Vec<&Value> {
        let is_it = |line: &&Value| {
            let fields = &line["fields"];
            fields["message"].as_str().unwrap().starts_with(message) && fields["job"] == job
        };
        lines.iter().filter(is_it).map(|line| &line["fields"]).collect()
    };
    let number = |job: &str| -> i64 {
        lopper.sql(&format!("SELECT run FROM runs WHERE name = '{job}'")).remove(0).parse().unwrap()
    };
    let ended = of("run ended", "tidy");
    assert_eq!(ended.len(), 1, "{answer}");
    assert_eq!(ended[0]["run"], number("tidy"));
    assert_eq!((&ended[0]["outcome"], &ended[0]["changed"]), (&"done".into(), &1.into()));
    assert_eq!(ended[0]["fire"], "2024-06-01T12:00:00.000Z");
    let failed = of("run failed", "broken");
    assert_eq!(failed.len(), 1, "{answer}");
    assert_eq!(failed[0]["run"], number("broken"));
    assert_eq!(of("fire passed over: nothing could start it in time", "late").len(), 1, "{answer}");
    for job in ["tidy", "broken"] {
        assert_eq!(of("run begins", job).len(), 1, "{answer}");
    }
}

#[test]
fn as_text_each_event_is_one_line() {
    let lopper = three().job("wrong", "schedule = '99 * * * *'\nop = 'kill'\n");
    let answer = lopper.tick_ends("12:00", 1);
    let is_event = |line: &str| {
        line.starts_with("2")
            && [" INFO ", " WARN ", "ERROR "].iter().any(|level| line.contains(level))
    };
    assert!(answer.stderr.lines().all(is_event), "{answer}");
    answer
        .stderr_has("run ended job=tidy run=")
        .stderr_has("job=broken run=")
        .stderr_has("missed=0")
        .stderr_has("job file is broken: jobs/wrong.toml:1:1: ")
        .stderr_has(" | jobs/wrong.toml:2:13: 99 is out of range for the minute; help: ");
}

/// A hook may take long.
#[test]
fn a_run_has_ended_before_its_hook_has() {
    let lopper =
        days(1).job("tidy", &format!("schedule = '0 12 * * *'\non_success = 'echo hi'\n{MARK}"));
    lopper.tick("11:30");
    let answer = lopper.tick("12:00");
    let at = |event: &str| answer.stderr.lines().position(|line| line.contains(event));
    let (run, hook) = (at("run ended job=tidy"), at("hook ended: hi job=tidy"));
    assert!(run.is_some() && run < hook, "{answer}");
}

/// Whoever reads the log may die first: the jobs go on.
#[test]
fn nobody_need_read_it() {
    let lopper = days(1).job("tidy", &format!("schedule = '* * * * * *'\n{MARK}")).real_time();
    let mut command = lopper.command(["schedule", "-v"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    let begun = Instant::now();
    let done = "SELECT count(*) >= 2 FROM runs WHERE cause = 'schedule' AND outcome = 'done'";
    while lopper.sql(done) == ["0"] {
        assert_eq!(child.try_wait().unwrap(), None, "it ended");
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing runs");
        std::thread::yield_now();
    }
    let kill = format!("kill -TERM {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

/// Its log goes into a pipe that is full and that nobody reads, so that its loop stands still.
#[test]
fn a_log_that_nobody_reads_keeps_no_signal_from_ending_it() {
    let lopper = days(1).job("tidy", &format!("schedule = '* * * * * *'\n{MARK}"));
    for (is_patient, code) in [(false, 143), (true, 1)] {
        let (_reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&[b'x'; 1 << 16]).unwrap();
        let mut command = lopper.command(["schedule", "--grace", "PT1S"]);
        let mut scheduler = command.stdout(Stdio::null()).stderr(writer).spawn().unwrap();
        let pid = scheduler.id().to_string();
        let begun = Instant::now();
        let stands = || fs::read_to_string(format!("/proc/{pid}/syscall")).unwrap_or_default();
        // write(2, …), on the platforms that this runs on
        while !["1 0x2 ", "64 0x2 "].iter().any(|call| stands().starts_with(call)) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{}", stands());
            std::thread::yield_now();
        }
        let ask = || Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        let begun = Instant::now();
        ask();
        let ended = loop {
            if let Some(ended) = scheduler.try_wait().unwrap() {
                break ended;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
            if !is_patient {
                ask();
            }
            std::thread::yield_now();
        };
        assert_eq!(ended.code(), Some(code));
    }
}
