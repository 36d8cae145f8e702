//! What mark-used warns of: rules that drop it again, no rule at all, and a kill that may have come first.

use serde_json::Value;

use super::{day, warned};
use crate::support::{Lopper, Segment, seg};

const DROP_OLD: &str = r#"[{"type":"loadByPeriod","period":"P1M","tieredReplicants":{"_default_tier":1}},{"type":"dropByInterval","interval":"2015-09-12/P1D"}]"#;
const DEFAULT: &str = r#"[{"type":"dropBeforeByPeriod","period":"P5Y"}]"#;

/// Unused since yesterday.
fn two_days() -> [&'static str; 2] {
    [
        "wiki 2015-09-12/P1D v1 unused@2024-05-31T00:00:00.000Z",
        "wiki 2015-09-13/P1D v1 unused@2024-05-31T00:00:00.000Z",
    ]
}

const ALL: [&str; 3] = ["mark-used", "wiki", "--all"];

fn codes(step: &Value) -> Vec<&str> {
    step["warnings"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn the_rule_that_drops_is_named() {
    let lopper = Lopper::new().segments(two_days()).rules([("wiki", DROP_OLD)]);
    let step = lopper.step(ALL);
    assert_eq!(step["numChangedSegments"], 2);
    let drops = warned(&step, "rule-drops");
    assert_eq!(drops.len(), 1);
    assert_eq!(drops[0].0, day(12, "v1"));
    assert!(drops[0].1.ends_with("by the next enforce-rules: rule 2 dropByInterval 2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z"), "{drops:?}");
    let none = warned(&step, "no-rule");
    assert_eq!((none.len(), &none[0].0), (1, &day(13, "v1")));
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    lopper.run(ALL).code(0).stdout_has("warning: ").stdout_has("stays unloaded: no rule holds");
}

#[test]
fn the_default_chain_stands_behind() {
    let lopper =
        Lopper::new().segments(two_days()).rules([("wiki", DROP_OLD), ("_default", DEFAULT)]);
    let step = lopper.step(["mark-used", "wiki", "--id", &day(13, "v1")]);
    assert_eq!(codes(&step), ["rule-drops"]);
    let drops = warned(&step, "rule-drops");
    assert!(drops[0].1.ends_with("rule 1 dropBeforeByPeriod P5Y (_default)"), "{drops:?}");
}

/// The time that rules are asked for is the run's.
#[test]
fn rules_are_asked_as_of_the_logical_time() {
    let lopper = Lopper::new().segments(two_days()).rules([("wiki", DEFAULT)]);
    let early = ALL.iter().chain(&["--at", "2016-01-01T00:00:00Z", "--dry-run"]);
    assert_eq!(codes(&lopper.step(early)), ["no-rule", "no-rule"]);
    assert_eq!(codes(&lopper.step(ALL)), ["rule-drops", "rule-drops"]);
}

#[test]
fn a_dump_without_rules_says_nothing_of_them() {
    assert_eq!(codes(&Lopper::new().segments(two_days()).step(ALL)), [""; 0]);
}

/// Only what changes is warned of.
#[test]
fn what_is_left_alone_is_not_warned_of() {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D v2", "wiki 2015-09-12/P1D v1 unused"])
        .rules([("wiki", DROP_OLD)]);
    let step = lopper.step(ALL);
    assert_eq!((&step["overshadowed"], codes(&step)), (&1.into(), vec![]));
}

#[test]
fn a_broken_chain_only_warns() {
    let broken = r#"[{"type":"dropBeforeByPeriod"}]"#;
    let lopper = Lopper::new()
        .segments(two_days().into_iter().chain(["idle 2015-09-12/P1D v1"]))
        .rules([("wiki", broken), ("idle", broken)]);
    let step = lopper.step(["mark-used", "*", "--all"]);
    assert_eq!(step["numChangedSegments"], 2);
    assert_eq!(codes(&step), ["broken-rule"], "of the datasource that changes alone");
    let told = warned(&step, "broken-rule");
    assert!(told[0].1.starts_with("'wiki': cannot tell what the rules will do"), "{told:?}");
}

#[test]
fn what_is_past_the_buffer_of_a_kill_is_warned_of() {
    let lopper = Lopper::new().segments([
        "wiki 2015-09-12/P1D v1 unused@2024-05-02T12:00:00.000Z",
        "wiki 2015-09-13/P1D v1 unused@2024-05-02T12:00:00.001Z",
    ]);
    lopper.add_segments([seg("wiki", "2015-09-14/P1D").unused().never_stamped()]);
    let step = lopper.step(ALL);
    assert_eq!(step["numChangedSegments"], 3);
    let told = warned(&step, "past-kill-buffer");
    assert_eq!((told.len(), &told[0].0), (1, &day(12, "v1")));
    assert!(told[0].1.contains("since 2024-05-02T12:00:00.000Z"), "{told:?}");
}

/// A thousand are named; of the rest the number is told.
#[test]
fn of_many_the_rest_is_counted() {
    let hour = |number: i64| -> Segment {
        let start = lopper::druid::Instant::from_millis(number * 3_600_000);
        Segment::from(format!("wiki {start}/PT1H v1 unused").as_str())
    };
    let forever = r#"[{"type":"dropForever"}]"#;
    let lopper = Lopper::new().segments((0..1002).map(hour)).rules([("wiki", forever)]);
    let step = lopper.step(ALL);
    for (code, rest) in [
        ("rule-drops", "… and 2 more segments that the rules drop or do not load"),
        ("past-kill-buffer", "… and 2 more segments past the buffer of a kill"),
    ] {
        let told = warned(&step, code);
        assert_eq!(told.len(), 1001, "{code}");
        assert_eq!(told[1000], (String::new(), rest.to_owned()));
    }
    let step = lopper.step(["mark-unused", "wiki", "--interval", "1970-01-01/PT1000H"]);
    assert_eq!(step["numChangedSegments"], 1000);
    assert_eq!(warned(&lopper.step(ALL), "rule-drops").len(), 1000, "a thousand have no rest");
}
