//! INSERT statements: what stands before their rows, the rows, and what may stand behind them.

use super::rows::shown;
use super::sql::{SqlRows, State, Step, bad_item};
use super::sql_lexer::Token;
use super::sql_names::{TableName, columns, is_one_of, table_name};
use super::sql_statement::{Piece, Statement, runs_into_rows};
use super::sql_tables::Judged;
use super::{BadRow, Item, OnDuplicate, sql_values};
use crate::error::Result;

/// What may stand between INSERT and the table's name.
const MODIFIERS: [&str; 9] = [
    "INTO",
    "LOW_PRIORITY",
    "DELAYED",
    "HIGH_PRIORITY",
    "IGNORE",
    "OR",
    "REPLACE",
    "OVERWRITE",
    "ONLY",
];

impl SqlRows {
    /// `INSERT [IGNORE] [INTO] table [(columns)] VALUES (…), (…);`
    pub(super) fn insert(&mut self, line: u64, verb: &[u8]) -> Result<Step> {
        let is_conditional = self.lexer.is_conditional();
        let mut pieces = vec![Piece::new(Token::Word, verb)];
        let (mut text, mut word) = (Vec::new(), Vec::new());
        let mut token = self.lexer.token(&mut text)?;
        while token == Token::Word && is_one_of(&text, &MODIFIERS) {
            pieces.push(Piece::new(token, &text));
            text.clear();
            token = self.lexer.token(&mut text)?;
        }
        if runs_into_rows(&mut self.lexer, token, &text)? {
            return self.bad(line, "names no table".to_owned(), token, &text);
        }
        let (name, mut next) = table_name(&mut self.lexer, token, &text, &mut word)?;
        if next == Token::Word && is_one_of(&word, &["PARTITION"]) {
            word.clear();
            if self.lexer.token(&mut word)? == Token::Symbol(b'(') {
                columns(&mut self.lexer)?;
            }
            next = self.next_word(&mut word)?;
        }
        if next == Token::Word && is_one_of(&word, &["AS"]) {
            self.next_word(&mut word)?;
            next = self.next_word(&mut word)?;
        }
        if name.0.is_empty() {
            return self.bad(line, "names no table".to_owned(), next, &word);
        }
        let mut names = None;
        if next == Token::Symbol(b'(') {
            names = Some(columns(&mut self.lexer)?);
            next = self.next_word(&mut word)?;
        }
        if next == Token::Word && is_one_of(&word, &["OVERRIDING"]) {
            self.next_word(&mut word)?;
            self.next_word(&mut word)?;
            next = self.next_word(&mut word)?;
        }
        let table = self.judge(&name, names.as_deref(), line, true)?;
        pieces.extend(name.pieces());
        let Judged::Druids(table) = table else {
            return self.insert_elsewhere(line, (&name, table), pieces, (next, &word));
        };
        if is_conditional {
            let message = "stands in a comment that only some versions of the server carry out";
            return self.bad(line, message.to_owned(), next, &word);
        }
        if !(next == Token::Word && is_one_of(&word, &["VALUES", "VALUE"])) {
            let found = shown(&word);
            let message = format!("has {found} after the table, expected VALUES");
            return self.bad(line, message, next, &word);
        }
        self.begin(table, names.as_deref(), line)?;
        let has = |word: &str| pieces.iter().any(|piece| piece.is(word));
        self.ignores_duplicates = has("IGNORE");
        self.on_duplicate = if has("REPLACE") { OnDuplicate::Last } else { OnDuplicate::Open };
        self.state = State::Values;
        self.lists += 1;
        self.list_rows = 0;
        Ok(Step::On)
    }

    fn next_word(&mut self, word: &mut Vec<u8>) -> Result<Token> {
        word.clear();
        self.lexer.token(word)
    }

