//! What a run did, as one object: the table and `--output json` are two faces of it.
//!
//! The JSON form is a contract: names and meanings stay, new members may come.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::exit_code;

/// How a run or a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything asked for holds now, also when nothing had to change.
    Done,
    /// A datasource or a file had to be left out; the rest is done.
    Partial,
    /// Of a plan alone: a run would be refused.
    Refused,
    /// Of a plan alone: a run would not begin now, since the job is running.
    Locked,
    /// Of a plan alone: a run would fail, since a check has found something.
    Failed,
}

impl Outcome {
    /// As the JSON form and the ledger have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Refused => "refused",
            Self::Locked => "locked",
            Self::Failed => "failed",
        }
    }

    /// The program's exit code, which is that of the run where a plan ends so.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => exit_code::DONE,
            Self::Partial => exit_code::PARTIAL,
            Self::Refused => exit_code::REFUSED,
            Self::Locked => exit_code::LOCKED,
            Self::Failed => exit_code::FAILED,
        }
    }

    /// The one of several plans that decides the exit code: the first that would end a run, else a partial one.
    #[must_use]
    pub fn worse(self, next: Self) -> Self {
        match (self, next) {
            (Self::Done, next)
            | (Self::Partial, next @ (Self::Refused | Self::Locked | Self::Failed)) => next,
            _ => self,
        }
    }

    /// How a run of these steps ended.
    pub fn of(steps: &[StepReport]) -> Self {
        let left = |step: &StepReport| {
            step.has_failed_files() || step.has_missing_places() || !step.left_out.is_empty()
        };
        if steps.iter().any(left) { Self::Partial } else { Self::Done }
    }
}

/// One run, or one plan of a run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RunReport {
    /// The run's number in the ledger; null for a plan, which leaves no trace.
    pub run: Option<i64>,
    /// The job's name, or the command.
    pub name: String,
    /// True when nothing was kept: the statements ran and were rolled back.
    pub plan: bool,
    /// The "now" that decisions were made for.
    pub logical_time: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Of a plan: why a run would be refused, would fail at a check, or would not begin now. The exit code is the run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Of such a plan: what helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// One member a step, in order.
    pub steps: Vec<StepReport>,
}

/// A run that an error ended, as a hook is told of it: the members of a run, and the error.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FailedRun {
    /// The run's number in the ledger.
    pub run: i64,
    /// The job's name.
    pub name: String,
    /// Never true: a plan calls no hook.
    pub plan: bool,
    /// The "now" that decisions were made for.
    pub logical_time: String,
    /// How it ended, as the view `runs` has it: `failed`, `refused`, `locked`, `interrupted`, `died`, or `partial` when that
    /// is told later.
    pub outcome: String,
    /// The steps that had been committed, in order; of one that was rolled back, what it warned of.
    #[schemars(with = "Vec<StepReport>")]
    pub steps: Vec<serde_json::Value>,
    /// Why it failed.
    pub error: String,
    /// What helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// What a hook is told of a run, on its standard input.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum EndedRun {
    /// It came to its end.
    Ended(RunReport),
    /// An error ended it.
    Failed(FailedRun),
}

/// One step of a run.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct StepReport {
    /// 1, 2, … within the run.
    pub step: usize,
    /// The operation.
    pub op: String,
    /// The step's datasource, when it is one; its globs otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datasource: Option<String>,
    /// How many segments the step meant, whatever their state.
    pub selected: u64,
    /// Segments whose state changed; for a kill, segments whose metadata is gone.
    #[serde(rename = "numChangedSegments")]
    pub num_changed_segments: u64,
    /// Whether any state changed.
    #[serde(rename = "segmentStateChanged")]
    pub segment_state_changed: bool,
    /// Ids that name no segment of the datasource.
    #[serde(rename = "notFound")]
    pub not_found: Vec<String>,
    /// Segments left alone because another owner holds their interval.
    pub skipped: u64,
    /// Segments and bytes changed, by datasource.
    #[serde(rename = "byDatasource", skip_serializing_if = "Vec::is_empty")]
    pub by_datasource: Vec<DatasourceChange>,
    /// Datasources that had to be left alone, and why; nothing of them changed.
    #[serde(rename = "leftOut", skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Of mark-used: segments left alone because others would hide them at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overshadowed: Option<u64>,
    /// What the passes of enforce-rules found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforce: Option<EnforceReport>,
    /// What a kill did with files, and what it passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kill: Option<KillReport>,
    /// What an import read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportReport>,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
}

/// What a step changes in one datasource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DatasourceChange {
    /// Its name.
    pub datasource: String,
    /// Segments.
    pub segments: u64,
    /// Bytes, by the payloads.
    pub size: u64,
}

/// A datasource that had to be left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// Its name.
    pub datasource: String,
    /// Why, and what helps.
    pub reason: String,
}

impl LeftOut {
    /// A datasource, and why it is left alone.
    pub fn new(datasource: &str, reason: impl Into<String>) -> Self {
        Self { datasource: datasource.to_owned(), reason: reason.into() }
    }
}

/// What the passes of enforce-rules found.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct EnforceReport {
    /// What was marked unused, by datasource and reason (`overshadowed`, `rule 2 dropForever (_default)`, `tombstone`).
    #[serde(rename = "byReason")]
    pub by_reason: Vec<ReasonChange>,
    /// Overshadowed segments that stay for now: what hides them is younger than the grace.
    #[serde(rename = "inGrace")]
    pub in_grace: u64,
    /// Used segments that no rule holds for: kept.
    pub unmatched: u64,
}

