//! Random stores against the passes said as plainly as possible.

use std::collections::{BTreeMap, BTreeSet};

use lopper::druid::{Instant, Interval, Period, RuleChain};
use proptest::prelude::*;
use serde_json::Value;

use super::left_out;
use crate::support::{Lopper, Segment, seg};
use crate::timeline;

const START: i64 = -4_611_686_018_427_387_904;
const HOUR: i64 = 3_600_000;
/// 2024-06-01T00:00:00Z: around it everything happens.
const MIDDLE: i64 = 1_717_200_000_000;
const DATASOURCES: usize = 200;

/// A segment, in hours from the middle.
#[derive(Debug, Clone)]
struct Drawn {
    hours: (i64, i64),
    version: u8,
    partition: i32,
    core_partitions: i32,
    created: i64,
    marked: Option<i64>,
    is_tombstone: bool,
}

impl Drawn {
    fn start(&self) -> i64 {
        if self.is_tombstone { START } else { MIDDLE + self.hours.0 * HOUR }
    }

    fn end(&self) -> i64 {
        MIDDLE + self.hours.1 * HOUR
    }

    fn interval(&self) -> Interval {
        Interval {
            start: Instant::from_millis(self.start()),
            end: Instant::from_millis(self.end()),
        }
    }

    fn partition(&self) -> i32 {
        if self.is_tombstone { 0 } else { self.partition }
    }

    /// The later of its creation and its last mark as used, in minutes.
    fn stamp(&self) -> i64 {
        MIDDLE + self.created.max(self.marked.unwrap_or(i64::MIN)) * HOUR / 60
    }

    fn for_the_store(&self, datasource: &str) -> Segment {
        let minute = |minutes: i64| Instant::from_millis(MIDDLE + minutes * HOUR / 60).to_string();
        let segment = seg(datasource, &self.interval().to_string())
            .version(&format!("v{}", self.version))
            .created(&minute(self.created))
            .partition(self.partition())
            .no_load();
        let segment = match self.marked {
            Some(marked) => segment.stamp(&minute(marked)),
            None => segment.never_stamped(),
        };
        if self.is_tombstone {
            return segment.tombstone();
        }
        segment.shard(serde_json::json!({
            "type": "numbered", "partitionNum": self.partition, "partitions": self.core_partitions
        }))
    }