    /// The rest of an INSERT into another table, of which no part may be about Druid's.
    fn insert_elsewhere(
        &mut self,
        line: u64,
        (name, judged): (&TableName, Judged),
        pieces: Vec<Piece>,
        (next, word): (Token, &[u8]),
    ) -> Result<Step> {
        self.skip_table(name);
        self.lexer.push_back(next, word);
        let mut statement = Statement::read(&mut self.lexer, &self.tables, line, pieces, false)?;
        if let Judged::Unknown(table) = judged {
            self.check_is_none(table, name, statement.values, line)?;
        }
        if let Some(message) = self.part_of_druids(name) {
            return Ok(bad_item(line, message));
        }
        if !statement.is_ended {
            return Err(self.unended(line));
        }
        // That the rows of another table speak of Druid's is nothing to us.
        if !statement.swallows {
            statement.names = None;
        }
        self.settle(&statement)
    }

    /// The next row of the list.
    pub(super) fn values_row(&mut self) -> Result<Item> {
        self.lexer.skip_space()?;
        let line = self.lexer.source.line();
        let mut text = Vec::new();
        let opening = self.lexer.token(&mut text)?;
        if opening != Token::Symbol(b'(') {
            self.state = State::Between;
            let message = format!("has {} where a row was expected, VALUES (…)", shown(&text));
            self.read_rest(opening, &text, line)?;
            return Ok(Item::Bad(BadRow { line, column: None, message }));
        }
        self.list_rows += 1;
        let read = sql_values::read(&mut self.lexer, &mut self.record, line)?;
        let item = match read.problem {
            Some(message) => Item::Bad(BadRow { line, column: None, message }),
            None => self.row(line, false)?,
        };
        if read.is_stopped {
            self.state = State::Between;
        } else {
            self.after_row()?;
        }
        Ok(item)
    }

    /// Reads what follows a row: another one, the end, or a clause about rows that are there already.
    fn after_row(&mut self) -> Result<()> {
        let mut text = Vec::new();
        self.lexer.skip_space()?;
        let line = self.lexer.source.line();
        let token = self.lexer.token(&mut text)?;
        if token == Token::Symbol(b',') {
            return Ok(());
        }
        self.state = State::Between;
        let kept = if self.ignores_duplicates { OnDuplicate::First } else { OnDuplicate::Refused };
        self.settle_duplicates(kept);
        if token == Token::Stop {
            return Ok(());
        }
        if self.lexer.is_sql_server() && (token == Token::End || self.lexer.is_first_in_line()) {
            self.lexer.push_back(token, &text);
            return Ok(());
        }
        // By hand people leave the last semicolon out, of the one row of a file even the line break; what is cut off behind
        // a row has neither.
        let is_one_row = self.lists == 1 && self.list_rows == 1;
        if token == Token::End && (is_one_row || self.lexer.is_first_in_line()) {
            self.lexer.push_back(token, &text);
            return Ok(());
        }
        if token == Token::End {
            return Err(self.unended(line));
        }
        let is_clause = token == Token::Word && is_one_of(&text, &["ON", "AS", "RETURNING"]);
        let first = Piece::new(token, &text);
        let statement = Statement::read(&mut self.lexer, &self.tables, line, vec![first], false)?;
        if !statement.is_ended {
            return Err(self.unended(line));
        }
        if !is_clause || statement.swallows {
            let found = shown(&text);
            let message = format!("has {found} after a row, expected a comma or a semicolon");
            self.pending = Some(Item::Bad(BadRow { line, column: None, message }));
        } else if statement.has("NOTHING") {
            self.settle_duplicates(OnDuplicate::First);
        } else if statement.has("ON") {
            self.settle_duplicates(OnDuplicate::Updates);
        }
        Ok(())
    }

    /// Tells behind the row that was read last what became of the statement's rows.
    fn settle_duplicates(&mut self, told: OnDuplicate) {
        if self.on_duplicate == OnDuplicate::Open {
            self.pending = Some(Item::Settled(told));
        }
    }
}
