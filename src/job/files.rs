//! Job files on disk: reading one, listing a directory, finding a job by name or path.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::nearest;
use crate::config::problem::quoted;
use crate::config::source::quoted_path;
use crate::error::{Error, Result};
use crate::job::Job;

/// A file of ours is read up to this many bytes; a longer one is refused.
/// Every job file (`*.toml`, hidden ones aside) in a directory, sorted by path, each with its job or
/// with what is wrong. Files that share a job name are all wrong: which one is meant is unknown.
///
/// # Errors
/// When the directory cannot be read.
pub fn jobs_in(directory: &Path) -> Result<Vec<(PathBuf, Result<Job>)>> {
    let mut jobs = load_all(directory)?;
    let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (path, job) in &jobs {
        if let Ok(job) = job {
            files.entry(job.name.clone()).or_default().push(path.clone());
        }
    }
    for (_, job) in &mut jobs {
        let shared = job.as_ref().ok().and_then(|job| files.get_key_value(&job.name));
        if let Some((name, files)) = shared.filter(|(_, files)| files.len() > 1) {
            *job = Err(same_name(name, files));
        }
    }
    Ok(jobs)
}

/// The job meant by `name_or_path`: a file when the text looks like a path or is one, else the job of
/// that name in `directory`. Other files there may be broken.
///
/// # Errors
/// When there is no such job, when several files have its name, and for all mistakes in its file.
pub fn find(directory: &Path, name_or_path: &str) -> Result<Job> {
    let path = Path::new(name_or_path);
    if name_or_path.contains('/') || name_or_path.ends_with(".toml") || path.is_file() {
        return Job::load(path);
    }
    let (mut named, mut others) = (Vec::new(), Vec::new());
    for (path, job) in load_all(directory)? {
        match job {
            Ok(job) if job.name == name_or_path => named.push((path, job)),
            // A broken file is taken for the job of its own name.
            Err(error) if path.file_stem().is_some_and(|stem| stem == name_or_path) => {
                return Err(error);
            }
            other => others.extend(other.map(|job| job.name)),
        }
    }
    if named.len() > 1 {
        let files: Vec<PathBuf> = named.into_iter().map(|(path, _)| path).collect();
        return Err(same_name(name_or_path, &files));
    }
    named.pop().map(|(_, job)| job).ok_or_else(|| {
        let (name, directory) = (quoted(name_or_path), quoted_path(directory));
        let error = Error::usage(format!("no job {name} in {directory}"));
        match nearest(name_or_path, others.iter().map(String::as_str)) {
            Some(meant) => error.help(format!("did you mean '{meant}'?")),
            None => error.help("list the jobs with `lopper jobs list`"),
        }
    })
}

fn load_all(directory: &Path) -> Result<Vec<(PathBuf, Result<Job>)>> {
    let load = |path: PathBuf| (path.clone(), load_listed(&path));
    Ok(list(directory)?.into_iter().map(load).collect())
}

/// The job files (`*.toml`, hidden ones aside) of a directory, sorted.
///
/// # Errors
/// When the directory cannot be read, or everyone may write to it.
pub(crate) fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    crate::config::trust::check_directory(directory)?;
    let unreadable = |error| {
        let directory = quoted_path(directory);
        Error::usage(format!("cannot read the job directory {directory}")).because(error)
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The job in a file that nobody named, but that was found in a directory.
///
/// # Errors
/// As [`Job::load`]; also when it is no regular file: a pipe there would be waited for without end.
pub(crate) fn load_listed(path: &Path) -> Result<Job> {
    let is_special = |found: std::fs::Metadata| !found.is_file() && !found.is_dir();
    if path.metadata().is_ok_and(is_special) {
        let shown = quoted_path(path);
        return Err(Error::usage(format!("cannot read job file {shown}: it is no regular file"))
            .help("give it another name, or name it on the command line"));
    }
    Job::load(path)
}

/// What is wrong with files that hold a job of the same name.
pub(crate) fn same_name(name: &str, files: &[PathBuf]) -> Error {
    let files: Vec<String> = files.iter().map(|path| quoted_path(path)).collect();
    Error::usage(format!("the job name '{name}' stands in {}", files.join(" and in ")))
        .help("give each job a name of its own")
}
