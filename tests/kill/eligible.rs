//! Each condition of eligibility alone: one segment fails it, its twin does not.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Lopper, NOW, Running, Segment, seg};

/// Old enough in every respect: it ended years ago and has been unused since 2020.
fn old() -> Segment {
    seg("wiki", "2015-09-12/P1D").unused().version("old")
}

fn lopper(segments: impl IntoIterator<Item = Segment>) -> Lopper {
    Lopper::new().authoritative().segments(segments)
}

impl Lopper {
    /// Kills; answers the versions that are left, and how many were passed over for that reason.
    #[track_caller]
    fn kill(&self, flags: &[&str], reason: &str) -> (Vec<String>, u64) {
        let step = self.step([&["kill", "wiki", "--yes"], flags].concat());
        let left = self.sql("SELECT version FROM druid_segments ORDER BY version");
        (left, step["kill"]["passedOver"][reason].as_u64().unwrap_or(0))
    }

    /// Kills; the segment of version `kept` must be the only one left, for that reason.
    #[track_caller]
    fn keeps(&self, kept: &str, flags: &[&str], reason: &str) {
        assert_eq!(self.kill(flags, reason), (vec![kept.to_owned()], 1), "{reason}");
    }
}

#[test]
fn what_is_used_stays() {
    let lopper = lopper([old(), seg("wiki", "2015-09-12/P1D").version("used")]);
    let step = lopper.step(["kill", "wiki", "--yes"]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&1.into(), &1.into()));
    assert_eq!(step["kill"]["passedOver"], json!({}));
    assert_eq!(lopper.ids(true), ["wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_used"]);
}

#[test]
fn other_datasources_stay() {
    let lopper = lopper([old(), seg("wikipedia", "2015-09-12/P1D").unused()]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.sql("SELECT dataSource FROM druid_segments"), ["wikipedia"]);
}

/// The newest of the unused ones; what is used, or of another interval, does not count.
#[test]
fn the_newest_unused_versions_of_an_interval_stay() {
    let of = |version: &str| seg("wiki", "2015-09-12/P1D").unused().version(version);
    let story = || {
        lopper([
            of("a"),
            of("b"),
            of("b").partition(1),
            of("c"),
            seg("wiki", "2015-09-12/P1D").version("d"),
            seg("wiki", "2015-09-12/P2D").unused().version("e"),
        ])
    };
    let reason = "one of the versions to keep";
    let texts = |versions: &[&str]| versions.iter().map(|&version| version.to_owned()).collect();
    assert_eq!(story().kill(&["--keep-versions", "1"], reason), (texts(&["c", "d", "e"]), 2));
    assert_eq!(
        story().kill(&["--keep-versions", "2", "--batch-size", "1"], reason),
        (texts(&["b", "b", "c", "d", "e"]), 4)
    );
    assert_eq!(story().kill(&["--keep-versions", "3"], reason).1, 5);
    assert_eq!(story().kill(&[], reason), (texts(&["d"]), 0));
    for wrong in ["0", "1001"] {
        story().run(["kill", "wiki", "--keep-versions", wrong]).code(2).stderr_has("keep-versions");
    }
    story().run(["explain", "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_b"]).code(0);
}

/// By UTF-16 code units, as Java compares them: beyond U+FFFF comes before U+E000.
#[test]
fn the_newest_version_is_the_one_that_java_calls_the_greatest() {
    let of = |version: &str| seg("wiki", "2015-09-12/P1D").unused().version(version);
    let (private, pair) = ("v\u{e000}", "v\u{1f600}");
    for versions in [[private, pair], [pair, private]] {
        let lopper = lopper(versions.map(of));
        lopper.keeps(private, &["--keep-versions", "1"], "one of the versions to keep");
    }
}

