//! mark-used of many leaves alone what others would hide, judged on all that is used together with what is chosen.

use serde_json::{Value, json};

use super::{day, overwrite, warned};
use crate::support::{Lopper, Segment, seg};

fn versions(lopper: &Lopper) -> Vec<String> {
    lopper.sql(
        "SELECT substr(start, 9, 2) || ' ' || version FROM druid_segments
          WHERE used AND dataSource = 'wiki' ORDER BY 1",
    )
}

fn told(step: &Value) -> (u64, u64) {
    let number = |key: &str| step[key].as_u64().unwrap_or(u64::MAX);
    (number("numChangedSegments"), number("overshadowed"))
}

/// Day 12 has a newer version in use, day 13 has not.
fn store() -> Lopper {
    Lopper::new().segments([
        "wiki 2015-09-12/P1D v2",
        "wiki 2015-09-12/P1D v1 unused",
        "wiki 2015-09-13/P1D v1 unused",
    ])
}

#[test]
fn every_selector_of_many_leaves_alone_what_is_hidden() {
    let ids = [day(12, "v1"), day(13, "v1")];
    let lopper = store();
    lopper.file("ids.txt", ids.join("\n"));
    for selector in [
        vec!["--id", &ids[0], &ids[1]],
        vec!["--ids-from", "ids.txt"],
        vec!["--interval", "../.."],
        vec!["--interval", "../..", "--version", "v1"],
        vec!["--all"],
        vec!["--where", "state = 'unused'"],
    ] {
        let command = ["mark-used", "wiki"].iter().chain(&selector);
        let step = lopper.step(command.clone().chain(&["--dry-run"]));
        assert_eq!(told(&step), (1, 1), "{selector:?}");
        lopper
            .run(command)
            .code(0)
            .stdout_has("left alone: 1 segment that others would hide (--include-overshadowed");
        assert_eq!(versions(&lopper), ["12 v2", "13 v1"], "{selector:?}");
        assert_eq!(
            lopper.sql("SELECT id FROM changes WHERE run = (SELECT max(run) FROM runs)"),
            ids[1..],
            "the ledger has what was changed, {selector:?}"
        );
        lopper.step(["mark-unused", "wiki", "--id", &ids[1]]);
    }
}

#[test]
fn a_group_of_one_id_is_a_group() {
    let ids = json!([day(12, "v1")]);
    let step = format!("[[step]]\nop = 'mark-used'\ndatasource = 'wiki'\nids = {ids}\n");
    let lopper = store().job("back", &step);
    assert_eq!(told(&lopper.step(["run", "back"])), (0, 1));
    assert_eq!(versions(&lopper), ["12 v2"]);
}

#[test]
fn include_overshadowed_takes_all() {
    let lopper = store();
    let step = lopper.step(["mark-used", "wiki", "--all", "--include-overshadowed"]);
    assert_eq!(step["numChangedSegments"], 2);
    assert!(step.get("overshadowed").is_none(), "{step}");
    assert_eq!(versions(&lopper), ["12 v1", "12 v2", "13 v1"]);
}

#[test]
fn the_chosen_hide_each_other() {
    let lopper = Lopper::new().segments([
        "wiki 2015-09-12/P1D v1 unused",
        "wiki 2015-09-12/P1D v2 unused",
        "wiki 2015-09-12/PT12H v3 unused",
        "wiki 2015-09-12T12/PT12H v3 unused",
        "wiki 2015-09-13/P1D v1 unused",
    ]);
    assert_eq!(told(&lopper.step(["mark-used", "wiki", "--all"])), (3, 2));
    assert_eq!(versions(&lopper), ["12 v3", "12 v3", "13 v1"]);
}

/// What is neither used nor chosen hides nothing.
#[test]
fn what_stays_unused_hides_nothing() {
    let lopper =
        Lopper::new().segments(["wiki 2015-09-12/P1D v1 unused", "wiki 2015-09-12/P1D v2 unused"]);
    let v1 = ["mark-used", "wiki", "--interval", "../..", "--version", "v1"];
    assert_eq!(told(&lopper.step(v1)), (1, 0));
    assert_eq!(versions(&lopper), ["12 v1"]);
}

/// Druid asks the used ones of these versions alone, and so brings back what its next pass drops.
#[test]
fn a_version_that_was_not_asked_for_hides_all_the_same() {
    let lopper = store();
    let v1 = ["mark-used", "wiki", "--interval", "2015-09-12/P1D", "--version", "v1"];
    assert_eq!(told(&lopper.step(v1)), (0, 1));
    assert_eq!(versions(&lopper), ["12 v2"]);
}

