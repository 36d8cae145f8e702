//! Which rule holds, why those before it do not, and the instant from which a rule drops.

use serde_json::{Value, json};

use super::id;
use crate::support::{Lopper, NOW, seg};

fn lopper(chain: &str) -> Lopper {
    Lopper::new().segments(["wiki 2024-05-01/P1D v1"]).rules([("wiki", chain)])
}

fn rules(lopper: &Lopper, at: &str) -> Value {
    lopper.explain(&[&id("2024-05-01", "v1"), "--at", at])["rules"].take()
}

#[test]
fn every_rule_that_is_asked_says_why() {
    let lopper = lopper(
        r#"[{"type":"loadByInterval","interval":"2024-05-02/P1D"},
            {"type":"broadcastByPeriod","period":"P1D","includeFuture":false},
            {"type":"dropByInterval","interval":"2024-05-01T12/P1D"},
            {"type":"dropByPeriod","period":"P30D"},
            {"type":"loadByPeriod","period":"P30D"},
            {"type":"dropForever"}]"#,
    );
    let told = rules(&lopper, NOW);
    let asked: Vec<(u64, bool, &str)> = told["asked"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (one["rule"].as_u64().unwrap(), one["applies"] == true, one["why"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        asked,
        [
            (1, false, "not overlapping 2024-05-02T00:00:00.000Z/2024-05-03T00:00:00.000Z"),
            (2, false, "not overlapping 2024-05-31T12:00:00.000Z/2024-06-01T12:00:00.000Z"),
            (3, false, "not contained in 2024-05-01T12:00:00.000Z/2024-05-02T12:00:00.000Z"),
            (4, false, "starts 2024-05-01T00:00:00.000Z, not at or after 2024-05-02T12:00:00.000Z"),
            (5, false, "ends 2024-05-02T00:00:00.000Z, not after 2024-05-02T12:00:00.000Z"),
            (6, true, "always"),
        ]
    );
    assert_eq!(
        (&told["effect"], &told["dropsAt"], &told["dropsBy"]),
        (&"drop".into(), &NOW.into(), &"rule 6 dropForever".into())
    );
}

#[test]
fn the_default_chain_comes_behind_the_own_one() {
    let lopper = Lopper::new().segments(["wiki 2024-05-01/P1D v1"]).rules([
        ("wiki", r#"[{"type":"dropBeforeByPeriod","period":"P1M"}]"#),
        ("_default", r#"[{"type":"loadForever"}]"#),
    ]);
    let told = rules(&lopper, "2024-06-01T00:00:00.000Z");
    assert_eq!(told["asked"][1]["chain"], "_default");
    assert_eq!(told["effect"], "load");
    assert_eq!(told["dropsAt"], "2024-06-02T00:00:00.000Z");
    assert_eq!(told["dropsBy"], "rule 1 dropBeforeByPeriod P1M");
}

#[test]
fn without_a_rule_it_is_kept_and_not_loaded() {
    let told = rules(&lopper("[]"), NOW);
    assert_eq!(told, json!({"asked": [], "effect": "none"}));
}

#[test]
fn a_broken_chain_is_told() {
    let told = rules(&lopper(r#"[{"type":"dropBeforeByPeriod"}]"#), NOW);
    assert!(told["broken"].as_str().unwrap().contains("rule 1"), "{told}");
}

/// At the instant the next pass drops it, and a millisecond before it does not.
#[test]
fn the_instant_of_the_drop_is_exact() {
    let load = |period: &str| {
        format!(r#"[{{"type":"loadByPeriod","period":"{period}"}},{{"type":"dropForever"}}]"#)
    };
    let chains = [
        (load("P30D"), "2024-03-01/P1D", "2024-04-01T00:00:00.000Z"),
        (load("P1M"), "2024-01-30/P1D", "2024-03-01T00:00:00.000Z"),
        // Noon of the 28th comes four times: P1M leads there from the 28th to the 31st.
        (load("P1M"), "2025-02-27T12/P1D", "2025-03-28T12:00:00.000Z"),
        (load("P1Y"), "2024-02-28/P1D", "2025-03-01T00:00:00.000Z"),
        (load("P1Y2M3DT4H"), "2024-02-28/P1D", "2025-05-03T04:00:00.000Z"),
        (
            r#"[{"type":"dropBeforeByPeriod","period":"P2W"},{"type":"loadForever"}]"#.to_owned(),
            "2024-02-28/P1D",
            "2024-03-14T00:00:00.000Z",
        ),
        (
            r#"[{"type":"dropByPeriod","period":"P1W","includeFuture":false},{"type":"loadForever"}]"#
                .to_owned(),
            "2024-02-28/P1D",
            "2024-02-29T00:00:00.000Z",
        ),
        // An interval keeps it, whatever the periods say.
        (
            r#"[{"type":"loadByInterval","interval":"2024/P1Y"},{"type":"dropForever"}]"#.to_owned(),
            "2024-02-28/P1D",
            "",
        ),
    ];
    for (chain, interval, expected) in chains {
        let mine = seg("wiki", interval);
        let lopper = Lopper::new().segments([mine.clone()]).rules([("wiki", chain.as_str())]);
        let told = lopper.explain(&[&mine.id(), "--at", "2024-02-01"])["rules"].take();
        assert_eq!(told["dropsAt"].as_str().unwrap_or_default(), expected, "{chain} {interval}");
        let drops = |at: &str| {
            let pass = ["enforce-rules", "wiki", "--pass", "rules", "--dry-run", "--at", at];
            lopper.step(pass)["numChangedSegments"] == 1
        };
        let before = lopper::druid::Instant::parse(expected)
            .map(|at| lopper::druid::Instant::from_millis(at.millis() - 1).to_string());
        match before {
            Ok(before) => assert_eq!((drops(&before), drops(expected)), (false, true), "{chain}"),
            Err(_) => assert!(!drops("2999-01-01"), "{chain}"),
        }
    }
}
