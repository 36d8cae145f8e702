//! `on_conflict` and `wait`: what a step does about segments that another owner holds locked.

use schemars::JsonSchema;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::config::period::{PERIOD_HELP, positive};
use crate::config::{At, Mistakes};
use crate::druid::Period;

/// Minutes that `on_conflict = "wait"` waits, unless it is told otherwise.
const DEFAULT_WAIT_MINUTES: i32 = 5;

/// The words of `on_conflict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnConflictSpec {
    /// Fail the step; nothing of it changes.
    Fail,
    /// Leave those segments alone and report them.
    Skip,
    /// Wait until the lock is gone, up to `wait`; then fail.
    Wait,
}

/// What a step does about segments that another owner holds locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Fail the step; nothing of it changes.
    Fail,
    /// Leave those segments alone and report them.
    Skip,
    /// Give the store free, wait up to so long until the lock is gone, and try again. Positive.
    Wait(Period),
}

/// The keys of the job file.
impl Serialize for OnConflict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut keys = serializer.serialize_map(None)?;
        let word = match self {
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Wait(_) => "wait",
        };
        keys.serialize_entry("on_conflict", word)?;
        if let Self::Wait(period) = self {
            keys.serialize_entry("wait", &period.to_string())?;
        }
        keys.end()
    }
}

impl OnConflict {
    /// What the two keys mean; without them, `default`.
    pub(crate) fn check(
        mistakes: &mut Mistakes,
        word: Option<OnConflictSpec>,
        wait: Option<&str>,
        default: Self,
    ) -> Self {
        let period = mistakes.parse("wait", wait, positive, PERIOD_HELP);
        if wait.is_some() && word != Some(OnConflictSpec::Wait) {
            let help = "add on_conflict = \"wait\" (--on-conflict wait), or leave it out";
            mistakes.add(At::Key("wait"), "'wait' is only for on_conflict = \"wait\"", help);
        }
        match word {
            None => default,
            Some(OnConflictSpec::Fail) => Self::Fail,
            Some(OnConflictSpec::Skip) => Self::Skip,
            Some(OnConflictSpec::Wait) => {
                Self::Wait(period.unwrap_or_else(|| Period::minutes(DEFAULT_WAIT_MINUTES)))
            }
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
