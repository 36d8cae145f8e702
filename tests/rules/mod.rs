//! Chains of rules on the command line: what is in force, what it was, a new one, and what is odd about it.

mod get;
mod history;
mod lint_chain;
mod lint_default;
mod lint_rule;
mod lint_whole;
mod schema;
mod set;

use serde_json::Value;

use crate::support::Lopper;

const LOAD_FOREVER: &str = r#"{"type":"loadForever"}"#;
const DROP_FOREVER: &str = r#"{"type":"dropForever"}"#;

/// `{"type":"loadByPeriod","period":"P1M"}`
fn by_period(kind: &str, period: &str) -> String {
    format!(r#"{{"type":"{kind}","period":"{period}"}}"#)
}

/// As `by_period`, with `includeFuture` false.
fn without_future(kind: &str, period: &str) -> String {
    format!(r#"{{"type":"{kind}","period":"{period}","includeFuture":false}}"#)
}

fn by_interval(kind: &str, interval: &str) -> String {
    format!(r#"{{"type":"{kind}","interval":"{interval}"}}"#)
}

fn chain<R: AsRef<str>>(rules: impl IntoIterator<Item = R>) -> String {
    let rules: Vec<String> = rules.into_iter().map(|rule| rule.as_ref().to_owned()).collect();
    format!("[{}]", rules.join(","))
}

/// Five used segments of wiki (one yet to come, one of this week, three older), an unused one, and one of koalas.
fn segments() -> Lopper {
    Lopper::new().segments([
        "wiki 2024-07-01/P1D",
        "wiki 2024-05-30/P1D",
        "wiki 2024-05-31/P1D v1 unused",
        "wiki 2024-01-01/P1D",
        "wiki 2023-01-01/P1D",
        "wiki 2022-01-01/P1D",
        "koalas 2023-01-01/P1D",
    ])
}

/// The findings about a datasource: `code rule severity segments`, or with `-` for the whole chain.
#[track_caller]
fn findings(lopper: &Lopper, datasource: &str, arguments: &[&str]) -> Vec<String> {
    let report = lopper.run([&["rules", "lint", "--output", "json"], arguments].concat()).json();
    let all = report["findings"].as_array().unwrap();
    let of = all.iter().filter(|finding| finding["datasource"] == datasource);
    of.map(|finding| {
        let rule = &finding["rule"];
        assert!(rule.is_null() || rule["chain"] == datasource, "{finding}");
        let number = rule["number"].as_u64().map_or("-".to_owned(), |number| number.to_string());
        let word = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        format!("{} {number} {} {}", word("code"), word("severity"), finding["segments"])
    })
    .collect()
}

/// The findings about wiki when that is its chain, before a `_default` that keeps everything.
#[track_caller]
fn wiki<R: AsRef<str>>(rules: impl IntoIterator<Item = R>) -> Vec<String> {
    let lopper = segments().rules([("wiki", &*chain(rules)), ("_default", &chain([LOAD_FOREVER]))]);
    findings(&lopper, "wiki", &[])
}

/// The one finding of a code, in JSON.
#[track_caller]
fn only(report: &Value, code: &str) -> Value {
    let all = report["findings"].as_array().unwrap();
    let of: Vec<&Value> = all.iter().filter(|finding| finding["code"] == code).collect();
    let [one] = of[..] else { panic!("not one {code}: {report:#}") };
    one.clone()
}

#[track_caller]
fn assert_has(findings: &[String], finding: &str) {
    assert!(findings.iter().any(|one| one == finding), "no {finding:?} in {findings:#?}");
}

#[track_caller]
fn assert_lacks(findings: &[String], code: &str) {
    let start = format!("{code} ");
    assert!(!findings.iter().any(|one| one.starts_with(&start)), "{code} in {findings:#?}");
}
