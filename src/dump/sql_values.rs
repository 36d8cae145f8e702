//! The rows of an INSERT's VALUES list.

use super::literal::{bytea_escapes, decode_base64};
use super::record::{Kind, Record, hex_in_place};
use super::rows::shown;
use super::sql_lexer::{Dialect, Lexer, Token};
use super::sql_names::is_one_of;
use crate::error::Result;

/// How deep literals may be wrapped, as in `CAST(_binary '…' AS BLOB)`.
const DEEPEST: u32 = 4;

/// The functions that are read where their argument is a literal.
const CALLS: [&str; 8] =
    ["CAST", "CONVERT", "CONVERT_FROM", "CONVERT_TO", "DECODE", "FROM_BASE64", "HEXTORAW", "UNHEX"];

/// What may stand before a literal, or is one.
const NO_TYPES: [&str; 9] =
    ["_BINARY", "BINARY", "FALSE", "NULL", "TRUE", "UNHEX", "FROM_BASE64", "CAST", "CONVERT"];

/// What reading a row came to.
pub(super) struct Read {
    /// What is wrong with a row that has other values than literals.
    pub problem: Option<String>,
    /// The statement ended inside of the row.
    pub is_stopped: bool,
}

/// Reads the values of a row whose opening parenthesis is passed into `record`.
pub(super) fn read(lexer: &mut Lexer, record: &mut Record, line: u64) -> Result<Read> {
    record.clear();
    let conditionals = lexer.conditionals();
    lexer.in_values = true;
    let mut reader =
        ValueReader { lexer, record, line, depth: 1, problem: None, is_stopped: false };
    reader.values()?;
    let ValueReader { lexer, problem, is_stopped, .. } = reader;
    lexer.in_values = false;
    let is_conditional = lexer.conditionals() > conditionals;
    let problem = problem.or_else(|| {
        is_conditional.then(|| "has a part that only some versions of the server read".to_owned())
    });
    Ok(Read { problem, is_stopped })
}

struct ValueReader<'a> {
    lexer: &'a mut Lexer,
    record: &'a mut Record,
    line: u64,
    /// The parentheses that are open, the row's own among them.
    depth: u32,
    problem: Option<String>,
    is_stopped: bool,
}

