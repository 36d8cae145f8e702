//! Which tables of an SQL dump are read: Druid's two, of one database, one schema and one prefix.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Column, Table};
use super::rows::shown;
use super::sql_lexer::Dialect;
use super::sql_names::{Name, TableName};
use super::table_names::{split, words_with_suffix};
use super::{Origin, TableChoice};

/// Druid's own `druid.metadata.storage.tables.base`.
pub(super) const USUAL_PREFIX: &str = "druid";
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
    /// Tables whose names end as Druid's do, but whose columns are others: their whole names.
    strangers: BTreeSet<String>,
    /// Tables whose columns are Druid's, but whose names end otherwise.
    lookalikes: BTreeMap<String, Table>,
    /// The first of them that has rows, for each of Druid's tables, and the line.
    filled_lookalikes: Vec<(Table, String, u64)>,
}

/// What a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judged {
    /// One to read.
    Druids(Table),
    Others,
    /// Its name ends as this one's does, and nothing has told its columns.
    Unknown(Table),
}

/// Whose a table is by its name and columns.
enum Kind {
    Druids,
    Others,
    /// Its name ends as Druid's do, and nothing tells its columns.
    Unknown,
}

impl Tables {
    pub fn new(choice: &TableChoice) -> Self {
        let choice = choice.clone().without_underscore();
        Self {
            choice,
            database: None,
            schema: None,
            first: None,
            strangers: BTreeSet::new(),
            lookalikes: BTreeMap::new(),
            filled_lookalikes: Vec::new(),
        }
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
        adds_rows: bool,
    ) -> Result<Judged, Refusal> {
        let Some((table, prefix)) = split(name.table()) else {
            self.note_lookalike(name.table(), columns, line, adds_rows);
            return Ok(Judged::Others);
        };
        let whole = whole_name(name);
        match self.kind(prefix, columns, |strangers| strangers.contains(&whole)) {
            Kind::Druids => {}
            Kind::Others => {
                if columns.is_some() {
                    self.strangers.insert(whole);
                }
                return Ok(Judged::Others);
            }
            Kind::Unknown => return Ok(Judged::Unknown(table)),
        }
        let owner = self.owner(name, prefix, dialect, line);
        if !self.is_chosen(&owner, name.table(), dialect)? {
            return Ok(Judged::Others);
        }
        match &self.first {
            None => self.first = Some(owner),
            Some(first) => first.check_same(&owner, dialect)?,
        }
        Ok(Judged::Druids(table))
    }

    /// Which of Druid's tables a name without schema is.
    pub fn table_of(&self, name: &str) -> Option<Table> {
        let (table, prefix) = split(name)?;
        matches!(self.bare_kind(name, prefix), Kind::Druids).then_some(table)
    }

    /// Whether a name without schema may be that of a table of Druid's with another prefix, of which nothing is known.
    pub fn may_be_named(&self, name: &str) -> bool {
        split(name).is_some_and(|(_, prefix)| matches!(self.bare_kind(name, prefix), Kind::Unknown))
    }

    fn bare_kind(&self, name: &str, prefix: &str) -> Kind {
        let name = name.to_ascii_lowercase();
        let is_of = |other: &String| other.rsplit('.').next() == Some(name.as_str());
        self.kind(prefix, None, |strangers| strangers.iter().any(is_of))
    }

    /// Whose tables are read, as far as the dump tells.
    pub fn origin(&self) -> Option<Origin> {
        let first = self.first.as_ref()?;
        let text = |name: &Option<Name>| name.as_ref().map(|name| name.text.clone());
        Some(Origin {
            host: None,
            database: text(&first.database),
            schema: text(&first.schema),
            prefix: Some(first.prefix.clone()),
        })
    }

    /// A table that has rows, the columns of `missing`, and a name of its own.
    pub fn lookalike(&self, missing: impl Fn(Table, &str) -> bool) -> Option<Refusal> {
        let (table, name, line) =
            self.filled_lookalikes.iter().find(|(table, name, _)| missing(*table, name))?;
        let (name, whose) = (shown(name.as_bytes()), table.druids_name());
        Some(Refusal {
            message: format!(
                "it fills {name} (line {line}), whose columns are those of {whose}, and no table \
                 whose name ends as that one's"
            ),
            help: format!(
                "where that is Druid's table, rename it in the dump to {whose}; where it is none, dump {whose} too, or \
                 say --table-prefix druid"
            ),
        })
    }

    /// Remembers tables that have Druid's columns and another name: Druid's tables can be called anything, and so can
    /// copies of them.
    fn note_lookalike(
        &mut self,
        name: &str,
        columns: Option<&[String]>,
        line: u64,
        adds_rows: bool,
    ) {
        if self.choice.prefix.is_some() {
            return;
        }
        let name = name.to_ascii_lowercase();
        if let Some(table) = columns.and_then(druids_columns) {
            self.lookalikes.insert(name.clone(), table);
        }
        if let Some(table) = self.lookalikes.get(&name).filter(|_| adds_rows)
            && !self.filled_lookalikes.iter().any(|(other, ..)| other == table)
        {
            self.filled_lookalikes.push((*table, name, line));
        }
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

    /// `is_stranger` tells whether the table is known to have other columns.
    fn kind(
        &self,
        prefix: &str,
        columns: Option<&[String]>,
        is_stranger: impl Fn(&BTreeSet<String>) -> bool,
    ) -> Kind {
        let of = |is_druids: bool| if is_druids { Kind::Druids } else { Kind::Others };
        if let Some(chosen) = &self.choice.prefix {
            return of(prefix.eq_ignore_ascii_case(chosen));
        }
        let is_first = |first: &Owner| first.prefix.eq_ignore_ascii_case(prefix);
        if prefix.eq_ignore_ascii_case(USUAL_PREFIX) || self.first.as_ref().is_some_and(is_first) {
            return Kind::Druids;
        }
        let is_likely = prefix.to_ascii_lowercase().contains(USUAL_PREFIX);
        let all_known =
            |columns: &[String]| columns.iter().all(|name| Column::from_name(name).is_some());
        match columns {
            Some(columns) => {
                of((is_likely && all_known(columns)) || druids_columns(columns).is_some())
            }
            None if is_stranger(&self.strangers) => Kind::Others,
            None if is_likely => Kind::Druids,
            None => Kind::Unknown,
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

/// The table of Druid's whose rows columns are enough for; others may be beside them.
fn druids_columns(columns: &[String]) -> Option<Table> {
    let has = |column: &Column| columns.iter().any(|name| Column::from_name(name) == Some(*column));
    if Table::Segments.required().iter().all(has) {
        Some(Table::Segments)
    } else if Table::Rules.required().iter().all(has) {
        Some(Table::Rules)
    } else {
        None
    }
}

/// A table's name with its schema and database, in small letters.
fn whole_name(name: &TableName) -> String {
    let parts: Vec<_> = name.0.iter().map(|name| name.text.to_ascii_lowercase()).collect();
    parts.join(".")
}

/// The refusal of rows whose table may be Druid's.
pub(super) fn unknown_columns(table: &str, line: u64) -> Refusal {
    let prefix = split(table).map_or("", |(_, prefix)| prefix).escape_debug();
    let table = shown(table.as_bytes());
    Refusal {
        message: format!(
            "it fills {table} on line {line} without naming its columns, so that nothing tells whether it is Druid's"
        ),
        help: format!(
            "name the prefix of Druid's tables: --table-prefix {prefix} if it is, --table-prefix {USUAL_PREFIX} if it is not"
        ),
    }
}
