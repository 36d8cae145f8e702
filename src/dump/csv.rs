//! Rows of CSV (RFC 4180), with a header or without.

use super::columns::{Layout, LayoutError};
use super::record::{Kind, Record};
use super::source::{Source, find};
use super::{BadRow, Item, rows};
use crate::error::Result;

/// Reads the rows of a CSV file.
pub(super) struct CsvRows {
    source: Source,
    layout: Layout,
    has_header: bool,
    /// The first row's line, when it is data and still to be given.
    first: Option<u64>,
    record: Record,
    raw: Vec<u8>,
}

/// What reading one record came to.
enum Read {
    End,
    /// The record that begins on this line.
    Row(u64),
    Bad(BadRow),
}

impl CsvRows {
    /// Reads the first record, to tell the columns.
    pub fn new(mut source: Source, given: Option<&[String]>) -> Result<Self> {
        let (mut record, mut raw) = (Record::default(), Vec::new());
        let line = match read_record(&mut source, &mut raw, &mut record)? {
            Read::Row(line) => line,
            Read::Bad(bad) => {
                return Err(source.error(&format!("line {}: {}", bad.line, bad.message)));
            }
            Read::End => return Err(source.error("it has no rows")),
        };
        let (layout, has_header) =
            Layout::of_rows(given, &record.texts()).map_err(|error| refused(&source, &error))?;
        let first = (!has_header).then_some(line);
        Ok(Self { source, layout, has_header, first, record, raw })
    }

    /// Whether the first row has the columns' names.
    pub fn has_header(&self) -> bool {
        self.has_header
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Item>> {
        let line = match self.first.take() {
            Some(line) => line,
            None => match read_record(&mut self.source, &mut self.raw, &mut self.record)? {
                Read::Row(line) => line,
                Read::Bad(bad) => return Ok(Some(Item::Bad(bad))),
                Read::End => return Ok(None),
            },
        };
        Ok(Some(rows::item(&self.layout, &self.record, line)))
    }
}

/// The error of a file whose columns are refused.
pub(super) fn refused(source: &Source, error: &LayoutError) -> crate::error::Error {
    source.error(&error.to_string()).help(error.help())
}

/// Reads one record into `record`; empty lines are passed over. `raw` is scratch space.
fn read_record(source: &mut Source, raw: &mut Vec<u8>, record: &mut Record) -> Result<Read> {
    let line = loop {
        raw.clear();
        let line = source.line();
        source.read_until(b'\n', raw)?;
        if raw.is_empty() {
            return Ok(Read::End);
        }
        if !line_of(raw, 0).is_empty() {
            break line;
        }
    };
    record.clear();
    let mut at = 0;
    loop {
        let after = if raw.get(at) == Some(&b'"') {
            read_quoted(source, raw, at + 1, record)?
        } else {
            read_bare(raw, at, record)
        };
        match raw.get(after) {
            Some(b',') => at = after + 1,
            _ if line_of(raw, after).is_empty() => return Ok(Read::Row(line)),
            _ => {
                let message = format!(
                    "field {} goes on after its closing quote, expected a comma",
                    record.len()
                );
                return Ok(Read::Bad(BadRow { line, column: None, message }));
            }
        }
    }
}

/// What is left of the line in `raw` from `at` on, without its end.
fn line_of(raw: &[u8], at: usize) -> &[u8] {
    let line = raw.get(at..).unwrap_or_default();
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Reads a field without quotes, of which an empty one is NULL; the place after it.
fn read_bare(raw: &[u8], at: usize, record: &mut Record) -> usize {
    let line = line_of(raw, at);
    let end = find(line, |byte| byte == b',').unwrap_or(line.len());
    let field = line.get(..end).unwrap_or_default();
    record.data.extend_from_slice(field);
    record.end_field(if field.is_empty() { Kind::Null } else { Kind::Text });
    at + end
}

/// Reads a field from behind its opening quote, with as many more lines as it has; the place after
/// its closing quote.
fn read_quoted(
    source: &mut Source,
    raw: &mut Vec<u8>,
    mut at: usize,
    record: &mut Record,
) -> Result<usize> {
    let opened = source.line() - u64::from(raw.ends_with(b"\n"));
    loop {
        let rest = raw.get(at..).unwrap_or_default();
        match find(rest, |byte| byte == b'"') {
            Some(quote) => {
                let doubled = rest.get(quote + 1) == Some(&b'"');
                let kept = quote + usize::from(doubled);
                record.data.extend_from_slice(rest.get(..kept).unwrap_or_default());
                at += quote + 1 + usize::from(doubled);
                if !doubled {
                    record.end_field(Kind::Text);
                    return Ok(at);
                }
            }
            None => {
                record.data.extend_from_slice(rest);
                raw.clear();
                at = 0;
                source.check_size(&record.data)?;
                source.read_until(b'\n', raw)?;
                if raw.is_empty() {
                    let what = format!("the quote that opens on line {opened} is never closed");
                    return Err(source.error(&what).help("the file may be cut off"));
                }
            }
        }
    }
}
