//! What `explain` tells, as one object: the table and `--output json` are two faces of it.
//!
//! The JSON form is a contract: names and meanings stay, new members may come. Instants and intervals are text in UTC,
//! sizes are bytes.

mod many;

use schemars::JsonSchema;
use serde::Serialize;

pub use many::{
    DatasourceStory, Forecast, ForecastEvent, ForecastRun, ForecastTotal, RangeGroup, RangeStory,
    RuleCount,
};

/// An answer of `explain`; `kind` says which.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Explanation {
    /// One segment of the store.
    Segment(Box<SegmentStory>),
    /// One segment that is no longer there.
    Gone(Box<GoneStory>),
    /// The segments of an interval.
    Range(RangeStory),
    /// What is to come, day by day.
    Forecast(Forecast),
    /// A datasource as a whole.
    Datasource(DatasourceStory),
}

/// One segment: what it is, why it is so, and what will become of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SegmentStory {
    /// Druid's text id.
    pub id: String,
    /// Rules and killability are judged as of then.
    pub as_of: String,
    /// Its datasource.
    pub datasource: String,
    /// `start/end`.
    pub interval: String,
    /// Its version.
    pub version: String,
    /// Its partition number.
    pub partition: i64,
    /// `used` or `unused`.
    pub state: String,
    /// Why it is in that state.
    pub since: Since,
    /// By the payload.
    pub size: u64,
    /// Where the dump tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
    /// The shard spec's type.
    pub shard_type: String,
    /// The shard spec's number of core partitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_partitions: Option<i64>,
    /// When it was created, where the dump tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Whether others hide it.
    pub timeline: Sight,
    /// Which rule holds for it.
    pub rules: RuleStory,
    /// Whether this store deletes at all: a copy kills nothing.
    pub authoritative: bool,
    /// What a kill by its defaults asks of it, and then each kill step of the job files that covers its datasource.
    pub kills: Vec<KillStory>,
    /// Locks that overlap it.
    pub locks: Vec<LockStory>,
    /// Its file, and who shares it.
    pub files: FileStory,
}

/// Since when and why a segment is in its state.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Since {
    /// `used_status_last_updated`; absent where nobody ever stamped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What changed it; absent: it is as it was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeStory>,
}

/// One change of a segment, from the ledger.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeStory {
    /// The run's number.
    pub run: i64,
    /// `job`, `command` or `sql`.
    pub run_kind: String,
    /// The job's name, or the command.
    pub name: String,
    /// 1, 2, … within the run.
    pub step: i64,
    /// The operation.
    pub op: String,
    /// Why.
    pub reason: String,
    /// When the run began, by the wall clock.
    pub started: String,
}

/// What the timeline says of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// Visible in all of its interval.
    Visible,
    /// Visible in a part of it.
    PartlyVisible,
    /// Hidden by others at every instant.
    Overshadowed,
    /// Neither visible nor overshadowed: its version is not complete there, or it has no length.
    NotVisible,
    /// The segments around it make no timeline.
    Unknown,
}

/// How a segment stands in the timeline, judged from the used segments that overlap it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sight {
    /// The verdict.
    pub seen: Seen,
    /// True of an unused segment: it is judged as if it were marked used.
    pub if_used: bool,
    /// Of one that is visible in a part: what is visible in its interval, by time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<SightPiece>,
    /// Of an overshadowed one: a segment that hides it where it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overshadowed_by: Option<String>,
    /// Of an overshadowed one: the pass leaves it alone until this instant is over, by the default grace of PT15M.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grace_ends: Option<String>,
    /// Whether that instant lies ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_grace: Option<bool>,
    /// Why there is no timeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A piece of a segment's interval, and which version is visible in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SightPiece {
    /// `start/end`.
    pub interval: String,
    /// The visible version.
    pub version: String,
    /// Its lowest visible partition.
    pub segment: String,
    /// Whether the segment itself is visible there.
    pub is_own: bool,
}

