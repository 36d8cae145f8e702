//! `export`: the tables for Druid's own database, or a run's changes as statements for it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rusqlite::{Row, ToSql};
use serde_json::json;

use crate::cli::Place;
use crate::config::Datasources;
use crate::druid::{DEFAULT_CHAIN, Instant};
use crate::dump::{
    ChangesWriter, Column, CsvWriter, DRUID_37_COLUMNS, Dialect, JsonWriter, RULE_COLUMNS, RuleOut,
    SegmentOut, SqlWriter,
};
use crate::engine::unknown_datasources;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::store::text::shown_or_null;
use crate::store::{Store, sql};
use crate::{exit_code, failpoint};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The form: csv for PostgreSQL's COPY, jsonl for `lopper import`, sql as INSERT statements.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Which table; csv holds one, the others hold both by default.
    #[arg(long, value_enum)]
    table: Option<Table>,
    /// The columns of the segment table, in order [default: those of Druid 37, and others that hold anything].
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    columns: Option<Vec<String>>,
    /// Only these datasources (names or globs).
    #[arg(long, value_name = "DATASOURCE")]
    datasource: Vec<String>,
    /// Instead of rows: a run's marks as guarded UPDATE statements [default run: the latest with changes].
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "latest", requires = "dialect",
        conflicts_with_all = ["format", "table", "columns", "datasource"])]
    changes: Option<String>,
    /// The database that SQL is for.
    #[arg(long, value_enum)]
    dialect: Option<SqlDialect>,
    /// The file to write [default: standard output].
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Csv,
    Jsonl,
    Sql,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    /// The segment table.
    #[value(name = "druid_segments")]
    Segments,
    /// The rule table.
    #[value(name = "druid_rules")]
    Rules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SqlDialect {
    Postgresql,
    Mysql,
    Derby,
}

impl From<SqlDialect> for Dialect {
    fn from(dialect: SqlDialect) -> Self {
        match dialect {
            SqlDialect::Postgresql => Self::PostgreSql,
            SqlDialect::Mysql => Self::MySql,
            SqlDialect::Derby => Self::Derby,
        }
    }
}

/// Ids that are held while a run's changes are written.
const CHANGES_BATCH: usize = 500;

/// What Druid writes where it does not know when: the column may not be NULL there.
const UNKNOWN_TIME: &str = "1970-01-01T00:00:00.000Z";

fn write_failed(error: std::io::Error) -> Error {
    Error::failed("cannot write the export")
        .because(error)
        .help("nothing that is in the store was changed")
}

/// A typing mistake must not look like a datasource without segments.
pub(super) fn warn_of_unknown(store: &Store, globs: &[String]) -> Result<()> {
    let named = globs.iter().filter(|glob| *glob != "*" && *glob != DEFAULT_CHAIN);
    let globs = json!(named.collect::<Vec<_>>()).to_string();
    for message in unknown_datasources(store, &globs)? {
        tracing::warn!("{message}");
    }
    Ok(())
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| {
        Error::failed(format!("cannot write the export to {}", path.display()))
            .because(error)
            .help("name a file in a directory that exists and that you may write to")
    })
}

impl ExportArgs {
    pub(super) fn run(&self, place: &Place<'_>) -> Result<ExitCode> {
        let store = place.open_to_read()?;
        // A file takes its name when it is whole: an export that fails leaves an older one alone.
        let part = self.out.as_ref().map(|path| path.with_added_extension("part"));
        let out: Box<dyn Write> = match &part {
            Some(path) => Box::new(create(path)?),
            None => Box::new(std::io::stdout()),
        };
        failpoint::reach("export::part-created");
        let mut out = BufWriter::with_capacity(1 << 16, out);
        let left_out = match &self.changes {
            Some(run) => self.changes(&store, run, place.clock.now(), &mut out)?,
            None => self.rows(&store, &mut out)?,
        };
        out.flush().map_err(write_failed)?;
        failpoint::reach("export::part-written");
        if let (Some(part), Some(path)) = (&part, &self.out) {
            std::fs::rename(part, path).map_err(write_failed)?;
            failpoint::reach("export::part-renamed");
        }
        Ok(if left_out > 0 { ExitCode::from(exit_code::PARTIAL) } else { ExitCode::SUCCESS })
    }

