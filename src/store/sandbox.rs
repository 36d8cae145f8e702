//! SQL that a person wrote (`--where`, check steps) runs here: it may read the views, and nothing more.
//!
//! Two fences stand behind each other. The text is first prepared against a dictionary: an empty database in
//! memory that has the views' names and columns and nothing else, so that any other table is unknown there.
//! Then it runs on the store under SQLite's authorizer, which allows reading alone.

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Batch, Connection, Rows, Statement, params_from_iter};

use crate::error::{Error, Result};
use crate::escape::{escape, excerpt};

/// The views that a person's SQL may read.
pub const VIEWS: [&str; 15] = [
    "druid_segments",
    "druid_rules",
    "segments",
    "datasources",
    "runs",
    "steps",
    "warnings",
    "changes",
    "deletions",
    "locks",
    "rule_matches",
    "rules",
    "jobs",
    "schedulers",
    "hook_failures",
];

/// How much of a person's SQL a message repeats, in characters.
const SHOWN: usize = 300;

/// The temporary table that a predicate's choice goes into; the one thing that may be written.
const CHOSEN: &str = "chosen";

/// Checks that `predicate` is one SQL expression over the view `segments`, that only reads views, and
/// puts the segments of `datasources` (JSON array of names) it holds for into `temp.chosen`. Answers how many.
///
/// # Errors
/// When the text is no single expression, SQLite refuses it, or it touches anything but the views.
pub fn choose(connection: &mut Connection, predicate: &str, datasources: &str) -> Result<u64> {
    let failed = |error| refused("--where", predicate, &error);
    dictionary(connection)
        .map_err(failed)
        .and_then(|mut words| refuse_predicate(&mut words, predicate))?;
    connection
        .execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS chosen (segment_id INTEGER PRIMARY KEY);
             DELETE FROM temp.chosen;",
        )
        .map_err(failed)?;
    // A line of its own, so that a comment at the predicate's end cannot swallow the bracket.
    let sql = format!(
        "INSERT INTO temp.chosen (segment_id)
         SELECT segments.segment_key FROM segments
          WHERE segments.datasource IN (SELECT value FROM json_each(?1))
            AND (\n{predicate}\n)"
    );
    let count = inside(connection, |connection| {
        let mut statement = connection.prepare(&sql)?;
        statement.execute([datasources])
    })
    .map_err(failed)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Runs a person's query and hands its rows to `each`.
///
/// # Errors
/// When it is not one reading statement, SQLite refuses it, or it touches anything but the views.
pub fn query<T>(
    connection: &mut Connection,
    sql: &str,
    each: impl FnOnce(&[String], &mut Rows<'_>) -> rusqlite::Result<T>,
) -> Result<T> {
    let failed = |error| refused("check", sql, &error);
    dictionary(connection).map_err(failed).and_then(|mut words| refuse_query(&mut words, sql))?;
    inside(connection, |connection| {
        let mut statement = connection.prepare(sql)?;
        let names = statement.column_names().map(str::to_owned).collect::<Vec<_>>();
        let mut rows = statement.query(params_from_iter(std::iter::empty::<i64>()))?;
        each(&names, &mut rows)
    })
    .map_err(failed)
}

/// The views of a store that is empty: what people's SQL can be checked against before there is a store.
#[derive(Debug)]
pub struct Views(Connection);

impl Views {
    /// Those of this program's schema.
    ///
    /// # Errors
    /// SQLite's.
    pub fn of_new_store() -> Result<Self> {
        let failed =
            |error| super::explain("cannot make the views", std::path::Path::new("memory"), error);
        let store = Connection::open_in_memory().map_err(failed)?;
        super::migrate::migrate(&store, std::path::Path::new("memory"))?;
        Ok(Self(store))
    }

    /// Whether a predicate could be asked of any store.
    ///
    /// # Errors
    /// As those of [`choose`] that are known before.
    pub fn check_predicate(&self, predicate: &str) -> Result<()> {
        let failed = |error| refused("--where", predicate, &error);
        refuse_predicate(&mut dictionary(&self.0).map_err(failed)?, predicate)
    }

    /// Whether a query could be asked of any store.
    ///
    /// # Errors
    /// As those of [`query`] that are known before.
    pub fn check_query(&self, sql: &str) -> Result<()> {
        let failed = |error| refused("check", sql, &error);
        refuse_query(&mut dictionary(&self.0).map_err(failed)?, sql)
    }
}

/// Refuses what is no single expression over the columns of the views.
fn refuse_predicate(words: &mut Connection, predicate: &str) -> Result<()> {
    check_is_expression(predicate)?;
    let question = format!("SELECT 1 FROM segments WHERE (\n{predicate}\n)");
    inside(words, |words| check_words(&words.prepare(&question)?))
        .map_err(|error| refused("--where", predicate, &error))
}

/// Refuses what is no single statement that reads the views.
fn refuse_query(words: &mut Connection, sql: &str) -> Result<()> {
    let mut count = 0;
    inside(words, |words| {
        Batch::new(words, sql).for_each(|one| {
            count += 1;
            check_words(&one)
        })
    })
    .map_err(|error| refused("check", sql, &error))?;
    match count {
        0 => Err(Error::usage("the SQL is empty").help("write one SELECT over the views")),
        1 => Ok(()),
        _ => Err(Error::usage("the SQL has more than one statement").help("write one SELECT")),
    }
}

/// An empty database with the columns of the views.
fn dictionary(connection: &Connection) -> rusqlite::Result<Connection> {
    let words = Connection::open_in_memory()?;
    super::take_names_for_names(&words)?;
    for view in VIEWS {
        let statement = connection.prepare(&format!("SELECT * FROM {view} LIMIT 0"))?;
        let columns =
            statement.column_names().map(|name| format!("\"{name}\"")).collect::<Vec<_>>();
        words.execute_batch(&format!("CREATE TABLE {view} ({})", columns.join(", ")))?;
    }
    Ok(words)
}

/// A parameter would be bound to nothing, or to what is ours.
fn check_words(statement: &Statement<'_>) -> rusqlite::Result<()> {
    match statement.parameter_count() {
        0 => Ok(()),
        _ => Err(rusqlite::Error::InvalidParameterName("it has a parameter".to_owned())),
    }
}

fn refused(what: &str, sql: &str, error: &rusqlite::Error) -> Error {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
        return Error::new(crate::error::Kind::Interrupted(0), format!("{what}: interrupted"));
    }
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OutOfMemory) {
        return Error::failed(format!("{what}: the SQL needs more memory than SQLite may take here (1 GiB)"))
            .help("ask for less at once: long lists put together, and values of any length, are kept in memory");
    }
    // SQLite's message alone: rusqlite would repeat the statement.
    let reason = match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::InvalidParameterName(reason) => reason.clone(),
        other => other.to_string(),
    };
    Error::usage(format!(
        "cannot use the SQL of {what} ({}): {}",
        excerpt(sql, SHOWN),
        escape(&reason)
    ))
    .help(format!("it may read these views and nothing else: {}", VIEWS.join(", ")))
}

