//! What `--output json` prints, and what hooks are told, from the schemas that describe it.

use std::collections::BTreeMap;

use clap::CommandFactory;
use serde_json::Value;

use super::schema::{description, is_required, kind, meaning, properties, reference, values};
use super::{Page, code, sentence, table};
use crate::support::Lopper;

/// Schemas of files, which have pages of their own.
const FILES: [&str; 2] = ["job", "config"];

pub fn page(lopper: &Lopper) -> Page {
    let mut types = BTreeMap::new();
    let mut text = String::from(
        "`lopper jobs schema NAME` prints each as JSON Schema. Members that are not always there are marked *optional*; \
         further ones may come. Instants are text in UTC, sizes are bytes.\n\n",
    );
    for name in names() {
        let schema: Value = lopper.run(["jobs", "schema", &name]).code(0).json();
        for (name, schema) in schema["$defs"].as_object().into_iter().flatten() {
            let known = types.insert(name.clone(), schema.clone());
            assert!(known.is_none_or(|known| known == *schema), "two types are called {name}");
        }
        text.push_str(&format!("## {name}\n\n{}\n", object(&schema, &name)));
    }
    for (name, schema) in &types {
        text.push_str(&format!("## {name}\n\n{}\n", object(schema, name)));
    }
    Page {
        file: "output.md",
        title: "JSON output",
        about: "What `--output json` prints, and what a hook reads on its standard input.",
        text,
    }
}

/// The names that `jobs schema` takes, but those of files.
fn names() -> Vec<String> {
    let mut lopper = lopper::cli::Cli::command();
    lopper.build();
    let jobs = lopper.find_subcommand("jobs").and_then(|jobs| jobs.find_subcommand("schema"));
    let of = jobs.and_then(|schema| schema.get_positionals().next()).expect("jobs schema OF");
    let names = of.get_possible_values().into_iter().map(|value| value.get_name().to_owned());
    names.filter(|name| !FILES.contains(&name.as_str())).collect()
}

/// What a value is: its members, its alternatives, or its elements.
fn object(schema: &Value, name: &str) -> String {
    let about = sentence(description(schema));
    let named = values(schema);
    if !named.is_empty() {
        let rows: String = named.iter().map(|value| format!("- {value}\n")).collect();
        return format!("{about}\n\n{rows}");
    }
    if schema["items"].is_object() {
        let command = name.replace('-', " ");
        return format!("What `{command}` prints: an {}.\n", kind(schema));
    }
    let alternatives = [&schema["oneOf"], &schema["anyOf"]].into_iter().find_map(Value::as_array);
    if let Some(alternatives) = alternatives {
        let rows: String = alternatives.iter().map(alternative).collect();
        return format!("{about}\n\n{rows}");
    }
    let rows: Vec<_> = properties(schema)
        .iter()
        .map(|(key, value)| {
            let optional = if is_required(schema, key) { "" } else { "*optional* " };
            [code(key), format!("{optional}{}", kind(value)), meaning(value)]
        })
        .collect();
    format!("{about}\n\n{}", table(["member", "type", "meaning"], &rows))
}

/// One of several forms, and the member that tells it from the others.
fn alternative(schema: &Value) -> String {
    let tag = schema["properties"].as_object().into_iter().flatten();
    let tag =
        tag.map(|(key, value)| format!(" with {}", code(format!("\"{key}\": {}", value["const"]))));
    let link = reference(schema).map_or_else(String::new, |_| kind(schema));
    format!("- {link}{}: {}\n", tag.collect::<String>(), sentence(description(schema)))
}
