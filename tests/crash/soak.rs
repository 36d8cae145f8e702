//! A minute of everything at once: two kills, marks, and a kill that dies every second.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Lopper, Running, Segment, seg};

const SEGMENTS: i32 = 50_000;
const TIME: Duration = Duration::from_secs(60);

/// Small batches, so that the minute is not too long for so few segments.
const KILL: [&str; 5] = ["kill", "wiki", "--yes", "--batch-size", "10"];

/// `cargo test --test lopper soak -- --ignored --nocapture`
#[test]
#[ignore = "takes more than a minute"]
fn two_kills_marks_and_a_death_every_second_lose_nothing() {
    let segments = (0..SEGMENTS).map(|number| -> Segment {
        let (day, partition) = (number % 100, number / 100);
        let day = format!("2015-{:02}-{:02}/P1D", day / 25 + 1, day % 25 + 1);
        seg("wiki", &day).unused().partition(partition)
    });
    let lopper = Lopper::new().authoritative().segments(segments);
    let ids = lopper.sql("SELECT id FROM druid_segments ORDER BY id");
    let is_over = AtomicBool::new(false);
    let [kills, marks, deaths] = [const { AtomicU32::new(0) }; 3];
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    lopper.run(KILL).code(0);
                    kills.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        scope.spawn(|| {
            // In April alone: each mark begins a buffer anew.
            for number in (0..).step_by(7) {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let day = format!("2015-04-{:02}/P1D", number % 25 + 1);
                for mark in ["mark-used", "mark-unused"] {
                    let step = [mark, "wiki", "--interval", &day, "--on-conflict", "skip"];
                    lopper.run(step).code(0);
                    marks.fetch_add(1, Ordering::Relaxed);
                    living_have_their_files(&lopper);
                }
            }
        });
        while begun.elapsed() < TIME {
            let kill = Running::start(&mut lopper.command(KILL));
            thread::sleep(Duration::from_secs(1));
            kill.signal("KILL");
            drop(kill.end());
            deaths.fetch_add(1, Ordering::Relaxed);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    lopper.assert_sound(&ids, "after a minute");
    let left = lopper.sql("SELECT count(*) FROM segments").remove(0);
    // What was marked unused meanwhile has a new stamp: its buffer runs anew.
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    lopper.run(["kill", "wiki", "--yes", "--buffer-period", "PT0S"]).code(0);
    lopper.assert_sound(&ids, "at the end");
    assert!(lopper.deep_files().is_empty());
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["done"]);
    assert_eq!(lopper.sql("SELECT count(*) FROM lock"), ["0"]);
    println!(
        "{kills:?} kills, {marks:?} marks, {deaths:?} deaths; {left} segments were left after the minute"
    );
}

/// A file that is gone while its row lives is a segment lost.
fn living_have_their_files(lopper: &Lopper) {
    let used = "SELECT s.id || ' ' || p.file FROM segment AS s JOIN payload AS p ON p.segment_id = s.id WHERE s.used";
    for row in lopper.sql(used) {
        let (id, file) = row.split_once(" file:").unwrap();
        if !std::path::Path::new(file).exists() {
            // Nobody else marks, and what is used is not killed.
            panic!("{file} of the used segment {id} is gone");
        }
    }
}
