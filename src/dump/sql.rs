//! Rows of SQL dumps: the INSERT statements and COPY blocks that fill Druid's two tables.

use super::columns::{Layout, Table};
use super::copy_text::{read_line, split};
use super::csv::refused;
use super::record::Record;
use super::rows::shown;
use super::source::Source;
use super::sql_lexer::{Lexer, Token};
use super::sql_names::{columns, druid_table, is_one_of, skip_statement, table_name};
use super::{BadRow, Item, rows, sql_values};
use crate::error::{Error, Result};

/// How many names of other tables an error lists.
const NAMED_TABLES: usize = 5;

/// Reads the rows of an SQL dump.
pub(super) struct SqlRows {
    lexer: Lexer,
    flavour: &'static str,
    /// The layout that the user gave.
    given: Option<Layout>,
    /// The columns of the tables that the dump creates.
    created: Vec<(Table, Vec<String>)>,
    state: State,
    table: Table,
    /// The layout of the statement's rows; `None` until the number of columns tells it.
    layout: Option<Layout>,
    record: Record,
    raw: Vec<u8>,
    /// Whether the dump has one of Druid's two tables, perhaps empty.
    found: bool,
    skipped: u64,
    others: Vec<String>,
}

#[derive(Clone, Copy)]
enum State {
    Between,
    /// In a VALUES list, before a row.
    Values,
    /// In a COPY block that begins on this line.
    Copy(u64),
}

/// What reading a statement's beginning came to.
enum Step {
    End,
    On,
    Item(Item),
}

impl SqlRows {
    /// Reads the rows of `source`; `given` are the names of the columns that the user gave.
    pub fn new(mut source: Source, given: Option<&[String]>) -> Result<Self> {
        let given = given.map(|names| Layout::named(None, names, true)).transpose();
        let given = given.map_err(|error| refused(&source, &error))?;
        let heading = String::from_utf8_lossy(source.look(200)?).into_owned();
        let flavour = if heading.contains("PostgreSQL database dump") {
            "pg_dump text"
        } else if heading.contains("MySQL dump") || heading.contains("MariaDB dump") {
            "mysqldump"
        } else {
            "SQL statements"
        };
        Ok(Self {
            lexer: Lexer::new(source),
            flavour,
            given,
            created: Vec::new(),
            state: State::Between,
            table: Table::Segments,
            layout: None,
            record: Record::default(),
            raw: Vec::new(),
            found: false,
            skipped: 0,
            others: Vec::new(),
        })
    }

