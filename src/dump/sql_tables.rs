//! Which tables of an SQL dump are read: Druid's two, of one database, one schema and one prefix.

use super::TableChoice;
use super::columns::{Column, Table};
use super::rows::shown;
use super::source::find;
use super::sql_lexer::{Dialect, is_word};
use super::sql_names::{Name, TableName};

/// Druid's own `druid.metadata.storage.tables.base`.
const USUAL_PREFIX: &str = "druid";
/// What the names of the two tables end in.
const SUFFIXES: [(&str, Table); 2] = [("_segments", Table::Segments), ("_rules", Table::Rules)];

/// Whose tables they are.
#[derive(Debug, Clone)]
struct Owner {
    database: Option<Name>,
    schema: Option<Name>,
    prefix: String,
    line: u64,
}

/// Why the tables of a dump cannot be read, and what to do.
pub(super) struct Refusal {
    pub message: String,
    pub help: String,
}

/// Knows the tables that are read: those that the user chose, else the first that come, beside which no others may be.
#[derive(Debug)]
pub(super) struct Tables {
    choice: TableChoice,
    /// Where names without a database or schema are looked for from here on.
    database: Option<Name>,
    schema: Option<Name>,
    first: Option<Owner>,
}

impl Tables {
    pub fn new(choice: &TableChoice) -> Self {
        let mut choice = choice.clone();
        // Druid's setting has no underscore at its end; that people give one is no mistake.
        choice.prefix = choice.prefix.map(|prefix| prefix.trim_end_matches('_').to_owned());
        Self { choice, database: None, schema: None, first: None }
    }

    /// The statements from here on are about this database.
    pub fn use_database(&mut self, name: &str) {
        self.database = Some(Name { text: name.to_owned(), quoted: true });
        self.schema = None;
    }

    /// The statements from here on are about this schema.
    pub fn use_schema(&mut self, name: Option<&str>) {
        self.schema = name.map(|name| Name { text: name.to_owned(), quoted: true });
    }

    /// Whether what is in use is not what the user chose.
    pub fn is_elsewhere(&self) -> bool {
        let differs = |wanted: &Option<String>, name: &Option<Name>| match (wanted, name) {
            (Some(wanted), Some(name)) => !name.text.eq_ignore_ascii_case(wanted),
            _ => false,
        };
        differs(&self.choice.database, &self.database) || differs(&self.choice.schema, &self.schema)
    }

    /// Which of the two tables to read `name` is, if any; `columns` are its columns where they are known.
    pub fn judge(
        &mut self,
        name: &TableName,
        columns: Option<&[String]>,
        dialect: Dialect,
        line: u64,
    ) -> Result<Option<Table>, Refusal> {
        let Some((table, prefix)) = split(name.table()) else { return Ok(None) };
        if !self.is_prefix(prefix, columns) {
            return Ok(None);
        }
        let owner = self.owner(name, prefix, dialect, line);
        if !self.is_chosen(&owner, name.table(), dialect)? {
            return Ok(None);
        }
        match &self.first {
            None => self.first = Some(owner),
            Some(first) => first.check_same(&owner, dialect)?,
        }
        Ok(Some(table))
    }

    /// Which of Druid's tables a name without schema is.
    pub fn table_of(&self, name: &str) -> Option<Table> {
        split(name).filter(|(_, prefix)| self.is_prefix(prefix, None)).map(|(table, _)| table)
    }

    /// Whether the tables that are read are of a database or schema of that name.
    pub fn is_owner(&self, name: &str) -> bool {
        self.first.as_ref().is_some_and(|first| {
            let mut names = first.database.iter().chain(&first.schema);
            names.any(|owner| owner.text.eq_ignore_ascii_case(name))
        })
    }

