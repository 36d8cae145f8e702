//! Rows of SQL dumps: the INSERT statements and COPY blocks that fill Druid's two tables. Every other statement is known
//! to change nothing in them, or is named as one that is not read.

use super::columns::{Layout, Table};
use super::copy_text::{CopyText, check_count, split};
use super::csv::refused;
use super::literal::Bytes;
use super::record::Record;
use super::rows::{FAILED, Writing, shown, tells_failure};
use super::source::Source;
use super::sql_copy::{self, Block, Copy};
use super::sql_lexer::{Dialect, Lexer, Token, is_word};
use super::sql_names::TableName;
use super::sql_statement::{Piece, Statement};
use super::sql_tables::{Judged, Tables, unknown_columns};
use super::{BadRow, Item, OnDuplicate, Origin, ReadOptions, rows};
use crate::error::{Error, Result};

/// How many names of other tables an error lists.
const NAMED_TABLES: usize = 5;
/// Reads the rows of an SQL dump.
pub(super) struct SqlRows {
    pub(super) lexer: Lexer,
    pub(super) tables: Tables,
    flavour: &'static str,
    /// The layout that the user gave.
    given: Option<Layout>,
    /// The columns of the tables that the dump creates.
    pub(super) created: Vec<(Table, Vec<String>)>,
    /// Tables that hold a part of Druid's.
    pub(super) partitions: Vec<String>,
    /// For each table that has rows, the dump in the file that they are of, and the line of the first.
    pub(super) filled: Vec<(Table, u64, u64)>,
    pub(super) state: State,
    /// Lists of rows so far, and rows of the one that is read.
    pub(super) lists: u64,
    pub(super) list_rows: u64,
    /// What becomes of the list's rows whose ids the dump has had before.
    pub(super) on_duplicate: OnDuplicate,
    /// The statement has IGNORE.
    pub(super) ignores_duplicates: bool,
    table: Table,
    /// The layout of the statement's rows; `None` until the number of columns tells it.
    layout: Option<Layout>,
    copy_form: CopyText,
    /// The rows of the COPY block that is read, or was read last.
    block_rows: Option<u64>,
    /// The character set of the dump, where it is none that agrees with UTF-8.
    pub(super) encoding: Option<String>,
    pub(super) record: Record,
    raw: Vec<u8>,
    /// What comes behind the row that was given last.
    pub(super) pending: Option<Item>,
    /// Whether the dump has one of Druid's two tables, perhaps empty.
    pub(super) found: bool,
    skipped: u64,
    others: Vec<String>,
}

#[derive(Clone, Copy)]
pub(super) enum State {
    Between,
    /// In a VALUES list, before a row.
    Values,
    /// In a COPY block that begins on this line.
    Copy(u64),
}

/// What reading a statement's beginning came to.
pub(super) enum Step {
    End,
    On,
    Item(Item),
}

