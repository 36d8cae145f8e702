//! The text form of PostgreSQL's COPY: fields between tabs, `\N` for NULL, backslash escapes.

use super::columns::Layout;
use super::csv::refused;
use super::record::{Kind, Record};
use super::rows::shown;
use super::sniff::is_sql;
use super::source::{Source, find};
use super::{Item, rows};
use crate::error::Result;

/// Reads the rows of a file in COPY's text form.
pub(super) struct CopyTextRows {
    source: Source,
    layout: Layout,
    /// The first row's line, when it is data and still to be given.
    first: Option<u64>,
    /// The rows given so far.
    count: u64,
    record: Record,
    raw: Vec<u8>,
}

impl CopyTextRows {
    /// Reads the first row, to tell the columns.
    pub fn new(mut source: Source, given: Option<&[String]>) -> Result<Self> {
        let (mut record, mut raw) = (Record::default(), Vec::new());
        let Line::Row(line) = read_row(&mut source, &mut raw, &mut record)? else {
            return Err(source.error("it has no rows"));
        };
        let (layout, has_header) =
            Layout::of_rows(given, &record.texts()).map_err(|error| refused(&source, &error))?;
        let first = (!has_header).then_some(line);
        Ok(Self { source, layout, first, count: 0, record, raw })
    }

    /// Values are written so, whatever each row looks like.
    pub fn set_writing(&mut self, writing: Option<rows::Writing>) {
        self.layout.writing = writing;
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Item>> {
        let Self { source, raw, record, .. } = self;
        let line = match self.first.take() {
            Some(line) => line,
            None => match read_row(source, raw, record)? {
                Line::Row(line) => line,
                Line::Mark(line) => return self.end(line).map(|()| None),
                Line::End => return Ok(None),
            },
        };
        if let Some(count) = row_count(&self.raw) {
            check_count(&self.source, line, count, self.count)?;
            return self.end(line).map(|()| None);
        }
        self.count += 1;
        Ok(Some(rows::item(&self.layout, &self.record, line)))
    }

    /// Reads what stands behind the line `mark`, which ends the table: blank lines, and how many rows psql counts. Rows
    /// behind it are those of another file, and statements those of a dump whose beginning is missing: PostgreSQL would
    /// not read them, and to leave them out in silence would be to lose them.
    fn end(&mut self, mark: u64) -> Result<()> {
        loop {
            let line = self.source.line();
            let Some(text) = read_line(&mut self.source, &mut self.raw)? else { return Ok(()) };
            let text = text.trim_ascii();
            if text.is_empty() {
                continue;
            }
            if let Some(count) = row_count(text) {
                check_count(&self.source, line, count, self.count)?;
                continue;
            }
            let found = shown(text);
            let message =
                format!("line {line} stands behind line {mark}, which ends the table: {found}");
            let help = if is_sql(text) {
                "the file seems to be the rest of a dump whose beginning is missing: make the dump again"
            } else {
                "import the rows of each table or file from a file of their own, all by one command, or delete what does \
                 not belong"
            };
            return Err(self.source.error(&message).help(help));
        }
    }
}

/// The rows that psql counts on its last line: `COPY 58`, `(58 rows)`.
pub(super) fn row_count(line: &[u8]) -> Option<u64> {
    let line = str::from_utf8(line.trim_ascii()).ok()?;
    let rows = || line.strip_prefix('(')?.strip_suffix(')')?.split_once(" row").map(|(n, _)| n);
    line.strip_prefix("COPY ").or_else(rows)?.parse().ok()
}

/// Refuses a table that has other than `count` rows.
pub(super) fn check_count(source: &Source, line: u64, count: u64, found: u64) -> Result<()> {
    if count == found {
        return Ok(());
    }
    let message = format!("line {line} counts {count} rows, and there are {found}");
    Err(source.error(&message).help("a part of the dump is missing; make it again"))
}

/// What a line of the file is, and its number.
enum Line {
    Row(u64),
    /// `\.`, which ends the table.
    Mark(u64),
    End,
}

/// Reads the next line that is not empty; a row goes into `record`. `raw` is scratch space.
fn read_row(source: &mut Source, raw: &mut Vec<u8>, record: &mut Record) -> Result<Line> {
    loop {
        let number = source.line();
        let Some(line) = read_line(source, raw)? else { return Ok(Line::End) };
        if line == b"\\." {
            return Ok(Line::Mark(number));
        }
        if line.is_empty() {
            continue;
        }
        split(line, record, &CopyText::default());
        if !raw.ends_with(b"\n") {
            let message = format!("line {number}, the last one, has no line break");
            let help =
                "the file may be cut off: make it again, or add the line break if it is whole";
            return Err(source.error(&message).help(help));
        }
        return Ok(Line::Row(number));
    }
}

/// Reads one line into `raw` and gives it without its end; `None` at the end of the file.
pub(super) fn read_line<'a>(source: &mut Source, raw: &'a mut Vec<u8>) -> Result<Option<&'a [u8]>> {
    raw.clear();
    source.read_until(b'\n', raw)?;
    if raw.is_empty() {
        return Ok(None);
    }
    let line = raw.strip_suffix(b"\n").unwrap_or(raw);
    Ok(Some(line.strip_suffix(b"\r").unwrap_or(line)))
}

