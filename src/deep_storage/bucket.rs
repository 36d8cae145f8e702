//! Segments in a bucket of an object store: which objects a load spec stands for, and how they go. What differs between
//! the stores is in [`super::stores`].

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use object_store::path::Path;

use crate::config;
use crate::deep_storage::keys::{Plan, exact};
use crate::deep_storage::listing::Object;
use crate::deep_storage::wire::{Look, Patience, Remote, Wire};
use crate::deep_storage::{DeleteError, Doomed, Found, Listed, OUTSIDE, SHALLOW};
use crate::druid::folders_above;
use crate::error::{Error, Result};

const DESCRIPTOR: &str = "descriptor.json";

/// What a store's files are, and how it is reached.
pub(super) trait Store: fmt::Debug + Send + Sync {
    /// The load spec's type.
    fn load_type(&self) -> &'static str;
    /// The section of `lopper.toml` below `deep_storage`.
    fn section(&self) -> &'static str;
    /// What the environment variables with the credentials begin with.
    fn variables(&self) -> &'static str;
    /// The scheme of `LoadSpec::file`.
    fn scheme(&self) -> &'static str;
    /// The bucket.
    fn bucket(&self) -> &config::Bucket;
    /// What a key stands for.
    fn extent(&self, key: &str) -> Extent;
    /// Whether it tells that an object that is to be deleted was not there.
    fn tells_absent(&self) -> bool;
    /// Connects, without a request.
    fn connect(&self, patience: Patience) -> Result<Arc<dyn Remote>, DeleteError>;
}

/// Which objects go with a load spec's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Extent {
    /// The object, and the descriptor beside it.
    #[cfg_attr(
        not(any(feature = "s3", feature = "gcs")),
        expect(dead_code, reason = "Azure deletes folders")
    )]
    WithDescriptor,
    /// All below this, which ends with a slash.
    Below(String),
}

/// A bucket. It is connected to when it is first asked for something.
#[derive(Clone)]
pub(super) struct Bucket {
    store: Arc<dyn Store>,
    wire: OnceLock<Arc<Wire>>,
    /// Not 0 once the run has to stop.
    stop: Arc<AtomicUsize>,
}

