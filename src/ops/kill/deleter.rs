//! What a kill knows of deep storage while it deletes: which places show the files that the store says they hold, and
//! which refuse to delete. (A place that shows nothing is an unmounted disk or a wrong bucket, not a store whose files are
//! gone.)

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::ToSql;

use crate::deep_storage::{DeepStorage, Doomed, LEADS_OUT};
use crate::engine::Session;
use crate::engine::report::{KillReport, MissingPlace};
use crate::error::Result;
use crate::ops::MissingFiles;
use crate::ops::kill::files::Outcome;
use crate::ops::kill::journal::Claimed;
use crate::ops::kill::references::{Named, References};
use crate::store::{Store, sql};

/// Files that are asked for before a place counts as one that shows none.
const ASKED: usize = 10;

/// Files of one datasource that a place refuses in a row, without deleting one, before no more of them move.
const REFUSED: u32 = 3;

/// A load spec type, and a datasource.
type Folder = (String, String);

/// Deletes the files of one run.
#[derive(Debug)]
pub(crate) struct Deleter {
    pub(crate) storage: DeepStorage,
    pub(crate) references: References,
    missing_files: MissingFiles,
    /// Load spec types whose place has shown a file in this run.
    shown: BTreeSet<String>,
    /// Load spec types whose place showed none.
    unshown: BTreeSet<String>,
    /// Datasources whose folder is an empty one, as that of a disk that is not mounted.
    unmounted: BTreeSet<Folder>,
    /// How many files of a datasource were refused in a row.
    refused: BTreeMap<Folder, u32>,
}

impl Deleter {
    pub(crate) fn new(
        session: &Session<'_>,
        storage: DeepStorage,
        missing_files: MissingFiles,
    ) -> Result<Self> {
        let references = References::new(session.store, &storage)?;
        Ok(Self {
            storage,
            references,
            missing_files,
            shown: BTreeSet::new(),
            unshown: BTreeSet::new(),
            unmounted: BTreeSet::new(),
            refused: BTreeMap::new(),
        })
    }

    /// Why no further row of a datasource moves in this run.
    fn refusal(&self, file: &Doomed<'_>) -> Option<String> {
        let load_type = file.load_type?;
        let folder = (load_type.to_owned(), file.datasource.to_owned());
        if self.unshown.contains(load_type) || self.unmounted.contains(&folder) {
            return Some("in a place that shows no files".to_owned());
        }
        if self.refused.get(&folder).is_some_and(|count| *count >= REFUSED) {
            return Some("in a folder from which nothing can be deleted".to_owned());
        }
        self.storage.never_deletable(file)
    }

    /// Keeps the names of a file that is to go; returns those of the disk, or why it does not move after all.
    pub(crate) fn look_at(
        &self,
        store: &Store,
        segment: i64,
        file: &Doomed<'_>,
    ) -> Result<std::result::Result<Named, String>> {
        if let Some(why) = self.refusal(file) {
            return Ok(Err(why));
        }
        let Some(name) = file.file else { return Ok(Ok(Named::default())) };
        let named = self.references.name(store, segment, file.load_type, name)?;
        Ok(match named {
            // Only a name that is not the disk's can lead out of the root.
            Ok(Named { real: Some(_), .. }) if self.storage.leads_out(file) => {
                Err(LEADS_OUT.to_owned())
            }
            named => named,
        })
    }

    /// Remembers how the files of a chunk that has just moved fared.
    pub(crate) fn note(&mut self, files: &[Claimed], outcome: &Outcome) {
        let refused: BTreeSet<i64> = outcome.failed.iter().map(|(segment, _)| *segment).collect();
        let gone: BTreeSet<i64> = outcome.gone.iter().copied().collect();
        if gone.is_empty() && !refused.is_empty() && self.storage.check().is_err() {
            // The place itself is away: nothing of it moves any more.
            let away = files.iter().filter(|file| refused.contains(&file.segment));
            self.unshown.extend(away.filter_map(|file| file.load_type.clone()));
        }
        for file in files {
            let folder = (file.load_type.clone().unwrap_or_default(), file.datasource.clone());
            if gone.contains(&file.segment) {
                self.refused.insert(folder, 0);
            } else if refused.contains(&file.segment) {
                *self.refused.entry(folder).or_default() += 1;
            }
        }
    }

