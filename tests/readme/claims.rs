//! What the pages claim: commands, flags, keys, exit codes and links that there are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{page, pages, repository, section};
use crate::support::Lopper;

const COMMANDS: [&str; 17] = [
    "completions",
    "man",
    "import",
    "explain",
    "export",
    "fsck",
    "run",
    "plan",
    "enforce-rules",
    "mark-unused",
    "mark-used",
    "kill",
    "lock",
    "history",
    "rules",
    "jobs",
    "schedule",
];

/// The words of a text that satisfy a condition, without what surrounds them.
fn words(text: &str, is_wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    text.split(ends).filter(|word| is_wanted(word)).map(str::to_owned).collect()
}

fn flags(text: &str) -> BTreeSet<String> {
    words(text, |word| word.len() > 2 && word.starts_with("--") && !word.ends_with('-'))
}

/// The help of the program and of all its commands.
fn help() -> String {
    let lopper = Lopper::new();
    let commands = COMMANDS.map(|command| vec![command, "--help"]);
    let jobs = ["list", "validate", "next", "crontab", "schema"]
        .map(|command| vec!["jobs", command, "--help"]);
    let rules = ["get", "set", "history", "lint"].map(|command| vec!["rules", command, "--help"]);
    let locks = ["add", "list", "remove"].map(|command| vec!["lock", command, "--help"]);
    let all = [vec!["--help"]].into_iter().chain(commands).chain(jobs).chain(rules).chain(locks);
    all.map(|arguments| lopper.run(arguments).code(0).stdout).collect()
}

#[test]
fn the_readme_names_every_command_and_no_other() {
    let help = Lopper::new().run(["--help"]).code(0).stdout;
    let (_, listed) = help.split_once("\nCommands:\n").unwrap();
    let mut there: Vec<&str> = listed
        .lines()
        .map_while(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    let mut known = COMMANDS.to_vec();
    there.sort_unstable();
    known.sort_unstable();
    assert_eq!(there, known);
    let readme = page("README.md");
    let shown = section(&readme, "## Commands");
    for command in COMMANDS {
        assert!(shown.contains(&format!("`{command}")), "README.md does not name {command}");
    }
}

#[test]
fn the_readme_names_every_flag_and_the_pages_no_other() {
    let there = flags(&help());
    let readme = page("README.md");
    let named = flags(&readme);
    let missing: Vec<_> = there.difference(&named).filter(|flag| *flag != "--help").collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
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
fn the_readme_names_every_key_of_a_job_file() {
    let lopper = Lopper::new();
    let schema: Value = lopper.run(["jobs", "schema"]).code(0).json();
    let readme = page("README.md");
    let section = section(&readme, "## Job files");
    let properties = |schema: &Value| -> Vec<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let mut keys = properties(&schema);
    keys.extend(properties(&schema["properties"]["guard"]));
    for step in schema["properties"]["step"]["items"]["oneOf"].as_array().unwrap() {
        keys.extend(properties(step));
        keys.push(step["properties"]["op"]["const"].as_str().unwrap().to_owned());
    }
    let named = words(section, |_| true);
    let missing: Vec<_> = keys.iter().filter(|key| !named.contains(*key)).collect();
    assert!(missing.is_empty(), "README.md does not name {missing:?}");
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
                        .replace(['`', '.', ','], "")
                });
                assert!(anchors.any(|there| there == anchor), "{name}: no heading for {target}");
            }
        }
    }
}

#[test]
fn the_readme_names_every_exit_code() {
    let readme = page("README.md");
    let table = section(&readme, "### Exit codes");
    let row = |code: &str| table.lines().any(|line| line.starts_with(&format!("| {code}")));
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
        assert!(row(&code.to_string()), "README.md has no exit code {code}");
    }
    lopper
        .job("failing", "[[step]]\nop = \"check\"\nsql = \"SELECT 1\"\n")
        .run(["run", "failing"])
        .code(1);
    assert!(["1", "5", "130, 143"].into_iter().all(row));
}
