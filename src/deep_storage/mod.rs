//! Deletes the files of killed segments, in the places that `lopper.toml` names and nowhere else.

mod apart;
#[cfg(feature = "s3")]
mod aws_profile;
#[cfg(feature = "buckets")]
mod bucket;
#[cfg(not(feature = "buckets"))]
#[path = "no_bucket.rs"]
mod bucket;
#[cfg(feature = "buckets")]
mod client;
#[cfg(feature = "buckets")]
mod confirm;
#[cfg(feature = "buckets")]
mod credentials;
#[cfg(feature = "buckets")]
mod deletions;
#[cfg(feature = "buckets")]
mod fault;
#[cfg(feature = "buckets")]
mod keys;
#[cfg(feature = "buckets")]
mod listing;
mod local;
mod names;
#[cfg(feature = "buckets")]
mod stores;
mod walk;
#[cfg(feature = "buckets")]
mod wire;
#[cfg(feature = "buckets")]
mod xml;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use bucket::Bucket;
use local::Local;
pub use names::Names;

/// The places that lopper may delete from.
#[derive(Debug, Clone)]
pub struct DeepStorage {
    local: Option<Local>,
    buckets: Vec<Bucket>,
    /// Not 0 once the run has to stop.
    stop: Arc<AtomicUsize>,
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
    /// Bytes, with those of the descriptor beside a zip.
    pub size: u64,
    /// When it was last written, in milliseconds since 1970.
    pub modified_ms: i64,
    /// Whether a deletion can name it, and no other object with it.
    pub is_exact: bool,
}

/// Why what lies behind a link out of the root is never deleted.
pub const LEADS_OUT: &str = "behind a link that leads out of the root";

/// Why a folder is never deleted that is not one segment's own.
const SHALLOW: &str = "a folder that may hold other segments";

/// Why what lies elsewhere is never deleted.
const OUTSIDE: &str = "outside the configured deep storage";

/// The load spec type of segments that have no files.
const TOMBSTONE: &str = "tombstone";

/// The load spec type of files in a directory.
const LOCAL: &str = "local";

/// Load spec types that could be deleted, each with the section of `lopper.toml` that says where.
const SECTIONS: [(&str, &str); 4] =
    [(LOCAL, "local"), ("s3_zip", "s3"), ("google", "google"), ("azure", "azure")];

/// How many kinds of buckets this build knows.
const BUCKETS: usize = cfg!(feature = "s3") as usize
    + cfg!(feature = "gcs") as usize
    + cfg!(feature = "azure") as usize;

impl DeepStorage {
    /// The places of a configuration. Nothing is connected to yet. Once `stop` is not 0, no answer is waited for much
    /// longer: what has none then fails.
    pub fn new(config: &Config, stop: &Arc<AtomicUsize>) -> Self {
        let places = &config.deep_storage;
        let buckets: [Option<Bucket>; BUCKETS] = [
            #[cfg(feature = "s3")]
            places.s3.clone().map(|s3| Bucket::new(s3, stop)),
            #[cfg(feature = "gcs")]
            places.google.clone().map(|google| Bucket::new(google, stop)),
            #[cfg(feature = "azure")]
            places.azure.clone().map(|azure| Bucket::new(azure, stop)),
        ];
        Self {
            local: places.local.as_deref().map(|root| Local::new(root, stop)),
            buckets: buckets.into_iter().flatten().collect(),
            stop: Arc::clone(stop),
        }
    }

    /// Load spec types that can be deleted here, each with the prefix that its files must have (see
    /// `LoadSpec::file`); none for types without files.
    pub fn places(&self) -> impl Iterator<Item = (&'static str, Option<String>)> {
        let local = self.local.iter().map(|local| (LOCAL, Some(local.prefix())));
        let buckets = self.buckets.iter().map(|bucket| (bucket.load_type(), Some(bucket.prefix())));
        local.chain(buckets).chain(std::iter::once((TOMBSTONE, None)))
    }

    /// Load spec types of files that a configuration may have a place for.
    pub fn known_types() -> [&'static str; 4] {
        SECTIONS.map(|(load_type, _)| load_type)
    }

    /// Looks whether the places can be reached, at the cost of one request each.
    ///
    /// # Errors
    /// When one cannot.
    pub fn check(&self) -> Result<()> {
        let refused =
            || Error::failed("deep storage cannot be reached, so nothing was deleted").passing();
        if let Some(Err(error)) =
            self.local.as_ref().map(|local| apart::check_root(local, &self.stop))
        {
            return Err(self.or_stopped(
                refused()
                    .because(error)
                    .help("mount it, or correct root under [deep_storage.local] in lopper.toml"),
            ));
        }
        for bucket in &self.buckets {
            let failed = |error| self.or_stopped(refused().because(error).help(bucket.help()));
            bucket.check().map_err(failed)?;
        }
        Ok(())
    }

