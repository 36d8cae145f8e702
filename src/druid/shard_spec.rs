//! Shard specs: how a segment fits with others of its interval and version.

use serde_json::{Value, json};

use super::ParseError;
use super::json::Fields;

/// `DimensionRangeShardSpec.UNKNOWN_NUM_CORE_PARTITIONS`.
const UNKNOWN_CORE_PARTITIONS: i32 = -1;
/// `HashPartitionFunction`, of which there is but one.
const HASH_FUNCTION: &str = "murmur3_32_abs";
/// Partition ids below are of the root generation (`PartitionIds`).
const ROOT_GENERATION_END: i32 = 32_768;
/// The end of the partition ids of all later generations (`PartitionIds`).
const NON_ROOT_GENERATION_END: i32 = 65_536;
/// What tasks use before they publish; never the shard spec of a segment in the metadata store.
const UNPUBLISHED: [&str; 7] = [
    "building_numbered",
    "building_hashed",
    "building_single_dim",
    "building_range",
    "bucket_hash",
    "bucket_single_dim",
    "bucket_range",
];

/// A shard spec (`org.apache.druid.timeline.partition.ShardSpec` and its classes).
///
/// `core_partitions` is how many partitions its group needs to be complete.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields bear the names of their JSON keys")]
pub enum ShardSpec {
    /// `none`: the one partition of an old segment.
    None,
    /// `tombstone`: no data, hides what lies below.
    Tombstone,
    /// `linear`: partitions without a known number.
    Linear { partition_num: i32 },
    /// `numbered`: also what stands for an absent shard spec, as partition 0 of 1.
    Numbered { partition_num: i32, core_partitions: i32 },
    /// `hashed`: rows are spread over the partitions by a hash.
    Hashed {
        partition_num: i32,
        core_partitions: i32,
        bucket_id: i32,
        num_buckets: i32,
        partition_dimensions: Vec<Option<String>>,
        has_function: bool,
    },
    /// `single`: a range of one dimension. Without `core_partitions`, ranges that abut each other
    /// from a null start to a null end are complete.
    Single {
        dimension: String,
        start: Option<String>,
        end: Option<String>,
        partition_num: i32,
        core_partitions: Option<i32>,
    },
    /// `range`: a range of several dimensions.
    Range {
        dimensions: Vec<Option<String>>,
        start: Option<Vec<Option<String>>>,
        end: Option<Vec<Option<String>>>,
        partition_num: i32,
        core_partitions: Option<i32>,
    },
    /// `numbered_overwrite`: replaces a range of root partitions of its own version.
    NumberedOverwrite {
        partition_id: i32,
        start_root_partition_id: i32,
        end_root_partition_id: i32,
        minor_version: i16,
        atomic_update_group_size: i16,
    },
    /// A type that nobody here knows: complete by itself.
    Unknown { type_name: String, partition_num: i32 },
}

impl ShardSpec {
    /// What Druid takes for an absent shard spec: numbered, partition 0 of 1.
    pub const ABSENT: Self = Self::Numbered { partition_num: 0, core_partitions: 1 };

    /// Reads a shard spec's JSON.
    ///
    /// # Errors
    /// When it is no object with a `type`, when Druid's class of that type refuses it, or when it
    /// is a type that is never published.
    pub fn parse(json: &str) -> Result<Self, ParseError> {
        let fields = Fields::read(json, "a shardSpec")?;
        let type_name = fields.type_name("a shardSpec")?;
        match type_name.as_ref() {
            "none" => Ok(Self::None),
            "tombstone" => Ok(Self::Tombstone),
            "linear" => linear(&fields),
            "numbered" => numbered(&fields),
            "hashed" => hashed(&fields),
            "single" => single(&fields),
            "range" => range(&fields),
            "numbered_overwrite" => numbered_overwrite(&fields),
            name if UNPUBLISHED.contains(&name) => {
                Err(ParseError::expected("a shardSpec type of published segments", name))
            }
            name => unknown(&fields, name),
        }
    }