#[test]
fn what_lies_outside_of_the_interval_hides_as_well() {
    let lopper =
        Lopper::new().segments(["wiki 2015-09-01/P1M v2", "wiki 2015-09-12/P1D v1 unused"]);
    let step = lopper.step(["mark-used", "wiki", "--interval", "2015-09-12/P1D"]);
    assert_eq!(told(&step), (0, 1));
}

/// An incomplete version hides nothing; the one chosen that completes it makes it hide.
#[test]
fn a_version_that_becomes_complete_hides() {
    let core = |partition: i32| {
        let spec = json!({"type": "numbered", "partitionNum": partition, "partitions": 2});
        seg("wiki", "2015-09-12/P1D").version("v2").partition(partition).shard(spec)
    };
    let v1 = || Segment::from("wiki 2015-09-12/P1D v1 unused");
    let lopper = Lopper::new().segments([core(0), v1()]);
    assert_eq!(told(&lopper.step(["mark-used", "wiki", "--all"])), (1, 0));
    let lopper = Lopper::new().segments([core(0), core(1).unused(), v1()]);
    assert_eq!(told(&lopper.step(["mark-used", "wiki", "--all"])), (1, 1));
}

#[test]
fn an_overwrite_hides_root_partitions_of_its_version() {
    let root = |partition: i32| Segment::from("wiki 2015-09-12/P1D v1 unused").partition(partition);
    let lopper = Lopper::new().segments([
        root(0),
        root(1),
        root(2),
        overwrite("v1", 32_768, (0, 2), 1, 2),
        overwrite("v1", 32_769, (0, 2), 1, 2).unused(),
    ]);
    // Half of an update is none.
    let roots = ["mark-used", "wiki", "--where", "partition_num < 3", "--dry-run"];
    assert_eq!(told(&lopper.step(roots)), (3, 0));
    assert_eq!(told(&lopper.step(["mark-used", "wiki", "--all"])), (2, 2));
    let used = "SELECT partition_num FROM segments WHERE used ORDER BY 1";
    assert_eq!(lopper.sql(used), ["2", "32768", "32769"]);
}

/// One id given alone is meant as it is.
#[test]
fn a_single_id_is_marked_and_warned_of() {
    let lopper = store();
    let step = lopper.step(["mark-used", "wiki", "--id", &day(12, "v1")]);
    assert_eq!(step["numChangedSegments"], 1);
    let warned = warned(&step, "overshadowed");
    assert_eq!(warned.len(), 1);
    assert_eq!(warned[0].0, day(12, "v1"));
    assert!(warned[0].1.contains(&format!("overshadowed by '{}'", day(12, "v2"))), "{warned:?}");
    assert_eq!(versions(&lopper), ["12 v1", "12 v2"]);
    let step = lopper.step(["mark-used", "wiki", "--id", &day(13, "v1")]);
    assert_eq!(super::warned(&step, "overshadowed"), []);
}

fn crossing() -> Lopper {
    Lopper::new().segments([
        "bad 2015-09-12/P2D v1",
        "bad 2015-09-13/P2D v1 unused",
        "bad 2015-10-01/P1D v1 unused",
        "wiki 2015-09-12/P1D v1 unused",
    ])
}

/// Two intervals of one version that cross: Druid's coordinator fails on that.
#[test]
fn a_conflict_leaves_its_datasource_alone() {
    for more in [&["--all"][..], &["--all", "--include-overshadowed"], &["--interval", "../.."]] {
        let lopper = crossing();
        let bad = lopper.sql("SELECT * FROM druid_segments WHERE dataSource = 'bad'");
        let command = ["mark-used", "*", "--output", "json"];
        let report = lopper.run(command.iter().chain(more)).code(5).json();
        assert_eq!(report["outcome"], "partial");
        let step = &report["steps"][0];
        assert_eq!(step["numChangedSegments"], 1);
        let left_out = step["leftOut"].as_array().unwrap();
        assert_eq!((left_out.len(), &left_out[0]["datasource"]), (1, &"bad".into()));
        for days in ["2015-09-12T00:00:00.000Z_2015-09-14", "2015-09-13T00:00:00.000Z_2015-09-15"] {
            let reason = left_out[0]["reason"].as_str().unwrap();
            assert!(reason.contains(&format!("'bad_{days}T00:00:00.000Z_v1'")), "{reason}");
        }
        assert_eq!(lopper.sql("SELECT * FROM druid_segments WHERE dataSource = 'bad'"), bad);
        assert_eq!(versions(&lopper), ["12 v1"]);
        assert_eq!(lopper.runs(), ["import done", "mark-used partial"]);
    }
}