    /// Answers how many rows are left out, since they cannot be read.
    fn rows(&self, store: &Store, out: &mut impl Write) -> Result<u64> {
        if self.dialect.is_some() && self.format != Format::Sql {
            return Err(Error::usage("--dialect is for SQL, and this would not write any")
                .help("add --changes for a run's marks, or --format sql for the rows"));
        }
        let columns = self.segment_columns(store)?;
        let globs =
            if self.datasource.is_empty() { vec!["*".to_owned()] } else { self.datasource.clone() };
        Datasources::parse(&globs).map_err(Error::usage)?;
        let segments = self.table != Some(Table::Rules);
        if segments {
            warn_of_unknown(store, &globs)?;
        }
        let globs = json!(globs).to_string();
        let rules = self.table == Some(Table::Rules)
            || (self.table.is_none() && self.format != Format::Csv);
        match self.format {
            Format::Csv if rules => {
                let mut writer = CsvWriter::new(out, RULE_COLUMNS).map_err(write_failed)?;
                each_rule(store, &globs, |row| writer.rule(row))
            }
            Format::Csv => {
                let mut writer = CsvWriter::new(out, &columns).map_err(write_failed)?;
                each_segment(store, &globs, |row| writer.segment(row))
            }
            Format::Jsonl => {
                let mut writer = JsonWriter::new(out, &columns);
                let mut left_out = 0;
                if segments {
                    left_out += each_segment(store, &globs, |row| writer.segment(row))?;
                }
                if rules {
                    left_out += each_rule(store, &globs, |row| writer.rule(row))?;
                }
                Ok(left_out)
            }
            Format::Sql => {
                let dialect = self.dialect.unwrap_or(SqlDialect::Postgresql).into();
                let mut writer = SqlWriter::new(out, &columns, dialect).map_err(write_failed)?;
                let mut left_out = 0;
                if segments {
                    left_out += each_segment(store, &globs, |row| writer.segment(row))?;
                }
                if rules {
                    left_out += each_rule(store, &globs, |row| writer.rule(row))?;
                }
                Ok(left_out)
            }
        }
    }

    /// Druid 37's columns, and the two of the centralized datasource schema when the store has any.
    fn segment_columns(&self, store: &Store) -> Result<Vec<Column>> {
        if let Some(names) = &self.columns {
            let known = |name: &String| {
                Column::from_name(name.trim()).ok_or_else(|| {
                    Error::usage(format!("Druid's segment table has no column '{}'", escape(name)))
                })
            };
            return names.iter().map(known).collect();
        }
        let mut columns = DRUID_37_COLUMNS.to_vec();
        let schema: bool =
            store.row("cannot read the columns", sql::export::HAS_SCHEMA_COLUMNS, &[], |row| {
                row.get(0)
            })?;
        if schema {
            columns.extend([Column::SchemaFingerprint, Column::NumRows]);
        }
        Ok(columns)
    }

