//! Payloads.

use lopper::druid::{DataSegment, ShardSpec};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::vectors::{judge_all, same, text, unknown_to_druid};

#[test]
fn payloads_are_read_as_druid_reads_them() {
    judge_all("payloads.json", |case| {
        match (DataSegment::parse(text(case, "payload")), case["ok"] == true) {
            (Ok(segment), true) => {
                let found = [
                    ("id", Value::from(segment.id().to_string())),
                    ("size", segment.size.into()),
                    ("shardType", segment.shard.type_name().into()),
                    ("tombstone", segment.is_tombstone().into()),
                ];
                found.iter().try_for_each(|(key, found)| same(found, &case[*key]))
            }
            // Where Druid does not know a shard spec's type, lopper keeps the segment all the same.
            (Ok(segment), false) if unknown_to_druid(case) => {
                same(&matches!(segment.shard, ShardSpec::Unknown { .. }), &true)
            }
            (Ok(segment), false) => Err(format!("Druid refuses it, found {segment:?}")),
            (Err(_), false) if unknown_to_druid(case) => Err("it is lost".to_owned()),
            (Err(_), false) => Ok(()),
            (Err(error), true) => Err(error.to_string()),
        }
    });
}

/// A payload with `key` set to `value`, which is JSON.
fn payload_with(key: &str, value: &str) -> String {
    let start = r#"{"dataSource":"d","interval":"2024-06-01/P1D","version":"v","size":5"#;
    format!(r#"{start},"{key}":{value}}}"#)
}

#[test]
fn members_of_the_wrong_kind_are_refused() {
    for (key, value) in [
        ("binaryVersion", "true"),
        ("binaryVersion", "\"nine\""),
        ("binaryVersion", "2147483648"),
        ("totalRows", "[]"),
        ("indexingStateFingerprint", "{}"),
        ("lastCompactionState", "[]"),
        ("loadSpec", "[]"),
        ("loadSpec", "1"),
        ("shardSpec", "[]"),
        ("interval", "[]"),
        ("interval", "2024"),
        ("version", "{}"),
        ("size", "-1"),
        ("size", "1e19"),
        ("size", "false"),
    ] {
        let payload = payload_with(key, value);
        assert!(DataSegment::parse(&payload).is_err(), "{payload}");
    }
}

#[test]
fn scalars_are_taken_for_each_other() {
    for (key, value) in [("version", "1.50"), ("version", "true"), ("dataSource", "-0")] {
        let segment = DataSegment::parse(&payload_with(key, value)).unwrap();
        let found = if key == "version" { segment.version } else { segment.datasource };
        assert_eq!(found, value);
    }
    for (value, size) in [("\" 7 \"", 7), ("\"\"", 0), ("7.9", 7), ("1e3", 1000), ("-0.5", 0)] {
        assert_eq!(DataSegment::parse(&payload_with("size", value)).unwrap().size, size, "{value}");
    }
    let binary_version = |value: &str| {
        DataSegment::parse(&payload_with("binaryVersion", value)).unwrap().binary_version
    };
    assert_eq!((binary_version("9"), binary_version("null")), (Some(9), None));
}

#[test]
fn a_list_of_names_as_an_object_is_read_in_place_of_the_rest() {
    let payload = payload_with("dimensions", r#"{"size":8,"version":"w"},"version":"x""#);
    let segment = DataSegment::parse(&payload).unwrap();
    assert_eq!((segment.size, segment.version.as_str()), (8, "w"));
    let deep = format!("{}{}", r#"{"metrics":"#.repeat(50), "}".repeat(50));
    DataSegment::parse(&payload_with("dimensions", &deep)).unwrap_err();
}

#[test]
fn depth_and_size_do_no_harm() {
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for key in ["future", "loadSpec", "dimensions", "shardSpec", "size", "lastCompactionState"] {
        let _ = DataSegment::parse(&payload_with(key, &nested));
        let _ = DataSegment::parse(&payload_with(key, &format!(r#"{{"type":{nested}}}"#)));
    }
    assert!(DataSegment::parse(&payload_with("future", &nested)).is_ok());
    let long = format!("\"{}\"", "x".repeat(50_000_000));
    assert_eq!(DataSegment::parse(&payload_with("dimensions", &long)).unwrap().size, 5);
}

#[test]
fn the_load_spec_is_the_last_one_given() {
    let specs = r#"{"type":"local","path":"/a"},"loadSpec":{"type":"local","path":"/b"}"#;
    let segment = DataSegment::parse(&payload_with("loadSpec", specs)).unwrap();
    assert_eq!(segment.load_spec.unwrap().file(), Some("file:/b"));
    assert_eq!(DataSegment::parse(&payload_with("loadSpec", "null")).unwrap().load_spec, None);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}", key in "[a-zA-Z]{0,12}", value in ".{0,20}") {
        let _ = DataSegment::parse(&text);
        let _ = DataSegment::parse(&payload_with(&key, &value));
    }

    #[test]
    fn what_is_written_is_read(
        (datasource, version) in (".{0,12}", ".{0,12}"),
        size in 0..=i64::MAX,
        partition_num in 0..=i32::MAX,
    ) {
        let payload = json!({
            "dataSource": datasource, "interval": "2024-06-01/P1D", "version": version,
            "shardSpec": {"type": "linear", "partitionNum": partition_num}, "size": size,
        });
        let segment = DataSegment::parse(&payload.to_string()).unwrap();
        let id = segment.id();
        prop_assert_eq!((id.datasource, id.version), (datasource, version));
        prop_assert_eq!((segment.size, id.partition_num), (size, partition_num));
    }
}
