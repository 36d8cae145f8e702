//! What a sound store answers, and how findings are shown.

use super::{FIRST, story};
use crate::support::{Lopper, seg};

#[test]
fn a_store_after_imports_marks_passes_and_kills_is_sound() {
    let lopper = Lopper::new().import_sample().authoritative();
    lopper.add_segments([
        seg("odd", "2015-09-12/P1D").unused().version("a").local("shared.zip"),
        seg("odd", "2015-09-12/P1D").version("b").local("shared.zip"),
        seg("odd", "2015-09-13/P1D").unused(),
        seg("odd", "2015-09-14/P1D").shard(serde_json::json!({
            "type": "range", "dimensions": ["page"], "start": null, "end": ["m"], "partitionNum": 0
        })),
        seg("odd", "2015-09-15/P1D").partition(32_768).shard(serde_json::json!({
            "type": "numbered_overwrite", "partitionId": 32768, "startRootPartitionId": 0,
            "endRootPartitionId": 1, "minorVersion": 1, "atomicUpdateGroupSize": 1
        })),
        seg("odd", "-1000-01-01/1000-01-01").tombstone(),
    ]);
    lopper.run(["mark-unused", "wikipedia_hour", "--interval", "2015-09-12T20/2015-09-13"]).code(0);
    lopper.run(["mark-used", "wikipedia_hour", "--interval", "2015-09-12T21/2015-09-13"]).code(0);
    lopper.run(["enforce-rules", "koalas", "wiki edits"]).code(0);
    lopper.sql("UPDATE druid_segments SET used = 0 WHERE dataSource = 'odd' AND version = 'b'");
    lopper.run(["kill", "odd", "--yes"]).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions ORDER BY state"), ["deferred", "done"]);
    lopper.import(&crate::support::sample("copy_segments.csv"));
    assert!(lopper.finds([]).0.is_empty());
    let count = lopper.sql("SELECT count(*) FROM druid_segments").join("");
    lopper
        .run(["fsck"])
        .code(0)
        .stdout_is(&format!("nothing found; {count} segments compared with their payloads"));
}

#[test]
fn an_empty_store_is_sound() {
    let lopper = Lopper::new().rules([]);
    lopper.finds([]);
}

#[test]
fn people_see_a_table_the_examples_and_what_helps() {
    let lopper = story().damage("UPDATE segment SET size = 5, version = 'x' || char(27)");
    let answer = lopper.run(["fsck", "--limit", "1"]).code(1);
    answer
        .stdout_has(
            "severity  finding          count  what it is\nerror     payload-differs      3  ",
        )
        .stdout_has(&format!(
            "\n\npayload-differs:\n  {FIRST}: version is \"x\\u{{1b}}\", by the payload \"v1\"; \
             size is 5, by the payload 1000\n  … and 2 more\n  help: import the segment again"
        ))
        .stdout_has(
            "kinds of findings: 1 of severity error, 0 warning, 0 info; 3 segments compared",
        );
}

#[test]
fn a_store_that_is_not_there_or_not_current_is_left_alone() {
    let lopper = Lopper::new();
    lopper.run(["fsck"]).code(2).stderr_has("there is no store");
    assert!(!lopper.store().exists());
    let lopper = story().damage("DELETE FROM refinery_schema_history WHERE version > 7");
    lopper.store_unchanged(|lopper| {
        lopper
            .run(["fsck"])
            .code(1)
            .stderr_has("is not of schema version")
            .stderr_has("lopper history")
    });
    let lopper =
        story().damage("UPDATE refinery_schema_history SET version = 99 WHERE version = 9");
    lopper.run(["fsck"]).code(1).stderr_has("made by a newer lopper");
}
