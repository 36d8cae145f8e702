//! Findings about a chain as a whole, with `_default` behind it. Each has a near miss.

use super::{
    DROP_FOREVER, LOAD_FOREVER, assert_has, assert_lacks, by_interval, by_period, chain, findings,
    segments, wiki,
};
use crate::support::Lopper;

/// The findings about wiki with that `_default`.
#[track_caller]
fn before(default: &str, rules: &[&str]) -> Vec<String> {
    let lopper = segments().rules([("wiki", &*chain(rules)), ("_default", &chain([default]))]);
    findings(&lopper, "wiki", &[])
}

#[test]
fn a_load_rule_with_no_drop_behind_it() {
    let load = by_period("loadByPeriod", "P1M");
    // The default chain keeps the three that are older.
    assert_has(&before(LOAD_FOREVER, &[&load]), "load-without-drop 1 warning 3");
    assert_lacks(&before(LOAD_FOREVER, &[&load, DROP_FOREVER]), "load-without-drop");
    assert_lacks(&before(DROP_FOREVER, &[&load]), "load-without-drop");
    // Of several the last: only what it leaves over is at stake.
    let year = by_interval("loadByInterval", "2023/2024");
    assert_has(&before(LOAD_FOREVER, &[&load, &year]), "load-without-drop 2 warning 2");
    // A drop before it takes a part: the rest is kept.
    let drop = by_interval("dropByInterval", "2022/2023");
    assert_has(&before(LOAD_FOREVER, &[&drop, &load]), "load-without-drop 2 warning 2");
    // What is old is dropped before.
    let old = by_period("dropBeforeByPeriod", "P1M");
    assert_lacks(&before(LOAD_FOREVER, &[&old, &load]), "load-without-drop");
}

#[test]
fn segments_between_a_load_rule_and_the_drop_rule_behind_it() {
    let load = by_period("loadByPeriod", "P1M");
    let drop = by_period("dropBeforeByPeriod", "P2Y");
    let gap = |rules: &[&str]| {
        let lopper = segments().rules([("wiki", &*chain(rules))]);
        findings(&lopper, "wiki", &[])
    };
    // Of January this year and last year.
    assert_has(&gap(&[&load, &drop]), "gap-behind-load 1 warning 2");
    assert_lacks(&gap(&[&load, &by_period("dropBeforeByPeriod", "P1M")]), "gap-behind-load");
    assert_lacks(&gap(&[&load]), "gap-behind-load");
    assert_lacks(&gap(&[&drop, &load]), "gap-behind-load");
    assert_lacks(&before(LOAD_FOREVER, &[&load, &drop]), "gap-behind-load");
    // A second load rule may fill a part: the rule that reaches back farthest is named.
    let more = by_period("loadByPeriod", "P1Y");
    assert_has(&gap(&[&load, &more, &drop]), "gap-behind-load 2 warning 1");
    // What is told of as the gap is not told of again.
    assert_lacks(&gap(&[&load, &drop]), "unmatched");
}

#[test]
fn segments_that_no_rule_takes() {
    let year = by_interval("loadByInterval", "2023/2024");
    let lopper = segments().rules([("wiki", &*chain([&year]))]);
    assert_has(&findings(&lopper, "wiki", &[]), "unmatched - warning 4");
    assert_lacks(&wiki([&year]), "unmatched");
    // No rule takes other years, but there is nothing in them.
    let lopper = Lopper::new()
        .segments(["wiki 2023-01-01/P1D", "wiki 2022-01-01/P1D v1 unused"])
        .rules([("wiki", &*chain([&year]))]);
    assert_lacks(&findings(&lopper, "wiki", &[]), "unmatched");
}

#[test]
fn a_chain_that_drops_everything() {
    assert_has(&wiki([DROP_FOREVER]), "drops-everything - warning 5");
    let load = by_period("loadByPeriod", "PT1S");
    assert_lacks(&wiki([&load, DROP_FOREVER]), "drops-everything");
    let old = by_period("dropBeforeByPeriod", "P1D");
    assert_has(&before(DROP_FOREVER, &[&old]), "drops-everything - warning 5");
    assert_lacks(&before(LOAD_FOREVER, &[&old]), "drops-everything");
}

#[test]
fn a_chain_that_leaves_nothing_for_the_default() {
    assert_has(&wiki([LOAD_FOREVER]), "default-never-asked - info 5");
    assert_lacks(&wiki([by_period("loadByPeriod", "P9Y")]), "default-never-asked");
    // Also without a rule for ever.
    let both = ["dropBeforeByPeriod", "loadByPeriod"].map(|kind| by_period(kind, "P1Y"));
    assert_has(&wiki(both), "default-never-asked - info 5");
    // Where there is no default chain, it is not missed.
    let lopper = segments().rules([("wiki", &*chain([LOAD_FOREVER]))]);
    assert_lacks(&findings(&lopper, "wiki", &[]), "default-never-asked");
}

#[test]
fn a_chain_for_a_datasource_without_segments() {
    let lopper = segments().rules([
        ("wikki", &*chain([LOAD_FOREVER])),
        ("koalas", &chain([LOAD_FOREVER])),
        ("cleared", "[]"),
    ]);
    assert_has(&findings(&lopper, "wikki", &[]), "unknown-datasource - warning 0");
    lopper.run(["rules", "lint", "wikki"]).code(0).stdout_has("did you mean 'wiki'?");
    assert_lacks(&findings(&lopper, "koalas", &[]), "unknown-datasource");
    assert_lacks(&findings(&lopper, "cleared", &[]), "unknown-datasource");
    // No segment, so nothing can be said of what rules decide.
    assert_lacks(&findings(&lopper, "wikki", &[]), "matches-nothing");
}

#[test]
fn a_version_that_is_to_come_or_is_no_instant() {
    let version = |version: &str| {
        let lopper = segments();
        let row = [&format!("wiki_{version}"), "wiki", version, &chain([LOAD_FOREVER])];
        let dump = format!("id,dataSource,version,payload\n{}", crate::support::csv_row(row));
        lopper.import(&lopper.file("rules.csv", dump));
        findings(&lopper, "wiki", &[])
    };
    assert_has(&version("2024-06-01T12:00:00.001Z"), "newest-version-in-the-future - warning 5");
    assert_lacks(&version("2024-06-01T12:00:00.000Z"), "newest-version-in-the-future");
    assert_has(&version("zzz"), "odd-version - warning 5");
    assert_lacks(&version("2024-06-01T12:00:00.000Z"), "odd-version");
}
