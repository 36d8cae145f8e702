//! docs/sql.md: its queries run, and its tables name the columns that there are.

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
fn the_tables_name_every_column_of_every_view() {
    let lopper = store();
    let page = page("docs/sql.md");
    let views: Vec<String> = lopper.sql(
        "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'segment_text' ORDER BY name",
    );
    assert!(views.len() >= 10, "{views:?}");
    for view in views {
        let section = section(&page, &format!("### `{view}`"));
        let described: Vec<&str> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .flat_map(|line| line.split('|').next().unwrap().split(','))
            .map(|name| name.trim_matches(|c| c == '`' || c == ' '))
            .collect();
        let columns = lopper.sql(&format!("SELECT name FROM pragma_table_info('{view}')"));
        assert_eq!(described, columns, "docs/sql.md, {view}");
    }
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