impl ValueReader<'_> {
    fn values(&mut self) -> Result<()> {
        while self.depth > 0 {
            let start = self.record.data.len();
            let first = self.token()?;
            let kind = if self.depth == 0 { None } else { self.value(first, start, 0)? };
            if kind.is_none() {
                self.complain(first, start);
            }
            self.end_value()?;
            self.record.end_field(kind.unwrap_or(Kind::Null));
        }
        Ok(())
    }

    /// Reads a literal whose first token is read; `None` when it is none.
    fn value(&mut self, first: Token, start: usize, nesting: u32) -> Result<Option<Kind>> {
        match first {
            Token::Text => {
                self.lexer.decide(&mut self.record.data, start)?;
                Ok(Some(Kind::Text))
            }
            Token::Number => Ok(Some(Kind::Text)),
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
        let word = self.record.data.get(start..).unwrap_or_default().to_ascii_uppercase();
        let names_charset = word.starts_with(b"_");
        match word.as_slice() {
            b"TRUE" | b"FALSE" => return Ok(Some(Kind::Text)),
            b"NULL" => {
                self.record.data.truncate(start);
                return Ok(Some(Kind::Null));
            }
            _ => {}
        }
        let is_prefix = names_charset || is_one_of(&word, &["BINARY", "BYTEA", "TEXT", "VARCHAR"]);
        let is_call = is_one_of(&word, &CALLS);
        if !(is_prefix || is_call) {
            return Ok(None);
        }
        self.record.data.truncate(start);
        if is_call {
            return self.call(&word, start, nesting);
        }
        if names_charset {
            // Only MySQL has `_binary '…'`, in whose strings backslashes escape.
            self.lexer.see(Dialect::MySql);
        }
        let literal = self.token()?;
        self.value(literal, start, nesting + 1)
    }

    /// Reads the call of a function that makes a value of a literal: `UNHEX('…')`, `CAST(… AS type)`.
    fn call(&mut self, name: &[u8], start: usize, nesting: u32) -> Result<Option<Kind>> {
        let outside = self.depth;
        if self.token()? != Token::Symbol(b'(') {
            return Ok(None);
        }
        let mut first = self.token()?;
        // SQL Server names the type first: CONVERT(varbinary(max), '…', 1).
        let is_type = first == Token::Word
            && !is_one_of(self.record.data.get(start..).unwrap_or_default(), &NO_TYPES);
        if name == b"CONVERT" && is_type {
            while self.depth > outside && first != Token::Symbol(b',') {
                self.record.data.truncate(start);
                first = self.token()?;
                let is_inner = self.depth > outside + 1;
                if is_inner && first == Token::Symbol(b',') {
                    first = Token::Symbol(b' ');
                }
            }
            first = self.token()?;
        }
        let kind = self.value(first, start, nesting + 1)?;
        let end = self.record.data.len();
        let mut second = None;
        while self.depth > outside {
            let token = self.token()?;
            if token == Token::Text && second.is_none() {
                second = self.record.data.get(end..).map(<[u8]>::to_ascii_lowercase);
            }
            self.record.data.truncate(end);
        }
        let Some(kind) = kind else { return Ok(None) };
        Ok(self.called(name, second.as_deref(), start, kind))
    }

    /// What a function makes of the literal in the record from `start` on.
    fn called(
        &mut self,
        name: &[u8],
        second: Option<&[u8]>,
        start: usize,
        kind: Kind,
    ) -> Option<Kind> {
        let data = &mut self.record.data;
        let literal = data.get(start..).unwrap_or_default();
        let decoded = match (name, second) {
            (b"CAST" | b"CONVERT" | b"CONVERT_FROM", _) => return Some(kind),
            (b"CONVERT_TO", _) => return Some(Kind::Blob),
            (b"UNHEX" | b"HEXTORAW", None) | (b"DECODE", Some(b"hex")) => {
                return hex_in_place(data, start).then_some(Kind::Blob);
            }
            (b"FROM_BASE64", None) | (b"DECODE", Some(b"base64")) => decode_base64(literal),
            (b"DECODE", Some(b"escape")) => bytea_escapes(literal),
            _ => None,
        };
        let decoded = decoded?;
        data.truncate(start);
        data.extend_from_slice(&decoded);
        Some(Kind::Blob)
    }

    /// Passes over a type (`::bytea`) or a collation up to the comma or parenthesis that ends the value.
    fn end_value(&mut self) -> Result<()> {
        let end = self.record.data.len();
        let mut typed = false;
        while self.depth > 0 {
            let token = self.token()?;
            if self.depth == 0 || (self.depth == 1 && token == Token::Symbol(b',')) {
                break;
            }
            let text = self.record.data.get(end..).unwrap_or_default();
            let belongs = match token {
                Token::Symbol(b':') => {
                    self.lexer.see(Dialect::PostgreSql);
                    typed = true;
                    true
                }
                Token::Word if is_one_of(text, &["COLLATE"]) => {
                    typed = true;
                    true
                }
                Token::Word | Token::Name | Token::Number => typed,
                Token::Symbol(symbol) => typed && matches!(symbol, b'(' | b')' | b',' | b'.'),
                _ => false,
            };
            if !belongs {
                self.complain(token, end);
            }
            self.record.data.truncate(end);
        }
        self.record.data.truncate(end);
        Ok(())
    }

    fn complain(&mut self, token: Token, from: usize) {
        let number = self.record.len() + 1;
        let found = match token {
            Token::Symbol(symbol) => shown(&[symbol]),
            _ => shown(self.record.data.get(from..).unwrap_or_default()),
        };
        self.problem.get_or_insert_with(|| {
            format!(
                "value {number} has {found}, expected a literal alone (a string, number, NULL …)"
            )
        });
    }

    fn token(&mut self) -> Result<Token> {
        self.lexer.undecided = None;
        let token = self.lexer.token(&mut self.record.data)?;
        match token {
            Token::Symbol(b'(') => self.depth += 1,
            Token::Symbol(b')') => self.depth = self.depth.saturating_sub(1),
            Token::End => return Err(self.lexer.cut_off("row", self.line)),
            Token::Stop => {
                self.is_stopped = true;
                self.depth = 0;
                let problem = "is not closed before the statement ends, expected a parenthesis";
                self.problem.get_or_insert_with(|| problem.to_owned());
            }
            _ => {}
        }
        Ok(token)
    }
}
