//! One batch of a kill: what is asked of its files before it moves, the transaction that moves it, and what is said of
//! files that were not there.

use std::collections::BTreeMap;

use rusqlite::ToSql;

use crate::deep_storage::Doomed;
use crate::engine::report::{KillReport, StepReport, Warning};
use crate::engine::{Session, changes};
use crate::error::Result;
use crate::failpoint;
use crate::ops::KillStep;
use crate::ops::kill::deleter::Deleter;
use crate::ops::kill::journal::{self, Claims};
use crate::ops::kill::references::Named;
use crate::ops::kill::{Terms, lock, operation};
use crate::store::{Store, sql};

const OPERATION: &str = "cannot look at what is to be killed";

/// The part of the list that one batch takes: positions behind one, up to another; and for which run and step.
pub(crate) struct Batch {
    pub(crate) after: i64,
    pub(crate) upto: i64,
    pub(crate) run: i64,
    pub(crate) step: i64,
}

impl Batch {
    /// Looks at the files of the batch, before the transaction that moves it: by which names living rows would refer to
    /// them, and which could not be deleted anyway. Returns why some will not move, counted.
    pub(crate) fn survey(
        &self,
        store: &Store,
        deleter: &mut Deleter,
    ) -> Result<BTreeMap<String, u64>> {
        type Row = (i64, Option<String>, Option<String>, String);
        deleter.references.refresh(store)?;
        store.batch(OPERATION, sql::temp::FORGET_SURVEY)?;
        let parameters: [(&str, &dyn ToSql); 2] = [(":after", &self.after), (":upto", &self.upto)];
        let rows: Vec<Row> = store.rows(OPERATION, sql::journal::SURVEY, &parameters, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let mut refused = BTreeMap::new();
        for (segment, load_type, file, datasource) in rows {
            let (load_type, file) = (load_type.as_deref(), file.as_deref());
            let doomed = Doomed { load_type, file, datasource: &datasource, orphan: false };
            let named = deleter.look_at(store, segment, &doomed)?;
            if let Err(why) = &named {
                *refused.entry(why.clone()).or_default() += 1;
            }
            let (named, refused) = match named {
                Ok(named) => (named, None),
                Err(why) => (Named::default(), Some(why)),
            };
            let surveyed: [(&str, &dyn ToSql); 4] = [
                (":segment", &segment),
                (":real_file", &named.real),
                (":located", &named.located),
                (":refused", &refused),
            ];
            store.execute(OPERATION, sql::journal::ADD_SURVEYED, &surveyed)?;
        }
        failpoint::reach("operation::batch-surveyed");
        Ok(refused)
    }

    /// Moves what was surveyed and may still go into the journal, and says how many rows. Nothing when files have become others since the
    /// survey: then it has to be made anew.
    pub(crate) fn to_journal(
        &self,
        session: &mut Session<'_>,
        deleter: &Deleter,
        terms: &Terms,
        step: &KillStep,
        report: &mut StepReport,
    ) -> Result<Option<(u64, Claims)>> {
        lock::around(session, self.run, |session| {
            if deleter.references.are_stale(session.store)? {
                return Ok(None);
            }
            terms.choose(session, self.after, self.upto)?;
            session.store.execute(OPERATION, sql::journal::KEEP_SURVEYED, &[])?;
            let taken = operation::record(session, self.step, step, report)?;
            if taken == 0 {
                return Ok(Some((0, Claims::none())));
            }
            changes::add(&mut report.by_datasource, changes::changes_of_batch(session)?);
            session.progress.add(taken);
            let claims = journal::move_batch(session, self.step)?;
            Ok(Some((taken, claims)))
        })
    }
}

/// Adds one account of reasons to another.
pub(crate) fn add(sum: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (why, count) in more {
        *sum.entry(why).or_default() += count;
    }
}

/// Takes what has returned to the segment table out of the account.
pub(crate) fn account_for_returned(
    session: &Session<'_>,
    id: i64,
    kill: &KillReport,
    report: &mut StepReport,
) -> Result<()> {
    if kill.returned > 0 {
        report.by_datasource = changes::changes(session, id)?;
        report.set_changed(report.num_changed_segments.saturating_sub(kill.returned));
    }
    Ok(())
}

/// Files that nobody deleted and that are not there: a person should look.
pub(crate) fn warn_of_missing_files(kill: &KillReport, report: &mut StepReport) {
    if kill.files_missing > 0 {
        let message = format!(
            "{} of the files were missing: they were not there, although lopper had not tried to delete them; if they come \
             back, `lopper kill --restore` takes their segments back",
            kill.files_missing
        );
        report.warnings.push(Warning::new("missing-files", message));
    }
    for place in &kill.missing_places {
        let message = format!(
            "{}: {} (such as {}); nothing of it was killed: mount the disk or correct the place in lopper.toml, or, if the \
             files are really gone, say missing_files = \"accept\" (--missing-files accept)",
            place.place,
            place.message,
            place.files.first().map_or("", String::as_str)
        );
        report.warnings.push(Warning::new("missing-place", message));
    }
}