    /// The `type` in JSON.
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Tombstone => "tombstone",
            Self::Linear { .. } => "linear",
            Self::Numbered { .. } => "numbered",
            Self::Hashed { .. } => "hashed",
            Self::Single { .. } => "single",
            Self::Range { .. } => "range",
            Self::NumberedOverwrite { .. } => "numbered_overwrite",
            Self::Unknown { type_name, .. } => type_name,
        }
    }

    /// The partition number, as it stands in the segment's id.
    pub fn partition_num(&self) -> i32 {
        match *self {
            Self::None | Self::Tombstone => 0,
            Self::Linear { partition_num }
            | Self::Numbered { partition_num, .. }
            | Self::Hashed { partition_num, .. }
            | Self::Single { partition_num, .. }
            | Self::Range { partition_num, .. }
            | Self::Unknown { partition_num, .. } => partition_num,
            Self::NumberedOverwrite { partition_id, .. } => partition_id,
        }
    }

    /// How many core partitions the group has by this segment's word, as Druid answers: -1 for
    /// a `single` or `range` that does not say; 0 where the type knows no such number.
    pub fn num_core_partitions(&self) -> i32 {
        match *self {
            Self::Numbered { core_partitions, .. } | Self::Hashed { core_partitions, .. } => {
                core_partitions
            }
            Self::Single { core_partitions, .. } | Self::Range { core_partitions, .. } => {
                core_partitions.unwrap_or(UNKNOWN_CORE_PARTITIONS)
            }
            _ => 0,
        }
    }

    /// The first root partition that this segment covers.
    pub fn start_root_partition_id(&self) -> i32 {
        match *self {
            Self::NumberedOverwrite { start_root_partition_id, .. } => start_root_partition_id,
            _ => self.partition_num(),
        }
    }

    /// The root partition behind those that this segment covers.
    pub fn end_root_partition_id(&self) -> i32 {
        match *self {
            Self::NumberedOverwrite { end_root_partition_id, .. } => end_root_partition_id,
            // Java's `int` wraps around behind its last number.
            _ => self.partition_num().wrapping_add(1),
        }
    }

    /// The version among segments of one version; 0 but for `numbered_overwrite`.
    pub fn minor_version(&self) -> i16 {
        match *self {
            Self::NumberedOverwrite { minor_version, .. } => minor_version,
            _ => 0,
        }
    }

    /// How many segments become visible together; -1 when that is unknown.
    pub fn atomic_update_group_size(&self) -> i16 {
        match *self {
            Self::NumberedOverwrite { atomic_update_group_size, .. } => atomic_update_group_size,
            _ => 1,
        }
    }

    /// The JSON that Druid would write. Of an unknown type only what is known.
    pub fn canonical(&self) -> Value {
        let type_name = self.type_name();
        match self {
            Self::None => json!({"type": type_name}),
            Self::Tombstone => json!({"type": type_name, "partitionNum": 0, "partitions": 0}),
            Self::Linear { partition_num } | Self::Unknown { partition_num, .. } => {
                json!({"type": type_name, "partitionNum": partition_num})
            }
            Self::Numbered { partition_num, core_partitions } => json!({
                "type": type_name,
                "partitionNum": partition_num,
                "partitions": core_partitions,
            }),
            Self::Hashed {
                partition_num,
                core_partitions,
                bucket_id,
                num_buckets,
                partition_dimensions,
                has_function,
            } => json!({
                "type": type_name,
                "partitionNum": partition_num,
                "partitions": core_partitions,
                "bucketId": bucket_id,
                "numBuckets": num_buckets,
                "partitionDimensions": partition_dimensions,
                "partitionFunction": has_function.then_some(HASH_FUNCTION),
            }),
            Self::Single { dimension, start, end, partition_num, .. } => json!({
                "type": type_name,
                "start": start,
                "end": end,
                "dimension": dimension,
                "partitionNum": partition_num,
                "numCorePartitions": self.num_core_partitions(),
            }),
            Self::Range { dimensions, start, end, partition_num, .. } => json!({
                "type": type_name,
                "dimensions": dimensions,
                "start": start,
                "end": end,
                "partitionNum": partition_num,
                "numCorePartitions": self.num_core_partitions(),
            }),
            Self::NumberedOverwrite {
                partition_id,
                start_root_partition_id,
                end_root_partition_id,
                minor_version,
                atomic_update_group_size,
            } => json!({
                "type": type_name,
                "partitionId": partition_id,
                "startRootPartitionId": start_root_partition_id,
                "endRootPartitionId": end_root_partition_id,
                "minorVersion": minor_version,
                "atomicUpdateGroupSize": atomic_update_group_size,
            }),
        }
    }
}

/// `LinearShardSpec`.
fn linear(fields: &Fields<'_>) -> Result<ShardSpec, ParseError> {
    fields.refuse_late_repeats(&["partitionNum"])?;
    let partition_num = fields
        .int("partitionNum")?
        .ok_or_else(|| ParseError::new("expected a partitionNum in a linear shardSpec"))?;
    Ok(ShardSpec::Linear { partition_num })
}

/// `NumberedShardSpec`.
fn numbered(fields: &Fields<'_>) -> Result<ShardSpec, ParseError> {
    fields.refuse_late_repeats(&["partitionNum", "partitions"])?;
    Ok(ShardSpec::Numbered {
        partition_num: count(fields, "partitionNum")?,
        core_partitions: count(fields, "partitions")?,
    })
}

