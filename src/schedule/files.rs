//! The job files in force: what stands in a directory, as it was last sound.
//!
//! Files are polled, not watched: that works on every file system, through links, and for a directory that is not there
//! yet. A look costs one listing and one `stat` for each file; only what has changed is read.
//!
//! A change counts when two looks in a row have seen it: a file that is being written is not read half, one that an
//! editor renames aside for a moment does not stop its job, and a file under a new name is not a job that is removed and
//! another that is loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::job::{Job, list, load_listed, same_name};
use crate::schedule::claims::{Claims, settle};
use crate::schedule::place::file_id;
use crate::schedule::stamp::Stamp;

/// What a look believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// What has changed, and has not changed since the look before.
    Changed,
    /// All that is there, at once; what was told of files that are broken is told again.
    All,
}

/// What became of a job file.
#[derive(Debug)]
pub enum Event {
    /// A job is in force as its file has it now.
    InForce {
        /// The job's name.
        job: String,
        /// Its file.
        path: PathBuf,
        /// What happened to it: `loaded`, `changed`, or `moved` to this file.
        was: &'static str,
    },
    /// A job is not in force any more: its file is gone, or holds another job.
    Removed {
        /// The job's name.
        job: String,
        /// The file that it came from.
        path: PathBuf,
    },
    /// A file holds no sound job, or one whose name another file has.
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Error,
        /// Whether a job of this file is in force all the same, as it was last sound.
        keeps: bool,
    },
    /// A file that was broken holds the job that is in force from it, as it was.
    Mended {
        /// The file.
        path: PathBuf,
    },
    /// The directory cannot be read, or is not to be trusted; all jobs stay in force.
    Unreadable {
        /// Why.
        error: Error,
    },
}

impl Event {
    /// One line of the log.
    pub(super) fn tell(&self) {
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::InForce { job, path, was } => {
                tracing::info!(job = %job, file = %shown(path), "job {was}");
            }
            Self::Removed { job, path } => {
                tracing::info!(job = %job, file = %shown(path), "job removed: it is not started any more");
            }
            Self::Broken { path, error, keeps } => {
                let kept = if *keeps { "; its last good version stays in force" } else { "" };
                tracing::error!(file = %shown(path), "job file is broken{kept}: {}", error.log_line());
            }
            Self::Mended { path } => {
                tracing::info!(file = %shown(path), "job file is sound again");
            }
            Self::Unreadable { error } => {
                tracing::error!(
                    "the job files cannot be read, and stay in force: {}",
                    error.log_line()
                );
            }
        }
    }
}

/// The job files of a directory.
#[derive(Debug)]
pub struct JobFiles {
    directory: PathBuf,
    files: BTreeMap<PathBuf, Seen>,
    in_force: BTreeMap<String, Arc<Job>>,
    /// Why the directory could not be read, when that has been told.
    unreadable: Option<String>,
    /// Which directory it was when files were seen in it.
    seen_in: Option<(u64, u64)>,
    /// Files of which a fault was told, as of the last look.
    broken: usize,
}

/// What is known of a file.
#[derive(Debug, Default)]
struct Seen {
    /// `None` when it cannot be looked at, as a link that leads nowhere.
    stamp: Option<Stamp>,
    /// Whether the stamp has changed since the file was read.
    is_changed: bool,
    /// Whether the file was read after two looks had found the same stamp.
    is_settled: bool,
    /// Whether the look before did not find it.
    is_gone: bool,
    /// The job that it holds; of a broken file the one that is in force.
    job: Option<Arc<Job>>,
    is_broken: bool,
    /// What is wrong with it, when that has been told.
    told: Option<String>,
}

impl Seen {
    /// Takes note of a stamp; answers whether it is another one than before.
    fn is_new_stamp(&mut self, stamp: Option<Stamp>) -> bool {
        let is_new = self.stamp != stamp;
        if is_new {
            (self.stamp, self.is_changed, self.is_settled) = (stamp, true, false);
        }
        is_new
    }
}

impl JobFiles {
    /// The files of a directory that has not been looked at yet.
    pub fn new(directory: PathBuf) -> Self {
        let (files, in_force) = (BTreeMap::new(), BTreeMap::new());
        Self { directory, files, in_force, unreadable: None, seen_in: None, broken: 0 }
    }

