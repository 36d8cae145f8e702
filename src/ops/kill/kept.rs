//! Which versions a kill keeps of each interval (`keep_versions`): found once for all, and looked up by statements.

use rusqlite::ToSql;

use crate::engine::Session;
use crate::error::Result;
use crate::store::sql;

/// Whose versions are to be kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    /// JSON array of datasource numbers.
    pub(crate) datasources: &'a str,
    /// Only intervals contained in this one, in ms.
    pub(crate) within: (i64, i64),
    /// How many of the newest unused versions of each interval; none: nothing is kept.
    pub(crate) keep_versions: Option<u32>,
    /// A segment that counts as unused, whatever it is.
    pub(crate) segment: Option<i64>,
}

impl Kept<'_> {
    /// Finds them, into `temp.kept`.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn find(&self, session: &Session<'_>) -> Result<()> {
        let operation = "cannot find the versions to keep";
        session.store.batch(operation, sql::select::KEPT_TABLE)?;
        let ((start_ms, end_ms), segment) = (self.within, self.segment.unwrap_or(-1));
        let parameters: [(&str, &dyn ToSql); 5] = [
            (":datasources", &self.datasources),
            (":start_ms", &start_ms),
            (":end_ms", &end_ms),
            (":keep_versions", &self.keep_versions),
            (":segment", &segment),
        ];
        session.store.execute(operation, sql::select::KEPT, &parameters).map(drop)
    }
}
