//! JSON objects: DataSegments of Druid's API, its answers about them, rows of `sys.segments`, and rows of the two tables.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::columns::{Column, Table, are_as_lopper_writes, is_folded};
use super::json_objects::Objects;
use super::literal::Bytes;
use super::record::Field;
use super::rows::{self, shown};
use super::source::{Source, find};
use super::sys_segments::{self, Refusal};
use super::{BadRow, Holding, Item, Origin, SegmentRow, Skipped, TableChoice, null_words};
use crate::error::{Error, Result};

/// What Druid's API puts beside a segment's own members (`SegmentStatusInCluster`): it is no part of the payload.
const STATUS: [&str; 4] = ["overshadowed", "replicationFactor", "numRows", "realtime"];
/// What the API's `unusedSegments` tells of a segment beside the segment (`DataSegmentPlus`).
const PLUS: [&str; 8] = [
    "dataSegment",
    "createdDate",
    "usedStatusLastUpdatedDate",
    "used",
    "schemaFingerprint",
    "numRows",
    "upgradedFromSegmentId",
    "indexingStateFingerprint",
];

/// An object's names and values in the file's order, repeated names too.
pub(super) struct Object<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The value of that name; the last of several, as Druid reads them.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key.eq_ignore_ascii_case(name))
    }
}

/// Reads the rows of a file of JSON objects.
pub(super) struct JsonRows {
    objects: Objects,
    unpublished: u64,
    /// What payloads stand for, when the user has named the database; else each row tells.
    bytes: Option<Bytes>,
}

impl JsonRows {
    /// Reads the objects of `source`, which have their names: there are none to give.
    pub fn new(source: Source, given: Option<&[String]>, choice: &TableChoice) -> Result<Self> {
        if given.is_some() {
            return Err(source.error("its objects name their columns").help("leave --columns out"));
        }
        Ok(Self { objects: Objects::new(source, choice), unpublished: 0, bytes: None })
    }

    /// Payloads are written so, whatever each row looks like.
    pub fn set_bytes(&mut self, bytes: Option<Bytes>) {
        self.bytes = bytes;
    }

    /// What was passed over.
    pub fn skipped(&self) -> Skipped {
        Skipped { statements: self.objects.skipped_tables(), unpublished: self.unpublished }
    }

    /// Whose tables they are.
    pub fn origin(&self) -> Option<Origin> {
        self.objects.origin()
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Item>> {
        while let Some(line) = self.objects.next()? {
            let raw = &self.objects.raw;
            let bad = |message| Ok(Some(Item::Bad(BadRow { line, column: None, message })));
            let text = match str::from_utf8(raw) {
                Ok(text) => text,
                Err(error) => {
                    let at = error.valid_up_to();
                    return bad(format!("is not UTF-8 from byte {at} of the row on"));
                }
            };
            let object = match serde_json::from_str(text) {
                Ok(object) => object,
                Err(error) => return bad(format!("is no JSON object ({error}): {}", shown(raw))),
            };
            match row(&object, text, line, self.bytes) {
                Ok(Read::Item(item)) => return Ok(Some(item)),
                Ok(Read::Unpublished) => self.unpublished += 1,
                Ok(Read::Heading) => {}
                Err(Refusal::Row(bad)) => return Ok(Some(Item::Bad(bad))),
                Err(Refusal::File(message)) => {
                    return Err(refused(&self.objects.source, line, &message));
                }
            }
        }
        Ok(None)
    }
}

/// What an object is.
enum Read {
    Item(Item),
    /// A segment that is not published.
    Unpublished,
    /// An export tells of itself.
    Heading,
}

fn refused(source: &Source, line: u64, message: &str) -> Error {
    source.error(&format!("the object on line {line} {message}"))
}

/// The row that an object is.
fn row(object: &Object<'_>, text: &str, line: u64, bytes: Option<Bytes>) -> Result<Read, Refusal> {
    let is_segment = |object: &Object<'_>| {
        ["dataSource", "interval", "version"].iter().all(|name| object.has(name))
    };
    let member = |name| object.get(name).and_then(members);
    if object.has("segment_id") {
        let values = values(object, line)?;
        let item = sys_segments::row(&values, line)?;
        Ok(item.map_or(Read::Unpublished, Read::Item))
    } else if object.has("dataSegment") {
        plus(object, line).map(Read::Item)
    } else if object.has("payload") {
        table_row(object, line, bytes).map(Read::Item)
    } else if is_segment(object) {
        Ok(of_the_api(object, text, line)?.map_or(Read::Unpublished, Read::Item))
    } else if let Some(inner) = member("metadata").filter(is_segment) {
        // The API's answer of one segment, beside which it names its servers.
        let text = object.get("metadata").map(RawValue::get).unwrap_or_default();
        Ok(of_the_api(&inner, text, line)?.map_or(Read::Unpublished, Read::Item))
    } else if is_heading(object) {
        Ok(Read::Heading)
    } else {
        Err(no_row(object, line))
    }
}