    /// The names of the tables that are looked for.
    pub fn wanted(&self) -> (String, String) {
        let prefix = self.choice.prefix.as_deref().unwrap_or(USUAL_PREFIX);
        let of = [&self.choice.database, &self.choice.schema].into_iter().flatten();
        let of: String = of.map(|name| format!("{name}.")).collect();
        (format!("{of}{prefix}_segments"), format!("{of}{prefix}_rules"))
    }

    /// Whether a name without schema is that of a table of Druid's.
    pub fn is_named(&self, name: &str) -> bool {
        self.table_of(name).is_some()
    }

    /// The name of a table of Druid's within a text.
    pub fn named_in(&self, text: &[u8]) -> Option<String> {
        words_with_suffix(text).find(|word| self.is_named(word)).map(str::to_owned)
    }

    fn is_prefix(&self, prefix: &str, columns: Option<&[String]>) -> bool {
        if let Some(chosen) = &self.choice.prefix {
            return prefix.eq_ignore_ascii_case(chosen);
        }
        if prefix.eq_ignore_ascii_case(USUAL_PREFIX) {
            return true;
        }
        let is_first =
            self.first.as_ref().is_some_and(|first| first.prefix.eq_ignore_ascii_case(prefix));
        let is_likely = prefix.to_ascii_lowercase().contains(USUAL_PREFIX);
        match columns {
            _ if is_first => true,
            None => is_likely,
            Some(columns) if is_likely => {
                columns.iter().all(|name| Column::from_name(name).is_some())
            }
            Some(columns) => are_druids(columns),
        }
    }

    fn owner(&self, name: &TableName, prefix: &str, dialect: Dialect, line: u64) -> Owner {
        let mut before = name.0.iter().rev().skip(1).cloned();
        let (schema, database) = match dialect {
            // MySQL's databases are what others call schemas.
            Dialect::MySql => (None, before.next()),
            _ => (before.next().or_else(|| self.schema.clone()), before.next()),
        };
        let database = database.or_else(|| self.database.clone());
        Owner { database, schema, prefix: prefix.to_owned(), line }
    }

    /// Whether a table is one that the user chose. A dump that does not say whose it is cannot be chosen from.
    fn is_chosen(&self, owner: &Owner, table: &str, dialect: Dialect) -> Result<bool, Refusal> {
        let is_mysql = matches!(dialect, Dialect::MySql | Dialect::Unknown);
        let database = owner.database.as_ref().or(owner.schema.as_ref().filter(|_| is_mysql));
        let schema = owner.schema.as_ref().or(owner.database.as_ref().filter(|_| is_mysql));
        for (kind, flag, wanted, name) in [
            ("database", "--database", &self.choice.database, database),
            ("schema", "--schema", &self.choice.schema, schema),
        ] {
            match (wanted, name) {
                (None, _) => {}
                (Some(wanted), Some(name)) if name.text.eq_ignore_ascii_case(wanted) => {}
                (Some(_), Some(_)) => return Ok(false),
                (Some(_), None) => {
                    let (table, line) = (shown(table.as_bytes()), owner.line);
                    return Err(Refusal {
                        message: format!(
                            "it does not say which {kind} {table} on line {line} is of"
                        ),
                        help: format!("leave {flag} out"),
                    });
                }
            }
        }
        Ok(true)
    }
}

impl Owner {
    fn check_same(&self, other: &Self, dialect: Dialect) -> Result<(), Refusal> {
        let names = |one: &Option<Name>, other: &Option<Name>| {
            let text = |name: &Option<Name>| match name {
                Some(name) => shown(name.text.as_bytes()),
                None => "one that it does not name".to_owned(),
            };
            (text(one), text(other))
        };
        let (kind, flag, (one, two)) = if !is_same(&self.database, &other.database, dialect, None) {
            ("databases", "--database NAME", names(&self.database, &other.database))
        } else if !is_same(&self.schema, &other.schema, dialect, Some("public")) {
            ("schemas", "--schema NAME", names(&self.schema, &other.schema))
        } else if !self.prefix.eq_ignore_ascii_case(&other.prefix) {
            let prefix = |prefix: &str| shown(format!("{prefix}_").as_bytes());
            let both = (prefix(&self.prefix), prefix(&other.prefix));
            ("prefixes", "--table-prefix PREFIX", both)
        } else {
            return Ok(());
        };
        Err(Refusal {
            message: format!(
                "it holds Druid's tables of two {kind}, {one} (line {}) and {two} (line {})",
                self.line, other.line
            ),
            help: format!("choose one of them with {flag}"),
        })
    }
}