/// What separates fields, and what stands for NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CopyText {
    pub delimiter: u8,
    pub null: Vec<u8>,
}

impl Default for CopyText {
    fn default() -> Self {
        Self { delimiter: b'\t', null: b"\\N".to_vec() }
    }
}

/// Splits a line into its fields.
pub(super) fn split(line: &[u8], record: &mut Record, form: &CopyText) {
    record.clear();
    let mut escaped = false;
    // A delimiter behind a backslash is a part of the field; the usual one is always written as `\t`.
    let ends = |&byte: &u8| {
        let end = byte == form.delimiter && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    };
    for field in line.split(ends) {
        if field == form.null {
            record.end_field(Kind::Null);
        } else {
            unescape(field, &mut record.data);
            record.end_field(Kind::Text);
        }
    }
}

/// Appends a text whose escapes are those of COPY and of PostgreSQL's `E''` strings.
pub(super) fn unescape(mut text: &[u8], out: &mut Vec<u8>) {
    while let Some(at) = find(text, |byte| byte == b'\\') {
        let (plain, escape) = text.split_at(at);
        out.extend_from_slice(plain);
        let (byte, rest) = escaped(escape.get(1..).unwrap_or_default());
        out.push(byte);
        text = rest;
    }
    out.extend_from_slice(text);
}

/// The byte that the escape means whose backslash is passed, and what follows it.
fn escaped(text: &[u8]) -> (u8, &[u8]) {
    let Some((&first, rest)) = text.split_first() else { return (b'\\', text) };
    match first {
        b'b' => (0x08, rest),
        b'f' => (0x0c, rest),
        b'n' => (b'\n', rest),
        b'r' => (b'\r', rest),
        b't' => (b'\t', rest),
        b'v' => (0x0b, rest),
        b'0'..=b'7' => number(text, 8, 3),
        b'x' if rest.first().is_some_and(u8::is_ascii_hexdigit) => number(rest, 16, 2),
        other => (other, rest),
    }
}

/// A byte written in at most `most` digits.
fn number(text: &[u8], base: u8, most: usize) -> (u8, &[u8]) {
    let is_digit = |byte: &u8| char::from(*byte).is_digit(u32::from(base));
    let length = text.iter().take(most).take_while(|byte| is_digit(byte)).count();
    let (digits, rest) = text.split_at(length);
    // PostgreSQL keeps the low eight bits of `\777`.
    let value = digits.iter().fold(0_u8, |value, byte| {
        let digit = char::from(*byte).to_digit(u32::from(base)).and_then(|d| u8::try_from(d).ok());
        value.wrapping_mul(base).wrapping_add(digit.unwrap_or(0))
    });
    (value, rest)
}
