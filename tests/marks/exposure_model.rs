//! What the program says becomes visible, on random segments, against a slow model: both timelines instant by instant.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use lopper::druid::{Instant, Interval};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::warned;
use crate::support::{Lopper, Segment as Imported, csv, seg};
use crate::timeline::{Form, Segment, model, segment};

const CASES: usize = 400;
const HOUR: i64 = 3_600_000;
const ETERNITY: Interval = Interval::ETERNITY;
/// The last two: on both sides of the surrogates, where UTF-16 and UTF-8 differ.
const VERSIONS: [&str; 6] = ["1", "10", "9", "a", "𝒳", "\u{e000}"];

/// Used segments of a datasource, and which of them a step marks unused.
#[derive(Debug, Clone)]
struct Case {
    segments: Vec<Segment>,
    chosen: Vec<bool>,
}

fn interval() -> impl Strategy<Value = (i64, i64)> {
    let ends = (ETERNITY.start.millis(), ETERNITY.end.millis());
    prop_oneof![
        8 => (0_i64..6, 1_i64..4).prop_map(|(start, hours)| (start * HOUR, (start + hours) * HOUR)),
        2 => Just((0, 6 * HOUR)),
        1 => (0_i64..6).prop_map(|at| (at * HOUR, at * HOUR)),
        1 => Just(ends),
    ]
}

/// Core partitions, perhaps one too few, and overwrites of them.
fn forms() -> impl Strategy<Value = Vec<(i32, Form)>> {
    let roots = select([(0, 1), (1, 2), (0, 2), (0, 3)].as_slice());
    let update = (roots, 1_i16..3, 1_i16..3).prop_map(|(roots, minor, size)| Form::Overwrite {
        roots,
        minor,
        size,
    });
    let updates = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec(update, 1..4),
    ];
    (1..4_i32, 0..8_u8, updates).prop_map(|(of, missing, updates)| {
        let there = if missing == 0 { of - 1 } else { of };
        let core = (0..there).map(|partition| (partition, Form::Counted(of)));
        core.chain((32_768..).zip(updates)).collect()
    })
}

fn case() -> impl Strategy<Value = Case> {
    let versions = Just(VERSIONS.to_vec()).prop_shuffle();
    let groups = prop::collection::vec((interval(), forms()), 1..6);
    (versions, groups, prop::collection::vec(any::<[bool; 2]>(), 40)).prop_map(
        |(versions, groups, coins)| {
            let mut segments = Vec::new();
            for (version, ((start, end), forms)) in versions.iter().zip(groups) {
                for (partition, form) in forms {
                    let name = i64::try_from(segments.len()).unwrap();
                    segments.push(Segment {
                        partition,
                        form,
                        ..segment(name, start, end, version)
                    });
                }
            }
            // A quarter.
            let chosen = segments.iter().zip(coins).map(|(_, [one, other])| one && other).collect();
            Case { segments, chosen }
        },
    )
}

impl Case {
    fn imported(&self, datasource: &str) -> Vec<Imported> {
        self.segments.iter().map(|one| imported(datasource, one)).collect()
    }

    /// Segment and interval of each stretch of time in which an older segment is visible that was not.
    fn exposed(&self) -> BTreeSet<(i64, i64, i64)> {
        let left = self.segments.iter().zip(&self.chosen).filter(|(_, chosen)| !**chosen);
        let left: Vec<_> = left.map(|(one, _)| one.clone()).collect();
        let before = model::answer(&self.segments).unwrap().pieces;
        let after = model::answer(&left).unwrap().pieces;
        let times: BTreeSet<i64> =
            before.iter().chain(&after).flat_map(|(start, end, ..)| [*start, *end]).collect();
        let mut found: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for (from, to) in times.iter().zip(times.iter().skip(1)) {
            let at = |(start, end, ..): &&(i64, i64, String, Vec<i64>)| start <= from && from < end;
            let (Some(old), Some(new)) = (before.iter().find(at), after.iter().find(at)) else {
                continue;
            };
            if new.2.encode_utf16().gt(old.2.encode_utf16()) {
                continue;
            }
            for name in new.3.iter().filter(|name| !old.3.contains(name)) {
                let start = found.remove(&(*name, *from)).unwrap_or(*from);
                found.insert((*name, *to), start);
            }
        }
        found.into_iter().map(|((name, end), start)| (name, start, end)).collect()
    }
}

