//! By interval means contained in it, at every boundary that time has.

use serde_json::Value;

use crate::support::{Lopper, seg};

const ETERNITY: &str = "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z";

/// Segments of many intervals; the version tells which is which.
fn store() -> Lopper {
    let named = [
        ("day", "2015-09-12/2015-09-13"),
        ("first-hour", "2015-09-12T00/2015-09-12T01"),
        ("last-hour", "2015-09-12T23/2015-09-13T00"),
        ("begins-early", "2015-09-11T23:59:59.999Z/2015-09-13"),
        ("ends-late", "2015-09-12/2015-09-13T00:00:00.001Z"),
        ("day-before", "2015-09-11/2015-09-12"),
        ("day-after", "2015-09-13/2015-09-14"),
        ("point-at-start", "2015-09-12/2015-09-12"),
        ("point-inside", "2015-09-12T12/2015-09-12T12"),
        ("point-at-end", "2015-09-13/2015-09-13"),
        ("month", "2015-09-01/2015-10-01"),
        ("eternity", ETERNITY),
        ("since-then", "2015-09-12/146140482-04-24T15:36:27.903Z"),
        ("until-then", "-146136543-09-08T08:23:32.096Z/2015-09-12"),
        ("far", "10000-01-01/10000-01-02"),
        ("ides", "-0044-03-15/-0044-03-16"),
    ];
    Lopper::new().segments(named.map(|(name, interval)| seg("wiki", interval).version(name)))
}

impl Lopper {
    /// The versions that mark-unused by that interval takes. Puts everything back.
    fn taken(&self, interval: &str) -> Vec<String> {
        let step = self.step(["mark-unused", "wiki", "--interval", interval]);
        let taken =
            self.sql("SELECT version FROM druid_segments WHERE NOT used ORDER BY start_ms, end_ms");
        assert_eq!(step["numChangedSegments"], taken.len(), "the count of {interval}");
        assert_eq!(step["selected"], taken.len(), "everything was used before {interval}");
        self.run(["mark-used", "wiki", "--all", "--include-overshadowed"]).code(0);
        taken
    }
}

#[test]
fn an_interval_takes_what_lies_in_it_whole() {
    let in_the_day = ["point-at-start", "first-hour", "day", "point-inside", "last-hour"];
    let lopper = store();
    assert_eq!(lopper.taken("2015-09-12/2015-09-13"), in_the_day);
    assert_eq!(lopper.taken("2015-09-12/P1D"), in_the_day);
    assert_eq!(lopper.taken("2015-09-12T02:00+02:00/2015-09-13T02:00+02:00"), in_the_day);
    assert_eq!(lopper.taken("2015-W37-6/2015-W37-7"), in_the_day);

    // One millisecond more on either side takes what fits now, and the points on the new edge do not count.
    assert_eq!(
        lopper.taken("2015-09-12/2015-09-13T00:00:00.001Z"),
        [
            "point-at-start",
            "first-hour",
            "day",
            "ends-late",
            "point-inside",
            "last-hour",
            "point-at-end"
        ]
    );
    assert_eq!(
        lopper.taken("2015-09-11T23:59:59.999Z/2015-09-13"),
        ["begins-early", "point-at-start", "first-hour", "day", "point-inside", "last-hour"]
    );
    // One millisecond less leaves what no longer fits.
    assert_eq!(
        lopper.taken("2015-09-12/2015-09-12T23:59:59.999Z"),
        ["point-at-start", "first-hour", "point-inside"]
    );
    assert_eq!(lopper.taken("2015-09-12T00:00:00.001Z/2015-09-13"), ["point-inside", "last-hour"]);
}

#[test]
fn a_zero_length_interval_takes_nothing() {
    let lopper = store();
    for point in ["2015-09-12/2015-09-12", "2015-09-12T12/2015-09-12T12", "2015-09-13/2015-09-13"] {
        assert_eq!(lopper.taken(point), [""; 0], "{point}");
    }
}

#[test]
fn open_sides_and_eternity_take_everything_on_that_side() {
    let lopper = store();
    let all = lopper.sql("SELECT version FROM druid_segments ORDER BY start_ms, end_ms");
    assert_eq!(lopper.taken("../.."), all);
    assert_eq!(lopper.taken(ETERNITY), all);
    assert_eq!(lopper.taken("../2015-09-12"), ["until-then", "ides", "day-before"]);
    assert_eq!(lopper.taken("2015-09-13/.."), ["point-at-end", "day-after", "far"]);
    assert_eq!(lopper.taken("9999-12-31/.."), ["far"]);
    assert_eq!(lopper.taken("-0100-01-01/0001-01-01"), ["ides"]);
}

