//! The store's views: their columns as SQLite knows them, their meanings from the comments in their own text.

use super::{Page, code, table};
use crate::support::Lopper;

pub fn page() -> Page {
    // Any command that makes a store.
    let lopper = Lopper::new().import_sample();
    let views = lopper.sql(
        "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'segment_text' ORDER BY name",
    );
    let mut text = String::from(
        "They work in any `sqlite3` from 3.40. [The store for SQL users](../sql.md) has the conventions of their values, \
         what can be written, and queries. In the shell, `.schema VIEW` shows these texts as well.\n\n",
    );
    for view in views {
        let columns = lopper.sql(&format!("SELECT name FROM pragma_table_info('{view}')"));
        let sql =
            lopper.sql(&format!("SELECT sql FROM sqlite_schema WHERE name = '{view}'")).join("\n");
        let (about, described) = comment(&sql);
        let named: Vec<&str> = described.iter().flat_map(|(names, _)| names.split(", ")).collect();
        assert_eq!(named, columns, "the comment of the view {view} in sql/migrations");
        let rows: Vec<_> = described
            .iter()
            .map(|(names, meaning)| {
                let names: Vec<String> = names.split(", ").map(code).collect();
                [names.join(", "), meaning.clone()]
            })
            .collect();
        text.push_str(&format!(
            "## {view}\n\n{about}\n\n{}\n",
            table(["column", "meaning"], &rows)
        ));
    }
    Page {
        file: "views.md",
        title: "Views",
        about: "The views of the store, and what each column means. They stay; the tables behind them may change.",
        text,
    }
}

/// The comment at the head of a view: what a row is, and for each column, or several, what it means.
///
/// ```sql
/// CREATE VIEW locks AS
/// -- A lock on an interval.
/// --   id          the number of the lock
/// --   start, end  the interval,
/// --               as text
/// SELECT …
/// ```
fn comment(sql: &str) -> (String, Vec<(String, String)>) {
    let mut about = Vec::new();
    let mut columns: Vec<(String, String)> = Vec::new();
    for line in sql.lines().skip(1).map_while(|line| line.strip_prefix("--")) {
        let text = line.trim();
        match (line.len() - line.trim_start().len(), columns.last_mut()) {
            (0 | 1, _) => about.push(text),
            (3, _) => {
                let (names, meaning) =
                    text.split_once("  ").unwrap_or_else(|| panic!("{line:?} has no meaning"));
                columns.push((names.to_owned(), meaning.trim().to_owned()));
            }
            (_, Some((_, meaning))) => meaning.extend([" ", text]),
            (_, None) => panic!("{line:?} goes on with nothing"),
        }
    }
    (about.join(" "), columns)
}

#[test]
fn a_comment_is_read_whole() {
    let (about, columns) = comment(
        "CREATE VIEW v AS\n-- One\n-- row.\n--   a, b  two\n--         things\n--   c  one\nSELECT 1 -- no",
    );
    assert_eq!(about, "One row.");
    let columns: Vec<_> =
        columns.iter().map(|(names, text)| (names.as_str(), text.as_str())).collect();
    assert_eq!(columns, [("a, b", "two things"), ("c", "one")]);
}
