//! The rows of an INSERT's VALUES list.

use super::record::{Kind, Record};
use super::rows::shown;
use super::sql_lexer::{Lexer, Token};
use super::sql_names::is_one_of;
use crate::error::Result;

/// How deep literals may be wrapped, as in `CAST(_binary '…' AS BLOB)`.
const DEEPEST: u32 = 4;

/// Reads the values of a row whose opening parenthesis is passed into `record`. What is wrong with
/// a row that has other values than literals is given as the inner error.
pub(super) fn read(
    lexer: &mut Lexer,
    record: &mut Record,
    line: u64,
) -> Result<Result<(), String>> {
    record.clear();
    let mut reader = ValueReader { lexer, record, line, depth: 1, problem: None };
    reader.values()?;
    Ok(reader.problem.map_or(Ok(()), Err))
}

struct ValueReader<'a> {
    lexer: &'a mut Lexer,
    record: &'a mut Record,
    line: u64,
    /// The parentheses that are open, the row's own among them.
    depth: u32,
    problem: Option<String>,
}

impl ValueReader<'_> {
    fn values(&mut self) -> Result<()> {
        while self.depth > 0 {
            let start = self.record.data.len();
            let first = self.token()?;
            let kind = if self.depth == 0 { None } else { self.value(first, start, 0)? };
            if kind.is_none() {
                self.complain(start);
            }
            self.end_value()?;
            self.record.end_field(kind.unwrap_or(Kind::Null));
        }
        Ok(())
    }

    /// Reads a literal whose first token is read; `None` when it is none.
    fn value(&mut self, first: Token, start: usize, nesting: u32) -> Result<Option<Kind>> {
        match first {
            Token::Text | Token::Number => Ok(Some(Kind::Text)),
            Token::Blob => Ok(Some(Kind::Blob)),
            Token::Symbol(b'-') => {
                self.record.data.push(b'-');
                Ok((self.token()? == Token::Number).then_some(Kind::Text))
            }
            Token::Word if nesting < DEEPEST => self.word(start, nesting),
            _ => Ok(None),
        }
    }

    fn word(&mut self, start: usize, nesting: u32) -> Result<Option<Kind>> {
        let word = self.record.data.get(start..).unwrap_or_default();
        if is_one_of(word, &["TRUE", "FALSE"]) {
            return Ok(Some(Kind::Text));
        }
        let (is_null, is_cast) = (is_one_of(word, &["NULL"]), is_one_of(word, &["CAST"]));
        let names_charset = word.starts_with(b"_");
        if !(is_null || is_cast || names_charset) {
            return Ok(None);
        }
        self.record.data.truncate(start);
        if is_null {
            return Ok(Some(Kind::Null));
        }
        if names_charset {
            // Only MySQL has `_binary '…'`, in whose strings backslashes escape.
            self.lexer.set_mysql();
            let literal = self.token()?;
            return self.value(literal, start, nesting + 1);
        }
        self.cast(start, nesting)
    }

    /// Reads `(literal AS type)`.
    fn cast(&mut self, start: usize, nesting: u32) -> Result<Option<Kind>> {
        let outside = self.depth;
        if self.token()? != Token::Symbol(b'(') {
            return Ok(None);
        }
        let first = self.token()?;
        let kind = self.value(first, start, nesting + 1)?;
        let end = self.record.data.len();
        while self.depth > outside {
            self.token()?;
            self.record.data.truncate(end);
        }
        Ok(kind)
    }

    /// Passes over a type (`::bytea`) up to the comma or parenthesis that ends the value.
    fn end_value(&mut self) -> Result<()> {
        let end = self.record.data.len();
        let mut typed = false;
        while self.depth > 0 {
            let token = self.token()?;
            if self.depth == 0 || (self.depth == 1 && token == Token::Symbol(b',')) {
                break;
            }
            typed |= token == Token::Symbol(b':');
            if !typed {
                self.complain(end);
            }
            self.record.data.truncate(end);
        }
        self.record.data.truncate(end);
        Ok(())
    }

    fn complain(&mut self, from: usize) {
        let number = self.record.len() + 1;
        let found = shown(self.record.data.get(from..).unwrap_or_default());
        self.problem.get_or_insert_with(|| {
            format!(
                "value {number} has {found}, expected a literal alone (a string, number, NULL …)"
            )
        });
    }

    fn token(&mut self) -> Result<Token> {
        let token = self.lexer.token(&mut self.record.data)?;
        match token {
            Token::Symbol(b'(') => self.depth += 1,
            Token::Symbol(b')') => self.depth = self.depth.saturating_sub(1),
            Token::End => return Err(self.lexer.cut_off("row", self.line)),
            _ => {}
        }
        Ok(token)
    }
}