    /// Leaves out folders in which a living row's file lies; they wait in the journal.
    pub(crate) fn without_used<'a>(
        &mut self,
        session: &mut Session<'_>,
        files: Vec<&'a Claimed>,
        outcome: &mut Outcome,
    ) -> Result<Vec<&'a Claimed>> {
        let doomed: Vec<_> = files.iter().map(|file| file.doomed()).collect();
        let inside = self.storage.inside_many(&doomed);
        if inside.iter().all(|inside| inside.as_ref().is_ok_and(Vec::is_empty)) {
            return Ok(files);
        }
        self.references.refresh(session.store)?;
        let mut rest = Vec::new();
        for (file, inside) in files.into_iter().zip(inside) {
            match inside {
                Err(error) => outcome.failed.push((file.segment, error.to_string())),
                Ok(inside) => {
                    let load_type = file.load_type.as_deref();
                    match self.references.used_inside(session.store, load_type, &inside)? {
                        Some(_) => outcome.waiting.push(file.segment),
                        None => rest.push(file),
                    }
                }
            }
        }
        Ok(rest)
    }

    /// Leaves out files that are not there although nobody has tried to delete them. They count as missing as long as their
    /// place shows other files; otherwise they return to the segment table, or stay in the journal where they come from
    /// an earlier run.
    pub(crate) fn without_missing<'a>(
        &mut self,
        session: &Session<'_>,
        files: Vec<&'a Claimed>,
        can_return: bool,
        outcome: &mut Outcome,
        report: &mut KillReport,
    ) -> Result<Vec<&'a Claimed>> {
        if self.missing_files == MissingFiles::Accept {
            return Ok(files);
        }
        let mut by_place: BTreeMap<String, Vec<&Claimed>> = BTreeMap::new();
        for file in files.iter().filter(|file| !file.begun && file.file.is_some()) {
            by_place.entry(file.load_type.clone().unwrap_or_default()).or_default().push(file);
        }
        let mut held: BTreeSet<i64> = BTreeSet::new();
        for (load_type, fresh) in by_place {
            let unmounted = self.unmounted_among(&load_type, &fresh, report);
            held.extend(unmounted);
            let fresh: Vec<_> =
                fresh.into_iter().filter(|file| !held.contains(&file.segment)).collect();
            if !fresh.is_empty() && !self.is_shown(session, &load_type, &fresh)? {
                self.unshown.insert(load_type.clone());
                report.missing_places.push(self.missing_place(&load_type, &fresh));
                held.extend(fresh.iter().map(|file| file.segment));
            }
        }
        for file in files.iter().filter(|file| file.begun && file.file.is_some()) {
            if self.is_gone_with_its_place(session, file)? {
                held.insert(file.segment);
            }
        }
        let (held, rest): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| held.contains(&file.segment));
        for file in held {
            if can_return && !file.begun {
                outcome.returning.push(file.segment);
            } else {
                let why = "the file is missing, and its place shows no other files";
                outcome.failed.push((file.segment, why.to_owned()));
            }
        }
        Ok(rest)
    }

    /// Whether a file that an attempt may have deleted is not there, and neither is any file of a living segment: then
    /// it is the place that is away.
    fn is_gone_with_its_place(&self, session: &Session<'_>, file: &Claimed) -> Result<bool> {
        let load_type = file.load_type.as_deref().unwrap_or_default();
        if !self.storage.is_local(load_type)
            || self.storage.is_there(&file.doomed()).unwrap_or(true)
        {
            return Ok(false);
        }
        let living = self.living(session, load_type)?;
        Ok(!living.is_empty() && !self.shows_one_of(load_type, &living))
    }

    fn shows_one_of(&self, load_type: &str, living: &[(String, String)]) -> bool {
        living.iter().any(|(file, datasource)| {
            let file =
                Doomed { load_type: Some(load_type), file: Some(file), datasource, orphan: false };
            self.storage.is_there(&file).unwrap_or(false)
        })
    }

    /// Takes files back that were not there when they were to be deleted, where the root has become another folder
    /// meanwhile: a disk was unmounted, or another one mounted over it.
    pub(crate) fn doubt_missing(
        &self,
        files: &[&Claimed],
        can_return: bool,
        outcome: &mut Outcome,
    ) {
        if outcome.missing.is_empty() || self.references.root_is_in_place() {
            return;
        }
        let is_local = |segment: &i64| {
            let file = files.iter().find(|file| file.segment == *segment);
            file.and_then(|file| file.load_type.as_deref())
                .is_some_and(|kind| self.storage.is_local(kind))
        };
        let (local, rest): (Vec<i64>, Vec<i64>) =
            std::mem::take(&mut outcome.missing).into_iter().partition(is_local);
        outcome.missing = rest;
        if can_return {
            outcome.returning.extend(local);
        } else {
            let why = "the root has become another folder while files were deleted";
            outcome.failed.extend(local.into_iter().map(|segment| (segment, why.to_owned())));
        }
    }

    /// The files whose datasource has an empty folder, as that of a disk that is not mounted.
    fn unmounted_among(
        &mut self,
        load_type: &str,
        files: &[&Claimed],
        report: &mut KillReport,
    ) -> Vec<i64> {
        let mut found = Vec::new();
        for file in files {
            if let Some(folder) = self.storage.unmounted_folder(&file.doomed()) {
                found.push(file.segment);
                if self.unmounted.insert((load_type.to_owned(), file.datasource.clone())) {
                    report.missing_places.push(MissingPlace {
                        place: folder,
                        message:
                            "the folder is there and empty, as that of a disk that is not mounted"
                                .to_owned(),
                        files: file.file.iter().cloned().collect(),
                    });
                }
            }
        }
        found
    }

    /// Whether a place shows files: one of those that are to go, or of living segments.
    fn is_shown(
        &mut self,
        session: &Session<'_>,
        load_type: &str,
        fresh: &[&Claimed],
    ) -> Result<bool> {
        let is_local = self.storage.is_local(load_type);
        if !is_local && self.shown.contains(load_type) {
            return Ok(true);
        }
        let asked = if is_local { fresh.len() } else { ASKED };
        let mut unanswered = false;
        for file in fresh.iter().take(asked) {
            match self.storage.is_there(&file.doomed()) {
                Ok(true) => {
                    self.shown.insert(load_type.to_owned());
                    return Ok(true);
                }
                Ok(false) => {}
                Err(_) => unanswered = true,
            }
        }
        if unanswered {
            // The deletion meets the same error and reports it.
            return Ok(true);
        }
        let living = self.living(session, load_type)?;
        if self.shows_one_of(load_type, &living) {
            self.shown.insert(load_type.to_owned());
            return Ok(true);
        }
        Ok(living.is_empty()
            && self.shown.contains(load_type)
            && self.references.root_is_in_place())
    }

    /// A few living segments of a place: files and datasources.
    fn living(&self, session: &Session<'_>, load_type: &str) -> Result<Vec<(String, String)>> {
        let limit = i64::try_from(ASKED).unwrap_or(i64::MAX);
        let mut living = Vec::new();
        for (_, prefix) in self.storage.places().filter(|(kind, _)| *kind == load_type) {
            for statement in [sql::journal::SAMPLE_OLDEST, sql::journal::SAMPLE_NEWEST] {
                let parameters: [(&str, &dyn ToSql); 3] =
                    [(":load_type", &load_type), (":prefix", &prefix), (":limit", &limit)];
                living.extend(session.store.rows(
                    "cannot look for files of living segments",
                    statement,
                    &parameters,
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?);
            }
        }
        Ok(living)
    }

    fn missing_place(&self, load_type: &str, fresh: &[&Claimed]) -> MissingPlace {
        let place = self.storage.places().find(|(kind, _)| *kind == load_type);
        MissingPlace {
            place: place.and_then(|(_, prefix)| prefix).unwrap_or_default(),
            message: "not one of the files that were looked for is there".to_owned(),
            files: fresh.iter().take(3).filter_map(|file| file.file.clone()).collect(),
        }
    }
}
