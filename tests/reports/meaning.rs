//! Timelines, rules, names and schedules.

use std::path::PathBuf;

use crate::support::{Answer, Lopper};

/// A file of a report.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports").join(name)
}

fn imported(name: &str) -> Lopper {
    let lopper = Lopper::new().clock("2026-12-01T00:00:00Z");
    lopper.import(&file(name));
    lopper
}

/// apache/druid#9904: the coordinator fails as a whole.
#[test]
fn report_29_an_hour_and_a_day_of_one_version() {
    let lopper = imported("29-same-version-overlap/same.jsonl");
    lopper
        .run(["enforce-rules", "*"])
        .code(5)
        .stdout_has("left out: datasource 'same'")
        .stdout_has(
            "'same_2020-05-15T00:00:00.000Z_2020-05-16T00:00:00.000Z_2020-05-17T12:14:26.722Z'",
        )
        .stdout_has(
            "'same_2020-05-15T05:00:00.000Z_2020-05-15T06:00:00.000Z_2020-05-17T12:14:26.722Z'",
        );
    assert_eq!(lopper.ids(false), ["ok_2020-05-15T00:00:00.000Z_2020-05-16T00:00:00.000Z_v1"]);
    lopper.run(["fsck"]).code(1).stdout_has("overlapping-intervals");
}

/// apache/druid#5381: the coordinator fails as a whole.
#[test]
fn report_30_linear_beside_numbered() {
    let lopper = imported("30-linear-beside-numbered/mix.jsonl");
    lopper.run(["enforce-rules", "*"]).code(0);
    assert_eq!(
        lopper.ids(false),
        [
            "mix_2024-01-01T00:00:00.000Z_2024-01-02T00:00:00.000Z_2024-01-02T00:00:00.000Z",
            "other_2024-01-01T00:00:00.000Z_2024-01-02T00:00:00.000Z_v1"
        ]
    );
}

/// apache/druid#9890.
#[test]
fn report_32_a_rule_that_is_never_reached() {
    let lopper = imported("32-rules-never-reached/seg.jsonl");
    let chain = file("32-rules-never-reached/chain.json");
    lopper
        .run(["rules", "lint", "a", "--at", "2026-11-27", "--file", chain.to_str().unwrap()])
        .code(0)
        .stdout_has("unreachable-rule")
        .stdout_has("rule 3 (loadByPeriod P1Y) is never asked: rule 2 (dropForever) before it takes everything");
}

/// apache/druid#13121, which was never merged.
#[test]
fn report_34_a_rule_of_an_unknown_type() {
    let lopper = imported("32-rules-never-reached/seg.jsonl");
    let chain = file("34-rules-unknown-type/chain.json");
    let set = lopper.run(["rules", "set", "a", chain.to_str().unwrap()]).code(2);
    set.stderr_has("rule 1: expected a known type of rule").stderr_has("'loadDropByPeriod'");
    let chain = std::fs::read_to_string(chain).unwrap();
    let lopper = lopper.rules([("a", chain.trim())]);
    lopper
        .run(["enforce-rules", "a"])
        .code(5)
        .stdout_has("left out: datasource 'a': its rule chain is broken: rule 1");
    assert_eq!(lopper.ids(false), [""; 0]);
}

/// A datasource of an old cluster, which no Druid of today would take.
#[test]
fn report_35_a_slash_in_a_name() {
    let lopper = imported("35-slash-in-datasource/slash.jsonl").authoritative();
    for command in [
        &["mark-unused", "team/ads", "--all", "--dry-run"][..],
        &["mark-used", "team/ads", "--all", "--dry-run"],
        &["enforce-rules", "team/ads", "--dry-run"],
        &["kill", "team/ads", "--dry-run"],
        &["rules", "lint", "team/ads"],
        &["explain", "team/ads"],
        &["lock", "add", "team/ads", "--interval", "2030/2031"],
    ] {
        let answer = lopper.run(command).code(0);
        assert!(!answer.to_string().contains("no datasource is called"), "{answer}");
    }
    lopper.run(["export", "--datasource", "team/ads"]).code(0).stdout_has("team/ads_2020-01-01");
    lopper.run(["mark-unused", "team/ads", "--all"]).code(0).stdout_has("team/ads: 1 segment");
}

/// The advice of a range that runs backwards is right.
#[test]
fn report_43_the_weekend() {
    let lopper = Lopper::new();
    let weekend = file("43-cron-ranges-to-sunday/weekend.toml");
    let validate =
        |lopper: &Lopper, path: &str| -> Answer { lopper.run(["jobs", "validate", path]) };
    validate(&lopper, weekend.to_str().unwrap())
        .code(2)
        .stderr_has("weekend.toml")
        .stderr_has("'SAT-SUN'")
        .stderr_has("Sunday at the end of a range is 7: SAT-7")
        .stderr_lacks("smaller number first");
    let text = std::fs::read_to_string(weekend).unwrap();
    lopper.file("jobs/weekend.toml", text.replace("SAT-SUN", "SAT-7"));
    lopper
        .run(["jobs", "next", "--from", "2026-12-01T00:00Z", "--count", "3"])
        .code(0)
        .stdout_has("Sat 2026-12-05 04:00:00")
        .stdout_has("Sun 2026-12-06 04:00:00")
        .stdout_has("Sat 2026-12-12 04:00:00");
}