/// What one reason changes in one datasource.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReasonChange {
    /// The datasource.
    pub datasource: String,
    /// The reason, as the ledger has it; of overshadowed segments without what hides them.
    pub reason: String,
    /// Segments.
    pub segments: u64,
    /// Bytes, by the payloads.
    pub size: u64,
}

/// A kill's account.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct KillReport {
    /// Unused segments that are not eligible, by the first reason.
    #[serde(rename = "passedOver")]
    pub passed_over: BTreeMap<String, u64>,
    /// Unused segments that had no stamp and got one now; their buffer starts to run.
    pub stamped: u64,
    /// Files that deep storage confirmed gone (a plan deletes none).
    #[serde(rename = "filesDeleted")]
    pub files_deleted: u64,
    /// Of these, files that an earlier attempt may have deleted, and that were not there any more.
    #[serde(rename = "filesAlreadyGone")]
    pub files_already_gone: u64,
    /// Files that were not there although nobody had tried to delete them: closed, and restored if they come back.
    #[serde(rename = "filesMissing")]
    pub files_missing: u64,
    /// Places that showed none of the files that were looked for: nothing of them was killed.
    #[serde(rename = "missingPlaces", skip_serializing_if = "Vec::is_empty")]
    pub missing_places: Vec<MissingPlace>,
    /// Segments of such places that had been moved, and returned to the segment table.
    pub returned: u64,
    /// Files that wait for a living segment that shares them.
    #[serde(rename = "filesDeferred")]
    pub files_deferred: u64,
    /// Files that could not be deleted; they stay in the journal.
    #[serde(rename = "filesFailed")]
    pub files_failed: u64,
    /// Files that another lopper process is deleting at this moment.
    #[serde(rename = "filesInWork")]
    pub files_in_work: u64,
    /// Some of the files that could not be deleted, one for each reason, the most frequent ones first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FileFailure>,
}

/// Why files could not be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileFailure {
    /// One of them, as in the view `deletions`.
    pub file: Option<String>,
    /// What was said of it.
    pub error: String,
    /// How many files failed for this reason.
    pub files: u64,
}

/// A place of deep storage that shows no files.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MissingPlace {
    /// What its files begin with.
    pub place: String,
    /// What was found.
    pub message: String,
    /// Some of the files that were looked for.
    pub files: Vec<String>,
}

/// An import's account, in rows of the dump.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct ImportReport {
    /// Segments that were not there.
    pub inserted: u64,
    /// Segments that were there and differed.
    pub updated: u64,
    /// Segments that were there and are the same.
    pub unchanged: u64,
    /// Segments that the dump does not have, removed by `--replace`.
    pub removed: u64,
    /// Segments of the dump's datasources that the store has and the dump has not; `--replace` would remove them.
    pub missing: u64,
    /// Segments that were used and are unused by the dump.
    #[serde(rename = "usedToUnused")]
    pub used_to_unused: u64,
    /// Segments that were unused and are used by the dump.
    #[serde(rename = "unusedToUsed")]
    pub unused_to_used: u64,
    /// Of these, segments whose state lopper had set: the dump's state took its place.
    #[serde(rename = "overwrittenMarks")]
    pub overwritten_marks: u64,
    /// Rows of segments that lopper has killed, left out.
    #[serde(rename = "skippedKilled")]
    pub skipped_killed: u64,
    /// Rows that are wrong, left out by `--skip-invalid`.
    #[serde(rename = "skippedInvalid")]
    pub skipped_invalid: u64,
    /// Statements for other tables and rows of segments that are not published.
    #[serde(rename = "skippedOther")]
    pub skipped_other: u64,
    /// Rule rows that were not there or differed.
    pub rules: u64,
    /// Rule rows that are the same.
    #[serde(rename = "rulesUnchanged")]
    pub rules_unchanged: u64,
    /// Rule rows that the dump does not have, removed by `--replace`.
    #[serde(rename = "rulesRemoved")]
    pub rules_removed: u64,
}

/// Something that is no error, but should not pass unseen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Warning {
    /// A stable name of its kind, such as `unknown-datasource`.
    pub code: String,
    /// The segment that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<String>,
    /// For people.
    pub message: String,
}

impl Warning {
    /// A warning about no segment in particular.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), segment: None, message: message.into() }
    }

    /// A warning about a segment.
    pub fn about(code: &str, segment: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), segment: Some(segment.into()), message: message.into() }
    }
}

impl RunReport {
    /// The plan, of which a run would end with this error.
    #[must_use]
    pub fn refused(self, why: &Error) -> Self {
        let outcome = match why.kind() {
            Kind::Refused => Outcome::Refused,
            Kind::Failed => Outcome::Failed,
            _ => Outcome::Locked,
        };
        let help = why.next_step().map(str::to_owned);
        Self { refused: Some(why.to_string()), help, outcome, ..self }
    }

    /// How many warnings its steps have.
    pub fn warnings(&self) -> u64 {
        self.steps.iter().map(|step| step.warnings.len() as u64).sum()
    }
}

impl StepReport {
    /// Of a step that has done nothing yet.
    pub fn begun(number: usize, op: &str) -> Self {
        Self { step: number, op: op.to_owned(), ..Self::default() }
    }

    /// Whether files that were to go could not be deleted.
    pub fn has_failed_files(&self) -> bool {
        self.kill.as_ref().is_some_and(|kill| kill.files_failed > 0)
    }

    /// Whether a place of deep storage showed no files, so that nothing of it was killed.
    pub fn has_missing_places(&self) -> bool {
        self.kill.as_ref().is_some_and(|kill| !kill.missing_places.is_empty())
    }

    /// Sets the number of changes in both of Druid's forms.
    pub fn set_changed(&mut self, count: u64) {
        self.num_changed_segments = count;
        self.segment_state_changed = count > 0;
    }
}
