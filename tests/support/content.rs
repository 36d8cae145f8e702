//! All that a store holds, as text.

use std::fs;
use std::path::Path;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Row};

/// The whole content of a store: its schema, and every row of every table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content(Vec<String>);

impl Content {
    /// Of a store; of any other file, its bytes; of no file, nothing.
    pub fn of(store: &Path) -> Self {
        if !store.exists() {
            return Self(vec!["no store".to_owned()]);
        }
        let read = Connection::open(store).and_then(|connection| every_row(&connection));
        Self(read.unwrap_or_else(|_| vec![format!("{:?}", fs::read(store))]))
    }

    /// Leaves out the rows of a table, where a story may change them.
    pub fn forget(&mut self, table: &str) -> &mut Self {
        let rows = format!("{table}: ");
        self.0.retain(|line| !line.starts_with(&rows));
        self
    }

    /// Fails with the first lines that differ.
    #[track_caller]
    pub fn assert_same(&self, after: &Self) {
        if self == after {
            return;
        }
        let lost = self.0.iter().filter(|line| !after.0.contains(line)).take(5);
        let new = after.0.iter().filter(|line| !self.0.contains(line)).take(5);
        let difference: Vec<_> = lost
            .map(|line| format!("- {line}"))
            .chain(new.map(|line| format!("+ {line}")))
            .collect();
        panic!("the store has changed:\n{}", difference.join("\n"));
    }
}

fn every_row(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut lines = rows(connection, "SELECT name, sql FROM sqlite_schema ORDER BY type, name")?;
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    for table in rows(connection, tables)? {
        // By all columns, so that the order of storage does not count.
        let mut found = rows(connection, &format!("SELECT * FROM \"{table}\""))?;
        found.sort();
        lines.extend(found.into_iter().map(|row| format!("{table}: {row}")));
    }
    Ok(lines)
}

/// Runs statements; answers their rows as the stock shell prints them.
pub fn rows(connection: &Connection, statements: &str) -> rusqlite::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut batch = Batch::new(connection, statements);
    while let Some(mut statement) = batch.next()? {
        let count = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            lines.push(line(row, count)?);
        }
    }
    Ok(lines)
}

fn line(row: &Row<'_>, count: usize) -> rusqlite::Result<String> {
    let cells: rusqlite::Result<Vec<String>> =
        (0..count).map(|index| row.get_ref(index).map(text)).collect();
    Ok(cells?.join("|"))
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:x?}"),
    }
}
