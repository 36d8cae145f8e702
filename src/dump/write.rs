//! Writes rows of Druid's tables as CSV for PostgreSQL's COPY, and as JSON lines.

use std::io::{self, Write};

use super::columns::Column;

/// A row of the segment table to be written.
#[derive(Debug, Clone, Copy, Default)]
pub struct SegmentOut<'a> {
    /// Druid's segment id.
    pub id: &'a str,
    /// The datasource.
    pub datasource: &'a str,
    /// When the row was created.
    pub created_date: &'a str,
    /// The interval's start.
    pub start: &'a str,
    /// The interval's end (exclusive).
    pub end: &'a str,
    /// Whether the shardSpec is other than `none`.
    pub partitioned: bool,
    /// The version.
    pub version: &'a str,
    /// Whether the segment is used.
    pub used: bool,
    /// Druid's DataSegment JSON.
    pub payload: &'a str,
    /// When `used` last changed.
    pub used_status_last_updated: Option<&'a str>,
    /// The fingerprint of the indexing state.
    pub indexing_state_fingerprint: Option<&'a str>,
    /// The id of the segment that this one was upgraded from.
    pub upgraded_from_segment_id: Option<&'a str>,
    /// The fingerprint of the segment's schema.
    pub schema_fingerprint: Option<&'a str>,
    /// The segment's rows of data.
    pub num_rows: Option<i64>,
}

/// A row of the rule table to be written.
#[derive(Debug, Clone, Copy, Default)]
pub struct RuleOut<'a> {
    /// Druid's id of the row.
    pub id: &'a str,
    /// The datasource.
    pub datasource: &'a str,
    /// The version.
    pub version: &'a str,
    /// The rules, a JSON array.
    pub payload: &'a str,
}

/// A column's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Null,
    Text(&'a str),
    Boolean(bool),
    Number(i64),
    /// Text that the table holds as bytes.
    Bytes(&'a str),
}

impl<'a> SegmentOut<'a> {
    pub(super) fn value(&self, column: Column) -> Value<'a> {
        let optional = |text: Option<&'a str>| text.map_or(Value::Null, Value::Text);
        match column {
            Column::Id => Value::Text(self.id),
            Column::DataSource => Value::Text(self.datasource),
            Column::CreatedDate => Value::Text(self.created_date),
            Column::Start => Value::Text(self.start),
            Column::End => Value::Text(self.end),
            Column::Partitioned => Value::Boolean(self.partitioned),
            Column::Version => Value::Text(self.version),
            Column::Used => Value::Boolean(self.used),
            Column::Payload => Value::Bytes(self.payload),
            Column::UsedStatusLastUpdated => optional(self.used_status_last_updated),
            Column::IndexingStateFingerprint => optional(self.indexing_state_fingerprint),
            Column::UpgradedFromSegmentId => optional(self.upgraded_from_segment_id),
            Column::SchemaFingerprint => optional(self.schema_fingerprint),
            Column::NumRows => self.num_rows.map_or(Value::Null, Value::Number),
        }
    }
}

impl<'a> RuleOut<'a> {
    pub(super) fn value(&self, column: Column) -> Value<'a> {
        match column {
            Column::Id => Value::Text(self.id),
            Column::DataSource => Value::Text(self.datasource),
            Column::Version => Value::Text(self.version),
            Column::Payload => Value::Bytes(self.payload),
            _ => Value::Null,
        }
    }
}

/// Writes one table as CSV for PostgreSQL's `COPY … FROM … CSV HEADER`: payloads as `\x` hex,
/// booleans as `t` and `f`, NULL as nothing at all.
pub struct CsvWriter<'a, W: Write> {
    out: W,
    columns: &'a [Column],
}

impl<'a, W: Write> CsvWriter<'a, W> {
    /// A writer of `columns`, whose names it writes at once, folded as PostgreSQL folds them.
    pub fn new(mut out: W, columns: &'a [Column]) -> io::Result<Self> {
        for (place, column) in columns.iter().enumerate() {
            separate(&mut out, place)?;
            out.write_all(column.name().to_ascii_lowercase().as_bytes())?;
        }
        out.write_all(b"\n")?;
        Ok(Self { out, columns })
    }

