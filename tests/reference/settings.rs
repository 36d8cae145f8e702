//! The keys of job files and of `lopper.toml`, from the schemas of the types that they are read into.

use serde_json::Value;

use super::schema::{description, is_required, kind, list, meaning, properties};
use super::{Page, choice, code, sentence, table};
use crate::support::Lopper;

fn schema(lopper: &Lopper, of: &str) -> Value {
    lopper.run(["jobs", "schema", of]).code(0).json()
}

pub fn jobs(lopper: &Lopper) -> Page {
    let schema = schema(lopper, "job");
    let mut text = format!("## The job\n\n{}\n", keys(&schema, &["step"]));
    add_tables(&schema, "", &mut text);
    let steps = &properties(&schema)["step"];
    text.push_str(&format!(
        "## Steps\n\nEach `[[step]]` has an `op`. {}\n\n",
        sentence(description(steps))
    ));
    for step in list(&steps["items"]["oneOf"]) {
        let op = step["properties"]["op"]["const"].as_str().expect("a step has an op");
        let alternatives: String = list(&step["allOf"]).iter().map(exactly_one).collect();
        let about = sentence(description(step));
        let keys = keys(step, &["op"]);
        text.push_str(&format!("### op = \"{op}\"\n\n{about}{alternatives}\n\n{keys}\n"));
    }
    Page {
        file: "job-files.md",
        title: "Job files",
        about: "Every key of a job file. `lopper jobs schema` prints the same as JSON Schema, for editors.",
        text,
    }
}

pub fn configuration(lopper: &Lopper) -> Page {
    let schema = schema(lopper, "config");
    let mut text = format!("## The file\n\n{}\n", keys(&schema, &[]));
    add_tables(&schema, "", &mut text);
    Page {
        file: "lopper-toml.md",
        title: "lopper.toml",
        about: "Every key of `lopper.toml`, the settings of an installation. `lopper jobs schema config` prints the same as JSON Schema.",
        text,
    }
}

/// The keys of a table, without those that have a place of their own.
fn keys(schema: &Value, elsewhere: &[&str]) -> String {
    let keys = properties(schema).iter().filter(|(key, _)| !elsewhere.contains(&key.as_str()));
    let rows: Vec<_> = keys
        .map(|(key, value)| {
            let required = if is_required(schema, key) { "Required. " } else { "" };
            let kind = if is_table(value) { "table".to_owned() } else { kind(value) };
            [code(key), kind, format!("{required}{}", meaning(value))]
        })
        .collect();
    table(["key", "type", "meaning"], &rows)
}

/// Adds the tables below a table: `[guard]`, `[deep_storage.s3]`.
fn add_tables(schema: &Value, path: &str, text: &mut String) {
    for (key, value) in properties(schema).iter().filter(|(_, value)| is_table(value)) {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let about = sentence(description(value));
        text.push_str(&format!("## \\[{path}\\]\n\n{about}\n\n{}\n", keys(value, &[])));
        add_tables(value, &path, text);
    }
}

fn is_table(schema: &Value) -> bool {
    schema["properties"].is_object()
}

/// Keys that exclude each other, and of which one must be there.
fn exactly_one(group: &Value) -> String {
    let names = list(&group["oneOf"]).iter().flat_map(|one| list(&one["required"]));
    let names: Vec<String> = names.filter_map(Value::as_str).map(code).collect();
    format!(" Exactly one of {} is required.", choice(&names))
}
