//! What living segments refer to. A load spec refers to a file by any name that the place resolves to it, or to a folder
//! above it; a kill, a restore, an import and `fsck` all ask here.

use std::path::{Path, PathBuf};

use rusqlite::ToSql;
use serde_json::json;

use crate::deep_storage::{DeepStorage, Names};
use crate::druid::{LoadSpec, names_of};
use crate::error::{Error, Result};
use crate::ops::hash;
use crate::store::{Store, sql};

const OPERATION: &str = "cannot look at what segments refer to";

/// The load spec type whose names a disk resolves.
const LOCAL: &str = "local";

/// What goes with a zip.
const DESCRIPTOR: &str = "/descriptor.json";

/// The scheme of local files in `LoadSpec::file`.
const SCHEME: &str = "file:";

/// What is known of references, in temporary tables, and how old that is.
#[derive(Debug)]
pub(crate) struct References {
    names: Option<Names>,
    epoch: Option<i64>,
}

/// The disk's own names of a file, where they are not the one that a load spec has.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// What the disk calls it, links followed.
    pub(crate) real: Option<String>,
    /// Where it, or the link of its name, lies itself: what a deletion removes.
    pub(crate) located: Option<String>,
}

impl References {
    /// Nothing is known yet. The disk, where one is configured, will be asked for the real names of files.
    ///
    /// # Errors
    /// When the root of local deep storage cannot be read, and SQLite's.
    pub(crate) fn new(store: &Store, storage: &DeepStorage) -> Result<Self> {
        store.batch(OPERATION, sql::temp::REFERENCES)?;
        let names = storage.names().transpose().map_err(|error| {
            Error::failed("the root of deep storage cannot be read, so nothing was deleted")
                .because(error)
                .help("mount it, or correct root under [deep_storage.local] in lopper.toml")
                .passing()
        })?;
        Ok(Self { names, epoch: None })
    }

    /// As [`Self::new`], to ask about single files: a root that cannot be read leaves names as they are.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn to_ask(store: &Store, storage: &DeepStorage) -> Result<Self> {
        store.batch(OPERATION, sql::temp::REFERENCES)?;
        Ok(Self { names: storage.names().and_then(std::io::Result::ok), epoch: None })
    }

    /// Whether files of segments have become others since this was last brought up to date.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn are_stale(&self, store: &Store) -> Result<bool> {
        Ok(self.epoch != Some(epoch(store)?))
    }

    /// Looks at all living segments anew, unless nothing has changed: which of them call their file by another name than
    /// the disk, and of which nobody can tell what they refer to.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn refresh(&mut self, store: &Store) -> Result<()> {
        let epoch = epoch(store)?;
        if self.epoch == Some(epoch) {
            return Ok(());
        }
        store.batch(OPERATION, sql::temp::FORGET_REFERENCES)?;
        if let Some(names) = &self.names {
            store.each(OPERATION, sql::journal::LOCAL_FILES, &[], |row| {
                let (segment, datasource): (i64, i64) = (row.get(0)?, row.get(1)?);
                let file: String = row.get(2)?;
                let path = path_of(&file);
                let Ok(real) = names.real(path) else { return protect(store, datasource) };
                if real != file {
                    add_aliases(store, names, segment, path, &real)?;
                }
                // What is called a zip may be a folder all the same. Whoever needs the root needs all of it.
                if (file.ends_with(".zip") && !path.is_dir()) || names.is_root(&real) {
                    return Ok(());
                }
                let Ok(links) = names.links_inside(path) else {
                    return protect(store, datasource);
                };
                for link in links {
                    match names.real(&link) {
                        Ok(real) => add_aliases(store, names, segment, &link, &real)?,
                        Err(_) => protect(store, datasource)?,
                    }
                }
                Ok(())
            })?;
        }
        store.each(OPERATION, sql::journal::NAMELESS_FILES, &[], |row| {
            let (segment, datasource): (i64, i64) = (row.get(0)?, row.get(1)?);
            let load_spec: Option<String> = row.get(2)?;
            let path = load_spec
                .and_then(|json| LoadSpec::parse(&json).ok()?.winding_path().map(PathBuf::from));
            let real = path.zip(self.names.as_ref()).and_then(|(path, names)| {
                let real = names.real(&path).ok()?;
                Some((names, path, real))
            });
            match real {
                Some((names, path, real)) => add_aliases(store, names, segment, &path, &real),
                None => protect(store, datasource),
            }
        })?;
        self.epoch = Some(epoch);
        Ok(())
    }

    /// Keeps the names of a file for the statements that ask who refers to it; returns those of the disk.
    ///
    /// # Errors
    /// When the disk does not say where the file leads, with the reason; and SQLite's.
    pub(crate) fn name(
        &self,
        store: &Store,
        segment: i64,
        load_type: Option<&str>,
        file: &str,
    ) -> Result<std::result::Result<Named, String>> {
        let real = match self.real(load_type, file) {
            Ok(real) => real,
            Err(error) => return Ok(Err(error)),
        };
        // Where the name is the disk's own, no link is on its way.
        let located = real.as_ref().and_then(|_| self.location(load_type, file));
        let named = Named { real, located };
        add_names(store, segment, file, &named)?;
        Ok(Ok(named))
    }

    /// What the disk calls a file, where that is another name.
    fn real(
        &self,
        load_type: Option<&str>,
        file: &str,
    ) -> std::result::Result<Option<String>, String> {
        match &self.names {
            Some(names) if load_type == Some(LOCAL) => {
                let real = names.real(path_of(file)).map_err(|error| error.to_string())?;
                Ok((real != file).then_some(real))
            }
            _ => Ok(None),
        }
    }

    /// Where a local file lies itself, links on its way followed but not its own.
    fn location(&self, load_type: Option<&str>, file: &str) -> Option<String> {
        let names = self.names.as_ref().filter(|_| load_type == Some(LOCAL))?;
        names.location(path_of(file)).ok()?.filter(|location| location != file)
    }

    /// Keeps the names of the journal rows in `temp.batch`. A file of which the disk does not say where it leads gets
    /// none, so that nothing is decided about it.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn name_batch(&self, store: &Store) -> Result<()> {
        type Row = (i64, Option<String>, String, Named);
        let files: Vec<Row> = store.rows(OPERATION, sql::journal::FILES_OF_BATCH, &[], |row| {
            let named = Named { real: row.get(3)?, located: row.get(4)? };
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, named))
        })?;
        for (segment, load_type, file, known) in files {
            if let Ok(real) = self.real(load_type.as_deref(), &file) {
                let located =
                    real.as_ref().and_then(|_| self.location(load_type.as_deref(), &file));
                // Where a link has gone with the file, the names that the file had still count.
                let (real, located) = (real.or(known.real), located.or(known.located));
                add_names(store, segment, &file, &Named { real, located })?;
            }
        }
        Ok(())
    }

    /// A living segment's name among what lies in a folder that is to go, if there is one.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn used_inside(
        &self,
        store: &Store,
        load_type: Option<&str>,
        inside: &[String],
    ) -> Result<Option<String>> {
        let mut names = inside.to_vec();
        names.extend(inside.iter().filter_map(|name| self.location(load_type, name)));
        let names = hashed(&names);
        let parameters: [(&str, &dyn ToSql); 1] = [(":names", &names)];
        let found =
            store.rows(OPERATION, sql::journal::NAME_IS_USED, &parameters, |row| row.get(0))?;
        Ok(found.into_iter().next())
    }

    /// Whether the journal has an open row of a segment, or is about to delete a file that a load spec refers to: by any of
    /// its names, with a folder above it, or something below it.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn is_being_deleted(
        &self,
        store: &Store,
        id: &str,
        load_type: Option<&str>,
        file: Option<&str>,
    ) -> Result<bool> {
        let real = file.and_then(|file| self.real(load_type, file).ok().flatten());
        let mut names: Vec<String> =
            file.into_iter().chain(real.as_deref()).flat_map(names_of).collect();
        if let (Some(disk), Some(file)) = (&self.names, file.filter(|_| load_type == Some(LOCAL))) {
            let way = disk.way(path_of(file)).unwrap_or_default();
            names.extend(way.into_iter().map(|(name, _)| name));
        }
        // A descriptor goes with the zip beside it, whatever that is called.
        let folder = |name: &str| name.strip_suffix(DESCRIPTOR).map(str::to_owned);
        let below = file.map(|file| folder(file).unwrap_or_else(|| file.to_owned()));
        let real_below = real.map(|real| folder(&real).unwrap_or(real));
        let names = hashed(&names);
        let parameters: [(&str, &dyn ToSql); 4] =
            [(":id", &id), (":names", &names), (":file", &below), (":real_file", &real_below)];
        store.row(OPERATION, sql::import::IS_BEING_DELETED, &parameters, |row| row.get(0))
    }

    /// Whether the root of local deep storage is still the folder that it was when this began.
    pub(crate) fn root_is_in_place(&self) -> bool {
        self.names.as_ref().is_none_or(Names::root_is_in_place)
    }
}

