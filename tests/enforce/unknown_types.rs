//! Shard spec types of newer Druids: what is not known for certain to be complete makes no older data go.

use serde_json::{Value, json};

use crate::support::{Lopper, Segment, seg};

/// The old day, whole, and beside it segments of a new version with these shard specs.
fn beside<const N: usize>(specs: [Value; N]) -> Vec<Segment> {
    let day = || seg("wiki", "2015-01-01/P1D");
    let new = specs.into_iter().enumerate().map(|(number, spec)| {
        let partition = spec["partitionNum"].as_i64().unwrap_or(0);
        assert!(N == 1 || partition == i64::try_from(number).unwrap());
        day().version("v2").partition(i32::try_from(partition).unwrap()).shard(spec)
    });
    [day()].into_iter().chain(new).collect()
}

/// How many old segments a pass marks, and the codes of its warnings.
fn marked(segments: Vec<Segment>) -> (u64, Vec<String>) {
    let step = Lopper::new().segments(segments).enforce(&["--pass", "overshadowed"]);
    let codes = step["warnings"].as_array().unwrap().iter();
    let codes = codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect();
    (step["numChangedSegments"].as_u64().unwrap(), codes)
}

#[test]
fn a_set_of_values_hides_with_all_its_core_partitions() {
    let set = |partition: i64, of: i64| {
        json!({"type": "dim_value_set", "partitionNum": partition, "partitions": of,
            "partitionDimensionValues": {"tenant": ["a", null]}})
    };
    assert_eq!(marked(beside([set(0, 2)])), (0, vec![]));
    assert_eq!(marked(beside([set(1, 2)])), (0, vec![]));
    assert_eq!(marked(beside([set(0, 2), set(1, 2)])), (1, vec![]));
    // Streams append partitions without a core, as numbered ones.
    assert_eq!(marked(beside([set(0, 0)])), (1, vec![]));
    let numbered = json!({"type": "numbered", "partitionNum": 1, "partitions": 2});
    assert_eq!(marked(beside([set(0, 2), numbered])), (1, vec![]));
}

#[test]
fn a_type_that_nobody_knows_hides_what_it_says_it_does() {
    let new = |key: &str, partition: i64, of: i64| json!({"type": "of the future", "partitionNum": partition, key: of});
    for key in ["partitions", "numCorePartitions"] {
        assert_eq!(marked(beside([new(key, 0, 2)])), (0, vec![]), "{key}");
        assert_eq!(marked(beside([new(key, 0, 2), new(key, 1, 2)])), (1, vec![]), "{key}");
    }
}

#[test]
fn a_type_that_says_nothing_hides_nothing_and_is_named() {
    let warned = || vec!["unknown-shard-type".to_owned()];
    for spec in [
        json!({"type": "of the future"}),
        json!({"type": "of the future", "partitionNum": 0}),
        json!({"type": "of the future", "partitions": 1}),
        json!({"type": "of the future", "partitionNum": 0, "partitions": 1, "numCorePartitions": 2}),
        json!({"type": "of the future", "partitionNum": 0, "partitions": {"a": 1}}),
    ] {
        assert_eq!(marked(beside([spec.clone()])), (0, warned()), "{spec}");
    }
    // Not beside a sound partition of its version either.
    let numbered = json!({"type": "numbered", "partitionNum": 0, "partitions": 1});
    let future = json!({"type": "of the future", "partitionNum": 1});
    assert_eq!(marked(beside([numbered, future])), (0, warned()));
    // A newer version hides it as it hides anything.
    let mut segments = beside([json!({"type": "of the future"})]);
    segments.push(seg("wiki", "2015-01-01/P1D").version("v3"));
    assert_eq!(marked(segments).0, 2);
}

#[test]
fn the_warning_names_datasource_type_and_an_example() {
    let spec = json!({"type": "bi\u{1b}[31m", "partitionNum": 0});
    let lopper = Lopper::new().segments(beside([spec]));
    lopper
        .run(["enforce-rules", "*"])
        .code(0)
        .stdout_has("'wiki': 1 segment has the shard spec type 'bi\\u{1b}[31m', which this lopper does not know")
        .stdout_has("hide nothing");
    lopper
        .run(["fsck"])
        .code(0)
        .stdout_has("unknown-shard-type")
        .stdout_has("wiki_2015-01-01T00:00:00.000Z_2015-01-02T00:00:00.000Z_v2: bi\\u{1b}[31m");
}

/// mark-used asks the same question: what lies below an unknown type is not hidden.
#[test]
fn what_lies_below_can_be_marked_used() {
    let mut segments = beside([json!({"type": "of the future"})]);
    segments[0] = segments[0].clone().unused();
    let lopper = Lopper::new().segments(segments);
    let step = lopper.step(["mark-used", "wiki", "--interval", "2015-01-01/P1D"]);
    assert_eq!((&step["numChangedSegments"], &step["overshadowed"]), (&json!(1), &json!(0)));
    assert_eq!(step["warnings"][0]["code"], "unknown-shard-type", "{step}");
}

/// A tombstone that is not visible stays.
#[test]
fn an_eternity_tombstone_beside_an_unknown_type_stays() {
    let all = "-146136543-09-08T08:23:32.096Z/2015-01-01T00:00:00.000Z";
    let tombstone = json!({"type": "tombstone", "partitionNum": 0, "partitions": 0});
    let future = json!({"type": "of the future", "partitionNum": 1});
    let changed = |segments: Vec<Segment>| {
        Lopper::new().segments(segments).enforce(&["--pass", "tombstones"])["numChangedSegments"]
            .clone()
    };
    let alone = seg("wiki", all).no_load().shard(tombstone);
    let beside = seg("wiki", all).partition(1).shard(future);
    assert_eq!(changed(vec![alone.clone()]), 1);
    assert_eq!(changed(vec![alone, beside]), 0);
}

/// A partial load rule keeps as the load rule of its name, whatever its matcher says.
#[test]
fn partial_load_rules_keep() {
    let matcher = r#""matcher":{"type":"of the future"},"onCannotMatch":"fallThrough""#;
    for (rule, kept) in [
        (format!(r#"{{"type":"loadPartialForever",{matcher}}}"#), 2),
        (format!(r#"{{"type":"loadPartialByInterval","interval":"2014/2016",{matcher}}}"#), 1),
        (format!(r#"{{"type":"loadPartialByPeriod","period":"P1M",{matcher}}}"#), 1),
        (r#"{"type":"loadPartialByPeriod","period":"P1M"}"#.to_owned(), 1),
    ] {
        let chain = format!(r#"[{rule},{{"type":"dropForever"}}]"#);
        let lopper = Lopper::new()
            .segments(["wiki 2015-01-01/P1D", "wiki 2024-05-31/P1D"])
            .rules([("wiki", chain.as_str())]);
        lopper.enforce(&[]);
        assert_eq!(lopper.ids(true).len(), kept, "{rule}");
        assert!(lopper.sql("SELECT effect FROM rule_matches").contains(&"load".to_owned()));
    }
    let broken =
        r#"[{"type":"loadPartialByPeriod","matcher":{"type":"x"}},{"type":"dropForever"}]"#;
    let lopper = Lopper::new().segments(["wiki 2015-01-01/P1D"]).rules([("wiki", broken)]);
    lopper.run(["enforce-rules", "wiki"]).code(5).stdout_has("rule 1");
}
