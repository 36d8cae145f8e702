//! Tombstones that reach to the start or the end of time.

use serde_json::json;

use super::KEEP_ALL;
use crate::support::{Lopper, Segment, seg};

const START: &str = "-146136543-09-08T08:23:32.096Z";
const END: &str = "146140482-04-24T15:36:27.903Z";

fn tombstone(interval: &str) -> Segment {
    seg("wiki", interval).version("v5").tombstone()
}

fn to(end: &str) -> Segment {
    tombstone(&format!("{START}/{end}"))
}

/// Enforces with a grace of a quarter of an hour; answers the versions that are unused.
fn unused(segments: impl IntoIterator<Item = Segment>) -> Vec<String> {
    let lopper = Lopper::new().segments(segments).rules([("wiki", KEEP_ALL)]);
    lopper.enforce(&[]);
    lopper.sql("SELECT DISTINCT version FROM segments WHERE used = 0 ORDER BY 1")
}

#[test]
fn one_at_either_end_of_time_goes() {
    for interval in
        [format!("{START}/2000-01-01"), format!("2000-01-01/{END}"), format!("{START}/{END}")]
    {
        assert_eq!(unused([tombstone(&interval)]), ["v5"], "{interval}");
    }
}

#[test]
fn others_stay() {
    assert!(unused([tombstone("2000-01-01/2001-01-01")]).is_empty(), "between");
    assert!(
        unused([tombstone("-146136543-09-08T08:23:32.097Z/2000-01-01")]).is_empty(),
        "a millisecond later"
    );
    assert!(
        unused([seg("wiki", &format!("{START}/2000-01-01")).version("v5")]).is_empty(),
        "with data"
    );
    let lopper = Lopper::new().segments([to("2000-01-01")]).rules([("wiki", KEEP_ALL)]);
    lopper.enforce(&["--pass", "rules", "--pass", "overshadowed"]);
    assert!(lopper.ids(false).is_empty());
}

#[test]
fn a_hidden_one_is_overshadowed() {
    let lopper = Lopper::new()
        .segments([to("2000-01-01"), to("2001-01-01").version("v6")])
        .rules([("wiki", KEEP_ALL)]);
    lopper.enforce(&["--pass", "overshadowed", "--pass", "tombstones"]);
    let by = format!("wiki v5 overshadowed by wiki_{START}_2001-01-01T00:00:00.000Z_v6");
    assert_eq!(lopper.reasons(), [by.as_str(), "wiki v6 tombstone"]);
    // Without the first pass it stays, and so does what hides it.
    let lopper = Lopper::new().segments([to("2000-01-01"), to("2001-01-01").version("v6")]);
    lopper.enforce(&["--pass", "tombstones"]);
    assert_eq!(lopper.reasons(), [""; 0]);
}

fn hidden() -> Segment {
    seg("wiki", "1999-01-01/P1D").version("v1")
}

#[test]
fn one_that_hides_what_goes_in_the_same_run_goes() {
    assert_eq!(unused([to("2000-01-01"), hidden()]), ["v1", "v5"]);
}

#[test]
fn one_that_hides_what_stays_in_its_grace_stays() {
    let young = || to("2000-01-01").created("2024-06-01T11:50:00.000Z");
    assert!(unused([young(), hidden()]).is_empty());
    // Whatever hides it: the tombstone overlaps it.
    let young_day = hidden().version("v6").created("2024-06-01T11:50:00.000Z");
    assert!(unused([to("2000-01-01"), hidden(), young_day]).is_empty());
    // Elsewhere, or in another datasource, it is in nobody's way.
    let elsewhere = [seg("wiki", "2015-01-01/P1D"), seg("wiki", "2015-01-01/P1D").version("v6")];
    let [below, above] = elsewhere;
    let above = above.created("2024-06-01T11:50:00.000Z");
    assert_eq!(unused([to("2000-01-01"), below, above]), ["v5"]);
    let other = |version: &str| seg("other", "1999-01-01/P1D").version(version);
    let others = [other("v1"), other("v2").created("2024-06-01T11:50:00.000Z")];
    assert_eq!(unused(others.into_iter().chain([to("2000-01-01")])), ["v5"]);
}

#[test]
fn one_that_hides_what_is_locked_stays() {
    let lopper = Lopper::new().segments([to("2000-01-01"), hidden()]).rules([("wiki", KEEP_ALL)]);
    lopper.lock("wiki", "1999-01-01", "1999-01-02", None);
    let step = lopper.enforce(&[]);
    // Both overlap the lock, but the tombstone was not chosen.
    assert_eq!((&step["skipped"], &step["numChangedSegments"]), (&json!(1), &json!(0)));
}

#[test]
fn a_locked_one_is_counted_once() {
    for rules in [KEEP_ALL, super::DROP_ALL] {
        let lopper = Lopper::new().segments([to("2000-01-01")]).rules([("wiki", rules)]);
        lopper.lock("wiki", "1998-01-01", "1998-01-02", None);
        let step = lopper.enforce(&[]);
        assert_eq!((&step["skipped"], &step["numChangedSegments"]), (&json!(1), &json!(0)));
    }
}

/// Not hidden, but not visible either: its group is not complete.
#[test]
fn one_that_is_not_visible_stays() {
    let interval = format!("{START}/2000-01-01");
    // Of two that take effect together, the other is not there yet.
    let half = seg("wiki", &interval).version("v5").partition(32_768).shard(json!({
        "type": "numbered_overwrite", "partitionId": 32_768, "startRootPartitionId": 0,
        "endRootPartitionId": 2, "minorVersion": 1, "atomicUpdateGroupSize": 2
    }));
    assert!(unused([to("2000-01-01"), half.clone()]).is_empty());
    assert_eq!(unused([to("2000-01-01"), half.version("v4")]), ["v4", "v5"]);
}
