//! Datasources that have no timeline: rows that do not go together, and versions that overlap themselves.

use serde_json::json;

use super::{DROP_ALL, left_out};
use crate::support::{Lopper, seg};

const BAD: &str = "bad_2015-01-01T00:00:00.000Z_2015-01-02T00:00:00.000Z_v1_32768";

/// A datasource with an overwrite whose details are gone, and a sound one.
fn corrupted() -> Lopper {
    let overwrite = seg("bad", "2015-01-01/P1D").partition(32_768).shard(json!({
        "type": "numbered_overwrite", "partitionId": 32_768, "startRootPartitionId": 0,
        "endRootPartitionId": 1, "minorVersion": 1, "atomicUpdateGroupSize": 1
    }));
    let lopper = Lopper::new()
        .segments([seg("bad", "2015-01-01/P1D"), overwrite])
        .segments(["good 2015-01-01/P1D v1", "good 2015-01-01/P1D v2"])
        .rules([("_default", DROP_ALL)]);
    lopper.sql("UPDATE segment SET shard = NULL WHERE shard_type = 'numbered_overwrite'");
    lopper
}

#[test]
fn a_corrupted_row_is_named_and_the_others_are_enforced() {
    let lopper = corrupted();
    let answer = lopper.enforced(&[]).code(5);
    let report = answer.json();
    let step = &report["steps"][0];
    let left = left_out(step);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].0, "bad");
    assert!(left[0].1.contains(&format!("segment '{BAD}'")), "{left:?}");
    assert_eq!(step["numChangedSegments"], 2);
    assert_eq!(lopper.sql("SELECT DISTINCT datasource FROM segments WHERE used = 1"), ["bad"]);
    assert_eq!(lopper.sql("SELECT DISTINCT datasource FROM rule_matches"), ["good"]);
    assert_eq!(step["warnings"], json!([]));
}

#[test]
fn details_of_any_other_form_are_no_better() {
    for shard in ["[0,1,1]", "[0,1,1,\"1\"]", "[0,1,99999,1]", "{}", "null", "[null,null]"] {
        let lopper = corrupted();
        lopper.sql(&format!(
            "UPDATE segment SET shard = '{shard}' WHERE shard_type = 'numbered_overwrite'"
        ));
        assert_eq!(left_out(&lopper.enforce(&[])).len(), 1, "{shard}");
    }
    let lopper = corrupted();
    lopper.sql("UPDATE segment SET shard = '[0,1,1,1]' WHERE shard_type = 'numbered_overwrite'");
    assert_eq!(lopper.enforce(&[])["numChangedSegments"], 4);
}

/// Druid cannot build that timeline.
#[test]
fn a_version_of_two_intervals_that_overlap_is_named_by_both() {
    let lopper = Lopper::new()
        .segments([
            "bad 2015-01-01/P2D v1",
            "bad 2015-01-02/P2D v1",
            "bad 2015-01-02/P2D v0",
            "good 2015-01-01/P1D v1",
        ])
        .rules([("_default", DROP_ALL)]);
    for flags in [&[][..], &["--pass", "overshadowed"], &["--pass", "tombstones"]] {
        let step = lopper.enforce(flags);
        let left = left_out(&step);
        assert_eq!(left.len(), 1);
        for id in [
            "'bad_2015-01-01T00:00:00.000Z_2015-01-03T00:00:00.000Z_v1'",
            "'bad_2015-01-02T00:00:00.000Z_2015-01-04T00:00:00.000Z_v1'",
        ] {
            assert!(left[0].1.contains(id), "{left:?}");
        }
    }
    assert_eq!(lopper.ids(true).len(), 3);
    // When one of them is unused, there is nothing wrong any more.
    let one = "bad_2015-01-01T00:00:00.000Z_2015-01-03T00:00:00.000Z_v1";
    lopper.run(["mark-unused", "bad", "--id", one]).code(0);
    assert_eq!(left_out(&lopper.enforce(&[])), []);
    assert!(lopper.ids(true).is_empty());
}
