//! Statements and commands of clients that fill no table: what they say of the rows around them, and which of them
//! would change rows that are read.

use super::columns::Table;
use super::rows::shown;
use super::sql::{SqlRows, Step, bad_item, begins_with_word};
use super::sql_lexer::Token;
use super::sql_names::{columns, is_in, is_one_of, table_name};
use super::sql_statement::{Piece, Statement, begins_statement, runs_into_rows};
use super::sql_tables::Judged;
use crate::error::Result;

/// What CREATE makes.
const KINDS: &str = "AGGREGATE CAST COLLATION CONVERSION DATABASE DOMAIN EVENT EXTENSION FUNCTION GROUP INDEX \
    LANGUAGE LOGIN OPERATOR PARTITION POLICY PROCEDURE PUBLICATION ROLE RULE SCHEMA SEQUENCE SERVER STATISTICS \
    SUBSCRIPTION SYNONYM TABLE TABLESPACE TRANSFORM TRIGGER TYPE USER VIEW";
/// What has other statements within it.
const BODIES: &str = "EVENT FUNCTION PROCEDURE RULE TRIGGER";
/// How far behind CREATE its kind may stand.
const FARTHEST_KIND: usize = 24;
/// psql's commands that touch no row.
const COMMANDS: &str = "echo encoding pset qecho restrict set timing unrestrict unset warn";

impl SqlRows {
    /// Reads a statement's beginning, and all of it where it fills no table.
    pub(super) fn statement(&mut self) -> Result<Step> {
        let mut word = Vec::new();
        if !self.lexer.has_pushed() {
            self.lexer.skip_space()?;
            if let Some(database) = self.lexer.marks.take_database() {
                self.tables.use_database(&database);
            }
            let line = self.lexer.source.line();
            let head = self.lexer.source.look(2)?;
            // People put comments of the shell's before dumps; where MySQL's come otherwise, the lexer knows them.
            if head.first() == Some(&b'#') {
                self.lexer.source.skip_line()?;
                return Ok(Step::On);
            }
            if head.first() == Some(&b'\\') {
                return self.client_command(line);
            }
            let is_statement = head.is_empty() || begins_with_word(head);
            if !is_statement && !self.lexer.is_at_delimiter()? {
                return self.unknown_line(line, b"");
            }
        }
        let line = self.lexer.source.line();
        match self.lexer.token(&mut word)? {
            Token::End => Ok(Step::End),
            Token::Stop => Ok(Step::On),
            Token::Word if begins_statement(&word) => self.known(line, &word),
            _ => self.unknown_line(line, &word),
        }
    }

    fn known(&mut self, line: u64, word: &[u8]) -> Result<Step> {
        let verb = word.to_ascii_uppercase();
        match verb.as_slice() {
            b"INSERT" | b"REPLACE" => return self.insert(line, word),
            b"COPY" => return self.copy(line),
            b"CREATE" => return self.create(line),
            b"USE" => return self.use_database(line),
            // They bring in other files, and need no semicolon.
            b"SOURCE" | b"RUN" => return self.unknown_line(line, word),
            b"DELIMITER" => {
                let mut rest = Vec::new();
                self.lexer.source.read_until(b'\n', &mut rest)?;
                self.lexer.set_delimiter(rest.trim_ascii());
                return Ok(Step::On);
            }
            _ => {}
        }
        let first = Piece::new(Token::Word, word);
        let statement = Statement::read(&mut self.lexer, &self.tables, line, vec![first], false)?;
        match verb.as_slice() {
            b"SET" => self.set(&statement),
            b"SELECT" => self.select(&statement),
            b"ALTER" => self.alter(&statement),
            b"DROP" | b"DELETE" | b"TRUNCATE" => return self.remove(&statement),
            b"AUTOCOMMIT" => self.lexer.marks.set_autocommit(!statement.has("OFF")),
            b"BEGIN" => self.lexer.marks.begin(line),
            b"START" if statement.has_at(1, "TRANSACTION") => self.lexer.marks.begin(line),
            b"COMMIT" | b"END" => self.lexer.marks.commit(),
            b"ROLLBACK" | b"ABORT" if self.lexer.marks.roll_back() => {
                return Ok(bad_item(
                    line,
                    "is ROLLBACK, which takes the rows before it back".to_owned(),
                ));
            }
            _ => {}
        }
        self.settle(&statement)
    }