/// Between the listing and the deletion, others may act.
#[test]
fn a_version_that_was_to_stay_and_has_gone_keeps_the_older_ones() {
    let of = |version: &str| seg("wiki", "2015-09-12/P1D").unused().version(version);
    let lopper = lopper([of("a"), of("b"), of("c")]);
    let mut kill = Running::start(
        lopper
            .command(["kill", "wiki", "--yes", "--keep-versions", "1"])
            .env("FAILPOINTS", "kill::candidates-listed=1*return(stop)"),
    );
    kill.until_stopped();
    lopper.run(["mark-used", "wiki", "--id", &of("c").id()]).code(0);
    kill.thaw();
    kill.end().code(0);
    assert_eq!(lopper.sql("SELECT version FROM druid_segments ORDER BY version"), ["a", "b", "c"]);
    lopper.run(["kill", "wiki", "--yes", "--keep-versions", "1"]).code(0);
    assert_eq!(lopper.sql("SELECT version FROM druid_segments ORDER BY version"), ["b", "c"]);
}

#[test]
fn a_lock_that_is_taken_behind_the_listing_holds() {
    let lopper = lopper([old(), seg("wiki", "2015-09-13/P1D").unused()]);
    let mut kill = Running::start(
        lopper
            .command(["kill", "wiki", "--yes"])
            .env("FAILPOINTS", "kill::candidates-listed=1*return(stop)"),
    );
    kill.until_stopped();
    lopper.lock("wiki", "2015-09-12", "2015-09-12T01:00:00Z", None);
    kill.thaw();
    kill.end().code(0);
    assert_eq!(lopper.sql("SELECT version FROM druid_segments"), ["old"]);
}

#[test]
fn what_reaches_beyond_the_interval_stays() {
    let day = ["--interval", "2015-09-12/P1D"];
    for interval in [
        "2015-09-12/2015-09-13T00:00:00.001Z",
        "2015-09-11T23:59:59.999Z/2015-09-13",
        "2015-09-13/2015-09-13",
        "2015-09-13/P1D",
    ] {
        let other = seg("wiki", interval).unused().version("beyond");
        lopper([old(), other]).keeps("beyond", &day, "outside the interval");
    }
}

#[test]
fn versions_that_are_not_named_stay() {
    let other = old().version("other");
    lopper([old(), other]).keeps(
        "other",
        &["--version", "old", "--version", "none"],
        "another version",
    );
}

#[test]
fn the_buffer_is_from_the_last_mark_to_the_millisecond() {
    // 30 days before the clock's 2024-06-01T12:00.
    let (due, young) = ("2024-05-02T12:00:00.000Z", "2024-05-02T12:00:00.001Z");
    lopper([old().stamp(due), old().version("young").stamp(young)]).keeps(
        "young",
        &[],
        "within the buffer period",
    );
    let flags = ["--buffer-period", "P30DT0.001S"];
    lopper([old(), old().version("young").stamp(due)]).keeps(
        "young",
        &flags,
        "within the buffer period",
    );
}

#[test]
fn a_short_buffer_is_a_warning() {
    for (period, warned) in
        [("PT0S", true), ("PT23H59M59.999S", true), ("P1D", false), ("P30D", false)]
    {
        let step = lopper([old()]).step(["kill", "wiki", "--yes", "--buffer-period", period]);
        assert_eq!(step["warnings"][0]["code"] == "short-buffer", warned, "{period}");
        assert_eq!(step["numChangedSegments"], 1);
    }
}

#[test]
fn what_ended_lately_is_retained_to_the_millisecond() {
    // 90 days before the clock's 2024-06-01T12:00.
    let due = seg("wiki", "2024-03-01/2024-03-03T12:00:00.000Z").unused().version("due");
    let late = seg("wiki", "2024-03-01/2024-03-03T12:00:00.001Z").unused().version("late");
    let both = || lopper([due.clone(), late.clone()]);
    both().keeps("late", &[], "within the duration to retain");
    both().keeps("late", &["--duration-to-retain", "P90D"], "within the duration to retain");
    assert_eq!(both().kill(&["--duration-to-retain", "P89D"], ""), (vec![], 0));
    assert_eq!(both().kill(&["--ignore-duration-to-retain"], ""), (vec![], 0));
    assert_eq!(both().kill(&["--duration-to-retain", "P1Y"], "within the duration to retain").1, 2);
}

#[test]
fn tombstones_need_not_be_retained() {
    let eternal = "2015-01-01/146140482-04-24T15:36:27.903Z";
    let lopper = lopper([
        seg("wiki", eternal).unused().version("tombstone").tombstone(),
        seg("wiki", eternal).unused().version("data"),
    ]);
    let step = lopper.step(["kill", "wiki", "--yes"]);
    assert_eq!(
        (&step["numChangedSegments"], &step["kill"]["filesDeleted"]),
        (&1.into(), &0.into())
    );
    assert_eq!(lopper.sql("SELECT version FROM druid_segments"), ["data"]);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"]);
}

