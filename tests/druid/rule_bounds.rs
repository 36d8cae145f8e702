//! Rules as bounds, and which rule decides.

use lopper::druid::{Bounds, Instant, Interval, Rule, RuleChain, decide};
use proptest::prelude::*;

use super::vectors::{judge_all, same, text};

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn interval(text: &str) -> Interval {
    Interval::parse(text).unwrap()
}

/// The bounds of a chain at noon of 2024-03-31.
fn bounds(chain: &str) -> Vec<Bounds> {
    let now = instant("2024-03-31T12:00");
    let chain = RuleChain::parse(chain).unwrap();
    chain.0.iter().map(|rule| rule.bounds(now).unwrap()).collect()
}

/// The number of the rule that decides for a segment, counted from 1; 0 where none does.
fn decided(chain: &str, segment: &str) -> usize {
    let segment = interval(segment);
    let mut found = decide(&bounds(chain)).into_iter().filter(|one| one.bounds.holds(segment));
    let answer = found.next().unwrap().rule.map_or(0, |index| index + 1);
    assert_eq!(found.next(), None, "two answers for {segment}");
    answer
}

#[test]
fn rules_apply_to_the_segments_that_druid_says() {
    judge_all("rules.json", |case| {
        let json = &case["rule"];
        let rule = Rule::parse(&json.to_string());
        // Druid takes a missing period as zero; here such a rule is broken.
        if text(json, "type").ends_with("Period") && json.get("period").is_none() {
            return same(&rule.is_err(), &true);
        }
        let bounds = rule.and_then(|rule| rule.bounds(instant(text(case, "now"))));
        let found = bounds.map_err(|error| error.to_string())?;
        let found = found.holds(interval(text(case, "interval")));
        same(&serde_json::Value::Bool(found), &case["applies"])
    });
}

const KEEP_A_MONTH: &str = r#"[{"type":"loadByPeriod","period":"P1M"},{"type":"dropForever"}]"#;

#[test]
fn the_first_rule_that_applies_decides() {
    assert_eq!(decided(KEEP_A_MONTH, "2024-03-01/P1D"), 1);
    assert_eq!(decided(KEEP_A_MONTH, "2024-02-29T11:00/2024-02-29T12:00"), 2);
    assert_eq!(decided(KEEP_A_MONTH, "2024-02-29T11:00/2024-02-29T12:00:00.001"), 1);
    assert_eq!(decided(KEEP_A_MONTH, "9999-01-01/P1D"), 1);
    assert_eq!(decide(&bounds(KEEP_A_MONTH)).len(), 2, "a chain of every day stays small");
}

#[test]
fn what_no_rule_takes_is_told_as_well() {
    let chain = r#"[{"type":"dropBeforeByPeriod","period":"P1Y"}]"#;
    assert_eq!(decided(chain, "2023-03-30/P1D"), 1);
    assert_eq!(decided(chain, "2023-03-31/P1D"), 0);
    assert_eq!(
        decide(&[])[..],
        [lopper::druid::Decided { rule: None, bounds: Bounds::EVERYTHING }]
    );
}

#[test]
fn a_rule_between_two_days_leaves_what_lies_around_it() {
    let chain = r#"[{"type":"dropByInterval","interval":"2024-01-01/P1M"},{"type":"loadForever"}]"#;
    for (segment, rule) in [
        ("2024-01-01/P1M", 1),
        ("2024-01-31/P1D", 1),
        ("2023-12-31/P1D", 2),
        ("2023-12-31/P2D", 2),
        ("2024-01-31/P2D", 2),
        ("2023-12-31/P1Y", 2),
        // A segment of no length at the interval's end is not inside.
        ("2024-01-01/P0D", 1),
        ("2024-02-01/P0D", 2),
    ] {
        assert_eq!(decided(chain, segment), rule, "{segment}");
    }
}

#[test]
fn a_rule_behind_ones_that_take_all_of_its_segments_has_no_bounds() {
    let chain = r#"[
        {"type":"loadByInterval","interval":"2024-01-01/2024-01-02"},
        {"type":"loadByInterval","interval":"2024-01-02/2024-01-03"},
        {"type":"dropByInterval","interval":"2024-01-01/2024-01-03"},
        {"type":"loadForever"},
        {"type":"dropForever"}]"#;
    let rules: Vec<_> = decide(&bounds(chain)).iter().map(|decided| decided.rule).collect();
    // A segment of no length at 2024-01-01 overlaps neither interval and lies in the third.
    assert!(rules.contains(&Some(2)) && rules.contains(&Some(3)), "{rules:?}");
    assert!(!rules.contains(&Some(4)) && !rules.contains(&None), "{rules:?}");
}

