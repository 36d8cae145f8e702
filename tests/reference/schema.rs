//! A JSON Schema in words.

use serde_json::{Map, Value};

use super::{choice, code, sentence};

/// The members of a table or an object.
pub fn properties(schema: &Value) -> &Map<String, Value> {
    schema["properties"].as_object().unwrap_or_else(|| panic!("no properties: {schema}"))
}

/// Whether a member must be there.
pub fn is_required(schema: &Value, key: &str) -> bool {
    list(&schema["required"]).iter().any(|name| name == key)
}

/// The type of a value: `string`, `array of integer`, a link to a type that is described on the same page.
pub fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let choices = [&schema["oneOf"], &schema["anyOf"]].into_iter().find_map(Value::as_array);
    let mut kinds: Vec<String> = match (choices, &schema["type"]) {
        (Some(choices), _) => choices.iter().map(kind).collect(),
        (None, Value::Array(types)) => types.iter().map(|one| basic(one, schema)).collect(),
        (None, one) => vec![basic(one, schema)],
    };
    kinds.dedup();
    choice(&kinds)
}

fn basic(name: &Value, schema: &Value) -> String {
    let rest = &schema["additionalProperties"];
    match name.as_str() {
        Some("array") if schema["items"].is_object() => {
            format!("array of {}", kind(&schema["items"]))
        }
        Some("object") if rest.is_object() => format!("object of {}", kind(rest)),
        Some(name) => name.to_owned(),
        None if schema["const"].is_string() => "string".to_owned(),
        // Any value of JSON.
        None => "any".to_owned(),
    }
}

/// What a key means: its description, the values that it takes, their limits, an example.
pub fn meaning(schema: &Value) -> String {
    let mut parts = vec![sentence(description(schema))];
    let values =
        [schema, &schema["items"]].into_iter().map(values).find(|values| !values.is_empty());
    parts.extend(values.map(|values| format!("One of {}.", choice(&values))));
    // What an unsigned number cannot be is no news.
    let is_unsigned = schema["format"].as_str().is_some_and(|format| format.starts_with('u'));
    parts.extend(match (&schema["minimum"], &schema["maximum"]) {
        (Value::Number(least), Value::Number(most)) => Some(format!("From {least} to {most}.")),
        (Value::Number(least), _) if !is_unsigned => Some(format!("At least {least}.")),
        _ => None,
    });
    let example = list(&schema["examples"]).first();
    parts.extend(example.map(|example| format!("Example: {}.", code(example))));
    parts.join(" ")
}

/// What a schema says of itself.
pub fn description(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The names of a choice, each with what it means.
pub fn values(schema: &Value) -> Vec<String> {
    let told = |one: &Value| {
        let name = code(one["const"].as_str()?);
        let meaning = description(one).trim_end_matches('.');
        Some(if meaning.is_empty() { name } else { format!("{name} ({meaning})") })
    };
    let named = list(&schema["enum"]).iter().filter_map(Value::as_str).map(code);
    list(&schema["oneOf"]).iter().filter_map(told).chain(named).collect()
}

/// The name of the type that a schema refers to.
pub fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// The elements of an array, if it is one.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
