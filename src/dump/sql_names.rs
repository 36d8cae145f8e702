//! The parts of SQL statements that name things: tables and lists of columns.

use super::sql_lexer::{Lexer, Token};
use super::sql_statement::Piece;
use crate::error::Result;

/// The most columns that a list is followed for; Druid's tables have fewer by far.
const MOST_COLUMNS: usize = 1000;
/// What in a table's definition begins an item that is no column.
const NO_COLUMNS: [&str; 11] = [
    "PRIMARY",
    "KEY",
    "UNIQUE",
    "CONSTRAINT",
    "INDEX",
    "CHECK",
    "FOREIGN",
    "FULLTEXT",
    "SPATIAL",
    "EXCLUDE",
    "LIKE",
];

/// A name: with quotes it is as it stands, without them the case of its letters does not count, but in MySQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub text: String,
    pub quoted: bool,
}

/// The name of a table, behind those of its schema and database where they are given.
#[derive(Debug, Clone, Default)]
pub(super) struct TableName(pub Vec<Name>);

impl TableName {
    /// The name without schema and database; empty where none was found.
    pub fn table(&self) -> &str {
        self.0.last().map_or("", |name| name.text.as_str())
    }

    /// The tokens that it was read from, without the dots.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> + '_ {
        self.0.iter().map(|name| {
            let token = if name.quoted { Token::Name } else { Token::Word };
            Piece::new(token, name.text.as_bytes())
        })
    }
}

/// Whether `word` is one of `words`, in any case of letters.
pub(super) fn is_one_of(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

/// Whether `word` is one of the words of `list`, in any case of letters.
pub(super) fn is_in(word: &[u8], list: &str) -> bool {
    list.split_ascii_whitespace().any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

/// The name that begins with a token that is read already, and the token after it, whose text is put into `after`.
/// The name is empty where the token begins none.
pub(super) fn table_name(
    lexer: &mut Lexer,
    first: Token,
    text: &[u8],
    after: &mut Vec<u8>,
) -> Result<(TableName, Token)> {
    let mut names = Vec::new();
    let Some(first) = name(first, text) else {
        after.clear();
        after.extend_from_slice(text);
        return Ok((TableName(names), first));
    };
    names.push(first);
    loop {
        after.clear();
        let mut token = lexer.token(after)?;
        if token != Token::Symbol(b'.') {
            return Ok((TableName(names), token));
        }
        // SQL Server leaves the schema out: `druid..druid_segments`.
        while token == Token::Symbol(b'.') {
            after.clear();
            token = lexer.token(after)?;
        }
        match name(token, after) {
            Some(name) => names.push(name),
            None => return Ok((TableName(names), token)),
        }
    }
}

fn name(token: Token, text: &[u8]) -> Option<Name> {
    let quoted = match token {
        Token::Word => false,
        // In MySQL's mode ANSI_QUOTES a name looks as a string does.
        Token::Name | Token::Text => true,
        _ => return None,
    };
    Some(Name { text: String::from_utf8_lossy(text).into_owned(), quoted })
}

/// The columns in a list of names, or of definitions, whose opening parenthesis is passed.
pub(super) fn columns(lexer: &mut Lexer) -> Result<Vec<String>> {
    let line = lexer.source.line();
    let (mut names, mut text) = (Vec::new(), Vec::new());
    let (mut depth, mut begins) = (1_u32, true);
    while depth > 0 {
        text.clear();
        let token = lexer.token(&mut text)?;
        match token {
            Token::Symbol(b'(') => depth += 1,
            Token::Symbol(b')') => depth -= 1,
            Token::Symbol(b',') if depth == 1 => {
                begins = true;
                continue;
            }
            Token::End | Token::Stop => return Err(lexer.cut_off("list of columns", line)),
            Token::Word if begins && is_one_of(&text, &NO_COLUMNS) => {}
            Token::Word | Token::Name | Token::Text if begins && names.len() < MOST_COLUMNS => {
                names.push(String::from_utf8_lossy(&text).into_owned());
            }
            _ => {}
        }
        begins = false;
    }
    Ok(names)
}
