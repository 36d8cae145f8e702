//! What the `lock` commands return, as text for people.

use std::fmt::Write as _;

use crate::engine::lock_report::{AddReport, LockRow, RemoveReport};
use crate::render::table::table;

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
