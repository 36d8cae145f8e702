//! Shard specs of several types beside each other.

use serde_json::{Value, json};

use crate::support::{Lopper, seg};

/// Druid makes a tuple of one of a bound of `single`, so that both types go on where the other ends.
#[test]
fn single_and_range_abut() {
    let single = |end: Value| {
        let spec = json!({"type": "single", "dimension": "d", "start": null, "end": end, "partitionNum": 0});
        seg("wiki", "2015-01-01/P1D").version("v2").shard(spec)
    };
    let range = |start: Value| {
        let spec = json!({"type": "range", "dimensions": ["d"], "start": start, "end": null, "partitionNum": 1});
        seg("wiki", "2015-01-01/P1D").version("v2").partition(1).shard(spec)
    };
    for (end, start, changed) in [
        (json!("m"), json!(["m"]), 1),
        (json!("m"), json!(["n"]), 0),
        (json!("m\"é"), json!(["m\"\u{e9}"]), 1),
        (json!("[\"m\"]"), json!(["m"]), 0),
        (json!(""), json!([""]), 1),
    ] {
        let segments = [seg("wiki", "2015-01-01/P1D"), single(end.clone()), range(start.clone())];
        let step = Lopper::new().segments(segments).enforce(&["--pass", "overshadowed"]);
        assert_eq!(step["numChangedSegments"], changed, "{end} {start}");
    }
}