    /// Writes a row of the segment table.
    pub fn segment(&mut self, row: &SegmentOut<'_>) -> io::Result<()> {
        self.row(|column| row.value(column))
    }

    /// Writes a row of the rule table.
    pub fn rule(&mut self, row: &RuleOut<'_>) -> io::Result<()> {
        self.row(|column| row.value(column))
    }

    fn row<'v>(&mut self, value: impl Fn(Column) -> Value<'v>) -> io::Result<()> {
        for (place, column) in self.columns.iter().enumerate() {
            separate(&mut self.out, place)?;
            match value(*column) {
                Value::Null => {}
                Value::Text(text) => write_csv_text(&mut self.out, text)?,
                Value::Boolean(flag) => self.out.write_all(if flag { b"t" } else { b"f" })?,
                Value::Number(number) => write!(self.out, "{number}")?,
                Value::Bytes(text) => {
                    self.out.write_all(b"\\x")?;
                    write_hex(&mut self.out, text)?;
                }
            }
        }
        self.out.write_all(b"\n")
    }

    /// Gives the output back.
    pub fn into_inner(self) -> W {
        self.out
    }
}

fn separate(out: &mut impl Write, place: usize) -> io::Result<()> {
    if place > 0 { out.write_all(b",") } else { Ok(()) }
}

/// Writes a field in quotes where it needs them: an empty one too, since without it is NULL.
fn write_csv_text(out: &mut impl Write, text: &str) -> io::Result<()> {
    let special = |byte: u8| matches!(byte, b'"' | b',' | b'\n' | b'\r' | b'\\');
    let edge = text.starts_with(' ') || text.ends_with(' ');
    if !(text.is_empty() || edge || text.bytes().any(special)) {
        return out.write_all(text.as_bytes());
    }
    out.write_all(b"\"")?;
    write_doubled(out, text, b'"')?;
    out.write_all(b"\"")
}

/// Writes text with every `quote` (an ASCII character) twice.
pub(super) fn write_doubled(out: &mut impl Write, text: &str, quote: u8) -> io::Result<()> {
    for part in text.as_bytes().split_inclusive(|&byte| byte == quote) {
        out.write_all(part)?;
        if part.last() == Some(&quote) {
            out.write_all(&[quote])?;
        }
    }
    Ok(())
}

/// Writes the text's bytes as hex.
pub(super) fn write_hex(out: &mut impl Write, text: &str) -> io::Result<()> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| DIGITS[usize::from(half & 0x0f)];
    for part in text.as_bytes().chunks(4096) {
        let hex: Vec<u8> = part.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte)]).collect();
        out.write_all(&hex)?;
    }
    Ok(())
}

/// Writes rows of both tables as JSON lines, each an object with the columns' names; payloads are
/// strings, which keeps their bytes.
pub struct JsonWriter<'a, W: Write> {
    out: W,
    columns: &'a [Column],
}

impl<'a, W: Write> JsonWriter<'a, W> {
    /// A writer of `columns` of the segment table.
    pub fn new(out: W, columns: &'a [Column]) -> Self {
        Self { out, columns }
    }

    /// Writes a row of the segment table.
    pub fn segment(&mut self, row: &SegmentOut<'_>) -> io::Result<()> {
        let columns = self.columns;
        self.row(columns, |column| row.value(column))
    }

    /// Writes a row of the rule table.
    pub fn rule(&mut self, row: &RuleOut<'_>) -> io::Result<()> {
        self.row(super::RULE_COLUMNS, |column| row.value(column))
    }

    fn row<'v>(
        &mut self,
        columns: &[Column],
        value: impl Fn(Column) -> Value<'v>,
    ) -> io::Result<()> {
        self.out.write_all(b"{")?;
        for (place, column) in columns.iter().enumerate() {
            separate(&mut self.out, place)?;
            write!(self.out, "\"{}\":", column.name())?;
            match value(*column) {
                Value::Null => self.out.write_all(b"null")?,
                Value::Boolean(flag) => write!(self.out, "{flag}")?,
                Value::Number(number) => write!(self.out, "{number}")?,
                Value::Text(text) | Value::Bytes(text) => {
                    serde_json::to_writer(&mut self.out, text)?;
                }
            }
        }
        self.out.write_all(b"}\n")
    }

    /// Gives the output back.
    pub fn into_inner(self) -> W {
        self.out
    }
}
