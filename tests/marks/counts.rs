//! What a mark counts, stamps, warns of and writes down; the selectors all and where.

use crate::support::{Lopper, NOW};

#[test]
fn what_has_the_state_already_counts_nothing_and_keeps_its_stamp() {
    let lopper = Lopper::new().segments([
        "wiki 2015-09-12/P1D v1",
        "wiki 2015-09-13/P1D v1 unused@2020-02-02T00:00:00.000Z",
    ]);
    let unused = "wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1";
    for selector in [
        vec!["--id", unused],
        vec!["--interval", "2015-09-13/P1D"],
        vec!["--where", "state = 'unused'"],
    ] {
        let step = lopper.step(["mark-unused", "wiki"].iter().chain(&selector));
        assert_eq!(
            (&step["selected"], &step["numChangedSegments"], &step["segmentStateChanged"]),
            (&1.into(), &0.into(), &false.into()),
            "{selector:?}"
        );
    }
    let step = lopper.step(["mark-unused", "wiki", "--all"]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&2.into(), &1.into()));
    assert_eq!(
        lopper.sql("SELECT used, used_status_last_updated FROM druid_segments ORDER BY start"),
        [format!("0|{NOW}"), "0|2020-02-02T00:00:00.000Z".to_owned()]
    );
    assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["1"]);
}

#[test]
fn stamps_are_wall_clock_time_whatever_the_logical_time() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1"]);
    lopper.run(["mark-unused", "wiki", "--all", "--at", "2016-01-01T00:00:00Z"]).code(0);
    assert_eq!(lopper.sql("SELECT used_status_last_updated FROM druid_segments"), [NOW]);
    assert_eq!(
        lopper.sql("SELECT logical_time, started FROM runs WHERE name = 'mark-unused'"),
        [format!("2016-01-01T00:00:00.000Z|{NOW}")]
    );
}

#[test]
fn all_means_every_segment_of_every_datasource_named() {
    let lopper = Lopper::new().segments([
        "wiki_a 2015-09-12/P1D v1",
        "wiki_b 2015-09-12/P1D v1",
        "koalas 2015-09-12/P1D v1",
    ]);
    let step = lopper.step(["mark-unused", "wiki_*", "--all"]);
    assert_eq!(step["numChangedSegments"], 2);
    assert_eq!(
        step["byDatasource"],
        serde_json::json!([
            {"datasource": "wiki_a", "segments": 1, "size": 1000},
            {"datasource": "wiki_b", "segments": 1, "size": 1000},
        ])
    );
    assert_eq!(lopper.sql("SELECT dataSource FROM druid_segments WHERE used"), ["koalas"]);
    let step = lopper.step(["mark-used", "wiki_b", "--all", "--include-overshadowed"]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&1.into(), &1.into()));
}

#[test]
fn where_reads_the_view_segments_within_the_datasource() {
    let lopper = Lopper::new().segments([
        "wiki 2015-09-12/P1D v1",
        "wiki 2015-09-12/P1D v2 p1",
        "other 2015-09-12/P1D v1",
    ]);
    let step =
        lopper.step(["mark-unused", "wiki", "--where", "version < 'v2' OR datasource = 'other'"]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&1.into(), &1.into()));
    assert_eq!(
        lopper.sql("SELECT id, reason FROM changes"),
        [
            "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1|where version < 'v2' OR datasource = 'other'"
        ]
    );
}

/// A name that reads like a pattern means the datasource of that name.
#[test]
fn a_datasource_named_like_a_glob_is_itself() {
    let lopper = Lopper::new().segments(["a[b] 2015-09-12/P1D v1", "ab 2015-09-12/P1D v1"]);
    assert_eq!(lopper.step(["mark-unused", "a[b]", "--all"])["numChangedSegments"], 1);
    assert_eq!(lopper.sql("SELECT dataSource FROM druid_segments WHERE used"), ["ab"]);
}

#[test]
fn an_unknown_datasource_is_a_warning() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1"]);
    for name in ["wikii", "koala*", "WIKI"] {
        let step = lopper.step(["mark-unused", name, "--all"]);
        assert_eq!((&step["selected"], &step["numChangedSegments"]), (&0.into(), &0.into()));
        assert_eq!(step["warnings"][0]["code"], "unknown-datasource", "{name}");
        lopper
            .run(["mark-unused", name, "--all"])
            .code(0)
            .stdout_has(&format!("warning: no datasource is called '{name}'"));
    }
    assert_eq!(lopper.ids(false), [""; 0]);
}

#[test]
fn each_datasource_of_a_job_that_is_unknown_is_named() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1"]).job(
        "tidy",
        "[[step]]\nop = 'mark-unused'\ndatasources = ['wiki', 'typo', 'other*']\nall = true\n",
    );
    let step = lopper.step(["run", "tidy"]);
    assert_eq!(step["numChangedSegments"], 1);
    let warned: Vec<_> =
        step["warnings"].as_array().unwrap().iter().map(|one| one["message"].to_string()).collect();
    assert_eq!(
        warned,
        [r#""no datasource is called 'typo'""#, r#""no datasource is called 'other*'""#]
    );
}

#[test]
fn one_selector_is_needed_and_no_more() {
    Lopper::new().segments(["wiki 2015-09-12/P1D v1"]).store_unchanged(|lopper| {
        lopper.run(["mark-unused", "wiki"]).code(2);
        lopper.run(["mark-unused", "wiki", "--all", "--interval", "../.."]).code(2);
        lopper.run(["mark-unused", "wiki", "--id", "x", "--where", "1"]).code(2);
        lopper.run(["mark-unused", "--all"]).code(2);
    });
}
