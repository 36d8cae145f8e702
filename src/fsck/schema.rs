//! The schema in the file against the one that this program lays down. SQLite's own check reads the schema and believes
//! it: a changed letter in the name of a column is found by nobody until a statement fails.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::escape::excerpt;
use crate::fsck::Asked;
use crate::fsck::report::StoreFinding;
use crate::fsck::tally::{Kind, Tally};
use crate::rules::report::Severity;
use crate::store::{Store, sql, text};

pub(super) const DIFFERS: Kind = Kind {
    code: "schema-differs",
    severity: Severity::Error,
    message: "tables, views, indexes or triggers that are not as this program lays them down: statements fail or do something else",
    help: "restore a backup, or import a fresh dump into a new store; keep the damaged file: its deletion journal may name \
           files that are still to go",
};

/// How much of a statement is shown where two differ, in characters.
const SHOWN: usize = 60;

/// Type and name of what a schema has.
type Named = (String, String);

/// Compares the schema with that of a new store. What people have added of their own is left alone.
///
/// # Errors
/// SQLite's.
pub(super) fn ask(store: &Store, asked: &Asked) -> Result<Option<StoreFinding>> {
    let expected = read(&Store::of_a_plan(store.path())?)?;
    let found = read(store)?;
    let mut tally = Tally::new(DIFFERS, asked);
    for ((kind, name), expected) in expected {
        match found.get(&(kind.clone(), name.clone())) {
            None => tally.add(|| format!("the {kind} {name} is not there")),
            Some(found) if *found == expected => {}
            Some(found) => {
                tally.add(|| format!("the {kind} {name}: {}", difference(found, &expected)));
            }
        }
    }
    Ok(tally.finding())
}

/// What a schema has, each with its table and the words of its statement.
fn read(store: &Store) -> Result<BTreeMap<Named, Vec<String>>> {
    let operation = "cannot read the schema of the store";
    let rows = store.rows(operation, sql::fsck::SCHEMA, &[], |row| {
        let mut statement = vec![text::shown(row, 2)?];
        statement.extend(words(&text::shown(row, 3)?));
        Ok(((text::shown(row, 0)?, text::shown(row, 1)?), statement))
    })?;
    Ok(rows.into_iter().collect())
}

/// Where two statements begin to differ.
fn difference(found: &[String], expected: &[String]) -> String {
    let at = found.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let rest = |words: &[String]| match words.get(at..) {
        Some(rest) if !rest.is_empty() => format!("'{}'", excerpt(&rest.join(" "), SHOWN)),
        _ => "its end".to_owned(),
    };
    format!("expected {}, found {}", rest(expected), rest(found))
}

/// The words of a statement: without the spaces between them, and without comments.
fn words(statement: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = statement;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if matches!(first, '\'' | '"' | '`') {
            // A doubled quote ends one text and begins the next, which compares as well.
            rest[1..].find(first).map_or(rest.len(), |end| end + 2)
        } else if is_of_a_name(first) {
            rest.find(|next| !is_of_a_name(next)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, behind) = rest.split_at(length);
        if !word.starts_with("--") && !first.is_whitespace() {
            words.push(word.to_owned());
        }
        rest = behind;
    }
    words
}

fn is_of_a_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
