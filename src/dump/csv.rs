//! Rows of CSV (RFC 4180), with a header or without, and whatever separates the fields: commas, semicolons (Excel in much
//! of Europe), bars (`psql -A`) or tabs.

use std::borrow::Cow;

use super::columns::{Layout, LayoutError};
use super::record::{Field, Kind, Record};
use super::source::{Source, find};
use super::{BadRow, Item, rows, sys_segments};
use crate::error::Result;

/// What may separate fields.
const SEPARATORS: [u8; 4] = [b',', b';', b'|', b'\t'];

/// Reads the rows of a CSV file.
pub(super) struct CsvRows {
    source: Source,
    separator: u8,
    columns: Columns,
    has_header: bool,
    /// The first row's line, when it is data and still to be given.
    first: Option<u64>,
    record: Record,
    raw: Vec<u8>,
    /// Rows that were read.
    count: u64,
    unpublished: u64,
}

/// Which column each field is.
enum Columns {
    Tables(Layout),
    /// `sys.segments`, as the web console downloads it.
    SysSegments(Vec<String>),
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
        let separator = take_separator(&mut source)?;
        let (mut record, mut raw) = (Record::default(), Vec::new());
        let line = match read_record(&mut source, separator, &mut raw, &mut record)? {
            Read::Row(line) => line,
            Read::Bad(bad) => {
                return Err(source.error(&format!("line {}: {}", bad.line, bad.message)));
            }
            Read::End => return Err(source.error("it has no rows")),
        };
        let first = record.texts();
        if separator == b'|' && first.iter().any(|name| name.trim() != name) {
            return Err(source
                .error("its columns are padded with blanks, as psql shows tables to people")
                .help("write the table with \\copy … TO 'FILE' CSV HEADER, or by psql --csv"));
        }
        let (columns, has_header) = columns(given, &first, &source)?;
        let first = (!has_header).then_some(line);
        Ok(Self {
            source,
            separator,
            columns,
            has_header,
            first,
            record,
            raw,
            count: 0,
            unpublished: 0,
        })
    }

    /// Whether the first row has the columns' names.
    pub fn has_header(&self) -> bool {
        self.has_header
    }

    /// What separates the fields, where it is no comma.
    pub fn separator(&self) -> Option<char> {
        (self.separator != b',').then_some(char::from(self.separator))
    }

    /// Rows of segments that are not published.
    pub fn unpublished(&self) -> u64 {
        self.unpublished
    }

    /// Values are written so, whatever each row looks like.
    pub fn set_writing(&mut self, writing: Option<rows::Writing>) {
        if let Columns::Tables(layout) = &mut self.columns {
            layout.writing = writing;
        }
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Item>> {
        loop {
            let line = match self.first.take() {
                Some(line) => line,
                None => match self.read()? {
                    Read::Row(line) => line,
                    Read::Bad(bad) => return Ok(Some(Item::Bad(bad))),
                    Read::End => return Ok(None),
                },
            };
            if let Some(told) = self.footer() {
                self.check_footer(line, told)?;
                continue;
            }
            self.check_end(line)?;
            self.count += 1;
            match self.item(line)? {
                Some(item) => return Ok(Some(item)),
                None => self.unpublished += 1,
            }
        }
    }

    fn read(&mut self) -> Result<Read> {
        read_record(&mut self.source, self.separator, &mut self.raw, &mut self.record)
    }

    /// The row that was read; none of a segment that is not published.
    fn item(&self, line: u64) -> Result<Option<Item>> {
        let names = match &self.columns {
            Columns::Tables(layout) => return Ok(Some(rows::item(layout, &self.record, line))),
            Columns::SysSegments(names) => names,
        };
        if names.len() != self.record.len() {
            let (found, expected) = (self.record.len(), names.len());
            let message = format!("has {found} fields, expected {expected}");
            return Ok(Some(Item::Bad(BadRow { line, column: None, message })));
        }
        let mut values = Vec::with_capacity(names.len());
        for (name, field) in names.iter().zip(self.record.fields()) {
            let text = match field {
                Field::Null => None,
                Field::Text(bytes) | Field::Blob(bytes) => match str::from_utf8(bytes) {
                    Ok(text) => Some(Cow::Borrowed(text)),
                    Err(_) => {
                        let (column, message) = (Some(name.clone()), "is not UTF-8".to_owned());
                        return Ok(Some(Item::Bad(BadRow { line, column, message })));
                    }
                },
            };
            values.push((Cow::Borrowed(name.as_str()), text));
        }
        match sys_segments::row(&values, line) {
            Ok(item) => Ok(item),
            Err(sys_segments::Refusal::Row(bad)) => Ok(Some(Item::Bad(bad))),
            Err(sys_segments::Refusal::File(message)) => {
                Err(self.source.error(&format!("it {message}")))
            }
        }
    }

    /// How many rows psql says it has written, in its last line: `(8 rows)`.
    fn footer(&self) -> Option<u64> {
        if self.separator != b'|' || self.record.len() != 1 {
            return None;
        }
        let Some(Field::Text(text)) = self.record.fields().next() else { return None };
        let text = str::from_utf8(text).ok()?.strip_prefix('(')?;
        text.strip_suffix(" rows)").or_else(|| text.strip_suffix(" row)"))?.parse().ok()
    }

    /// The last value of the last line may be cut off when neither a quote nor a line break ends it; where the payload says
    /// the same, that shows.
    fn check_end(&self, line: u64) -> Result<()> {
        let Columns::Tables(layout) = &self.columns else { return Ok(()) };
        let is_ended = self.raw.ends_with(b"\n") || self.raw.ends_with(b"\"");
        match layout.columns.last() {
            Some(Some(column)) if !is_ended && !column.is_in_payload() => {
                let message = format!("line {line}, the last one, has no line break");
                Err(self.source.error(&message).help(
                    "the file may be cut off: make it again, or add the line break if it is whole",
                ))
            }
            _ => Ok(()),
        }
    }

    fn check_footer(&self, line: u64, told: u64) -> Result<()> {
        if told == self.count {
            return Ok(());
        }
        let count = self.count;
        let message = format!("line {line} tells of {told} rows, and there are {count} before it");
        Err(self.source.error(&message).help("make the dump again: it is not whole"))
    }
}

