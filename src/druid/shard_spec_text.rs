//! The JSON of shard specs, read as Druid's classes do.

use super::ParseError;
use super::json::Fields;
use super::shard_spec::{ShardSpec, UNKNOWN_CORE_PARTITIONS};

/// `HashPartitionFunction`, of which there is but one.
pub(super) const HASH_FUNCTION: &str = "murmur3_32_abs";
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

/// Reads a shard spec's JSON (see [`ShardSpec::parse`]).
pub(super) fn read(json: &str) -> Result<ShardSpec, ParseError> {
    let fields = Fields::read(json, "a shardSpec")?;
    let type_name = fields.type_name("a shardSpec")?;
    match type_name.as_ref() {
        "none" => Ok(ShardSpec::None),
        "tombstone" => Ok(ShardSpec::Tombstone),
        "linear" => linear(&fields),
        "numbered" => numbered(&fields),
        "hashed" => hashed(&fields),
        "single" => single(&fields),
        "range" => range(&fields),
        "numbered_overwrite" => numbered_overwrite(&fields),
        "dim_value_set" => dim_value_set(&fields),
        name if UNPUBLISHED.contains(&name) => {
            Err(ParseError::expected("a shardSpec type of published segments", name))
        }
        name => unknown(&fields, name),
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

/// `DimensionValueSetShardSpec`, which is a `NumberedShardSpec`.
fn dim_value_set(fields: &Fields<'_>) -> Result<ShardSpec, ParseError> {
    fields.refuse_late_repeats(&["partitionNum", "partitions", "partitionDimensionValues"])?;
    Ok(ShardSpec::DimValueSet {
        partition_num: count(fields, "partitionNum")?,
        core_partitions: count(fields, "partitions")?,
    })
}

/// A type of another Druid, or of an extension.
fn unknown(fields: &Fields<'_>, type_name: &str) -> Result<ShardSpec, ParseError> {
    let partition_num = fields.int("partitionNum")?;
    Ok(ShardSpec::Unknown {
        type_name: type_name.to_owned(),
        partition_num: partition_num.unwrap_or(0),
        core_partitions: partition_num.and_then(|_| told_core_partitions(fields)),
    })
}

/// The number of core partitions that a type nobody knows tells, under either name; none where the two contradict each
/// other, or where what stands there is no such number.
fn told_core_partitions(fields: &Fields<'_>) -> Option<i32> {
    let told = |name| fields.int(name).ok().flatten().filter(|count| *count >= 0);
    match (told("partitions"), told("numCorePartitions")) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    }
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
