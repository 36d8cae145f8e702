//! Deletes the files of killed segments, in the places that `lopper.toml` names and nowhere else.

mod local;
mod s3;
mod walk;
mod wire;

use std::fmt;

use crate::config::Config;
use crate::error::{Error, Result};
use local::Local;
use s3::S3;

/// The places that lopper may delete from.
#[derive(Debug, Clone)]
pub struct DeepStorage {
    local: Option<Local>,
    s3: Option<S3>,
}

/// What a deletion found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Files, which are gone now.
    Present,
    /// Nothing: the files were gone already.
    Absent,
    /// A segment that has no files.
    NoFile,
}

/// Why a file was not deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeleteError(String);

impl fmt::Display for DeleteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DeleteError {}

/// A segment whose files are to go.
#[derive(Debug, Clone, Copy)]
pub struct Doomed<'a> {
    /// The load spec's type.
    pub load_type: Option<&'a str>,
    /// The load spec's file (see `LoadSpec::file`).
    pub file: Option<&'a str>,
    /// Whose segment it is.
    pub datasource: &'a str,
    /// Whether it is no segment's, but an object that nothing names: then it goes alone, with the descriptor beside an
    /// `index.zip`, whatever else a killer of the type would take.
    pub orphan: bool,
}

/// An object in deep storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The type of load specs that name such objects.
    pub load_type: &'static str,
    /// The object in the form of `LoadSpec::file`. A segment that is a folder names what this begins with.
    pub file: String,
    /// The object, for people.
    pub path: String,
    /// Bytes, with those of the descriptor beside a zip.
    pub size: u64,
    /// When it was last written, in milliseconds since 1970.
    pub modified_ms: i64,
}

/// The load spec type of segments that have no files.
const TOMBSTONE: &str = "tombstone";

impl DeepStorage {
    /// The places of a configuration. Nothing is connected to yet.
    pub fn new(config: &Config) -> Self {
        let places = &config.deep_storage;
        Self { local: places.local.as_deref().map(Local::new), s3: places.s3.clone().map(S3::new) }
    }

    /// Load spec types that can be deleted here, each with the prefix that its files must have (see
    /// `LoadSpec::file`); none for types without files.
    pub fn places(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let local = self.local.iter().map(|local| ("local", Some(local.prefix())));
        let s3 = self.s3.iter().map(|s3| ("s3_zip", Some(s3.prefix())));
        local.chain(s3).chain(std::iter::once((TOMBSTONE, None)))
    }

    /// Looks whether the places can be reached, at the cost of one request each.
    ///
    /// # Errors
    /// When one cannot.
    pub fn check(&self) -> Result<()> {
        let refused = || Error::failed("cannot delete files, so nothing is killed");
        if let Some(Err(error)) = self.local.as_ref().map(Local::check_root) {
            return Err(refused()
                .because(error)
                .help("mount it, or correct root under [deep_storage.local] in lopper.toml"));
        }
        if let Some(Err(error)) = self.s3.as_ref().map(S3::check) {
            return Err(refused().because(error).help(
                "look at [deep_storage.s3] in lopper.toml and at the AWS_ variables of the environment",
            ));
        }
        Ok(())
    }

    /// Whether the file that a load spec points to is there; a type without files always is.
    ///
    /// # Errors
    /// When the type or the place is not configured, or the place does not answer.
    pub fn exists(&self, file: &Doomed<'_>) -> Result<bool, DeleteError> {
        if let Some(answer) = self.without_files(file) {
            return answer.map(|_| true);
        }
        let named = file.file.unwrap_or_default();
        match (file.load_type, &self.local, &self.s3) {
            (Some("local"), Some(local), _) => local.exists(named),
            (_, _, Some(s3)) => s3.exists(named, file.datasource),
            _ => Err(DeleteError("deep storage did not answer".to_owned())),
        }
    }

    /// Deletes what load specs point to, as Druid's own killers of those types do. What is already gone counts as
    /// deleted. Answers in the order of `files`, one for each: when the type or the place is not configured, or the
    /// place refuses, that file has an error and the others go.
    pub fn delete_many(&self, files: &[Doomed<'_>]) -> Vec<Result<Found, DeleteError>> {
        let mut results: Vec<_> = files.iter().map(|file| self.without_files(file)).collect();
        for (file, result) in files.iter().zip(&mut results) {
            if file.orphan && result.is_none() {
                *result = self.delete_alone(file);
            }
        }
        let at = |wanted: &str| -> Vec<usize> {
            let is_open = |index: &usize| results[*index].is_none();
            let is_meant = |index: &usize| files[*index].load_type == Some(wanted);
            (0..files.len()).filter(is_open).filter(is_meant).collect()
        };
        let (on_disk, in_s3) = (at("local"), at("s3_zip"));
        let some = |indexes: &[usize]| -> Vec<_> {
            let named =
                |index: &usize| (files[*index].file.unwrap_or_default(), files[*index].datasource);
            indexes.iter().map(named).collect()
        };
        if let Some(local) = &self.local {
            for (index, result) in on_disk.iter().zip(local.delete_many(&some(&on_disk))) {
                results[*index] = Some(result);
            }
        }
        if let Some(s3) = &self.s3 {
            for (index, result) in in_s3.iter().zip(s3.delete_many(&some(&in_s3))) {
                results[*index] = Some(result);
            }
        }
        let missed = || Err(DeleteError("deep storage did not answer".to_owned()));
        results.into_iter().map(|result| result.unwrap_or_else(missed)).collect()
    }

    fn delete_alone(&self, file: &Doomed<'_>) -> Option<Result<Found, DeleteError>> {
        let named = file.file.unwrap_or_default();
        match file.load_type {
            Some("local") => {
                self.local.as_ref().map(|local| local.delete_alone(named, file.datasource))
            }
            _ => None,
        }
    }

    /// The answer for a segment that no place needs to be asked for.
    fn without_files(&self, file: &Doomed<'_>) -> Option<Result<Found, DeleteError>> {
        let message = match (file.load_type, file.file) {
            (Some(TOMBSTONE), _) => return Some(Ok(Found::NoFile)),
            (Some("local"), _) if self.local.is_none() => {
                "no [deep_storage.local] is configured in lopper.toml".to_owned()
            }
            (Some("s3_zip"), _) if self.s3.is_none() => {
                "no [deep_storage.s3] is configured in lopper.toml".to_owned()
            }
            (Some("local" | "s3_zip"), Some(_)) => return None,
            (Some(load_type), _) => {
                format!("files of load spec type {load_type} cannot be deleted here")
            }
            (None, _) => "the payload has no load spec".to_owned(),
        };
        Some(Err(DeleteError(message)))
    }

    /// Tells `each` of every object below every place, in bounded memory. A descriptor that lies beside a zip is
    /// counted with it. Links are not followed.
    ///
    /// # Errors
    /// When a place cannot be read to its end, and those of `each`.
    pub fn list(&self, each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        if let Some(local) = &self.local {
            local.list(each)?;
        }
        self.s3.as_ref().map_or(Ok(()), |s3| s3.list(each))
    }
}