/// `HashBasedNumberedShardSpec`, where older segments lack buckets and function.
fn hashed(fields: &Fields<'_>) -> Result<ShardSpec, ParseError> {
    let partition_num = count(fields, "partitionNum")?;
    let core_partitions = count(fields, "partitions")?;
    let function = fields.text("partitionFunction")?;
    if let Some(name) = function.as_ref().filter(|name| !name.eq_ignore_ascii_case(HASH_FUNCTION)) {
        return Err(ParseError::expected("murmur3_32_abs as the partitionFunction", name));
    }
    Ok(ShardSpec::Hashed {
        partition_num,
        core_partitions,
        bucket_id: fields.int("bucketId")?.unwrap_or(partition_num),
        num_buckets: fields.int("numBuckets")?.unwrap_or(core_partitions),
        partition_dimensions: fields.texts("partitionDimensions")?.unwrap_or_default(),
        has_function: function.is_some(),
    })
}

/// `SingleDimensionShardSpec`.
fn single(fields: &Fields<'_>) -> Result<ShardSpec, ParseError> {
    fields.refuse_late_repeats(&[
        "dimension",
        "start",
        "end",
        "partitionNum",
        "numCorePartitions",
    ])?;
    let dimension = fields
        .text("dimension")?
        .ok_or_else(|| ParseError::new("expected a dimension in a single shardSpec"))?;
    Ok(ShardSpec::Single {
        dimension: dimension.into(),
        start: fields.text("start")?.map(Into::into),
        end: fields.text("end")?.map(Into::into),
        partition_num: count(fields, "partitionNum")?,
        core_partitions: known_core_partitions(fields)?,
    })
}

/// `DimensionRangeShardSpec`.
fn range(fields: &Fields<'_>) -> Result<ShardSpec, ParseError> {
    fields.refuse_late_repeats(&[
        "dimensions",
        "start",
        "end",
        "partitionNum",
        "numCorePartitions",
    ])?;
    let dimensions = fields
        .texts("dimensions")?
        .filter(|dimensions| !dimensions.is_empty())
        .ok_or_else(|| ParseError::new("expected dimensions in a range shardSpec"))?;
    Ok(ShardSpec::Range {
        dimensions,
        start: fields.texts("start")?,
        end: fields.texts("end")?,
        partition_num: count(fields, "partitionNum")?,
        core_partitions: known_core_partitions(fields)?,
    })
}

/// `NumberedOverwriteShardSpec`.
fn numbered_overwrite(fields: &Fields<'_>) -> Result<ShardSpec, ParseError> {
    fields.refuse_late_repeats(&[
        "partitionId",
        "startRootPartitionId",
        "endRootPartitionId",
        "minorVersion",
        "atomicUpdateGroupSize",
    ])?;
    let within = |name: &str, from: i32, to: i32| {
        let id = fields.int(name)?.unwrap_or(0);
        if (from..to).contains(&id) {
            Ok(id)
        } else {
            Err(ParseError::new(format!("expected {name} in {from}..{to}, found {id}")))
        }
    };
    let partition_id = within("partitionId", ROOT_GENERATION_END, NON_ROOT_GENERATION_END)?;
    let start_root_partition_id = within("startRootPartitionId", 0, ROOT_GENERATION_END)?;
    let end_root_partition_id = within("endRootPartitionId", 0, ROOT_GENERATION_END)?;
    let minor_version = fields.short("minorVersion")?;
    if minor_version <= 0 {
        return Err(ParseError::new(format!(
            "expected minorVersion above 0, found {minor_version}"
        )));
    }
    let atomic_update_group_size = fields.short("atomicUpdateGroupSize")?;
    if atomic_update_group_size <= 0 && atomic_update_group_size != -1 {
        return Err(ParseError::new(format!(
            "expected atomicUpdateGroupSize above 0 or -1, found {atomic_update_group_size}"
        )));
    }
    Ok(ShardSpec::NumberedOverwrite {
        partition_id,
        start_root_partition_id,
        end_root_partition_id,
        minor_version,
        atomic_update_group_size,
    })
}

/// A type of another Druid, or of an extension.
fn unknown(fields: &Fields<'_>, type_name: &str) -> Result<ShardSpec, ParseError> {
    let partition_num = fields.int("partitionNum")?.unwrap_or(0);
    Ok(ShardSpec::Unknown { type_name: type_name.to_owned(), partition_num })
}

/// A number that is 0 where it is absent, and never negative.
fn count(fields: &Fields<'_>, name: &str) -> Result<i32, ParseError> {
    let count = fields.int(name)?.unwrap_or(0);
    if count >= 0 {
        Ok(count)
    } else {
        Err(ParseError::new(format!("expected {name} of at least 0, found {count}")))
    }
}

/// `numCorePartitions`, where Druid's word for "unknown" is the same as none.
fn known_core_partitions(fields: &Fields<'_>) -> Result<Option<i32>, ParseError> {
    Ok(fields.int("numCorePartitions")?.filter(|count| *count != UNKNOWN_CORE_PARTITIONS))
}
