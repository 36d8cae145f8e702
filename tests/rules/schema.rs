//! What `--output json` prints is a contract, and docs/rules.md names every code.

use serde_json::json;

use super::{DROP_FOREVER, LOAD_FOREVER, by_period, chain, segments};
use crate::output::assert_valid_as;

#[test]
fn every_answer_meets_its_schema() {
    let odd = chain([&by_period("dropByPeriod", "P1D"), LOAD_FOREVER, DROP_FOREVER]);
    let lopper = segments().rules([("wiki", &*odd), ("_default", r#"[{"type":"keep"}]"#)]);
    let run = |arguments: &[&str]| {
        let answer = lopper.run_with_input([arguments, &["--output", "json"]].concat(), &odd);
        assert_eq!(answer.lines().len(), 1, "one value on one line");
        answer.json()
    };
    let report = run(&["rules", "lint"]);
    assert!(report["findings"].as_array().unwrap().len() >= 3, "{report:#}");
    assert_valid_as(&lopper, "rules-lint", &report);
    for datasource in ["wiki", "koalas", "wikki"] {
        assert_valid_as(&lopper, "rules-set", &run(&["rules", "set", datasource]));
        assert_valid_as(&lopper, "rules-history", &run(&["rules", "history", datasource]));
    }
}

#[test]
fn a_finding_is_what_it_always_was() {
    let lopper = segments().rules([("wiki", &*chain([LOAD_FOREVER, DROP_FOREVER]))]);
    let report = lopper.run(["rules", "lint", "wiki", "--output", "json"]).code(0).json();
    let expected = json!({
        "logical_time": "2024-06-01T12:00:00.000Z", "errors": 0, "warnings": 1, "infos": 0,
        "findings": [{
            "datasource": "wiki",
            "rule": {"chain": "wiki", "number": 2},
            "severity": "warning",
            "code": "unreachable-rule",
            "message": "rule 2 (dropForever) is never asked: rule 1 (loadForever) before it takes everything",
            "segments": 5,
            "effect": "kept by rule 1"
        }]
    });
    assert_eq!(report, expected, "the report is now\n{report:#}");
    // And for people.
    let answer = lopper.run(["rules", "lint", "wiki"]).code(0);
    assert_eq!(
        answer.lines()[..2],
        [
            "severity  datasource  rule  code              segments  these are       what it is",
            "warning   wiki           2  unreachable-rule         5  kept by rule 1  rule 2 (dropForever) is never asked: rule 1 (loadForever) before it takes everything",
        ]
    );
}

/// The codes stand in the source as the only texts of that form.
#[test]
fn the_readme_names_every_code_and_these_tests_have_each() {
    let source = concat!(
        include_str!("../../src/rules/rule_checks.rs"),
        include_str!("../../src/rules/chain_checks.rs"),
        include_str!("../../src/rules/lint.rs"),
    );
    let tests = concat!(
        include_str!("lint_rule.rs"),
        include_str!("lint_chain.rs"),
        include_str!("lint_default.rs"),
        include_str!("lint_whole.rs"),
    );
    let is_code = |text: &&str| {
        text.contains('-') && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    let codes: Vec<&str> = source.split('"').filter(is_code).collect();
    assert!(codes.len() >= 18, "{codes:?}");
    let rules = include_str!("../../docs/rules.md");
    for code in codes {
        assert!(rules.contains(&format!("`{code}`")), "docs/rules.md does not name {code}");
        let present = tests.contains(&format!("\"{code} "));
        let absent = tests.contains(&format!("\"{code}\""));
        assert!(present && absent, "{code} has no test for its presence and its absence");
    }
}
