//! Files of ours, read with diagnostics, and the values that their keys may have; `lopper.toml`: what belongs to an
//! installation and not to a job.

mod buckets;
mod conflict;
pub(crate) mod datasources;
mod expected;
mod guard;
mod hooks;
mod mistake;
pub(crate) mod period;
pub(crate) mod problem;
pub(crate) mod reader;
pub(crate) mod schema;
pub(crate) mod source;
pub(crate) mod time_expression;
pub(crate) mod trust;

use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;

pub use buckets::{Azure, Bucket, Google, S3};
pub use conflict::{OnConflict, OnConflictSpec, OnExposure};
pub use datasources::{Datasources, DatasourcesSpec};
pub use guard::{Guard, GuardSpec};
pub use hooks::{Hook, HookCommand, Hooks};
pub use mistake::{At, Mistake, flag_error};
pub use problem::{Problem, Problems};
pub use time_expression::{InstantExpression, IntervalExpression};

pub(crate) use datasources::{unknown_datasource, unknown_name};
pub(crate) use hooks::HooksSpec;
pub(crate) use mistake::Mistakes;
pub(crate) use problem::nearest;
use reader::{Document, Part};
use schema::schema_of;
pub(crate) use source::read_text;

use buckets::{AzureSpec, GoogleSpec, S3Spec};

/// The name of the file beside the store.
const FILE_NAME: &str = "lopper.toml";

/// The settings of an installation. Without a file, the defaults hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Whether the store is the truth. If not, it is a copy, from which nothing is killed.
    pub authoritative: bool,
    /// The places that files may be deleted from.
    pub deep_storage: DeepStorage,
    /// Limits for runs whose job sets none of its own.
    pub guard: Guard,
    /// What is called when a run has ended whose job has no such hook of its own.
    pub hooks: Hooks,
    /// The file that these settings come from, by its absolute path; none where the defaults hold.
    pub file: Option<PathBuf>,
    /// The directory of the job files, by its absolute path, where the command has one.
    pub jobs: Option<PathBuf>,
}

/// Places of deep storage. A load spec outside of them is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeepStorage {
    /// A directory of this machine: absolute, without `..`.
    pub local: Option<PathBuf>,
    /// A bucket of S3, or of a store that speaks its protocol.
    pub s3: Option<S3>,
    /// A bucket of Google Cloud Storage.
    pub google: Option<Google>,
    /// A container of Azure Blob Storage.
    pub azure: Option<Azure>,
}

/// Settings of a lopper installation.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[schemars(title = "lopper configuration")]
struct ConfigSpec {
    /// Whether this store is the truth. If not (default), it is a copy, from which nothing is killed.
    authoritative: Option<bool>,
    /// The places of deep storage that lopper may delete files from.
    deep_storage: Option<DeepStorageSpec>,
    /// Limits for runs whose job sets none of its own.
    guard: Option<GuardSpec>,
    /// What is called when a run has ended whose job has no such hook of its own.
    hooks: Option<HooksSpec>,
}

/// Places of deep storage, one table for each kind.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
struct DeepStorageSpec {
    /// Files on this machine, or on a disk that it mounts.
    local: Option<LocalSpec>,
    /// A bucket of S3, or of a store that speaks its protocol.
    s3: Option<S3Spec>,
    /// A bucket of Google Cloud Storage.
    google: Option<GoogleSpec>,
    /// A container of Azure Blob Storage.
    azure: Option<AzureSpec>,
}

/// Druid's `local` deep storage.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
struct LocalSpec {
    /// The directory that holds the segment files (Druid's `druid.storage.storageDirectory`): absolute.
    #[schemars(required, regex(pattern = "^/"), example = &"/druid/segments")]
    root: Option<String>,
}

