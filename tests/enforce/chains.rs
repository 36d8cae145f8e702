//! Which chain is in force, and what a broken or missing one means.

use serde_json::json;

use super::{BROKEN, DROP_ALL, KEEP_ALL, left_out};
use crate::support::{Lopper, csv_row};

const WHY: &str = "its rule chain is broken: rule 2: expected a period in the rule, such as \"period\":\"P90D\", found none";
const WHY_DEFAULT: &str = "the chain of _default is broken: rule 2: expected a period in the rule, such as \"period\":\"P90D\", found none";

fn three() -> Lopper {
    Lopper::new().segments(["a 2015-01-01/P1D", "b 2015-01-01/P1D", "c 2015-01-01/P1D"])
}

#[test]
fn a_broken_chain_leaves_its_datasource_out() {
    let lopper = three().rules([("_default", DROP_ALL), ("b", BROKEN)]);
    let answer = lopper.enforced(&[]).code(5);
    let report = answer.json();
    assert_eq!(left_out(&report["steps"][0]), [("b", WHY)]);
    assert_eq!(report["outcome"], "partial");
    assert_eq!(lopper.sql("SELECT datasource FROM segments WHERE used = 1"), ["b"]);
    assert_eq!(lopper.sql("SELECT DISTINCT datasource FROM rule_matches"), ["a", "c"]);
}

/// Not its rules alone: nothing of it changes.
#[test]
fn no_pass_touches_what_is_left_out() {
    let lopper = Lopper::new()
        .segments(["a 2015-01-01/P1D v1", "a 2015-01-01/P1D v2"])
        .rules([("a", BROKEN)]);
    let step = lopper.enforce(&[]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&json!(0), &json!(0)));
    // Without the rules nobody reads the chain.
    assert_eq!(lopper.enforce(&["--pass", "overshadowed"])["numChangedSegments"], 1);
}

#[test]
fn a_broken_default_leaves_out_whoever_asks_it() {
    let past = r#"[{"type":"dropBeforeByPeriod","period":"P1D"}]"#;
    let lopper = three().rules([("_default", BROKEN), ("a", DROP_ALL), ("b", past)]);
    let step = lopper.enforce(&[]);
    assert_eq!(left_out(&step), [("b", WHY_DEFAULT), ("c", WHY_DEFAULT)]);
    assert_eq!(lopper.reasons(), ["a v1 rule 1 dropForever"]);
}

#[test]
fn a_broken_chain_forgets_what_the_last_pass_found() {
    let lopper = three().rules([("_default", KEEP_ALL)]);
    lopper.enforce(&[]);
    assert_eq!(lopper.sql("SELECT count(*) FROM rule_matches"), ["3"]);
    lopper.sql(&format!("INSERT INTO druid_rules (dataSource, payload) VALUES ('b', '{BROKEN}')"));
    assert_eq!(left_out(&lopper.enforce(&[])), [("b", WHY)]);
    assert_eq!(lopper.sql("SELECT datasource FROM rule_matches"), ["a", "c"]);
}