#[test]
fn load_specs_that_cannot_be_deleted_here_stay() {
    let s3 = old().version("s3").s3("bucket", "wiki/index.zip");
    lopper([old(), s3]).keeps("s3", &[], "load spec type s3_zip is not configured");
    let hdfs =
        old().version("hdfs").load(json!({"type": "hdfs", "path": "hdfs://n/druid/index.zip"}));
    lopper([old(), hdfs]).keeps("hdfs", &[], "load spec type hdfs is not supported");
    lopper([old(), old().version("none").no_load()]).keeps("none", &[], "no load spec");
}

#[test]
fn files_outside_the_configured_root_stay() {
    let elsewhere = tempfile::TempDir::new().unwrap();
    let file = elsewhere.path().join("index.zip");
    std::fs::write(&file, "precious").unwrap();
    let places: [fn(&Path) -> PathBuf; 4] = [
        |root| root.join("../precious.zip"),
        |root| root.to_owned(),
        |root| root.with_extension("2").join("index.zip"),
        |_| "relative/index.zip".into(),
    ];
    let elsewhere = |_: &Path| file.clone();
    for place in
        places.iter().map(|place| place as &dyn Fn(&Path) -> PathBuf).chain([&elsewhere as _])
    {
        let story = lopper([old()]);
        let path = place(&story.deep_storage());
        let outside = old().version("outside").load(json!({"type": "local", "path": path}));
        story.add_segments([outside]);
        story.keeps("outside", &[], "outside the configured deep storage");
        assert_eq!(std::fs::read(&file).unwrap(), b"precious");
    }
}

#[test]
fn without_a_configured_place_no_file_is_deleted() {
    let lopper = Lopper::new().config("authoritative = true\n").segments([old()]);
    lopper.keeps("old", &[], "load spec type local is not configured");
}

#[test]
fn what_another_owner_holds_locked_stays() {
    let lopper = lopper([old(), seg("wiki", "2015-09-13/P1D").unused().version("locked")]);
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    let step = lopper.step(["kill", "wiki", "--yes"]);
    assert_eq!((&step["skipped"], &step["kill"]["passedOver"]["locked"]), (&1.into(), &1.into()));
    assert_eq!(lopper.sql("SELECT version FROM druid_segments"), ["locked"]);
}

#[test]
fn a_lock_can_also_fail_the_kill() {
    let lopper = lopper([old(), seg("wiki", "2015-09-13/P1D").unused().version("locked")]);
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    let before = lopper.states();
    lopper.run(["kill", "wiki", "--yes", "--on-conflict", "fail"]).code(4).stderr_has("is locked");
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.deep_files().len(), 2);
    assert_eq!(lopper.runs(), ["import done", "kill locked"]);
}

#[test]
fn the_limit_takes_the_oldest_end_first() {
    let days = [
        ("c", "2015-09-03/P1D"),
        ("a", "2015-09-01/P1D"),
        ("b", "2015-08-01/2015-09-03"),
        ("d", "2015-01-01/2015-09-05"),
    ];
    let lopper =
        lopper(days.map(|(version, interval)| seg("wiki", interval).unused().version(version)));
    assert_eq!(lopper.kill(&["--limit", "1"], "").0, ["b", "c", "d"]);
    // Batches of one count on towards the limit.
    assert_eq!(lopper.kill(&["--limit", "2", "--batch-size", "1"], "").0, ["d"]);
    assert_eq!(lopper.kill(&["--limit", "2"], "").0, [""; 0]);
}

#[test]
fn batches_go_through_everything_however_the_ends_fall() {
    let segments = (0..25).map(|number| {
        // Many share an end with the last of a batch; some of those are not eligible.
        let segment = seg("wiki", ["2015-09-01/P1D", "2015-09-02/P1D"][number / 13]);
        let segment = segment.partition(i32::try_from(number).unwrap()).unused();
        if number % 5 == 0 { segment.stamp(NOW) } else { segment }
    });
    let lopper = lopper(segments);
    let step = lopper.step(["kill", "wiki", "--yes", "--batch-size", "4"]);
    assert_eq!(
        (&step["numChangedSegments"], &step["kill"]["filesDeleted"]),
        (&20.into(), &20.into())
    );
    assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["5"]);
}

