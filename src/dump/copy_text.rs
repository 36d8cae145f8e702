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
    /// A header makes it likely that `mysql --batch` wrote the file, whose NULL is this word.
    has_header: bool,
    /// The first row's line, when it is data and still to be given.
    first: Option<u64>,
    record: Record,
    raw: Vec<u8>,
}

impl CopyTextRows {
    /// Reads the first row, to tell the columns.
    pub fn new(mut source: Source, given: Option<&[String]>) -> Result<Self> {
        let (mut record, mut raw) = (Record::default(), Vec::new());
        let Some(line) = read_row(&mut source, &mut raw, &mut record, false)? else {
            return Err(source.error("it has no rows"));
        };
        let (layout, has_header) =
            Layout::of_rows(given, &record.texts()).map_err(|error| refused(&source, &error))?;
        let first = (!has_header).then_some(line);
        Ok(Self { source, layout, has_header, first, record, raw })
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Item>> {
        let Self { source, raw, record, .. } = self;
        let line = match self.first.take() {
            Some(line) => Some(line),
            None => read_row(source, raw, record, self.has_header)?,
        };
        Ok(line.map(|line| rows::item(&self.layout, record, line)))
    }
}

/// Reads one row into `record`: its line, or `None` at the end or at the `\.` that marks it.
pub(super) fn read_row(
    source: &mut Source,
    raw: &mut Vec<u8>,
    record: &mut Record,
    word_is_null: bool,
) -> Result<Option<u64>> {
    loop {
        let number = source.line();
        let Some(line) = read_line(source, raw)? else { return Ok(None) };
        if line == b"\\." {
            return Ok(None);
        }
        if line.is_empty() {
            continue;
        }
        split(line, record, word_is_null);
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

/// Splits a line into its fields.
pub(super) fn split(line: &[u8], record: &mut Record, word_is_null: bool) {
    record.clear();
    for field in line.split(|&byte| byte == b'\t') {
        if field == b"\\N" || (word_is_null && field == b"NULL") {
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
