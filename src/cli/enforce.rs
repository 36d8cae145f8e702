//! `enforce-rules`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::mark::{on_conflict, on_exposure};
use crate::cli::{GuardArgs, Place, When};
use crate::config::DatasourcesSpec;
use crate::error::Result;
use crate::ops::{EnforceRulesSpec, Pass, StepSpec};
use crate::store::Missing;

#[derive(Debug, Args)]
pub(super) struct EnforceRulesArgs {
    /// Datasources, or globs such as 'wikipedia*'.
    #[arg(value_name = "DATASOURCE", required = true)]
    datasources: Vec<String>,
    /// Only this pass; may be given again [default: all three].
    #[arg(long = "pass", value_name = "PASS", value_parser = ["overshadowed", "rules", "tombstones"])]
    passes: Option<Vec<String>>,
    /// Leave overshadowed segments until the youngest that hides them is older [default: PT15M].
    #[arg(long, value_name = "PERIOD")]
    overshadow_grace: Option<String>,
    /// What to do about segments that another owner holds locked [default: skip].
    #[arg(long, value_name = "ACTION", value_parser = ["fail", "skip", "wait"])]
    on_conflict: Option<String>,
    /// With --on-conflict wait: how long at most [default: PT5M].
    #[arg(long, value_name = "PERIOD")]
    wait: Option<String>,
    /// What to do when older, still used segments would become visible [default: warn].
    #[arg(long, value_name = "ACTION", value_parser = ["warn", "fail", "ignore"])]
    on_exposure: Option<String>,
    #[command(flatten)]
    guard: GuardArgs,
    #[command(flatten)]
    when: When,
}

fn pass(text: &str) -> Pass {
    match text {
        "overshadowed" => Pass::Overshadowed,
        "rules" => Pass::Rules,
        _ => Pass::Tombstones,
    }
}

impl EnforceRulesArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let spec = EnforceRulesSpec {
            datasources: DatasourcesSpec {
                datasource: None,
                datasources: Some(self.datasources.clone()),
            },
            passes: self
                .passes
                .as_ref()
                .map(|passes| passes.iter().map(|text| pass(text)).collect()),
            overshadow_grace: self.overshadow_grace.clone(),
            on_conflict: on_conflict(self.on_conflict.as_deref()),
            wait: self.wait.clone(),
            on_exposure: on_exposure(self.on_exposure.as_deref()),
        };
        let (guard, step) = (self.guard.guard(), StepSpec::EnforceRules(spec));
        place.one_off(step, guard, &self.when, Missing::Refuse)
    }
}
