//! Makes table rows of fields: checks text, booleans, numbers and payloads.

use super::columns::{Column, Layout, Table};
use super::literal::{self, Bytes};
use super::record::{Field, Record};
use super::source::find;
use super::{BadRow, Item, RuleRow, SegmentRow, SqlDialect, null_words};

/// A column's value that is not what the column holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub column: Column,
    pub message: String,
}

impl Fault {
    fn new(column: Column, message: impl Into<String>) -> Self {
        Self { column, message: message.into() }
    }

    /// The bad row that begins on `line`.
    pub fn on(self, line: u64) -> BadRow {
        BadRow { line, column: Some(self.column.name().to_owned()), message: self.message }
    }
}

/// How the form of a file writes values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Writing {
    /// What payloads stand for.
    pub bytes: Bytes,
    /// NULL may be a word or an empty text.
    pub words_are_null: bool,
}

impl Writing {
    /// As fields between commas or tabs are written by the database that the user named; `None` when none was.
    pub fn of_dialect(dialect: Option<SqlDialect>) -> Option<Self> {
        let bytes = match dialect? {
            SqlDialect::PostgreSql => Bytes::Bytea,
            SqlDialect::MySql | SqlDialect::Standard => Bytes::AsIs,
        };
        Some(Self { bytes, words_are_null: true })
    }

    /// As fields between commas or tabs are written.
    fn of_text<'a>(
        table: Table,
        folded: bool,
        values: impl Iterator<Item = (Column, Field<'a>)>,
    ) -> Self {
        Self { bytes: bytes_of_text(table, folded, values), words_are_null: true }
    }
}

/// What payloads stand for in a row that no database is named for. PostgreSQL's may be `bytea` in escape form, and its
/// booleans are words; those of MySQL and Derby are numbers. A rule row has none, and neither does its payload have
/// backslashes as a rule. `folded`: names without capitals, as PostgreSQL has them.
pub(super) fn bytes_of_text<'a>(
    table: Table,
    folded: bool,
    mut values: impl Iterator<Item = (Column, Field<'a>)>,
) -> Bytes {
    let is_word = |(column, field): (Column, Field<'a>)| {
        let is_boolean = matches!(column, Column::Used | Column::Partitioned);
        is_boolean
            && matches!(field, Field::Text(word) if word.first().is_some_and(u8::is_ascii_alphabetic))
    };
    if table == Table::Rules || folded || values.any(is_word) {
        Bytes::Either
    } else {
        Bytes::Likely
    }
}

/// The row on `line` whose fields are `record`.
pub(super) fn item(layout: &Layout, record: &Record, line: u64) -> Item {
    if record.len() != layout.columns.len() {
        let (found, expected) = (record.len(), layout.columns.len());
        let mut message = format!("has {found} fields, expected {expected}");
        if let (1, Some(Field::Text(text))) = (found, record.fields().next()) {
            message.push_str(&format!(": {}", shown(text)));
            if tells_failure(text) {
                message.push_str(FAILED);
            }
        }
        return Item::Bad(BadRow { line, column: None, message });
    }
    let values = || {
        let columns = layout.columns.iter().zip(record.fields());
        columns.filter_map(|(column, field)| column.map(|column| (column, field)))
    };
    let writing = layout
        .writing
        .unwrap_or_else(|| Writing::of_text(layout.table, layout.is_folded, values()));
    let row = match layout.table {
        Table::Segments => written_segment(values(), line, writing).and_then(|row| {
            if layout.guessed {
                check_guess(&row)?;
            }
            Ok(Item::Segment(Box::new(row)))
        }),
        Table::Rules => written_rule(values(), line, writing).map(Item::Rule),
    };
    row.unwrap_or_else(|fault| Item::Bad(fault.on(line)))
}

/// A row of the segment table in a form that writes NULL as itself.
pub(super) fn segment<'a>(
    values: impl Iterator<Item = (Column, Field<'a>)>,
    line: u64,
    bytes: Bytes,
) -> Result<SegmentRow, Fault> {
    written_segment(values, line, Writing { bytes, words_are_null: false })
}