#[test]
fn what_was_never_stamped_is_stamped_first_and_stays() {
    for flags in [&[][..], &["--buffer-period", "PT0S"]] {
        let lopper = lopper([
            old(),
            old().version("null").never_stamped(),
            old().version("1970").stamp("1970-01-01T00:00:00.000Z"),
        ]);
        let step = lopper.step([&["kill", "wiki", "--yes"], flags].concat());
        assert_eq!((&step["numChangedSegments"], &step["kill"]["stamped"]), (&1.into(), &2.into()));
        assert_eq!(step["kill"]["passedOver"]["never stamped"], 2);
        let stamps = lopper
            .sql("SELECT DISTINCT substr(used_status_last_updated, 1, 19) FROM druid_segments");
        assert_eq!(stamps, [&NOW[..19]]);

        // The buffer runs from that stamp.
        let later = lopper.clock("2024-07-01T12:00:01.000Z");
        assert_eq!(later.step(["kill", "wiki", "--yes"])["numChangedSegments"], 2);
    }
}

/// Only the epoch itself stands for no stamp.
#[test]
fn a_stamp_before_1970_is_a_stamp() {
    let stamps = ["1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.001Z"];
    let lopper = lopper(stamps.map(|stamp| old().version(&stamp[..10]).stamp(stamp)));
    assert_eq!(lopper.kill(&[], "never stamped"), (vec![], 0));
}

/// Nothing of a run's own makes time pass: a mark needs its whole buffer, whatever the logical time.
#[test]
fn a_future_logical_time_makes_nothing_older() {
    let lopper =
        lopper([old().stamp(NOW), seg("wiki", "2024-06-01/P1D").unused().version("young")]);
    let future = ["--at", "2034-06-01T12:00:00Z"];
    lopper.store_unchanged(|lopper| {
        let step = lopper.step([&["kill", "wiki", "--dry-run"], &future[..]].concat());
        assert_eq!(step["numChangedSegments"], 2, "a plan tells what will be");
    });
    assert_eq!(
        lopper.kill(&future, "within the buffer period"),
        (vec!["old".into(), "young".into()], 1)
    );
    let flags = [
        &future[..],
        &["--interval", "../now", "--ignore-duration-to-retain", "--buffer-period", "PT0S"],
    ]
    .concat();
    assert_eq!(lopper.kill(&flags, "outside the interval"), (vec!["young".into()], 1));
}

#[test]
fn a_past_logical_time_makes_segments_younger() {
    let lopper = lopper([old().stamp("2020-01-01T00:00:00.000Z")]);
    let flags = ["--at", "2020-01-30T00:00:00Z"];
    assert_eq!(lopper.kill(&flags, "within the buffer period").1, 1);
    let flags = ["--at", "2019-12-31T00:00:00Z", "--buffer-period", "PT0S"];
    assert_eq!(lopper.kill(&flags, "within the buffer period").1, 1);
    assert_eq!(lopper.kill(&["--at", "2020-01-31T00:00:00Z"], "").0, [""; 0]);
}

#[test]
fn a_mark_of_the_same_job_is_not_old_enough_unless_there_is_no_buffer() {
    let job = |buffer: &str| {
        format!(
            "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n
             [[step]]\nop = 'kill'\ndatasource = 'wiki'\nbuffer_period = '{buffer}'\n"
        )
    };
    let lopper =
        lopper([seg("wiki", "2015-09-12/P1D")]).job("slow", &job("PT1S")).job("fast", &job("PT0S"));
    lopper.run(["run", "slow"]).code(0).stdout_has("passed over: 1 within the buffer period");
    lopper.run(["mark-used", "wiki", "--all", "--include-overshadowed"]).code(0);
    // Under the real clock, the mark is a little later than the run's logical time.
    let mut fast = lopper.command(["run", "fast"]);
    crate::support::Answer::of(fast.env_remove("LOPPER_TEST_CLOCK")).code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["0"]);
}
