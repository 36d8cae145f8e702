//! The parts of SQL statements that name things: tables and lists of columns.

use super::columns::Table;
use super::sql_lexer::{Lexer, Token};
use crate::error::Result;

/// The most columns that a list is followed for; Druid's tables have fewer by far.
const MOST_COLUMNS: usize = 1000;
/// Words between a statement's first and the table's name.
const BEFORE_TABLE: [&str; 7] = ["INTO", "FROM", "TABLE", "IF", "NOT", "EXISTS", "ONLY"];
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

/// Whether `word` is one of `words`, in any case of letters.
pub(super) fn is_one_of(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

/// Druid's table of that name, in any case of letters.
pub(super) fn druid_table(name: &str) -> Option<Table> {
    if name.eq_ignore_ascii_case("druid_segments") {
        Some(Table::Segments)
    } else if name.eq_ignore_ascii_case("druid_rules") {
        Some(Table::Rules)
    } else {
        None
    }
}

/// The name of the statement's table without its schema, and the token after it, whose text is put
/// into `after`. The name is empty when none follows.
pub(super) fn table_name(lexer: &mut Lexer, after: &mut Vec<u8>) -> Result<(String, Token)> {
    let mut text = Vec::new();
    after.clear();
    loop {
        text.clear();
        match lexer.token(&mut text)? {
            Token::Word if is_one_of(&text, &BEFORE_TABLE) => {}
            Token::Word | Token::Name | Token::Text => break,
            other => return Ok((String::new(), other)),
        }
    }
    loop {
        match lexer.token(after)? {
            Token::Symbol(b'.') => {
                text.clear();
                lexer.token(&mut text)?;
            }
            other => return Ok((String::from_utf8_lossy(&text).into_owned(), other)),
        }
    }
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
            Token::End => return Err(lexer.cut_off("list of columns", line)),
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

/// Passes over the rest of a statement of which `last` is the token read last.
pub(super) fn skip_statement(lexer: &mut Lexer, last: Token) -> Result<()> {
    let (mut text, mut token) = (Vec::new(), last);
    while !matches!(token, Token::Symbol(b';') | Token::End) {
        text.clear();
        token = lexer.token(&mut text)?;
    }
    Ok(())
}
