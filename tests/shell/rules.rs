//! Rule chains by plain SQL: rows are added, never changed.

use lopper::druid::Instant;

use super::REFUSED;
use crate::support::Lopper;

fn insert(columns: &str, values: &str) -> String {
    format!("INSERT INTO druid_rules ({columns}) VALUES ({values})")
}

fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D"])
}

#[test]
fn a_chain_can_be_inserted_and_its_version_is_now() {
    let lopper = store();
    let before = lopper.sql("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')").remove(0);
    let chain = r#"[{"type":"loadByPeriod","period":"P90D"}, {"type":"dropForever"}]"#;
    lopper.shell(&insert("dataSource, payload", &format!("'wiki', '{chain}'"))).code(0);
    let rows = lopper.shell("SELECT dataSource, version, payload, id FROM druid_rules");
    let cells: Vec<&str> = rows.stdout.trim_end().split('|').collect();
    let [datasource, version, payload, id] = cells[..] else { panic!("{rows}") };
    assert_eq!((datasource, payload), ("wiki", chain), "byte for byte");
    assert_eq!(id, format!("wiki_{version}"), "Druid's id");
    assert_eq!(Instant::parse(version).unwrap().to_string(), version, "Druid's form");
    assert!(before.as_str() <= version);
}

#[test]
fn version_and_id_may_be_given() {
    let lopper = store();
    let columns = "id, dataSource, version, payload";
    lopper.shell(&insert(columns, "'mine', '_default', '2024-01-01T00:00:00.000Z', '[]'")).code(0);
    lopper
        .shell("SELECT * FROM druid_rules")
        .stdout_is("mine|_default|2024-01-01T00:00:00.000Z|[]");
}

#[test]
fn what_is_no_chain_is_refused() {
    let lopper = store();
    lopper.store_unchanged(|lopper| {
        for (payload, refusal) in [
            ("'not json'", "payload must be a JSON array of rules"),
            ("'[{\"type\":\"dropForever\"}'", "payload must be a JSON array of rules"),
            ("'{\"type\":\"dropForever\"}'", "payload must be a JSON array of rules"),
            ("'null'", "payload must be a JSON array of rules"),
            ("''", "payload must be a JSON array of rules"),
            ("NULL", "payload must be a JSON array of rules"),
            ("'[1]'", "every rule must be a JSON object with a type"),
            ("'[[]]'", "every rule must be a JSON object with a type"),
            ("'[{}]'", "every rule must be a JSON object with a type"),
            ("'[{\"type\":null}]'", "every rule must be a JSON object with a type"),
            ("'[{\"type\":7}]'", "every rule must be a JSON object with a type"),
            (
                "'[{\"type\":\"dropForever\"},{\"Type\":\"x\"}]'",
                "every rule must be a JSON object with a type",
            ),
        ] {
            let statement = insert("dataSource, payload", &format!("'wiki', {payload}"));
            lopper.shell(&statement).code(REFUSED).stderr_has(refusal);
        }
    });
}

#[test]
fn what_is_no_text_is_refused() {
    let lopper = store();
    lopper.store_unchanged(|lopper| {
        let chain = |bytes: &str| format!("CAST(x'5b7b2274797065223a22{bytes}227d5d' AS TEXT)");
        for bytes in ["ff", "c3", "e282", "eda080", "c080", "80", "00", "f0908080ff"] {
            for values in [
                format!("'wiki', {}", chain(bytes)),
                format!("CAST(x'77{bytes}69' AS TEXT), '[]'"),
            ] {
                let statement = insert("dataSource, payload", &values);
                assert_ne!(lopper.shell(&statement).exit_code, 0, "{statement}");
            }
            let lock = format!(
                "INSERT INTO locks (datasource, start, \"end\", owner) VALUES ('wiki', '2024-01-01', '2024-01-02', CAST(x'6f{bytes}' AS TEXT))"
            );
            lopper.shell(&lock).code(REFUSED).stderr_has("valid UTF-8");
        }
    });
    let odd = "é € 😀 \u{d7ff} \u{e000} \u{fffd}";
    let chain = format!(r#"[{{"type":"dropForever","note":"{odd}"}}]"#);
    lopper.shell(&insert("dataSource, payload", &format!("'größe', '{chain}'"))).code(0);
    assert_eq!(lopper.sql("SELECT payload FROM druid_rules"), [chain]);
}

#[test]
fn a_chain_needs_a_datasource_and_a_version_that_sorts() {
    let lopper = store();
    lopper.store_unchanged(|lopper| {
        for datasource in ["''", "NULL"] {
            let statement = insert("dataSource, payload", &format!("{datasource}, '[]'"));
            lopper
                .shell(&statement)
                .code(REFUSED)
                .stderr_has("dataSource must name a datasource, or _default");
        }
        for version in ["newest", "2024", "2024-01-01", "2024-01-01T00:00:00Z", "now", ""] {
            let values = format!("'wiki', '{version}', '[]'");
            lopper
                .shell(&insert("dataSource, version, payload", &values))
                .code(REFUSED)
                .stderr_has("version must be an instant such as 2024-01-01T00:00:00.000Z");
        }
    });
}

#[test]
fn history_is_not_rewritten() {
    let lopper = store().rules([("wiki", r#"[{"type":"dropForever"}]"#)]);
    lopper.store_unchanged(|lopper| {
        for (statement, refusal) in [
            ("UPDATE druid_rules SET payload = '[]'", "a rule row is never changed. INSERT a row with a newer version"),
            ("UPDATE OR REPLACE druid_rules SET version = 'x'", "a rule row is never changed. INSERT a row with a newer version"),
            ("DELETE FROM druid_rules", "INSERT a row with a newer version (an empty chain is [])"),
            (
                "INSERT INTO druid_rules (dataSource, version, payload) SELECT dataSource, version, '[]' FROM druid_rules",
                "there is a rule row of this id already",
            ),
            (
                "INSERT OR REPLACE INTO druid_rules (id, dataSource, payload) SELECT id, dataSource, '[]' FROM druid_rules",
                "there is a rule row of this id already",
            ),
        ] {
            lopper.shell(statement).code(REFUSED).stderr_has(refusal);
        }
    });
}
