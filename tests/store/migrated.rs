//! A store of an older schema is brought to the newest one, with all that it holds.

use std::collections::BTreeMap;

use refinery::Target;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Lopper, seg};

refinery::embed_migrations!("sql/migrations");

/// Segments of each shard spec that tells more than its type and numbers.
fn segments() -> Vec<crate::support::Segment> {
    let day = || seg("wiki", "2015-01-01/P1D");
    let overwrite = |number: i32, more: Value| {
        let mut spec = json!({"type": "numbered_overwrite", "partitionId": number,
            "minorVersion": 2, "atomicUpdateGroupSize": 1});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        day().partition(number).shard(spec)
    };
    let bounds = |number: i32, kind: &str, more: Value| {
        let mut spec =
            json!({"type": kind, "dimension": "d", "dimensions": ["d"], "partitionNum": number});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        day().partition(number).shard(spec)
    };
    vec![
        day().created("2019-05-05T05:05:05.005Z"),
        day().version("v2").unused().never_stamped(),
        overwrite(32_768, json!({"startRootPartitionId": 0, "endRootPartitionId": 3})),
        overwrite(32_769, json!({"startRootPartitionId": 1, "endRootPartitionId": 2})),
        bounds(1, "single", json!({"start": null, "end": "m"})),
        bounds(2, "single", json!({"start": "m\"é\u{1f600}", "end": null})),
        bounds(3, "single", json!({})),
        bounds(4, "single", json!({"start": null, "end": "m", "numCorePartitions": 2})),
        bounds(5, "range", json!({"start": ["a", null], "end": ["b", "c"]})),
        bounds(6, "range", json!({"start": ["b"], "end": null, "numCorePartitions": 0})),
        bounds(7, "of the future", json!({"partitions": 3})),
        bounds(8, "of the future", json!({"numCorePartitions": 2, "partitions": 2})),
        bounds(9, "of the future", json!({"numCorePartitions": 2, "partitions": 3})),
        bounds(10, "of the future", json!({})),
        bounds(11, "of the future", json!({"partitions": -1})),
        bounds(12, "of the future", json!({"partitions": [1]})),
        day().version("v3").shard(json!({"type": "of the future", "partitions": 1})),
        bounds(
            13,
            "dim_value_set",
            json!({"partitions": 4, "partitionDimensionValues": {"d": ["a"]}}),
        ),
        bounds(14, "dim_value_set", json!({})),
        seg("wiki", "2016-01-01/P1D").tombstone(),
        seg("koalas", "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z"),
    ]
}

/// Copies what V5 has of a store of the newest schema into one of V5.
const COPY: &str = "
    INSERT INTO datasource SELECT id, name FROM new.datasource;
    INSERT INTO segment (id, datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size,
                         shard_type, core_partitions, load_type)
    SELECT id, datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size,
           shard_type,
           -- What was not known had none.
           CASE WHEN shard_type IN ('of the future', 'dim_value_set') THEN 0 ELSE core_partitions END,
           load_type FROM new.segment;
    INSERT INTO payload (segment_id, id, created_ms, partitioned, file, file_hash, payload)
    SELECT p.segment_id, p.id, s.created_ms, p.partitioned, p.file, p.file_hash, p.payload
      FROM new.payload AS p JOIN new.segment AS s ON s.id = p.segment_id;
    INSERT INTO rule (id, rule_id, datasource, version, payload)
    SELECT id, rule_id, datasource, version, payload FROM new.rule;";

/// By id: state, creation, and the details of its shard spec.
fn told(lopper: &Lopper) -> BTreeMap<String, (String, Value)> {
    let rows = lopper.sql(
        "SELECT d.id,
                d.used || ' ' || d.created_date || ' ' || s.created_ms || ' ' || coalesce(s.core_partitions, '?')
                    || ' ' || s.is_unknown_type,
                s.shard
           FROM druid_segments AS d
           JOIN payload AS p ON p.id = d.id
           JOIN segment AS s ON s.id = p.segment_id",
    );
    let row = |row: &String| {
        let [id, state, shard] = row.splitn(3, '|').collect::<Vec<_>>().try_into().unwrap();
        let shard =
            if shard.is_empty() { Value::Null } else { serde_json::from_str(shard).unwrap() };
        (id.to_owned(), (state.to_owned(), shard))
    };
    rows.iter().map(row).collect()
}

/// What V5 can hold of a store, in a store of V5.
pub fn old_store_of(new: &Lopper) -> Lopper {
    let old = Lopper::new();
    let mut connection = Connection::open(old.store()).unwrap();
    migrations::runner()
        .set_grouped(true)
        .set_target(Target::Version(5))
        .run(&mut connection)
        .unwrap();
    connection.execute("ATTACH ?1 AS new", [new.store().to_str().unwrap()]).unwrap();
    connection.execute_batch(COPY).unwrap();
    old
}

#[test]
fn a_store_of_version_5_becomes_one_of_the_newest() {
    let new = Lopper::new().segments(segments()).rules([("wiki", r#"[{"type":"dropForever"}]"#)]);
    let old = old_store_of(&new);
    let version = "SELECT max(version) FROM refinery_schema_history";
    assert_eq!(old.sql(version), ["5"]);
    // Whatever opens it for writing.
    let count = "SELECT count(*) FROM druid_segments";
    old.run(["mark-unused", "none", "--all"]).code(0);
    assert_eq!(old.sql(version), new.sql(version));
    assert_eq!((old.sql(count), old.sql("PRAGMA foreign_key_check")), (new.sql(count), vec![]));
    let expected = told(&new);
    assert_eq!(told(&old), expected);
    // The test means what it says.
    let with_details = expected.values().filter(|(_, shard)| !shard.is_null()).count();
    assert_eq!(with_details, 6, "{expected:#?}");
    let unknown = expected.values().filter(|(told, _)| told.ends_with(" ? 1")).count();
    assert_eq!(unknown, 5, "{expected:#?}");
    assert_eq!(expected.len(), segments().len());
    // Both are schemas of the same tables, and the passes work alike.
    let tables = "SELECT name FROM sqlite_schema ORDER BY name";
    assert_eq!(old.sql(tables), new.sql(tables));
    let enforce = ["enforce-rules", "*", "--pass", "overshadowed", "--output", "json"];
    let reports = [&old, &new].map(|lopper| lopper.run(enforce).code(0).json()["steps"][0].take());
    assert_eq!(reports[0], reports[1]);
    assert_eq!(old.ids(false), new.ids(false));
}
