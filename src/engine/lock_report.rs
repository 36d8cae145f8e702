//! What the `lock` commands return, as objects.
//!
//! The JSON form is a contract: names and meanings stay, new members may come.

use schemars::JsonSchema;
use serde::Serialize;

use super::report::Warning;

/// A lock. Instants are text in UTC.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LockRow {
    /// Its number, which `lock remove` takes.
    pub id: i64,
    /// The datasource.
    pub datasource: String,
    /// `start/end`.
    pub interval: String,
    /// `append`, `replace`, `read` or `kill`.
    pub kind: String,
    /// Who holds it.
    pub owner: String,
    /// When it was taken, wall clock.
    pub created: String,
    /// When it ends by itself; null: when it is removed.
    pub expires: Option<String>,
    /// Whether it has ended, and keeps nobody out any more.
    pub expired: bool,
}

/// The answer of `lock add`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AddReport {
    /// The lock that was taken.
    #[serde(flatten)]
    pub lock: LockRow,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
}

/// The answer of `lock remove`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RemoveReport {
    /// The locks that are gone now.
    pub removed: Vec<LockRow>,
    /// Numbers that no lock has.
    #[serde(rename = "notFound")]
    pub not_found: Vec<i64>,
}
