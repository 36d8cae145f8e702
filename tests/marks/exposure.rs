//! mark-unused and enforce-rules tell of older segments, still used, that become visible.

use serde_json::{Value, json};

use super::{day, overwrite, warned};
use crate::support::{Lopper, Segment, seg};

/// v2 hides v1.
fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D v1", "wiki 2015-09-12/P1D v2"])
}

const V2: [&str; 6] = ["mark-unused", "wiki", "--interval", "../..", "--version", "v2"];

/// Segment and interval of each warning.
fn stale(step: &Value) -> Vec<(String, String)> {
    let parted = warned(step, "stale-data").into_iter().map(|(id, message)| {
        let said = format!("'{id}' is older, still used, and becomes visible in ");
        let interval =
            message.strip_prefix(&said).and_then(|rest| rest.strip_suffix(": stale data"));
        (id, interval.unwrap_or_else(|| panic!("{message}")).replace(":00:00.000Z", ""))
    });
    parted.collect()
}

fn shown(id: String, interval: &str) -> (String, String) {
    (id, interval.to_owned())
}

#[test]
fn an_older_version_that_becomes_visible_is_warned_of() {
    for more in [&[][..], &["--on-exposure", "warn"]] {
        let lopper = store();
        let step = lopper.step(V2.iter().chain(more));
        assert_eq!(step["numChangedSegments"], 1);
        assert_eq!(stale(&step), [shown(day(12, "v1"), "2015-09-12T00/2015-09-13T00")]);
        assert_eq!(lopper.ids(true), [day(12, "v1")]);
    }
    store().run(V2).code(0).stdout_has(&format!("step 1: warning: '{}' is older", day(12, "v1")));
}

#[test]
fn ignored_it_is_not_looked_for() {
    let step = store().step(V2.iter().chain(&["--on-exposure", "ignore"]));
    assert_eq!((&step["numChangedSegments"], &step["warnings"]), (&1.into(), &json!([])));
}

#[test]
fn where_it_must_not_be_nothing_changes() {
    let lopper = store();
    let before = lopper.states();
    let command = V2.iter().chain(&["--on-exposure", "fail"]);
    lopper
        .run(command.clone())
        .code(3)
        .stderr_has(&format!("'{}' is older", day(12, "v1")))
        .stderr_has("nothing was changed")
        .stderr_has("--on-exposure warn");
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.runs(), ["import done", "mark-unused refused"]);
    assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["0"]);
    // Where nothing is exposed, nothing is refused.
    let v1 = ["mark-unused", "wiki", "--where", "version = 'v1'", "--on-exposure", "fail"];
    lopper.run(v1).code(0);
    lopper.run(command).code(0);
}

#[test]
fn a_plan_shows_what_would_be_refused_and_the_rest() {
    let steps = "
[[step]]
op = 'mark-unused'
datasource = 'wiki'
where = \"version = 'v2'\"
on_exposure = 'fail'

[[step]]
op = 'mark-unused'
datasource = 'other'
all = true
";
    let lopper = store().job("drop", steps);
    lopper.add_segments(["other 2015-09-12/P1D v1"]);
    lopper.store_unchanged(|lopper| {
        let report = lopper.run(["plan", "drop", "--output", "json"]).code(3).json();
        assert!(report["refused"].as_str().unwrap().contains(&day(12, "v1")), "{report}");
        assert_eq!(stale(&report["steps"][0]).len(), 1);
        assert_eq!(report["steps"][1]["numChangedSegments"], 1);
        lopper.run(["plan", "drop"]).code(3).stdout_has("a run would be refused");
    });
    let before = lopper.states();
    lopper.run(["run", "drop"]).code(3);
    assert_eq!(lopper.states(), before, "the other step is taken back as well");
}

/// The refusal of a step behind a kill comes before that kill.
#[test]
fn a_kill_waits_for_the_steps_behind_it() {
    let steps = "
[[step]]
op = 'kill'
datasource = 'wiki'

[[step]]
op = 'mark-unused'
datasource = 'wiki'
where = \"version = 'v2'\"
on_exposure = 'fail'
";
    let lopper = store().authoritative().job("kill", steps);
    lopper.add_segments(["wiki 2015-10-12/P1D v1 unused"]);
    let before = lopper.states();
    lopper.run(["run", "kill"]).code(3).stderr_has(&day(12, "v1"));
    assert_eq!(lopper.states(), before);
}