fn written_segment<'a>(
    values: impl Iterator<Item = (Column, Field<'a>)>,
    line: u64,
    writing: Writing,
) -> Result<SegmentRow, Fault> {
    let mut row = SegmentRow { line, ..SegmentRow::default() };
    for (column, field) in values {
        let field = null_or_value(column, field, writing)?;
        match column {
            Column::Id => row.id = text(column, field)?,
            Column::DataSource => row.datasource = text(column, field)?,
            Column::CreatedDate => row.created_date = text(column, field)?,
            Column::Start => row.start = text(column, field)?,
            Column::End => row.end = text(column, field)?,
            Column::Partitioned => row.partitioned = Some(boolean(column, field)?),
            Column::Version => row.version = text(column, field)?,
            Column::Used => row.used = boolean(column, field)?,
            Column::Payload => row.payload = Some(payload(field, writing.bytes)?),
            Column::UsedStatusLastUpdated => row.used_status_last_updated = text(column, field)?,
            Column::UpgradedFromSegmentId => row.upgraded_from_segment_id = text(column, field)?,
            Column::SchemaFingerprint => row.schema_fingerprint = text(column, field)?,
            Column::NumRows => row.num_rows = integer(column, field)?,
            Column::IndexingStateFingerprint => {
                row.indexing_state_fingerprint = text(column, field)?;
            }
        }
    }
    Ok(row)
}

/// A row of the rule table in a form that writes NULL as itself; other columns do not reach it.
pub(super) fn rule<'a>(
    values: impl Iterator<Item = (Column, Field<'a>)>,
    line: u64,
    bytes: Bytes,
) -> Result<RuleRow, Fault> {
    written_rule(values, line, Writing { bytes, words_are_null: false })
}

fn written_rule<'a>(
    values: impl Iterator<Item = (Column, Field<'a>)>,
    line: u64,
    writing: Writing,
) -> Result<RuleRow, Fault> {
    let mut row = RuleRow { line, ..RuleRow::default() };
    for (column, field) in values {
        match column {
            Column::Payload => row.payload = payload(field, writing.bytes)?,
            Column::Id => row.id = text(column, field)?.unwrap_or_default(),
            Column::DataSource => row.datasource = text(column, field)?.unwrap_or_default(),
            Column::Version => row.version = text(column, field)?.unwrap_or_default(),
            _ => {}
        }
    }
    Ok(row)
}

/// Tables that were altered have their newer columns in another order than new ones. Where the
/// order is a guess, a value that shows it to be wrong must not end up in the wrong column.
fn check_guess(row: &SegmentRow) -> Result<(), Fault> {
    let datasource = row.datasource.as_deref().unwrap_or_default();
    let is_id =
        |value: &str| value.strip_prefix(datasource).is_some_and(|rest| rest.starts_with('_'));
    let expect = |column, value: Option<&str>, what: &str, fits: &dyn Fn(&str) -> bool| match value
    {
        Some(value) if !fits(value) => {
            let value = shown(value.as_bytes());
            let hint = "the columns may be in another order: name them with --columns";
            Err(Fault::new(column, format!("is {value}, expected {what}; {hint}")))
        }
        _ => Ok(()),
    };
    let stamp = row.used_status_last_updated.as_deref();
    expect(Column::UsedStatusLastUpdated, stamp, "an ISO 8601 instant", &is_like_instant)?;
    let upgraded = row.upgraded_from_segment_id.as_deref();
    expect(Column::UpgradedFromSegmentId, upgraded, "a segment id of the datasource", &is_id)?;
    for (column, fingerprint) in [
        (Column::IndexingStateFingerprint, &row.indexing_state_fingerprint),
        (Column::SchemaFingerprint, &row.schema_fingerprint),
    ] {
        let fits = |value: &str| !is_id(value) && !is_like_instant(value);
        expect(column, fingerprint.as_deref(), "a fingerprint", &fits)?;
    }
    Ok(())
}

