//! Forms that hold the segments of one state alone, as Druid's API and `sys.segments` do: what of a datasource they
//! cannot tell is not to be taken for missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::dump::Holding;
use crate::engine::Session;
use crate::error::{Error, Result};
use crate::escape::escape;
use crate::store::sql;

/// Which states of which datasources the files of an import tell of.
#[derive(Debug, Default)]
pub(crate) struct Halves {
    /// By the datasource's number: whether used and unused ones.
    datasources: BTreeMap<i64, (bool, bool)>,
    /// The first file of each half, and whether one has both.
    used: Option<PathBuf>,
    unused: Option<PathBuf>,
    both: bool,
}

const HELP: &str = "import without --replace; or give one import both halves of each datasource, the answer of \
                    `segments?full` and that of `unusedSegments`, or a dump of the table druid_segments";

impl Halves {
    /// Notes a row of a form.
    pub fn saw(&mut self, datasource: i64, holding: Holding, file: &Path) {
        let (used, unused) = self.datasources.entry(datasource).or_default();
        match holding {
            Holding::Both => {
                (*used, *unused) = (true, true);
                self.both = true;
            }
            Holding::UsedAlone => {
                *used = true;
                self.used.get_or_insert_with(|| file.to_owned());
            }
            Holding::UnusedAlone => {
                *unused = true;
                self.unused.get_or_insert_with(|| file.to_owned());
            }
        }
    }

    /// Refuses `--replace` by files that are all of one half.
    ///
    /// # Errors
    /// They are.
    pub fn check_forms(&self) -> Result<()> {
        let (file, has, lacks) = match (&self.used, &self.unused) {
            (Some(file), None) if !self.both => (file, "used", "unused"),
            (None, Some(file)) if !self.both => (file, "unused", "used"),
            _ => return Ok(()),
        };
        let file = escape(&file.display().to_string()).into_owned();
        Err(Error::usage(format!(
            "cannot replace by {file}: its form holds {has} segments alone, and every {lacks} one would be removed"
        ))
        .help(HELP))
    }

    /// Refuses to remove the segments of a state that no file tells of; they are in `temp.batch`.
    ///
    /// # Errors
    /// One would go.
    pub fn check_removed(&self, session: &Session<'_>) -> Result<()> {
        if self.used.is_none() && self.unused.is_none() {
            return Ok(());
        }
        let operation = "cannot ask of which segments the files tell nothing";
        let told: Vec<_> = self
            .datasources
            .iter()
            .map(|(datasource, (used, unused))| (datasource, used, unused))
            .collect();
        let told = serde_json::to_string(&told)
            .map_err(|error| Error::failed(operation).because(error))?;
        let found = session.store.rows(
            operation,
            sql::guard::REMOVED_UNTOLD,
            &[(":told", &told)],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, u64>(2)?)),
        )?;
        let Some((datasource, used, count)) = found.into_iter().next() else { return Ok(()) };
        let state = if used { "used" } else { "unused" };
        let datasource = escape(&datasource).into_owned();
        Err(Error::usage(format!(
            "import --replace would remove {count} {state} segments of datasource '{datasource}', and no file tells of its \
             {state} ones"
        ))
        .help(HELP))
    }
}