/// Runs `work` under the authorizer.
fn inside<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    connection.authorizer(Some(allow))?;
    let result = work(connection);
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    result
}

/// SQLite asks this while it prepares a statement. Reading a column of a table is allowed to a view of ours, never
/// to the person's own text. A table without a column is what remains of a view that SQLite has flattened; the
/// dictionary has made sure that the text itself names none.
fn allow(context: AuthContext<'_>) -> Authorization {
    let by_a_view = context
        .accessor
        .is_some_and(|accessor| VIEWS.contains(&accessor) || accessor == "segment_text");
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            !function_name.eq_ignore_ascii_case("load_extension")
        }
        AuthAction::Read { table_name, .. } if table_name.starts_with("sqlite_") => false,
        AuthAction::Read { table_name, column_name } => {
            by_a_view
                || column_name.is_empty()
                || VIEWS.contains(&table_name)
                || table_name == CHOSEN
                || matches!(table_name, "json_each" | "json_tree")
        }
        AuthAction::Insert { table_name } => {
            table_name == CHOSEN && context.database_name == Some("temp")
        }
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

/// A predicate is put between brackets, so it must not close them itself: brackets balance, quotes and
/// comments end, and there is no semicolon.
fn check_is_expression(text: &str) -> Result<()> {
    let wrong = |what: &str| {
        Err(Error::usage(format!("--where is not one SQL expression: {what}"))
            .help("write a condition over the view segments, such as \"size > 1000000 AND version < '2024'\""))
    };
    if text.trim().is_empty() {
        return wrong("it is empty");
    }
    let mut depth = 0_u32;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        match character {
            '\'' | '"' | '`' | '[' => {
                let close = if character == '[' { ']' } else { character };
                if !rest.by_ref().any(|(_, next)| next == close) {
                    return wrong(&format!(
                        "the {character} at character {} is never closed",
                        at + 1
                    ));
                }
            }
            '-' if rest.peek().is_some_and(|(_, next)| *next == '-') => {
                rest.by_ref().find(|(_, next)| *next == '\n');
            }
            '/' if rest.peek().is_some_and(|(_, next)| *next == '*') => {
                rest.next();
                let mut star = false;
                if !rest.by_ref().any(|(_, next)| {
                    let ended = star && next == '/';
                    star = next == '*';
                    ended
                }) {
                    return wrong("a comment is never closed");
                }
            }
            '(' => depth += 1,
            ')' if depth == 0 => return wrong("a bracket is closed that was never opened"),
            ')' => depth -= 1,
            ';' => return wrong("it has a semicolon"),
            _ => {}
        }
    }
    if depth > 0 { wrong("a bracket is never closed") } else { Ok(()) }
}
