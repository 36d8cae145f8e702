//! PostgreSQL's COPY: the statement, and the block of lines that follows it.

use super::copy_text::{CopyText, read_line};
use super::rows::shown;
use super::sql_lexer::{Lexer, Token};
use super::sql_names::{TableName, columns, table_name};
use super::sql_statement::{Piece, Statement, runs_into_rows};
use super::sql_tables::Tables;
use super::table_names::begins_rows;
use crate::error::Result;

/// A COPY statement that is read to its end.
pub(super) enum Copy {
    /// Rows follow, up to a line `\.`.
    Block(Box<Block>),
    /// `COPY 58`: what psql says of the block before.
    Count(u64),
    /// Another statement: the rows are elsewhere, or go elsewhere.
    Other(Statement),
}

/// What a COPY statement says of the rows behind it.
pub(super) struct Block {
    pub name: TableName,
    pub columns: Option<Vec<String>>,
    pub form: CopyText,
    /// What of the statement keeps its rows from being read.
    pub fault: Option<String>,
    pub encoding: Option<String>,
}

/// Reads a COPY statement behind its first word.
pub(super) fn read(lexer: &mut Lexer, tables: &Tables, line: u64) -> Result<Copy> {
    let (mut text, mut after) = (Vec::new(), Vec::new());
    let first = lexer.token(&mut text)?;
    if first == Token::Number
        && let Some(count) = str::from_utf8(&text).ok().and_then(|count| count.parse().ok())
    {
        return Ok(Copy::Count(count));
    }
    let verb = Piece::new(Token::Word, b"COPY");
    if runs_into_rows(lexer, first, &text)? {
        lexer.push_back(first, &text);
        return Ok(Copy::Other(Statement::read(lexer, tables, line, vec![verb], false)?));
    }
    let (name, mut next) = table_name(lexer, first, &text, &mut after)?;
    let mut names = None;
    if next == Token::Symbol(b'(') && !name.0.is_empty() {
        names = Some(columns(lexer)?);
        after.clear();
        next = lexer.token(&mut after)?;
    }
    let from = Piece::new(next, &after);
    if !from.is("FROM") {
        let pieces = std::iter::once(verb).chain(name.pieces()).collect();
        lexer.push_back(next, &after);
        return Ok(Copy::Other(Statement::read(lexer, tables, line, pieces, false)?));
    }
    let mut statement = Statement::read(lexer, tables, line, vec![verb, from], false)?;
    let is_block = statement.pieces.get(2).is_some_and(|piece| piece.is_any(&["STDIN", "PSTDIN"]));
    if !(is_block && statement.is_clean()) {
        // The table itself is named, too.
        if tables.is_named(name.table()) || tables.may_be_named(name.table()) {
            statement.names = Some(name.table().to_owned());
        }
        return Ok(Copy::Other(statement));
    }
    if !statement.is_ended {
        return Err(lexer.cut_off("statement", line));
    }
    lexer.source.skip_line()?;
    let options = statement.pieces.get(3..).unwrap_or_default();
    let block = Block {
        name,
        columns: names,
        form: form(options),
        fault: fault(options),
        encoding: text_behind(options, "ENCODING"),
    };
    Ok(Copy::Block(Box::new(block)))
}

fn form(options: &[Piece]) -> CopyText {
    let usual = CopyText::default();
    let delimiter =
        text_behind(options, "DELIMITER").or_else(|| text_behind(options, "DELIMITERS"));
    let delimiter = delimiter.and_then(|text| text.bytes().next()).unwrap_or(usual.delimiter);
    let null = text_behind(options, "NULL").map_or(usual.null, String::into_bytes);
    CopyText { delimiter, null }
}

/// What keeps the rows of a block from being read.
fn fault(options: &[Piece]) -> Option<String> {
    let format =
        text_behind(options, "FORMAT").filter(|format| !format.eq_ignore_ascii_case("text"));
    let word = options.iter().find(|piece| {
        piece.is_any(&["CSV", "BINARY", "HEADER", "DEFAULT", "WHERE", "QUOTE", "OIDS"])
    });
    let what = format.or_else(|| word.map(|word| word.text.clone()))?;
    Some(format!("is COPY with {}, expected its text form", shown(what.as_bytes())))
}

/// The text or word behind an option's name.
fn text_behind(options: &[Piece], name: &str) -> Option<String> {
    let mut rest = options.iter().skip_while(|piece| !piece.is(name)).skip(1);
    let value = rest.find(|piece| !piece.is("AS"))?;
    matches!(value.token, Token::Text | Token::Word).then(|| value.text.clone())
}

/// Reads the next line of the block that begins on `begin` into `raw`, without its end; `false` at the block's end.
pub(super) fn read_block_line(lexer: &mut Lexer, raw: &mut Vec<u8>, begin: u64) -> Result<bool> {
    let length = match read_line(&mut lexer.source, raw)? {
        None => return Err(lexer.cut_off("COPY block", begin)),
        Some(b"\\.") => return Ok(false),
        Some(line) => line.len(),
    };
    raw.truncate(length);
    Ok(true)
}

/// Passes over a block; the number of its lines, and of the first one's fields.
pub(super) fn skip_block(
    lexer: &mut Lexer,
    raw: &mut Vec<u8>,
    begin: u64,
    delimiter: u8,
) -> Result<(u64, usize)> {
    let (mut lines, mut fields) = (0, 0);
    loop {
        let line = lexer.source.line();
        if !read_block_line(lexer, raw, begin)? {
            return Ok((lines, fields));
        }
        if begins_rows(raw) {
            let message =
                format!("line {line} begins a statement inside the COPY block of line {begin}");
            let help = "end the block with a line `\\.`, or make the dump again";
            return Err(lexer.source.error(&message).help(help));
        }
        if lines == 0 {
            fields = raw.split(|byte| *byte == delimiter).count();
        }
        lines += 1;
    }
}
