//! What enforce-rules prints: the JSON object is a contract.

use serde_json::{Value, json};

use super::{BROKEN, DROP_ALL};
use crate::output::assert_valid;
use crate::support::{Lopper, seg};

/// Something to tell for each member of the report.
fn store() -> Lopper {
    let lopper = Lopper::new()
        .segments([
            seg("bad", "2015-01-01/P1D"),
            seg("drop", "2015-01-01/P1D"),
            seg("drop", "2015-01-02/P1D").size(500),
            seg("free", "2015-01-01/P1D"),
            seg("young", "2015-01-01/P1D"),
            seg("young", "2015-01-01/P1D").version("v2").created("2024-06-01T11:59:00.000Z"),
        ])
        .rules([("bad", BROKEN), ("drop", DROP_ALL)]);
    lopper.lock("drop", "2015-01-02", "2015-01-03", None);
    lopper
}

#[test]
fn the_json_object_is_what_it_always_was() {
    let lopper = store();
    let report = lopper.enforced(&[]).code(5).json();
    assert_valid(&lopper, &report);
    let golden: Value = serde_json::from_str(include_str!("report.json")).unwrap();
    assert_eq!(report, golden, "the report is now\n{report:#}");
    // What the ledger keeps is what was printed.
    let kept = lopper.sql("SELECT report FROM steps WHERE op = 'enforce-rules'");
    assert_eq!(serde_json::from_str::<Value>(&kept[0]).unwrap(), report["steps"][0]);
    let arguments = lopper.sql("SELECT arguments FROM steps WHERE op = 'enforce-rules'");
    assert_eq!(
        serde_json::from_str::<Value>(&arguments[0]).unwrap(),
        json!({
            "op": "enforce-rules", "datasources": ["*"],
            "passes": ["overshadowed", "rules", "tombstones"], "overshadow_grace": "PT15M",
            "on_conflict": "skip", "on_exposure": "warn",
        })
    );
}

#[test]
fn a_table_is_for_people() {
    let answer = store().run(["enforce-rules", "*"]).code(5).stdout_lacks("\u{1b}[");
    for line in [
        "step  operation      datasource  selected  changed  skipped",
        "   1  enforce-rules  *                  5        1        1",
        "step 1: drop: rule 1 dropForever: 1 segment",
        "step 1: 1 overshadowed segment in the overshadow grace: what hides them is young",
        "step 1: left out: datasource 'bad': its rule chain is broken: rule 2: expected a period in the rule, such as \"period\":\"P90D\", found none",
        "step 1: warning: no rule holds for 1 used segment of 'free': kept, but nothing loads them",
    ] {
        assert!(answer.lines().contains(&line), "no line {line:?}\n{answer}");
    }
}
