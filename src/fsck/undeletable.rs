//! Segments whose files a kill could never delete: it passes them over, for ever.

use rusqlite::ToSql;

use crate::deep_storage::{DeepStorage, Doomed};
use crate::error::Result;
use crate::fsck::Asked;
use crate::fsck::report::StoreFinding;
use crate::fsck::tally::{Kind, Tally};
use crate::rules::report::Severity;
use crate::store::{Store, sql};

pub(super) const UNDELETABLE: Kind = Kind {
    code: "never-deletable",
    severity: Severity::Warning,
    message: "segments whose files no kill can ever delete: it passes them over, and their rows stay",
    help: "put the file where the load spec says, import the segment with the true load spec, or widen the place in \
           lopper.toml",
};

/// Asks of every segment in the places whether its file could go.
///
/// # Errors
/// SQLite's.
pub(super) fn ask(
    store: &Store,
    storage: &DeepStorage,
    places: &[(&'static str, String)],
    asked: &Asked,
) -> Result<Option<StoreFinding>> {
    let mut tally = Tally::new(UNDELETABLE, asked);
    // A root that cannot be read is an error of the listing.
    let names = storage.names().and_then(std::io::Result::ok);
    for (load_type, prefix) in places {
        let parameters: [(&str, &dyn ToSql); 2] = [(":load_type", load_type), (":prefix", prefix)];
        let operation = "cannot look for files that no kill can delete";
        store.each(operation, sql::fsck::FILES_OF_PLACE, &parameters, |row| {
            let (id, file, datasource): (String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let doomed = Doomed {
                load_type: Some(load_type),
                file: Some(&file),
                datasource: &datasource,
                orphan: false,
            };
            if let Some(why) = storage.never_goes(names.as_ref(), &doomed) {
                tally.add(|| format!("{id}: {file} is {why}"));
            }
            Ok(())
        })?;
    }
    Ok(tally.finding())
}
