//! `rules get`: Druid's JSON of what is in force.

use super::{DROP_FOREVER, LOAD_FOREVER, by_period, chain, segments};
use crate::support::Lopper;

const CANONICAL: &str = r#"{"period":"P1M","includeFuture":true,"tieredReplicants":{"_default_tier":2},"useDefaultTierForNull":true,"type":"loadByPeriod"}"#;
const LOAD_ALL: &str =
    r#"{"tieredReplicants":{"_default_tier":2},"useDefaultTierForNull":true,"type":"loadForever"}"#;

fn store() -> Lopper {
    segments().rules([
        ("wiki", &*chain([&by_period("loadByPeriod", "P1M"), DROP_FOREVER])),
        ("_default", &chain([LOAD_FOREVER])),
    ])
}

#[test]
fn the_chain_in_force_is_printed_as_druid_writes_it() {
    let lopper = store();
    let wiki = format!("[{CANONICAL},{DROP_FOREVER}]");
    lopper.store_unchanged(|lopper| {
        lopper.run(["rules", "get", "wiki"]).code(0).stdout_is(&wiki).stderr_is("");
        lopper.run(["rules", "get", "wiki", "--output", "json"]).code(0).stdout_is(&wiki);
        lopper.run(["rules", "get", "_default"]).code(0).stdout_is(&format!("[{LOAD_ALL}]"));
        lopper
            .run(["rules", "get"])
            .code(0)
            .stdout_is(&format!(r#"{{"_default":[{LOAD_ALL}],"wiki":{wiki}}}"#));
    });
    Lopper::new().segments(["wiki 2024-01-01/P1D"]).run(["rules", "get"]).code(0).stdout_is("{}");
}

#[test]
fn the_default_chain_can_be_added() {
    let lopper = store();
    let full = |datasource| lopper.run(["rules", "get", datasource, "--full"]).code(0);
    full("wiki").stdout_is(&format!("[{CANONICAL},{DROP_FOREVER},{LOAD_ALL}]"));
    full("koalas").stdout_is(&format!("[{LOAD_ALL}]"));
    full("_default").stdout_is(&format!("[{LOAD_ALL}]"));
    lopper.run(["rules", "get", "--full"]).code(2);
}

#[test]
fn without_a_chain_of_its_own_the_default_holds() {
    let lopper = store();
    let answer = lopper.run(["rules", "get", "koalas"]).code(0).stdout_is("[]");
    answer
        .stderr_has("'koalas' has no chain of its own: that of _default holds")
        .stderr_lacks("called");
    lopper
        .run(["rules", "get", "wikki"])
        .code(0)
        .stdout_is("[]")
        .stderr_has("no datasource is called 'wikki'; did you mean 'wiki'?");
    lopper.run(["rules", "get", "koalas", "--quiet"]).code(0).stderr_is("");
}

#[test]
fn only_the_newest_version_is_in_force() {
    let lopper = store();
    for (version, rule) in [("2021", DROP_FOREVER), ("2019", LOAD_FOREVER)] {
        lopper.sql(&format!(
            "INSERT INTO druid_rules (dataSource, version, payload)
             VALUES ('wiki', '{version}-01-01T00:00:00.000Z', '[{rule}]')"
        ));
    }
    lopper.run(["rules", "get", "wiki"]).code(0).stdout_is(&format!("[{DROP_FOREVER}]"));
}

#[test]
fn a_broken_rule_is_printed_as_it_is_stored() {
    let broken = r#"{"type":"keepForever", "odd" : 1}"#;
    let lopper = segments().rules([("wiki", &*chain([broken, DROP_FOREVER]))]);
    let answer = lopper.run(["rules", "get", "wiki"]).code(0);
    answer
        .stdout_is(&chain([broken, DROP_FOREVER]))
        .stderr_has("the chain of 'wiki' is broken: rule 1: expected a known type of rule");
}
