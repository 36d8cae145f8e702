//! Others write between the batches of a kill. (`cargo bench --bench kill` measures it with 100,000 segments.)

use std::time::{Duration, Instant};

use crate::support::{Lopper, Running, Segment, seg};

const SEGMENTS: i32 = 20_000;

/// Far above what is measured, far below what a writer would wait if a kill never paused.
const LONGEST: Duration = Duration::from_secs(2);

#[test]
fn another_writer_gets_its_turn_all_through_a_kill() {
    let doomed = (0..SEGMENTS).map(|number| -> Segment {
        // No files: what is measured is the store.
        let load = serde_json::json!({"type": "tombstone"});
        seg("wiki", "2015-09-12/P1D").unused().partition(number).load(load)
    });
    let neighbour = seg("koalas", "2015-09-12/P1D");
    let lopper = Lopper::new().authoritative().segments(doomed.chain([neighbour]));
    let other = lopper.connection();
    other.busy_timeout(Duration::from_secs(30)).unwrap();
    let mut kill = Running::start(&mut lopper.command(["kill", "wiki", "--yes"]));
    let (mut longest, mut turns) = (Duration::ZERO, 0);
    while kill.is_running() {
        let begun = Instant::now();
        other
            .execute("UPDATE druid_segments SET used = 1 - used WHERE dataSource = 'koalas'", [])
            .unwrap();
        longest = longest.max(begun.elapsed());
        turns += 1;
    }
    kill.end().code(0);
    assert!(turns >= 5, "{turns} turns");
    assert!(longest < LONGEST, "waited {longest:?}");
}
