//! What another owner holds locked: the mark fails, or passes over it.

use crate::support::{Lopper, NOW};

const LATER: &str = "2024-06-01T12:00:00.001Z";

fn store() -> Lopper {
    Lopper::new().segments([
        "wiki 2015-09-12/P1D v1",
        "wiki 2015-09-13/P1D v1",
        "wiki 2015-09-14/2015-09-14 v1",
        "other 2015-09-12/P1D v1",
    ])
}

#[test]
fn a_lock_fails_the_mark_as_a_whole() {
    let lopper = store();
    lopper.lock("wiki", "2015-09-13T12:00:00Z", "2015-09-13T13:00:00Z", None);
    let before = lopper.states();
    lopper
        .run(["mark-unused", "wiki", "--all"])
        .code(4)
        .stderr_has("'index_parallel_wiki' holds a replace lock on 2015-09-13T12:00:00.000Z/2015-09-13T13:00:00.000Z of datasource 'wiki'")
        .stderr_has("help: ");
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["0"]);
    assert_eq!(lopper.runs(), ["import done", "mark-unused locked"]);
}

#[test]
fn a_lock_of_any_kind_counts() {
    for kind in ["append", "replace", "read", "kill"] {
        let lopper = store();
        lopper.sql(&format!(
            "INSERT INTO locks (datasource, start, \"end\", kind, owner) VALUES ('wiki', '2015-01-01', '2016-01-01', '{kind}', 'me')"
        ));
        lopper.run(["mark-unused", "wiki", "--all"]).code(4).stderr_has(&format!(" {kind} lock"));
    }
}

#[test]
fn skip_leaves_what_is_locked_and_takes_the_rest() {
    let lopper = store();
    lopper.lock("wiki", "2015-09-13T12:00:00Z", "2015-09-13T13:00:00Z", Some(LATER));
    let step = lopper.step(["mark-unused", "wiki", "--all", "--on-conflict", "skip"]);
    assert_eq!(
        (&step["selected"], &step["numChangedSegments"], &step["skipped"]),
        (&3.into(), &2.into(), &1.into())
    );
    assert_eq!(
        lopper.sql("SELECT id FROM druid_segments WHERE used AND dataSource = 'wiki'"),
        ["wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1"]
    );
    assert_eq!(
        lopper.sql("SELECT selected, changed, skipped FROM steps WHERE op = 'mark-unused'"),
        ["3|2|1"]
    );
}

#[test]
fn locks_that_do_not_concern_the_mark_let_it_pass() {
    for (why, datasource, start, end, expires) in [
        ("ends where the segment begins", "wiki", "2015-09-11", "2015-09-12", None),
        ("begins where the segment ends", "wiki", "2015-09-13", "2015-09-14", None),
        ("lies elsewhere", "wiki", "2016-01-01", "2017-01-01", None),
        ("is another datasource's", "other", "2015-09-12", "2015-09-13", None),
        ("expires now", "wiki", "2015-09-12", "2015-09-13", Some(NOW)),
    ] {
        let lopper = store();
        lopper.lock(datasource, start, end, expires);
        let step = lopper.step(["mark-unused", "wiki", "--interval", "2015-09-12/P1D"]);
        assert_eq!(step["numChangedSegments"], 1, "a lock that {why}");
    }
}

/// Druid's overlap: a point overlaps what begins before it and ends after it, and not what it borders.
#[test]
fn a_zero_length_segment_meets_the_locks_around_it() {
    let by_point = ["mark-unused", "wiki", "--where", "start = \"end\""];
    let lopper = store();
    lopper.lock("wiki", "2015-09-14", "2015-09-15", None);
    lopper.run(by_point).code(0);
    lopper.lock("wiki", "2015-09-13", "2015-09-15", None);
    lopper
        .run(["mark-used", "wiki", "--include-overshadowed", "--where", "start = \"end\""])
        .code(4);
}

/// What has the state already is not touched, so nobody's lock is in the way.
#[test]
fn a_mark_that_changes_nothing_meets_no_lock() {
    let lopper = store();
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    lopper.lock("wiki", "2015-01-01", "2016-01-01", None);
    let step = lopper.step(["mark-unused", "wiki", "--all"]);
    assert_eq!((&step["numChangedSegments"], &step["skipped"]), (&0.into(), &0.into()));
}

/// SQLite alone would take these for a Julian day and for an hour of the year 2000, and nothing would be locked.
#[test]
fn a_lock_without_dates_is_refused() {
    let lopper = store();
    for (start, end) in [("2015", "2016"), ("2015-09-12", "2016"), ("12:00", "13:00")] {
        let error = lopper.sql_error(&format!(
            "INSERT INTO locks (datasource, start, \"end\", owner) VALUES ('wiki', '{start}', '{end}', 'me')"
        ));
        assert!(error.contains("must be instants such as"), "{error}");
    }
    lopper.lock("wiki", "2015-09-12", "2015-09-13T00:00:00Z", Some("2030-01-01 12:00"));
}