#[test]
fn a_rule_that_leads_out_of_time_is_named() {
    let lopper = three().rules([
        ("a", r#"[{"type":"loadByPeriod","period":"P400000000Y"}]"#),
        ("b", DROP_ALL),
        ("c", DROP_ALL),
    ]);
    let step = lopper.enforce(&[]);
    let (name, reason) = left_out(&step)[0];
    assert_eq!(name, "a");
    assert!(reason.starts_with("rule 1 loadByPeriod P400000000Y: "), "{reason}");
    assert_eq!(step["numChangedSegments"], 2);
}

#[test]
fn the_newest_version_of_a_chain_is_in_force() {
    let lopper = three();
    let mut dump = "id,dataSource,version,payload\n".to_owned();
    for (version, chain) in [
        ("2023-01-01T00:00:00.000Z", DROP_ALL),
        ("2024-01-01T00:00:00.000Z", KEEP_ALL),
        ("2022-01-01T00:00:00.000Z", DROP_ALL),
    ] {
        for name in ["a", "_default"] {
            dump.push_str(&csv_row([&format!("{name}_{version}"), name, version, chain]));
        }
    }
    lopper.import(&lopper.file("rules.csv", dump));
    assert_eq!(lopper.enforce(&[])["numChangedSegments"], 0);
    assert_eq!(
        lopper.sql("SELECT datasource, reason FROM rule_matches ORDER BY 1"),
        [
            "a|rule 1 loadForever",
            "b|rule 1 loadForever (_default)",
            "c|rule 1 loadForever (_default)"
        ]
    );
    lopper
        .sql(&format!("INSERT INTO druid_rules (dataSource, payload) VALUES ('a', '{DROP_ALL}')"));
    lopper.enforce(&[]);
    assert_eq!(lopper.reasons(), ["a v1 rule 1 dropForever"]);
}

/// A number counts within its chain, and the datasource's own chain comes first.
#[test]
fn the_default_chain_decides_what_the_own_one_leaves() {
    let own = r#"[{"type":"loadByInterval","interval":"2015-01-01/P1D"}]"#;
    let default =
        r#"[{"type":"loadByPeriod","period":"P1D"},{"type":"dropBeforeByPeriod","period":"P90D"}]"#;
    let lopper = Lopper::new()
        .segments([
            "wiki 2015-01-01/P1D kept",
            "wiki 2015-01-02/P1D dropped",
            "wiki 2024-05-01/P1D free",
        ])
        .rules([("wiki", own), ("_default", default)]);
    let step = lopper.enforce(&[]);
    assert_eq!(lopper.reasons(), ["wiki dropped rule 2 dropBeforeByPeriod P90D (_default)"]);
    assert_eq!(step["enforce"]["unmatched"], 1);
    let message = "no rule holds for 1 used segment of 'wiki': kept, but nothing loads them";
    assert_eq!(step["warnings"], json!([{"code": "no-rule", "message": message}]));
    assert_eq!(
        lopper.sql("SELECT version, rule, chain, effect FROM rule_matches AS m JOIN segments USING (segment_key) ORDER BY 1"),
        ["dropped|2|_default|drop", "free|||none", "kept|1|wiki|load"]
    );
}

#[test]
fn without_rules_everything_is_kept_and_reported() {
    for lopper in [three(), three().rules([("_default", "[]"), ("a", "[]"), ("other", DROP_ALL)])] {
        let step = lopper.enforce(&[]);
        assert_eq!(
            (&step["enforce"]["unmatched"], &step["numChangedSegments"]),
            (&json!(3), &json!(0))
        );
        let codes = step["warnings"].as_array().unwrap().iter().map(|warning| &warning["code"]);
        assert_eq!(codes.collect::<Vec<_>>(), ["no-rule"; 3]);
    }
    assert_eq!(three().enforce(&["--pass", "overshadowed"])["warnings"], json!([]));
}

/// What another pass takes is not kept, whether a rule holds for it or not.
#[test]
fn unmatched_counts_what_stays() {
    let lopper = Lopper::new().segments(["wiki 2015-01-01/P1D v1", "wiki 2015-01-01/P1D v2"]);
    let step = lopper.enforce(&[]);
    assert_eq!(
        (&step["enforce"]["unmatched"], &step["numChangedSegments"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn globs_choose_datasources() {
    let store = || {
        Lopper::new()
            .segments(["wiki 2015-01-01/P1D", "wikipedia 2015-01-01/P1D", "koalas 2015-01-01/P1D"])
            .rules([("_default", DROP_ALL)])
    };
    for (globs, expected) in [
        (&["wiki"][..], &["wiki"][..]),
        (&["wiki*"], &["wiki", "wikipedia"]),
        (&["koalas", "wikipedi?"], &["koalas", "wikipedia"]),
        (&["_default"], &[]),
    ] {
        let lopper = store();
        let answer = lopper.run([&["enforce-rules"], globs].concat()).code(0);
        let changed =
            "SELECT DISTINCT datasource FROM changes WHERE op = 'enforce-rules' ORDER BY 1";
        assert_eq!(lopper.sql(changed), expected, "{globs:?}");
        assert_eq!(answer.stdout.contains("no datasource is called"), expected.is_empty());
    }
    store().run(["enforce-rules"]).code(2);
}
