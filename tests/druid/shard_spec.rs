//! Shard specs.

use lopper::druid::ShardSpec;
use proptest::prelude::*;
use serde_json::Value;

use super::vectors::{judge_all, same, text, unknown_to_druid};

/// What a case says of a shard spec, under the names of its keys.
fn described(shard: &ShardSpec) -> [(&'static str, Value); 7] {
    [
        ("canonical", shard.canonical()),
        ("partitionNum", shard.partition_num().into()),
        ("numCorePartitions", shard.num_core_partitions().into()),
        ("startRootPartitionId", shard.start_root_partition_id().into()),
        ("endRootPartitionId", shard.end_root_partition_id().into()),
        ("minorVersion", shard.minor_version().into()),
        ("atomicUpdateGroupSize", shard.atomic_update_group_size().into()),
    ]
}

#[test]
fn shard_specs_are_read_as_druid_reads_them() {
    judge_all("shardspecs.json", |case| {
        match (ShardSpec::parse(text(case, "json")), case["ok"] == true) {
            (Ok(shard), true) => {
                described(&shard).iter().try_for_each(|(key, found)| same(found, &case[*key]))?;
                match case.get("type") {
                    Some(name) => same(&Value::from(shard.type_name()), name),
                    None => Ok(()),
                }
            }
            // Where that Druid does not know a type, its segment stays: a newer one, or an extension, may have it.
            (Ok(ShardSpec::Unknown { .. } | ShardSpec::DimValueSet { .. }), false)
                if unknown_to_druid(case) =>
            {
                Ok(())
            }
            (Ok(shard), false) => Err(format!("Druid refuses it, found {shard:?}")),
            (Err(_), false) if unknown_to_druid(case) => Err("it is lost".to_owned()),
            (Err(_), false) => Ok(()),
            (Err(error), true) => Err(error.to_string()),
        }
    });
}

#[test]
fn an_unknown_type_keeps_its_name_and_partition() {
    let shard = ShardSpec::parse(r#"{"partitionNum":7,"type":"of the future","x":[]}"#).unwrap();
    assert_eq!((shard.type_name(), shard.partition_num()), ("of the future", 7));
    for json in [r#"{"partitionNum":7}"#, r#"{"type":null}"#, r#"{"type":3}"#, "[]", "null"] {
        ShardSpec::parse(json).unwrap_err();
    }
}

/// What Druid 38 writes of a streaming segment.
#[test]
fn a_set_of_values_is_numbered() {
    let json = r#"{"type":"dim_value_set","partitionNum":2,"partitions":3,"partitionDimensionValues":{"d":["a",null]}}"#;
    let shard = ShardSpec::parse(json).unwrap();
    assert_eq!(shard, ShardSpec::DimValueSet { partition_num: 2, core_partitions: 3 });
    for wrong in [r#""partitionNum":-1"#, r#""partitions":-1"#, r#""partitions":"x""#] {
        ShardSpec::parse(&format!(r#"{{"type":"dim_value_set",{wrong}}}"#)).unwrap_err();
    }
}

#[test]
fn an_unknown_type_is_believed_where_it_tells_its_place() {
    let told = |members: &str| {
        let json = format!(r#"{{"type":"of the future"{members}}}"#);
        ShardSpec::parse(&json).unwrap().num_core_partitions()
    };
    for (members, cores) in [
        (r#","partitionNum":0,"partitions":2"#, 2),
        (r#","partitionNum":1,"numCorePartitions":2"#, 2),
        (r#","partitionNum":1,"partitions":0"#, 0),
        (r#","partitionNum":1,"partitions":2,"numCorePartitions":2"#, 2),
        (r#","partitionNum":1,"partitions":["a","b"],"numCorePartitions":2"#, 2),
        (r#","partitionNum":1,"partitions":"2""#, 2),
        ("", -1),
        (r#","partitionNum":0"#, -1),
        (r#","partitions":1"#, -1),
        (r#","partitionNum":null,"partitions":1"#, -1),
        (r#","partitionNum":0,"partitions":null"#, -1),
        (r#","partitionNum":0,"partitions":-1"#, -1),
        (r#","partitionNum":0,"partitions":1,"numCorePartitions":2"#, -1),
        (r#","partitionNum":0,"partitions":["a"]"#, -1),
        (r#","partitionNum":0,"corePartitions":1"#, -1),
    ] {
        assert_eq!(told(members), cores, "{members}");
    }
}

#[test]
fn single_tells_whether_core_partitions_were_given() {
    let parse = |json: &str| match ShardSpec::parse(json) {
        Ok(ShardSpec::Single { start, end, core_partitions, .. }) => (start, end, core_partitions),
        other => panic!("{other:?}"),
    };
    let without = r#"{"type":"single","dimension":"d","start":"a"}"#;
    assert_eq!(parse(without), (Some("a".to_owned()), None, None));
    let with = r#"{"type":"single","dimension":"d","end":"a","numCorePartitions":2}"#;
    assert_eq!(parse(with), (None, Some("a".to_owned()), Some(2)));
}

/// Shard specs of every type, in JSON.
fn any_shard_spec() -> impl Strategy<Value = Value> {
    let numbers = (0..=i32::MAX, 0..=i32::MAX, -1..=i32::MAX);
    let bounds = (".{1,8}", proptest::option::of(".{0,8}"), proptest::option::of(".{0,8}"));
    (0..7_u8, numbers, bounds).prop_map(|(kind, (p, n, core), (name, start, end))| match kind {
        0 => serde_json::json!({"type": "numbered", "partitionNum": p, "partitions": n}),
        1 => serde_json::json!({"type": "linear", "partitionNum": p}),
        2 => serde_json::json!({"type": "none"}),
        3 => serde_json::json!({
            "type": "single", "dimension": name, "start": start, "end": end, "partitionNum": p,
            "numCorePartitions": core,
        }),
        4 => serde_json::json!({
            "type": "range", "dimensions": [name, "x"], "start": start.map(|start| [start]),
            "end": [end], "partitionNum": p, "numCorePartitions": core,
        }),
        5 => serde_json::json!({
            "type": "hashed", "partitionNum": p, "partitions": n, "bucketId": core,
            "numBuckets": n, "partitionDimensions": [name], "partitionFunction": null,
        }),
        _ => serde_json::json!({
            "type": "numbered_overwrite", "partitionId": 32_768 + p % 32_768,
            "startRootPartitionId": n % 32_768, "endRootPartitionId": p % 32_768,
            "minorVersion": 1 + p % 32_767, "atomicUpdateGroupSize": 1 + n % 32_767,
        }),
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}", name in "[a-zA-Z]{0,8}", value in ".{0,12}") {
        let _ = ShardSpec::parse(&text);
        for kind in ["numbered", "single", "range", "hashed", "numbered_overwrite", "linear"] {
            let _ = ShardSpec::parse(&format!(r#"{{"type":"{kind}","{name}":{value}}}"#));
            let _ = ShardSpec::parse(&format!(r#"{{"type":"{kind}","partitionNum":{value}}}"#));
        }
    }

    #[test]
    fn a_printed_shard_spec_is_read_back(json in any_shard_spec()) {
        let shard = ShardSpec::parse(&json.to_string()).unwrap();
        prop_assert_eq!(&shard.canonical(), &json);
        prop_assert_eq!(ShardSpec::parse(&shard.canonical().to_string()), Ok(shard));
    }
}
