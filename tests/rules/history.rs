//! `rules history`: versions of a chain, newest first.

use serde_json::json;

use super::{DROP_FOREVER, LOAD_FOREVER, chain, segments};
use crate::support::Lopper;

/// A chain that was imported, and two that were set.
fn store() -> Lopper {
    let lopper = segments().rules([("wiki", &*chain([LOAD_FOREVER]))]);
    let set = ["rules", "set", "wiki", "-", "--author", "ann", "--comment"];
    lopper.run_with_input([&set[..], &["first"]].concat(), "[]").code(0);
    lopper.run_with_input([&set[..], &["second"]].concat(), chain([DROP_FOREVER])).code(0);
    lopper
}

#[test]
fn versions_are_listed_with_who_and_why() {
    let lopper = store();
    let versions = lopper.run(["rules", "history", "wiki", "--output", "json"]).code(0).json();
    let second = json!({
        "version": "2024-06-01T12:00:00.001Z", "author": "ann", "comment": "second",
        "created": "2024-06-01T12:00:00.000Z", "in_force": true, "rules": 1,
        "payload": "[{\"type\":\"dropForever\"}]"
    });
    assert_eq!(versions[0], second, "{versions:#}");
    assert_eq!(versions[1]["version"], "2024-06-01T12:00:00.000Z");
    assert_eq!((&versions[1]["comment"], &versions[1]["rules"]), (&json!("first"), &json!(0)));
    let imported = &versions[2];
    assert_eq!(imported["payload"], chain([LOAD_FOREVER]), "byte for byte");
    assert!(["author", "comment", "created"].iter().all(|key| imported[key].is_null()));
    let in_force: Vec<_> = (0..3).map(|index| versions[index]["in_force"] == true).collect();
    assert_eq!(in_force, [true, false, false]);
    assert_eq!(versions.as_array().unwrap().len(), 3);
}

#[test]
fn the_table_has_a_line_a_version() {
    let answer = store().run(["rules", "history", "wiki"]).code(0);
    let lines = answer.lines();
    assert_eq!(lines.len(), 4, "{answer}");
    assert!(lines[1].starts_with("2024-06-01T12:00:00.001Z  yes       ann"), "{answer}");
}

#[test]
fn a_count_ends_the_list() {
    let lopper = store();
    let count =
        |count| lopper.run(["rules", "history", "wiki", "--count", count, "--output", "json"]);
    assert_eq!(count("2").code(0).json().as_array().unwrap().len(), 2);
    count("0").code(2);
}

#[test]
fn a_datasource_without_chains_has_no_history() {
    let lopper = store();
    let history = |name| lopper.run(["rules", "history", name, "--output", "json"]).code(0);
    history("koalas").stdout_is("[]").stderr_is("");
    history("wikki").stdout_is("[]").stderr_has("did you mean 'wiki'?");
}
