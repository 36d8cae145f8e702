//! `import`: dumps of Druid's tables into the store.

use std::process::ExitCode;

use clap::Args;

use super::{Place, When};
use crate::error::{Error, Result};
use crate::job::{DumpFormat, Guard, ImportSpec, Step, StepSpec};
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
    /// Also remove from the store what the dumps do not have (a copy only; metadata only).
    #[arg(long)]
    replace: bool,
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
        let spec = ImportSpec {
            files: Some(self.files.clone()),
            format,
            columns: self.columns.clone(),
            replace: Some(self.replace),
            skip_invalid: Some(self.skip_invalid),
            resurrect: Some(self.resurrect),
        };
        place.one_off(StepSpec::Import(spec), Guard::default(), &self.when, Missing::Create)
    }
}

/// A dump that is not there must not leave an empty store behind.
pub(super) fn check_dumps<'a>(steps: impl Iterator<Item = &'a Step>) -> Result<()> {
    let dumps = steps.filter_map(|step| match step {
        Step::Import(import) => Some(&import.files),
        _ => None,
    });
    for dump in dumps.flatten().filter(|dump| dump.as_os_str() != "-") {
        std::fs::File::open(dump).map_err(|error| {
            Error::usage(format!("cannot read the dump {}", dump.display()))
                .because(error)
                .help("name a file that you may read; '-' is standard input")
        })?;
    }
    Ok(())
}
