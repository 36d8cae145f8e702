//! The steps of a job: their keys as they stand in a file or in flags, and the checked steps that a
//! run carries out. An operation is added here: one variant of each enum, one line in `check`.

mod check;
mod conflict;
mod enforce;
mod import;
mod kill;
mod mark;

pub use check::{CheckSpec, CheckStep};
pub use conflict::{OnConflict, OnConflictSpec};
pub use enforce::{DEFAULT_GRACE_MINUTES, EnforceRulesSpec, EnforceRulesStep, Pass};
pub use import::{DumpDialect, DumpFormat, ImportSpec, ImportStep};
pub use kill::{DEFAULT_BUFFER_DAYS, KillSpec, KillStep, MissingFiles};
pub use mark::{MarkSpec, MarkStep, MarkUnusedSpec, MarkUsedSpec, Selector};

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::datasources::DATASOURCE_KEYS;
use super::mistake::Mistake;
use super::schema::one_of_each;
use crate::druid::Period;
use mark::SELECTOR_KEYS;

/// One `[[step]]` of a job file; `op` says what it does.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum StepSpec {
    /// Read dumps of Druid's segment and rule tables into the store.
    Import(ImportSpec),
    /// Mark the selected segments as used, except those that others overshadow.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS, SELECTOR_KEYS])))]
    MarkUsed(MarkUsedSpec),
    /// Mark the selected segments as unused: Druid stops serving them, nothing is deleted.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS, SELECTOR_KEYS])))]
    MarkUnused(MarkUnusedSpec),
    /// Mark unused what newer versions hide and what the drop rules drop.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS])))]
    EnforceRules(EnforceRulesSpec),
    /// Delete unused segments for good, metadata and files.
    #[schemars(extend("allOf" = one_of_each(&[DATASOURCE_KEYS])))]
    Kill(KillSpec),
    /// Run a query, and fail the run when it returns rows.
    Check(CheckSpec),
}

impl StepSpec {
    /// The step these arguments mean, or all that is wrong with them.
    pub fn check(self) -> Result<Step, Vec<Mistake>> {
        match self {
            Self::Import(spec) => spec.check().map(Step::Import),
            Self::MarkUsed(spec) => spec.check().map(Step::MarkUsed),
            Self::MarkUnused(spec) => spec.check().map(Step::MarkUnused),
            Self::EnforceRules(spec) => spec.check().map(Step::EnforceRules),
            Self::Kill(spec) => spec.check().map(Step::Kill),
            Self::Check(spec) => spec.check().map(Step::Check),
        }
    }
}

/// A step whose arguments are sound. As JSON it is what the ledger keeps of it: `{"op":"kill",…}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Step {
    /// Read dumps into the store.
    Import(ImportStep),
    /// Mark segments as used.
    MarkUsed(MarkStep),
    /// Mark segments as unused.
    MarkUnused(MarkStep),
    /// Mark unused what is overshadowed or what rules drop.
    EnforceRules(EnforceRulesStep),
    /// Delete unused segments.
    Kill(KillStep),
    /// Fail when a query returns rows.
    Check(CheckStep),
}

impl Step {
    /// The operation's name, as in job files and on the command line.
    pub fn op(&self) -> &'static str {
        match self {
            Self::Import(_) => "import",
            Self::MarkUsed(_) => "mark-used",
            Self::MarkUnused(_) => "mark-unused",
            Self::EnforceRules(_) => "enforce-rules",
            Self::Kill(_) => "kill",
            Self::Check(_) => "check",
        }
    }

    /// The dumps that it reads.
    pub fn dumps(&self) -> Option<&[PathBuf]> {
        match self {
            Self::Import(step) => Some(&step.files),
            _ => None,
        }
    }

    /// Takes relative paths as relative to `directory`, that of the job file.
    pub(super) fn anchor(&mut self, directory: &Path) {
        let anchor = |path: &mut PathBuf| *path = directory.join(&*path);
        match self {
            Self::Import(step) => step.files.iter_mut().for_each(anchor),
            Self::MarkUsed(MarkStep { selector: Selector::IdsFrom(file), .. })
            | Self::MarkUnused(MarkStep { selector: Selector::IdsFrom(file), .. }) => anchor(file),
            _ => {}
        }
    }
}

/// What a step does when an older segment that is still used would become visible: its data is stale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnExposure {
    /// Do it, and warn of each such segment and interval.
    #[default]
    Warn,
    /// Refuse the run; nothing changes.
    Fail,
    /// Do it, and do not look.
    Ignore,
}

fn as_text<S: Serializer>(period: &Period, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(period)
}
