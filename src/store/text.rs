//! Texts as they are stored. Plain SQL can write what is not UTF-8, and one such row must not keep the others from being
//! read: what is shown has replacement characters then, and what decides is told apart.

use rusqlite::Row;
use rusqlite::types::{FromSqlError, ValueRef};

/// The text of a column, with U+FFFD for what is not UTF-8.
///
/// # Errors
/// When there is no text in it.
pub fn shown(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    shown_or_null(row, column)?.ok_or_else(|| FromSqlError::InvalidType.into())
}

/// As [`shown`]; NULL is none.
///
/// # Errors
/// When there is anything else than text in it.
pub fn shown_or_null(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        value => Ok(Some(String::from_utf8_lossy(value.as_bytes()?).into_owned())),
    }
}

/// The text of a column if it is UTF-8 to its end, else why it is not; NULL is none.
///
/// # Errors
/// When there is anything else than text in it.
pub fn checked_or_null(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<Result<String, String>>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        value => Ok(Some(
            std::str::from_utf8(value.as_bytes()?)
                .map(str::to_owned)
                .map_err(|error| format!("it is not valid UTF-8: {error}")),
        )),
    }
}