    /// The jobs in force, by name.
    pub fn in_force(&self) -> impl ExactSizeIterator<Item = &Arc<Job>> {
        self.in_force.values()
    }

    /// The job of that name that is in force.
    pub fn job(&self, name: &str) -> Option<&Arc<Job>> {
        self.in_force.get(name)
    }

    /// Whether every file has a job in force, so that a job without a file is known to be gone. Which job a broken file
    /// would have held, nobody knows.
    ///
    /// A directory without job files says nothing, unless files have been seen in that very directory: it may be the place of
    /// a mount that comes late, or is gone.
    pub fn is_whole(&self) -> bool {
        let sound: BTreeSet<&Path> =
            self.in_force.values().filter_map(|job| job.file.as_deref()).collect();
        let is_known = self.unreadable.is_none() && !self.may_be_unmounted();
        is_known && self.files.keys().all(|path| sound.contains(path.as_path()))
    }

    /// Whether there is no job file, and never was one in that very directory.
    pub fn may_be_unmounted(&self) -> bool {
        self.files.is_empty()
            && (self.seen_in.is_none() || self.seen_in != file_id(&self.directory))
    }

    /// How many files hold no sound job, or one whose name another file has.
    pub fn broken(&self) -> usize {
        self.broken
    }

    /// The files of which a fault was told, and it is still there.
    fn told(&self) -> impl Iterator<Item = (&PathBuf, &Seen)> {
        self.files.iter().filter(|(_, seen)| seen.told.is_some())
    }

    /// Looks at the directory and answers what became of its files.
    pub fn look(&mut self, read: Read) -> Vec<Event> {
        let paths = match list(&self.directory) {
            Ok(paths) => paths,
            Err(error) => return self.cannot_be_read(error, read),
        };
        if self.unreadable.take().is_some() {
            tracing::info!(directory = %self.directory.display(), "the job files can be read again");
        }
        if !paths.is_empty() {
            self.seen_in = file_id(&self.directory);
        }
        let broken: Vec<PathBuf> = self.told().map(|(path, _)| path.clone()).collect();
        let mut faults = Vec::new();
        for path in &paths {
            if let Some(error) = self.look_at(path, read) {
                faults.push((path.clone(), error));
            }
        }
        self.forget_gone(&paths, read);
        let mut events = self.put_in_force(&mut faults);
        events.extend(self.tell(faults));
        let mended = self.mended(broken, &events);
        events.extend(mended);
        self.broken = self.told().count();
        events
    }

    /// Once is enough: this is found every two seconds.
    fn cannot_be_read(&mut self, error: Error, read: Read) -> Vec<Event> {
        let told = self.unreadable.replace(error.to_string());
        if read == Read::Changed && told == self.unreadable {
            return Vec::new();
        }
        vec![Event::Unreadable { error }]
    }

    /// Looks at one file and reads it when that is due; answers what is wrong with it.
    fn look_at(&mut self, path: &Path, read: Read) -> Option<Error> {
        let stamp = Stamp::of(path);
        let is_new = !self.files.contains_key(path);
        let seen = self.files.entry(path.to_owned()).or_default();
        seen.is_gone = false;
        let has_changed = seen.is_new_stamp(stamp) || is_new;
        let is_due = read == Read::All || !(has_changed || seen.is_settled);
        if !is_due {
            return None;
        }
        let job = load_listed(path);
        if seen.is_new_stamp(Stamp::of(path)) {
            // It is being written: the next looks wait for its end.
            return None;
        }
        if seen.is_changed || read == Read::All {
            seen.told = None;
        }
        // A file may change within the tick of the file system's clock in which it was read, so that its stamp stays: what
        // is read at first sight is read once more at the next look.
        (seen.is_changed, seen.is_settled) = (false, read == Read::Changed);
        seen.is_broken = job.is_err();
        match job {
            Ok(job) => {
                // The same job again is the job that is in force.
                let same = seen.job.take().filter(|old| **old == job);
                seen.job = Some(same.unwrap_or_else(|| Arc::new(job)));
                None
            }
            Err(error) => {
                seen.job = of_file(&self.in_force, path).cloned();
                Some(error)
            }
        }
    }

