//! What the `rules` commands answer, as objects: the tables and `--output json` are two faces of them.
//!
//! The JSON form is a contract: names and meanings stay, new members may come.

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::report::Warning;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot be meant so; `rules lint` and `fsck` exit with 1.
    Error,
    /// Look at it.
    Warning,
    /// Good to know.
    Info,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// A rule of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RuleName {
    /// Whose chain it is in: a datasource, or `_default`.
    pub chain: String,
    /// 1, 2, … in that chain.
    pub number: usize,
}

/// Something odd about a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The datasource whose chain it is, or `_default`.
    pub datasource: String,
    /// The rule; null when it is about the chain as a whole.
    pub rule: Option<RuleName>,
    /// How bad it is.
    pub severity: Severity,
    /// A stable name of its kind, such as `unreachable-rule`.
    pub code: String,
    /// For people.
    pub message: String,
    /// How many segments that are used now it is about.
    pub segments: u64,
    /// What becomes of those segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

/// The answer of `rules lint`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LintReport {
    /// The "now" that periods were counted from.
    pub logical_time: String,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity info.
    pub infos: usize,
    /// All findings: those of `_default`, then by datasource.
    pub findings: Vec<Finding>,
}

impl LintReport {
    /// Counts findings.
    pub fn new(logical_time: String, findings: Vec<Finding>) -> Self {
        let of = |severity| findings.iter().filter(|one| one.severity == severity).count();
        Self {
            logical_time,
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            infos: of(Severity::Info),
            findings,
        }
    }
}

/// The answer of `rules set`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SetReport {
    /// Whose chain: a datasource, or `_default`.
    pub datasource: String,
    /// True when nothing was kept (`--dry-run`).
    pub plan: bool,
    /// Whether the chain differs from the one in force, and so is (or would be) a new row.
    pub changed: bool,
    /// The version that is (or would be) in force; null when there is no chain and none was asked for.
    pub version: Option<String>,
    /// The version that was in force.
    pub replaces: Option<String>,
    /// Who set it.
    pub author: String,
    /// Why.
    pub comment: Option<String>,
    /// How many rules the chain has.
    pub rules: usize,
    /// The chain as Druid writes it: JSON in a text.
    pub payload: String,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
    /// What `rules lint` finds in the chain.
    pub findings: Vec<Finding>,
}

/// A version of a chain, of `rules history`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RuleVersion {
    /// An instant as text.
    pub version: String,
    /// Who set it; null for chains that were imported or inserted by plain SQL.
    pub author: Option<String>,
    /// Why.
    pub comment: Option<String>,
    /// When it was set, wall clock.
    pub created: Option<String>,
    /// Whether it is the newest.
    pub in_force: bool,
    /// How many rules the chain has.
    pub rules: u64,
    /// The chain as it is stored: JSON in a text.
    pub payload: String,
}
