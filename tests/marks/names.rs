//! What the store holds can be named, whatever it is called.

use crate::support::{Lopper, seg};

const ODD: [&str; 13] = [
    "team/ads",
    "*",
    "?",
    "[a]",
    "a*b",
    "a[b]",
    "!ads",
    "-ads",
    "--all",
    "two words",
    " ",
    "../../etc",
    "tab\there",
];

/// A name as a glob that means it alone.
fn exactly(name: &str) -> String {
    let escaped = |c: char| if "*?[".contains(c) { format!("[{c}]") } else { c.to_string() };
    name.chars().map(escaped).collect()
}

fn store() -> Lopper {
    Lopper::new().segments(ODD.iter().chain(&["ab", "a"]).map(|name| seg(name, "2015-09-12/P1D")))
}

fn unused(lopper: &Lopper) -> Vec<String> {
    lopper.sql("SELECT datasource FROM segments WHERE used = 0 ORDER BY 1")
}

#[test]
fn each_name_means_its_datasource_alone() {
    let lopper = store();
    for name in ODD {
        let glob = exactly(name);
        lopper.run(["mark-unused", "--all", "--", &glob]).code(0);
        assert_eq!(unused(&lopper), [name]);
        lopper
            .run(["enforce-rules", "--dry-run", "--", &glob])
            .code(0)
            .stdout_lacks("no datasource");
        lopper.run(["kill", "--dry-run", "--", &glob]).code(3).stdout_lacks("no datasource");
        lopper.run(["rules", "lint", "--", &glob]).code(0).stdout_lacks("unknown-datasource");
        let export =
            lopper.run(["export", "--format", "jsonl", &format!("--datasource={glob}")]).code(0);
        assert_eq!(export.lines().len(), 1, "{export}");
        lopper.run(["mark-used", "--all", "--", &glob]).code(0);
        // Where a name is a name, it is written as it is.
        lopper.run(["explain", "--", name]).code(0);
        lopper.run(["explain", "--until", "P1D", "--", name]).code(0);
        lopper.run(["lock", "add", "--interval", "2030/2031", "--", name]).code(0);
        lopper
            .run_with_input(["rules", "set", "--", name, "-"], r#"[{"type":"loadForever"}]"#)
            .code(0);
        lopper.run(["rules", "get", "--", name]).code(0).stdout_has("loadForever");
    }
    assert_eq!(lopper.sql("SELECT count(*) FROM locks"), [ODD.len().to_string()]);
}

/// The exact name of the key `datasource` needs no sets, but for what would be a pattern.
#[test]
fn a_job_names_them_too() {
    for name in ODD {
        let key = if name.contains(['*', '?']) {
            format!("datasources = [{}]", toml::Value::from(exactly(name)))
        } else {
            format!("datasource = {}", toml::Value::from(name))
        };
        let lopper =
            store().job("j", &format!("[[step]]\nop = 'mark-unused'\nall = true\n{key}\n"));
        lopper.run(["run", "j"]).code(0);
        assert_eq!(unused(&lopper), [name]);
    }
}

#[test]
fn a_name_does_not_change_what_a_pattern_means() {
    for (pattern, count) in [("*", ODD.len() + 2), ("?", 4), ("a?", 1), ("a*", 4), ("a*b", 2)] {
        let lopper = store();
        lopper.run(["mark-unused", pattern, "--all"]).code(0);
        assert_eq!(unused(&lopper).len(), count, "{pattern}");
        let export = lopper.run(["export", "--format", "jsonl", "--datasource", pattern]).code(0);
        assert_eq!(export.lines().len(), count, "{pattern}");
    }
    // Without a wildcard, what is a name is a name.
    let lopper = store();
    lopper.run(["mark-unused", "a[b]", "--all"]).code(0);
    assert_eq!(unused(&lopper), ["a[b]"]);
}