/// The members of a value that is an object.
fn members(value: &RawValue) -> Option<Object<'_>> {
    serde_json::from_str(value.get()).ok()
}

/// Whether it is one of the objects in which phpMyAdmin tells what it has exported.
fn is_heading(object: &Object<'_>) -> bool {
    let kind = object.get("type").map(RawValue::get);
    matches!(kind, Some("\"header\"" | "\"database\"")) && !object.has("data")
}

/// Why an object is no row, by the name of what it is.
fn no_row(object: &Object<'_>, line: u64) -> Refusal {
    if object.has("error") && (object.has("errorMessage") || object.has("errorClass")) {
        let why = object.get("errorMessage").or_else(|| object.get("error"));
        let why = shown(why.map(RawValue::get).unwrap_or_default().as_bytes());
        return Refusal::File(format!("is no segment, but Druid's answer that it failed: {why}"));
    }
    let of_objects = |object: &Object<'_>| {
        !object.0.is_empty() && object.0.iter().all(|(_, value)| members(value).is_some())
    };
    let nested = || object.0.iter().filter_map(|(_, value)| members(value));
    if of_objects(object) && nested().all(|inner| of_objects(&inner)) {
        return Refusal::File(
            "has its segments as members by interval or id, not as a list; make one of them: \
             jq '[.. | .metadata? // empty]' FILE | lopper import -"
                .to_owned(),
        );
    }
    let names: Vec<_> = object.0.iter().take(5).map(|(key, _)| shown(key.as_bytes())).collect();
    let message = format!(
        "is an object of {}; expected a DataSegment, or a row of druid_segments, druid_rules or sys.segments",
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    );
    Refusal::Row(BadRow { line, column: None, message })
}

/// A segment as Druid's API answers it; `None` when it is not published.
fn of_the_api(object: &Object<'_>, text: &str, line: u64) -> Result<Option<Item>, Refusal> {
    if object.get("realtime").is_some_and(|value| value.get() == "true") {
        return Ok(None);
    }
    let is_status = |name: &str| STATUS.contains(&name);
    let payload = if object.0.iter().any(|(name, _)| is_status(name)) {
        without(object, is_status)
    } else {
        text.to_owned()
    };
    let num_rows = number(object, "numRows", line)?;
    let payload = Some(payload);
    let row = SegmentRow {
        line,
        used: true,
        payload,
        num_rows,
        holding: Holding::UsedAlone,
        ..SegmentRow::default()
    };
    Ok(Some(Item::Segment(Box::new(row))))
}

