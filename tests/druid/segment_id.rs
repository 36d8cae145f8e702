//! Segment ids.

use lopper::druid::{Instant, Interval, SegmentId};
use proptest::prelude::*;
use serde_json::Value;

use super::vectors::{judge_all, same, text};

/// The id that a case's `parts` describe.
fn from_parts(parts: &Value) -> SegmentId {
    let instant = |key: &str| Instant::parse(text(parts, key)).unwrap();
    SegmentId {
        datasource: text(parts, "dataSource").to_owned(),
        interval: Interval::new(instant("start"), instant("end")).unwrap(),
        version: text(parts, "version").to_owned(),
        partition_num: i32::try_from(parts["partitionNum"].as_i64().unwrap()).unwrap(),
    }
}

#[test]
fn ids_are_written_and_read_as_druid_does() {
    judge_all("segment-ids.json", |case| {
        let id = text(case, "id");
        match text(case, "do") {
            "format" => same(&from_parts(&case["parts"]).to_string(), &id.to_owned()),
            "parse" => {
                let parts = Some(&case["parts"]).filter(|parts| !parts.is_null());
                same(&SegmentId::parse(text(case, "datasource"), id), &parts.map(from_parts))
            }
            "all-parses" => {
                let parses = case["parses"].as_array().unwrap();
                same(&SegmentId::all_parses(id), &parses.iter().map(from_parts).collect())
            }
            other => Err(format!("cannot do '{other}'")),
        }
    });
}

#[test]
fn every_reading_of_an_ambiguous_id_is_found() {
    let instants = "2024-06-01T00:00:00.000Z_2024-06-02T00:00:00.000Z";
    let datasources = |id: &str| -> Vec<String> {
        SegmentId::all_parses(id).into_iter().map(|id| id.datasource).collect()
    };
    assert_eq!(datasources(&format!("a_{instants}_v")), ["a"]);
    assert_eq!(
        datasources(&format!("a_{instants}_2024-06-03T00:00:00.000Z_v_1")),
        ["a", "a", "a_2024-06-01T00:00:00.000Z", "a_2024-06-01T00:00:00.000Z",]
    );
    let eternity = "e_-146136543-09-08T08:23:32.096Z_146140482-04-24T15:36:27.903Z_v";
    assert_eq!(datasources(eternity), ["e"]);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(datasource in ".{0,8}", id in ".{0,60}") {
        let _ = SegmentId::parse(&datasource, &id);
        let _ = SegmentId::all_parses(&id);
    }

    #[test]
    fn a_printed_id_is_read_back(
        datasource in "[a-z0-9_é]{1,12}",
        (start, length) in (any::<i32>(), 1..i32::MAX),
        version in "[a-zA-Z0-9:.-]{0,12}",
        partition_num in 0..=i32::MAX,
    ) {
        let start = i64::from(start) * 1_000;
        let end = Instant::from_millis(start + i64::from(length));
        let interval = Interval::new(Instant::from_millis(start), end).unwrap();
        let id = SegmentId { datasource, interval, version, partition_num };
        prop_assert_eq!(SegmentId::parse(&id.datasource, &id.to_string()), Some(id.clone()));
        prop_assert!(SegmentId::all_parses(&id.to_string()).contains(&id));
    }
}
