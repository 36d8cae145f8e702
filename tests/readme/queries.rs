//! docs/sql.md: its queries run, its list of views is whole, and what is refused is refused.

use std::collections::BTreeMap;

use super::{blocks, page, section};
use crate::support::{Lopper, tools};

/// A store in which every view has rows: a sample that was marked, enforced, locked and killed from.
fn store() -> Lopper {
    let lopper = Lopper::new().clock("2026-12-01T09:00:00.000Z").authoritative().import_sample();
    lopper.run(["mark-unused", "wiki edits", "--interval", "2024-02-28/P2D"]).code(0);
    lopper.run(["kill", "wiki edits", "--buffer-period", "PT0S", "--yes"]).code(0);
    lopper.run(["mark-unused", "wikipedia_hour", "--interval", "2015-09-12T20/2015-09-13"]).code(0);
    // A default chain that leaves something to no rule.
    lopper.sql(
        r#"INSERT INTO druid_rules (dataSource, payload)
           VALUES ('_default', '[{"type":"loadByPeriod","period":"P1M"}]')"#,
    );
    lopper.run(["enforce-rules", "wiki*", "--overshadow-grace", "P50Y"]).code(0);
    lopper.sql(
        "INSERT INTO locks (datasource, start, \"end\", owner)
         VALUES ('koalas', '2016-06-30T00:00:00Z', '2016-07-01T00:00:00Z', 'a test')",
    );
    lopper
}

#[test]
fn every_query_runs_and_finds_something() {
    let queries = blocks("docs/sql.md", "sql");
    assert!(queries.len() >= 12);
    for query in queries {
        let lopper = store();
        let before = lopper.dump();
        // The stock shell knows less than the program's own SQLite.
        let found = if tools::has("sqlite3") {
            lopper.shell(&query.text).code(0).stdout
        } else {
            lopper.sql(&query.text).join("\n")
        };
        let reads = query.text.lines().any(|line| line.starts_with("SELECT"));
        if reads {
            assert!(!found.trim().is_empty(), "{}: no row\n{}", query.place, query.text);
        } else {
            assert!(before != lopper.dump(), "{}: nothing changed\n{}", query.place, query.text);
        }
    }
}

#[test]
fn every_view_is_in_the_list() {
    let views = store().sql(
        "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'segment_text' ORDER BY name",
    );
    let page = page("docs/sql.md");
    let mut listed: Vec<&str> = section(&page, "## The views")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('|').next())
        .flat_map(|names| names.split(", "))
        .map(|name| name.trim_matches(['`', ' ']))
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, views);
}

#[test]
fn what_is_refused_is_refused_with_a_command_to_use() {
    let lopper = store();
    let page = page("docs/sql.md");
    let refused: BTreeMap<&str, &str> = section(&page, "## What is refused")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "))
        .collect();
    assert!(refused.len() >= 5);
    for (statement, message) in refused {
        let error = lopper.store_unchanged(|lopper| lopper.sql_error(statement));
        assert!(error.contains(message), "{statement}\nsays {error}\nnot  {message}");
    }
}
