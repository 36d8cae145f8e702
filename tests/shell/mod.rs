//! The stock `sqlite3` shell: what a person can do to a store with plain SQL, and what not.

mod locks;
mod marks;
mod query_plans;
mod refused;
mod rules;
mod text;

/// What the stock shell exits with when a trigger or a CHECK refuses: `SQLITE_CONSTRAINT`.
pub(crate) const REFUSED: i32 = 19;