    /// Forgets the files that are not there any more.
    fn forget_gone(&mut self, paths: &[PathBuf], read: Read) {
        let there: BTreeSet<&PathBuf> = paths.iter().collect();
        self.files.retain(|path, seen| {
            let stays = there.contains(path) || (read == Read::Changed && !seen.is_gone);
            seen.is_gone = !there.contains(path);
            stays
        });
    }

    /// Puts in force what the files hold now. Adds the files whose job has another's name to those that are at fault.
    fn put_in_force(&mut self, faults: &mut Vec<(PathBuf, Error)>) -> Vec<Event> {
        let held: Vec<(&Path, &Arc<Job>)> = self
            .files
            .iter()
            .filter_map(|(path, seen)| Some((path.as_path(), seen.job.as_ref()?)))
            .collect();
        let Claims { in_force, refused } = settle(&held, &self.in_force);
        // A file that is gone will have lost its name by the next look.
        let is_gone = |file: &PathBuf| self.files.get(file).is_some_and(|seen: &Seen| seen.is_gone);
        let refused: BTreeMap<PathBuf, Error> = refused
            .into_iter()
            .filter(|(_, claim)| !claim.files.iter().any(&is_gone))
            .map(|(path, claim)| (path.to_owned(), same_name(claim.name, &claim.files)))
            .collect();
        for (path, seen) in &mut self.files {
            if !seen.is_broken && !refused.contains_key(path) {
                seen.told = None;
            }
        }
        faults.extend(refused.into_iter().filter(|(path, _)| {
            // What is wrong with the text of a file comes first.
            self.files.get(path).is_some_and(|seen| !seen.is_broken)
        }));
        let before = std::mem::replace(&mut self.in_force, in_force);
        differences(&before, &self.in_force)
    }

    /// Tells of each fault once, until the file changes.
    fn tell(&mut self, faults: Vec<(PathBuf, Error)>) -> Vec<Event> {
        let mut events = Vec::new();
        for (path, error) in faults {
            let Some(seen) = self.files.get_mut(&path) else { continue };
            let told = seen.told.replace(error.to_string());
            if told != seen.told {
                let keeps = of_file(&self.in_force, &path).is_some();
                events.push(Event::Broken { path, error, keeps });
            }
        }
        events
    }

    /// Of the files that were broken, those that are sound now, and of which nothing else is to be told.
    fn mended(&self, broken: Vec<PathBuf>, events: &[Event]) -> Vec<Event> {
        let is_told = |file: &PathBuf| {
            events.iter().any(|event| matches!(event, Event::InForce { path, .. } if path == file))
        };
        let holds = |job: &Job| self.in_force.get(&job.name).is_some_and(|held| **held == *job);
        let is_sound = |file: &PathBuf| {
            let seen = self.files.get(file).filter(|seen| seen.told.is_none());
            seen.and_then(|seen| seen.job.as_deref()).is_some_and(holds)
        };
        let mended = broken.into_iter().filter(|file| is_sound(file) && !is_told(file));
        mended.map(|path| Event::Mended { path }).collect()
    }
}

/// The job that is in force from a file.
fn of_file<'a>(in_force: &'a BTreeMap<String, Arc<Job>>, path: &Path) -> Option<&'a Arc<Job>> {
    in_force.values().find(|job| job.file.as_deref() == Some(path))
}

/// How the jobs that are in force now differ from those before.
fn differences(
    before: &BTreeMap<String, Arc<Job>>,
    now: &BTreeMap<String, Arc<Job>>,
) -> Vec<Event> {
    let file = |job: &Job| job.file.clone().unwrap_or_default();
    let gone = before.iter().filter(|(name, _)| !now.contains_key(*name));
    let mut events: Vec<Event> =
        gone.map(|(name, job)| Event::Removed { job: name.clone(), path: file(job) }).collect();
    for (name, job) in now {
        let was = match before.get(name) {
            Some(old) if Arc::ptr_eq(old, job) || old == job => continue,
            Some(old) if is_moved(old, job) => "moved",
            Some(_) => "changed",
            None => "loaded",
        };
        events.push(Event::InForce { job: name.clone(), path: file(job), was });
    }
    events
}

fn is_moved(old: &Job, new: &Job) -> bool {
    Job { file: new.file.clone(), ..old.clone() } == *new
}