/// Which rule holds for a segment, and what will change that.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleStory {
    /// Why the chain cannot be asked: enforce-rules leaves the datasource alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// The rules that are asked, in order; the last one is that which holds, unless none does.
    pub asked: Vec<AskedRule>,
    /// `load`, `broadcast`, `drop`, or `none`: no rule holds, and it stays as it is.
    pub effect: String,
    /// When a rule drops it: the instant judged for, when one does already. Absent: never, by the rules in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drops_at: Option<String>,
    /// Which rule that will be, as the ledger will have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drops_by: Option<String>,
}

/// A rule, and what it says of the segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskedRule {
    /// Its number in its chain, from 1.
    pub rule: usize,
    /// The datasource's name, or `_default`.
    pub chain: String,
    /// Its type, and what it applies to.
    pub description: String,
    /// Whether it applies.
    pub applies: bool,
    /// Why, or why not.
    pub why: String,
}

/// What one kill asks of a segment.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KillStory {
    /// `defaults`, or the job's name and the number of its step.
    pub by: String,
    /// When the job runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Whether every condition is met: `kill --dry-run` would show it (but for the limit).
    pub eligible: bool,
    /// The conditions in the order in which a kill counts what it passes over.
    pub conditions: Vec<Condition>,
    /// From when on the conditions of time are met, if nothing else changes. Absent: that is not foreseeable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killable_from: Option<String>,
    /// What has to happen before, for `killableFrom` to hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provided: Option<String>,
    /// At most so many segments a run, the oldest end first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// One condition of a kill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// A stable name: `unused`, `interval`, `version`, `stamped`, `buffer_period`, `duration_to_retain`, `load_spec`,
    /// `load_type`, `place`, `locks`.
    pub name: String,
    /// Whether it holds.
    pub met: bool,
    /// The condition and the facts, in words.
    pub text: String,
    /// From when on it holds, where time alone decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met_from: Option<String>,
}

/// A lock that overlaps the segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockStory {
    /// `append`, `replace`, `read` or `kill`.
    pub lock: String,
    /// Who holds it.
    pub owner: String,
    /// `start/end`.
    pub interval: String,
    /// Absent: until it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// A segment's file.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileStory {
    /// The load spec's type; absent: the payload has no load spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_type: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Segments of the same file, and relatives by `upgraded_from_segment_id`.
    pub shared_with: Vec<Relative>,
    /// Whether there are more than are listed.
    pub more: bool,
    /// What a kill does about the file.
    pub meaning: String,
}

/// A segment that shares a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Relative {
    /// Its id.
    pub id: String,
    /// `same file`, `parent`, `child` or `sibling`.
    pub how: String,
    /// `used`, `unused`, or `killed, file pending` or `deferred`.
    pub state: String,
}

/// A segment that is no longer there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoneStory {
    /// Druid's text id.
    pub id: String,
    /// Its datasource.
    pub datasource: String,
    /// `start/end`.
    pub interval: String,
    /// Its version.
    pub version: String,
    /// Its partition number.
    pub partition: i64,
    /// By the payload.
    pub size: u64,
    /// `killed`, or `replaced` by an import with `replace`.
    pub how: String,
    /// What removed it.
    pub change: ChangeStory,
    /// The deletion journal; absent for one that an import replaced, whose file lopper does not touch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub journal: Option<JournalStory>,
    /// Its file, and who shares it.
    pub files: FileStory,
}

/// A row of the deletion journal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalStory {
    /// `pending`, `deferred` or `done`.
    pub state: String,
    /// How often the file was tried.
    pub attempts: i64,
    /// Of the last attempt, if it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When its row left the segments.
    pub moved: String,
    /// When its file was confirmed gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
}

/// The JSON Schema (draft 2020-12) of what `explain --output json` prints.
pub fn schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Explanation>()
        .to_value()
}
