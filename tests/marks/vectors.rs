//! What a mark changes, on the cases that Druid's own classes were asked. Where the two differ, lopper's own answer.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lopper::druid::ShardSpec;
use serde_json::Value;

use crate::druid::vectors::{load, same, text};
use crate::support::{Lopper, Segment, csv, seg};

/// All cases share one store: `c12` before every name and id makes those of case 12 its own.
fn own(number: usize, name: &str) -> String {
    format!("c{number}{name}")
}

fn segment(number: usize, json: &Value) -> Segment {
    let shard = json["shardSpec"].clone();
    let partition = ShardSpec::parse(&shard.to_string()).unwrap().partition_num();
    let segment = seg(&own(number, text(json, "dataSource")), text(json, "interval"))
        .version(text(json, "version"))
        .partition(partition)
        .shard(shard);
    assert_eq!(segment.id(), own(number, text(json, "id")));
    if json["used"] == true { segment } else { segment.unused() }
}

/// The step of a job file, in TOML: a string or a list of JSON is one of TOML as well.
fn step(number: usize, op: &Value) -> String {
    let datasource = own(number, text(op, "datasource"));
    let mut toml = format!("[[step]]\nop = {}\ndatasource = '{datasource}'\n", op["op"]);
    let keys = ["interval", "versions"].map(|key| (key, op[key].clone()));
    let ids = [("ids", list(number, &op["ids"])), ("id", one(number, &op["id"]))];
    let all = [("all", Value::from(true))];
    let is_all = ["interval", "ids", "id"].iter().all(|key| op[key].is_null());
    let keys = keys.into_iter().chain(ids).chain(all.into_iter().filter(|_| is_all));
    for (key, value) in keys.filter(|(_, value)| !value.is_null()) {
        writeln!(toml, "{key} = {value}").unwrap();
    }
    toml
}

fn one(number: usize, id: &Value) -> Value {
    id.as_str().map(|id| own(number, id)).into()
}

fn list(number: usize, ids: &Value) -> Value {
    ids.as_array().map(|ids| ids.iter().map(|id| one(number, id)).collect::<Vec<_>>()).into()
}

fn own_ids(number: usize, ids: &Value) -> BTreeSet<String> {
    ids.as_array().into_iter().flatten().map(|id| own(number, id.as_str().unwrap())).collect()
}

/// An empty list is a mistake in a job file.
fn is_refused(op: &Value) -> bool {
    ["ids", "versions"].iter().any(|key| op[key].as_array().is_some_and(Vec::is_empty))
}

/// The ids asked for that the datasource does not have.
fn not_found(number: usize, case: &Value) -> BTreeSet<String> {
    let op = &case["op"];
    let asked =
        own_ids(number, &op["ids"]).into_iter().chain(op["id"].as_str().map(|id| own(number, id)));
    let there: BTreeSet<_> = case["segments"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["dataSource"] == op["datasource"])
        .map(|one| own(number, text(one, "id")))
        .collect();
    asked.filter(|id| !there.contains(id)).collect()
}

fn judge(number: usize, case: &Value, step: &Value) -> Result<(), String> {
    same(&step["numChangedSegments"], &case["lopper"]["changed"])?;
    let found: BTreeSet<_> = step["notFound"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    same(&found, &not_found(number, case))?;
    let left_out = step["leftOut"].as_array().map_or(0, Vec::len);
    same(&left_out, &usize::from(case["lopper"]["error"] == true))
}

#[test]
fn every_vector_of_marks() {
    let cases = load("marks.json");
    assert_eq!(cases.len(), 493);
    let lopper = Lopper::new();
    let numbered = || cases.iter().enumerate();
    let segments: Vec<_> = numbered()
        .flat_map(|(number, case)| {
            case["segments"].as_array().unwrap().iter().map(move |json| segment(number, json))
        })
        .collect();
    lopper.import(&lopper.file("segments.csv", csv(&segments, &lopper.deep_storage())));
    let before: BTreeSet<_> = lopper.ids(true).into_iter().collect();

    let (refused, asked): (Vec<_>, Vec<_>) =
        numbered().partition(|(_, case)| is_refused(&case["op"]));
    assert_eq!(refused.len(), 7);
    let mut wrong = Vec::new();
    for (number, case) in refused {
        let job = format!("name = 'none'\n{}", step(number, &case["op"]));
        lopper.file("none.toml", job);
        lopper.run(["run", "none.toml"]).code(2).stderr_has("empty");
    }
    let steps: String = asked.iter().map(|(number, case)| step(*number, &case["op"])).collect();
    let lopper = lopper.job("vectors", &steps);
    let report = lopper.run(["run", "vectors", "--output", "json"]).code(5).json();
    let steps = report["steps"].as_array().unwrap();
    assert_eq!(steps.len(), asked.len());
    for ((number, case), step) in asked.iter().zip(steps) {
        if let Err(message) = judge(*number, case, step) {
            wrong.push(format!("{number} {}: {message}", case["name"]));
        }
    }
    let after: BTreeSet<_> = lopper.ids(true).into_iter().collect();
    assert_ne!(before, after);
    for (number, case) in numbered() {
        let expected = own_ids(number, &case["lopper"]["used_after"]);
        let mine =
            |id: &&String| ["d_", "e_"].iter().any(|name| id.starts_with(&own(number, name)));
        let found = after.iter().filter(mine).cloned().collect();
        if let Err(message) = same(&found, &expected) {
            wrong.push(format!("{number} {}: {message}", case["name"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
