//! What `explain` tells of many segments: a range, a forecast, a datasource.

use schemars::JsonSchema;
use serde::Serialize;

use crate::explain::report::Seen;

/// The segments of an interval, grouped.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RangeStory {
    /// The datasource.
    pub datasource: String,
    /// `start/end`.
    pub interval: String,
    /// Rules and killability are judged as of then.
    pub as_of: String,
    /// Why the timeline or the rules cannot be judged.
    pub problems: Vec<String>,
    /// Segments in it.
    pub segments: u64,
    /// Their bytes.
    pub size: u64,
    /// By time: neighbours of one version, state and verdict are one group.
    pub groups: Vec<RangeGroup>,
    /// Groups that are not listed, since they are too many.
    pub more_groups: u64,
}

/// Neighbouring segments of which the same is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RangeGroup {
    /// From the first start to the last end.
    pub interval: String,
    /// Their version.
    pub version: String,
    /// `used` or `unused`.
    pub state: String,
    /// Of used segments: what the timeline says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
    /// The version of what hides them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overshadowed_by: Option<String>,
    /// The rule that holds, as the ledger tells it; absent: none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// When a rule drops the first of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drops_first: Option<String>,
    /// When a rule drops the last of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drops_last: Option<String>,
    /// Of unused segments: from when on a kill by its defaults takes the last of them, by time alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killable_from: Option<String>,
    /// Unused segments that nobody ever stamped.
    pub never_stamped: u64,
    /// Segments.
    pub segments: u64,
    /// Bytes.
    pub size: u64,
}

/// What the rules in force and the jobs will do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// The datasource.
    pub datasource: String,
    /// The first day.
    pub from: String,
    /// No day behind it is looked at.
    pub until: String,
    /// What runs each day, in this order.
    pub runs: Vec<ForecastRun>,
    /// What the forecast takes as given, and what it leaves out.
    pub notes: Vec<String>,
    /// What happens, by day; days without anything are left out.
    pub events: Vec<ForecastEvent>,
    /// The same over all days.
    pub totals: Vec<ForecastTotal>,
}

/// What a forecast runs each day.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForecastRun {
    /// The job's name, or `enforce-rules` for the rules in force by the step's defaults.
    pub job: String,
    /// The operations of its steps.
    pub steps: Vec<String>,
}

/// What a step does on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForecastEvent {
    /// The instant of that day.
    pub at: String,
    /// The job.
    pub job: String,
    /// The step's number in it; 0 for a run that is refused.
    pub step: usize,
    /// The operation; empty for a run that is refused.
    pub op: String,
    /// `overshadowed`, `tombstone`, the rule; empty for other operations.
    pub reason: String,
    /// Segments.
    pub segments: u64,
    /// Bytes.
    pub size: u64,
    /// Why the job's run ends without a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What a step does on all days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForecastTotal {
    /// The job.
    pub job: String,
    /// The operation.
    pub op: String,
    /// As in the events.
    pub reason: String,
    /// Segments.
    pub segments: u64,
    /// Bytes.
    pub size: u64,
}

/// A datasource as a whole.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DatasourceStory {
    /// Its name.
    pub datasource: String,
    /// Rules are judged as of then.
    pub as_of: String,
    /// Why the timeline or the rules cannot be judged.
    pub problems: Vec<String>,
    /// Used segments.
    pub used: u64,
    /// Used segments that others hide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overshadowed: Option<u64>,
    /// The chain in force and the default one behind it, with the used segments that each rule decides for.
    pub rules: Vec<RuleCount>,
}

/// What a rule decides for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleCount {
    /// As the ledger tells it; absent: segments that no rule holds for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// `load`, `broadcast`, `drop` or `none`.
    pub effect: String,
    /// Used segments.
    pub segments: u64,
    /// Their bytes.
    pub size: u64,
}
