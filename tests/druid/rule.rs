//! Rules and their chains.

use lopper::druid::{Rule, RuleChain, Scope};
use proptest::prelude::*;
use serde_json::Value;

use super::vectors::{judge_all, same, text};

/// Whether lopper refuses what Druid takes: a rule (of a chain) that is null, or has a null (which
/// also stands for an absent or empty) or negative period, or a null interval.
fn broken(canonical: &Value) -> bool {
    match canonical {
        Value::Null => true,
        Value::Array(rules) => rules.iter().any(broken),
        rule => ["period", "interval"].into_iter().filter_map(|key| rule.get(key)).any(|value| {
            value.is_null() || value.as_str().is_some_and(|period| period.starts_with("P-"))
        }),
    }
}

/// Whether a case's rule has its period as a number, which lopper refuses and Druid takes.
fn period_is_a_number(case: &Value) -> bool {
    serde_json::from_str::<Value>(text(case, "json"))
        .is_ok_and(|rule| rule.get("period").is_some_and(Value::is_number))
}

/// Whether a case's rule or chain is one for lopper: Druid takes it, and it is not broken.
pub fn is_taken(case: &Value) -> bool {
    case["ok"] == true && !broken(&case["canonical"]) && !period_is_a_number(case)
}

#[test]
fn rules_are_read_as_druid_reads_them_unless_broken() {
    judge_all("rule-parse.json", |case| {
        let json = text(case, "json");
        let found = if case["chain"] == true {
            RuleChain::parse(json).map(|chain| chain.to_json()).map_err(|error| error.to_string())
        } else {
            Rule::parse(json).map(|rule| rule.to_string()).map_err(|error| error.to_string())
        };
        match (found, is_taken(case)) {
            (Ok(written), true) => {
                let written: Value = serde_json::from_str(&written).unwrap();
                same(&written, &case["canonical"])
            }
            (Ok(written), false) => Err(format!("it should be refused, found {written}")),
            (Err(_), false) => Ok(()),
            (Err(error), true) => Err(error),
        }
    });
}

#[test]
fn a_chain_is_written_in_druids_order_of_keys() {
    let json = r#"[{"period":"P1M","includeFuture":false,"tieredReplicants":{"z":1,"a\"b":0},"useDefaultTierForNull":true,"type":"loadByPeriod"},{"interval":"2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z","type":"dropByInterval"},{"period":"P1Y","type":"dropBeforeByPeriod"},{"type":"dropForever"}]"#;
    assert_eq!(RuleChain::parse(json).unwrap().to_json(), json);
}

/// The rules of Druid 38 that load parts of segments.
#[test]
fn partial_load_rules_are_load_rules() {
    let matcher = r#"{"type":"wildcardProjections","patterns":["a*"]}"#;
    let json = format!(
        r#"[{{"period":"P1M","includeFuture":true,"tieredReplicants":{{"hot":1}},"useDefaultTierForNull":true,"matcher":{matcher},"onCannotMatch":"fallThrough","type":"loadPartialByPeriod"}},{{"interval":"2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z","tieredReplicants":{{}},"useDefaultTierForNull":false,"matcher":{matcher},"type":"loadPartialByInterval"}},{{"tieredReplicants":{{"_default_tier":2}},"useDefaultTierForNull":true,"matcher":{{"type":"of the future"}},"type":"loadPartialForever"}}]"#
    );
    let chain = RuleChain::parse(&json).unwrap();
    assert_eq!(chain.to_json(), json);
    assert!(chain.0.iter().all(Rule::keeps));
    assert_eq!(chain.0[0].describe(), "loadPartialByPeriod P1M");
    for broken in [
        r#"{"type":"loadPartialByPeriod","matcher":{"type":"x"}}"#,
        r#"{"type":"loadPartialByPeriod","period":"","matcher":{"type":"x"}}"#,
        r#"{"type":"loadPartialByInterval","matcher":{"type":"x"}}"#,
        r#"{"type":"loadPartialForever","matcher":"x"}"#,
        r#"{"type":"loadPartialForever","matcher":{"type":"x"},"tieredReplicants":{"hot":-1}}"#,
        r#"{"type":"loadPartial","matcher":{"type":"x"}}"#,
    ] {
        Rule::parse(broken).unwrap_err();
    }
}

