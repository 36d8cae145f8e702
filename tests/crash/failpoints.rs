//! Deaths at every place that the program names between two effects (`FAILPOINTS`).

use std::collections::HashMap;

use crate::support::{Answer, Lopper, Segment, seg};

const ABORTED: i32 = 128 + 6;

impl Lopper {
    /// Runs to the end, and answers each place with its how-manieth time, in the order they are come to.
    fn places(&self, arguments: &[&str]) -> Vec<(String, usize)> {
        let listed = Answer::of(self.command(arguments).env("FAILPOINTS_LIST", "1")).code(0).stderr;
        let mut times = HashMap::new();
        let places: Vec<_> = listed
            .lines()
            .filter_map(|line| line.strip_prefix("failpoint "))
            .map(|place| {
                let time = times.entry(place).or_insert(0);
                *time += 1;
                (place.to_owned(), *time)
            })
            .collect();
        assert!(places.len() >= 3, "hardly a place: {listed}");
        places
    }

    /// Runs until `place` is come to for the `time`-th time (from 1).
    fn dies_at(&self, arguments: &[&str], place: &str, time: usize) {
        let alive = if time > 1 { format!("{}*off->", time - 1) } else { String::new() };
        let action = format!("{place}={alive}return(abort)");
        Answer::of(self.command(arguments).env("FAILPOINTS", action)).code(ABORTED);
    }
}

/// Tells the same story again and again, each time with a death at the next place, until it comes to its end.
/// After each death `check` looks at what is left.
fn at_every_place(story: impl Fn() -> Lopper, command: &[&str], check: impl Fn(&Lopper, &str)) {
    for (place, time) in story().places(command) {
        let lopper = story();
        lopper.dies_at(command, &place, time);
        check(&lopper, &format!("after a death at {place}, time {time}"));
    }
}

/// Every kind of work that a kill can have, in several batches.
fn much_to_kill() -> Lopper {
    let day = |day: u8| seg("wiki", &format!("2015-09-{day:02}/P1D")).unused();
    let lopper = Lopper::new().authoritative().segments([
        day(1),
        day(2),
        day(3).local("wiki/twins/index.zip"),
        day(4).local("wiki/twins/index.zip"),
        day(5).local("wiki/family/index.zip"),
        seg("wiki", "2016-01-01/P1D").local("wiki/family/index.zip"),
        day(6).tombstone(),
        day(7).never_stamped(),
        seg("wiki", "2016-01-02/P1D"),
    ]);
    let with_descriptor = day(1).local_file(&lopper.deep_storage()).unwrap();
    std::fs::write(with_descriptor.with_file_name("descriptor.json"), "{}").unwrap();
    lopper
}

#[test]
fn a_kill_that_dies_anywhere_is_finished_by_the_next() {
    let kill = ["kill", "wiki", "--yes", "--batch-size", "2"];
    let undisturbed = much_to_kill();
    let ids = undisturbed.sql("SELECT id FROM druid_segments ORDER BY id");
    undisturbed.run(kill).code(0);
    undisturbed.assert_sound(&ids, "undisturbed");
    let end = undisturbed.end_of_story();

    at_every_place(much_to_kill, &kill, |lopper, when| {
        lopper.assert_sound(&ids, when);
        lopper.run(["kill", "--resume"]).code(0);
        lopper.assert_sound(&ids, when);
        assert_eq!(
            lopper.sql("SELECT id FROM deletions WHERE state = 'pending'"),
            [""; 0],
            "{when}"
        );
        lopper.run(kill).code(0);
        assert_eq!(lopper.end_of_story(), end, "{when}");
    });
}

#[test]
fn a_resumed_kill_that_dies_anywhere_is_finished_by_the_next() {
    let story = || {
        let lopper = much_to_kill();
        // Dies with a batch in the journal, after the first of its files has gone.
        lopper.dies_at(&["kill", "wiki", "--yes"], "kill::file-answered", 1);
        assert_ne!(lopper.sql("SELECT count(*) FROM deletion WHERE state = 'pending'"), ["0"]);
        lopper
    };
    let ids =
        story().sql("SELECT id FROM druid_segments UNION ALL SELECT id FROM deletions ORDER BY 1");
    at_every_place(story, &["kill", "--resume"], |lopper, when| {
        lopper.assert_sound(&ids, when);
        lopper.run(["kill", "--resume"]).code(0);
        assert_eq!(
            lopper.sql("SELECT id FROM deletions WHERE state = 'pending'"),
            [""; 0],
            "{when}"
        );
        lopper.assert_sound(&ids, when);
    });
}

