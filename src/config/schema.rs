//! JSON Schemas of our files, from the very types that they are read into. The reader asks them
//! which keys there are, so what an editor is told is what is accepted.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// The schema (draft 2020-12) of the files that are read into `T`. It is made once: a directory of a thousand job files
/// asks for it a thousand times.
pub(crate) fn schema_of<T: JsonSchema + 'static>() -> &'static Value {
    static MADE: Mutex<BTreeMap<TypeId, &'static Value>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(TypeId::of::<T>()).or_insert_with(|| Box::leak(Box::new(make::<T>())))
}

fn make<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        // Each table in one place: the reader follows the tree without looking up references.
        settings.inline_subschemas = true;
        settings.transforms.push(Box::new(RecursiveTransform(as_toml)));
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// TOML has no null: an optional key is there or not. And no table takes keys it does not know.
fn as_toml(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get("anyOf") {
        let only =
            choices.iter().find(|choice| choice.get("type") != Some(&json!("null"))).cloned();
        if let Some(Value::Object(only)) = only {
            schema.remove("anyOf");
            for (key, value) in only {
                // What the field says of itself is closer than what its type says.
                let object = schema.ensure_object();
                object.entry(key).or_insert(value);
            }
            as_toml(schema);
        }
    }
    if schema.get("properties").is_some() {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
}

/// Says in a schema that exactly one key of each group must be there.
pub(crate) fn one_of_each(groups: &[&[&str]]) -> Value {
    let one_of = |group: &&[&str]| {
        let choices: Vec<Value> = group.iter().map(|key| json!({ "required": [key] })).collect();
        json!({ "oneOf": choices })
    };
    groups.iter().map(one_of).collect()
}
