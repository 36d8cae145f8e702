//! `import`: dumps of Druid's segment and rule tables.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{At, Mistake, Mistakes};

/// The keys of an import step.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
pub struct ImportSpec {
    /// The dumps, relative to the job file's directory.
    #[schemars(required, length(min = 1), inner(length(min = 1)), example = vec!["dump.csv"])]
    pub files: Option<Vec<String>>,
    /// The form of the dumps; without it, each file's content decides.
    pub format: Option<DumpFormat>,
    /// The columns' names, in order, of a dump without a header; `-` leaves one out.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub columns: Option<Vec<String>>,
    /// The database that wrote the dumps; without it, each file's content decides.
    pub dialect: Option<DumpDialect>,
    /// The database whose tables are read of an SQL dump that holds several.
    #[schemars(length(min = 1))]
    pub database: Option<String>,
    /// The schema whose tables are read of an SQL dump that holds several.
    #[schemars(length(min = 1))]
    pub schema: Option<String>,
    /// What stands before `_segments` and `_rules` in the tables' names of an SQL dump: Druid's
    /// `druid.metadata.storage.tables.base`.
    #[schemars(length(min = 1), example = &"druid")]
    pub table_prefix: Option<String>,
    /// Also drop from the store what the dumps do not hold (default false).
    pub replace: Option<bool>,
    /// Take the good rows of a dump that has bad ones, and list the bad (default false).
    pub skip_invalid: Option<bool>,
    /// Take rows of segments that lopper has killed (default false).
    pub resurrect: Option<bool>,
    /// With `replace`: refuse to remove and turn a larger share of a datasource's rows, or of the store's (default 20).
    #[schemars(range(min = 0, max = 100))]
    pub max_removed_percent: Option<f64>,
}

/// The share of rows that `replace` may remove and turn where nothing else is said.
const MAX_REMOVED_PERCENT: f64 = 20.0;

/// The forms of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DumpFormat {
    /// Comma- or tab-separated, as COPY and `export-metadata` write it.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// `pg_dump` or `mysqldump`.
    Sql,
}

/// The databases that dumps are written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DumpDialect {
    /// The content decides.
    Auto,
    /// MySQL and MariaDB: a backslash escapes.
    #[serde(rename = "mysql")]
    MySql,
    /// PostgreSQL: payloads are `bytea`.
    #[serde(rename = "postgresql")]
    PostgreSql,
    /// Derby, SQL Server and other standard SQL: a backslash is a character.
    Standard,
}

/// Dumps to read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ImportStep {
    /// At least one file.
    pub files: Vec<PathBuf>,
    /// `None`: look at the content.
    pub format: Option<DumpFormat>,
    /// `None`: the dump names its columns, or has Druid's.
    pub columns: Option<Vec<String>>,
    /// `None`: look at the content.
    pub dialect: Option<DumpDialect>,
    /// `None`: the dump holds one.
    pub database: Option<String>,
    /// `None`: the dump holds one.
    pub schema: Option<String>,
    /// `None`: the dump holds one.
    pub table_prefix: Option<String>,
    /// Whether rows that the dumps do not hold leave the store.
    pub replace: bool,
    /// Whether bad rows are passed over.
    pub skip_invalid: bool,
    /// Whether killed segments may come back.
    pub resurrect: bool,
    /// The largest share of rows that `replace` may remove and turn, in percent.
    pub max_removed_percent: f64,
}

impl ImportSpec {
    /// The step these keys mean.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn check(self) -> Result<ImportStep, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let example = &"write for example files = [\"dump.csv\"]";
        mistakes.no_empty_items("files", self.files.as_deref(), example);
        if self.files.is_none() {
            mistakes.add(At::Missing(&["files"]), "an import needs 'files'", example);
        }
        let percent = self.max_removed_percent;
        // Also refuses TOML's nan and inf.
        if let Some(percent) = percent.filter(|percent| !(0.0..=100.0).contains(percent)) {
            let message = format!("{percent} is no percentage");
            mistakes.add(At::Key("max_removed_percent"), message, "write a number from 0 to 100");
        }
        if percent.is_some() && self.replace != Some(true) {
            mistakes.add(
                At::Key("max_removed_percent"),
                "it limits what 'replace' removes, and does nothing without it",
                "set replace as well, or leave max_removed_percent out",
            );
        }
        let name = "write the name as the dump has it";
        mistakes.not_empty("database", self.database.as_deref(), name);
        mistakes.not_empty("schema", self.schema.as_deref(), name);
        mistakes.not_empty("table_prefix", self.table_prefix.as_deref(), name);
        let files = self.files.unwrap_or_default().into_iter().map(PathBuf::from).collect();
        mistakes.or(Some(ImportStep {
            files,
            format: self.format,
            columns: self.columns,
            dialect: self.dialect.filter(|dialect| *dialect != DumpDialect::Auto),
            database: self.database,
            schema: self.schema,
            table_prefix: self.table_prefix,
            replace: self.replace.unwrap_or_default(),
            skip_invalid: self.skip_invalid.unwrap_or_default(),
            resurrect: self.resurrect.unwrap_or_default(),
            max_removed_percent: percent.unwrap_or(MAX_REMOVED_PERCENT),
        }))
    }
}