/// Druid compares ends as text within one calendar year, and so takes rows that end at eternity.
#[test]
fn rows_that_end_beyond_the_year_9999_are_compared_as_instants() {
    let taken = store().taken("2015-09-12/2015-12-31");
    assert!(!taken.contains(&"since-then".to_owned()), "{taken:?}");
    assert!(taken.contains(&"day-after".to_owned()), "{taken:?}");
}

#[test]
fn now_is_the_logical_time() {
    let lopper = store().clock("2015-12-12T00:00:00.000Z");
    let ended = ["until-then", "ides", "day-before"];
    assert_eq!(lopper.taken("../now-P3M"), ended);
    let step = lopper.step([
        "mark-unused",
        "wiki",
        "--interval",
        "../now",
        "--at",
        "2015-09-12T00:00:00Z",
        "--dry-run",
    ]);
    assert_eq!(step["selected"], ended.len());
}

#[test]
fn versions_narrow_an_interval() {
    let lopper = Lopper::new().segments([
        "wiki 2015-09-12/P1D 2023-01-01",
        "wiki 2015-09-12/P1D 2023-01-01 p1",
        "wiki 2015-09-12/P1D 2023-02-01",
        "wiki 2015-09-12/P1D 2023-03-01",
        "wiki 2015-09-13/P1D 2023-01-01",
        "other 2015-09-12/P1D 2023-01-01",
    ]);
    let step = lopper.step([
        "mark-unused",
        "wiki",
        "--interval",
        "2015-09-12/P1D",
        "--version",
        "2023-01-01",
        "--version",
        "2023-02-01",
        "--version",
        "no-such",
    ]);
    assert_eq!(step["numChangedSegments"], 3);
    assert_eq!(
        lopper.sql("SELECT dataSource, start, version, count(*) FROM druid_segments WHERE NOT used GROUP BY 1, 2, 3"),
        ["wiki|2015-09-12T00:00:00.000Z|2023-01-01|2", "wiki|2015-09-12T00:00:00.000Z|2023-02-01|1"]
    );
    assert_eq!(lopper.sql("SELECT DISTINCT reason FROM changes"), ["interval and versions"]);
}

#[test]
fn versions_need_an_interval() {
    Lopper::new().segments(["wiki 2015-09-12/P1D v1"]).store_unchanged(|lopper| {
        lopper.run(["mark-unused", "wiki", "--all", "--version", "v1"]).code(2);
        lopper
            .run(["mark-unused", "wiki", "--interval", "2015-09-12/P1D", "--version", ""])
            .code(2);
    });
}

/// Wherever an interval is read, each form of it is.
#[test]
fn each_form_is_taken_everywhere() {
    let day = "2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z";
    let lopper = Lopper::new().clock("2015-09-13T00:00:00Z").segments(["wiki 2015-09-12/P1D v1"]);
    let lopper = lopper.authoritative();
    // A lock would keep marks away: it goes again.
    let locks = |form: &str, expected: Option<&str>| {
        lopper.run(["lock", "add", "wiki", "--interval", form]).code(0);
        let held = lopper.sql("SELECT start || '/' || \"end\" FROM locks");
        assert!(held.len() == 1 && expected.is_none_or(|day| held[0] == day), "{form}: {held:?}");
        lopper.sql("DELETE FROM locks");
    };
    for form in [
        "2015-09-12/2015-09-13",
        "2015-W37-6/2015-W37-7",
        "2015-255/P1D",
        "P1D/2015-256",
        "2015-09-12_2015-09-13",
        "2015-09-12T08:00+08:00/PT24H",
        "now-P1D/now",
        "now-P1D_PT24H",
        "PT24H/now+PT0S",
    ] {
        let marked = |answer: &Value| answer["numChangedSegments"].clone();
        assert_eq!(marked(&lopper.step(["mark-unused", "wiki", "--interval", form])), 1, "{form}");
        assert_eq!(marked(&lopper.step(["mark-used", "wiki", "--interval", form])), 1, "{form}");
        lopper.run(["explain", "wiki", "--interval", form]).code(0).stdout_has(day);
        locks(form, Some(day));
        lopper.run(["kill", "wiki", "--dry-run", "--interval", form]).code(0);
        for op in ["mark-unused", "kill"] {
            let step = format!("[[step]]\nop = '{op}'\ndatasource = 'wiki'\ninterval = '{form}'\n");
            lopper.file("jobs/j.toml", format!("name = 'j'\n{step}"));
            lopper.run(["jobs", "validate"]).code(0);
            lopper.run(["plan", "j"]).code(0);
        }
    }
    for open in ["../..", "../2016", "2015-W01_..", "now-P1Y/.."] {
        lopper
            .run(["mark-unused", "wiki", "--dry-run", "--interval", open])
            .code(0)
            .stdout_has("wiki: 1 segment");
        lopper.run(["explain", "wiki", "--interval", open]).code(0);
        locks(open, None);
    }
}
