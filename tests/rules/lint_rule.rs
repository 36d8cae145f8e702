//! Findings about single rules. Each has a near miss.

use super::{
    DROP_FOREVER, LOAD_FOREVER, assert_has, assert_lacks, by_interval, by_period, chain, only,
    segments, wiki, without_future,
};

#[test]
fn a_rule_behind_one_that_takes_everything() {
    let load = by_period("loadByPeriod", "P1M");
    let found = wiki([DROP_FOREVER, &load]);
    // The segment of this week and the one to come.
    assert_has(&found, "unreachable-rule 2 warning 2");
    assert_lacks(&wiki([&load, DROP_FOREVER]), "unreachable-rule");
    // A rule that is never asked is told of once.
    for code in ["contained-rule", "covered-rule", "matches-nothing"] {
        assert_lacks(&found, code);
    }
}

#[test]
fn a_rule_within_an_earlier_one() {
    let month = by_period("loadByPeriod", "P1M");
    let week = by_period("dropByPeriod", "P1W");
    assert_has(&wiki([&month, &week]), "contained-rule 2 warning 2");
    assert_lacks(&wiki([&week, &month]), "contained-rule");
    // One that only begins within it takes the rest.
    let year = by_interval("loadByInterval", "2023/2024");
    assert_lacks(
        &wiki([&year, &by_interval("dropByInterval", "2023-06/2024-02")]),
        "contained-rule",
    );
    assert_has(
        &wiki([&year, &by_interval("dropByInterval", "2023-01-01/2023-02-01")]),
        "contained-rule 2 warning 1",
    );
}

#[test]
fn a_rule_that_several_earlier_ones_cover() {
    let older = by_period("dropBeforeByPeriod", "P1Y");
    let newer = by_period("loadByPeriod", "P1Y");
    let year = by_interval("dropByInterval", "2023/2024");
    let found = wiki([&older, &newer, &year]);
    assert_has(&found, "covered-rule 3 warning 1");
    assert_lacks(&found, "contained-rule");
    assert_lacks(&wiki([&older, &year, &newer]), "covered-rule");
    // What becomes of the segment by the rules that do decide.
    let lopper = segments().rules([("wiki", &*chain([&older, &newer, &year]))]);
    let report = lopper.run(["rules", "lint", "wiki", "--output", "json"]).json();
    assert_eq!(only(&report, "covered-rule")["effect"], "marked unused by rule 1, kept by rule 2");
}

#[test]
fn an_interval_or_a_period_of_no_length() {
    let interval = by_interval("dropByInterval", "2022-01-01/2022-01-01");
    assert_has(&wiki([&interval]), "empty-interval 1 warning 0");
    assert_lacks(&wiki([&by_interval("dropByInterval", "2022-01-01/PT1S")]), "empty-interval");
    // All that has ended: four of the five.
    let past = by_period("dropBeforeByPeriod", "P0D");
    assert_has(&wiki([&past]), "empty-period 1 warning 4");
    assert_lacks(&wiki([&by_period("dropBeforeByPeriod", "PT1S")]), "empty-period");
    assert_has(&wiki([&by_period("loadByPeriod", "PT0S")]), "empty-period 1 warning 1");
}

#[test]
fn a_load_rule_without_replicas_or_tiers() {
    let load = |replicants: &str| {
        format!(
            r#"{{"type":"loadForever","tieredReplicants":{replicants},"useDefaultTierForNull":false}}"#
        )
    };
    assert_has(&wiki([load(r#"{"hot":0,"cold":0}"#)]), "zero-replicas 1 info 5");
    assert_has(&wiki([load("{}")]), "no-tier 1 info 5");
    let one = wiki([load(r#"{"hot":0,"cold":1}"#)]);
    assert_lacks(&one, "zero-replicas");
    assert_lacks(&one, "no-tier");
    assert_lacks(&wiki([load(r#"{"hot":0}"#)]), "no-tier");
    // One that is never asked does no harm.
    assert_lacks(&wiki([DROP_FOREVER, &load("{}")]), "no-tier");
}

#[test]
fn a_drop_rule_that_takes_the_newest_data() {
    let drop = by_period("dropByPeriod", "P1M");
    assert_has(&wiki([&drop]), "drops-newest 1 error 2");
    assert_lacks(&wiki([without_future("dropByPeriod", "P1M")]), "drops-newest");
    // What is newer is kept: the rule takes the weeks before.
    let kept = by_period("loadByPeriod", "P1W");
    assert_lacks(&wiki([&kept, &drop]), "drops-newest");
}

#[test]
fn a_load_rule_without_the_future_before_one_that_drops_it() {
    let load = without_future("loadByPeriod", "P1M");
    assert_has(&wiki([&load, DROP_FOREVER]), "drops-future 1 warning 1");
    assert_lacks(&wiki([&load, LOAD_FOREVER]), "drops-future");
    assert_lacks(&wiki([&by_period("loadByPeriod", "P1M"), DROP_FOREVER]), "drops-future");
    // A drop before it takes a part of the future, and would whatever this rule says.
    let drop = by_interval("dropByInterval", "2024-06-15/2024-08-01");
    assert_lacks(&wiki([&drop, &load, LOAD_FOREVER]), "drops-future");
    // Something between keeps the future.
    let future = by_interval("loadByInterval", "2024-06-01/9999-01-01");
    let past = by_period("dropBeforeByPeriod", "P1D");
    assert_lacks(&wiki([&load, &future, &past]), "drops-future");
}

#[test]
fn a_drop_of_the_future_may_stand_in_the_default_chain() {
    let lopper = segments().rules([
        ("wiki", &*chain([without_future("loadByPeriod", "P1M")])),
        ("_default", &chain([DROP_FOREVER])),
    ]);
    let report = lopper.run(["rules", "lint", "wiki", "--output", "json"]).json();
    let finding = only(&report, "drops-future");
    assert_eq!((&finding["segments"], &finding["effect"]), (&1.into(), &"marked unused".into()));
    let message = finding["message"].as_str().unwrap();
    assert!(message.contains("rule 1 of _default (dropForever) drops it"), "{message}");
}

#[test]
fn a_rule_that_decides_for_nothing_there_is() {
    let year = |year: u16| by_interval("loadByInterval", &format!("{year}-01-01/P1Y"));
    assert_has(&wiki([year(2020), year(2023)]), "matches-nothing 1 info 0");
    assert_lacks(&wiki([year(2022), year(2023)]), "matches-nothing");
    // The only segment of these days is unused.
    let unused = by_interval("loadByInterval", "2024-05-31/P1D");
    assert_has(&wiki([unused]), "matches-nothing 1 info 0");
}

/// The rules of Druid 38 that load parts of segments.
#[test]
fn a_partial_load_rule_that_keeps_less_in_druid_or_is_refused_there() {
    let partial = |more: &str| format!(r#"{{"type":"loadPartialForever"{more}}}"#);
    let matcher = r#","matcher":{"type":"exactProjections","projections":["a"]}"#;
    let falls = partial(&format!(r#"{matcher},"onCannotMatch":"fallThrough""#));
    assert_has(&wiki([&partial("")]), "no-matcher 1 error 5");
    assert_lacks(&wiki([&partial(matcher)]), "no-matcher");
    assert_has(&wiki([&falls, DROP_FOREVER]), "falls-through 1 info 5");
    // Nothing would be dropped, or nothing falls through.
    assert_lacks(&wiki([&falls]), "falls-through");
    assert_lacks(&wiki([&partial(matcher), DROP_FOREVER]), "falls-through");
}
