//! `--replace` by forms that hold the segments of one state alone: the others are not missing, nobody has told of them.

use super::report;
use crate::support::{Lopper, seg};

/// Payloads of the store's segments, by their state.
fn payloads(lopper: &Lopper, used: bool) -> Vec<String> {
    let used = i32::from(used);
    lopper.sql(&format!("SELECT payload FROM druid_segments WHERE used = {used} ORDER BY id"))
}

fn api_used(lopper: &Lopper) -> String {
    format!("[{}]", payloads(lopper, true).join(","))
}

fn api_unused(lopper: &Lopper) -> String {
    let plus = |payload: &String| {
        format!(
            r#"{{"dataSegment":{payload},"createdDate":"2020-01-01T00:00:00.000Z","usedStatusLastUpdatedDate":"2020-01-01T00:00:00.000Z"}}"#
        )
    };
    let all: Vec<_> = payloads(lopper, false).iter().map(plus).collect();
    format!("[{}]", all.join(","))
}

/// Rows of `sys.segments` as Druid's SQL API answers them.
fn sys_segments(lopper: &Lopper) -> String {
    lopper
        .sql(
            "SELECT json_object('segment_id', id, 'datasource', dataSource, 'start', start, 'end', \"end\", 'version', version,
                    'shard_spec', '{\"type\":\"numbered\",\"partitionNum\":0,\"partitions\":1}', 'is_published', 1)
               FROM druid_segments WHERE used",
        )
        .join("\n")
}

/// Ten used and two unused days: what goes is below the guard.
fn filled() -> Lopper {
    let day = |day: i32| format!("2024-01-{day:02}/P1D");
    let used = (1..=10).map(|number| seg("wiki", &day(number)));
    let unused = (11..=12).map(|number| seg("wiki", &day(number)).unused());
    Lopper::new().segments(used.chain(unused))
}

#[test]
fn a_form_of_one_state_replaces_nothing() {
    let lopper = filled();
    for (text, has, lacks) in [
        (api_used(&lopper), "used", "unused"),
        (payloads(&lopper, true).join("\n"), "used", "unused"),
        (format!("{{\"name\":\"wiki\",\"segments\":{}}}", api_used(&lopper)), "used", "unused"),
        (api_unused(&lopper), "unused", "used"),
        (sys_segments(&lopper), "used", "unused"),
    ] {
        let file = lopper.file("half.json", &text);
        for flags in [&["--replace"][..], &["--replace", "--max-removed-percent", "100"]] {
            lopper.store_unchanged(|lopper| {
                let all = [&["import", file.to_str().unwrap()], flags, &["--dry-run"]].concat();
                let answer = lopper.run(all).code(2);
                answer
                    .stderr_has(&format!("holds {has} segments alone, and every {lacks} one"))
                    .stderr_has("import without --replace")
                    .stderr_has("unusedSegments");
            });
            let before = lopper.states();
            lopper.run(["import", file.to_str().unwrap()].iter().chain(flags)).code(2);
            assert_eq!(lopper.states(), before);
        }
        // Alone it is taken.
        lopper.import(&file);
    }
    let job = "[[step]]\nop = 'import'\nfiles = ['../half.json']\nreplace = true\n";
    lopper.job("half", job).run(["run", "half"]).code(2).stderr_has("segments alone");
}

#[test]
fn both_halves_of_a_datasource_replace_it() {
    let lopper = filled();
    let used = payloads(&lopper, true);
    let unused = api_unused(&lopper);
    // A day is gone from the cluster.
    let used = lopper.file("used.json", format!("[{}]", used[1..].join(",")));
    let unused = lopper.file("unused.json", unused);
    let both = ["import", "--replace", used.to_str().unwrap(), unused.to_str().unwrap()];
    let found = report(&lopper, &both);
    assert_eq!((&found["removed"], &found["unchanged"]), (&1.into(), &11.into()));
}

#[test]
fn a_datasource_of_which_one_half_is_not_told_keeps_it() {
    let lopper = filled();
    lopper.add_segments(
        (1..=10).map(|number| seg("news", &format!("2024-01-{number:02}/P1D"))).chain([seg(
            "news",
            "2024-02-01/P1D",
        )
        .unused()]),
    );
    let used = lopper.file("used.json", api_used(&lopper));
    let of_wiki = "SELECT payload FROM druid_segments WHERE NOT used AND dataSource = 'wiki'";
    let rows: Vec<_> = lopper
        .sql(of_wiki)
        .into_iter()
        .map(|payload| format!("{{\"dataSegment\":{payload}}}"))
        .collect();
    let unused = lopper.file("unused.json", rows.join("\n"));
    let both = ["import", "--replace", used.to_str().unwrap(), unused.to_str().unwrap()];
    lopper
        .run(both)
        .code(2)
        .stderr_has("remove 1 unused segments of datasource 'news'")
        .stderr_has("no file tells of its unused ones");
    // A dump of the table beside it tells of all that it has.
    let csv = lopper.file("all.csv", {
        let rows = lopper.sql("SELECT id || ',' || used || ',\"' || replace(payload, '\"', '\"\"') || '\"' FROM druid_segments");
        format!("id,used,payload\n{}\n", rows.join("\n"))
    });
    let three = [&both[..], &[csv.to_str().unwrap()]].concat();
    lopper.run(three).code(0).stdout_lacks("removed");
    assert_eq!(lopper.states().len(), 23);
}
