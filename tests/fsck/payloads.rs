//! Payloads against columns.

use super::{FIRST, SECOND, story};
use crate::support::{Lopper, seg};

#[test]
fn every_column_that_repeats_the_payload_is_compared() {
    for (change, example) in [
        ("start_ms = start_ms - 1", "start_ms is 1442015999999, by the payload 1442016000000"),
        ("end_ms = end_ms - 1", "end_ms is 1442102399999, by the payload 1442102400000"),
        ("version = 'v2'", r#"version is "v2", by the payload "v1""#),
        ("partition_num = 7", "partition_num is 7, by the payload 0"),
        ("size = 1", "size is 1, by the payload 1000"),
        ("shard_type = 'hashed'", r#"shard_type is "hashed", by the payload "numbered""#),
        ("core_partitions = 3", "core_partitions is Some(3), by the payload Some(0)"),
        ("load_type = NULL", r#"load_type is None, by the payload Some("local")"#),
    ] {
        let damage = format!("UPDATE segment SET {change} WHERE id = 1");
        story()
            .damage(&damage)
            .finds(["payload-differs"])
            .first("error", &format!("{FIRST}: {example}"));
    }
}

#[test]
fn another_datasource_is_found() {
    story()
        .damage(
            "INSERT INTO datasource (name) VALUES ('koalas');
             UPDATE segment SET datasource_id = last_insert_rowid() WHERE id = 1",
        )
        .finds(["payload-differs"])
        .first("error", &format!(r#"{FIRST}: datasource is "koalas", by the payload "wiki""#));
}

#[test]
fn another_file_or_hash_is_found() {
    story()
        .damage("UPDATE payload SET file = NULL, file_hash = NULL WHERE segment_id = 1")
        .finds(["payload-differs"]);
    let hash = story().damage("UPDATE payload SET file_hash = 5 WHERE segment_id = 1");
    let found = hash.finds(["payload-differs"]);
    let example = found.0[0]["examples"][0].as_str().unwrap();
    assert!(example.starts_with(&format!("{FIRST}: file_hash is Some(5)")), "{example}");
}

#[test]
fn another_id_is_found() {
    story()
        .damage("UPDATE payload SET id = 'wiki_1' WHERE segment_id = 1")
        .finds(["id-differs"])
        .first("error", &format!("wiki_1: by the payload {FIRST}"));
}

#[test]
fn a_payload_that_cannot_be_read_is_found() {
    for payload in ["'{'", "''", "'[]'", "CAST(x'ff' AS TEXT)"] {
        let damage = format!("UPDATE payload SET payload = {payload} WHERE segment_id = 2");
        let found = story().damage(&damage).finds(["broken-payload"]);
        let example = found.0[0]["examples"][0].as_str().unwrap();
        assert!(example.starts_with(&format!("{SECOND}: not a segment's payload")), "{example}");
    }
}

/// A migrated store has its shard columns from SQLite, which writes other spaces.
#[test]
fn shards_compare_as_json() {
    let range = serde_json::json!({
        "type": "range", "dimensions": ["a"], "start": ["a", "b"], "end": null, "partitionNum": 0
    });
    let lopper = Lopper::new().segments([seg("wiki", "2015-09-12/P1D").shard(range)]);
    let lopper = lopper.damage(r#"UPDATE segment SET shard = '[ ["a","b"], null ]'"#);
    lopper.finds([]);
    let other = lopper.connection();
    other.execute_batch(r#"UPDATE segment SET shard = '[["a","c"],null]'"#).unwrap();
    lopper.finds(["payload-differs"]);
}