fn imported(datasource: &str, one: &Segment) -> Imported {
    let interval =
        Interval { start: Instant::from_millis(one.start), end: Instant::from_millis(one.end) };
    let spec = match &one.form {
        Form::Overwrite { roots, minor, size } => json!({
            "type": "numbered_overwrite",
            "partitionId": one.partition,
            "startRootPartitionId": roots.0,
            "endRootPartitionId": roots.1,
            "minorVersion": minor,
            "atomicUpdateGroupSize": size,
        }),
        Form::Counted(of) => {
            json!({"type": "numbered", "partitionNum": one.partition, "partitions": of})
        }
        _ => json!(null),
    };
    seg(datasource, &interval.to_string())
        .version(&one.version)
        .partition(one.partition)
        .shard(spec)
}

/// Cases that mark something.
fn cases() -> Vec<Case> {
    let mut runner = TestRunner::deterministic();
    let strategy = case();
    let any = std::iter::repeat_with(|| strategy.new_tree(&mut runner).unwrap().current());
    any.filter(|case| case.chosen.contains(&true)).take(CASES).collect()
}

#[test]
fn exposure_is_the_difference_of_two_timelines() {
    let cases = cases();
    let lopper = Lopper::new();
    let (mut segments, mut job) = (Vec::new(), "name = 'all'\n".to_owned());
    for (number, case) in cases.iter().enumerate() {
        let imported = case.imported(&format!("d{number}"));
        let ids = imported.iter().zip(&case.chosen).filter(|(_, chosen)| **chosen);
        let ids: Vec<_> = ids.map(|(one, _)| one.id()).collect();
        writeln!(
            job,
            "[[step]]\nop = 'mark-unused'\ndatasource = 'd{number}'\nids = {}",
            json!(ids)
        )
        .unwrap();
        segments.extend(imported);
    }
    lopper.import(&lopper.file("segments.csv", csv(&segments, &lopper.deep_storage())));
    lopper.file("all.toml", job);
    let report = lopper.run(["run", "all.toml", "--output", "json"]).code(0).json();
    let (mut some, mut none, mut parts, mut own) = (0, 0, 0, 0);
    for (number, case) in cases.iter().enumerate() {
        let exposed = case.exposed();
        let ids: Vec<_> = case.imported(&format!("d{number}")).iter().map(Imported::id).collect();
        let id = |name: i64| ids[usize::try_from(name).unwrap()].clone();
        let expected: BTreeSet<_> = exposed
            .iter()
            .map(|(name, start, end)| {
                let (start, end) = (Instant::from_millis(*start), Instant::from_millis(*end));
                (id(*name), format!("becomes visible in {}: stale data", Interval { start, end }))
            })
            .collect();
        let told = warned(&report["steps"][number], "stale-data");
        let count = told.len();
        let told: BTreeSet<_> = told
            .into_iter()
            .map(|(id, message)| {
                let at = message.find("becomes visible in").unwrap();
                (id, message[at..].to_owned())
            })
            .collect();
        assert_eq!(told, expected, "{case:#?}");
        assert_eq!(count, told.len(), "told twice: {case:#?}");
        some += usize::from(!exposed.is_empty());
        none += usize::from(exposed.is_empty());
        for (name, start, end) in &exposed {
            let one = &case.segments[usize::try_from(*name).unwrap()];
            parts += usize::from((one.start, one.end) != (*start, *end));
            let mut chosen = case.segments.iter().zip(&case.chosen).filter(|(_, chosen)| **chosen);
            own += usize::from(chosen.any(|(other, _)| other.version == one.version));
        }
    }
    // The property would hold of nothing as well.
    assert!(some.min(none).min(parts) > 50 && own > 20, "{some} {none} {parts} {own}");
}
