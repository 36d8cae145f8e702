//! Deletes the files of killed segments, in the places that `lopper.toml` names and nowhere else.

mod local;

use std::fmt;

use crate::config::Config;
use crate::error::{Error, Result};
use local::Local;

/// The places that lopper may delete from.
#[derive(Debug, Clone)]
pub struct DeepStorage {
    local: Option<Local>,
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

/// The load spec type of segments that have no files.
const TOMBSTONE: &str = "tombstone";

impl DeepStorage {
    /// The places of a configuration.
    pub fn new(config: &Config) -> Self {
        Self { local: config.deep_storage.local.as_deref().map(Local::new) }
    }

    /// Load spec types that can be deleted here, each with the prefix that its files must have (see
    /// `LoadSpec::file`); none for types without files.
    pub fn places(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let local = self.local.iter().map(|local| ("local", Some(local.prefix())));
        local.chain(std::iter::once((TOMBSTONE, None)))
    }

    /// Looks whether the places can be reached.
    ///
    /// # Errors
    /// When one cannot.
    pub fn check(&self) -> Result<()> {
        match self.local.as_ref().map(Local::check_root) {
            Some(Err(error)) => Err(Error::failed("cannot delete files, so nothing is killed")
                .because(error)
                .help("mount it, or correct root under [deep_storage.local] in lopper.toml")),
            _ => Ok(()),
        }
    }

    /// Whether the file that a load spec points to is there; a type without files always is.
    ///
    /// # Errors
    /// When the type or the place is not configured, or the place does not answer.
    pub fn exists(&self, load_type: Option<&str>, file: Option<&str>) -> Result<bool, DeleteError> {
        match (load_type, file, &self.local) {
            (Some(TOMBSTONE), _, _) => Ok(true),
            (Some("local"), Some(file), Some(local)) => local.exists(file),
            (Some("local"), _, None) => {
                Err(DeleteError("no [deep_storage.local] is configured in lopper.toml".to_owned()))
            }
            _ => Err(DeleteError(format!(
                "files of load spec type {} cannot be looked at here",
                load_type.unwrap_or("(none)")
            ))),
        }
    }

    /// Deletes what the load spec of a segment of `datasource` points to, as Druid's own killer of that type
    /// does. What is already gone counts as deleted.
    ///
    /// # Errors
    /// When the type or the place is not configured, or the place refuses.
    pub fn delete(
        &self,
        load_type: Option<&str>,
        file: Option<&str>,
        datasource: &str,
    ) -> Result<Found, DeleteError> {
        match (load_type, file, &self.local) {
            (Some(TOMBSTONE), _, _) => Ok(Found::NoFile),
            (Some("local"), Some(file), Some(local)) => local.delete(file, datasource),
            (Some("local"), _, None) => {
                Err(DeleteError("no [deep_storage.local] is configured in lopper.toml".to_owned()))
            }
            (Some(load_type), _, _) => Err(DeleteError(format!(
                "files of load spec type {load_type} cannot be deleted here"
            ))),
            (None, _, _) => Err(DeleteError("the payload has no load spec".to_owned())),
        }
    }
}
