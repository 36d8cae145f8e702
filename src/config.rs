//! `lopper.toml`: what belongs to an installation and not to a job.

use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::Result;
use crate::job::reader::{Document, Part};
use crate::job::schema::schema_of;
use crate::job::{At, Guard, GuardSpec, Mistake, Mistakes, Problems, read_text};

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
}

/// Places of deep storage. A load spec outside of them is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeepStorage {
    /// A directory of this machine: absolute, without `..`.
    pub local: Option<PathBuf>,
    /// A bucket of S3, or of a store that speaks its protocol.
    pub s3: Option<S3>,
}

/// A bucket and how to reach it. Credentials come from the environment alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3 {
    /// The bucket's name.
    pub bucket: String,
    /// What keys begin with, whole parts without slashes at the ends; empty for the whole bucket.
    pub prefix: String,
    /// The region; else the environment's.
    pub region: Option<String>,
    /// The URL of a store other than Amazon's.
    pub endpoint: Option<String>,
    /// Whether the bucket is a part of the URL's path and not of its host name.
    pub path_style: bool,
    /// Whether an endpoint without TLS is allowed.
    pub allow_http: bool,
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
}

/// Places of deep storage, one table for each kind.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
struct DeepStorageSpec {
    /// Files on this machine, or on a disk that it mounts.
    local: Option<LocalSpec>,
    /// A bucket of S3, or of a store that speaks its protocol.
    s3: Option<S3Spec>,
}

/// Druid's `s3` deep storage. Credentials come from the environment alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
struct S3Spec {
    /// The bucket (Druid's `druid.storage.bucket`).
    #[schemars(required, length(min = 1), example = &"deep-storage")]
    bucket: Option<String>,
    /// What the keys of segments begin with (Druid's `druid.storage.baseKey`); "" for the whole bucket.
    #[schemars(required, example = &"druid/segments")]
    prefix: Option<String>,
    /// The region; else `AWS_REGION` or `AWS_DEFAULT_REGION` of the environment.
    region: Option<String>,
    /// The URL of a store other than Amazon's (Druid's `druid.s3.endpoint.url`).
    #[schemars(regex(pattern = "^https?://"))]
    endpoint: Option<String>,
    /// Whether the bucket is a part of the URL's path (Druid's `druid.s3.enablePathStyleAccess`); yes by default.
    path_style: Option<bool>,
    /// Whether an endpoint without TLS is allowed; no by default.
    allow_http: Option<bool>,
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
        Ok(Self::parse(&text, path)?)
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
        let places = spec.deep_storage.unwrap_or_default();
        let place = [Part::key("deep_storage"), Part::key("local")];
        let local = places.local.and_then(|local| document.checked(&place, local.check()));
        let place = [Part::key("deep_storage"), Part::key("s3")];
        let s3 = places.s3.and_then(|s3| document.checked(&place, s3.check()));
        let config = guard.map(|guard| Self {
            authoritative: spec.authoritative.unwrap_or_default(),
            deep_storage: DeepStorage { local, s3 },
            guard,
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

impl S3Spec {
    fn check(self) -> std::result::Result<S3, Vec<Mistake>> {
        let mut mistakes = Mistakes::default();
        let help = "write druid.storage.bucket of the cluster, such as bucket = \"deep-storage\"";
        match self.bucket.as_deref() {
            None => mistakes.add(At::Missing(&["bucket"]), "the place has no 'bucket'", help),
            Some(bucket) if bucket.is_empty() || bucket.contains('/') => {
                mistakes.add(At::Key("bucket"), "this is no name of a bucket", help);
            }
            Some(_) => {}
        }
        let help =
            "write druid.storage.baseKey of the cluster, such as prefix = \"druid/segments\"";
        let prefix = self.prefix.as_deref().map(|prefix| prefix.trim_matches('/'));
        match prefix {
            None => mistakes.add(At::Missing(&["prefix"]), "the place has no 'prefix'", help),
            Some("") => {}
            Some(prefix) if prefix.split('/').any(|part| matches!(part, "" | "." | "..")) => {
                mistakes.add(At::Key("prefix"), "a part of the prefix is empty or dots", help);
            }
            Some(_) => {}
        }
        let allow_http = self.allow_http.unwrap_or_default();
        if let Some(endpoint) = &self.endpoint {
            let help = "write a URL such as endpoint = \"https://s3.example.org\"";
            if endpoint.contains('@') {
                mistakes.add(At::Key("endpoint"), "credentials do not belong here", help);
            } else if endpoint.starts_with("http://") && !allow_http {
                let help = "use https, or set allow_http = true where the network can be trusted";
                mistakes.add(At::Key("endpoint"), "the endpoint has no TLS", help);
            } else if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
                mistakes.add(At::Key("endpoint"), "this is no URL", help);
            }
        }
        mistakes.or(self.bucket.as_ref().zip(prefix).map(|(bucket, prefix)| S3 {
            bucket: bucket.clone(),
            prefix: prefix.to_owned(),
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
            path_style: self.path_style.unwrap_or(true),
            allow_http,
        }))
    }
}

/// The JSON Schema (draft 2020-12) of `lopper.toml`, for editors.
pub fn schema() -> serde_json::Value {
    schema_of::<ConfigSpec>()
}

fn is_absent(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}
