//! Whether it is known what is overshadowed: a pass finds it, and whatever changes segments makes it unknown again. And
//! the types of shard specs that nobody knows, about which it can only be guessed.

use std::collections::BTreeSet;

use rusqlite::ToSql;
use serde_json::json;

use crate::engine::Session;
use crate::engine::report::{StepReport, Warning};
use crate::error::Result;
use crate::escape::escape;
use crate::failpoint;
use crate::store::sql;

/// What a pass has found in these datasources holds.
pub(crate) fn know(session: &Session<'_>, datasources: &str) -> Result<()> {
    let logical = session.logical.millis();
    let parameters: [(&str, &dyn ToSql); 2] =
        [(":datasources", &datasources), (":logical_ms", &logical)];
    let operation = "cannot keep what is overshadowed";
    session.store.execute(operation, sql::apply::KNOW_OVERSHADOWED, &parameters)?;
    failpoint::reach("enforce-rules::overshadowed-known");
    Ok(())
}

/// Segments of these datasources have changed.
pub(crate) fn doubt(session: &Session<'_>, datasources: &BTreeSet<i64>) -> Result<()> {
    let numbers = json!(datasources).to_string();
    let operation = "cannot forget what is overshadowed";
    session.store.execute(
        operation,
        sql::apply::DOUBT_OVERSHADOWED,
        &[(":datasources", &numbers)],
    )?;
    failpoint::reach("store::overshadowed-doubted");
    Ok(())
}

/// Warns of types that nobody knows among what is used or changed by the step: what they might hide is not hidden.
pub(crate) fn warn_of_unknown_types(
    session: &Session<'_>,
    step: i64,
    datasources: &str,
    report: &mut StepReport,
) -> Result<()> {
    let parameters: [(&str, &dyn ToSql); 2] = [(":datasources", &datasources), (":step", &step)];
    let found = session.store.rows(
        "cannot look for unknown types",
        sql::timeline::UNKNOWN_TYPES,
        &parameters,
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, u64>(2)?,
                row.get::<_, String>(3)?,
            ))
        },
    )?;
    for (datasource, shard_type, count, example) in found {
        let segments = if count == 1 { "segment has" } else { "segments have" };
        let message = format!(
            "'{}': {count} {segments} the shard spec type '{}', which this lopper does not know (such as '{}'): \
             their versions are not taken for complete, and hide nothing",
            escape(&datasource),
            escape(&shard_type),
            escape(&example)
        );
        report.warnings.push(Warning::about("unknown-shard-type", example, message));
    }
    Ok(())
}
