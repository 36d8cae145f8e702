//! Segments in S3, deleted as Druid's `S3DataSegmentKiller` deletes them: the zip and the descriptor beside it, or
//! all objects below a key that ends with a slash.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectMeta, RetryConfig};

use super::wire::{Patience, Wire};
use super::{DeleteError, Found, Listed};
use crate::config;
use crate::error::{Error, Result};

const DESCRIPTOR: &str = "descriptor.json";

/// A bucket. It is connected to when it is first asked for something.
#[derive(Clone)]
pub(super) struct S3 {
    place: config::S3,
    wire: OnceLock<Arc<Wire>>,
}

/// Without the connection, which knows the credentials.
impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3").field("place", &self.place).finish_non_exhaustive()
    }
}

impl S3 {
    pub(super) fn new(place: config::S3) -> Self {
        Self { place, wire: OnceLock::new() }
    }

    /// What the files of this place begin with.
    pub(super) fn prefix(&self) -> String {
        let below = if self.place.prefix.is_empty() { "" } else { "/" };
        format!("s3://{}/{}{below}", self.place.bucket, self.place.prefix)
    }

    /// Asks for the first page of the bucket's objects, which a missing bucket and wrong credentials refuse.
    pub(super) fn check(&self) -> Result<(), DeleteError> {
        let said = |error| {
            DeleteError(format!("the bucket {} cannot be read: {error}", self.place.bucket))
        };
        self.objects(&self.place.prefix)
            .and_then(|mut all| all.next().transpose())
            .map_err(said)?;
        Ok(())
    }

