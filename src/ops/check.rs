//! check: a person's query that must return no rows.

use rusqlite::types::ValueRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Arguments;
use crate::config::{At, Mistake, Mistakes};
use crate::engine::Session;
use crate::engine::operation::{self, Operation, StepContext};
use crate::engine::report::StepReport;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::store::sandbox;

/// Rows of a failed check that the error shows.
const SHOWN: usize = 5;

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

impl Operation for CheckStep {
    fn name(&self) -> &'static str {
        "check"
    }

    fn arguments(&self) -> Result<String> {
        operation::arguments(self.name(), self)
    }

    fn apply(
        &self,
        session: &mut Session<'_>,
        step: StepContext,
        _: &mut StepReport,
    ) -> Result<()> {
        check(session, step.number, self)
    }
}

impl Arguments for CheckStep {
    fn query(&self) -> Option<&str> {
        Some(&self.sql)
    }
}

/// Ends the run when the query returns rows; the error shows the first few. A plan shows the steps before as well.
fn check(session: &mut Session<'_>, number: usize, check: &CheckStep) -> Result<()> {
    let (shown, count) =
        sandbox::query(&mut session.store.connection, &check.sql, |names, rows| {
            let (mut shown, mut count) = (Vec::new(), 0_u64);
            while let Some(row) = rows.next()? {
                count += 1;
                if shown.len() < SHOWN {
                    let cells = names.iter().enumerate().map(|(index, name)| {
                        let value = row.get_ref(index).map_or_else(|_| "?".to_owned(), text);
                        format!("{name}={}", escape(&value))
                    });
                    shown.push(cells.collect::<Vec<_>>().join(" "));
                }
            }
            Ok((shown, count))
        })?;
    if count == 0 {
        return Ok(());
    }
    let more = if count > SHOWN as u64 {
        format!("\n  … and {} more", count - SHOWN as u64)
    } else {
        String::new()
    };
    let found = Error::failed(format!(
        "the check of step {number} returned {count} row{}, and nothing was changed:\n  {}{more}",
        if count == 1 { "" } else { "s" },
        shown.join("\n  "),
    ))
    .help("mend what the check found, or change its query");
    // It ends the run before anything that was refused earlier is looked at.
    session.refusal = Some(found);
    Ok(())
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
    }
}
