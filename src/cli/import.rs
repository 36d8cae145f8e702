//! `import`: dumps of Druid's tables into the store.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::cli::{Place, When, percent};
use crate::config::Guard;
use crate::dump::{Content, check_is_there};
use crate::engine::Request;
use crate::engine::operation::InputFile;
use crate::error::Result;
use crate::ops::{DumpDialect, DumpFormat, ImportSpec, StepSpec};
use crate::store::Missing;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The dumps; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The dumps' form [default: their content decides].
    #[arg(long, value_parser = ["csv", "jsonl", "sql"])]
    format: Option<String>,
    /// The columns' names, in order, of a dump without a header; `-` leaves one out.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    columns: Option<Vec<String>>,
    /// The database that wrote the dumps [default: auto, their content decides].
    #[arg(long, value_parser = ["auto", "mysql", "postgresql", "standard"])]
    dialect: Option<String>,
    /// The database to read of an SQL dump that holds several.
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// The schema to read of an SQL dump that holds several.
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    /// What stands before `_segments` and `_rules` in the tables' names of an SQL dump.
    #[arg(long, value_name = "PREFIX")]
    table_prefix: Option<String>,
    /// Also remove from the store what the dumps do not have (a copy only; metadata only).
    #[arg(long)]
    replace: bool,
    /// With --replace: refuse to remove and turn a larger share of a datasource's rows, or of the store's [default: 20].
    #[arg(long, value_name = "PERCENT", value_parser = percent, requires = "replace")]
    max_removed_percent: Option<f64>,
    /// Take the good rows of a dump that has bad ones, and list the bad.
    #[arg(long)]
    skip_invalid: bool,
    /// Also take segments that lopper has killed.
    #[arg(long)]
    resurrect: bool,
    #[command(flatten)]
    when: When,
}

impl ImportArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let format = self.format.as_deref().map(|format| match format {
            "csv" => DumpFormat::Csv,
            "jsonl" => DumpFormat::Jsonl,
            _ => DumpFormat::Sql,
        });
        let dialect = self.dialect.as_deref().map(|dialect| match dialect {
            "mysql" => DumpDialect::MySql,
            "postgresql" => DumpDialect::PostgreSql,
            "standard" => DumpDialect::Standard,
            _ => DumpDialect::Auto,
        });
        let spec = ImportSpec {
            files: Some(self.files.clone()),
            format,
            columns: self.columns.clone(),
            dialect,
            database: self.database.clone(),
            schema: self.schema.clone(),
            table_prefix: self.table_prefix.clone(),
            replace: Some(self.replace),
            skip_invalid: Some(self.skip_invalid),
            resurrect: Some(self.resurrect),
            max_removed_percent: self.max_removed_percent,
        };
        place.one_off(StepSpec::Import(spec), Guard::default(), &self.when, Missing::Create)
    }
}

/// A dump that is not there must not make a store, not even for a moment.
pub(super) fn check_dumps(requests: &[Request]) -> Result<()> {
    dumps(requests).into_iter().try_for_each(check_is_there)
}

/// The dumps that requests read.
pub(super) fn dumps(requests: &[Request]) -> Vec<&Path> {
    let steps = requests.iter().flat_map(|request| &request.steps);
    dumps_of(steps.flat_map(|step| step.inputs())).collect()
}

/// The dumps among what steps read.
pub(super) fn dumps_of<'a>(
    inputs: impl Iterator<Item = InputFile<'a>>,
) -> impl Iterator<Item = &'a Path> {
    inputs.filter(|input| matches!(input.content, Content::Dump(_))).map(|input| input.path)
}
