//! Ranges: neighbours of which the same is to be told are one group.

use serde_json::Value;

use crate::support::{Lopper, seg};

fn group(told: &Value, index: usize) -> [String; 6] {
    ["interval", "version", "state", "seen", "overshadowedBy", "segments"].map(|member| match &told
        ["groups"][index][member]
    {
        Value::String(text) => text.replace("T00:00:00.000Z", ""),
        Value::Null => String::new(),
        other => other.to_string(),
    })
}

#[test]
fn neighbours_of_one_verdict_are_one_group() {
    let lopper = Lopper::new()
        .segments([
            "wiki 2015-09-10/P1D v1",
            "wiki 2015-09-10/P1D v1 p1",
            "wiki 2015-09-11/P1D v1",
            "wiki 2015-09-12/P1D v1",
            "wiki 2015-09-12/P1D v2",
            "wiki 2015-09-13/P1D v1 unused@2024-05-20T00:00:00.000Z",
            "wiki 2015-09-15/P1D v1",
            "wiki 2015-09-17/P1D v1",
            "koalas 2015-09-10/P1D v1",
        ])
        .rules([(
            "wiki",
            r#"[{"type":"dropBeforeByPeriod","period":"P9Y"},{"type":"loadForever"}]"#,
        )]);
    let told = lopper.explain(&["wiki", "--interval", "2015-09-09/2015-09-17"]);
    let groups: Vec<[String; 6]> =
        (0..told["groups"].as_array().unwrap().len()).map(|index| group(&told, index)).collect();
    assert_eq!(
        groups,
        [
            ["2015-09-10/2015-09-12", "v1", "used", "visible", "", "3"],
            ["2015-09-12/2015-09-13", "v1", "used", "overshadowed", "v2", "1"],
            ["2015-09-12/2015-09-13", "v2", "used", "visible", "", "1"],
            ["2015-09-13/2015-09-14", "v1", "unused", "", "", "1"],
            ["2015-09-15/2015-09-16", "v1", "used", "visible", "", "1"],
        ]
    );
    assert_eq!((&told["segments"], &told["size"]), (&7.into(), &7000.into()));
    let first = &told["groups"][0];
    assert_eq!(first["rule"], "rule 2 loadForever");
    assert_eq!(first["dropsFirst"], "2024-09-11T00:00:00.000Z");
    assert_eq!(first["dropsLast"], "2024-09-12T00:00:00.000Z");
    assert_eq!(told["groups"][3]["killableFrom"], "2024-06-19T00:00:00.000Z");
    lopper
        .run(["explain", "wiki", "--interval", "2015-09-12/P1D"])
        .code(0)
        .stdout_has("overshadowed by v2");
}

#[test]
fn too_many_groups_are_counted() {
    let segments = (0..1003).map(|number| {
        let start = 1_400_000_000_000_i64 + number * 3_600_000;
        let at = lopper::druid::Instant::from_millis(start);
        seg("wiki", &format!("{at}/PT1H")).version(&format!("v{number}"))
    });
    let lopper = Lopper::new().segments(segments.collect::<Vec<_>>());
    let told = lopper.explain(&["wiki", "--interval", "../.."]);
    assert_eq!(told["groups"].as_array().unwrap().len(), 1000);
    assert_eq!((&told["moreGroups"], &told["segments"]), (&3.into(), &1003.into()));
    lopper
        .run(["explain", "wiki", "--interval", "../.."])
        .code(0)
        .stdout_has("… and 3 more groups");
}

#[test]
fn what_cannot_be_judged_is_told_once() {
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P2D v1", "wiki 2015-09-13/P2D v1"])
        .rules([("wiki", r#"[{"type":"mystery"}]"#)]);
    let told = lopper.explain(&["wiki", "--interval", "2015/P1Y"]);
    assert_eq!(told["problems"].as_array().unwrap().len(), 2);
    assert_eq!(told["groups"][0]["seen"], "unknown");
    lopper
        .run(["explain", "wikki", "--interval", "2015/P1Y"])
        .code(2)
        .stderr_has("did you mean 'wiki'?");
}