#[test]
fn a_day_is_visible_around_an_hour_that_is_dropped() {
    let lopper = Lopper::new().segments([
        "wiki 2015-09-12/P1D v1",
        "wiki 2015-09-12T03/PT1H v2",
        "wiki 2015-09-12T04/PT1H v2",
        "wiki 2015-09-12T05/PT1H v3",
        "wiki 2015-09-12T08/PT1H v2",
        "wiki 2015-09-12T10/PT1H v2",
    ]);
    let hours = ["mark-unused", "wiki", "--interval", "2015-09-12T03/2015-09-12T10"];
    assert_eq!(
        stale(&lopper.step(hours)),
        [
            shown(day(12, "v1"), "2015-09-12T03/2015-09-12T06"),
            shown(day(12, "v1"), "2015-09-12T08/2015-09-12T09"),
        ]
    );
}

/// Each partition of the older version is told.
#[test]
fn what_an_overwrite_hid_of_its_own_version_is_uncovered() {
    let root = |partition: i32| Segment::from("wiki 2015-09-12/P1D v1").partition(partition);
    let lopper = Lopper::new().segments([
        root(0),
        root(1),
        root(2),
        overwrite("v1", 32_768, (0, 2), 1, 2),
        overwrite("v1", 32_769, (0, 2), 1, 2),
    ]);
    // Half of an update is none: the other half goes with it.
    let step = lopper.step(["mark-unused", "wiki", "--where", "partition_num = 32769"]);
    let day_12 = "2015-09-12T00/2015-09-13T00";
    assert_eq!(
        stale(&step),
        [shown(day(12, "v1"), day_12), shown(format!("{}_1", day(12, "v1")), day_12)]
    );
}

/// An update that is not full keeps its version from being complete. Without it newer data is visible, not older.
#[test]
fn a_newer_version_that_becomes_complete_is_not_stale() {
    let lopper = Lopper::new().segments([
        seg("wiki", "2015-09-12/P1D").version("v1"),
        seg("wiki", "2015-09-12/P1D").version("v2"),
        overwrite("v2", 32_768, (0, 2), 1, 2),
    ]);
    let step = lopper.step(["mark-unused", "wiki", "--where", "partition_num = 32768"]);
    assert_eq!((&step["numChangedSegments"], stale(&step)), (&1.into(), vec![]));
}

#[test]
fn eternity_is_told_where_it_is_uncovered() {
    let lopper = Lopper::new().segments([
        "wiki -146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z v1",
        "wiki 2015-09-12/P1D v2",
    ]);
    let id = "wiki_-146136543-09-08T08:23:32.096Z_146140482-04-24T15:36:27.903Z_v1";
    let step = lopper.step(V2);
    assert_eq!(stale(&step), [shown(id.to_owned(), "2015-09-12T00/2015-09-13T00")]);

    let all_time = "wiki -146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z v2";
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1", all_time]);
    let step = lopper.step(V2);
    assert_eq!(stale(&step), [shown(day(12, "v1"), "2015-09-12T00/2015-09-13T00")]);
}

#[test]
fn nothing_is_exposed_where_nothing_older_becomes_visible() {
    let v3 = || {
        Lopper::new().segments(["v1", "v2", "v3"].map(|v| seg("wiki", "2015-09-12/P1D").version(v)))
    };
    let unused_below =
        Lopper::new().segments(["wiki 2015-09-12/P1D v1 unused", "wiki 2015-09-12/P1D v2"]);
    let beside = Lopper::new().segments(["wiki 2015-09-11/P1D v1", "wiki 2015-09-12/P1D v2"]);
    let incomplete = Lopper::new().segments([
        seg("wiki", "2015-09-12/P1D")
            .shard(json!({"type": "numbered", "partitionNum": 0, "partitions": 2})),
        seg("wiki", "2015-09-12/P1D").version("v2"),
    ]);
    for (case, lopper, selector) in [
        ("a newer one remains", v3(), "version = 'v2'"),
        ("the oldest goes", v3(), "version = 'v1'"),
        ("all that is older goes as well", v3(), "version IN ('v1', 'v2', 'v3')"),
        ("the older one is unused", unused_below, "version = 'v2'"),
        ("it lies beside", beside, "version = 'v2'"),
        ("the older one is incomplete", incomplete, "version = 'v2'"),
    ] {
        let command = ["mark-unused", "wiki", "--on-exposure", "fail", "--where", selector];
        let step = lopper.step(command);
        assert_ne!(step["numChangedSegments"], 0, "{case}");
        assert_eq!(step["warnings"], json!([]), "{case}");
    }
    let step = v3().step(["mark-unused", "wiki", "--where", "version IN ('v1', 'v3')"]);
    assert_eq!(stale(&step), [shown(day(12, "v2"), "2015-09-12T00/2015-09-13T00")]);
}

