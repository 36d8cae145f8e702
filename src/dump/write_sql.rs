//! Writes rows as SQL statements, and changes as statements for a cluster's own database.

use std::io::{self, Write};

use super::columns::{Column, RULE_COLUMNS};
use super::write::{RuleOut, SegmentOut, Value, write_doubled, write_hex};

/// The database that statements are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL.
    PostgreSql,
    /// MySQL, and MariaDB.
    MySql,
    /// Derby.
    Derby,
}

/// Writes rows of both tables as INSERT statements, one a row.
pub struct SqlWriter<'a, W: Write> {
    out: W,
    columns: &'a [Column],
    dialect: Dialect,
}

impl<'a, W: Write> SqlWriter<'a, W> {
    /// A writer of `columns` of the segment table.
    pub fn new(mut out: W, columns: &'a [Column], dialect: Dialect) -> io::Result<Self> {
        write_preamble(&mut out, dialect)?;
        Ok(Self { out, columns, dialect })
    }

    /// Writes a row of the segment table.
    pub fn segment(&mut self, row: &SegmentOut<'_>) -> io::Result<()> {
        let columns = self.columns;
        self.row("druid_segments", columns, |column| row.value(column))
    }

    /// Writes a row of the rule table.
    pub fn rule(&mut self, row: &RuleOut<'_>) -> io::Result<()> {
        self.row("druid_rules", RULE_COLUMNS, |column| row.value(column))
    }

    fn row<'v>(
        &mut self,
        table: &str,
        columns: &[Column],
        value: impl Fn(Column) -> Value<'v>,
    ) -> io::Result<()> {
        let (out, dialect) = (&mut self.out, self.dialect);
        write!(out, "INSERT INTO {} (", name(table, dialect))?;
        for (place, column) in columns.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(out, "{comma}{}", name(column.name(), dialect))?;
        }
        out.write_all(b") VALUES (")?;
        for (place, column) in columns.iter().enumerate() {
            out.write_all(if place > 0 { b", " } else { b"" })?;
            write_value(out, value(*column), dialect)?;
        }
        out.write_all(b");\n")
    }

    /// Gives the output back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

/// Writes the changes of a run as one transaction of guarded statements: each changes only rows
/// that still have the other state.
pub struct ChangesWriter<W: Write> {
    out: W,
    dialect: Dialect,
}

/// How many ids one statement names.
const IDS_PER_STATEMENT: usize = 500;

impl<W: Write> ChangesWriter<W> {
    /// Begins the transaction.
    pub fn new(mut out: W, dialect: Dialect) -> io::Result<Self> {
        write_preamble(&mut out, dialect)?;
        out.write_all(match dialect {
            Dialect::PostgreSql => b"BEGIN;\n",
            Dialect::MySql => b"START TRANSACTION;\n",
            // Derby begins one by itself.
            Dialect::Derby => b"AUTOCOMMIT OFF;\n",
        })?;
        Ok(Self { out, dialect })
    }

    /// Marks the segments `ids` used or unused as of `stamp` (a canonical instant), where they
    /// are not.
    pub fn mark(&mut self, ids: &[&str], used: bool, stamp: &str) -> io::Result<()> {
        let (out, dialect) = (&mut self.out, self.dialect);
        let column = |column: Column| name(column.name(), dialect);
        for batch in ids.chunks(IDS_PER_STATEMENT) {
            let table = name("druid_segments", dialect);
            write!(out, "UPDATE {table} SET {} = ", column(Column::Used))?;
            write_value(out, Value::Boolean(used), dialect)?;
            write!(out, ", {} = ", column(Column::UsedStatusLastUpdated))?;
            write_value(out, Value::Text(stamp), dialect)?;
            write!(out, "\nWHERE {} = ", column(Column::Used))?;
            write_value(out, Value::Boolean(!used), dialect)?;
            write!(out, " AND {} IN (", column(Column::Id))?;
            for (place, id) in batch.iter().enumerate() {
                out.write_all(if place > 0 { b",\n  " } else { b"\n  " })?;
                write_value(out, Value::Text(id), dialect)?;
            }
            out.write_all(b"\n);\n")?;
        }
        Ok(())
    }

    /// Commits the transaction and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"COMMIT;\n")?;
        Ok(self.out)
    }
}

/// The settings under which the statements' quoting is right, whatever the server's are.
fn write_preamble(out: &mut impl Write, dialect: Dialect) -> io::Result<()> {
    out.write_all(match dialect {
        Dialect::PostgreSql => {
            b"SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n".as_slice()
        }
        Dialect::MySql => b"SET NAMES utf8mb4;\n",
        Dialect::Derby => b"",
    })
}

/// A name of Druid's as the dialect has it. PostgreSQL folds Druid's unquoted names to lower case,
/// Derby to upper case.
fn name(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::MySql => format!("`{name}`"),
        Dialect::PostgreSql if name == Column::End.name() => "\"end\"".to_owned(),
        Dialect::Derby if name == Column::End.name() => "\"END\"".to_owned(),
        Dialect::PostgreSql | Dialect::Derby => name.to_owned(),
    }
}

fn write_value(out: &mut impl Write, value: Value<'_>, dialect: Dialect) -> io::Result<()> {
    match value {
        Value::Null => out.write_all(b"NULL"),
        Value::Number(number) => write!(out, "{number}"),
        Value::Boolean(flag) if dialect == Dialect::MySql => write!(out, "{}", u8::from(flag)),
        Value::Boolean(flag) => write!(out, "{flag}"),
        Value::Text(text) => write_text(out, text, dialect),
        Value::Bytes(text) => {
            let (before, after): (&[u8], &[u8]) = match dialect {
                Dialect::PostgreSql => (b"'\\x", b"'"),
                Dialect::MySql => (b"X'", b"'"),
                Dialect::Derby => (b"CAST(X'", b"' AS BLOB)"),
            };
            out.write_all(before)?;
            write_hex(out, text)?;
            out.write_all(after)
        }
    }
}

/// Writes a string that means exactly `text`. In MySQL one with a backslash or a control character
/// is written as hex, which no setting of the server reads otherwise.
fn write_text(out: &mut impl Write, text: &str, dialect: Dialect) -> io::Result<()> {
    let unsafe_in_mysql = |byte: u8| byte == b'\\' || byte.is_ascii_control();
    if dialect == Dialect::MySql && text.bytes().any(unsafe_in_mysql) {
        out.write_all(b"_utf8mb4 X'")?;
        write_hex(out, text)?;
        return out.write_all(b"'");
    }
    out.write_all(b"'")?;
    write_doubled(out, text, b'\'')?;
    out.write_all(b"'")
}
