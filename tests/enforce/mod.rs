//! enforce-rules: what newer versions hide, what rules drop, and tombstones that hide nothing any more.

mod bad_rows;
mod chains;
mod grace;
mod jobs;
mod locks;
mod model;
mod order;
mod report;
mod shards;
mod tombstones;
mod unknown_types;
mod vectors;

use serde_json::Value;

use crate::support::{Answer, Lopper};

impl Lopper {
    /// Enforces the rules with more flags; answers the report of the step, whatever the exit code.
    pub fn enforce(&self, flags: &[&str]) -> Value {
        let answer = self.enforced(flags);
        assert!([0, 5].contains(&answer.exit_code), "{answer}");
        answer.json()["steps"][0].take()
    }

    /// As `enforce`; answers all that the program said.
    pub fn enforced(&self, flags: &[&str]) -> Answer {
        self.run([&["enforce-rules", "*", "--output", "json"], flags].concat())
    }

    /// Every change that enforce-rules has made: `datasource version reason`, sorted.
    pub fn reasons(&self) -> Vec<String> {
        self.sql(
            "SELECT s.datasource || ' ' || s.version || ' ' || c.reason
               FROM changes AS c JOIN segments AS s USING (segment_key)
              WHERE c.op = 'enforce-rules' ORDER BY 1",
        )
    }
}

/// The datasources that a step's report leaves out, each with the reason.
pub fn left_out(step: &Value) -> Vec<(&str, &str)> {
    let Some(list) = step["leftOut"].as_array() else { return Vec::new() };
    list.iter()
        .map(|left| (left["datasource"].as_str().unwrap(), left["reason"].as_str().unwrap()))
        .collect()
}

/// A chain of one rule that drops everything.
pub const DROP_ALL: &str = r#"[{"type":"dropForever"}]"#;
/// A chain of one rule that keeps everything.
pub const KEEP_ALL: &str = r#"[{"type":"loadForever"}]"#;
/// Broken at its second rule.
pub const BROKEN: &str =
    r#"[{"type":"loadByPeriod","period":"P1M"},{"type":"dropBeforeByPeriod"}]"#;
