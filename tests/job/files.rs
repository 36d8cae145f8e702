//! Job files on disk.

use std::fs;
use std::path::Path;

use lopper::job::Job;
use lopper::job::{find, jobs_in};
use lopper::ops::{Selector, Step};

fn job(name: &str) -> String {
    format!("name = \"{name}\"\n[[step]]\nop = \"check\"\nsql = \"SELECT 1\"\n")
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let load = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        Job::load(&path).unwrap_err()
    };
    let error = Job::load(&directory.path().join("absent.toml")).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("cannot read job file"), "{error}");
    let error = Job::load(directory.path()).unwrap_err().to_string();
    assert!(error.contains("cannot read job file"), "{error}");
    let error = load("latin1.toml", b"name = \"j\"\ndescription = \"d\xe9j\xe0\"\n").to_string();
    assert!(error.contains("is not UTF-8 (line 2)"), "{error}");
    let error = load("large.toml", &vec![b'#'; (1 << 20) + 1]).to_string();
    assert!(error.contains("is larger than 1 MiB"), "{error}");
    let error = load("broken.toml", b"name = 5\n");
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("broken.toml:1:8: expected a string"), "{error}");
}

#[test]
fn a_directory_is_listed_in_order_without_hidden_files() {
    let directory = tempfile::tempdir().unwrap();
    for (file, text) in [
        ("b.toml", job("second")),
        ("a.toml", job("first")),
        ("broken.toml", "name = 5".to_owned()),
        (".hidden.toml", job("first")),
        ("notes.txt", "no job".to_owned()),
    ] {
        fs::write(directory.path().join(file), text).unwrap();
    }
    let jobs = jobs_in(directory.path()).unwrap();
    let names: Vec<_> =
        jobs.iter().map(|(_, job)| job.as_ref().ok().map(|job| job.name.as_str())).collect();
    assert_eq!(names, [Some("first"), Some("second"), None]);
    assert_eq!(jobs[0].1.as_ref().unwrap().file.as_deref(), Some(&*jobs[0].0));
    assert!(jobs_in(&directory.path().join("absent")).is_err());
}

#[test]
fn a_job_is_found_by_name_or_path() {
    let directory = tempfile::tempdir().unwrap();
    let place = |file: &str| directory.path().join(file);
    fs::write(place("a.toml"), job("wikipedia")).unwrap();
    fs::write(place("b.toml"), job("twice")).unwrap();
    fs::write(place("c.toml"), job("twice")).unwrap();
    fs::write(place("broken.toml"), "x = 1").unwrap();

    assert_eq!(find(directory.path(), "wikipedia").unwrap().name, "wikipedia");
    let path = place("b.toml");
    assert_eq!(find(Path::new("elsewhere"), path.to_str().unwrap()).unwrap().name, "twice");
    let error = find(directory.path(), "twice").unwrap_err().to_string();
    assert!(error.contains("b.toml") && error.contains("c.toml"), "{error}");
    let error = find(directory.path(), "broken").unwrap_err().to_string();
    assert!(error.contains("broken.toml:1:1: unknown key 'x'"), "{error}");
    let error = find(directory.path(), "wikipeda").unwrap_err();
    assert_eq!(error.next_step(), Some("did you mean 'wikipedia'?"));

    let jobs = jobs_in(directory.path()).unwrap();
    let wrong = jobs.iter().filter(|(_, job)| job.is_err()).count();
    assert_eq!(wrong, 3, "both files of one name, and the broken one");
}

#[test]
fn paths_in_a_job_are_relative_to_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("j.toml");
    let text = "name = \"j\"\n[[step]]\nop = \"import\"\nfiles = [\"a.csv\", \"/b.csv\"]\n\
                [[step]]\nop = \"mark-used\"\ndatasource = \"d\"\nids_from = \"ids.txt\"\n";
    fs::write(&path, text).unwrap();
    let steps = Job::load(&path).unwrap().steps;
    let (Step::Import(import), Step::MarkUsed(mark)) = (&steps[0], &steps[1]) else {
        panic!("{steps:?}")
    };
    assert_eq!(import.files, [directory.path().join("a.csv"), "/b.csv".into()]);
    assert_eq!(mark.selector, Selector::IdsFrom(directory.path().join("ids.txt")));
}
