//! The page of the examples: it names each of them, its links lead somewhere, its commands are taken.

use std::fs;

use super::{is_taken, path, text};

#[test]
fn it_names_every_file() {
    let page = text("README.md");
    for entry in fs::read_dir(path("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || page.contains(&format!("({name})")), "{name}");
    }
    for target in page.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap()) {
        assert!(path(target).exists(), "{target}");
    }
}

/// The words behind lopper, where a line runs it: itself, behind `--`, or as the image.
fn arguments(line: &str) -> Option<Vec<&str>> {
    let line = line.split(['>', '#']).next()?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_run = |place: usize| match words[place] {
        "lopper" => place == 0 || words[place - 1] == "--",
        "lopper:0.1.0" => words[..2] == ["docker", "run"],
        _ => false,
    };
    let place = (0..words.len()).find(|place| is_run(*place))?;
    Some(words[place + 1..].to_vec())
}

#[test]
fn its_commands_are_taken() {
    let page = text("README.md").replace("\\\n", " ");
    let blocks = page.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let commands: Vec<_> = blocks.flat_map(str::lines).filter_map(arguments).collect();
    assert_eq!(commands.len(), 5, "{commands:?}");
    for words in commands {
        is_taken(&words);
    }
}
