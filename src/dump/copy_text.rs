//! The text form of PostgreSQL's COPY: fields between tabs, `\N` for NULL, backslash escapes.

use super::columns::Layout;
use super::csv::refused;
use super::record::{Kind, Record};
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
        let Some(line) = read_row(&mut source, &mut raw, &mut record)? else {
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
            Some(line) => Some(line),
            None => read_row(source, raw, record)?,
        };
        let Some(line) = line else { return Ok(None) };
        if let Some(count) = row_count(&self.raw) {
            return self.end(line, count);
        }
        self.count += 1;
        Ok(Some(rows::item(&self.layout, &self.record, line)))
    }

    /// Ends at a line by which psql says how many rows there are.
    fn end(&mut self, line: u64, count: u64) -> Result<Option<Item>> {
        check_count(&self.source, line, count, self.count)?;
        match read_row(&mut self.source, &mut self.raw, &mut self.record)? {
            None => Ok(None),
            Some(line) => {
                let message = format!("line {line} stands behind the line that ends the table");
                Err(self.source.error(&message).help("import each table from a file of its own"))
            }
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

/// Reads one row into `record`: its line, or `None` at the end or at the `\.` that marks it.
fn read_row(source: &mut Source, raw: &mut Vec<u8>, record: &mut Record) -> Result<Option<u64>> {
    loop {
        let number = source.line();
        let Some(line) = read_line(source, raw)? else { return Ok(None) };
        if line == b"\\." {
            return Ok(None);
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
        return Ok(Some(number));
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
