//! What an import may turn and `--replace` may remove, and what is told of it.

use super::report;
use crate::support::{Lopper, Segment, csv, seg};

/// So many days of a datasource, all used.
fn days(datasource: &str, count: i32) -> Vec<Segment> {
    (0..count).map(|number| seg(datasource, "2024-01-01/P1D").partition(number)).collect()
}

/// A dump of these segments.
fn dump(lopper: &Lopper, segments: &[Segment]) -> String {
    let path = lopper.file("dump.csv", csv(segments, &lopper.deep_storage()));
    path.to_str().unwrap().to_owned()
}

#[test]
fn replace_removes_a_fifth_of_a_datasource_and_no_more() {
    let lopper = Lopper::new().segments([days("wiki", 10), days("news", 90)].concat());
    let rest = |wiki: i32| [days("wiki", wiki), days("news", 90)].concat();
    // Three of a hundred, but of ten in their datasource.
    let file = dump(&lopper, &rest(7));
    lopper.store_unchanged(|lopper| {
        lopper
            .run(["import", "--replace", &file, "--dry-run"])
            .code(3)
            .stdout_has("3 removed")
            .stdout_has("a run would be refused");
    });
    let answer = lopper.run(["import", "--replace", &file]).code(3);
    answer
        .stderr_has("would remove 3 of the 10 segments of datasource 'wiki' (30.0 %)")
        .stderr_has("max_removed_percent allows 20 %, and nothing was changed")
        .stderr_has("--max-removed-percent 30");
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["100"]);
    assert_eq!(lopper.runs().last().unwrap(), "import refused");
    lopper.run(["import", "--replace", &file, "--max-removed-percent", "29.9"]).code(3);
    let found = report(&lopper, &["import", "--replace", &dump(&lopper, &rest(8))]);
    assert_eq!(found["removed"], 2, "a fifth exactly");
    lopper
        .run(["import", "--replace", &dump(&lopper, &rest(6)), "--max-removed-percent", "25"])
        .code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["96"]);
}

#[test]
fn a_datasource_that_goes_as_a_whole_is_more_than_a_fifth() {
    let datasources: Vec<String> = (0..10).map(|number| format!("d{number}")).collect();
    let all =
        |count| datasources.iter().flat_map(move |name| days(name, count)).collect::<Vec<_>>();
    // Each loses a fifth, and one goes as a whole.
    let lopper = Lopper::new().segments(all(5));
    let rest: Vec<Segment> = datasources[1..].iter().flat_map(|name| days(name, 4)).collect();
    let file = dump(&lopper, &rest);
    lopper.run(["import", "--replace", &file]).code(3).stderr_has("'d0' (100.0 %)");
    lopper
        .run(["import", "--replace", &file, "--max-removed-percent", "99"])
        .code(3)
        .stderr_has("remove 5 of the 5 segments of datasource 'd0'");
    lopper.run(["import", "--replace", &file, "--max-removed-percent", "100"]).code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["36"]);
}

#[test]
fn a_dump_that_turns_much_is_refused_as_well() {
    let lopper = Lopper::new().segments(days("wiki", 10));
    let turned = |count: usize| {
        let turn =
            |(number, one): (usize, Segment)| if number < count { one.unused() } else { one };
        days("wiki", 10).into_iter().enumerate().map(turn).collect::<Vec<_>>()
    };
    lopper
        .run(["import", "--replace", &dump(&lopper, &turned(3))])
        .code(3)
        .stderr_has("would turn 3 of the 10 segments of datasource 'wiki'");
    assert_eq!(lopper.ids(false).len(), 0);
    lopper.run(["import", "--replace", &dump(&lopper, &turned(2))]).code(0);
    // Removed and turned count together: one that goes, two that come back.
    let nine = days("wiki", 9);
    lopper
        .run(["import", "--replace", &dump(&lopper, &nine)])
        .code(3)
        .stderr_has("would remove 1 and turn 2 of the 10 segments");
    assert_eq!(lopper.ids(false).len(), 2);
    // Without --replace a dump is the cluster's word.
    lopper.run(["import", &dump(&lopper, &turned(10))]).code(0).stdout_has("8 used → unused");
}

#[test]
fn what_is_new_is_no_part_of_the_share() {
    let lopper = Lopper::new().segments(days("wiki", 10));
    let many = [days("wiki", 7), days("news", 1000)].concat();
    lopper.run(["import", "--replace", &dump(&lopper, &many)]).code(3).stderr_has("3 of the 10");
}

