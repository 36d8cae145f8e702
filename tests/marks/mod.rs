//! mark-unused and mark-used: who is meant, what is counted, and what keeps a mark from happening.

mod counts;
mod exposure;
mod exposure_model;
mod guards;
mod ids;
mod intervals;
mod locks;
mod names;
mod overshadowed;
mod together;
mod vectors;
mod warnings;

use serde_json::{Value, json};

use crate::support::{Segment, seg};

/// A segment that replaces the root partitions `[start, end)` of day 12, beside `size` - 1 others.
fn overwrite(version: &str, partition: i32, roots: (i32, i32), minor: i32, size: i32) -> Segment {
    let spec = json!({
        "type": "numbered_overwrite",
        "partitionId": partition,
        "startRootPartitionId": roots.0,
        "endRootPartitionId": roots.1,
        "minorVersion": minor,
        "atomicUpdateGroupSize": size,
    });
    seg("wiki", "2015-09-12/P1D").version(version).partition(partition).shard(spec)
}

/// The warnings of a step with that code: the segment, or nothing, and the message.
fn warned(step: &Value, code: &str) -> Vec<(String, String)> {
    let all = step["warnings"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.filter(|one| one["code"] == code)
        .map(|one| (text(&one["segment"]), text(&one["message"])))
        .collect()
}

/// The id of a day of September 2015.
fn day(day: u32, version: &str) -> String {
    format!("wiki_2015-09-{day}T00:00:00.000Z_2015-09-{}T00:00:00.000Z_{version}", day + 1)
}