/// Without the connection, which knows the credentials.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Bucket {
    pub(super) fn new(store: impl Store + 'static, stop: &Arc<AtomicUsize>) -> Self {
        Self { store: Arc::new(store), wire: OnceLock::new(), stop: Arc::clone(stop) }
    }

    pub(super) fn load_type(&self) -> &'static str {
        self.store.load_type()
    }

    /// What the files of this place begin with.
    pub(super) fn prefix(&self) -> String {
        let bucket = self.store.bucket();
        let below = if bucket.prefix.is_empty() { "" } else { "/" };
        format!("{}{}{below}", self.root(), bucket.prefix)
    }

    /// The bucket, in front of a key.
    fn root(&self) -> String {
        format!("{}://{}/", self.store.scheme(), self.store.bucket().name)
    }

    /// Where to look when it cannot be used.
    pub(super) fn help(&self) -> String {
        let (section, variables) = (self.store.section(), self.store.variables());
        format!(
            "look at [deep_storage.{section}] in lopper.toml and at the {variables} variables of the environment"
        )
    }

    /// Asks for the first page of the bucket's objects, which a missing bucket and wrong credentials refuse.
    pub(super) fn check(&self) -> Result<(), DeleteError> {
        let bucket = self.store.bucket();
        let at = bucket.endpoint.as_ref().map_or_else(String::new, |at| format!(" at {at}"));
        let said =
            |error| DeleteError(format!("the bucket {}{at} cannot be read: {error}", bucket.name));
        self.objects().and_then(|mut all| all.next().transpose()).map_err(said)?;
        Ok(())
    }

    fn wire(&self) -> Result<&Wire, DeleteError> {
        if let Some(wire) = self.wire.get() {
            return Ok(wire);
        }
        // A provider that is set already serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let patience = Patience::of_process();
        let store = self.store.connect(patience)?;
        let wire = Wire::new(store, patience, self.store.tells_absent(), Arc::clone(&self.stop))?;
        Ok(self.wire.get_or_init(|| Arc::new(wire)))
    }

    /// The objects of this place.
    fn objects(&self) -> Result<impl Iterator<Item = Result<Object, DeleteError>>, DeleteError> {
        let prefix = &self.store.bucket().prefix;
        let slash = if prefix.is_empty() { "" } else { "/" };
        Ok(self.wire()?.list(format!("{}{slash}", exact(prefix)?)))
    }

    /// Whether the object, or anything below the folder, is there.
    pub(super) fn exists(&self, file: &Doomed<'_>) -> Result<bool, DeleteError> {
        let named = file.file.unwrap_or_default();
        let failed = |error| DeleteError(format!("cannot look at {named}: {error}"));
        let key = self.key(named)?;
        let look = match exact(key) {
            Ok(folder) if key.ends_with('/') => Look::Below(folder),
            _ => Look::Object(key.to_owned()),
        };
        let wire = self.wire()?;
        let found = wire.look(vec![look], wire.end_of_call()).pop();
        found.unwrap_or(Ok(false)).map_err(failed)
    }

    /// Whether there is any object that a deletion would take, of each file.
    pub(super) fn exists_many(&self, files: &[Doomed<'_>]) -> Vec<Result<bool, DeleteError>> {
        let looks: Vec<_> = files.iter().map(|file| self.look(file)).collect();
        let wanted: Vec<Look> = looks.iter().flatten().cloned().collect();
        let wire = match self.wire() {
            Ok(wire) => wire,
            Err(error) => return files.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut found = wire.look(wanted, wire.end_of_call()).into_iter();
        let late = || Err(DeleteError("the store did not answer".to_owned()));
        looks
            .into_iter()
            .zip(files)
            .map(|(look, file)| {
                let named = file.file.unwrap_or_default();
                look.and_then(|_| found.next().unwrap_or_else(late))
                    .map_err(|error| DeleteError(format!("cannot look at {named}: {error}")))
            })
            .collect()
    }

    /// What shows whether a file is there.
    fn look(&self, file: &Doomed<'_>) -> Result<Look, DeleteError> {
        match self.folder(file)? {
            Some(folder) => Ok(Look::Below(folder)),
            None => Ok(Look::Object(self.key(file.file.unwrap_or_default())?.to_owned())),
        }
    }

    /// Deletes files, in their order. A store that is slow gets back what was not begun in time.
    pub(super) fn delete_many(&self, files: &[Doomed<'_>]) -> Vec<Result<Found, DeleteError>> {
        let wire = match self.wire() {
            Ok(wire) => wire,
            Err(error) => return files.iter().map(|_| Err(error.clone())).collect(),
        };
        let end = wire.end_of_call();
        let mut plan = Plan::default();
        let wanted: Vec<_> = self
            .objects_of(wire, files, end)
            .into_iter()
            .map(|keys| keys.map(|keys| plan.put_all(keys)))
            .collect();
        let mut gone = wire.delete(&plan.keys, end);
        self.doubt_absence(&mut gone);
        let mut results: Vec<Result<Found, DeleteError>> = wanted
            .into_iter()
            .zip(files)
            .map(|(wanted, file)| {
                let failed = |error| {
                    DeleteError(format!("cannot delete {}: {error}", file.file.unwrap_or_default()))
                };
                let mut found = Found::Absent;
                for index in wanted? {
                    if gone[index].clone().map_err(failed)? == Found::Present {
                        found = Found::Present;
                    }
                }
                Ok(found)
            })
            .collect();
        self.ask_again(wire, files, end, &mut results);
        results
    }

    /// The objects below the folders among files, and the folders between, by their names.
    pub(super) fn inside_many(
        &self,
        files: &[Doomed<'_>],
    ) -> Vec<Result<Vec<String>, DeleteError>> {
        let folders: Vec<_> = files.iter().map(|file| self.folder(file)).collect();
        if folders.iter().all(|folder| matches!(folder, Ok(None))) {
            return files.iter().map(|_| Ok(Vec::new())).collect();
        }
        let wire = match self.wire() {
            Ok(wire) => wire,
            Err(error) => return files.iter().map(|_| Err(error.clone())).collect(),
        };
        self.objects_of(wire, files, wire.end_of_call())
            .into_iter()
            .zip(folders)
            .map(|(objects, folder)| match folder? {
                None => Ok(Vec::new()),
                Some(folder) => Ok(self.names_inside(&folder, &objects?)),
            })
            .collect()
    }

    fn names_inside(&self, folder: &Path, objects: &[Path]) -> Vec<String> {
        let top = format!("{}{folder}", self.root());
        let mut names = BTreeSet::new();
        for object in objects {
            let name = format!("{}{object}", self.root());
            for above in folders_above(&name).take_while(|above| above.len() > top.len()) {
                names.insert(above.to_owned());
                names.insert(format!("{above}/"));
            }
            names.insert(name);
        }
        names.into_iter().collect()
    }

    /// Why a file could never be deleted here.
    pub(super) fn never_deletable(&self, file: &Doomed<'_>) -> Option<String> {
        let named = file.file.unwrap_or_default();
        let Ok(key) = self.key(named) else {
            let is_place = named == self.prefix();
            return Some(if is_place { SHALLOW } else { OUTSIDE }.to_owned());
        };
        if exact(key).is_err() || self.single(file).is_err() {
            return Some("by a name that no request can carry exactly".to_owned());
        }
        self.folder(file).err().map(|_| SHALLOW.to_owned())
    }

    /// A bucket that has vanished says of every object that it is not there.
    fn doubt_absence(&self, gone: &mut [Result<Found, DeleteError>]) {
        let is_absent = |result: &Result<Found, DeleteError>| *result == Ok(Found::Absent);
        if !gone.iter().any(is_absent) {
            return;
        }
        if let Err(error) = self.check() {
            for result in gone.iter_mut().filter(|result| is_absent(result)) {
                *result = Err(error.clone());
            }
        }
    }

    /// Asks once more for what was below folders: names that an answer could not carry are left, and must not be
    /// forgotten.
    fn ask_again(
        &self,
        wire: &Wire,
        files: &[Doomed<'_>],
        end: Instant,
        results: &mut [Result<Found, DeleteError>],
    ) {
        let again: Vec<(usize, Path)> = files
            .iter()
            .enumerate()
            .filter(|(index, _)| results[*index].is_ok())
            .filter_map(|(index, file)| Some((index, self.folder(file).ok()??)))
            .collect();
        let prefixes: Vec<Path> = again.iter().map(|(_, prefix)| prefix.clone()).collect();
        for ((index, _), left) in again.iter().zip(wire.below(&prefixes, end)) {
            let named = files[*index].file.unwrap_or_default();
            let left = left.map(|left| left.first().map(|object| self.file(&object.key)));
            match left {
                Ok(None) => {}
                Ok(Some(left)) => {
                    let message = format!("{left} below {named} is still there");
                    results[*index] = Err(DeleteError(message));
                }
                Err(error) => results[*index] = Err(error),
            }
        }
    }

    /// The objects of each file.
    fn objects_of(
        &self,
        wire: &Wire,
        files: &[Doomed<'_>],
        end: Instant,
    ) -> Vec<Result<Vec<Path>, DeleteError>> {
        let folders: Vec<_> = files.iter().map(|file| self.folder(file)).collect();
        let prefixes: Vec<Path> = folders.iter().flatten().flatten().cloned().collect();
        let mut listed = wire.below(&prefixes, end).into_iter();
        let late = || Err(DeleteError("the store did not answer".to_owned()));
        files
            .iter()
            .zip(folders)
            .map(|(file, folder)| match folder? {
                None => self.single(file),
                Some(_) => self.paths(listed.next().unwrap_or_else(late)).map_err(|error| {
                    DeleteError(format!("cannot list {}: {error}", file.file.unwrap_or_default()))
                }),
            })
            .collect()
    }

    /// The paths of objects. One that has none is named: with it, a folder cannot go whole.
    fn paths(&self, objects: Result<Vec<Object>, DeleteError>) -> Result<Vec<Path>, DeleteError> {
        let path = |object: Object| {
            exact(&object.key).map_err(|error| DeleteError(format!("{error}; it lies there")))
        };
        objects?.into_iter().map(path).collect()
    }

    /// The folder whose objects are a segment's; `None` where it is a single object.
    fn folder(&self, file: &Doomed<'_>) -> Result<Option<Path>, DeleteError> {
        let key = self.key(file.file.unwrap_or_default())?;
        match self.store.extent(key) {
            Extent::Below(_) if file.orphan => Ok(None),
            Extent::Below(folder) => self.own_folder(&folder, file.datasource).map(Some),
            Extent::WithDescriptor => Ok(None),
        }
    }

    /// An object, and the descriptor beside it. Beside an orphan it is its own only if that is an `index.zip`.
    fn single(&self, file: &Doomed<'_>) -> Result<Vec<Path>, DeleteError> {
        let key = self.key(file.file.unwrap_or_default())?;
        let mut keys = vec![exact(key)?];
        let (folder, name) =
            key.rsplit_once('/').map_or(("", key), |(folder, name)| (folder, name));
        if !file.orphan || name == "index.zip" {
            let slash = if folder.is_empty() { "" } else { "/" };
            keys.push(exact(&format!("{folder}{slash}{DESCRIPTOR}"))?);
        }
        Ok(keys)
    }

    /// The key of a file, which must lie below the prefix.
    fn key<'a>(&self, file: &'a str) -> Result<&'a str, DeleteError> {
        let prefix = self.prefix();
        let outside = || DeleteError(format!("{file} lies outside the configured place {prefix}"));
        let below = file.strip_prefix(&prefix).filter(|below| !below.is_empty());
        below.ok_or_else(outside)?;
        file.get(self.root().len()..).ok_or_else(outside)
    }

    /// Whether all that lies below a key is meant.
    pub(super) fn is_folder(&self, file: &Doomed<'_>) -> bool {
        self.folder(file).is_ok_and(|folder| folder.is_some())
    }

    /// A folder that is one segment's own (as in local deep storage).
    fn own_folder(&self, key: &str, datasource: &str) -> Result<Path, DeleteError> {
        let below = key.get(self.store.bucket().prefix.len()..).unwrap_or_default();
        let parts: Vec<_> = below.split('/').filter(|part| !part.is_empty()).collect();
        let above = parts.iter().position(|part| *part == datasource).unwrap_or(0);
        if parts.len() - above <= 2 {
            return Err(DeleteError(format!(
                "{key} is a folder that may hold other segments of '{datasource}'"
            )));
        }
        exact(key)
    }

    /// Tells `each` of every object. A descriptor comes before the zip beside it, and waits for it.
    pub(super) fn list(&self, each: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let failed = |error: DeleteError| {
            Error::failed(format!("cannot list {}", self.prefix())).because(error).help(self.help())
        };
        let mut descriptor: Option<Listed> = None;
        for object in self.objects().map_err(failed)? {
            let object = object.map_err(failed)?;
            if object.is_folder() {
                continue;
            }
            let mut listed = self.listed(&object);
            if let Some(before) = descriptor.take() {
                let folder = before.file.strip_suffix(DESCRIPTOR);
                if folder
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

    fn listed(&self, object: &Object) -> Listed {
        Listed {
            load_type: self.store.load_type(),
            file: self.file(&object.key),
            size: object.size,
            modified_ms: object.modified_ms,
            is_exact: exact(&object.key).is_ok() && !object.key.ends_with('/'),
        }
    }

    /// An object in the form of `LoadSpec::file`.
    fn file(&self, key: &str) -> String {
        format!("{}{key}", self.root())
    }
}