/// Whether it begins as `2024-01-02T` does, with any year.
fn is_like_instant(value: &str) -> bool {
    let Some((date, _)) = value.split_once('T') else { return false };
    let digits = date.strip_prefix(['-', '+']).unwrap_or(date);
    digits.split('-').count() == 3
        && digits
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The field with the words that stand for NULL taken for it, in the columns that may be NULL. None of these columns
/// holds such a word, so where the form writes NULL as itself, or the word is a client's own, it is a mistake.
fn null_or_value<'a>(
    column: Column,
    field: Field<'a>,
    writing: Writing,
) -> Result<Field<'a>, Fault> {
    match field {
        Field::Text(b"NULL" | b"null" | b"\\N" | b"")
            if column.is_nullable() && writing.words_are_null =>
        {
            Ok(Field::Null)
        }
        Field::Text(word) if column.is_nullable() && null_words::is_null(word) => {
            Err(Fault::new(column, null_words::complaint(word)))
        }
        field => Ok(field),
    }
}

fn bytes_of(column: Column, field: Field<'_>) -> Result<Option<&[u8]>, Fault> {
    match field {
        Field::Text(bytes) | Field::Blob(bytes) => Ok(Some(bytes)),
        Field::Null if column.is_nullable() => Ok(None),
        Field::Null => Err(Fault::new(column, "is NULL, expected a value")),
    }
}

fn text(column: Column, field: Field<'_>) -> Result<Option<String>, Fault> {
    let Some(bytes) = bytes_of(column, field)? else { return Ok(None) };
    string(column, bytes.to_vec()).map(Some)
}

fn string(column: Column, bytes: Vec<u8>) -> Result<String, Fault> {
    if let Some(at) = find(&bytes, |byte| byte == 0) {
        return Err(Fault::new(column, format!("has a NUL byte at {at}, expected text")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Fault::new(column, format!("is not UTF-8 from byte {at} on"))
    })
}

fn boolean(column: Column, field: Field<'_>) -> Result<bool, Fault> {
    let bytes = bytes_of(column, field)?.unwrap_or_default();
    let is = |words: &[&str]| words.iter().any(|w| bytes.eq_ignore_ascii_case(w.as_bytes()));
    // MySQL's BIT is a byte, which clients also write as hex or bits.
    if is(&["t", "true", "1", "\x01", "0x01", "b'1'", "\\x01"]) {
        Ok(true)
    } else if is(&["f", "false", "0", "\0", "0x00", "b'0'", "\\x00"]) {
        Ok(false)
    } else {
        let found = shown(bytes);
        Err(Fault::new(column, format!("is {found}, expected one of t, f, true, false, 1, 0")))
    }
}

fn integer(column: Column, field: Field<'_>) -> Result<Option<i64>, Fault> {
    let Some(bytes) = bytes_of(column, field)? else { return Ok(None) };
    let number = str::from_utf8(bytes).ok().and_then(|digits| digits.parse().ok());
    number
        .map(Some)
        .ok_or_else(|| Fault::new(column, format!("is {}, expected a whole number", shown(bytes))))
}

/// The JSON text in a payload field.
fn payload(field: Field<'_>, bytes: Bytes) -> Result<String, Fault> {
    let content = bytes_of(Column::Payload, field)?.unwrap_or_default();
    if matches!(field, Field::Blob(_)) {
        return string(Column::Payload, content.to_vec());
    }
    let json = literal::payload(content, bytes);
    json.map_err(|message| Fault::new(Column::Payload, message))
        .and_then(|json| string(Column::Payload, json))
}

/// A value for a message: quoted, escaped, and not more than its beginning.
pub(super) fn shown(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    let text = String::from_utf8_lossy(bytes.get(..4 * SHOWN).unwrap_or(bytes));
    let short: String = text.chars().take(SHOWN).collect();
    let more = if short.len() < text.len() || bytes.len() > 4 * SHOWN { "…" } else { "" };
    format!("`{}{more}`", short.escape_debug())
}

/// What is said of a line that `tells_failure`.
pub(super) const FAILED: &str =
    "; it tells that the dump failed there: rows may be missing, make the dump again";

/// Whether a line is a tool's word that it has failed: a dump with such a line is not whole.
pub(super) fn tells_failure(line: &[u8]) -> bool {
    const WORDS: [&str; 14] = [
        "error",
        "fatal",
        "failed",
        "lost connection",
        "gone away",
        "couldn't",
        "killed",
        "terminat",
        "aborted",
        "no space left",
        "denied",
        "timed out",
        "timeout",
        "broken pipe",
    ];
    let line = String::from_utf8_lossy(line).to_ascii_lowercase();
    WORDS.iter().any(|word| line.contains(word))
}
