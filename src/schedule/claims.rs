//! Which file a job's name belongs to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::job::Job;

/// Who gets what.
#[derive(Debug)]
pub(super) struct Claims<'a> {
    /// The jobs in force, by name.
    pub(super) in_force: BTreeMap<String, Arc<Job>>,
    /// The files that did not get the name they claim.
    pub(super) refused: BTreeMap<&'a Path, Claim<'a>>,
}

/// A name that several files claim.
#[derive(Debug, Clone)]
pub(super) struct Claim<'a> {
    pub(super) name: &'a str,
    /// All of them, sorted.
    pub(super) files: Vec<PathBuf>,
}

/// Settles which of the jobs that files hold are in force.
///
/// A name that two files claim stays with the one that had it before. When none had it, none gets it: nobody knows which
/// one is meant. A file that is refused keeps the job it had under another name, unless some file claims that name.
pub(super) fn settle<'a>(
    held: &[(&'a Path, &'a Arc<Job>)],
    before: &BTreeMap<String, Arc<Job>>,
) -> Claims<'a> {
    let mut claims: BTreeMap<&str, Vec<(&Path, &Arc<Job>)>> = BTreeMap::new();
    for (path, job) in held {
        claims.entry(&job.name).or_default().push((path, job));
    }
    let mut in_force = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for (name, claimed) in &claims {
        let owner = owner(claimed, before.get(*name));
        if let Some((_, job)) = owner {
            in_force.insert((*name).to_owned(), Arc::clone(job));
        }
        let files: Vec<PathBuf> = claimed.iter().map(|(path, _)| path.to_path_buf()).collect();
        for (path, _) in claimed.iter().filter(|one| Some(one.0) != owner.map(|owner| owner.0)) {
            refused.insert(*path, Claim { name, files: files.clone() });
        }
    }
    for job in before.values().filter(|job| !claims.contains_key(job.name.as_str())) {
        if job.file.as_deref().is_some_and(|file| refused.contains_key(file)) {
            in_force.insert(job.name.clone(), Arc::clone(job));
        }
    }
    Claims { in_force, refused }
}

fn owner<'c, 'a>(
    claimed: &'c [(&'a Path, &'a Arc<Job>)],
    before: Option<&Arc<Job>>,
) -> Option<&'c (&'a Path, &'a Arc<Job>)> {
    if let [only] = claimed {
        return Some(only);
    }
    let file = before?.file.as_deref()?;
    claimed.iter().find(|(path, _)| *path == file)
}
