//! Dumps of Druid's segment and rule tables: reads what people have, and writes what they need.
//!
//! A dump is read as a stream, one row at a time: `DumpReader` tells its form by its content and
//! yields rows, and of every row that it cannot read the line, the column and what was expected.

mod columns;
mod copy_text;
mod csv;
mod input;
mod json;
mod json_around;
mod json_objects;
mod literal;
mod null_words;
mod origin;
mod record;
mod rows;
mod sniff;
mod source;
mod spool;
mod sql;
mod sql_commands;
mod sql_copy;
mod sql_insert;
mod sql_lexer;
mod sql_marks;
mod sql_names;
mod sql_space;
mod sql_statement;
mod sql_strings;
mod sql_tables;
mod sql_values;
mod sys_segments;
mod table_names;
mod write;
mod write_sql;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub use columns::{Column, DRUID_37_COLUMNS, RULE_COLUMNS};
pub use origin::Origin;
pub use spool::{Content, Spool, check_is_there, is_stream};
pub use write::{CsvWriter, JsonWriter, RuleOut, SegmentOut};
pub use write_sql::{ChangesWriter, Dialect, SqlWriter};

use crate::error::Result;
use input::Input;
use sniff::Form;
use source::Source;

/// The kind of file, when the content is not to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values, or the tab-separated text of PostgreSQL's COPY.
    Csv,
    /// JSON objects, one after the other or in one array.
    Jsonl,
    /// SQL statements.
    Sql,
}

/// How to read a dump.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The kind of file; `None`: decided by the content.
    pub format: Option<Format>,
    /// The columns' names in the file's order, for rows without names (or instead of the names in
    /// its header); `-` leaves a column out.
    pub columns: Option<Vec<String>>,
    /// The database that wrote it; `None`: decided by the content.
    pub dialect: Option<SqlDialect>,
    /// Which of an SQL dump's tables are read.
    pub tables: TableChoice,
    /// Not 0 once it is to be read no further; `None`: it is read to its end.
    pub stop: Option<Arc<AtomicUsize>>,
}

/// The databases whose dumps differ in what a backslash means, and in how they write bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlDialect {
    /// MySQL and MariaDB.
    MySql,
    /// PostgreSQL.
    PostgreSql,
    /// Standard SQL, as Derby and SQL Server have it.
    Standard,
}

/// The tables to read of an SQL dump that holds those of several Druids. `None`: whichever it holds.
#[derive(Debug, Clone, Default)]
pub struct TableChoice {
    /// The name of the database.
    pub database: Option<String>,
    /// The name of the schema.
    pub schema: Option<String>,
    /// What stands before `_segments` and `_rules` (Druid's `druid.metadata.storage.tables.base`).
    pub prefix: Option<String>,
}

impl TableChoice {
    /// Druid's setting has no underscore at its end; that people give one is no mistake.
    fn without_underscore(mut self) -> Self {
        self.prefix = self.prefix.map(|prefix| prefix.trim_end_matches('_').to_owned());
        self
    }
}

/// What was passed over, which is no mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Statements that fill other tables (INSERT, COPY), and other tables' lists of rows in JSON.
    pub statements: u64,
    /// Segments that are not published (realtime): they are not in the segment table.
    pub unpublished: u64,
}

/// Which of a cluster's segments a form has by its nature. What holds those of one state alone tells nothing of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Holding {
    /// Used and unused ones.
    #[default]
    Both,
    /// Used ones: what Druid's API answers of a datasource or of all, and `sys.segments`.
    UsedAlone,
    /// Unused ones: what the API's `unusedSegments` answers.
    UnusedAlone,
}

/// What becomes of a row whose id the dump has had before, with other values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnDuplicate {
    /// It takes the other's place: REPLACE, and rows that no statement adds.
    #[default]
    Last,
    /// The first stays: INSERT IGNORE, ON CONFLICT DO NOTHING.
    First,
    /// A database refuses it.
    Refused,
    /// It would change some columns of the first: ON … UPDATE.
    Updates,
    /// The statement's end tells it (`Item::Settled`).
    Open,
}

/// One row of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A row of the segment table.
    Segment(Box<SegmentRow>),
    /// A row of the rule table.
    Rule(RuleRow),
    /// A row that cannot be read; the rows after it can.
    Bad(BadRow),
    /// No row: a statement has ended, and this holds of those of its rows that were `OnDuplicate::Open`.
    Settled(OnDuplicate),
}

/// A row of the segment table as the dump has it. `None`: NULL, or the dump has no such column;
/// what the payload says too can be taken from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentRow {
    /// The line that the row begins on, from 1.
    pub line: u64,
    /// Druid's segment id.
    pub id: Option<String>,
    /// The datasource.
    pub datasource: Option<String>,
    /// When the row was created, as text.
    pub created_date: Option<String>,
    /// The interval's start, as text.
    pub start: Option<String>,
    /// The interval's end (exclusive), as text.
    pub end: Option<String>,
    /// Whether the shardSpec is other than `none`.
    pub partitioned: Option<bool>,
    /// The version.
    pub version: Option<String>,
    /// Whether the segment is used.
    pub used: bool,
    /// Druid's DataSegment JSON, byte for byte.
    pub payload: Option<String>,
    /// The payload was put together from the columns of `sys.segments`, and has no loadSpec.
    pub payload_is_made_up: bool,
    /// When `used` last changed, as text.
    pub used_status_last_updated: Option<String>,
    /// The id of the segment that this one was upgraded from.
    pub upgraded_from_segment_id: Option<String>,
    /// The fingerprint of the segment's schema.
    pub schema_fingerprint: Option<String>,
    /// The segment's rows of data.
    pub num_rows: Option<i64>,
    /// The fingerprint of the indexing state.
    pub indexing_state_fingerprint: Option<String>,
    /// Which segments the form has that the row is of.
    pub holding: Holding,
    /// What becomes of it when the dump has had its id before.
    pub on_duplicate: OnDuplicate,
}

