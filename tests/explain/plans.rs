//! What explain asks of SQLite: one segment costs the same in any store.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::Lopper;

/// Statements that read something whole, and why that is right.
const WHOLE: &[(&str, &str, &str)] = &[
    (
        "explain/last_change.sql",
        "SCAN st",
        "from the newest step back to the one that is looked for",
    ),
    ("explain/near_ids.sql", "SCAN (subquery-1)", "three ids"),
    ("explain/near_ids.sql", "SCAN (subquery-3)", "three ids"),
    ("explain/relatives.sql", "SCAN k", "the segment, and journal rows of its file"),
    ("explain/relatives.sql", "SCAN l", "the relatives"),
];

#[test]
fn statements_read_nothing_whole_but_what_they_mean_to() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    let connection = lopper.connection();
    connection.execute_batch(include_str!("../../sql/rules/box_table.sql")).unwrap();
    connection.execute_batch(include_str!("../../sql/select/kept_table.sql")).unwrap();
    connection.execute_batch(include_str!("../../sql/lock/range_table.sql")).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let mut files: Vec<String> = fs::read_dir(folder.join("explain"))
        .unwrap()
        .map(|entry| format!("explain/{}", entry.unwrap().file_name().display()))
        .collect();
    files.push("timeline/around.sql".to_owned());
    assert!(files.len() > 8);
    let mut found = BTreeSet::new();
    for file in files {
        let statement = fs::read_to_string(folder.join(&file)).unwrap();
        let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
        let lines = explain.raw_query().mapped(|row| row.get::<_, String>("detail"));
        let scans = lines.map(Result::unwrap).filter(|line| {
            line.starts_with("SCAN") && !line.contains("VIRTUAL TABLE") // a parameter's list
        });
        found.extend(scans.map(|line| (file.clone(), line)));
    }
    let meant = WHOLE.iter().map(|(name, line, _)| ((*name).to_owned(), (*line).to_owned()));
    assert_eq!(found, meant.collect());
}

/// Around a segment, only what begins up to 32 days before it is read, and what is longer than that.
#[test]
fn the_timeline_around_a_segment_is_found_by_two_indexes() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D"]);
    let statement = include_str!("../../sql/timeline/around.sql");
    let connection = lopper.connection();
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let lines = explain.raw_query().mapped(|row| row.get::<_, String>("detail"));
    let searches: Vec<String> =
        lines.map(Result::unwrap).filter(|line| line.starts_with("SEARCH")).collect();
    assert_eq!(
        searches,
        [
            "SEARCH s USING INDEX segment_interval (datasource_id=? AND start_ms>? AND start_ms<?)",
            "SEARCH s USING INDEX segment_long (datasource_id=? AND start_ms<?)",
        ]
    );
}
