//! `mark-unused` and `mark-used`.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{GuardArgs, Place, When};
use crate::config::{DatasourcesSpec, OnConflictSpec, OnExposure};
use crate::error::Result;
use crate::ops::{MarkSpec, MarkUnusedSpec, MarkUsedSpec, StepSpec};
use crate::store::Missing;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("selector").required(true).multiple(false)
    .args(["id", "ids_from", "interval", "all", "where"]))]
pub(super) struct MarkArgs {
    /// A datasource, or a glob such as 'wikipedia*'.
    #[arg(value_name = "DATASOURCE")]
    datasource: String,
    /// These segments.
    #[arg(long, num_args = 1.., value_name = "ID")]
    id: Option<Vec<String>>,
    /// The segments whose ids are in a file, one a line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    ids_from: Option<String>,
    /// Segments contained in an interval: ISO 8601; each side may be `..` or relative to `now`.
    #[arg(long, value_name = "INTERVAL", allow_hyphen_values = true)]
    interval: Option<String>,
    /// Of the interval, only these versions.
    #[arg(long = "version", requires = "interval", value_name = "VERSION")]
    versions: Option<Vec<String>>,
    /// Every segment of the datasource.
    #[arg(long)]
    all: bool,
    /// Segments for which an SQL condition over the view `segments` holds.
    #[arg(long, value_name = "SQL", allow_hyphen_values = true)]
    r#where: Option<String>,
    /// What to do about segments that another owner holds locked [default: fail].
    #[arg(long, value_name = "ACTION", value_parser = ["fail", "skip", "wait"])]
    on_conflict: Option<String>,
    /// With --on-conflict wait: how long at most [default: PT5M].
    #[arg(long, value_name = "PERIOD")]
    wait: Option<String>,
    #[command(flatten)]
    guard: GuardArgs,
    #[command(flatten)]
    when: When,
}

#[derive(Debug, Args)]
pub(super) struct MarkUnusedArgs {
    #[command(flatten)]
    mark: MarkArgs,
    /// What to do when older, still used segments would become visible [default: warn].
    #[arg(long, value_name = "ACTION", value_parser = ["warn", "fail", "ignore"])]
    on_exposure: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct MarkUsedArgs {
    #[command(flatten)]
    mark: MarkArgs,
    /// Also segments that others overshadow; one given alone by --id is marked all the same.
    #[arg(long)]
    include_overshadowed: bool,
}

/// What `--on-conflict` says.
pub(super) fn on_conflict(text: Option<&str>) -> Option<OnConflictSpec> {
    text.map(|text| match text {
        "skip" => OnConflictSpec::Skip,
        "wait" => OnConflictSpec::Wait,
        _ => OnConflictSpec::Fail,
    })
}

/// What `--on-exposure` says.
pub(super) fn on_exposure(text: Option<&str>) -> Option<OnExposure> {
    text.map(|text| match text {
        "fail" => OnExposure::Fail,
        "ignore" => OnExposure::Ignore,
        _ => OnExposure::Warn,
    })
}

impl MarkArgs {
    fn spec(&self) -> MarkSpec {
        let (id, ids) = match self.id.as_deref() {
            Some([one]) => (Some(one.clone()), None),
            many => (None, many.map(<[String]>::to_vec)),
        };
        MarkSpec {
            datasources: DatasourcesSpec {
                datasource: None,
                datasources: Some(vec![self.datasource.clone()]),
            },
            id,
            ids,
            ids_from: self.ids_from.clone(),
            interval: self.interval.clone(),
            versions: self.versions.clone(),
            all: self.all.then_some(true),
            r#where: self.r#where.clone(),
            on_conflict: on_conflict(self.on_conflict.as_deref()),
            wait: self.wait.clone(),
        }
    }
}

impl MarkUnusedArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let spec = MarkUnusedSpec {
            mark: self.mark.spec(),
            on_exposure: on_exposure(self.on_exposure.as_deref()),
        };
        place.one_off(
            StepSpec::MarkUnused(spec),
            self.mark.guard.guard(),
            &self.mark.when,
            Missing::Refuse,
        )
    }
}

impl MarkUsedArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let spec = MarkUsedSpec {
            mark: self.mark.spec(),
            include_overshadowed: Some(self.include_overshadowed),
        };
        place.one_off(
            StepSpec::MarkUsed(spec),
            self.mark.guard.guard(),
            &self.mark.when,
            Missing::Refuse,
        )
    }
}
