//! The sweep's work grows with the number of groups, however they are nested.

use lopper::druid::timeline::{Chunk, Hidden, Piece, Row, Sink, Sweep};

/// Counts what is told.
#[derive(Debug, Default)]
struct Count {
    hidden: usize,
    pieces: usize,
}

impl Sink for Count {
    fn hidden(&mut self, _: Hidden) {
        self.hidden += 1;
    }

    fn visible(&mut self, _: Piece<'_>) {
        self.pieces += 1;
    }
}

/// Minutes of a month.
const MINUTES: i64 = 43_200;
/// A group opens, passes a boundary at each end, is exposed, closes, and is forgotten by what it
/// watched.
const STEPS_PER_GROUP: u64 = 6;

/// One group of one segment.
struct Group {
    start: i64,
    end: i64,
    version: String,
    stamp: i64,
    is_complete: bool,
}

fn minute(at: i64, version: &str) -> Group {
    let version = version.to_owned();
    Group { start: at, end: at + 1, version, stamp: -at, is_complete: true }
}

/// Groups over the whole month and more, one inside the other, of the versions `{prefix}0000`
/// and on.
fn long_ones(count: i64, prefix: &str) -> impl Iterator<Item = Group> {
    (0..count).map(move |at| Group {
        start: at - count,
        end: 2 * MINUTES - at,
        version: format!("{prefix}{at:04}"),
        stamp: at,
        is_complete: true,
    })
}

fn row(segment: i64, group: &Group) -> Row<'_> {
    Row {
        segment,
        start_ms: group.start,
        end_ms: group.end,
        version: &group.version,
        partition_num: 0,
        chunk: Chunk::Counted { core_partitions: if group.is_complete { 1 } else { 2 } },
        stamp_ms: group.stamp,
    }
}

/// Sweeps and checks the work; groups come in order.
fn sweep(groups: impl IntoIterator<Item = Group>) -> Count {
    let mut sweep = Sweep::new(Count::default());
    let mut count = 0;
    for (segment, group) in (0_i64..).zip(groups) {
        sweep.push(&row(segment, &group)).unwrap();
        count += 1;
        assert!(sweep.steps() <= STEPS_PER_GROUP * count, "{} after {count}", sweep.steps());
    }
    sweep.finish().unwrap()
}

fn minutes(version: &str) -> impl Iterator<Item = Group> {
    (0..MINUTES).map(move |at| minute(at, version))
}

#[test]
fn a_month_of_minutes_under_a_thousand_long_ones() {
    let told = sweep(long_ones(1000, "2").chain(minutes("1")));
    // The innermost has the highest version: each begins and ends visible, but the innermost.
    assert_eq!((told.hidden, told.pieces), (43_200, 1999));
}

#[test]
fn a_month_of_minutes_over_a_thousand_long_ones() {
    let told = sweep(long_ones(1000, "1").chain(minutes("2")));
    assert_eq!((told.hidden, told.pieces), (0, 1999 + 43_200 + 1));
}

#[test]
fn a_month_of_minutes_over_a_thousand_incomplete_ones() {
    let incomplete = long_ones(1000, "3").map(|group| Group { is_complete: false, ..group });
    let told = sweep(incomplete.chain(minutes("1")));
    assert_eq!((told.hidden, told.pieces), (0, 43_200));
}

#[test]
fn a_month_of_minutes_hides_a_thousand_that_cross() {
    // All begin before the first minutes are over, and end among the last.
    let crossing = |at: i64| Group {
        start: at,
        end: MINUTES - 1000 + at,
        version: format!("1{at:04}"),
        stamp: 0,
        is_complete: at % 2 == 0,
    };
    let groups = (0..MINUTES).flat_map(|at| {
        let crossing = (at < 1000).then(|| crossing(at));
        [Some(minute(at, "2")), crossing].into_iter().flatten()
    });
    let told = sweep(groups);
    assert_eq!((told.hidden, told.pieces), (1000, 43_200));
}

#[test]
fn what_is_kept_grows_with_the_open_groups_alone() {
    // Stamps fall, so that each minute has a youngest of its own; each hides one.
    let long = Group { start: 0, end: MINUTES, version: "0".into(), stamp: 0, is_complete: true };
    let minutes = (0..MINUTES).flat_map(|at| [minute(at, "1"), minute(at, "2")]);
    let mut sweep = Sweep::new(Count::default());
    let mut most = 0;
    for (segment, group) in (0_i64..).zip([minute(0, "2"), long].into_iter().chain(minutes.skip(2)))
    {
        sweep.push(&row(segment, &group)).unwrap();
        if segment % 1000 == 10 {
            most = most.max(format!("{sweep:?}").len());
        }
    }
    assert!(most < 10_000, "{most} bytes describe four groups");
    assert_eq!(sweep.finish().unwrap().hidden, 43_200);
}