    fn wire(&self) -> Result<&Wire, DeleteError> {
        if let Some(wire) = self.wire.get() {
            return Ok(wire);
        }
        let patience = Patience::of_process();
        // A provider that is set already serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&self.place.bucket)
            .with_virtual_hosted_style_request(!self.place.path_style)
            .with_client_options(
                ClientOptions::new()
                    .with_timeout(patience.request)
                    .with_connect_timeout(patience.request)
                    .with_allow_http(self.place.allow_http),
            )
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: 3,
                retry_timeout: patience.request,
            });
        if let Some(region) = &self.place.region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &self.place.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let unusable =
            |_| DeleteError("[deep_storage.s3] and the AWS_ variables cannot be used".to_owned());
        let wire = Wire::new(Arc::new(builder.build().map_err(unusable)?), patience)?;
        Ok(self.wire.get_or_init(|| Arc::new(wire)))
    }

    fn objects(
        &self,
        prefix: &str,
    ) -> Result<impl Iterator<Item = Result<ObjectMeta, DeleteError>>, DeleteError> {
        Ok(self.wire()?.list(&exact(prefix)?))
    }

    /// Whether the zip, or anything below the folder, is there.
    pub(super) fn exists(&self, file: &str, datasource: &str) -> Result<bool, DeleteError> {
        let key = self.key(file)?;
        let failed = |error| DeleteError(format!("cannot look at {file}: {error}"));
        if key.ends_with('/') {
            return self.below(key, datasource).map(|objects| !objects.is_empty());
        }
        self.wire()?.exists(&exact(key)?).map_err(failed)
    }

    /// Deletes files of datasources, in their order. S3 does not tell what was there.
    pub(super) fn delete_many(&self, files: &[(&str, &str)]) -> Vec<Result<Found, DeleteError>> {
        let wire = match self.wire() {
            Ok(wire) => wire,
            Err(error) => return files.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut keys: Vec<Path> = Vec::new();
        // Each key once: S3's answer about a key does not say which of two it means.
        let mut places: HashMap<Path, usize> = HashMap::new();
        let wanted: Vec<Result<Vec<usize>, DeleteError>> = files
            .iter()
            .map(|(file, datasource)| {
                let put = |key: Path| {
                    *places.entry(key.clone()).or_insert_with(|| {
                        keys.push(key);
                        keys.len() - 1
                    })
                };
                Ok(self.keys(file, datasource)?.into_iter().map(put).collect())
            })
            .collect();
        let gone = wire.delete(&keys);
        let ended = wanted.into_iter().zip(files).map(|(wanted, (file, datasource))| {
            for index in wanted? {
                let failed = |error| DeleteError(format!("cannot delete {file}: {error}"));
                gone[index].clone().map_err(failed)?;
            }
            self.is_gone(file, datasource).map(|()| Found::Present)
        });
        ended.collect()
    }

    /// The objects of a file: all below a folder, else the zip and its descriptor.
    fn keys(&self, file: &str, datasource: &str) -> Result<Vec<Path>, DeleteError> {
        let key = self.key(file)?;
        if key.ends_with('/') {
            return self.below(key, datasource);
        }
        let descriptor = match key.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{DESCRIPTOR}"),
            None => DESCRIPTOR.to_owned(),
        };
        Ok(vec![exact(key)?, exact(&descriptor)?])
    }

    /// The key of a file, which must lie below the prefix.
    fn key<'a>(&self, file: &'a str) -> Result<&'a str, DeleteError> {
        let outside =
            || DeleteError(format!("{file} lies outside the configured place {}", self.prefix()));
        let below = file.strip_prefix(&self.prefix()).filter(|below| !below.is_empty());
        below.ok_or_else(outside)?;
        file.get("s3://".len() + self.place.bucket.len() + 1..).ok_or_else(outside)
    }

    /// The objects below a folder that is one segment's own (as in local deep storage).
    fn below(&self, key: &str, datasource: &str) -> Result<Vec<Path>, DeleteError> {
        let parts: Vec<_> = key
            .get(self.place.prefix.len()..)
            .unwrap_or_default()
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let above = parts.iter().position(|part| *part == datasource).unwrap_or(0);
        if parts.len() - above <= 2 {
            return Err(DeleteError(format!(
                "{key} is a folder that may hold other segments of '{datasource}'"
            )));
        }
        let failed = |error| DeleteError(format!("cannot list {key}: {error}"));
        let objects = self.objects(key.trim_end_matches('/'))?;
        let locations = objects.map(|object| object.map(|object| object.location).map_err(failed));
        // An object named as the folder itself comes without its slash, and would be another.
        locations
            .filter(|path| path.as_ref().map_or(true, |path| path.as_ref().starts_with(key)))
            .collect()
    }

    /// Asks again for a folder: names that the answer could not carry are left, and must not be forgotten.
    fn is_gone(&self, file: &str, datasource: &str) -> Result<(), DeleteError> {
        let key = self.key(file)?;
        if key.ends_with('/') && !self.below(key, datasource)?.is_empty() {
            return Err(DeleteError(format!("objects below {file} are still there")));
        }
        Ok(())
    }

    /// Tells `each` of every object. A descriptor comes before the zip beside it, and waits for it.
    pub(super) fn list(&self, each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let failed = |error: DeleteError| {
            Error::failed(format!("cannot list {}", self.prefix()))
                .because(error)
                .help("look at [deep_storage.s3] in lopper.toml and at the AWS_ variables of the environment")
        };
        let mut descriptor: Option<Listed> = None;
        for object in self.objects(&self.place.prefix).map_err(failed)? {
            let mut listed = self.listed(&object.map_err(failed)?);
            if let Some(before) = descriptor.take() {
                if before
                    .file
                    .strip_suffix(DESCRIPTOR)
                    .is_some_and(|folder| listed.file.strip_prefix(folder) == Some("index.zip"))
                {
                    listed.size = listed.size.saturating_add(before.size);
                } else {
                    each(before)?;
                }
            }
            if listed.file.ends_with("/descriptor.json") {
                descriptor = Some(listed);
            } else {
                each(listed)?;
            }
        }
        descriptor.map_or(Ok(()), each)
    }

    fn listed(&self, object: &ObjectMeta) -> Listed {
        let path = format!("s3://{}/{}", self.place.bucket, object.location);
        Listed {
            load_type: "s3_zip",
            file: path.clone(),
            path,
            size: object.size,
            modified_ms: object.last_modified.timestamp_millis(),
        }
    }
}

/// A key as a path that names this very object and no other.
fn exact(key: &str) -> Result<Path, DeleteError> {
    let refused = || DeleteError(format!("the key {key:?} cannot be named exactly"));
    let path = Path::parse(key).map_err(|_| refused())?;
    (path.as_ref() == key.trim_end_matches('/')).then_some(path).ok_or_else(refused)
}
