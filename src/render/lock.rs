//! What the `lock` commands answer, as objects and as text for people.
//!
//! The JSON form is a contract: names and meanings stay, new members may come.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::report::Warning;
use crate::render::table::table;

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

/// The lock that was taken.
pub fn added(report: &AddReport) -> String {
    let mut text = locks(std::slice::from_ref(&report.lock));
    for warning in &report.warnings {
        let _ = write!(text, "\nwarning: {}", warning.message);
    }
    text
}

/// Locks, those that have expired told apart.
pub fn locks(locks: &[LockRow]) -> String {
    if locks.is_empty() {
        return "no locks".to_owned();
    }
    rows(locks, |lock| if lock.expired { "expired" } else { "held" })
}

fn rows(locks: &[LockRow], state: impl Fn(&LockRow) -> &'static str) -> String {
    let rows = locks.iter().map(|lock| {
        [
            lock.id.to_string(),
            state(lock).to_owned(),
            lock.kind.clone(),
            lock.datasource.clone(),
            lock.interval.clone(),
            lock.owner.clone(),
            lock.created.clone(),
            lock.expires.clone().unwrap_or_else(|| "never".to_owned()),
        ]
    });
    table(
        ["lock", "state", "kind", "datasource", "interval", "owner", "created", "expires"],
        &rows.collect::<Vec<_>>(),
    )
}

/// The locks that were removed, and the numbers that meant none.
pub fn removed(report: &RemoveReport) -> String {
    let count = report.removed.len();
    let mut text = format!("{count} lock{} removed", if count == 1 { "" } else { "s" });
    if count > 0 {
        let _ = write!(text, "\n{}", rows(&report.removed, |_| "removed"));
    }
    for id in &report.not_found {
        let _ = write!(text, "\nwarning: there is no lock {id}");
    }
    text
}
