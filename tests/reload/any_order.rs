//! Whatever happens to files, in whatever order: what is in force follows from what is there.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use lopper::job::Job;
use lopper::job::jobs_in;
use lopper::schedule::{FileEvent, Read};

use super::{Folder, job};
use crate::support::Chance;

const FILES: [&str; 3] = ["a.toml", "b.toml", "c.toml"];
const NAMES: [&str; 3] = ["a", "b", "c"];
const STORIES: u64 = 60;
const CHANGES: usize = 40;

/// What was told of the jobs: each in force, and from which file.
type Told = BTreeMap<String, PathBuf>;

#[test]
fn what_is_in_force_follows_from_what_is_there() {
    for seed in 0..STORIES {
        let (mut folder, mut told, mut chance) = (Folder::new(), Told::new(), Chance(seed));
        for change in 0..CHANGES {
            happen(&folder, &mut chance, change);
            for _ in 0..chance.below(4) {
                look(&mut folder, Read::Changed, &mut told);
            }
            if chance.below(10) == 0 {
                look(&mut folder, Read::All, &mut told);
                check(&folder, &told, &format!("seed {seed}, change {change}, all read"));
            } else if chance.below(4) == 0 {
                (0..3).for_each(|_| look(&mut folder, Read::Changed, &mut told));
                check(&folder, &told, &format!("seed {seed}, change {change}"));
            }
        }
    }
}

/// One change, each with its own number in it.
fn happen(folder: &Folder, chance: &mut Chance, change: usize) {
    let (file, other) = (chance.one_of(&FILES), chance.one_of(&FILES));
    let is_there = folder.path(file).exists();
    match chance.below(8) {
        0..=2 => folder.write(file, job(chance.one_of(&NAMES), &change.to_string())),
        3 => folder.write(file, format!("name = {change}\n")),
        4 if is_there => folder.rename(file, other),
        5 if is_there => folder.remove(file),
        6 if is_there => drop(fs::copy(folder.path(file), folder.path(other)).unwrap()),
        7 if is_there => {
            let mode = chance.one_of(&[0o644, 0o666]);
            fs::set_permissions(folder.path(file), Permissions::from_mode(mode)).unwrap();
        }
        _ => {}
    }
}

fn look(folder: &mut Folder, read: Read, told: &mut Told) {
    for event in folder.files.look(read) {
        match event {
            FileEvent::InForce { job, path, was } => {
                let before = told.insert(job, path);
                assert_eq!(before.is_some(), was != "loaded");
            }
            FileEvent::Removed { job, path } => assert_eq!(told.remove(&job), Some(path)),
            FileEvent::Broken { path, keeps, .. } => {
                let is_kept = folder.files.in_force().any(|job| job.file.as_ref() == Some(&path));
                assert_eq!(keeps, is_kept);
            }
            FileEvent::Mended { path } => {
                assert!(folder.files.in_force().any(|job| job.file.as_ref() == Some(&path)));
            }
            FileEvent::Unreadable { error } => panic!("{error}"),
        }
    }
    folder.tick();
}

#[track_caller]
fn check(folder: &Folder, told: &Told, when: &str) {
    let in_force: Vec<&Job> = folder.files.in_force().map(AsRef::as_ref).collect();
    let file = |job: &Job| job.file.clone().unwrap();
    let known: Told = in_force.iter().map(|job| (job.name.clone(), file(job))).collect();
    assert_eq!(&known, told, "{when}: what was told is what is in force");
    let there: BTreeMap<PathBuf, Option<Job>> = jobs_in(&folder.path(""))
        .unwrap()
        .into_iter()
        .map(|(path, job)| (path, job.ok()))
        .collect();
    for job in &in_force {
        let there = there.get(&file(job));
        // A file that is broken, or whose name another one has, may keep an older version; a sound one that is alone may not.
        assert!(there.is_some(), "{when}: {} has no file", job.name);
        assert!(
            there.unwrap().as_ref().is_none_or(|there| there.name != job.name || there == *job),
            "{when}: {} is old",
            job.name
        );
    }
    for job in there.values().flatten() {
        // Sound, and the only sound one of its name: in force, unless a broken file keeps the name.
        let holder = in_force.iter().find(|one| one.name == job.name);
        let is_kept_by_broken = |one: &&Job| file(one) != file(job) && there[&file(one)].is_none();
        assert!(
            holder.is_some_and(|one| *one == job || is_kept_by_broken(one)),
            "{when}: {} of {} is not in force",
            job.name,
            file(job).display()
        );
    }
}
