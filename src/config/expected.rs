//! What a schema expects of a value, in words.

use serde_json::Value;
use toml::de::DeValue;

use crate::config::nearest;
use crate::config::problem::quoted;

/// The key whose value says which of several kinds of table one is.
pub(crate) const TAG: &str = "op";

/// The schemas of a type with several kinds of table, by the value of their tag.
pub(crate) fn branches(schema: &Value) -> Option<Vec<(&str, &Value)>> {
    schema.get("oneOf")?.as_array()?.iter().map(|branch| Some((tag_of(branch)?, branch))).collect()
}

fn tag_of(branch: &Value) -> Option<&str> {
    branch.get("properties")?.get(TAG)?.get("const")?.as_str()
}

/// The words that a string may be; none when it may be any.
fn choices(schema: &Value) -> Vec<&str> {
    let constants = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let constants = constants.filter_map(|choice| choice.get("const"));
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    constants.chain(listed).filter_map(Value::as_str).collect()
}

/// The types that a value may have; none when it may have any.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(only)) => vec![only],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// What is wrong with a value's type, or with a word that is none of those expected.
pub(crate) fn mismatch(schema: &Value, value: &DeValue<'_>) -> Option<String> {
    let choices = choices(schema);
    let expected = match types(schema) {
        none if none.is_empty() && choices.is_empty() => return None,
        none if none.is_empty() => vec!["string"],
        expected => expected,
    };
    let fits = |expected: &&str| match *expected {
        "object" => value.is_table(),
        "number" => value.is_float() || value.is_integer(),
        expected => value.type_str() == expected,
    };
    if !expected.iter().any(fits) {
        let expected: Vec<_> = expected.into_iter().map(article).collect();
        let (expected, found) = (expected.join(" or "), article(value.type_str()));
        return Some(format!("expected {expected}, found {found}"));
    }
    match value {
        DeValue::String(word) if !choices.is_empty() && !choices.contains(&word.as_ref()) => {
            Some(format!("unknown value {}", quoted(word)))
        }
        DeValue::Integer(number)
            if i64::from_str_radix(number.as_str(), number.radix()).is_err() =>
        {
            Some("the number is too large".to_owned())
        }
        _ => None,
    }
}

/// A type as a person calls it.
pub(crate) fn article(kind: &str) -> &str {
    match kind {
        "object" | "table" => "a table",
        "array" => "a list",
        "string" => "a string in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "float" => "a number with a fraction",
        "boolean" => "true or false",
        "datetime" => "a date without quotes",
        other => other,
    }
}

/// What the elements of a list are.
pub(crate) fn help_for_element(schema: &Value) -> String {
    let words: Vec<String> = choices(schema).iter().map(|word| format!("\"{word}\"")).collect();
    if !words.is_empty() {
        return format!("each element of the list is {}", words.join(" or "));
    }
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    format!("each element of the list is {}", article(kind))
}

/// What to write for `key`: the word nearest to what was written, all words, or an example.
pub(crate) fn help_for(key: &str, schema: &Value, value: &DeValue<'_>) -> String {
    let choices = choices(schema);
    if let Some(meant) = value.as_str().and_then(|word| nearest(word, choices.iter().copied())) {
        return format!("did you mean '{meant}'?");
    }
    let example = schema.get("examples").and_then(|examples| examples.get(0));
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or_default();
    match (example, kind) {
        _ if !choices.is_empty() => {
            let words: Vec<String> = choices.iter().map(|word| format!("\"{word}\"")).collect();
            format!("write {key} = {}", words.join(" or "))
        }
        // JSON's strings, numbers and lists are TOML's as well.
        (Some(example), _) => format!("write for example {key} = {example}"),
        (None, "string") => format!("write {key} = \"…\""),
        (None, "boolean") => format!("write {key} = true or {key} = false"),
        (None, "object") => format!("write [{key}] above its keys"),
        (None, _) => format!("write {key} as {}", article(kind)),
    }
}