    /// Passes over a statement that is read, unless it must not be.
    pub(super) fn settle(&mut self, statement: &Statement) -> Result<Step> {
        if let Some(message) = statement.fault().filter(|_| !self.tables.is_elsewhere()) {
            return Ok(bad_item(statement.line, message));
        }
        let verb = statement.verb().to_ascii_uppercase();
        let may_lack_end = statement.pieces.len() == 1 && matches!(verb.as_str(), "COMMIT" | "END");
        if !statement.is_ended && !may_lack_end {
            return Err(self.unended(statement.line));
        }
        Ok(Step::On)
    }

    /// Commands of psql: `\restrict`, `\connect`. What brings in other files is not read.
    fn client_command(&mut self, line: u64) -> Result<Step> {
        let mut text = Vec::new();
        self.lexer.source.read_until(b'\n', &mut text)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let text = text.trim();
        let (command, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match command.trim_start_matches('\\') {
            "connect" | "c" => {
                if let Some(name) = connected(rest) {
                    self.tables.use_database(&name);
                }
            }
            "encoding" => self.set_encoding(rest.trim()),
            command if is_in(command.as_bytes(), COMMANDS) => {}
            _ => {
                let shown = shown(text.as_bytes());
                let message = format!("is a command of a client that is not read: {shown}");
                return Ok(bad_item(line, message));
            }
        }
        Ok(Step::On)
    }

    /// `USE database`, which in MySQL's client may end with the line.
    fn use_database(&mut self, line: u64) -> Result<Step> {
        let (mut name, mut after) = (Vec::new(), Vec::new());
        let token = self.lexer.token(&mut name)?;
        if !matches!(token, Token::Word | Token::Name | Token::Text) {
            return self.unknown_line(line, b"USE");
        }
        match self.lexer.token(&mut after)? {
            Token::Stop => {}
            other if other == Token::End || self.lexer.is_first_in_line() => {
                self.lexer.push_back(other, &after);
            }
            _ => return self.unknown_line(line, b"USE "),
        }
        self.tables.use_database(&String::from_utf8_lossy(&name));
        Ok(Step::On)
    }

    /// Watches for settings that say how what follows is to be read.
    fn set(&mut self, statement: &Statement) {
        let pieces = statement.pieces.as_slice();
        let value = |name: &str| {
            let mut rest = pieces.iter().skip_while(|piece| !piece.is(name)).skip(1);
            rest.find(|piece| piece.token != Token::Symbol(b'=') && !piece.is("TO"))
        };
        if let Some(setting) = value("standard_conforming_strings") {
            self.lexer.set_escaping(setting.text.eq_ignore_ascii_case("off"));
        }
        if let Some(charset) = value("NAMES").or_else(|| value("client_encoding")) {
            self.set_encoding(&charset.text);
        }
        if let Some(path) = value("search_path") {
            self.tables.use_schema(Some(path.text.as_str()).filter(|path| !path.is_empty()));
        } else if let Some(schema) = value("SCHEMA") {
            self.tables.use_schema(Some(&schema.text));
        }
        for (at, piece) in pieces.iter().enumerate() {
            let is = |place: Option<usize>, symbol: u8| {
                let piece = place.and_then(|place| pieces.get(place));
                piece.is_some_and(|piece| piece.token == Token::Symbol(symbol))
            };
            let is_set = is(Some(at + 1), b'=') || is(Some(at + 1), b':');
            if piece.token != Token::Word {
                continue;
            }
            let name = piece.text.to_ascii_uppercase();
            let assigned = pieces.get(at + 2).filter(|_| is_set);
            match (name.as_str(), assigned) {
                ("AUTOCOMMIT", Some(value)) => {
                    let off = value.text == "0" || value.text.eq_ignore_ascii_case("off");
                    self.lexer.marks.set_autocommit(!off);
                }
                ("SQL_MODE", Some(mode)) if matches!(mode.token, Token::Text | Token::Name) => {
                    self.lexer.set_plain(mode.text.contains("NO_BACKSLASH_ESCAPES"));
                }
                ("OLD_AUTOCOMMIT", _) => {}
                (name, _) if name.starts_with("OLD_") && is(at.checked_sub(1), b'@') => {
                    if is_set {
                        self.lexer.marks.save(statement.line);
                    } else {
                        self.lexer.marks.restore(statement.line);
                    }
                }
                _ => {}
            }
        }
    }

    /// Remembers a character set that does not agree with UTF-8.
    pub(super) fn set_encoding(&mut self, name: &str) {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let plain = plain.to_ascii_lowercase();
        let agrees = ["utf8", "unicode", "sqlascii", "ascii", "usascii", "binary", "default"];
        let is_foreign = !agrees.iter().any(|known| plain.starts_with(known));
        self.encoding = is_foreign.then(|| name.to_owned());
    }

    /// `SELECT pg_catalog.set_config('search_path', …)`, which newer versions of pg_dump write.
    fn select(&mut self, statement: &Statement) {
        let mut rest =
            statement.pieces.iter().skip_while(|piece| piece.text != "search_path").skip(2);
        if let Some(path) = rest.next()
            && statement.has("set_config")
        {
            let first = path.text.split(',').next().unwrap_or_default().trim().trim_matches('"');
            self.tables.use_schema(Some(first).filter(|path| !path.is_empty()));
        }
    }

    /// Remembers the tables that become parts of Druid's.
    fn alter(&mut self, statement: &Statement) {
        let mut rest = statement.pieces.iter().skip_while(|piece| !piece.is("ATTACH"));
        if rest.next().is_some() && statement.names.is_some() {
            let mut rest = rest.skip_while(|piece| piece.is("PARTITION")).peekable();
            let mut last = rest.next();
            while rest.next_if(|piece| piece.token == Token::Symbol(b'.')).is_some() {
                last = rest.next();
            }
            self.partitions.extend(last.map(|piece| piece.text.clone()));
        }
    }

    /// DROP, DELETE, TRUNCATE: nothing where no row is read yet, as the beginning of dumps has it.
    fn remove(&mut self, statement: &Statement) -> Result<Step> {
        let is_filled = |piece: &Piece| {
            let table = self.tables.table_of(&piece.text);
            table.is_some_and(|table| self.filled.iter().any(|(other, ..)| *other == table))
        };
        let is_place = ["DATABASE", "SCHEMA"].iter().any(|kind| statement.has_at(1, kind));
        let takes_rows = statement.pieces.iter().any(|piece| {
            is_filled(piece)
                || (is_place && !self.filled.is_empty() && self.tables.is_owner(&piece.text))
        });
        let is_dropped_index = statement.verb().eq_ignore_ascii_case("DROP")
            && !is_place
            && !statement.has_at(1, "TABLE");
        let is_whole = !["WHERE", "USING", "LIMIT"].iter().any(|word| statement.has(word));
        if !statement.is_clean() || is_dropped_index || self.tables.is_elsewhere() {
            return self.settle(statement);
        }
        if takes_rows || (statement.names.is_some() && !is_whole) {
            let verb = statement.verb().to_ascii_uppercase();
            let message = format!(
                "is {verb} of rows that are read before; load the file into a database and dump that, or \
                 keep what the database has at the end"
            );
            return Ok(bad_item(statement.line, message));
        }
        if statement.is_ended { Ok(Step::On) } else { Err(self.unended(statement.line)) }
    }

    fn create(&mut self, line: u64) -> Result<Step> {
        let mut pieces = vec![Piece::new(Token::Word, b"CREATE")];
        let mut text = Vec::new();
        let kind = loop {
            text.clear();
            let token = self.lexer.token(&mut text)?;
            let piece = Piece::new(token, &text);
            if matches!(token, Token::Stop | Token::End)
                || pieces.len() > FARTHEST_KIND
                || runs_into_rows(&mut self.lexer, token, &text)?
            {
                self.lexer.push_back(token, &text);
                break String::new();
            }
            pieces.push(piece.clone());
            if token == Token::Word && is_in(&text, KINDS) {
                break piece.text.to_ascii_uppercase();
            }
        };
        if kind == "TABLE" {
            return self.create_table(line, pieces);
        }
        let is_body = is_in(kind.as_bytes(), BODIES) && self.begins_body(&mut pieces)?;
        let statement = Statement::read(&mut self.lexer, &self.tables, line, pieces, is_body)?;
        // A body in standard SQL has semicolons within it: BEGIN ATOMIC … END.
        let mut is_open = is_body && statement.has("ATOMIC");
        while is_open {
            let part = Statement::read(&mut self.lexer, &self.tables, line, Vec::new(), true)?;
            is_open = part.is_ended && !part.has_at(0, "END");
        }
        self.settle(&statement)
    }

    /// Whether the name of a function or trigger is followed by what belongs to one, so that statements may be within it.
    fn begins_body(&mut self, pieces: &mut Vec<Piece>) -> Result<bool> {
        let (mut text, mut after) = (Vec::new(), Vec::new());
        let mut token = self.lexer.token(&mut text)?;
        while token == Token::Word && is_one_of(&text, &["IF", "NOT", "EXISTS", "TRIGGER"]) {
            text.clear();
            token = self.lexer.token(&mut text)?;
        }
        if runs_into_rows(&mut self.lexer, token, &text)? {
            self.lexer.push_back(token, &text);
            return Ok(false);
        }
        let (name, next) = table_name(&mut self.lexer, token, &text, &mut after)?;
        pieces.extend(name.pieces());
        self.lexer.push_back(next, &after);
        let follows = "AFTER AS BEFORE FOR INSTEAD NO ON REFERENCING WITH";
        let is_word = next == Token::Word && is_in(&after, follows);
        Ok(is_word || matches!(next, Token::Symbol(b'(' | b'@')))
    }

    /// Remembers the columns of Druid's tables.
    fn create_table(&mut self, line: u64, mut pieces: Vec<Piece>) -> Result<Step> {
        let (mut text, mut after) = (Vec::new(), Vec::new());
        let mut token = self.lexer.token(&mut text)?;
        let mut may_exist = false;
        while token == Token::Word && is_one_of(&text, &["IF", "NOT", "EXISTS"]) {
            may_exist = true;
            text.clear();
            token = self.lexer.token(&mut text)?;
        }
        if runs_into_rows(&mut self.lexer, token, &text)? {
            let message = "creates a table, whose name is missing; delete it if it is no statement";
            return self.bad(line, message.to_owned(), token, &text);
        }
        let (name, next) = table_name(&mut self.lexer, token, &text, &mut after)?;
        let mut names = None;
        if next == Token::Symbol(b'(') && !name.0.is_empty() {
            names = Some(columns(&mut self.lexer)?);
        } else {
            self.lexer.push_back(next, &after);
        }
        let table = self.judge(&name, names.as_deref(), line, false)?;
        pieces.extend(name.pieces());
        let statement = Statement::read(&mut self.lexer, &self.tables, line, pieces, false)?;
        let Judged::Druids(table) = table else {
            let is_part =
                statement.has("INHERITS") || (statement.has("PARTITION") && statement.has("OF"));
            if is_part && statement.names.is_some() {
                self.partitions.push(name.table().to_owned());
            }
            return self.settle(&statement);
        };
        if statement.has("SELECT") || statement.has("AS") {
            let message =
                "is CREATE TABLE of rows that a query gives, which are not read".to_owned();
            return Ok(bad_item(line, message));
        }
        if !may_exist && self.filled.iter().any(|(other, ..)| *other == table) {
            let message = format!("line {line} creates a table again whose rows are read before");
            let help = "import each dump from a file of its own";
            return Err(self.lexer.source.error(&message).help(help));
        }
        self.remember(table, names);
        self.settle(&statement)
    }

    fn remember(&mut self, table: Table, names: Option<Vec<String>>) {
        self.found = true;
        if let Some(names) = names {
            self.created.retain(|(other, _)| *other != table);
            self.created.push((table, names));
        }
    }
}

/// The database in the arguments of psql's `\connect`.
fn connected(arguments: &str) -> Option<String> {
    if let Some((_, rest)) = arguments.split_once("dbname='") {
        return rest.split('\'').next().map(str::to_owned);
    }
    let name = arguments.split_whitespace().find(|word| !word.starts_with('-'))?;
    Some(name.trim_matches('"').to_owned())
}
