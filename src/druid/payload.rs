//! Payloads: the JSON of a segment in Druid's metadata store.

use super::json::{Fields, is_nested};
use super::{Interval, LoadSpec, ParseError, SegmentId, ShardSpec};

/// How many objects may stand in each other where Druid wants text. Each is read anew.
const MOST_MISREAD: usize = 8;

/// What lopper needs of a segment's payload (Druid's `DataSegment`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSegment {
    /// The datasource's name.
    pub datasource: String,
    /// The time that the segment holds.
    pub interval: Interval,
    /// The version.
    pub version: String,
    /// Bytes, never negative.
    pub size: i64,
    /// The version of the file format.
    pub binary_version: Option<i32>,
    /// How the segment fits with others.
    pub shard: ShardSpec,
    /// Where its files are.
    pub load_spec: Option<LoadSpec>,
}

impl DataSegment {
    /// Reads a payload as Druid reads it. Of repeated keys the last counts; unknown keys, and what
    /// stands behind the object, are ignored.
    ///
    /// # Errors
    /// Where Druid refuses it; but for a shard spec of an unknown type, which is kept.
    pub fn parse(json: &str) -> Result<Self, ParseError> {
        let fields = as_druid_sees(Fields::read(json, "a segment's payload")?)?;
        check_unused(&fields)?;
        let required = |name: &str| {
            let missing = || ParseError::new(format!("expected {name} in a segment's payload"));
            fields.text(name)?.ok_or_else(missing)
        };
        let size = fields.long("size")?.unwrap_or(0);
        if size < 0 {
            return Err(ParseError::new(format!("expected size of at least 0, found {size}")));
        }
        Ok(Self {
            interval: Interval::parse(&required("interval")?)?,
            datasource: required("dataSource")?.into_owned(),
            version: required("version")?.into_owned(),
            size,
            binary_version: fields.int("binaryVersion")?,
            shard: present(&fields, "shardSpec").map_or(Ok(ShardSpec::ABSENT), ShardSpec::parse)?,
            load_spec: present(&fields, "loadSpec").map(LoadSpec::parse).transpose()?,
        })
    }

    /// The segment's identity.
    pub fn id(&self) -> SegmentId {
        SegmentId {
            datasource: self.datasource.clone(),
            interval: self.interval,
            version: self.version.clone(),
            partition_num: self.shard.partition_num(),
        }
    }

    /// Whether the segment holds no data and only hides what lies below.
    pub fn is_tombstone(&self) -> bool {
        self.shard == ShardSpec::Tombstone
    }
}

/// The members that Druid sees. It reads lists of names as text joined by commas
/// (`CommaListJoinDeserializer`); given a JSON list it loses its place and drops what stands
/// behind it; given an object it goes on inside of that and drops what stands behind.
fn as_druid_sees(mut fields: Fields<'_>) -> Result<Fields<'_>, ParseError> {
    let misread = |key: &str, raw: &str| {
        matches!(key, "dimensions" | "metrics" | "projections") && is_nested(raw)
    };
    for _ in 0..=MOST_MISREAD {
        let Some((index, raw)) = fields.position(misread) else { return Ok(fields) };
        let inside = raw.starts_with('{').then(|| Fields::read(raw, "a segment's payload"));
        fields.replace_from(index, inside.transpose()?);
    }
    Err(ParseError::new("expected dimensions, metrics and projections as text, found objects"))
}

/// Refuses members that lopper does not need, where Druid refuses them.
fn check_unused(fields: &Fields<'_>) -> Result<(), ParseError> {
    fields.int("totalRows")?;
    fields.text("indexingStateFingerprint")?;
    match present(fields, "lastCompactionState") {
        Some(raw) if !raw.starts_with('{') => {
            Err(ParseError::expected("an object in lastCompactionState", raw))
        }
        _ => Ok(()),
    }
}

/// The JSON text of a member that is neither absent nor null.
fn present<'a>(fields: &Fields<'a>, name: &str) -> Option<&'a str> {
    fields.get(name).filter(|raw| *raw != "null")
}