/// An object's text without some of its members; each of the others as it was.
fn without(object: &Object<'_>, left_out: impl Fn(&str) -> bool) -> String {
    let kept = object.0.iter().filter(|(name, _)| !left_out(name));
    let members: Vec<_> = kept
        .map(|(name, value)| format!("{}:{}", serde_json::Value::from(name.as_ref()), value.get()))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// An answer of the API's `unusedSegments`: a segment, and what the table's other columns say.
fn plus(object: &Object<'_>, line: u64) -> Result<Item, Refusal> {
    if let Some((name, _)) = object.0.iter().find(|(name, _)| !PLUS.contains(&name.as_ref())) {
        let name = shown(name.as_bytes());
        return Err(Refusal::File(format!(
            "has a member {name} beside its dataSegment that nobody knows"
        )));
    }
    let text = |name: &str| -> Result<Option<String>, Refusal> {
        let Some(value) = object.get(name).filter(|value| value.get() != "null") else {
            return Ok(None);
        };
        let text = string(value.get()).map(Cow::into_owned).ok_or_else(|| {
            let found = shown(value.get().as_bytes());
            Refusal::row(line, name, format!("is {found}, expected a string"))
        })?;
        if null_words::is_null(text.as_bytes()) {
            return Err(Refusal::row(line, name, null_words::complaint(text.as_bytes())));
        }
        Ok(Some(text))
    };
    let used = match object.get("used").map(RawValue::get) {
        None | Some("null" | "false") => false,
        Some("true") => true,
        Some(other) => {
            let found = shown(other.as_bytes());
            return Err(Refusal::row(line, "used", format!("is {found}, expected true or false")));
        }
    };
    let payload = object.get("dataSegment").map(|value| value.get().to_owned());
    let row = SegmentRow {
        line,
        used,
        payload,
        created_date: text("createdDate")?,
        used_status_last_updated: text("usedStatusLastUpdatedDate")?,
        schema_fingerprint: text("schemaFingerprint")?,
        num_rows: number(object, "numRows", line)?,
        upgraded_from_segment_id: text("upgradedFromSegmentId")?,
        indexing_state_fingerprint: text("indexingStateFingerprint")?,
        holding: Holding::UnusedAlone,
        ..SegmentRow::default()
    };
    Ok(Item::Segment(Box::new(row)))
}

/// A whole number, unless it is null or absent.
fn number(object: &Object<'_>, name: &str, line: u64) -> Result<Option<i64>, Refusal> {
    let Some(value) = object.get(name).filter(|value| value.get() != "null") else {
        return Ok(None);
    };
    value.get().parse().map(Some).map_err(|_| {
        let found = shown(value.get().as_bytes());
        Refusal::row(line, name, format!("is {found}, expected a whole number"))
    })
}

/// Every value as a field has it.
fn values<'a>(object: &'a Object<'a>, line: u64) -> Result<Vec<sys_segments::Value<'a>>, Refusal> {
    let mut values = Vec::with_capacity(object.0.len());
    for (name, value) in &object.0 {
        let value = scalar(value).map_err(|()| {
            Refusal::row(line, name, "is no text: it has half of a character".to_owned())
        })?;
        values.push((Cow::Borrowed(name.as_ref()), value));
    }
    Ok(values)
}

/// A row of the segment table or the rule table, whose names are the columns'.
fn table_row(object: &Object<'_>, line: u64, bytes: Option<Bytes>) -> Result<Item, Refusal> {
    let mut values = Vec::with_capacity(object.0.len());
    let (mut folded, mut is_text) = (false, true);
    for (name, value) in &object.0 {
        let column = Column::from_name(name).ok_or_else(|| {
            let name = shown(name.as_bytes());
            Refusal::File(format!("has a column {name} that Druid's tables lack"))
        })?;
        folded |= is_folded(name);
        // Payloads that are JSON themselves have no escapes around them.
        is_text &= column != Column::Payload || value.get().starts_with('"');
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
    let fields = || {
        values.iter().map(|(column, value)| {
            (*column, value.as_ref().map_or(Field::Null, |text| Field::Text(text.as_bytes())))
        })
    };
    let names: Vec<&str> = object.0.iter().map(|(name, _)| name.as_ref()).collect();
    let bytes = match bytes {
        _ if !is_text => Bytes::AsIs,
        None if are_as_lopper_writes(&names) => Bytes::AsIs,
        Some(bytes) => bytes,
        None => rows::bytes_of_text(table, folded, fields()),
    };
    let item = match table {
        Table::Segments => {
            rows::segment(fields(), line, bytes).map(|row| Item::Segment(Box::new(row)))
        }
        Table::Rules => rows::rule(fields(), line, bytes).map(Item::Rule),
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