#[test]
fn rule_rows_are_guarded_alike() {
    let chain = "[{\"type\":\"loadForever\"}]";
    let lopper = Lopper::new().rules([("a", chain), ("b", chain), ("c", chain), ("d", chain)]);
    let rules = lopper.path("rules.csv");
    let text = std::fs::read_to_string(&rules).unwrap();
    let without_last: Vec<&str> = text.lines().take(4).collect();
    std::fs::write(&rules, without_last.join("\n")).unwrap();
    let replace = ["import", "--replace", "rules.csv"];
    lopper.run(replace).code(3).stderr_has("would remove 1 of the 4 rule rows (25.0 %)");
    let told = report(&lopper, &[&replace[..], &["--max-removed-percent", "25"]].concat());
    assert_eq!(told["rulesRemoved"], 1);
    assert_eq!(lopper.sql("SELECT count(*) FROM druid_rules"), ["3"]);
}

#[test]
fn a_job_has_the_same_limit() {
    let import = "[[step]]\nop = 'import'\nfiles = ['../dump.csv']\nreplace = true\n";
    let lopper = Lopper::new()
        .segments(days("wiki", 10))
        .job("strict", import)
        .job("told", &format!("{import}max_removed_percent = 50\n"))
        .job("idle", &format!("{import}max_removed_percent = 50\n").replace("replace = true\n", ""))
        .job("wrong", &format!("{import}max_removed_percent = 101\n"));
    dump(&lopper, &days("wiki", 5));
    lopper.run(["run", "strict"]).code(3).stderr_has("--max-removed-percent 50");
    lopper.run(["run", "told"]).code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["5"]);
    lopper.run(["run", "idle"]).code(2).stderr_has("max_removed_percent");
    lopper.run(["run", "wrong"]).code(2).stderr_has("101 is no percentage");
    lopper
        .run(["import", "dump.csv", "--max-removed-percent", "5"])
        .code(2)
        .stderr_has("--replace");
}

#[test]
fn what_a_dump_turns_overwrites_and_lacks_is_told() {
    let lopper = Lopper::new().segments([days("wiki", 6), days("news", 3)].concat());
    let ids = lopper.sql("SELECT id FROM druid_segments WHERE dataSource = 'wiki' ORDER BY id");
    // lopper turns three; SQL in the store a fourth; a fifth by the dump.
    lopper.run(["mark-unused", "wiki", "--id", &ids[0], "--id", &ids[1], "--id", &ids[2]]).code(0);
    lopper.shell(&format!("UPDATE druid_segments SET used = 0 WHERE id = '{}'", ids[3])).code(0);
    let told = |segments: &[Segment]| report(&lopper, &["import", &dump(&lopper, segments)]);
    // The cluster has carried out the first mark, and turned one itself; the others it overwrites. It lacks the last.
    let wiki = |unused: &[usize]| {
        let turn = |(number, one): (usize, Segment)| {
            if unused.contains(&number) { one.unused() } else { one }
        };
        days("wiki", 5).into_iter().enumerate().map(turn).collect::<Vec<_>>()
    };
    let first = told(&wiki(&[0, 4]));
    let counts = |found: &serde_json::Value| {
        ["usedToUnused", "unusedToUsed", "overwrittenMarks", "missing"]
            .map(|name| found[name].as_u64().unwrap())
    };
    assert_eq!(counts(&first), [1, 3, 3, 1], "{first}");
    // What an import has set is no mark of lopper's.
    assert_eq!(
        counts(&told(&wiki(&[1, 4]))),
        [1, 1, 1, 1],
        "the mark that the cluster had carried out"
    );
    assert_eq!(counts(&told(&wiki(&[1]))), [0, 1, 0, 1]);
    let file = dump(&lopper, &wiki(&[2]));
    lopper
        .run(["import", &file])
        .code(0)
        .stdout_has("1 used → unused, 1 unused → used")
        .stdout_has("1 of these datasources that the dump lacks");
    // Nothing of what is not in the dump is told with --replace: it goes.
    let all = ["import", "--replace", "--max-removed-percent", "100", file.as_str()];
    assert_eq!(counts(&report(&lopper, &all)), [0, 0, 0, 0]);
}

#[test]
fn a_segment_that_is_turned_and_turned_back_has_not_changed() {
    let lopper = Lopper::new().segments(days("wiki", 1));
    let twice = [seg("wiki", "2024-01-01/P1D").unused(), seg("wiki", "2024-01-01/P1D")];
    let found = report(&lopper, &["import", &dump(&lopper, &twice)]);
    assert_eq!((&found["usedToUnused"], &found["unusedToUsed"]), (&0.into(), &0.into()));
    assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["0"]);
    assert_eq!(lopper.runs().len(), 2);
}