    /// The tool that made the dump, for people.
    pub fn flavour(&self) -> &'static str {
        self.flavour
    }

    /// The statements for other tables so far.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The next row.
    pub fn next(&mut self) -> Result<Option<Item>> {
        loop {
            let item = match self.state {
                State::Values => Some(self.values_row()?),
                State::Copy(line) => self.copy_row(line)?,
                State::Between => match self.statement()? {
                    Step::End if self.found => return Ok(None),
                    Step::End => return Err(self.nothing_found()),
                    Step::On => None,
                    Step::Item(item) => Some(item),
                },
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    fn statement(&mut self) -> Result<Step> {
        self.lexer.skip_space()?;
        let line = self.lexer.source.line();
        // Commands of psql: `\restrict`, `\connect`.
        if self.lexer.source.peek()? == Some(b'\\') {
            self.lexer.source.skip_line()?;
            return Ok(Step::On);
        }
        let mut word = Vec::new();
        match self.lexer.token(&mut word)? {
            Token::End => Ok(Step::End),
            Token::Word if is_one_of(&word, &["INSERT", "REPLACE"]) => self.insert(line),
            Token::Word if is_one_of(&word, &["COPY"]) => self.copy(line),
            Token::Word if is_one_of(&word, &["CREATE"]) => self.create(),
            Token::Word if is_one_of(&word, &["SET"]) => self.set(),
            Token::Word if is_one_of(&word, &["UPDATE", "DELETE", "MERGE"]) => {
                self.change(line, &word)
            }
            Token::Word if is_one_of(&word, &["DELIMITER"]) => {
                self.lexer.source.skip_line()?;
                Ok(Step::On)
            }
            other => self.pass(other),
        }
    }

    fn pass(&mut self, last: Token) -> Result<Step> {
        skip_statement(&mut self.lexer, last)?;
        Ok(Step::On)
    }

    fn bad(&mut self, line: u64, message: String, last: Token) -> Result<Step> {
        skip_statement(&mut self.lexer, last)?;
        Ok(Step::Item(Item::Bad(BadRow { line, column: None, message })))
    }

    /// `INSERT [IGNORE] INTO table [(columns)] VALUES (…), (…);`
    fn insert(&mut self, line: u64) -> Result<Step> {
        let mut word = Vec::new();
        while !is_one_of(&word, &["INTO"]) {
            word.clear();
            match self.lexer.token(&mut word)? {
                Token::Word => {}
                other => return self.pass(other),
            }
        }
        let (name, mut next) = table_name(&mut self.lexer, &mut word)?;
        let Some(table) = druid_table(&name) else {
            self.skip_table(name);
            return self.pass(next);
        };
        let mut names = None;
        if next == Token::Symbol(b'(') {
            names = Some(columns(&mut self.lexer)?);
            next = self.lexer.token(&mut word)?;
        }
        if !(next == Token::Word && is_one_of(&word, &["VALUES", "VALUE"])) {
            let found = shown(&word);
            return self.bad(line, format!("has {found} after the table, expected VALUES"), next);
        }
        self.begin(table, names.as_deref())?;
        self.state = State::Values;
        Ok(Step::On)
    }

    /// `COPY table (columns) FROM stdin;`, whose rows follow on lines of their own.
    fn copy(&mut self, line: u64) -> Result<Step> {
        let (mut words, mut text, mut names) = (Vec::new(), Vec::new(), None);
        let (name, mut next) = table_name(&mut self.lexer, &mut text)?;
        if next == Token::Symbol(b'(') {
            names = Some(columns(&mut self.lexer)?);
            next = self.lexer.token(&mut text)?;
        }
        while !matches!(next, Token::Symbol(b';') | Token::End) {
            words.push(String::from_utf8_lossy(&text).to_ascii_uppercase());
            text.clear();
            next = self.lexer.token(&mut text)?;
        }
        if !words.iter().any(|word| word == "STDIN") {
            return Ok(Step::On);
        }
        if words.iter().any(|word| word == "CSV" || word == "BINARY" || word == "DELIMITER") {
            let what = format!("the COPY on line {line} is not in text form");
            return Err(self.lexer.source.error(&what).help("make the dump with pg_dump"));
        }
        self.lexer.source.skip_line()?;
        let Some(table) = druid_table(&name) else {
            self.skip_table(name);
            while !self.copy_line(line)?.is_empty() {}
            return Ok(Step::On);
        };
        self.begin(table, names.as_deref())?;
        self.state = State::Copy(line);
        Ok(Step::On)
    }

    /// Remembers the columns of Druid's tables.
    fn create(&mut self) -> Result<Step> {
        let mut word = Vec::new();
        while !is_one_of(&word, &["TABLE"]) {
            word.clear();
            match self.lexer.token(&mut word)? {
                Token::Word => {}
                other => return self.pass(other),
            }
        }
        let (name, next) = table_name(&mut self.lexer, &mut word)?;
        if let (Some(table), Token::Symbol(b'(')) = (druid_table(&name), next) {
            self.found = true;
            let names = columns(&mut self.lexer)?;
            self.created.retain(|(other, _)| *other != table);
            self.created.push((table, names));
        }
        self.pass(next)
    }

    /// Watches for the setting under which backslashes escape in PostgreSQL's strings.
    fn set(&mut self) -> Result<Step> {
        let mut text = Vec::new();
        let mut token = self.lexer.token(&mut text)?;
        let mut is_it = false;
        while !matches!(token, Token::Symbol(b';') | Token::End) {
            is_it |= is_one_of(&text, &["standard_conforming_strings"]);
            if is_it && is_one_of(&text, &["off"]) {
                self.lexer.set_escaping();
            }
            text.clear();
            token = self.lexer.token(&mut text)?;
        }
        Ok(Step::On)
    }

    /// A statement that changes rows: for Druid's tables nothing that can be passed over.
    fn change(&mut self, line: u64, word: &[u8]) -> Result<Step> {
        let (name, next) = table_name(&mut self.lexer, &mut Vec::new())?;
        if druid_table(&name).is_none() {
            return self.pass(next);
        }
        let word = String::from_utf8_lossy(word).to_ascii_uppercase();
        self.bad(line, format!("is {word} of {name}, expected only statements that add rows"), next)
    }

    /// Begins a statement that fills `table`.
    fn begin(&mut self, table: Table, names: Option<&[String]>) -> Result<()> {
        self.found = true;
        self.table = table;
        let created = || self.created.iter().find(|(other, _)| *other == table);
        let given = self.given.as_ref().filter(|layout| layout.table == table);
        let names = names.or_else(|| created().map(|(_, names)| names.as_slice()));
        self.layout = match (given, names) {
            (Some(given), _) => Some(given.clone()),
            (None, Some(names)) => Some(
                Layout::named(Some(table), names, false)
                    .map_err(|error| refused(&self.lexer.source, &error))?,
            ),
            (None, None) => None,
        };
        Ok(())
    }

    fn values_row(&mut self) -> Result<Item> {
        self.lexer.skip_space()?;
        let line = self.lexer.source.line();
        let bad = |message| Item::Bad(BadRow { line, column: None, message });
        let mut text = Vec::new();
        let opening = self.lexer.token(&mut text)?;
        if opening != Token::Symbol(b'(') {
            self.state = State::Between;
            skip_statement(&mut self.lexer, opening)?;
            return Ok(bad("has no row in parentheses, expected VALUES (…)".to_owned()));
        }
        let item = match sql_values::read(&mut self.lexer, &mut self.record, line)? {
            Ok(()) => self.row(line)?,
            Err(message) => bad(message),
        };
        text.clear();
        let after = self.lexer.token(&mut text)?;
        if after != Token::Symbol(b',') {
            self.state = State::Between;
            skip_statement(&mut self.lexer, after)?;
        }
        Ok(item)
    }

    fn copy_row(&mut self, begin: u64) -> Result<Option<Item>> {
        let line = self.lexer.source.line();
        if self.copy_line(begin)?.is_empty() {
            self.state = State::Between;
            return Ok(None);
        }
        split(&self.raw, &mut self.record, false);
        self.row(line).map(Some)
    }

    /// The next line of a COPY block, in `raw`; empty at the block's end.
    fn copy_line(&mut self, begin: u64) -> Result<&[u8]> {
        let length = match read_line(&mut self.lexer.source, &mut self.raw)? {
            None => return Err(self.lexer.cut_off("COPY block", begin)),
            Some(b"\\.") => 0,
            // An empty line in a block is a row of one empty field.
            Some(b"") => 1,
            Some(line) => line.len(),
        };
        self.raw.truncate(length);
        Ok(&self.raw)
    }

    fn row(&mut self, line: u64) -> Result<Item> {
        let layout = match self.layout.take() {
            Some(layout) => layout,
            None => Layout::by_count(Some(self.table), self.record.len())
                .map_err(|error| refused(&self.lexer.source, &error))?,
        };
        let item = rows::item(&layout, &self.record, line);
        self.layout = Some(layout);
        Ok(item)
    }

    fn skip_table(&mut self, name: String) {
        self.skipped += 1;
        if self.others.len() < NAMED_TABLES && !self.others.contains(&name) {
            self.others.push(name);
        }
    }

    fn nothing_found(&self) -> Error {
        let others = if self.others.is_empty() {
            String::new()
        } else {
            let names: Vec<_> = self.others.iter().map(|name| shown(name.as_bytes())).collect();
            format!(", but fills {}", names.join(", "))
        };
        let message = format!("it has neither druid_segments nor druid_rules{others}");
        self.lexer.source.error(&message).help(
            "dump these tables; where Druid's tables have another prefix, rename them in the dump",
        )
    }
}
