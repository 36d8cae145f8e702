//! What the pages claim: flags, keys, exit codes and links that there are. The reference is generated, and these tests hold
//! it against what the program itself answers.

use std::collections::BTreeSet;

use clap::{Command, CommandFactory};
use serde_json::Value;

use super::{page, pages, repository, section};
use crate::support::Lopper;

const COMMANDS: &str = "docs/reference/commands.md";

/// The words of a text that satisfy a condition, without what surrounds them.
fn words(text: &str, is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    text.split(ends).filter(|word| is_wanted(word)).map(str::to_owned).collect()
}

fn flags(text: &str) -> BTreeSet<String> {
    words(text, |word| word.len() > 2 && word.starts_with("--") && !word.ends_with('-'))
}

/// The commands below a command that do something, by their words: `jobs list`.
fn leaves(command: &Command) -> Vec<Vec<String>> {
    let below = command.get_subcommands().flat_map(|below| {
        let name = below.get_name().to_owned();
        let more = leaves(below);
        if more.is_empty() {
            vec![vec![name]]
        } else {
            more.into_iter().map(|words| [vec![name.clone()], words].concat()).collect()
        }
    });
    below.collect()
}

/// Every command with its help.
fn helps() -> Vec<(String, String)> {
    let lopper = Lopper::new();
    let commands = leaves(&lopper::cli::Cli::command());
    commands
        .into_iter()
        .map(|words| {
            let help = lopper.run([words.clone(), vec!["--help".to_owned()]].concat()).code(0);
            (words.join(" "), help.stdout)
        })
        .collect()
}

#[test]
fn the_reference_names_every_command_and_every_flag_of_it() {
    let page = page(COMMANDS);
    let global = flags(section(&page, "## Global options"));
    let helps = helps();
    assert!(helps.len() >= 25, "{helps:?}");
    for (command, help) in helps {
        let named = flags(section(&page, &format!("## lopper {command}")));
        let there = flags(&help);
        let missing: Vec<_> = there
            .difference(&named)
            .filter(|flag| !global.contains(*flag) && *flag != "--help")
            .collect();
        assert!(missing.is_empty(), "{COMMANDS} does not name {missing:?} of {command}");
    }
}

#[test]
fn the_pages_name_no_flag_that_no_command_has() {
    let there: BTreeSet<String> = helps().iter().flat_map(|(_, help)| flags(help)).collect();
    // Flags of cargo and of other people's programs.
    let foreign = [
        "--release",
        "--path",
        "--bench",
        "--test",
        "--ignored",
        "--nocapture",
        "--set",
        "--file",
        "--compact",
        "--default-character-set",
        "--encoding",
        "--skip-comments",
        "--all-targets",
        "--check",
        "--list",
        "--no-default-features",
        "--features",
        "--locked",
        "--version",
    ];
    for name in pages() {
        let wrong: Vec<_> = flags(&page(&name))
            .into_iter()
            .filter(|flag| !there.contains(flag) && !foreign.contains(&flag.as_str()))
            .collect();
        assert!(wrong.is_empty(), "{name} names {wrong:?}, which no command has");
    }
}

#[test]
fn the_reference_names_every_key_of_a_job_file() {
    let lopper = Lopper::new();
    let schema: Value = lopper.run(["jobs", "schema"]).code(0).json();
    let page = page("docs/reference/job-files.md");
    let holds = |heading: &str, schema: &Value| {
        let section = section(&page, heading);
        for key in schema["properties"].as_object().unwrap().keys() {
            let is_elsewhere = ["op", "step"].contains(&key.as_str());
            let row = format!("\n| `{key}` | ");
            assert!(is_elsewhere || section.contains(&row), "{heading} does not name {key}");
        }
    };
    holds("## The job", &schema);
    holds("## \\[guard\\]", &schema["properties"]["guard"]);
    for step in schema["properties"]["step"]["items"]["oneOf"].as_array().unwrap() {
        holds(&format!("### op = {}", step["properties"]["op"]["const"]), step);
    }
}

#[test]
fn every_link_leads_somewhere() {
    for name in pages() {
        let text = page(&name);
        let folder = repository().join(&name).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { repository().join(&name) } else { folder.join(path) };
            assert!(file.exists(), "{name} links to {target}, which is not there");
            if !anchor.is_empty() {
                let linked = std::fs::read_to_string(&file).unwrap();
                let heads = linked.lines().filter_map(|line| line.strip_prefix('#'));
                let mut anchors = heads.map(|head| {
                    head.trim_start_matches(['#', ' '])
                        .to_lowercase()
                        .replace(' ', "-")
                        .replace(['`', '.', ',', '\\', '[', ']', '"', '='], "")
                });
                assert!(anchors.any(|there| there == anchor), "{name}: no heading for {target}");
            }
        }
    }
}

#[test]
fn the_reference_names_every_exit_code() {
    let table = page("docs/reference/exit-codes.md");
    let row = |code: &str| table.lines().any(|line| line.starts_with(&format!("| {code} |")));
    let lopper = Lopper::new().import_sample();
    lopper.sql(
        "INSERT INTO locks (datasource, start_ms, end_ms, owner)
         VALUES ('koalas', 0, 4000000000000, 'a test')",
    );
    for (arguments, code) in [
        (["mark-unused", "wiki edits", "--all", "--quiet"], 0),
        (["mark-unused", "wiki edits", "--interval", "yesterday"], 2),
        (["kill", "wiki edits", "--yes", "--quiet"], 3),
        (["mark-unused", "koalas", "--all", "--quiet"], 4),
    ] {
        lopper.run(arguments).code(code);
        assert!(row(&code.to_string()), "the reference has no exit code {code}");
    }
    lopper
        .job("failing", "[[step]]\nop = \"check\"\nsql = \"SELECT 1\"\n")
        .run(["run", "failing"])
        .code(1);
    assert!(["1", "5", "130", "143"].into_iter().all(row));
}
