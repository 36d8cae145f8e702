//! `completions` and `man`: what packagers ship beside the program.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use clap::{Command as Commands, CommandFactory};

use crate::support::{Answer, Lopper, tools};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// `lopper` and every command below it, each as the words that name it.
fn commands() -> Vec<Vec<String>> {
    fn add(command: &Commands, before: &[String], all: &mut Vec<Vec<String>>) {
        let words = [before, &[command.get_name().to_owned()]].concat();
        command.get_subcommands().for_each(|below| add(below, &words, all));
        all.push(words);
    }
    let mut all = Vec::new();
    add(&lopper::cli::Cli::command(), &[], &mut all);
    all
}

/// What bash offers behind `words`, of which the last one is to be completed.
fn offered(lopper: &Lopper, words: &[&str]) -> Vec<String> {
    let script = format!(
        "source lopper.bash; COMP_WORDS=({}); COMP_CWORD={}; _lopper lopper \"${{COMP_WORDS[-1]}}\" \
         \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len() - 1,
    );
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc", "-c", &script]).current_dir(lopper.path(""));
    Answer::of(&mut bash).code(0).lines().into_iter().map(str::to_owned).collect()
}

#[test]
fn every_shell_gets_a_script_that_names_every_command() {
    let lopper = Lopper::new();
    for shell in SHELLS {
        let script = lopper.run(["completions", shell]).code(0).stderr_is("").stdout;
        for name in commands().iter().filter_map(|words| words.last()) {
            assert!(script.contains(name.as_str()), "{shell}: no {name}");
        }
    }
    let wrong = lopper.run(["completions", "tcsh"]).code(2);
    SHELLS.into_iter().fold(wrong, Answer::stderr_has);
}

#[test]
fn bash_reads_its_script_and_completes_commands_flags_and_values() {
    if !tools::has("bash") {
        return;
    }
    let lopper = Lopper::new();
    lopper.file("lopper.bash", lopper.run(["completions", "bash"]).code(0).stdout);
    let mut check = Command::new("bash");
    check.args(["-n", "lopper.bash"]).current_dir(lopper.path(""));
    Answer::of(&mut check).code(0).stderr_is("");
    assert_eq!(offered(&lopper, &["lopper", "enf"]), ["enforce-rules"]);
    assert_eq!(offered(&lopper, &["lopper", "jobs", "val"]), ["validate"]);
    assert_eq!(offered(&lopper, &["lopper", "kill", "--missing"]), ["--missing-files"]);
    assert_eq!(offered(&lopper, &["lopper", "kill", "--missing-files", "a"]), ["accept"]);
}

#[test]
fn every_command_has_a_manual_page_with_its_flags() {
    let lopper = Lopper::new();
    lopper.run(["man", "--out", "share/man1"]).code(0).stdout_is("").stderr_is("");
    let mut pages: BTreeMap<String, String> = fs::read_dir(lopper.path("share/man1"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    for words in commands() {
        let name = format!("{}.1", words.join("-"));
        let page = pages.remove(&name).unwrap_or_else(|| panic!("there is no page {name}"));
        let has = |text: &str| assert!(page.contains(text), "{name} has no {text:?}\n{page}");
        has(&words.join(" ").replace('-', "\\-"));
        has(".SH \"EXIT STATUS\"\n");
        has("\\-\\-store");
    }
    assert!(pages.is_empty(), "{pages:?}");
}

#[test]
fn groff_has_nothing_to_say_about_the_pages() {
    if !tools::has("groff") {
        return;
    }
    let lopper = Lopper::new();
    lopper.run(["man", "-o", "man1"]).code(0);
    for entry in fs::read_dir(lopper.path("man1")).unwrap() {
        let mut groff = Command::new("groff");
        groff.args(["-man", "-Kutf8", "-Tutf8", "-ww"]).arg(entry.unwrap().path());
        Answer::of(&mut groff).code(0).stderr_is("").stdout_has("lopper(1)");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let lopper = Lopper::new();
    lopper.file("taken", "");
    lopper
        .run(["man", "--out", "taken/man1"])
        .code(1)
        .stderr_has("cannot write the manual to taken/man1")
        .stderr_has("help: name a directory");
}
