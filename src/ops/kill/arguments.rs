//! `kill`: which unused segments are deleted for good, and with what care.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::config::period::{PERIOD_HELP, as_text, not_negative};
use crate::config::time_expression::INTERVAL_HELP;
use crate::config::{
    Datasources, DatasourcesSpec, IntervalExpression, Mistake, Mistakes, OnConflict, OnConflictSpec,
};
use crate::druid::Period;

/// Days that a segment must have been unused before a kill takes it, unless it is told otherwise.
pub const DEFAULT_BUFFER_DAYS: i32 = 30;
const DEFAULT_RETAINED: i32 = 90;
const DEFAULT_BATCH: u32 = 1000;
const MAX_BATCH: i64 = 100_000;
const MAX_KEPT: i64 = 1000;

/// The keys of a kill step.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct KillSpec {
    /// Which datasources.
    #[serde(flatten)]
    pub datasources: DatasourcesSpec,
    /// Only segments contained in this interval (default everything): ISO 8601, each side may also
    /// be `..` or relative to `now`.
    #[schemars(length(min = 1), example = &"../now-P1Y")]
    pub interval: Option<String>,
    /// Only segments of these versions.
    #[schemars(length(min = 1), inner(length(min = 1)), example = vec!["2023-08-10T04:12:03.860Z"])]
    pub versions: Option<Vec<String>>,
    /// So many of the newest unused versions of each interval stay, to go back to (default none).
    #[schemars(range(min = 1, max = 1000), example = 1)]
    pub keep_versions: Option<i64>,
    /// How long a segment must have been unused (default P30D): the time in which it can be taken back.
    #[schemars(example = &"P30D")]
    pub buffer_period: Option<String>,
    /// Segments that end less than this before now are kept (default P90D).
    #[schemars(example = &"P90D")]
    pub duration_to_retain: Option<String>,
    /// Kill also what `duration_to_retain` would keep (default false).
    pub ignore_duration_to_retain: Option<bool>,
    /// At most this many segments in one run (default no limit); the oldest end goes first.
    #[schemars(range(min = 1), example = 10000)]
    pub limit: Option<i64>,
    /// Segments in one transaction (default 1000); other writers get a turn between two.
    #[schemars(range(min = 1, max = 100_000), example = 1000)]
    pub batch_size: Option<i64>,
    /// What to do about segments that another owner holds locked (default skip).
    pub on_conflict: Option<OnConflictSpec>,
    /// With on_conflict = "wait": how long at most (default PT5M).
    #[schemars(example = &"PT5M")]
    pub wait: Option<String>,
    /// What to do when files are not there that nobody has tried to delete, and their place shows no others (default
    /// stop: it looks like an unmounted disk or a wrong bucket, so the segments stay).
    pub missing_files: Option<MissingFiles>,
}

/// What a kill does when a place of deep storage shows none of the files that it looks for.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum MissingFiles {
    /// The segments stay, and the kill is partial.
    #[default]
    Stop,
    /// The files count as gone.
    Accept,
}

/// A permanent deletion.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KillStep {
    /// Which datasources.
    pub datasources: Datasources,
    /// Segments contained in it.
    pub interval: IntervalExpression,
    /// `None`: every version.
    pub versions: Option<Vec<String>>,
    /// The newest unused versions of each interval that stay, from 1. `None`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_versions: Option<u32>,
    /// Not negative; `PT0S` is no buffer.
    #[serde(serialize_with = "as_text")]
    pub buffer_period: Period,
    /// Not negative. `None`: ignored.
    #[serde(serialize_with = "as_text_or_none")]
    pub duration_to_retain: Option<Period>,
    /// At least 1. `None`: no limit.
    pub limit: Option<u64>,
    /// From 1 to 100,000.
    pub batch_size: u32,
    /// What to do about locked segments.
    #[serde(flatten)]
    pub on_conflict: OnConflict,
    /// What to do when a place shows no files.
    #[serde(skip_serializing_if = "is_stop")]
    pub missing_files: MissingFiles,
}

impl KillSpec {
    /// The step these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<KillStep, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let datasources = self.datasources.check(&mut mistakes);
        let interval = mistakes.parse(
            "interval",
            self.interval.as_deref(),
            IntervalExpression::parse,
            INTERVAL_HELP,
        );
        let help = "leave 'versions' out to kill every version";
        mistakes.no_empty_items("versions", self.versions.as_deref(), help);
        let ignored = self.ignore_duration_to_retain.unwrap_or_default();
        mistakes.only_one(&[
            ("duration_to_retain", self.duration_to_retain.is_some()),
            ("ignore_duration_to_retain", ignored),
        ]);
        let buffer = mistakes.parse(
            "buffer_period",
            self.buffer_period.as_deref(),
            not_negative,
            PERIOD_HELP,
        );
        let retained = mistakes.parse(
            "duration_to_retain",
            self.duration_to_retain.as_deref(),
            not_negative,
            PERIOD_HELP,
        );
        let retained = retained.unwrap_or_else(|| Period::days(DEFAULT_RETAINED));
        let limit = mistakes.number("limit", self.limit, 1..=i64::MAX);
        let keep_versions = mistakes.number("keep_versions", self.keep_versions, 1..=MAX_KEPT);
        let batch_size = mistakes.number("batch_size", self.batch_size, 1..=MAX_BATCH);
        let on_conflict = OnConflict::check(
            &mut mistakes,
            self.on_conflict,
            self.wait.as_deref(),
            OnConflict::Skip,
        );
        mistakes.or(datasources.map(|datasources| KillStep {
            datasources,
            interval: interval.unwrap_or_else(IntervalExpression::everything),
            versions: self.versions,
            keep_versions,
            buffer_period: buffer.unwrap_or_else(|| Period::days(DEFAULT_BUFFER_DAYS)),
            duration_to_retain: (!ignored).then_some(retained),
            limit,
            batch_size: batch_size.unwrap_or(DEFAULT_BATCH),
            on_conflict,
            missing_files: self.missing_files.unwrap_or_default(),
        }))
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_stop(missing_files: &MissingFiles) -> bool {
    *missing_files == MissingFiles::Stop
}

fn as_text_or_none<S: Serializer>(
    period: &Option<Period>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match period {
        Some(period) => serializer.collect_str(period),
        None => serializer.serialize_none(),
    }
}
