//! Findings about `_default`, and broken chains, wherever they stand.

use super::{
    DROP_FOREVER, LOAD_FOREVER, assert_has, assert_lacks, by_interval, by_period, chain, findings,
    segments,
};

#[test]
fn no_chain_for_the_rest() {
    let lopper = segments();
    assert_has(&findings(&lopper, "_default", &[]), "no-default-chain - warning 6");
    // What the chain of wiki takes does not need one.
    let lopper = segments().rules([("wiki", &*chain([LOAD_FOREVER]))]);
    assert_has(&findings(&lopper, "_default", &[]), "no-default-chain - warning 1");
    let lopper = segments().rules([("_default", &*chain([LOAD_FOREVER]))]);
    assert_lacks(&findings(&lopper, "_default", &[]), "no-default-chain");
    let lopper = segments().rules([("_default", "[]")]);
    assert_has(&findings(&lopper, "_default", &[]), "no-default-chain - warning 6");
}

#[test]
fn the_default_chain_is_looked_at_for_what_gets_as_far_as_it() {
    let default = chain([&by_period("dropByPeriod", "P2Y"), LOAD_FOREVER]);
    // The chain of wiki keeps this year; the default drops 2023 of wiki and of koalas.
    let own = chain([by_interval("loadByInterval", "2024/2025")]);
    let lopper = segments().rules([("_default", &*default), ("wiki", &own)]);
    assert_has(&findings(&lopper, "_default", &[]), "drops-newest 1 error 2");
    // Of koalas alone.
    assert_has(&findings(&lopper, "_default", &["koalas"]), "drops-newest 1 error 1");
    // wiki has a chain of its own: the question is about that.
    assert_eq!(findings(&lopper, "_default", &["wiki"]), [""; 0]);
    let lopper = segments().rules([("_default", &*chain([LOAD_FOREVER])), ("wiki", &own)]);
    assert_lacks(&findings(&lopper, "_default", &[]), "drops-newest");
}

#[test]
fn segments_that_no_rule_takes_are_told_of_once() {
    let year = chain([by_interval("loadByInterval", "2022/2023")]);
    let lopper = segments().rules([("_default", &*year), ("wiki", &year)]);
    assert_has(&findings(&lopper, "wiki", &[]), "unmatched - warning 4");
    assert_has(&findings(&lopper, "_default", &[]), "unmatched - warning 1");
}

#[test]
fn every_broken_rule_is_named() {
    let broken = chain([r#"{"type":"dropBeforeByPeriod"}"#, DROP_FOREVER, r#"{"type":"keep"}"#]);
    let lopper = segments();
    lopper.sql(&format!(
        "INSERT INTO druid_rules (dataSource, version, payload)
         VALUES ('wiki', '2024-01-01T00:00:00.000Z', '{broken}'),
                ('_default', '2024-01-01T00:00:00.000Z', '{}')",
        chain([LOAD_FOREVER])
    ));
    assert_eq!(
        findings(&lopper, "wiki", &[]),
        ["broken-rule 1 error 5", "broken-rule 3 error 5"],
        "what cannot be read as a whole is not looked at further"
    );
    lopper.run(["rules", "lint"]).code(1).stdout_has("rule 3 is broken: expected a known type");
    // The other datasources are none the worse.
    lopper.run(["rules", "lint", "koalas"]).code(0);
    assert_lacks(&findings(&lopper, "_default", &[]), "broken-rule");
}

#[test]
fn a_broken_default_stops_all_that_ask_it() {
    let load = by_period("loadByPeriod", "P1M");
    let lopper = segments().rules([
        ("_default", r#"[{"type":"dropBeforeByPeriod","period":""}]"#),
        ("wiki", &*chain([&load, &by_period("loadByPeriod", "P1W")])),
    ]);
    assert_has(&findings(&lopper, "_default", &[]), "broken-rule 1 error 6");
    // What does not hang on it is told all the same.
    let wiki = findings(&lopper, "wiki", &[]);
    assert_has(&wiki, "contained-rule 2 warning 2");
    // Whether a rule behind it drops, nobody knows.
    assert_lacks(&wiki, "load-without-drop");
    // A chain that leaves nothing over does not ask it.
    let lopper = segments().rules([
        ("_default", r#"[{"type":"dropBeforeByPeriod","period":""}]"#),
        ("wiki", &*chain([LOAD_FOREVER])),
    ]);
    assert_has(&findings(&lopper, "_default", &[]), "broken-rule 1 error 1");
}

#[test]
fn a_period_that_leads_out_of_time_is_broken() {
    let rule = by_period("loadByPeriod", "P2000000000Y");
    let lopper = segments().rules([("wiki", &*chain([&rule]))]);
    assert_has(&findings(&lopper, "wiki", &[]), "broken-rule 1 error 5");
    let lopper = segments().rules([("wiki", &*chain([by_period("loadByPeriod", "P20000Y")]))]);
    assert_lacks(&findings(&lopper, "wiki", &[]), "broken-rule");
}
