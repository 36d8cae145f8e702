//! Overshadowed segments stay until what hides them has been there for a while.

use serde_json::json;

use super::{DROP_ALL, KEEP_ALL};
use crate::support::{Lopper, Segment, seg};

/// The program's clock says 12:00.
const JUST_OLDER: &str = "2024-06-01T11:44:59.999Z";
const NOT_OLDER: &str = "2024-06-01T11:45:00.000Z";
const OLD: &str = "2020-01-01T00:00:00.000Z";

fn day(version: &str) -> Segment {
    seg("wiki", "2015-01-01/P1D").version(version)
}

/// `v1`, hidden by a `v2` of that creation and last mark.
fn hidden_by(created: &str, marked: Option<&str>) -> Lopper {
    let newer = day("v2").created(created);
    let newer = match marked {
        Some(marked) => newer.stamp(marked),
        None => newer.never_stamped(),
    };
    Lopper::new().segments([day("v1"), newer])
}

#[track_caller]
fn assert_in_grace(lopper: &Lopper, flags: &[&str], in_grace: u64) {
    let step = lopper.enforce(&[&["--pass", "overshadowed"], flags].concat());
    assert_eq!(step["enforce"]["inGrace"], in_grace, "{flags:?}");
    assert_eq!(step["numChangedSegments"], 1 - in_grace, "{flags:?}");
}

#[test]
fn what_hides_a_segment_must_be_older_than_the_grace() {
    for (created, marked, in_grace) in [
        (NOT_OLDER, Some(OLD), 1),
        (JUST_OLDER, Some(OLD), 0),
        // The later of creation and mark.
        (OLD, Some(NOT_OLDER), 1),
        (OLD, Some(JUST_OLDER), 0),
        (NOT_OLDER, None, 1),
        (JUST_OLDER, None, 0),
        (NOT_OLDER, Some("1970-01-01T00:00:00.000Z"), 1),
        (JUST_OLDER, Some("1970-01-01T00:00:00.000Z"), 0),
        ("2024-06-01T13:00:00.000Z", None, 1),
    ] {
        assert_in_grace(&hidden_by(created, marked), &[], in_grace);
    }
}

#[test]
fn the_grace_can_be_set_and_none_means_none() {
    for (grace, created, in_grace) in [
        ("PT1S", "2024-06-01T11:59:59.000Z", 1),
        ("PT1S", "2024-06-01T11:59:58.999Z", 0),
        ("P1M", "2024-05-01T12:00:00.000Z", 1),
        ("P1M", "2024-05-01T11:59:59.999Z", 0),
        ("PT0S", "2024-06-01T12:00:00.000Z", 0),
        ("P0D", "2024-06-01T13:00:00.000Z", 0),
    ] {
        assert_in_grace(&hidden_by(created, None), &["--overshadow-grace", grace], in_grace);
    }
    // The run's own now counts.
    assert_in_grace(&hidden_by(NOT_OLDER, None), &["--at", "2024-06-01T12:00:00.001Z"], 0);
}

/// Marking a segment used begins its grace anew: servers have dropped it meanwhile.
#[test]
fn a_mark_as_used_begins_the_grace() {
    let lopper = Lopper::new().segments([day("v1"), day("v2").unused()]);
    lopper.run(["mark-used", "wiki", "--all"]).code(0);
    assert_in_grace(&lopper, &[], 1);
    assert_in_grace(&lopper, &["--at", "2024-06-01T12:15:00.001Z"], 0);
}

#[test]
fn of_several_that_hide_a_segment_the_youngest_counts() {
    let two_days = || seg("wiki", "2015-01-01/P2D").version("v1");
    let halves = |second: &str| {
        [
            two_days(),
            day("v2").created(OLD),
            seg("wiki", "2015-01-02/P1D").version("v2").created(second),
        ]
    };
    assert_in_grace(&Lopper::new().segments(halves(JUST_OLDER)), &[], 0);
    assert_in_grace(&Lopper::new().segments(halves(NOT_OLDER)), &[], 1);
    // Partitions of one version count alike.
    let partitions = [day("v1"), day("v2"), day("v2").partition(1).created(NOT_OLDER)];
    assert_in_grace(&Lopper::new().segments(partitions), &[], 1);
    // What is itself hidden hides nothing.
    let lopper = Lopper::new().segments([day("v1"), day("v2").created(NOT_OLDER), day("v3")]);
    let step = lopper.enforce(&["--pass", "overshadowed"]);
    assert_eq!((&step["enforce"]["inGrace"], &step["numChangedSegments"]), (&json!(0), &json!(2)));
}

#[test]
fn the_rules_are_asked_of_what_is_in_its_grace() {
    let young = || hidden_by(NOT_OLDER, None);
    let dropped = young().rules([("wiki", DROP_ALL)]);
    let step = dropped.enforce(&[]);
    // What is dropped does not stay.
    assert_eq!((&step["enforce"]["inGrace"], &step["numChangedSegments"]), (&json!(0), &json!(2)));
    assert_eq!(dropped.reasons(), ["wiki v1 rule 1 dropForever", "wiki v2 rule 1 dropForever"]);
    let kept = young().rules([("wiki", KEEP_ALL)]);
    let step = kept.enforce(&[]);
    assert_eq!((&step["enforce"]["inGrace"], &step["numChangedSegments"]), (&json!(1), &json!(0)));
    assert_eq!(step["enforce"]["unmatched"], 0);
    kept.run(["enforce-rules", "*"]).code(0).stdout_has(
        "step 1: 1 overshadowed segment in the overshadow grace: what hides them is young",
    );
}

#[test]
fn a_broken_grace_is_refused() {
    let lopper = hidden_by(OLD, None);
    for grace in ["15 minutes", "-PT15M", "PT-15M", ""] {
        lopper.store_unchanged(|lopper| {
            lopper.run(["enforce-rules", "*", "--overshadow-grace", grace]).code(2);
        });
    }
}
