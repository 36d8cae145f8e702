//! Tables, views, timelines and rules.

use super::{FIRST, story};
use crate::support::Lopper;

#[test]
fn a_damaged_file_is_found() {
    let lopper = story();
    // The CHECK of the table holds no longer for a row that is there.
    lopper
        .damage("UPDATE segment SET size = -1 WHERE id = 1")
        .finds(["damaged-file", "payload-differs"])
        .first("error", "CHECK constraint failed in segment");
}

#[test]
fn what_a_damaged_page_hides_is_named() {
    let lopper = story();
    lopper.sql("PRAGMA wal_checkpoint(TRUNCATE)");
    let root: usize = lopper
        .sql("SELECT (rootpage - 1) * (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'payload'")
        .join("")
        .parse()
        .unwrap();
    let mut bytes = std::fs::read(lopper.store()).unwrap();
    bytes[root..root + 100].fill(0xee);
    std::fs::write(lopper.store(), bytes).unwrap();
    let report = lopper.run(["fsck", "--output", "json"]).code(1).json();
    assert_eq!(report["findings"][0]["code"], "damaged-file");
    let not_asked = report["not_asked"].as_array().unwrap();
    assert!(not_asked.contains(&"payload-differs".into()), "{report:#}");
    assert!(!not_asked.contains(&"unended-run".into()), "{report:#}");
    lopper.run(["fsck"]).code(1).stdout_has("not asked, since the file is damaged: ");
}

#[test]
fn a_reference_to_nothing_is_found() {
    story()
        .damage("UPDATE step SET run_id = 77 WHERE id = 1")
        .finds(["dangling-reference"])
        .first("error", "step row 1 refers to a row that run does not have");
}

#[test]
fn a_segment_without_a_payload_is_found() {
    story()
        .damage("DELETE FROM payload WHERE segment_id = 1")
        .finds(["segment-without-payload", "segments-not-shown"])
        .first("error", "segment 1 of wiki, version v1, partition 0");
}

#[test]
fn a_payload_without_a_segment_is_found() {
    story()
        .damage("DELETE FROM segment WHERE id = 1")
        .finds(["dangling-reference", "payload-without-segment"])
        .first("error", "payload row 1 refers to a row that segment does not have");
}

#[test]
fn a_datasource_without_segments_is_told() {
    story()
        .damage("INSERT INTO datasource (name) VALUES ('koalas')")
        .finds(["empty-datasource"])
        .first("info", "koalas");
}

#[test]
fn shard_columns_that_do_not_go_together_are_found() {
    for (columns, shown) in [
        ("shard_type = 'numbered_overwrite'", "numbered_overwrite, core_partitions 0, shard NULL"),
        (
            "shard_type = 'numbered_overwrite', shard = '[0,1,\"1\",1]'",
            "numbered_overwrite, core_partitions 0, shard [0,1,\"1\",1]",
        ),
        (
            "shard_type = 'single', core_partitions = NULL",
            "single, core_partitions NULL, shard NULL",
        ),
        (
            "shard_type = 'range', core_partitions = NULL, shard = '[1]'",
            "range, core_partitions NULL, shard [1]",
        ),
        ("core_partitions = NULL", "numbered, core_partitions NULL, shard NULL"),
        ("shard_type = 'linear', shard = '[1]'", "linear, core_partitions 0, shard [1]"),
    ] {
        story()
            .damage(&format!("UPDATE segment SET {columns} WHERE id = 1"))
            .finds(["odd-shard", "payload-differs"])
            .first("error", &format!("{FIRST}: {shown}"));
    }
}

#[test]
fn what_a_pass_found_must_point_somewhere() {
    story()
        .damage("INSERT INTO overshadowed VALUES (1, 1, 77, 0)")
        .finds(["overshadowed-nowhere"])
        .first("warning", &format!("{FIRST}: hidden by segment 77, which never was"));
    story()
        .damage("INSERT INTO overshadowed VALUES (77, 1, 1, 0)")
        .finds(["dangling-reference", "overshadowed-nowhere"]);
    story()
        .damage("INSERT INTO rule_box VALUES (77, 1, NULL, NULL, 'none', NULL, 0, 0, 0, 0, 0)")
        .finds(["dangling-reference", "boxes-nowhere"]);
}

