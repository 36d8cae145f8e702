//! `rules lint` as a command: what it looks at, what it answers, and that it changes nothing.

use super::{DROP_FOREVER, LOAD_FOREVER, assert_has, by_period, chain, findings, only, segments};
use crate::support::Lopper;

#[test]
fn a_clean_store_has_no_findings() {
    let lopper = segments().rules([("_default", &*chain([LOAD_FOREVER]))]);
    lopper.store_unchanged(|lopper| {
        lopper.run(["rules", "lint"]).code(0).stdout_is("nothing found").stderr_is("");
    });
    let report = lopper.run(["rules", "lint", "--output", "json"]).code(0).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn an_error_is_told_by_the_exit_code() {
    let drop = chain([by_period("dropByPeriod", "P1D")]);
    let lopper = segments().rules([("wiki", &*drop), ("_default", &chain([LOAD_FOREVER]))]);
    lopper.store_unchanged(|lopper| {
        lopper.run(["rules", "lint"]).code(1).stdout_has("1 error, 0 warnings, 0 infos");
    });
    lopper.run(["rules", "lint", "koalas"]).code(0);
}

#[test]
fn globs_choose_and_a_typing_mistake_is_told() {
    let drop = chain([DROP_FOREVER]);
    let lopper = segments().rules([("wiki", &*drop), ("koalas", &drop)]);
    for (glob, about) in [("wi*", "wiki"), ("k*", "koalas")] {
        let report = lopper.run(["rules", "lint", glob, "--output", "json"]).code(0).json();
        assert_eq!(only(&report, "drops-everything")["datasource"], about);
    }
    lopper.run(["rules", "lint", "wikki"]).code(0).stderr_has("no datasource is called 'wikki'");
    lopper.run(["rules", "lint", "wiki"]).code(0).stderr_is("");
}

#[test]
fn another_day_gives_another_answer() {
    let rules = chain([&by_period("loadByPeriod", "P1M"), LOAD_FOREVER, DROP_FOREVER]);
    let lopper = segments().rules([("wiki", &*rules)]);
    let at = |at| findings(&lopper, "wiki", &["wiki", "--at", at]);
    assert_has(&at("2025-01-01"), "matches-nothing 1 info 0");
    assert!(!at("2024-07-15").iter().any(|one| one.starts_with("matches-nothing")));
    assert!(!at("now+P1M").iter().any(|one| one.starts_with("matches-nothing")));
    lopper.run(["rules", "lint", "--at", "soon"]).code(2).stderr_has("invalid --at");
}

#[test]
fn the_chain_of_a_file_takes_the_place_of_the_own_one() {
    let lopper = segments().rules([("wiki", &*chain([DROP_FOREVER]))]);
    let file = lopper.file("new.json", chain([&by_period("dropByPeriod", "P1D")]));
    let file = file.to_str().unwrap();
    lopper.store_unchanged(|lopper| {
        let found = findings(lopper, "wiki", &["wiki", "--file", file]);
        assert_has(&found, "drops-newest 1 error 1");
        assert!(!found.iter().any(|one| one.starts_with("drops-everything")), "{found:?}");
        // One that is broken is a finding; no list at all is one about the whole.
        lopper
            .run_with_input(["rules", "lint", "wiki", "--file", "-"], r#"[{"type":"keep"}]"#)
            .code(1)
            .stdout_has("rule 1 is broken");
        lopper
            .run_with_input(["rules", "lint", "wiki", "--file", "-"], "{")
            .code(1)
            .stdout_has("the chain is broken: expected a list of rules");
        lopper.run(["rules", "lint", "wiki", "koalas", "--file", file]).code(2);
        lopper.run(["rules", "lint", "--file", file]).code(2);
        lopper.run(["rules", "lint", "wiki", "--file", "no-such-file"]).code(2);
    });
    // Also for a name that the store does not know.
    assert_has(
        &findings(&lopper, "new", &["new", "--file", file]),
        "unknown-datasource - warning 0",
    );
}

#[test]
fn segments_at_the_ends_of_time_are_counted() {
    let lopper = Lopper::new()
        .segments(["wiki -146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z"])
        .rules([("wiki", &*chain([LOAD_FOREVER, DROP_FOREVER]))]);
    assert_has(&findings(&lopper, "wiki", &[]), "unreachable-rule 2 warning 1");
}

#[test]
fn names_and_reasons_do_not_steer_the_terminal() {
    let name = "wi\u{1b}[31mki";
    let lopper = segments().rules([(name, r#"[{"type":"\u001b[31m"}]"#)]);
    lopper.run(["rules", "lint"]).code(1).stdout_lacks("\u{1b}").stdout_has("wi\\u{1b}[31mki");
}

#[test]
fn boxes_are_joined_through_the_index() {
    let lopper = segments();
    let connection = lopper.connection();
    connection
        .execute_batch(
            "CREATE TEMP TABLE finding_box (finding INTEGER, datasource_id INTEGER,
                start_min INTEGER, start_max INTEGER, end_min INTEGER, end_max INTEGER)",
        )
        .unwrap();
    let sql = include_str!("../../sql/rules/count_finding_boxes.sql");
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let lines = explain.query_map([], |row| row.get::<_, String>("detail")).unwrap();
    let lines: Vec<String> = lines.map(Result::unwrap).collect();
    let search =
        "SEARCH s USING INDEX segment_interval (datasource_id=? AND start_ms>? AND start_ms<?)";
    assert!(lines.iter().any(|line| line == search), "{lines:#?}");
}