/// A row of the rule table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleRow {
    /// The line that the row begins on, from 1.
    pub line: u64,
    /// Druid's id of the row: datasource and version.
    pub id: String,
    /// The datasource.
    pub datasource: String,
    /// The version; the highest is in force.
    pub version: String,
    /// The rules, a JSON array, byte for byte.
    pub payload: String,
    /// What becomes of it when the dump has had its id before.
    pub on_duplicate: OnDuplicate,
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// The line that the row begins on, from 1.
    pub line: u64,
    /// The column at fault, when it is one.
    pub column: Option<String>,
    /// What was found, and what was expected.
    pub message: String,
}

/// Reads a dump of the segment table, the rule table or both, row by row.
pub struct DumpReader {
    rows: Rows,
    format: String,
    bytes_read: Arc<AtomicU64>,
    total_bytes: Option<u64>,
}

enum Rows {
    Csv(csv::CsvRows),
    CopyText(copy_text::CopyTextRows),
    Sql(Box<sql::SqlRows>),
    Json(json::JsonRows),
}

impl DumpReader {
    /// Opens the dump at `path` and tells its form by its content.
    ///
    /// # Errors
    /// The file cannot be opened, is no dump, or has a column that nobody knows.
    pub fn open(path: &Path, options: &ReadOptions) -> Result<Self> {
        Self::of(Input::open(path, options.stop.as_ref())?, options)
    }

    /// Opens the dump that a stream has brought.
    ///
    /// # Errors
    /// It is no dump, or has a column that nobody knows.
    pub fn of_spool(spool: &Spool, options: &ReadOptions) -> Result<Self> {
        Self::of(Input::of_spool(spool)?, options)
    }

    fn of(input: Input, options: &ReadOptions) -> Result<Self> {
        let mut source = Source::new(input.name, input.reader);
        let form = sniff::form(&mut source, options.format)?;
        let columns = options.columns.as_deref();
        let writing = rows::Writing::of_dialect(options.dialect);
        let mut rows = match form {
            Form::Csv => Rows::Csv(csv::CsvRows::new(source, columns)?),
            Form::CopyText => Rows::CopyText(copy_text::CopyTextRows::new(source, columns)?),
            Form::Sql => Rows::Sql(Box::new(sql::SqlRows::new(source, options)?)),
            Form::Json => Rows::Json(json::JsonRows::new(source, columns, &options.tables)?),
        };
        match &mut rows {
            Rows::Csv(rows) => rows.set_writing(writing),
            Rows::CopyText(rows) => rows.set_writing(writing),
            Rows::Json(rows) => rows.set_bytes(writing.map(|writing| writing.bytes)),
            Rows::Sql(_) => {}
        }
        let (bytes_read, total_bytes) = (input.bytes_read, input.total_bytes);
        let format = describe(&rows, input.compression);
        Ok(Self { rows, format, bytes_read, total_bytes })
    }

    /// The next row; `None` at the end. After an error nothing more is to be read.
    ///
    /// # Errors
    /// The file as a whole cannot be read: it is cut off, has a column that nobody knows, a row of
    /// more than 256 MB, or holds neither table.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot end with an error")]
    pub fn next(&mut self) -> Result<Option<Item>> {
        match &mut self.rows {
            Rows::Csv(rows) => rows.next(),
            Rows::CopyText(rows) => rows.next(),
            Rows::Sql(rows) => rows.next(),
            Rows::Json(rows) => rows.next(),
        }
    }

    /// Bytes read of the file as it lies on disk.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// The size of the file on disk; `None` for a stream.
    pub fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// What was passed over so far.
    pub fn skipped(&self) -> Skipped {
        match &self.rows {
            Rows::Csv(rows) => Skipped { statements: 0, unpublished: rows.unpublished() },
            Rows::CopyText(_) => Skipped::default(),
            Rows::Sql(rows) => Skipped { statements: rows.skipped(), unpublished: 0 },
            Rows::Json(rows) => rows.skipped(),
        }
    }

    /// Whose tables they are of which rows were read, as far as the file tells.
    pub fn origin(&self) -> Option<Origin> {
        match &self.rows {
            Rows::Csv(_) | Rows::CopyText(_) => None,
            Rows::Sql(rows) => rows.origin(),
            Rows::Json(rows) => rows.origin(),
        }
    }

    /// The form of the file, for people: "CSV with header, gzip".
    pub fn format(&self) -> &str {
        &self.format
    }
}

fn describe(rows: &Rows, compression: Option<&str>) -> String {
    let form = match rows {
        Rows::Csv(rows) if rows.has_header() => "CSV with header",
        Rows::Csv(_) => "CSV without header",
        Rows::CopyText(_) => "PostgreSQL COPY text",
        Rows::Sql(rows) => rows.flavour(),
        Rows::Json(_) => "JSON",
    };
    let form = match rows {
        Rows::Csv(rows) => rows
            .separator()
            .map_or_else(|| form.to_owned(), |byte| format!("{form}, separated by {byte:?}")),
        _ => form.to_owned(),
    };
    compression.map_or_else(|| form.clone(), |name| format!("{form}, {name}"))
}