#[test]
fn views_must_show_what_there_is() {
    story()
        .damage(
            "DROP VIEW druid_rules;
             CREATE VIEW druid_rules AS SELECT * FROM rule WHERE datasource <> 'wiki'",
        )
        .finds(["schema-differs", "rules-not-shown"]);
    story()
        .damage("UPDATE segment SET datasource_id = 77 WHERE id = 1")
        .finds(["dangling-reference", "segments-not-shown"]);
}

/// What begins first may end last: the one before is not the only one to look at.
#[test]
fn intervals_of_one_version_that_overlap_are_found() {
    let lopper = Lopper::new().segments([
        "wiki 2015-09-01/P30D v1",
        "wiki 2015-09-02/P1D v1",
        "wiki 2015-09-05/P1D v1",
        "wiki 2015-09-05/P1D v1 p1",
    ]);
    let found = lopper.finds(["overlapping-intervals"]);
    let long = "wiki_2015-09-01T00:00:00.000Z_2015-10-01T00:00:00.000Z_v1";
    let pair = |day: u8| {
        let end = day + 1;
        format!(
            "segments '{long}' and 'wiki_2015-09-0{day}T00:00:00.000Z_2015-09-0{end}T00:00:00.000Z_v1'"
        )
    };
    assert_eq!(found.0[0]["count"], 2);
    assert_eq!(found.0[0]["examples"], serde_json::json!([pair(2), pair(5)]));
    let limited = lopper.run(["fsck", "--limit", "1", "--output", "json"]).json();
    assert_eq!(limited["findings"][0]["examples"], serde_json::json!([pair(2)]));
}

#[test]
fn intervals_that_only_seem_to_overlap_are_sound() {
    Lopper::new()
        .segments([
            "wiki 2015-09-01/P30D v1",
            "wiki 2015-09-02/P1D v2",   // another version
            "koalas 2015-09-02/P1D v1", // another datasource
            "wiki 2015-09-02/P1D v1 unused",
            "wiki 2015-10-01/P1D v1",    // abuts
            "wiki 2015-10-01/P1D v1 p1", // the same interval
        ])
        .finds([]);
}

#[test]
fn chains_in_force_must_be_readable() {
    let chain = r#"[{"type":"loadForever"},{"type":"dropByPeriod"}]"#;
    let lopper = story().damage(&format!("UPDATE rule SET payload = '{chain}'"));
    let found = lopper.finds(["broken-rules"]);
    let example = found.0[0]["examples"][0].as_str().unwrap();
    assert!(example.starts_with("wiki: rule 2: "), "{example}");
    // An older version is history.
    story()
        .damage(&format!(
            "INSERT INTO rule (rule_id, datasource, version, payload)
             VALUES ('old', 'wiki', '2019-01-01T00:00:00.000Z', '{chain}')"
        ))
        .finds([]);
}

#[test]
fn versions_of_chains_are_instants_and_have_one_row() {
    story()
        .damage("UPDATE rule SET version = 'yesterday'")
        .finds(["odd-rule-version"])
        .first("warning", "wiki: version 'yesterday'");
    story()
        .damage("INSERT INTO rule (rule_id, datasource, version, payload) SELECT 'twin', datasource, version, payload FROM rule")
        .finds(["twin-rules"])
        .first("warning", "wiki, version 2020-01-01T00:00:00.000Z: 2 rows");
}

#[test]
fn a_lock_that_expired_long_ago_is_told() {
    let lopper = story();
    lopper.lock("wiki", "2015-09-12", "2015-09-13", Some("2024-05-31T11:59:59.000Z"));
    lopper.lock("wiki", "2015-09-12", "2015-09-13", Some("2024-05-31T12:00:01.000Z"));
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    lopper
        .finds(["expired-lock"])
        .first("info", "lock 1 of index_parallel_wiki on wiki, expired 2024-05-31T11:59:59Z");
}
