//! `enforce-rules`: which passes mark segments unused, and how long new versions have to be loaded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::period::{PERIOD_HELP, as_text, not_negative};
use crate::config::{
    At, Datasources, DatasourcesSpec, Mistake, Mistakes, OnConflict, OnConflictSpec, OnExposure,
};
use crate::druid::Period;

/// Minutes that the overshadowed pass leaves new versions to be loaded, unless it is told otherwise.
pub const DEFAULT_GRACE_MINUTES: i32 = 15;

/// A part of the step. They run in this order, over one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pass {
    /// Used segments that newer versions hide at every instant.
    Overshadowed,
    /// Used segments that a drop rule holds for.
    Rules,
    /// Tombstones that reach to the start or the end of time and hide nothing any more.
    Tombstones,
}

/// The keys of an enforce-rules step.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct EnforceRulesSpec {
    /// Which datasources.
    #[serde(flatten)]
    pub datasources: DatasourcesSpec,
    /// Only these passes (default all, in the order overshadowed, rules, tombstones).
    #[schemars(length(min = 1), example = vec!["overshadowed"])]
    pub passes: Option<Vec<Pass>>,
    /// An overshadowed segment stays until the youngest that hides it is older than this (default PT15M), so that
    /// servers have time to load it.
    #[schemars(example = &"PT15M")]
    pub overshadow_grace: Option<String>,
    /// What to do about segments that another owner holds locked (default skip).
    pub on_conflict: Option<OnConflictSpec>,
    /// With on_conflict = "wait": how long at most (default PT5M).
    #[schemars(example = &"PT5M")]
    pub wait: Option<String>,
    /// What to do when a drop would make older, still used segments visible (default warn).
    pub on_exposure: Option<OnExposure>,
}

/// Marking unused by rules.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EnforceRulesStep {
    /// Which datasources.
    pub datasources: Datasources,
    /// At least one.
    pub passes: Vec<Pass>,
    /// Not negative; `PT0S` is no grace.
    #[serde(serialize_with = "as_text")]
    pub overshadow_grace: Period,
    /// What to do about locked segments.
    #[serde(flatten)]
    pub on_conflict: OnConflict,
    /// What to do about stale segments that become visible.
    pub on_exposure: OnExposure,
}

impl EnforceRulesStep {
    /// Whether the step has this pass.
    pub fn has(&self, pass: Pass) -> bool {
        self.passes.contains(&pass)
    }
}

impl EnforceRulesSpec {
    /// The step these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<EnforceRulesStep, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let datasources = self.datasources.check(&mut mistakes);
        if self.passes.as_ref().is_some_and(Vec::is_empty) {
            let help = "leave 'passes' out for all of them";
            mistakes.add(At::Key("passes"), "the list 'passes' is empty", help);
        }
        let grace = mistakes.parse(
            "overshadow_grace",
            self.overshadow_grace.as_deref(),
            not_negative,
            PERIOD_HELP,
        );
        let on_conflict = OnConflict::check(
            &mut mistakes,
            self.on_conflict,
            self.wait.as_deref(),
            OnConflict::Skip,
        );
        mistakes.or(datasources.map(|datasources| EnforceRulesStep {
            datasources,
            passes: self
                .passes
                .unwrap_or_else(|| vec![Pass::Overshadowed, Pass::Rules, Pass::Tombstones]),
            overshadow_grace: grace.unwrap_or_else(|| Period::minutes(DEFAULT_GRACE_MINUTES)),
            on_conflict,
            on_exposure: self.on_exposure.unwrap_or_default(),
        }))
    }
}
