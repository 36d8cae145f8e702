//! Rows of Druid's `sys.segments`: not the segment table, but what brokers tell of it. As JSON of Druid's SQL API, and as
//! the CSV that the web console downloads.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use super::rows::shown;
use super::{BadRow, Holding, Item, SegmentRow};

/// A column's name and its value; `None` for null. JSON within is text.
pub(super) type Value<'a> = (Cow<'a, str>, Option<Cow<'a, str>>);

/// Why an object is no row.
pub(super) enum Refusal {
    Row(BadRow),
    /// The file as a whole is refused, since all rows have the same names.
    File(String),
}

impl Refusal {
    /// A bad row on `line`, at fault in `column`.
    pub fn row(line: u64, column: &str, message: String) -> Self {
        Self::Row(BadRow { line, column: Some(column.to_owned()), message })
    }
}

/// The columns that are read.
const READ: [&str; 13] = [
    "segment_id",
    "datasource",
    "start",
    "end",
    "version",
    "shard_spec",
    "is_published",
    "size",
    "dimensions",
    "metrics",
    "last_compaction_state",
    "num_rows",
    "payload",
];
/// The columns that say where a segment is loaded, or what `READ` says too (Druid's
/// `SystemSchema.SEGMENTS_SIGNATURE`).
const IGNORED: [&str; 8] = [
    "partition_num",
    "num_replicas",
    "is_active",
    "is_available",
    "is_realtime",
    "is_overshadowed",
    "replication_factor",
    "projections",
];
/// The columns without which no segment can be made.
const REQUIRED: [&str; 7] =
    ["segment_id", "datasource", "start", "end", "version", "shard_spec", "is_published"];
/// The same where the whole segment is in `payload`, as before Druid 0.19.
const REQUIRED_OF_OLD: [&str; 3] = ["segment_id", "is_published", "payload"];

/// A DataSegment in Druid's order of names, without the loadSpec that `sys.segments` lacks.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MadeUp<'a> {
    data_source: &'a str,
    interval: String,
    version: &'a str,
    dimensions: String,
    metrics: String,
    shard_spec: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_compaction_state: Option<Box<RawValue>>,
    size: i64,
}

/// The segment of a row; `None` when it is not published.
pub(super) fn row(values: &[Value<'_>], line: u64) -> Result<Option<Item>, Refusal> {
    check_columns(values)?;
    let columns = Columns { values, line };
    if !columns.flag("is_published")? {
        return Ok(None);
    }
    // The broker says 0 for a segment whose rows it does not know.
    let num_rows = columns.number("num_rows")?.filter(|rows| *rows > 0);
    if let Some(payload) = columns.get("payload") {
        columns.check_size(payload)?;
        let text = |name| columns.get(name).map(str::to_owned);
        let row = SegmentRow {
            line,
            id: Some(columns.text("segment_id")?),
            // The segment is in the payload; what these say must be the same.
            datasource: text("datasource"),
            start: text("start"),
            end: text("end"),
            version: text("version"),
            used: true,
            payload: Some(payload.to_owned()),
            num_rows,
            holding: Holding::UsedAlone,
            ..SegmentRow::default()
        };
        return Ok(Some(Item::Segment(Box::new(row))));
    }
    let (start, end) = (columns.text("start")?, columns.text("end")?);
    let datasource = columns.text("datasource")?;
    let version = columns.text("version")?;
    let made_up = MadeUp {
        data_source: &datasource,
        interval: format!("{start}/{end}"),
        version: &version,
        dimensions: columns.names("dimensions")?,
        metrics: columns.names("metrics")?,
        shard_spec: columns.json("shard_spec")?.ok_or_else(|| columns.bad("shard_spec", "JSON"))?,
        last_compaction_state: columns.json("last_compaction_state")?,
        size: columns.number("size")?.unwrap_or(0),
    };
    let payload = serde_json::to_string(&made_up)
        .map_err(|error| Refusal::row(line, "shard_spec", format!("cannot be written: {error}")))?;
    let row = SegmentRow {
        line,
        id: Some(columns.text("segment_id")?),
        start: Some(start),
        end: Some(end),
        used: true,
        payload: Some(payload),
        payload_is_made_up: true,
        num_rows,
        datasource: Some(datasource),
        version: Some(version),
        holding: Holding::UsedAlone,
        ..SegmentRow::default()
    };
    Ok(Some(Item::Segment(Box::new(row))))
}

fn check_columns(values: &[Value<'_>]) -> Result<(), Refusal> {
    let known = |name: &str| READ.contains(&name) || IGNORED.contains(&name);
    if let Some((name, _)) = values.iter().find(|(name, _)| !known(name)) {
        let name = shown(name.as_bytes());
        return Err(Refusal::File(format!("has a column {name} that sys.segments lacks")));
    }
    let has = |name: &str| values.iter().any(|(key, _)| key == name);
    let required = if has("payload") { REQUIRED_OF_OLD.as_slice() } else { &REQUIRED };
    let lacking: Vec<_> = required.iter().copied().filter(|name| !has(name)).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking = lacking.join(", ");
    Err(Refusal::File(format!("lacks {lacking}; select these columns of sys.segments too")))
}

/// One row's values by name.
struct Columns<'a> {
    values: &'a [Value<'a>],
    line: u64,
}

impl Columns<'_> {
    /// The value's text; `None` for null, and for a column that was not selected.
    fn get(&self, name: &str) -> Option<&str> {
        let mut named = self.values.iter().rev().filter(|(key, _)| key == name);
        named.next().and_then(|(_, value)| value.as_deref())
    }

    fn bad(&self, name: &str, expected: &str) -> Refusal {
        let found = shown(self.get(name).unwrap_or("null").as_bytes());
        Refusal::row(self.line, name, format!("is {found}, expected {expected}"))
    }

    fn text(&self, name: &str) -> Result<String, Refusal> {
        self.get(name).map(str::to_owned).ok_or_else(|| self.bad(name, "a value"))
    }

    /// A number, which this table has for booleans as well.
    fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            Some("1" | "true") => Ok(true),
            Some("0" | "false") => Ok(false),
            _ => Err(self.bad(name, "1 or 0")),
        }
    }

    fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let number = self.get(name).map(|digits| digits.parse().map_err(|_| ()));
        number.transpose().map_err(|()| self.bad(name, "a whole number"))
    }

    /// The size must be that of the segment in the payload, which is judged as a whole later.
    fn check_size(&self, payload: &str) -> Result<(), Refusal> {
        #[derive(serde::Deserialize)]
        struct Sized {
            #[serde(default)]
            size: i64,
        }
        let segment: Option<Sized> = serde_json::from_str(payload).ok();
        match (self.number("size")?, segment) {
            (Some(found), Some(segment)) if found != segment.size => {
                Err(self.bad("size", &format!("{} as the payload has it", segment.size)))
            }
            _ => Ok(()),
        }
    }

    /// JSON that the table has as text.
    fn json(&self, name: &str) -> Result<Option<Box<RawValue>>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|_| self.bad(name, "JSON"))
    }

    /// A list of names, which a DataSegment has in one string with commas.
    fn names(&self, name: &str) -> Result<String, Refusal> {
        let Some(json) = self.json(name)? else { return Ok(String::new()) };
        let names: Vec<String> = serde_json::from_str(json.get())
            .map_err(|_| self.bad(name, "a JSON array of strings"))?;
        Ok(names.join(","))
    }
}