impl Config {
    /// The settings in `given` (from `--config` or the environment), which must exist; else those in
    /// `lopper.toml` beside the store, if it exists; else the defaults.
    ///
    /// # Errors
    /// When a file cannot be read, and for all mistakes in it at once.
    pub fn load(given: Option<&Path>, store: &Path) -> Result<Self> {
        let beside = store.with_file_name(FILE_NAME);
        let path = match given {
            Some(path) => path,
            // A broken link or a forbidden directory is an error when the file is read.
            None if matches!(beside.symlink_metadata(), Err(error) if is_absent(&error)) => {
                return Ok(Self::default());
            }
            None => &beside,
        };
        let text = read_text(path, "configuration")?;
        let mut config = Self::parse(&text, path)?;
        config.hooks.anchor(path.parent().unwrap_or(Path::new("")));
        config.file = Some(absolute(path));
        Ok(config)
    }

    /// The same settings of an installation whose job files are in `directory`.
    #[must_use]
    pub fn with_jobs(self, directory: &Path) -> Self {
        Self { jobs: Some(absolute(directory)).filter(|directory| directory.is_dir()), ..self }
    }

    /// Checks the text of a configuration; `file` names it in messages.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn parse(text: &str, file: &Path) -> std::result::Result<Self, Problems> {
        let mut document = Document::parse::<ConfigSpec>(text);
        let spec = document.read::<ConfigSpec>().unwrap_or_default();
        let guard = spec.guard.unwrap_or_default().check();
        let guard = document.checked(&[Part::key("guard")], guard);
        let hooks = spec.hooks.unwrap_or_default().check();
        let hooks = document.checked(&[Part::key("hooks")], hooks);
        let places = spec.deep_storage.unwrap_or_default();
        let place = |kind| [Part::key("deep_storage"), Part::key(kind)];
        let local = places.local.and_then(|one| document.checked(&place("local"), one.check()));
        let s3 = places.s3.and_then(|one| {
            document.checked(
                &[Part::key("deep_storage")],
                built_with("s3", "s3", cfg!(feature = "s3")),
            )?;
            document.checked(&place("s3"), one.check())
        });
        let google = places.google.and_then(|one| {
            document.checked(
                &[Part::key("deep_storage")],
                built_with("google", "gcs", cfg!(feature = "gcs")),
            )?;
            document.checked(&place("google"), one.check())
        });
        let azure = places.azure.and_then(|one| {
            document.checked(
                &[Part::key("deep_storage")],
                built_with("azure", "azure", cfg!(feature = "azure")),
            )?;
            document.checked(&place("azure"), one.check())
        });
        let config = guard.zip(hooks).map(|(guard, hooks)| Self {
            authoritative: spec.authoritative.unwrap_or_default(),
            deep_storage: DeepStorage { local, s3, google, azure },
            guard,
            hooks,
            file: None,
            jobs: None,
        });
        document.finish(config, file)
    }
}

impl LocalSpec {
    fn check(self) -> std::result::Result<PathBuf, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let root = self.root.map(PathBuf::from);
        let help =
            "write the absolute path of the segment files, such as root = \"/druid/segments\"";
        match &root {
            None => mistakes.add(At::Missing(&["root"]), "the place has no 'root'", help),
            Some(root) if !root.is_absolute() => {
                mistakes.add(At::Key("root"), "the path is not absolute", help);
            }
            Some(root) if root.components().any(|part| part == Component::ParentDir) => {
                mistakes.add(At::Key("root"), "the path goes up with '..'", help);
            }
            Some(_) => {}
        }
        mistakes.or(root)
    }
}

/// Refuses a place that this build cannot reach.
fn built_with(
    kind: &'static str,
    feature: &str,
    is_there: bool,
) -> std::result::Result<(), Vec<Mistake>> {
    if is_there {
        return Ok(());
    }
    let mut mistakes = Mistakes::default();
    mistakes.add(
        At::Key(kind),
        format!("this lopper was built without the feature '{feature}', and cannot reach [deep_storage.{kind}]"),
        format!("install one that was built with it: cargo install --path . --features {feature}"),
    );
    mistakes.or(None)
}

/// The JSON Schema (draft 2020-12) of `lopper.toml`, for editors.
pub fn schema() -> serde_json::Value {
    schema_of::<ConfigSpec>().clone()
}

/// A path that means the same from every directory.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn is_absent(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}
