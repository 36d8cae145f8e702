//! What a run's steps read beside the store: dumps, and lists of ids. Streams are read to their end before a transaction
//! begins: while a run waits for its input, others may write, and a signal or the time limit ends it.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::dump::{
    Content, DumpReader, Format, ReadOptions, Spool, SqlDialect, TableChoice, is_stream,
};
use crate::engine::{Request, Session};
use crate::error::Result;
use crate::job::{DumpDialect, DumpFormat, ImportStep, MarkStep, Selector, Step};

/// The streams that were read.
#[derive(Debug, Default)]
pub struct Dumps(HashMap<PathBuf, Spool>);

impl Dumps {
    /// Opens a dump of an import step.
    pub(crate) fn open(&self, path: &Path, options: &ReadOptions) -> Result<DumpReader> {
        match self.0.get(path) {
            Some(spool) => DumpReader::of_spool(spool, options),
            None => DumpReader::open(path, options),
        }
    }

    /// What a stream has brought; none of a file, which is read where it lies.
    pub(crate) fn stream(&self, path: &Path) -> Result<Option<Box<dyn Read>>> {
        self.0.get(path).map(Spool::reader).transpose()
    }
}

/// Looks at the files that a request's steps read, and reads those that are streams.
///
/// # Errors
/// A dump is not there, or none; when the run is to stop.
pub(crate) fn gather(session: &mut Session<'_>, request: &Request) -> Result<()> {
    for step in &request.steps {
        match step {
            Step::Import(import) => {
                for file in &import.files {
                    read(session, file, Content::Dump(format(import)))?;
                }
            }
            Step::MarkUsed(MarkStep { selector: Selector::IdsFrom(file), .. })
            | Step::MarkUnused(MarkStep { selector: Selector::IdsFrom(file), .. })
                if is_stream(file) =>
            {
                read(session, file, Content::Lines)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn read(session: &mut Session<'_>, file: &Path, content: Content) -> Result<()> {
    if session.dumps.0.contains_key(file) {
        return Ok(());
    }
    let folder = match session.store.path().parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let stop = session.stop;
    if let Some(spool) = Spool::of(file, content, folder, &|| stop.check_between())? {
        session.dumps.0.insert(file.to_owned(), spool);
    }
    Ok(())
}

/// How a step's dumps are to be read.
pub(crate) fn read_options(step: &ImportStep) -> ReadOptions {
    let dialect = step.dialect.and_then(|dialect| match dialect {
        DumpDialect::Auto => None,
        DumpDialect::MySql => Some(SqlDialect::MySql),
        DumpDialect::PostgreSql => Some(SqlDialect::PostgreSql),
        DumpDialect::Standard => Some(SqlDialect::Standard),
    });
    let tables = TableChoice {
        database: step.database.clone(),
        schema: step.schema.clone(),
        prefix: step.table_prefix.clone(),
    };
    ReadOptions { format: format(step), columns: step.columns.clone(), dialect, tables }
}

/// The form that a step asks for.
fn format(step: &ImportStep) -> Option<Format> {
    step.format.map(|format| match format {
        DumpFormat::Csv => Format::Csv,
        DumpFormat::Jsonl => Format::Jsonl,
        DumpFormat::Sql => Format::Sql,
    })
}
