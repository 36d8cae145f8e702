//! What a run's steps read beside the store: dumps, and lists of ids. Streams are read to their end before a transaction
//! begins: while a run waits for its input, others may write, and a signal or the time limit ends it.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::dump::{Content, DumpReader, ReadOptions, Spool, is_stream};
use crate::engine::{Request, Session};
use crate::error::Result;

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
    for input in request.steps.iter().flat_map(|step| step.inputs()) {
        // A list of ids that lies there is read where it lies.
        if matches!(input.content, Content::Dump(_)) || is_stream(input.path) {
            read(session, input.path, input.content)?;
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
