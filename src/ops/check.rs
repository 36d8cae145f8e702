//! check: a person's query that must return no rows.

use rusqlite::types::ValueRef;

use crate::engine::Session;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::job::CheckStep;
use crate::store::sandbox;

/// Rows of a failed check that the error shows.
const SHOWN: usize = 5;

/// Fails when the query returns rows; the error shows the first few.
pub(crate) fn check(session: &mut Session<'_>, number: usize, check: &CheckStep) -> Result<()> {
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
    Err(Error::failed(format!(
        "the check of step {number} returned {count} row{}, and nothing was changed:\n  {}{more}",
        if count == 1 { "" } else { "s" },
        shown.join("\n  "),
    ))
    .help("mend what the check found, or change its query"))
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
