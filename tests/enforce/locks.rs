//! What another owner holds locked, what would show stale data, and what a guard forbids.

use serde_json::json;

use super::{DROP_ALL, KEEP_ALL};
use crate::support::{Lopper, seg};

fn store() -> Lopper {
    Lopper::new()
        .segments([
            "wiki 2015-01-01/P1D v1",
            "wiki 2015-01-01/P1D v2",
            "wiki 2015-01-02/P1D v2",
            "wiki 2015-01-03/P1D v2",
        ])
        .rules([("wiki", DROP_ALL)])
}

#[test]
fn locked_segments_are_passed_over_and_counted() {
    let lopper = store();
    lopper.lock("wiki", "2015-01-01", "2015-01-02T12:00:00Z", None);
    let step = lopper.enforce(&[]);
    // Two of the first day, one of the second.
    assert_eq!((&step["skipped"], &step["numChangedSegments"]), (&json!(3), &json!(1)));
    assert_eq!(
        lopper.sql("SELECT skipped, changed FROM steps WHERE op = 'enforce-rules'"),
        ["3|1"]
    );
    assert_eq!(lopper.reasons(), ["wiki v2 rule 1 dropForever"]);
    lopper.enforce(&["--on-conflict", "skip"]);
    lopper.sql("DELETE FROM locks WHERE owner = 'index_parallel_wiki'");
    assert_eq!(lopper.enforce(&[])["numChangedSegments"], 3);
}

#[test]
fn a_lock_fails_the_run_where_it_is_asked_to() {
    let lopper = store();
    lopper.lock("wiki", "2015-01-03", "2015-01-04", None);
    let states = lopper.states();
    lopper
        .enforced(&["--on-conflict", "fail"])
        .code(4)
        .stderr_has("'index_parallel_wiki' holds a replace lock")
        .stderr_has("nothing was changed");
    assert_eq!(lopper.states(), states);
    assert_eq!(lopper.reasons(), [""; 0]);
    assert_eq!(lopper.sql("SELECT * FROM rule_matches"), [""; 0]);
}

#[test]
fn a_lock_may_fail_the_tombstones_alone() {
    let eternal = seg("wiki", "2000-01-01/146140482-04-24T15:36:27.903Z").tombstone();
    let lopper = Lopper::new().segments([eternal]).rules([("wiki", KEEP_ALL)]);
    lopper.lock("wiki", "2015-01-03", "2015-01-04", None);
    lopper.enforced(&["--on-conflict", "fail"]).code(4).stderr_has("a replace lock");
    assert!(lopper.ids(false).is_empty());
}

/// A rule that drops the newer version of a day and keeps the older one of the month.
fn exposing() -> Lopper {
    let rules = r#"[{"type":"dropByInterval","interval":"2015-01-01/P1D"},{"type":"loadForever"}]"#;
    Lopper::new()
        .segments(["wiki 2015-01-01/P1M v1", "wiki 2015-01-01/P1D v2"])
        .rules([("wiki", rules)])
}

const STALE: &str = "'wiki_2015-01-01T00:00:00.000Z_2015-02-01T00:00:00.000Z_v1' is older, still used, and becomes visible in 2015-01-01T00:00:00.000Z/2015-01-02T00:00:00.000Z: stale data";

#[test]
fn a_drop_that_shows_stale_data_is_warned_of_or_refused() {
    let lopper = exposing();
    lopper
        .enforced(&["--on-exposure", "fail"])
        .code(3)
        .stderr_has(STALE)
        .stderr_has("nothing was changed");
    assert!(lopper.ids(false).is_empty());
    let step = lopper.enforce(&[]);
    assert_eq!(step["warnings"][0]["code"], "stale-data");
    assert_eq!(step["warnings"][0]["message"], STALE);
    assert_eq!(step["numChangedSegments"], 1);
    let step = exposing().enforce(&["--on-exposure", "ignore"]);
    assert_eq!((&step["warnings"], &step["numChangedSegments"]), (&json!([]), &json!(1)));
}

#[test]
fn a_guard_stops_the_run() {
    let lopper = store();
    let states = lopper.states();
    for (flags, message) in [
        (["--max-percent", "99"], "100.0 % of datasource 'wiki' (4 of its 4 used segments marked"),
        (["--max-segments", "3"], "would change 4 segments; max_segments allows 3"),
    ] {
        lopper.enforced(&flags).code(3).stderr_has(message).stderr_has("nothing was changed");
        assert_eq!(lopper.states(), states);
        assert_eq!(lopper.sql("SELECT * FROM rule_matches"), [""; 0]);
        assert_eq!(lopper.runs().last().unwrap(), "enforce-rules refused");
    }
    lopper.enforced(&["--max-percent", "100", "--max-segments", "4"]).code(0);
}
