//! The vector files, and one way to judge all cases of a file at once.

use serde_json::Value;

/// The cases of `tests/vectors/{file}`.
pub fn load(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The text at `key` of a case, which must have one.
pub fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("no text '{key}' in {case}"))
}

/// Runs `judge` on every case of a file; fails with every case that it finds wrong.
pub fn judge_all(file: &str, judge: impl Fn(&Value) -> Result<(), String>) {
    let cases = load(file);
    assert!(!cases.is_empty(), "{file} holds no cases");
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let message = judge(case).err()?;
            Some(format!("{}: {message}", text(case, "name")))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} in {file}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// `Err` that names both sides when they differ.
pub fn same<T: PartialEq + std::fmt::Debug>(found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("expected {expected:?}, found {found:?}")) }
}

/// Whether Druid refuses a case because it does not know the type of a shard spec, which lopper
/// keeps: metadata of a newer Druid, or of an extension, must survive.
pub fn unknown_to_druid(case: &Value) -> bool {
    case["message"].as_str().is_some_and(|message| message.contains("Could not resolve type id"))
}