/// Some bounds a rule, however they lie: not each with each.
#[test]
fn many_rules_come_to_few_bounds() {
    let bounds =
        |start_min, start_max, end_min, end_max| Bounds { start_min, start_max, end_min, end_max };
    let (first, last) = (i64::MIN, i64::MAX);
    let nested = |at: i64| bounds(-at, at - 1, first, at);
    let loaded = |at: i64| bounds(first, at * 2, at * 2 + 1, last);
    let both = |at| if at % 2 == 0 { nested(at) } else { bounds(first, at - 1, 1 - at, last) };
    for rules in [
        (1..3000).map(nested).collect::<Vec<_>>(),
        (1..3000).rev().map(nested).collect(),
        (1..3000).map(loaded).collect(),
        (1..3000).rev().map(loaded).collect(),
        (1..3000).map(both).collect(),
    ] {
        let count = decide(&rules).len();
        assert!(count <= 4 * rules.len(), "{count} bounds of {} rules", rules.len());
    }
}

#[test]
fn bounds_are_empty_when_no_segment_can_fit() {
    let fits = |start_min, start_max, end_min, end_max| {
        !Bounds { start_min, start_max, end_min, end_max }.is_empty()
    };
    assert!(fits(0, 0, 0, 0), "a segment of no length");
    assert!(fits(5, 9, 0, 5), "one of no length at 5");
    assert!(!fits(5, 9, 0, 4), "it would end before it starts");
    assert!(!fits(1, 0, 0, 9) && !fits(0, 9, 1, 0));
}

#[test]
fn the_ends_of_time_are_no_trap() {
    let first = Instant::from_millis(i64::MIN);
    let last = Instant::from_millis(i64::MAX);
    let forever = Interval { start: first, end: last };
    let rule = |json: &str, now: Instant| Rule::parse(json).unwrap().bounds(now);
    // Nothing ends behind the last instant; nothing starts before the first.
    let load = r#"{"type":"loadByPeriod","period":"P0D"}"#;
    assert!(rule(load, last).unwrap().is_empty());
    let drop = r#"{"type":"dropByPeriod","period":"P0D","includeFuture":false}"#;
    assert!(rule(drop, first).unwrap().is_empty());
    let before = r#"{"type":"dropBeforeByPeriod","period":"P0D"}"#;
    assert!(rule(before, last).unwrap().holds(forever));
    let error = rule(r#"{"type":"dropByPeriod","period":"PT1S"}"#, first).unwrap_err();
    assert!(error.to_string().ends_with("minus PT1S is outside of time"), "{error}");
}

#[test]
fn a_rule_is_described_in_a_few_words() {
    for (json, words) in [
        (r#"{"type":"dropForever"}"#, "dropForever"),
        (r#"{"type":"dropBeforeByPeriod","period":"P90D"}"#, "dropBeforeByPeriod P90D"),
        (r#"{"type":"loadByPeriod","period":"P1M"}"#, "loadByPeriod P1M"),
        (
            r#"{"type":"dropByPeriod","period":"P1D","includeFuture":false}"#,
            "dropByPeriod P1D without the future",
        ),
        (
            r#"{"type":"broadcastByInterval","interval":"2024-01-01/P1D"}"#,
            "broadcastByInterval 2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z",
        ),
    ] {
        let rule = Rule::parse(json).unwrap();
        assert_eq!(rule.describe(), words);
        assert_eq!(rule.keeps(), !words.starts_with("drop"));
    }
}

/// A bound of a few values, so that bounds touch each other often, or none.
fn bound(none: i64) -> impl Strategy<Value = i64> {
    prop_oneof![4 => -4..5_i64, 1 => Just(none)]
}

/// Any four bounds, also such that nothing fits.
fn any_bounds() -> impl Strategy<Value = Bounds> {
    (bound(i64::MIN), bound(i64::MAX), bound(i64::MIN), bound(i64::MAX)).prop_map(
        |(start_min, start_max, end_min, end_max)| Bounds {
            start_min,
            start_max,
            end_min,
            end_max,
        },
    )
}

proptest! {
    #[test]
    fn to_decide_is_to_ask_one_after_the_other(
        rules in proptest::collection::vec(any_bounds(), 0..7),
    ) {
        let decided = decide(&rules);
        for bounds in decided.iter().map(|one| one.bounds) {
            prop_assert!(!bounds.is_empty());
            prop_assert_eq!(bounds.tightened(), bounds);
        }
        let ends = (-6..7).chain([i64::MIN, i64::MAX]);
        for (start, end) in ends.clone().flat_map(|start| ends.clone().map(move |end| (start, end))) {
            let (start, end) = (Instant::from_millis(start), Instant::from_millis(end));
            let Ok(segment) = Interval::new(start, end) else { continue };
            let asked = rules.iter().position(|rule| rule.holds(segment));
            let found: Vec<_> =
                decided.iter().filter(|one| one.bounds.holds(segment)).map(|one| one.rule).collect();
            prop_assert_eq!(found, vec![asked], "{}", segment);
        }
    }

    #[test]
    fn tightening_changes_no_answer(bounds in any_bounds(), start in -6..7_i64, length in 0..7_i64) {
        let segment = Interval {
            start: Instant::from_millis(start),
            end: Instant::from_millis(start + length),
        };
        prop_assert_eq!(bounds.tightened().holds(segment), bounds.holds(segment));
        prop_assert!(!(bounds.is_empty() && bounds.holds(segment)));
    }
}
