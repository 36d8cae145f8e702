//! The JSON Schema says what the reader accepts.

use std::path::Path;

use lopper::job::{Job, schema};
use serde_json::{Value, json};

fn examples() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("jobs");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut examples: Vec<_> = files
        .map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap()))
        .collect();
    examples.sort();
    examples
}

#[test]
fn every_example_is_sound_and_meets_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let examples = examples();
    assert!(examples.len() >= 6);
    for (path, text) in examples {
        Job::load(Path::new(&path)).unwrap_or_else(|error| panic!("{error}"));
        let value: Value = toml::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{path}: {errors:?}");
    }
}

#[test]
fn it_is_of_draft_2020_12_and_says_what_each_key_means() {
    let schema = schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["title"], "lopper job");
    for table in tables(&schema) {
        assert_eq!(table["additionalProperties"], false, "{table}");
        for (key, property) in table["properties"].as_object().unwrap() {
            let described = property.get("description").is_some() || key == "op";
            assert!(described, "{key}: {property}");
        }
    }
    assert!(!schema.to_string().contains("\"null\""), "TOML has no null");
}

#[test]
fn the_reader_takes_every_key_of_the_schema_and_no_other() {
    let steps = schema()["properties"]["step"]["items"]["oneOf"].as_array().unwrap().clone();
    let ops: Vec<&str> =
        steps.iter().map(|step| step["properties"]["op"]["const"].as_str().unwrap()).collect();
    assert_eq!(ops, ["import", "mark-used", "mark-unused", "enforce-rules", "kill", "check"]);
    // A value of a type that no key has: a key that is known is refused for its value, not its name.
    for step in &steps {
        let op = &step["properties"]["op"]["const"];
        let keys = step["properties"].as_object().unwrap().keys();
        for key in keys.filter(|key| *key != "op").map(String::as_str).chain(["unheard_of"]) {
            let text = format!("name = \"j\"\n[[step]]\nop = {op}\n{key} = 1979-05-27\n");
            assert_eq!(is_known(&text, key), key != "unheard_of", "{op}: {key}");
        }
    }
    for key in schema()["properties"].as_object().unwrap().keys() {
        assert!(is_known(&format!("{key} = 1979-05-27\n"), key), "{key}");
    }
}

/// Whether the file's key is known, but its value wrong.
fn is_known(text: &str, key: &str) -> bool {
    let found = super::problems(text);
    let unknown = found.iter().any(|problem| problem.ends_with(&format!("unknown key '{key}'")));
    let refused = found.iter().any(|problem| problem.contains("found a date without quotes"));
    assert_ne!(unknown, refused, "{found:?}");
    refused
}

#[test]
fn it_refuses_what_the_reader_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let job = |step: Value| json!({ "name": "j", "step": [step] });
    assert!(validator.is_valid(&job(json!({ "op": "mark-used", "datasource": "d", "all": true }))));
    for step in [
        json!({ "op": "mark-used", "all": true }),
        json!({ "op": "mark-used", "datasource": "d" }),
        json!({ "op": "mark-used", "datasource": "d", "datasources": ["d"], "all": true }),
        json!({ "op": "mark-used", "datasource": "d", "all": true, "ids": ["a"] }),
        json!({ "op": "mark-used", "datasources": [], "all": true }),
        json!({ "op": "mark-unused", "datasource": "d", "ids": [] }),
        json!({ "op": "mark-unused", "datasource": "d", "all": true, "include_overshadowed": true }),
        json!({ "op": "kill", "datasource": "d", "batch_size": 0 }),
        json!({ "op": "kill" }),
        json!({ "op": "check" }),
        json!({ "op": "import" }),
        json!({ "op": "enforce-rules" }),
        json!({ "op": "enforce-rules", "datasource": "d", "passes": [] }),
        json!({ "op": "enforce-rules", "datasource": "d", "passes": ["all"] }),
        json!({ "op": "enforce-rules", "datasource": "d", "on_exposure": "skip" }),
        json!({ "op": "undo", "datasource": "d" }),
    ] {
        assert!(!validator.is_valid(&job(step.clone())), "{step}");
        let text = toml::to_string(&job(step.clone())).unwrap();
        assert!(super::parse(&text).is_err(), "{step}");
    }
}

#[test]
fn it_takes_the_commands_that_the_reader_takes() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let step = json!({ "op": "check", "sql": "SELECT 1" });
    for (command, is_one) in [
        (json!("notify ops"), true),
        (json!(["notify", "", "ops"]), true),
        (json!([]), true),
        (json!(" "), false),
        (json!(""), false),
        (json!("a\0b"), false),
        (json!([""]), false),
        (json!(["notify", "a\0b"]), false),
        (json!(["notify", 5]), false),
        (json!(5), false),
    ] {
        let job = json!({ "name": "j", "on_change": command, "step": [step] });
        assert_eq!(validator.is_valid(&job), is_one, "{command}");
        assert_eq!(super::parse(&toml::to_string(&job).unwrap()).is_ok(), is_one, "{command}");
    }
}

/// Every table of a schema, at any depth.
fn tables(schema: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    if schema.get("properties").is_some() {
        found.push(schema);
    }
    let children = schema.as_object().into_iter().flat_map(|object| object.values());
    let elements = schema.as_array().into_iter().flatten();
    for child in children.chain(elements) {
        found.extend(tables(child));
    }
    found
}