#[test]
fn what_an_earlier_step_has_marked_is_not_exposed() {
    let mark = |version: &str| {
        format!(
            "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\ninterval = '../..'\nversions = ['{version}']\non_exposure = 'fail'\n"
        )
    };
    let lopper = store().job("both", &format!("{}{}", mark("v1"), mark("v2")));
    lopper.run(["run", "both"]).code(0);
    assert_eq!(lopper.ids(true), [""; 0]);
    let lopper = store().job("both", &format!("{}{}", mark("v2"), mark("v1")));
    lopper.run(["run", "both"]).code(3).stderr_has("mark the older segments unused before");
}

/// A locked segment stays used, and may be what becomes visible.
#[test]
fn all_but_what_is_locked_can_expose_that() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P2D v1", "wiki 2015-09-12/P1D v2"]);
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    let step = lopper.step(["mark-unused", "wiki", "--all", "--on-conflict", "skip"]);
    assert_eq!((&step["skipped"], stale(&step).len()), (&1.into(), 1));
    let step = store().step(["mark-unused", "wiki", "--all"]);
    assert_eq!(stale(&step), []);
}

#[test]
fn each_datasource_is_looked_at() {
    let lopper = Lopper::new().segments((0..30).flat_map(|number| {
        let of =
            |version: &str| seg(&format!("wiki_{number:02}"), "2015-09-12/P1D").version(version);
        // Every third has nothing older.
        let older = (number % 3 > 0).then(|| of("v1"));
        older.into_iter().chain([of("v2")])
    }));
    let step = lopper.step(["mark-unused", "wiki_*", "--where", "version = 'v2'"]);
    assert_eq!(step["numChangedSegments"], 30);
    let found: Vec<_> = stale(&step).into_iter().map(|(id, _)| id[..7].to_owned()).collect();
    let expected: Vec<_> =
        (0..30).filter(|number| number % 3 > 0).map(|number| format!("wiki_{number:02}")).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_thousand_are_named_and_the_rest_counted() {
    let hour = |number: i64| {
        let start = lopper::druid::Instant::from_millis(number * 3_600_000);
        seg("wiki", &format!("{start}/PT1H"))
    };
    let lopper = Lopper::new()
        .segments((0..1003).map(hour).chain([seg("wiki", "1970-01-01/P1Y").version("v2")]));
    let step = lopper.step(V2);
    let told = warned(&step, "stale-data");
    assert_eq!(told.len(), 1001);
    assert_eq!(told[1000].1, "… and 3 more older segments become visible");
    lopper.run(["mark-used", "wiki", "--all"]).code(0);
    let command = V2.iter().chain(&["--on-exposure", "fail"]);
    lopper.run(command).code(3).stderr_has("(1003 in all)");
}

/// Without a timeline nobody can tell.
#[test]
fn a_conflict_is_warned_of_and_is_no_good_where_exposure_must_not_be() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P2D v1", "wiki 2015-09-13/P2D v1"]);
    let id = "wiki_2015-09-13T00:00:00.000Z_2015-09-15T00:00:00.000Z_v1";
    let command = ["mark-unused", "wiki", "--id", id];
    lopper
        .run(command.iter().chain(&["--on-exposure", "fail"]))
        .code(3)
        .stderr_has("cannot tell whether older segments become visible");
    let step = lopper.step(command);
    assert_eq!((&step["numChangedSegments"], warned(&step, "no-timeline").len()), (&1.into(), 1));
}

#[test]
fn rules_that_drop_expose_as_well() {
    let chain = r#"[{"type":"dropByInterval","interval":"2015-09-12/P1D"},{"type":"loadForever","tieredReplicants":{"_default_tier":1}}]"#;
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-11/P3D v1", "wiki 2015-09-12/P1D v2"])
        .rules([("wiki", chain)]);
    let before = lopper.states();
    lopper.run(["enforce-rules", "wiki", "--on-exposure", "fail"]).code(3).stderr_has("is older");
    assert_eq!(lopper.states(), before);
    let ignored = ["enforce-rules", "wiki", "--on-exposure", "ignore", "--dry-run"];
    assert_eq!(stale(&lopper.step(ignored)), []);
    let step = lopper.step(["enforce-rules", "wiki"]);
    assert_eq!(step["numChangedSegments"], 1);
    let month = "wiki_2015-09-11T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1";
    assert_eq!(stale(&step), [shown(month.to_owned(), "2015-09-12T00/2015-09-13T00")]);
}

/// One run reaches the end state: what the same rules drop is not exposed.
#[test]
fn rules_that_drop_every_version_expose_nothing() {
    let lopper = store().rules([("wiki", r#"[{"type":"dropForever"}]"#)]);
    let step = lopper.step(["enforce-rules", "wiki", "--on-exposure", "fail"]);
    assert_eq!((&step["numChangedSegments"], stale(&step)), (&2.into(), vec![]));
}