    /// An error, or that the run had to stop, which is why others fail.
    fn or_stopped(&self, error: Error) -> Error {
        match self.stop.load(Ordering::Relaxed) {
            0 => error,
            _ => Error::new(Kind::Interrupted(0), "deep storage was not waited for"),
        }
    }

    /// Whether the file that a load spec points to is there; a type without files always is.
    ///
    /// # Errors
    /// When the type or the place is not configured, or the place does not answer.
    pub fn exists(&self, file: &Doomed<'_>) -> Result<bool, DeleteError> {
        match self.place(file)? {
            Place::None => Ok(true),
            Place::Local(local) => local.exists(file.file.unwrap_or_default()),
            Place::Bucket(bucket) => bucket.exists(file),
        }
    }

    /// Whether deletions would find anything: any object that [`Self::delete_many`] would take. Answers in the order of
    /// `files`, one for each, and asks a place for several at a time; a type without files always is there.
    pub fn exists_many(&self, files: &[Doomed<'_>]) -> Vec<Result<bool, DeleteError>> {
        self.for_each(
            files,
            true,
            |local, files| {
                files.iter().map(|file| local.exists(file.file.unwrap_or_default())).collect()
            },
            Bucket::exists_many,
        )
    }

    /// Whether a deletion of the file takes a folder, part by part.
    pub fn is_folder(&self, file: &Doomed<'_>) -> bool {
        match self.place(file) {
            Ok(Place::Local(local)) => local.is_folder(file.file.unwrap_or_default()),
            Ok(Place::Bucket(bucket)) => bucket.is_folder(file),
            Ok(Place::None) | Err(_) => false,
        }
    }

    /// What a listing calls a file that a load spec may reach through links; `None` where it is not there, or lies
    /// outside of what is listed. Only local files have links.
    ///
    /// # Errors
    /// As for [`Self::exists`].
    pub fn real_name(&self, file: &Doomed<'_>) -> Result<Option<String>, DeleteError> {
        match self.place(file)? {
            Place::Local(local) => local.real_name(file.file.unwrap_or_default()),
            Place::None | Place::Bucket(_) => Ok(None),
        }
    }

    /// What finds the real names of local files, where a root is configured.
    pub fn names(&self) -> Option<std::io::Result<Names>> {
        self.local.as_ref().map(|local| Names::of_root(local.root()))
    }

    /// What lies below each file that is a folder, and would go with it: files and folders, in the form of
    /// `LoadSpec::file`, links not followed. Nothing for a single file, and for what is in no place.
    pub fn inside_many(&self, files: &[Doomed<'_>]) -> Vec<Result<Vec<String>, DeleteError>> {
        let mut results: Vec<_> = files.iter().map(|_| None).collect();
        if let Some(local) = &self.local {
            fill(&mut results, files, LOCAL, |files| {
                files.iter().map(|file| local.inside(file)).collect()
            });
        }
        for bucket in &self.buckets {
            fill(&mut results, files, bucket.load_type(), |files| bucket.inside_many(files));
        }
        results.into_iter().map(|result| result.unwrap_or(Ok(Vec::new()))).collect()
    }

    /// Whether a file, or a link of its name, is there; where [`Self::exists`] asks whether a segment could be loaded.
    ///
    /// # Errors
    /// As for [`Self::exists`].
    pub fn is_there(&self, file: &Doomed<'_>) -> Result<bool, DeleteError> {
        match self.place(file)? {
            Place::Local(local) => local.is_there(file.file.unwrap_or_default()),
            Place::None | Place::Bucket(_) => self.exists(file),
        }
    }

    /// Whether files of a load spec type lie on a disk.
    pub fn is_local(&self, load_type: &str) -> bool {
        load_type == LOCAL
    }

    /// The datasource's folder below the root, where it is there and empty although a file of it is looked for: a disk
    /// that should be mounted there. (A kill takes folders away that it leaves empty.)
    pub fn unmounted_folder(&self, file: &Doomed<'_>) -> Option<String> {
        let local = self.local.as_ref().filter(|_| file.load_type == Some(LOCAL))?;
        local.unmounted_folder(file.file?)
    }

    /// Whether a local file lies behind a link that leads out of the root.
    pub fn leads_out(&self, file: &Doomed<'_>) -> bool {
        match self.place(file) {
            Ok(Place::Local(local)) => local.leads_out(file.file.unwrap_or_default()),
            _ => false,
        }
    }

    /// Why a file could never be deleted here, whatever became of its row: it lies outside of the place, or too far up to
    /// be one segment's own; it is a folder where a file is meant; or no request can name it.
    pub fn never_deletable(&self, file: &Doomed<'_>) -> Option<String> {
        match self.place(file).ok()? {
            Place::None => None,
            Place::Local(local) => local.never_deletable(file),
            Place::Bucket(bucket) => bucket.never_deletable(file),
        }
    }

    /// As [`Self::never_deletable`], and what a kill finds by the disk's own names: a link that leads out of the root, or
    /// a name of which the disk does not say where it leads. `names` are those of [`Self::names`].
    pub fn never_goes(&self, names: Option<&Names>, file: &Doomed<'_>) -> Option<String> {
        if let Some(why) = self.never_deletable(file) {
            return Some(why);
        }
        let (names, named) = names.filter(|_| file.load_type == Some(LOCAL)).zip(file.file)?;
        match names.real_of_file(named) {
            Ok(real) if real == named => None,
            Ok(_) => self.leads_out(file).then(|| LEADS_OUT.to_owned()),
            Err(error) => Some(format!("by a name that the disk does not resolve ({error})")),
        }
    }

    /// Deletes what load specs point to, as Druid's own killers of those types do. What is already gone counts as
    /// deleted. Answers in the order of `files`, one for each: when the type or the place is not configured, or the
    /// place refuses, that file has an error and the others go. Returns within some two minutes, whatever the places do.
    pub fn delete_many(&self, files: &[Doomed<'_>]) -> Vec<Result<Found, DeleteError>> {
        self.for_each(
            files,
            Found::NoFile,
            |local, files| apart::delete_many(local, files, &self.stop),
            Bucket::delete_many,
        )
    }

    /// Asks each place about its files; those of types without files get `no_file`.
    fn for_each<T: Clone>(
        &self,
        files: &[Doomed<'_>],
        no_file: T,
        local: impl FnOnce(&Local, &[Doomed<'_>]) -> Vec<Result<T, DeleteError>>,
        bucket: impl Fn(&Bucket, &[Doomed<'_>]) -> Vec<Result<T, DeleteError>>,
    ) -> Vec<Result<T, DeleteError>> {
        let mut results: Vec<_> = files
            .iter()
            .map(|file| match self.place(file) {
                Ok(Place::None) => Some(Ok(no_file.clone())),
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            })
            .collect();
        if let Some(place) = &self.local {
            fill(&mut results, files, LOCAL, |files| local(place, files));
        }
        for place in &self.buckets {
            fill(&mut results, files, place.load_type(), |files| bucket(place, files));
        }
        let missed = || Err(DeleteError("deep storage did not answer".to_owned()));
        results.into_iter().map(|result| result.unwrap_or_else(missed)).collect()
    }

    /// Where a file is.
    fn place(&self, file: &Doomed<'_>) -> Result<Place<'_>, DeleteError> {
        let load_type = file.load_type.ok_or("the payload has no load spec".to_owned());
        let load_type = load_type.map_err(DeleteError)?;
        let bucket = self.buckets.iter().find(|bucket| bucket.load_type() == load_type);
        let place = match (load_type, &self.local, bucket) {
            (TOMBSTONE, ..) => return Ok(Place::None),
            (LOCAL, Some(local), _) => Place::Local(local),
            (_, _, Some(bucket)) => Place::Bucket(bucket),
            _ => {
                let section = SECTIONS.iter().find(|(known, _)| *known == load_type);
                return Err(DeleteError(section.map_or_else(
                    || format!("files of load spec type {load_type} are not supported: they cannot be deleted here"),
                    |(_, section)| {
                        format!("no [deep_storage.{section}] is configured in lopper.toml")
                    },
                )));
            }
        };
        let unnamed = || DeleteError(format!("the load spec of type {load_type} names no file"));
        file.file.map(|_| place).ok_or_else(unnamed)
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
        let listed = self.buckets.iter().try_for_each(|bucket| bucket.list(each));
        listed.map_err(|error| self.or_stopped(error))
    }
}

/// Where a file is.
enum Place<'a> {
    /// Nowhere: a tombstone has none.
    None,
    Local(&'a Local),
    Bucket(&'a Bucket),
}

/// Asks a place about the files of its type that have no result yet.
fn fill<T>(
    results: &mut [Option<Result<T, DeleteError>>],
    files: &[Doomed<'_>],
    load_type: &str,
    ask: impl FnOnce(&[Doomed<'_>]) -> Vec<Result<T, DeleteError>>,
) {
    let is_meant =
        |index: &usize| results[*index].is_none() && files[*index].load_type == Some(load_type);
    let indexes: Vec<usize> = (0..files.len()).filter(is_meant).collect();
    let some: Vec<Doomed<'_>> = indexes.iter().map(|index| files[*index]).collect();
    if some.is_empty() {
        return;
    }
    for (index, result) in indexes.into_iter().zip(ask(&some)) {
        results[index] = Some(result);
    }
}