    fn for_the_model(&self, name: usize) -> timeline::Segment {
        let version = format!("v{}", self.version);
        let segment =
            timeline::segment(i64::try_from(name).unwrap(), self.start(), self.end(), &version)
                .stamp(self.stamp());
        if self.is_tombstone {
            segment.alone(0)
        } else {
            segment.numbered(self.partition, self.core_partitions)
        }
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let span = (-4..4_i64, 0..4_i64).prop_map(|(start, length)| (start, start + length));
    let numbers = (0..4_u8, 0..3_i32, 0..3_i32);
    let stamps = (-60..30_i64, proptest::option::of(-60..30_i64));
    (span, numbers, stamps, proptest::bool::weighted(0.15)).prop_map(
        |(hours, (version, partition, core_partitions), (created, marked), is_tombstone)| Drawn {
            hours,
            version,
            partition,
            core_partitions,
            created,
            marked,
            is_tombstone,
        },
    )
}

fn rule() -> impl Strategy<Value = String> {
    let span = (-4..4_i64, 1..4_i64).prop_map(|(start, length)| {
        let at = |hours: i64| Instant::from_millis(MIDDLE + hours * HOUR);
        format!("{}/{}", at(start), at(start + length))
    });
    let kind = prop_oneof![Just("load"), Just("broadcast"), Just("drop"), Just("drop")];
    let by = prop_oneof![
        1 => Just("Forever\"".to_owned()),
        3 => span.prop_map(|interval| format!("ByInterval\",\"interval\":\"{interval}\"")),
        4 => (0..6_u8, any::<bool>()).prop_map(|(hours, future)| {
            format!("ByPeriod\",\"period\":\"PT{hours}H\",\"includeFuture\":{future}")
        }),
    ];
    prop_oneof![
        4 => (kind, by).prop_map(|(kind, by)| format!("{{\"type\":\"{kind}{by}}}")),
        1 => (0..6_u8).prop_map(|hours| format!("{{\"type\":\"dropBeforeByPeriod\",\"period\":\"PT{hours}H\"}}")),
    ]
}

fn chain(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(rule(), 0..=most).prop_map(|rules| format!("[{}]", rules.join(",")))
}

/// SEMANTICS §5, line by line: whether a rule applies.
fn applies(rule: &Value, segment: Interval, now: Instant) -> bool {
    let kind = rule["type"].as_str().unwrap();
    if kind.ends_with("Forever") {
        return true;
    }
    if let Some(interval) = rule["interval"].as_str() {
        let interval = Interval::parse(interval).unwrap();
        let drops = kind.starts_with("drop");
        return if drops { interval.contains(segment) } else { interval.overlaps(segment) };
    }
    let from = Period::parse(rule["period"].as_str().unwrap()).unwrap().subtract_from(now).unwrap();
    let last = Interval { start: from, end: now };
    match (kind, rule["includeFuture"] == true) {
        ("dropBeforeByPeriod", _) => segment.end <= from,
        ("dropByPeriod", true) => from <= segment.start,
        ("dropByPeriod", false) => last.contains(segment),
        (_, true) => from < segment.end,
        (_, false) => last.overlaps(segment),
    }
}

/// The reason of the first rule that applies, when it drops.
fn dropped_by(own: &str, default: &str, segment: Interval, now: Instant) -> Option<String> {
    for (chain, whose) in [(own, ""), (default, " (_default)")] {
        let rules: Vec<Value> = serde_json::from_str(chain).unwrap();
        if let Some(first) = rules.iter().position(|rule| applies(rule, segment, now)) {
            let drops = rules[first]["type"].as_str().unwrap().starts_with("drop");
            let text = RuleChain::parse(chain).unwrap().0[first].describe();
            return drops.then(|| format!("rule {} {text}{whose}", first + 1));
        }
    }
    None
}

/// By segment: the reasons that it may be marked unused for. None: the datasource has no timeline.
fn model(
    segments: &[Drawn],
    ids: &[String],
    chains: (&str, &str),
    now: Instant,
    grace_ms: i64,
) -> Option<BTreeMap<usize, BTreeSet<String>>> {
    let rows: Vec<_> =
        segments.iter().enumerate().map(|(name, one)| one.for_the_model(name)).collect();
    let hidden = timeline::model::answer(&rows)?.hidden;
    let index = |name: i64| usize::try_from(name).unwrap();
    let mut changes = BTreeMap::new();
    for (name, (by, youngest)) in &hidden {
        if grace_ms == 0 || *youngest < now.millis() - grace_ms {
            let reasons = by.iter().map(|by| format!("overshadowed by {}", ids[index(*by)]));
            changes.insert(index(*name), reasons.collect::<BTreeSet<_>>());
        }
    }
    for (name, segment) in segments.iter().enumerate() {
        if !changes.contains_key(&name)
            && let Some(reason) = dropped_by(chains.0, chains.1, segment.interval(), now)
        {
            changes.insert(name, BTreeSet::from([reason]));
        }
    }
    let stay: Vec<_> =
        hidden.keys().map(|name| index(*name)).filter(|name| !changes.contains_key(name)).collect();
    for (name, segment) in segments.iter().enumerate() {
        let in_the_way = |other: &usize| segment.interval().overlaps(segments[*other].interval());
        let is_hidden = hidden.keys().any(|hidden| index(*hidden) == name);
        if segment.is_tombstone && !is_hidden && !stay.iter().any(in_the_way) {
            changes.entry(name).or_insert_with(|| BTreeSet::from(["tombstone".to_owned()]));
        }
    }
    Some(changes)
}

/// One segment a partition of an interval and version.
fn distinct(segments: Vec<Drawn>) -> Vec<Drawn> {
    let mut seen = BTreeSet::new();
    let key = |one: &Drawn| (one.start(), one.end(), one.version, one.partition());
    segments.into_iter().filter(|one| seen.insert(key(one))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_run_is_what_the_passes_say(
        stories in proptest::collection::vec(
            (proptest::collection::vec(drawn(), 1..8).prop_map(distinct), chain(3)),
            DATASOURCES,
        ),
        default in chain(2),
        minutes in -60..60_i64,
        grace in prop_oneof![Just(0_i64), Just(15), Just(45)],
    ) {
        let name = |number: usize| format!("d{number}");
        let store = |number: usize, (segments, _): &(Vec<Drawn>, String)| {
            segments.iter().map(|one| one.for_the_store(&name(number))).collect::<Vec<_>>()
        };
        let all: Vec<Vec<Segment>> =
            stories.iter().enumerate().map(|(number, story)| store(number, story)).collect();
        let names: Vec<String> = (0..stories.len()).map(name).collect();
        let chains = names.iter().zip(&stories).map(|(name, (_, chain))| (name.as_str(), chain.as_str()));
        let lopper = Lopper::new()
            .segments(all.iter().flatten().cloned())
            .rules(chains.chain([("_default", default.as_str())]));
        let now = Instant::from_millis(MIDDLE + minutes * HOUR / 60);
        let step = lopper.enforce(&["--at", &now.to_string(), "--overshadow-grace", &format!("PT{grace}M")]);
        let left: BTreeSet<&str> = left_out(&step).into_iter().map(|(name, _)| name).collect();
        let rows = lopper.sql("SELECT id, reason FROM changes WHERE op = 'enforce-rules'");
        let found: BTreeMap<&str, &str> = rows.iter().map(|row| row.split_once('|').unwrap()).collect();
        let mut count = 0;
        for (number, (segments, chain)) in stories.iter().enumerate() {
            let ids: Vec<String> = all[number].iter().map(Segment::id).collect();
            let chains = (chain.as_str(), default.as_str());
            let expected = model(segments, &ids, chains, now, grace * HOUR / 60);
            prop_assert_eq!(left.contains(names[number].as_str()), expected.is_none());
            let expected = expected.unwrap_or_default();
            for (index, id) in ids.iter().enumerate() {
                match (found.get(id.as_str()), expected.get(&index)) {
                    (None, None) => {}
                    (Some(reason), Some(reasons)) if reasons.contains(*reason) => count += 1,
                    (found, expected) => prop_assert!(
                        false, "{} by {:?}: {:?}, not {:?}", id, chains, found, expected
                    ),
                }
            }
        }
        prop_assert_eq!(count, found.len());
        prop_assert_eq!(lopper.ids(false).len(), count);
    }
}
