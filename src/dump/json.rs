//! JSON objects, one after the other or in one array: DataSegments of Druid's API, rows of
//! `sys.segments`, and rows of the two tables.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::columns::{Column, Table};
use super::record::Field;
use super::rows::{self, shown};
use super::source::{Source, find};
use super::sys_segments;
use super::{BadRow, Item, SegmentRow};
use crate::error::{Error, Result};

/// An object's names and values in the file's order, repeated names too.
pub(super) struct Object<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl Object<'_> {
    /// The value of that name; the last of several, as Druid reads them.
    pub fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

/// Reads the rows of a file of JSON objects.
pub(super) struct JsonRows {
    source: Source,
    /// The line of the bracket that opens the array, while inside of it.
    array: Option<u64>,
    raw: Vec<u8>,
    skipped: u64,
}

impl JsonRows {
    /// Reads the objects of `source`, which have their names: there are none to give.
    pub fn new(source: Source, given: Option<&[String]>) -> Result<Self> {
        if given.is_some() {
            return Err(source.error("its objects name their columns").help("leave --columns out"));
        }
        Ok(Self { source, array: None, raw: Vec::new(), skipped: 0 })
    }

    /// The segments passed over because they are not published.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Item>> {
        while let Some(line) = self.next_value()? {
            let bad = |message| Ok(Some(Item::Bad(BadRow { line, column: None, message })));
            let text = match str::from_utf8(&self.raw) {
                Ok(text) => text,
                Err(error) => {
                    let at = error.valid_up_to();
                    return bad(format!("is not UTF-8 from byte {at} of the row on"));
                }
            };
            let object = match serde_json::from_str(text) {
                Ok(object) => object,
                Err(error) => {
                    return bad(format!("is no JSON object ({error}): {}", shown(&self.raw)));
                }
            };
            match row(&object, text, line) {
                Ok(Some(item)) => return Ok(Some(item)),
                Ok(None) => self.skipped += 1,
                Err(Refusal::Row(bad)) => return Ok(Some(Item::Bad(bad))),
                Err(Refusal::File(message)) => {
                    return Err(refused(&self.source, line, &message));
                }
            }
        }
        Ok(None)
    }

    /// Reads the next value into `raw`: its line, or `None` at the end.
    fn next_value(&mut self) -> Result<Option<u64>> {
        self.raw.clear();
        loop {
            let next = self.source.peek()?;
            let line = self.source.line();
            match (next, self.array) {
                (Some(b'{'), _) => return self.object(line).map(|()| Some(line)),
                (Some(b'['), None) => self.array = Some(line),
                (Some(b']'), Some(_)) => self.array = None,
                (Some(b','), Some(_)) => {}
                (Some(byte), _) if byte.is_ascii_whitespace() => {}
                (Some(_), Some(_)) => {
                    let message = format!("the array on line {line} has other values than objects");
                    let help = "ask Druid for whole segments, with `?full` instead of ids alone";
                    return Err(self.source.error(&message).help(help));
                }
                (Some(_), None) => {
                    self.source.read_until(b'\n', &mut self.raw)?;
                    return Ok(Some(line));
                }
                (None, None) => return Ok(None),
                (None, Some(begin)) => return Err(self.cut_off("array", begin)),
            }
            self.source.consume(1);
        }
    }

    /// Reads an object into `raw`, by its braces and strings alone: what is in it is judged later.
    fn object(&mut self, line: u64) -> Result<()> {
        let (mut depth, mut in_string) = (0_u32, false);
        loop {
            let window = self.source.window()?;
            if window.is_empty() {
                return Err(self.cut_off("object", line));
            }
            let end = end_of_object(window, &mut depth, &mut in_string);
            let taken = end.unwrap_or(window.len());
            self.raw.extend_from_slice(window.get(..taken).unwrap_or_default());
            // A backslash at the window's end takes its character from the next one.
            let open_escape = in_string && end.is_none() && ends_in_escape(window);
            self.source.consume(taken);
            self.source.check_size(&self.raw)?;
            if end.is_some() {
                return Ok(());
            }
            if open_escape && let Some(escaped) = self.source.peek()? {
                self.raw.push(escaped);
                self.source.consume(1);
            }
        }
    }

    fn cut_off(&self, what: &str, line: u64) -> Error {
        let message = format!("it ends inside the {what} that begins on line {line}");
        self.source.error(&message).help("the file is cut off; make it again")
    }
}

