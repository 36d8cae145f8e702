//! `check`: a query that must return no rows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::job::mistake::{At, Mistake, Mistakes};

/// The keys of a check step.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct CheckSpec {
    /// A query over the views of the store; each row it returns is a finding, and fails the run.
    #[schemars(required, length(min = 1))]
    #[schemars(example = &"SELECT datasource FROM datasources WHERE used = 0")]
    pub sql: Option<String>,
}

/// A query that must return no rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckStep {
    /// The query.
    pub sql: String,
}

impl CheckSpec {
    /// The step these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<CheckStep, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        mistakes.not_empty(
            "sql",
            self.sql.as_deref(),
            "write a query whose rows are what must not be",
        );
        if self.sql.is_none() {
            mistakes.add(At::Missing(&["sql"]), "a check needs 'sql'", "add sql = \"SELECT …\"");
        }
        mistakes.or(self.sql.map(|sql| CheckStep { sql }))
    }
}