/// The columns of a file whose first row has `first` as its fields, and whether that row is a header.
fn columns(given: Option<&[String]>, first: &[String], source: &Source) -> Result<(Columns, bool)> {
    let is_sys = |names: &[String]| names.iter().any(|name| name.trim() == "segment_id");
    let names = given.unwrap_or(first);
    if is_sys(names) {
        let names: Vec<_> = names.iter().map(|name| name.trim().to_owned()).collect();
        return Ok((Columns::SysSegments(names), is_sys(first)));
    }
    if first.iter().any(|field| field.contains('\r')) {
        let what = "its lines end in a carriage return alone";
        return Err(source
            .error(what)
            .help("convert it: `tr '\\r' '\\n' < FILE | lopper import -`"));
    }
    let (layout, has_header) =
        Layout::of_rows(given, first).map_err(|error| refused(source, &error))?;
    Ok((Columns::Tables(layout), has_header))
}

/// What separates the fields of a file that begins with `head`, when that is certain: by the line `sep=;` that Excel asks
/// for, or because a line of so many fields is a row of one of Druid's tables, or their names.
pub(super) fn separator(head: &[u8]) -> Option<u8> {
    let line = first_line(head);
    if let Some(told) = told_separator(line) {
        return Some(told);
    }
    let separator = first_separator(line)?;
    let count = fields(line, separator);
    let fits = match separator {
        b',' => count > 2,
        _ => matches!(count, 4 | 9..=14) || names_columns(line, separator),
    };
    fits.then_some(separator)
}

/// The separator of the line `sep=;`.
pub(super) fn told_separator(line: &[u8]) -> Option<u8> {
    let told = line.trim_ascii_end();
    let told = told.strip_prefix(b"\"").and_then(|told| told.strip_suffix(b"\"")).unwrap_or(told);
    let (name, separator) = told.split_at_checked(4)?;
    // A tab at the end is no blank here.
    let separator = if separator.is_empty() { line.get(4..5)? } else { separator };
    match separator {
        [byte] if name.eq_ignore_ascii_case(b"sep=") && SEPARATORS.contains(byte) => Some(*byte),
        _ => None,
    }
}