/// Keeps the names by which living rows would refer to a file.
fn add_names(store: &Store, segment: i64, file: &str, named: &Named) -> Result<()> {
    let mut names: Vec<(i64, String, u8)> = Vec::new();
    let known = [Some(file), named.real.as_deref(), named.located.as_deref()];
    for known in known.into_iter().flatten() {
        let itself = known.trim_end_matches('/');
        names.extend(names_of(known).into_iter().map(|name| {
            let is_self = name.trim_end_matches('/') == itself || name.ends_with(DESCRIPTOR);
            (hash(&name), name, u8::from(is_self))
        }));
    }
    // Of two entries of one name the one for itself comes first, and stays.
    names.sort_by_key(|(.., is_self)| std::cmp::Reverse(*is_self));
    let names = json!(names).to_string();
    let parameters: [(&str, &dyn ToSql); 2] = [(":segment", &segment), (":names", &names)];
    store.execute(OPERATION, sql::journal::ADD_NAMES, &parameters).map(drop)
}

fn epoch(store: &Store) -> Result<i64> {
    store.row(OPERATION, sql::journal::EPOCH, &[], |row| row.get(0))
}

/// Keeps what a living segment's path leads to, and what it needs on its way.
fn add_aliases(
    store: &Store,
    names: &Names,
    segment: i64,
    path: &Path,
    real: &str,
) -> rusqlite::Result<()> {
    let way = names.way(path).unwrap_or_default();
    for (name, is_link) in std::iter::once((real.to_owned(), false)).chain(way) {
        let parameters: [(&str, &dyn ToSql); 4] = [
            (":segment", &segment),
            (":file_hash", &hash(&name)),
            (":file", &name),
            (":is_link", &is_link),
        ];
        store.connection.prepare_cached(sql::journal::ADD_ALIAS)?.execute(&parameters[..])?;
    }
    Ok(())
}

fn protect(store: &Store, datasource: i64) -> rusqlite::Result<()> {
    store
        .connection
        .prepare_cached(sql::journal::PROTECT)?
        .execute(&[(":datasource", &datasource)])
        .map(drop)
}

/// Names, each with its hash, as the statements take them.
fn hashed(names: &[String]) -> String {
    json!(names.iter().map(|name| (hash(name), name)).collect::<Vec<_>>()).to_string()
}

fn path_of(file: &str) -> &Path {
    Path::new(file.strip_prefix(SCHEME).unwrap_or(file))
}