#[test]
fn a_conflict_among_the_used_ones_far_away_stops_as_well() {
    let lopper = crossing();
    let id = "bad_2015-09-13T00:00:00.000Z_2015-09-15T00:00:00.000Z_v1";
    // A single id is marked, but not in silence.
    let step = lopper.step(["mark-used", "bad", "--id", id]);
    assert_eq!(step["numChangedSegments"], 1);
    assert_eq!(warned(&step, "no-timeline").len(), 1, "{step}");
    let october = ["mark-used", "bad", "--interval", "2015-10-01/P1D"];
    lopper
        .run(october)
        .code(5)
        .stdout_has("left out: datasource 'bad'")
        .stdout_has("partial: nothing of the datasources that are left out was changed")
        .stdout_lacks("deletions");
    // As the reason says: without one of the two there is a timeline.
    lopper.step(["mark-unused", "bad", "--id", id]);
    assert_eq!(told(&lopper.step(october)), (1, 0));
}

const TWICE: &str = "
[[step]]
op = 'mark-used'
datasources = ['*']
interval = '2015-09-01/2015-10-01'

[[step]]
op = 'mark-unused'
datasources = ['*']
all = true
";

#[test]
fn later_steps_leave_a_datasource_out_that_one_had_to() {
    let lopper = crossing().job("twice", TWICE);
    let report = lopper.run(["run", "twice", "--output", "json"]).code(5).json();
    let left = |step: usize| report["steps"][step]["leftOut"][0]["datasource"].clone();
    assert_eq!((left(0), left(1)), ("bad".into(), "bad".into()));
    assert!(lopper.ids(true) == ["bad_2015-09-12T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1"]);
    // Another run begins anew.
    let step = lopper.step(["mark-unused", "bad", "--all"]);
    assert_eq!(step["numChangedSegments"], 1);
}

/// A run looks ahead over its kills: what is found there is not yet so.
#[test]
fn a_kill_before_the_step_is_not_left_out() {
    let kill = "[[step]]\nop = 'kill'\ndatasource = 'bad'\ninterval = '2015-10-01/P1D'\n";
    let lopper = crossing().authoritative().job("kill", &format!("{kill}{TWICE}"));
    let report = lopper.run(["run", "kill", "--output", "json"]).code(5).json();
    assert_eq!(report["steps"][0]["numChangedSegments"], 1, "{report}");
    let reason = report["steps"][1]["leftOut"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("of one version"), "{reason}");
    assert_eq!(report["steps"][2]["leftOut"][0]["datasource"], "bad");
    let message = lopper.sql("SELECT message FROM runs WHERE name = 'kill'");
    assert!(message[0].contains("left out: 'bad'") && !message[0].contains("files"), "{message:?}");
}

/// A newer version goes and the older one comes back, with no need to force it.
#[test]
fn a_step_sees_what_an_earlier_one_has_taken_away() {
    let swap = "
[[step]]
op = 'mark-unused'
datasource = 'wiki'
interval = '../..'
versions = ['v2']

[[step]]
op = 'mark-used'
datasource = 'wiki'
interval = '../..'
versions = ['v1']
";
    let lopper = store().job("swap", swap);
    let report = lopper.run(["run", "swap", "--output", "json"]).code(0).json();
    assert_eq!(told(&report["steps"][1]), (2, 0));
    assert_eq!(warned(&report["steps"][0], "stale-data"), []);
    assert_eq!(versions(&lopper), ["12 v1", "13 v1"]);
}

/// A lock on what would stay as it is does no harm; what is passed over because of one hides nothing.
#[test]
fn locks_count_for_what_is_changed() {
    let lopper = store();
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    assert_eq!(told(&lopper.step(["mark-used", "wiki", "--all"])), (1, 1));
    let lopper =
        Lopper::new().segments(["wiki 2015-09-12/P2D v2 unused", "wiki 2015-09-12/P1D v1 unused"]);
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    lopper.run(["mark-used", "wiki", "--all"]).code(4);
    let step = lopper.step(["mark-used", "wiki", "--all", "--on-conflict", "skip"]);
    assert_eq!((told(&step), &step["skipped"]), ((1, 0), &1.into()));
    assert_eq!(versions(&lopper), ["12 v1"]);
}