    fn changes(&self, store: &Store, run: &str, now: Instant, out: &mut impl Write) -> Result<u64> {
        let run = find_run(store, run)?;
        let dialect = self.dialect.unwrap_or(SqlDialect::Postgresql).into();
        let stamp = now.to_string();
        writeln!(out, "-- lopper: the marks of run {run} that still stand")
            .map_err(write_failed)?;
        let mut writer = ChangesWriter::new(out, dialect).map_err(write_failed)?;
        // A batch of one state at a time: a run may have changed more than memory holds.
        let (mut batch, mut batch_used, mut gone) = (Vec::new(), false, 0_u64);
        let left_out = each(store, sql::export::CHANGES, run, |row| {
            let Some(used) = row.get::<_, Option<bool>>(2)? else {
                gone += 1;
                return Ok(Ok(()));
            };
            let id = row.get::<_, String>(0)?;
            let mut written = Ok(());
            if used != batch_used || batch.len() == CHANGES_BATCH {
                written = writer.mark(&texts(&batch), batch_used, &stamp);
                batch.clear();
                batch_used = used;
            }
            batch.push(id);
            Ok(written)
        })?;
        writer
            .mark(&texts(&batch), batch_used, &stamp)
            .and_then(|()| writer.finish().map(drop))
            .map_err(write_failed)?;
        if gone > 0 {
            tracing::warn!(
                run,
                gone,
                "segments that the run removed are left out: statements cannot delete their files"
            );
        }
        Ok(left_out)
    }
}

fn texts(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

fn find_run(store: &Store, run: &str) -> Result<i64> {
    if run != "latest" {
        let number = run
            .parse()
            .map_err(|_| Error::usage(format!("'{}' is no run's number", escape(run))))?;
        return match crate::engine::run_row(store, number)? {
            Some(_) => Ok(number),
            None => Err(Error::usage(format!("there is no run {number}"))
                .help("`lopper history` lists the runs")),
        };
    }
    let latest: Option<i64> =
        store.row("cannot find the latest run", sql::export::LATEST_RUN, &[], |row| row.get(0))?;
    latest.ok_or_else(|| Error::usage("no run has changed a segment yet"))
}

fn each_rule(
    store: &Store,
    globs: &String,
    mut write: impl FnMut(&RuleOut<'_>) -> std::io::Result<()>,
) -> Result<u64> {
    each(store, sql::export::RULES, globs, |row| {
        let text = |index| row.get_ref(index).and_then(|value| value.as_str().map_err(Into::into));
        Ok(write(&RuleOut {
            id: text(0)?,
            datasource: text(1)?,
            version: text(2)?,
            payload: text(3)?,
        }))
    })
}

fn each_segment(
    store: &Store,
    globs: &String,
    mut write: impl FnMut(&SegmentOut<'_>) -> std::io::Result<()>,
) -> Result<u64> {
    each(store, sql::export::SEGMENTS, globs, |row| {
        let text = |index| row.get_ref(index).and_then(|value| value.as_str().map_err(Into::into));
        let maybe =
            |index| row.get_ref(index).and_then(|value| value.as_str_or_null().map_err(Into::into));
        Ok(write(&SegmentOut {
            id: text(0)?,
            datasource: text(1)?,
            created_date: maybe(2)?.unwrap_or(UNKNOWN_TIME),
            start: text(3)?,
            end: text(4)?,
            partitioned: row.get(5)?,
            version: text(6)?,
            used: row.get(7)?,
            payload: text(8)?,
            used_status_last_updated: Some(maybe(9)?.unwrap_or(UNKNOWN_TIME)),
            upgraded_from_segment_id: maybe(10)?,
            schema_fingerprint: maybe(11)?,
            num_rows: row.get(12)?,
            indexing_state_fingerprint: maybe(13)?,
        }))
    })
}

/// Streams rows: the store may be larger than memory. Answers how many cannot be read, each of which is named.
fn each(
    store: &Store,
    sql: &str,
    parameter: impl ToSql,
    mut write: impl FnMut(&Row<'_>) -> rusqlite::Result<std::io::Result<()>>,
) -> Result<u64> {
    let failed = |error| store.explain("cannot read what to export", error);
    let mut statement = store.connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([parameter]).map_err(failed)?;
    let mut left_out = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        match write(row) {
            Ok(written) => written.map_err(write_failed)?,
            // What plain SQL wrote may be no text. It must not keep the others from being written.
            Err(error) => {
                left_out += 1;
                let id = shown_or_null(row, 0).unwrap_or_default().unwrap_or_default();
                tracing::warn!("the row '{}' is left out: {error}", escape(&id));
            }
        }
    }
    Ok(left_out)
}