#[test]
fn an_error_names_the_rule() {
    let broken = r#"[{"type":"dropForever"},{"type":"dropBeforeByPeriod"}]"#;
    let error = RuleChain::parse(broken).unwrap_err();
    assert_eq!(error.rule, Some(2));
    assert_eq!(
        error.to_string(),
        "rule 2: expected a period in the rule, such as \"period\":\"P90D\", found none"
    );
    assert_eq!(RuleChain::parse("{}").unwrap_err().rule, None);
}

#[test]
fn periods_are_broken_when_absent_empty_negative_or_no_text() {
    for period in [
        "null",
        "\"\"",
        "\"  \"",
        "0",
        "86400000",
        "true",
        "[]",
        "{}",
        "\"P-1D\"",
        "\"\u{a0}P1D\"",
        "\"x\"",
    ] {
        for kind in ["loadByPeriod", "broadcastByPeriod", "dropByPeriod", "dropBeforeByPeriod"] {
            let json = format!(r#"{{"type":"{kind}","period":{period}}}"#);
            assert!(Rule::parse(&json).is_err(), "{json}");
        }
    }
    // A period of no length is one all the same.
    let rule = Rule::parse(r#"{"type":"dropByPeriod","period":"P0D"}"#).unwrap();
    assert!(matches!(rule, Rule::Drop { scope: Scope::Period { include_future: true, .. } }));
}

#[test]
fn a_member_repeated_after_all_are_known_is_refused() {
    let rule = |interval: &str| {
        let given = r#""interval":"2024-01-01/P1D""#;
        Rule::parse(&format!(r#"{{"type":"dropByInterval",{given}{interval}}}"#))
    };
    assert!(rule("").is_ok());
    assert!(rule(r#","interval":"2024-01-01/P2D""#).is_err());
}

/// Chains of every type of rule.
fn any_chain() -> impl Strategy<Value = String> {
    let scope = prop_oneof![
        Just(("Forever", String::new())),
        (any::<i32>(), any::<u16>()).prop_map(|(start, days)| {
            let start = lopper::druid::Instant::from_millis(i64::from(start));
            ("ByInterval", format!(r#","interval":"{start}/P{days}D""#))
        }),
        (any::<u16>(), any::<bool>()).prop_map(|(months, future)| {
            ("ByPeriod", format!(r#","period":"P{months}M","includeFuture":{future}"#))
        }),
    ];
    let rule = (0..4_u8, scope, any::<u16>(), "[a-z\"\\\\é]{0,4}").prop_map(
        |(effect, (kind, members), number, tier)| match effect {
            0 => {
                let tier = Value::from(tier);
                format!(
                    r#"{{"type":"load{kind}"{members},"tieredReplicants":{{{tier}:{number}}}}}"#
                )
            }
            1 => format!(r#"{{"type":"drop{kind}"{members}}}"#),
            2 => format!(r#"{{"type":"broadcast{kind}"{members}}}"#),
            _ => format!(r#"{{"type":"dropBeforeByPeriod","period":"P{number}D"}}"#),
        },
    );
    proptest::collection::vec(rule, 0..4).prop_map(|rules| format!("[{}]", rules.join(",")))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}", key in "[a-zA-Z]{0,12}", value in ".{0,20}") {
        let _ = RuleChain::parse(&text);
        for kind in ["loadByPeriod", "dropByInterval"] {
            let _ = Rule::parse(&format!(r#"{{"type":"{kind}","{key}":{value}}}"#));
        }
    }

    #[test]
    fn a_printed_chain_is_read_back(json in any_chain()) {
        let chain = RuleChain::parse(&json).unwrap();
        prop_assert_eq!(RuleChain::parse(&chain.to_json()), Ok(chain));
    }
}
