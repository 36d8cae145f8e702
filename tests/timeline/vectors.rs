//! Druid's own answers: by the sweep, and by the model that the sweep is measured with.

use std::collections::BTreeSet;

use lopper::druid::{Interval, ShardSpec};
use serde_json::{Value, json};

use super::*;
use crate::druid::vectors::{judge_all, same, text};

fn form(spec: &ShardSpec) -> Form {
    match spec {
        ShardSpec::Single { start, end, core_partitions: None, .. } => {
            let bound = |bound: &Option<String>| bound.as_ref().map(|value| json!([value]));
            ranged(bound(start), bound(end))
        }
        ShardSpec::Range { start, end, core_partitions: None, .. } => {
            let bound = |bound: &Option<Vec<_>>| bound.as_ref().map(|values| json!(values));
            ranged(bound(start), bound(end))
        }
        ShardSpec::Numbered { .. }
        | ShardSpec::Hashed { .. }
        | ShardSpec::Range { .. }
        | ShardSpec::Single { .. }
        | ShardSpec::DimValueSet { .. }
        | ShardSpec::Unknown { core_partitions: Some(_), .. } => {
            Form::Counted(spec.num_core_partitions())
        }
        ShardSpec::NumberedOverwrite { .. } => Form::Overwrite {
            roots: (spec.start_root_partition_id(), spec.end_root_partition_id()),
            minor: spec.minor_version(),
            size: spec.atomic_update_group_size(),
        },
        ShardSpec::None | ShardSpec::Tombstone | ShardSpec::Linear { .. } => Form::Alone,
        ShardSpec::Unknown { core_partitions: None, .. } => Form::Unknown,
    }
}

/// Bounds are tuples, of several dimensions or of one.
fn ranged(start: Option<Value>, end: Option<Value>) -> Form {
    let text = |bound: Option<Value>| bound.map(|values| values.to_string());
    Form::Ranged(text(start), text(end))
}

fn segments(case: &Value) -> Vec<Segment> {
    let read = |(name, json): (usize, &Value)| {
        let interval = Interval::parse(text(json, "interval")).unwrap();
        let spec = match &json["shardSpec"] {
            Value::Null => ShardSpec::ABSENT,
            spec => ShardSpec::parse(&spec.to_string()).unwrap(),
        };
        Segment {
            name: i64::try_from(name).unwrap(),
            start: interval.start.millis(),
            end: interval.end.millis(),
            version: text(json, "version").to_owned(),
            partition: spec.partition_num(),
            form: form(&spec),
            stamp: 0,
        }
    };
    case["segments"].as_array().unwrap().iter().enumerate().map(read).collect()
}

/// The ids in a list of the case.
fn expected(case: &Value, key: &str) -> BTreeSet<String> {
    case[key].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn ids(case: &Value, names: impl IntoIterator<Item = i64>) -> BTreeSet<String> {
    let id = |name| text(&case["segments"][usize::try_from(name).unwrap()], "id").to_owned();
    names.into_iter().map(id).collect()
}

fn judge(case: &Value, told: Option<&Told>) -> Result<(), String> {
    let Some(told) = told else {
        return if case.get("error").is_some() { Ok(()) } else { Err("a conflict".into()) };
    };
    if case.get("error").is_some() {
        return Err("expected a conflict".into());
    }
    same(&ids(case, told.hidden()), &expected(case, "overshadowed"))?;
    let visible = told.pieces.iter().flat_map(|(_, _, _, names)| names.iter().copied());
    same(&ids(case, visible), &expected(case, "visible"))
}

#[test]
fn sweep_answers_as_druid_does() {
    judge_all("timeline.json", |case| judge(case, try_sweep(&segments(case)).as_ref().ok()));
}

#[test]
fn model_answers_as_druid_does() {
    judge_all("timeline.json", |case| {
        let answer = model::answer(&segments(case));
        judge(case, answer.map(|answer| answer.told()).as_ref())
    });
}

#[test]
fn a_conflict_names_two_segments_of_one_version_that_overlap() {
    let mut conflicts = 0;
    for case in crate::druid::vectors::load("timeline.json") {
        let segments = segments(&case);
        let Err(Conflict { one, other }) = try_sweep(&segments) else { continue };
        conflicts += 1;
        let named = |name: i64| &segments[usize::try_from(name).unwrap()];
        let (one, other) = (named(one), named(other));
        assert_eq!(one.version, other.version);
        assert_ne!((one.start, one.end), (other.start, other.end));
        assert!(one.start < other.end && other.start < one.end, "{one:?} {other:?}");
    }
    assert_eq!(conflicts, 6);
}