impl SqlRows {
    /// Reads the rows of `source`.
    pub fn new(mut source: Source, options: &ReadOptions) -> Result<Self> {
        let given = options.columns.as_deref();
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
            lexer: Lexer::new(source, options.dialect),
            tables: Tables::new(&options.tables),
            flavour,
            given,
            created: Vec::new(),
            partitions: Vec::new(),
            filled: Vec::new(),
            state: State::Between,
            lists: 0,
            list_rows: 0,
            on_duplicate: OnDuplicate::Last,
            ignores_duplicates: false,
            table: Table::Segments,
            layout: None,
            copy_form: CopyText::default(),
            block_rows: None,
            encoding: None,
            record: Record::default(),
            raw: Vec::new(),
            pending: None,
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
            if let Some(item) = self.pending.take() {
                return Ok(Some(item));
            }
            let item = match self.state {
                State::Values => Some(self.values_row()?),
                State::Copy(line) => self.copy_row(line)?,
                State::Between => match self.statement()? {
                    Step::End => return self.end().map(|()| None),
                    Step::On => None,
                    Step::Item(item) => Some(item),
                },
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    /// Judges the dump as a whole once it has ended.
    fn end(&self) -> Result<()> {
        if let Some((missing, help)) = self.lexer.marks.missing() {
            return Err(self.lexer.source.error(&missing).help(help));
        }
        let is_missing = |table, name: &str| {
            !self.filled.iter().any(|(other, ..)| *other == table)
                && !self.partitions.iter().any(|part| part.eq_ignore_ascii_case(name))
        };
        if let Some(refusal) = self.tables.lookalike(is_missing) {
            return Err(self.lexer.source.error(&refusal.message).help(refusal.help));
        }
        if self.found { Ok(()) } else { Err(self.nothing_found()) }
    }

    /// Whose tables they are, as far as the dump tells.
    pub fn origin(&self) -> Option<Origin> {
        let host = self.lexer.marks.host().map(str::to_owned);
        self.tables.origin().map(|origin| Origin { host, ..origin })
    }

    /// Why the rows of another table are Druid's all the same.
    pub(super) fn part_of_druids(&self, name: &TableName) -> Option<String> {
        let is_part = self.partitions.iter().any(|part| part.eq_ignore_ascii_case(name.table()));
        is_part.then(|| {
            let name = shown(name.table().as_bytes());
            format!(
                "fills {name}, a part of a table of Druid's; make the dump with \
                 --load-via-partition-root"
            )
        })
    }

    /// `COPY table (columns) FROM stdin;`, whose rows follow on lines of their own.
    pub(super) fn copy(&mut self, line: u64) -> Result<Step> {
        match sql_copy::read(&mut self.lexer, &self.tables, line)? {
            Copy::Count(count) => {
                let Some(rows) = self.block_rows.take() else {
                    return self.unknown_line(line, format!("COPY {count}").as_bytes());
                };
                check_count(&self.lexer.source, line, count, rows)?;
                Ok(Step::On)
            }
            Copy::Other(statement) => self.settle(&statement),
            Copy::Block(block) => self.copy_block(line, *block),
        }
    }

    fn copy_block(&mut self, line: u64, block: Block) -> Result<Step> {
        self.lexer.see(Dialect::PostgreSql);
        let table = self.judge(&block.name, block.columns.as_deref(), line, true)?;
        let fault = match table {
            Judged::Druids(_) => block.fault,
            _ => self.part_of_druids(&block.name),
        };
        let (Judged::Druids(table), None) = (table, &fault) else {
            let (lines, fields) =
                sql_copy::skip_block(&mut self.lexer, &mut self.raw, line, block.form.delimiter)?;
            self.block_rows = Some(lines);
            if let Judged::Unknown(table) = table
                && lines > 0
            {
                self.check_is_none(table, &block.name, fields, line)?;
            }
            if let Some(message) = fault.filter(|_| lines > 0) {
                return Ok(bad_item(line, message));
            }
            self.skip_table(&block.name);
            return Ok(Step::On);
        };
        self.begin(table, block.columns.as_deref(), line)?;
        if let Some(encoding) = block.encoding {
            self.set_encoding(&encoding);
        }
        self.copy_form = block.form;
        self.block_rows = Some(0);
        self.state = State::Copy(line);
        Ok(Step::On)
    }

    /// Begins a statement that fills `table`.
    pub(super) fn begin(
        &mut self,
        table: Table,
        names: Option<&[String]>,
        line: u64,
    ) -> Result<()> {
        self.found = true;
        self.table = table;
        let dump = self.lexer.marks.dump();
        match self.filled.iter().find(|(other, ..)| *other == table) {
            Some((_, other, begun)) if *other != dump => {
                let message = format!(
                    "it fills the same table from line {begun} and from line {line} on, by two dumps"
                );
                let help = "import each dump from a file of its own";
                return Err(self.lexer.source.error(&message).help(help));
            }
            Some(_) => {}
            None => self.filled.push((table, dump, line)),
        }
        self.lexer.marks.rows(line);
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

    fn copy_row(&mut self, begin: u64) -> Result<Option<Item>> {
        let line = self.lexer.source.line();
        if !sql_copy::read_block_line(&mut self.lexer, &mut self.raw, begin)? {
            self.state = State::Between;
            return Ok(None);
        }
        self.block_rows = self.block_rows.map(|rows| rows + 1);
        split(&self.raw, &mut self.record, &self.copy_form);
        self.row(line, true).map(Some)
    }

    pub(super) fn row(&mut self, line: u64, is_copy: bool) -> Result<Item> {
        if let Some(encoding) = &self.encoding
            && !self.record.data.is_ascii()
        {
            let encoding = shown(encoding.as_bytes());
            let message = format!(
                "has characters in {encoding}, expected UTF-8; make the dump in UTF-8 (pg_dump \
                 --encoding=UTF8, mysqldump --default-character-set=utf8mb4)"
            );
            return Ok(Item::Bad(BadRow { line, column: None, message }));
        }
        let mut layout = match self.layout.take() {
            Some(layout) => layout,
            None => Layout::by_count(Some(self.table), self.record.len())
                .map_err(|error| refused(&self.lexer.source, &error))?,
        };
        let bytes = match self.lexer.dialect() {
            _ if is_copy => Bytes::Bytea,
            Dialect::PostgreSql => Bytes::Bytea,
            Dialect::MySql => Bytes::AsIs,
            Dialect::Standard if self.lexer.is_given() => Bytes::AsIs,
            Dialect::Standard | Dialect::Unknown => Bytes::Either,
        };
        layout.writing = Some(Writing { bytes, words_are_null: false });
        let mut item = rows::item(&layout, &self.record, line);
        self.layout = Some(layout);
        // A COPY with an id that is there already fails as a whole.
        let told = if is_copy { OnDuplicate::Refused } else { self.on_duplicate };
        match &mut item {
            Item::Segment(row) => row.on_duplicate = told,
            Item::Rule(row) => row.on_duplicate = told,
            Item::Bad(_) | Item::Settled(_) => {}
        }
        Ok(item)
    }

    /// Refuses rows of a table of which nobody can tell whether it is Druid's: rows of so many values may be that, and so
    /// may those of a query (0).
    pub(super) fn check_is_none(
        &self,
        table: Table,
        name: &TableName,
        values: usize,
        line: u64,
    ) -> Result<()> {
        let is_given = self.given.as_ref().is_some_and(|given| given.columns.len() == values);
        if values > 0 && !is_given && Layout::by_count(Some(table), values).is_err() {
            return Ok(());
        }
        let refusal = unknown_columns(name.table(), line);
        Err(self.lexer.source.error(&refusal.message).help(refusal.help))
    }

    /// Which of the two tables a name is, if it is one to be read.
    pub(super) fn judge(
        &mut self,
        name: &TableName,
        columns: Option<&[String]>,
        line: u64,
        adds_rows: bool,
    ) -> Result<Judged> {
        let dialect = self.lexer.dialect();
        let judged = self.tables.judge(name, columns, dialect, line, adds_rows);
        judged.map_err(|refusal| self.lexer.source.error(&refusal.message).help(refusal.help))
    }

    /// A statement that cannot be read, from the token on that was read last.
    pub(super) fn bad(
        &mut self,
        line: u64,
        message: String,
        last: Token,
        text: &[u8],
    ) -> Result<Step> {
        self.read_rest(last, text, line)?;
        Ok(bad_item(line, message))
    }

    /// Reads the rest of a statement whose last token was read.
    pub(super) fn read_rest(&mut self, last: Token, text: &[u8], line: u64) -> Result<()> {
        self.lexer.push_back(last, text);
        let before = vec![Piece::new(Token::Symbol(b' '), b"")];
        Statement::read(&mut self.lexer, &self.tables, line, before, false).map(|_| ())
    }

    /// The error of a file that ends before its last statement does.
    pub(super) fn unended(&self, line: u64) -> Error {
        let message = format!("the statement on line {line} has no end");
        let help = "the file is cut off, or its last statement lacks a semicolon";
        self.lexer.source.error(&message).help(help)
    }

    /// A line that is no SQL, of which a part is read already; the statements behind it are read.
    pub(super) fn unknown_line(&mut self, line: u64, read: &[u8]) -> Result<Step> {
        let mut text = read.to_vec();
        self.lexer.source.read_until(b'\n', &mut text)?;
        let found = shown(text.trim_ascii());
        let what = if tells_failure(&text) {
            FAILED
        } else {
            "; if it is a client's message, delete the line"
        };
        Ok(bad_item(line, format!("is no SQL statement that lopper knows: {found}{what}")))
    }

    pub(super) fn skip_table(&mut self, name: &TableName) {
        self.skipped += 1;
        let parts: Vec<_> = name.0.iter().map(|name| name.text.as_str()).collect();
        let name = parts.join(".");
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
        let (segments, rules) = self.tables.wanted();
        let message = format!("it has neither {segments} nor {rules}{others}");
        self.lexer.source.error(&message).help(
            "dump these tables; where Druid's tables have another prefix, name it with --table-prefix",
        )
    }
}

pub(super) fn bad_item(line: u64, message: String) -> Step {
    Step::Item(Item::Bad(BadRow { line, column: None, message }))
}

/// Whether a statement may begin with these bytes.
pub(super) fn begins_with_word(bytes: &[u8]) -> bool {
    match bytes {
        [first, b'\'', ..] => !is_word(*first),
        [first, ..] => is_word(*first) && !first.is_ascii_digit(),
        [] => false,
    }
}
