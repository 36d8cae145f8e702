//! Shard specs: how a segment fits with others of its interval and version.

use serde_json::{Value, json};

use super::ParseError;
use super::shard_spec_text::{self, HASH_FUNCTION};

/// `DimensionRangeShardSpec.UNKNOWN_NUM_CORE_PARTITIONS`.
pub(super) const UNKNOWN_CORE_PARTITIONS: i32 = -1;

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
    /// `dim_value_set`, of Druid 38: numbered, with the values of some dimensions, by which only queries go.
    DimValueSet { partition_num: i32, core_partitions: i32 },
    /// A type that nobody here knows. One that tells its place among so many core partitions is complete with them;
    /// the group of any other is never complete.
    Unknown { type_name: String, partition_num: i32, core_partitions: Option<i32> },
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
        shard_spec_text::read(json)
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
            Self::DimValueSet { .. } => "dim_value_set",
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
            | Self::DimValueSet { partition_num, .. }
            | Self::Unknown { partition_num, .. } => partition_num,
            Self::NumberedOverwrite { partition_id, .. } => partition_id,
        }
    }

    /// How many core partitions the group has by this segment's word, as Druid answers: -1 for
    /// a `single` or `range` that does not say, and for an unknown type that does not; 0 where the type knows no such
    /// number.
    pub fn num_core_partitions(&self) -> i32 {
        match *self {
            Self::Numbered { core_partitions, .. }
            | Self::Hashed { core_partitions, .. }
            | Self::DimValueSet { core_partitions, .. } => core_partitions,
            Self::Single { core_partitions, .. }
            | Self::Range { core_partitions, .. }
            | Self::Unknown { core_partitions, .. } => {
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

    /// The JSON that Druid would write. Of an unknown type, and of `dim_value_set`, only what is kept.
    pub fn canonical(&self) -> Value {
        let type_name = self.type_name();
        match self {
            Self::None => json!({"type": type_name}),
            Self::Tombstone => json!({"type": type_name, "partitionNum": 0, "partitions": 0}),
            Self::Linear { partition_num } | Self::Unknown { partition_num, .. } => {
                json!({"type": type_name, "partitionNum": partition_num})
            }
            Self::Numbered { partition_num, core_partitions }
            | Self::DimValueSet { partition_num, core_partitions } => json!({
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