/// Two versions swap places: whatever dies, queries see the one or the other.
#[test]
fn marks_that_die_anywhere_have_happened_together_or_not_at_all() {
    const SWAP: &str = "
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
        include_overshadowed = true";
    let story = || {
        Lopper::new()
            .segments(["wiki 2015-09-12/P1D v2", "wiki 2015-09-12/P1D v1 unused"])
            .job("swap", SWAP)
    };
    let used = |lopper: &Lopper| lopper.sql("SELECT version FROM druid_segments WHERE used");
    at_every_place(story, &["run", "swap"], |lopper, when| {
        let now = used(lopper);
        assert!(now == ["v1"] || now == ["v2"], "{now:?} {when}");
        let changes = if now == ["v1"] { "2" } else { "0" };
        assert_eq!(lopper.sql("SELECT count(*) FROM changes"), [changes], "{when}");
        lopper.run(["run", "swap"]).code(0);
        assert_eq!(used(lopper), ["v1"], "{when}");
        assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["2"], "{when}");
    });
}

/// A change for each pass, and what the views show of them.
#[test]
fn an_enforcement_that_dies_anywhere_has_happened_as_a_whole_or_not_at_all() {
    let rules =
        [("wiki", r#"[{"type":"dropBeforeByPeriod","period":"P5Y"},{"type":"loadForever"}]"#)];
    let story = || {
        Lopper::new()
            .segments([
                seg("wiki", "2023-09-12/P1D"),
                seg("wiki", "2023-09-12/P1D").version("v2"),
                seg("wiki", "2015-09-12/P1D"),
                seg("wiki", "2030-01-01/146140482-04-24T15:36:27.903Z").tombstone(),
            ])
            .rules(rules)
    };
    let enforce = ["enforce-rules", "*"];
    let all = |lopper: &Lopper| {
        let mut content = lopper.states();
        content.extend(lopper.sql(
            "SELECT id, reason FROM changes ORDER BY id;
             SELECT id, reason, as_of FROM rule_matches ORDER BY id;
             SELECT id, overshadowed_by FROM segments ORDER BY id",
        ));
        content
    };
    let undisturbed = story();
    let before = all(&undisturbed);
    undisturbed.run(enforce).code(0);
    let after = all(&undisturbed);
    assert_eq!(undisturbed.sql("SELECT count(*) FROM changes"), ["3"]);
    at_every_place(story, &enforce, |lopper, when| {
        let now = all(lopper);
        assert!(now == before || now == after, "{now:#?} {when}");
        lopper.run(enforce).code(0);
        assert_eq!(all(lopper), after, "{when}");
    });
}

#[test]
fn a_job_of_marks_and_kills_that_dies_anywhere_can_be_run_again() {
    const JOB: &str = "
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        interval = '2016-01-02/P1D'
        [[step]]
        op = 'kill'
        datasource = 'wiki'
        [[step]]
        op = 'mark-unused'
        datasource = 'wiki'
        interval = '2016-01-01/P1D'";
    let story = || much_to_kill().job("tidy", JOB);
    let undisturbed = story();
    let ids = undisturbed.sql("SELECT id FROM druid_segments ORDER BY id");
    undisturbed.run(["run", "tidy"]).code(0);
    let end = undisturbed.end_of_story();
    at_every_place(story, &["run", "tidy"], |lopper, when| {
        lopper.assert_sound(&ids, when);
        lopper.run(["run", "tidy"]).code(0);
        assert_eq!(lopper.end_of_story(), end, "{when}");
    });
}

#[test]
fn an_import_that_dies_anywhere_has_happened_as_a_whole_or_not_at_all() {
    let story = || {
        let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1", "wiki 2015-09-13/P1D v1"]);
        let changed: [Segment; 3] = [
            "wiki 2015-09-12/P1D v1 unused".into(),
            "wiki 2015-09-14/P1D v1".into(),
            "koalas 2015-09-12/P1D v1".into(),
        ];
        let dump = crate::support::csv(&changed, &lopper.deep_storage());
        lopper.file("changed.csv", dump);
        lopper
    };
    let import = ["import", "changed.csv", "--replace"];
    let undisturbed = story();
    let before = undisturbed.states();
    undisturbed.run(import).code(0);
    let after = undisturbed.states();
    at_every_place(story, &import, |lopper, when| {
        let now = lopper.states();
        assert!(now == before || now == after, "{now:?} {when}");
        lopper.run(import).code(0);
        assert_eq!(lopper.states(), after, "{when}");
    });
}

/// A store that is being made is made as a whole, or is an empty file that the next command takes.
#[test]
fn a_first_import_that_dies_anywhere_can_be_tried_again() {
    let story = || {
        let lopper = Lopper::new();
        lopper.file(
            "segments.csv",
            crate::support::csv(&[seg("wiki", "2015-09-12/P1D")], &lopper.deep_storage()),
        );
        lopper
    };
    at_every_place(story, &["import", "segments.csv"], |lopper, when| {
        lopper.run(["import", "segments.csv"]).code(0);
        assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["1"], "{when}");
    });
}
