//! Names with control characters, which a dump may bring, and names that mean nothing.

use crate::support::{Answer, Lopper, seg};

#[test]
fn an_unknown_datasource_is_a_warning() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]).authoritative();
    for command in [
        &["mark-unused", "wikki", "--all"][..],
        &["mark-unused", "wikki", "--id", "x"],
        &["mark-used", "wikki*", "--all", "--include-overshadowed"],
        &["kill", "wikki", "--yes"],
        &["kill", "wiki", "wikki", "--yes"],
    ] {
        let told = lopper.run(command).code(0);
        assert!(told.stdout.contains("wikki") || told.stderr.contains("wikki"), "{told}");
        let report = lopper.run(command.iter().chain(&["--output", "json"])).code(0).json();
        let warnings = report["steps"][0]["warnings"].as_array().unwrap();
        assert!(warnings.iter().any(|warning| warning["code"] == "unknown-datasource"), "{report}");
        assert_eq!(report["steps"][0]["numChangedSegments"], 0);
    }
    assert_eq!(lopper.ids(true).len(), 1);
    lopper
        .run(["export", "--datasource", "wikki", "--datasource", "wiki"])
        .code(0)
        .stdout_has("wiki_2015-09-12")
        .stderr_has("no datasource is called 'wikki'");
}

/// A dump may bring any name. What is shown of it must not steer the terminal.
#[test]
fn names_with_terminal_escapes_are_shown_escaped() {
    let red = "\u{1b}[31mred\u{1b}[0m";
    let lopper = Lopper::new()
        .segments([
            seg(red, "2015-09-12/P1D").version("v\u{9b}2J"),
            seg("bi\u{202e}di", "2015-09-12/P1D"),
            seg("bell\u{7}", "2015-09-13/P1D").unused(),
        ])
        .authoritative()
        .job("escape", "description = \"a \\u001b[31m\"\n[[step]]\nop = 'mark-unused'\ndatasources = ['*']\nall = true\n")
        .job("count", "[[step]]\nop = 'check'\nsql = 'SELECT id, version AS \"\u{1b}[0m\" FROM segments'\n");
    let id = lopper.sql("SELECT id FROM druid_segments WHERE version <> 'v1'").remove(0);
    assert!(id.contains('\u{1b}'), "the store has the name as it is");
    let shown: Vec<Answer> = [
        &["jobs", "list"][..],
        &["plan", "escape"],
        &["run", "count"],
        &["run", "escape"],
        &["history"],
        &["history", "2"],
        &["history", "3"],
        &["mark-unused", "*red*", "--id", &id, red],
        &["mark-used", "*red*", "--id", &id],
        &["mark-unused", "*", "--where", &format!("id = '{id}'")],
        &["kill", "*", "--yes"],
        &["-vv", "kill", "*", "--yes"],
    ]
    .into_iter()
    .map(|command| lopper.run(command))
    .collect();
    for answer in &shown {
        for text in [&answer.stdout, &answer.stderr] {
            let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!text.contains(steers), "{:?}", answer.to_string());
        }
    }
    let all: String = shown.iter().map(ToString::to_string).collect();
    for name in ["\\u{1b}[31mred", "\\u{9b}2J", "bi\\u{202e}di", "bell\\u{7}"] {
        assert!(all.contains(name), "{name} is nowhere in\n{all:?}");
    }
}

/// What an error says of the file, of the store and of the job is escaped as well.
#[test]
fn paths_with_terminal_escapes_are_shown_escaped() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    let odd = "a\u{1b}[31mb";
    lopper.file(odd, "no store, no dump, no job");
    for command in [
        &["history", "--store", odd][..],
        &["history", "--store", "none\u{1b}[31m.db"],
        &["history", "--store", "none\u{1b}[31m/x.db"],
        &["import", odd],
        &["mark-unused", "wiki", "--ids-from", "none\u{1b}[31m"],
        &["mark-unused", "wiki", "--all", "--config", odd],
        &["run", odd],
        &["run", "none\u{1b}[31m.toml"],
        &["jobs", "validate", odd],
        &["jobs", "list", "--jobs", "none\u{1b}[31m"],
        &["export", "-o", "none\u{1b}[31m/x.csv"],
    ] {
        let answer =
            lopper.run(command).stdout_is("").stderr_lacks("\u{1b}").stderr_has("\\u{1b}[31m");
        assert!(matches!(answer.exit_code, 1 | 2), "{answer}");
    }
}
