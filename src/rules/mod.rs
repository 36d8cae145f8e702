//! Chains of rules: which are in force, how one is set, and what is odd about them.

mod audience;
mod chain_checks;
mod draft;
mod lint;
pub mod report;
mod rule_checks;
mod set;
mod unit;

use crate::druid::RuleChain;
use crate::error::Result;
use crate::rules::report::RuleVersion;
use crate::store::{Store, sql, text};

pub use lint::{Asked, lint};
pub use set::{NewChain, read_chain, set};

/// A chain in force.
#[derive(Debug, Clone)]
pub struct InForce {
    /// A datasource, or [`crate::druid::DEFAULT_CHAIN`].
    pub datasource: String,
    /// An instant as text, as Druid writes it.
    pub version: String,
    /// The JSON as it is stored, which may be broken.
    pub payload: String,
    /// Why it is no text; then `payload` has replacement characters.
    pub is_no_text: Option<String>,
}

impl InForce {
    /// The JSON of each rule as Druid writes it; a broken rule as it is stored. Beside it, what is broken.
    pub fn canonical(&self) -> (Vec<String>, Vec<String>) {
        if let Some(reason) = &self.is_no_text {
            return (Vec::new(), vec![reason.clone()]);
        }
        let rules = match RuleChain::parse_each(&self.payload) {
            Ok(rules) => rules,
            Err(error) => return (Vec::new(), vec![error.to_string()]),
        };
        let mut broken = Vec::new();
        let texts = (1..).zip(rules).map(|(number, (json, rule))| match rule {
            Ok(rule) => rule.to_string(),
            Err(error) => {
                broken.push(format!("rule {number}: {error}"));
                json.to_owned()
            }
        });
        (texts.collect(), broken)
    }
}

/// The chains in force, of one datasource or of all.
///
/// # Errors
/// SQLite's.
pub fn in_force(store: &Store, datasource: Option<&str>) -> Result<Vec<InForce>> {
    store.rows(
        "cannot read the rules",
        sql::rules::IN_FORCE,
        &[(":datasource", &datasource)],
        |row| {
            let payload = text::checked_or_null(row, 2)?.unwrap_or_else(|| Ok("null".to_owned()));
            Ok(InForce {
                datasource: text::shown(row, 0)?,
                version: text::shown(row, 1)?,
                is_no_text: payload.as_ref().err().cloned(),
                payload: payload.or_else(|_| text::shown(row, 2))?,
            })
        },
    )
}

/// The versions of a datasource's chain, newest first.
///
/// # Errors
/// SQLite's.
pub fn history(store: &Store, datasource: &str, count: u32) -> Result<Vec<RuleVersion>> {
    store.rows(
        "cannot read the history of rules",
        sql::rules::HISTORY,
        &[(":datasource", &datasource), (":count", &count)],
        |row| {
            Ok(RuleVersion {
                version: text::shown(row, 0)?,
                author: text::shown_or_null(row, 1)?,
                comment: text::shown_or_null(row, 2)?,
                created: row.get(3)?,
                in_force: row.get(4)?,
                rules: row.get::<_, Option<u64>>(5)?.unwrap_or(0),
                payload: text::shown(row, 6)?,
            })
        },
    )
}