/// Whether the text ends in the middle of an escape: in an odd number of backslashes.
fn ends_in_escape(text: &[u8]) -> bool {
    text.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Follows braces and strings through `text`; the place behind the brace that closes the first.
fn end_of_object(text: &[u8], depth: &mut u32, in_string: &mut bool) -> Option<usize> {
    let mut bytes = text.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => *in_string = !*in_string,
            b'\\' if *in_string => {
                bytes.next();
            }
            b'{' if !*in_string => *depth += 1,
            b'}' if !*in_string => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Why an object is no row.
pub(super) enum Refusal {
    Row(BadRow),
    /// The file as a whole is refused, since all objects have the same names.
    File(String),
}

impl Refusal {
    /// A bad row on `line`, at fault in `column`.
    pub fn row(line: u64, column: &str, message: String) -> Self {
        Self::Row(BadRow { line, column: Some(column.to_owned()), message })
    }
}

fn refused(source: &Source, line: u64, message: &str) -> Error {
    source.error(&format!("the object on line {line} {message}"))
}

/// The row that an object is; `None` when it is to be passed over.
fn row(object: &Object<'_>, text: &str, line: u64) -> Result<Option<Item>, Refusal> {
    let has = |name: &str| object.0.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    if has("segment_id") {
        sys_segments::row(object, line)
    } else if has("payload") {
        table_row(object, line).map(Some)
    } else if has("dataSource") && has("interval") && has("version") {
        // Druid's API adds `realtime` to segments that are not published.
        if object.get("realtime").is_some_and(|value| value.get() == "true") {
            return Ok(None);
        }
        let payload = Some(text.to_owned());
        let row = SegmentRow { line, used: true, payload, ..SegmentRow::default() };
        Ok(Some(Item::Segment(Box::new(row))))
    } else {
        let names: Vec<_> = object.0.iter().take(5).map(|(key, _)| shown(key.as_bytes())).collect();
        let message = format!(
            "is an object of {}; expected a DataSegment, or a row of druid_segments, druid_rules \
             or sys.segments",
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        );
        Err(Refusal::Row(BadRow { line, column: None, message }))
    }
}

/// A row of the segment table or the rule table, whose names are the columns'.
fn table_row(object: &Object<'_>, line: u64) -> Result<Item, Refusal> {
    let mut values = Vec::with_capacity(object.0.len());
    for (name, value) in &object.0 {
        let column = Column::from_name(name).ok_or_else(|| {
            let name = shown(name.as_bytes());
            Refusal::File(format!("has a column {name} that Druid's tables lack"))
        })?;
        if values.iter().any(|(other, _)| *other == column) {
            return Err(Refusal::row(line, column.name(), "is there twice".to_owned()));
        }
        let value = scalar(value).map_err(|()| {
            Refusal::row(line, column.name(), "is no text: it has half of a character".to_owned())
        })?;
        values.push((column, value));
    }
    let has = |column: &Column| values.iter().any(|(other, _)| other == column);
    let table = Table::of(values.iter().map(|(column, _)| *column));
    if let Some(column) = table.required().iter().find(|column| !has(column)) {
        return Err(Refusal::row(line, column.name(), "is missing".to_owned()));
    }
    let fields = values.iter().map(|(column, value)| {
        (*column, value.as_ref().map_or(Field::Null, |text| Field::Text(text.as_bytes())))
    });
    let item = match table {
        Table::Segments => rows::segment(fields, line).map(|row| Item::Segment(Box::new(row))),
        Table::Rules => rows::rule(fields, line).map(Item::Rule),
    };
    item.map_err(|fault| Refusal::Row(fault.on(line)))
}

/// A value as a field has it: a string's text, else the JSON itself; `None` for null. The error is
/// a string with a lone surrogate, which JSON can write and no text can hold.
fn scalar(value: &RawValue) -> Result<Option<Cow<'_, str>>, ()> {
    match value.get() {
        "null" => Ok(None),
        text if text.starts_with('"') => string(text).map(Some).ok_or(()),
        text => Ok(Some(Cow::Borrowed(text))),
    }
}

/// The text of a JSON string; `None` when it is none.
pub(super) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if find(inner.as_bytes(), |byte| byte == b'\\').is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(json).ok().map(Cow::Owned)
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A name, borrowed from the file where it has no escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(16);
        while let Some((Name(name), value)) = map.next_entry()? {
            entries.push((name, value));
        }
        Ok(Object(entries))
    }
}