/// Whether fields between tabs are quoted as CSV has it, so that the quotes of JSON are doubled. COPY's text has no quotes
/// around fields.
pub(super) fn has_quoted_json(head: &[u8]) -> bool {
    let mut fields = head.split(|byte| matches!(byte, b'\t' | b'\n'));
    // COPY doubles the backslash of a bytea in hex.
    let begins = [b"\"{\"\"".as_slice(), b"\"[{\"\"", b"\\x7b", b"\\x5b"];
    fields.any(|field| begins.iter().any(|begin| field.starts_with(begin)))
}

/// Whether a header is that of `sys.segments`, between tabs.
pub(super) fn is_of_sys_segments(line: &[u8]) -> bool {
    line.split(|byte| *byte == b'\t').any(|name| name.trim_ascii() == b"segment_id")
}

/// The first of the separators outside of quotes.
fn first_separator(line: &[u8]) -> Option<u8> {
    outside_quotes(line).find(|byte| SEPARATORS.contains(byte))
}

/// The fields of a line, by its separators outside of quotes.
fn fields(line: &[u8], separator: u8) -> usize {
    1 + outside_quotes(line).filter(|byte| *byte == separator).count()
}

fn outside_quotes(line: &[u8]) -> impl Iterator<Item = u8> {
    line.iter()
        .scan(false, |quoted, &byte| {
            *quoted ^= byte == b'"';
            Some((!*quoted).then_some(byte))
        })
        .flatten()
}

/// Whether a line is a header: it has at least two names of columns.
fn names_columns(line: &[u8], separator: u8) -> bool {
    let names = line.split(|byte| *byte == separator).map(|name| {
        let name = name.trim_ascii();
        name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(name)
    });
    let is_known = |name: &&[u8]| {
        let name = str::from_utf8(name).unwrap_or_default();
        name == "segment_id" || super::Column::from_name(name).is_some()
    };
    names.filter(is_known).count() >= 2
}

fn first_line(head: &[u8]) -> &[u8] {
    let mut lines = head.split(|&byte| byte == b'\n');
    lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default()
}

/// The separator of the file, behind the line that tells it; a comma where nothing shows another.
fn take_separator(source: &mut Source) -> Result<u8> {
    let head = source.look(super::sniff::HEAD)?;
    let (told, found) = (told_separator(first_line(head)), separator(head));
    if let Some(told) = told {
        let mut line = Vec::new();
        while line.trim_ascii().is_empty() {
            line.clear();
            source.read_until(b'\n', &mut line)?;
        }
        return Ok(told);
    }
    Ok(found.unwrap_or(b','))
}

/// The error of a file whose columns are refused.
pub(super) fn refused(source: &Source, error: &LayoutError) -> crate::error::Error {
    source.error(&error.to_string()).help(error.help())
}

/// Reads one record into `record`; empty lines are passed over. `raw` is scratch space.
fn read_record(
    source: &mut Source,
    separator: u8,
    raw: &mut Vec<u8>,
    record: &mut Record,
) -> Result<Read> {
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
            read_bare(raw, at, separator, record)
        };
        match raw.get(after) {
            Some(byte) if *byte == separator => at = after + 1,
            _ if line_of(raw, after).is_empty() => return Ok(Read::Row(line)),
            _ => {
                let mut message = format!(
                    "field {} goes on after its closing quote, expected {:?}",
                    record.len(),
                    char::from(separator)
                );
                if record.data.ends_with(b"\\") {
                    message.push_str(
                        "; the quotes in it have backslashes before them, as MySQL's INTO OUTFILE writes them: \
                         write it with ESCAPED BY '\"', or use mysqldump",
                    );
                }
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
fn read_bare(raw: &[u8], at: usize, separator: u8, record: &mut Record) -> usize {
    let line = line_of(raw, at);
    let end = find(line, |byte| byte == separator).unwrap_or(line.len());
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