/// Whether two names mean the same. In PostgreSQL what has no schema is in `usual`.
fn is_same(
    one: &Option<Name>,
    other: &Option<Name>,
    dialect: Dialect,
    usual: Option<&str>,
) -> bool {
    let usual = usual.filter(|_| dialect == Dialect::PostgreSql);
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            let exact = dialect == Dialect::MySql || (one.quoted && other.quoted);
            one.text == other.text || (!exact && one.text.eq_ignore_ascii_case(&other.text))
        }
        (Some(name), None) | (None, Some(name)) => usual.is_some_and(|usual| name.text == usual),
    }
}

/// Druid's table of that name, in any case of letters.
pub(super) fn druid_table(name: &str) -> Option<Table> {
    split(name)
        .filter(|(_, prefix)| prefix.eq_ignore_ascii_case(USUAL_PREFIX))
        .map(|(table, _)| table)
}

/// The table that a name is of by its end, and what stands before that.
fn split(name: &str) -> Option<(Table, &str)> {
    SUFFIXES.into_iter().find_map(|(suffix, table)| {
        let (prefix, end) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
        (end.eq_ignore_ascii_case(suffix) && !prefix.is_empty()).then_some((table, prefix))
    })
}

/// Whether columns are those of one of Druid's tables.
fn are_druids(columns: &[String]) -> bool {
    let known: Vec<_> = columns.iter().filter_map(|name| Column::from_name(name)).collect();
    let has = |column: &Column| known.contains(column);
    let rules = [Column::Id, Column::DataSource, Column::Version, Column::Payload];
    rules.iter().all(has) && (known.len() == rules.len() || has(&Column::Used))
}

/// The words in a text that end as the names of Druid's tables do.
fn words_with_suffix(text: &[u8]) -> impl Iterator<Item = &str> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + find(text.get(from..)?, |byte| byte == b'_')?;
            from = at + 1;
            let ends = SUFFIXES.iter().find_map(|(suffix, _)| {
                let end = text.get(at..at + suffix.len())?;
                end.eq_ignore_ascii_case(suffix.as_bytes()).then_some(at + suffix.len())
            });
            let Some(end) = ends.filter(|end| !text.get(*end).is_some_and(|byte| is_word(*byte)))
            else {
                continue;
            };
            let before = text.get(..at).unwrap_or_default();
            let length = before.iter().rev().take_while(|byte| is_word(**byte)).count();
            if let Some(word) =
                text.get(at - length..end).and_then(|word| str::from_utf8(word).ok())
            {
                return Some(word);
            }
        }
    })
}

/// Whether a line within a text begins a statement that adds rows to a table that may be Druid's: what has swallowed
/// it must not be passed over in silence.
pub(super) fn hides_statement(text: &[u8]) -> bool {
    if !text.contains(&b'\n') || words_with_suffix(text).next().is_none() {
        return false;
    }
    text.split(|&byte| byte == b'\n').skip(1).any(begins_rows)
}

/// Whether a line begins a statement that adds rows to a table that may be Druid's.
pub(super) fn begins_rows(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let word = line.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    let adds = ["INSERT", "REPLACE", "COPY"];
    adds.iter().any(|adds| word.eq_ignore_ascii_case(adds.as_bytes()))
        && words_with_suffix(line.get(..400).unwrap_or(line)).next().is_some()
}
