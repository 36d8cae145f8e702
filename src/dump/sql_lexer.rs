//! The words, names, strings and numbers of SQL dumps in the dialects of MySQL, PostgreSQL, Derby.

use super::copy_text::unescape;
use super::record::hex_in_place;
use super::source::{Source, find};
use crate::error::{Error, Result};

/// What a token is; its text is appended to the caller's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A word without quotes: a keyword or a name.
    Word,
    /// A name in double quotes or backticks.
    Name,
    /// A string.
    Text,
    /// The bytes of `X'…'` or `0x…`.
    Blob,
    Number,
    /// Any other byte.
    Symbol(u8),
    /// What begins as a token and is none; the text is the token's.
    Wrong,
    /// The end of the file.
    End,
}

/// How backslashes in plain strings are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backslash {
    /// As any other character (standard SQL).
    Plain,
    /// As PostgreSQL's escapes.
    PostgreSql,
    /// As MySQL's escapes.
    MySql,
}

/// Reads tokens. It takes the file for MySQL's when it has names in backticks, comments `/*!…*/`,
/// or the heading of mysqldump.
pub(super) struct Lexer {
    pub source: Source,
    backslash: Backslash,
}

impl Lexer {
    /// A lexer for `source`, of standard SQL until it sees signs of MySQL.
    pub fn new(source: Source) -> Self {
        Self { source, backslash: Backslash::Plain }
    }

    /// Whether the file was seen to be MySQL's.
    pub fn is_mysql(&self) -> bool {
        self.backslash == Backslash::MySql
    }

    /// The file is MySQL's.
    pub fn set_mysql(&mut self) {
        self.backslash = Backslash::MySql;
    }

    /// The file has `standard_conforming_strings` switched off.
    pub fn set_escaping(&mut self) {
        self.backslash = Backslash::PostgreSql;
    }

    /// Reads the next token and appends its text to `out`.
    pub fn token(&mut self, out: &mut Vec<u8>) -> Result<Token> {
        self.skip_space()?;
        let start = out.len();
        let Some(byte) = self.source.peek()? else { return Ok(Token::End) };
        match byte {
            b'\'' => self.string(out, byte, self.backslash).map(|()| Token::Text),
            b'"' if self.is_mysql() => self.string(out, byte, self.backslash).map(|()| Token::Text),
            b'"' => self.string(out, byte, Backslash::Plain).map(|()| Token::Name),
            b'`' => {
                self.set_mysql();
                self.string(out, byte, Backslash::Plain).map(|()| Token::Name)
            }
            b'$' if !self.is_mysql() => self.dollar_quoted(out),
            b'0'..=b'9' => self.number(out, start),
            _ if is_word(byte) => self.word(out, start),
            _ => {
                self.source.consume(1);
                Ok(Token::Symbol(byte))
            }
        }
    }

    /// Passes over white space and comments.
    pub fn skip_space(&mut self) -> Result<()> {
        loop {
            let window = self.source.window()?;
            let space = window.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let whole = space == window.len();
            self.source.consume(space);
            if whole && space > 0 {
                continue;
            }
            let is_mysql = self.is_mysql();
            match self.source.look(2)? {
                b"--" => self.line_comment()?,
                b"/*" => self.block_comment()?,
                [b'#', ..] if is_mysql => self.source.skip_line()?,
                _ => return Ok(()),
            }
        }
    }

    fn line_comment(&mut self) -> Result<()> {
        let heading = self.source.look(32)?;
        if heading.starts_with(b"-- MySQL dump") || heading.starts_with(b"-- MariaDB dump") {
            self.set_mysql();
        }
        self.source.skip_line()
    }

    fn block_comment(&mut self) -> Result<()> {
        let line = self.source.line();
        if matches!(self.source.look(3)?, b"/*!") {
            self.set_mysql();
        }
        self.source.consume(2);
        loop {
            let window = self.source.window()?;
            if window.is_empty() {
                return Err(self.cut_off("comment", line));
            }
            let star = find(window, |byte| byte == b'*').unwrap_or(window.len());
            self.source.consume(star);
            match self.source.look(2)? {
                b"*/" => {
                    self.source.consume(2);
                    return Ok(());
                }
                [b'*', ..] => self.source.consume(1),
                _ => {}
            }
        }
    }

    /// Reads a string or a name in quotes, where two quotes stand for one.
    fn string(&mut self, out: &mut Vec<u8>, quote: u8, backslash: Backslash) -> Result<()> {
        let line = self.source.line();
        let escapes = backslash != Backslash::Plain;
        self.source.consume(1);
        loop {
            let window = self.source.window()?;
            if window.is_empty() {
                return Err(self.cut_off("string", line));
            }
            let taken = copy_string(window, quote, backslash, out);
            self.source.consume(taken);
            self.source.check_size(out)?;
            match self.source.look(2)? {
                &[first, second] if first == quote && second == quote => {
                    out.push(quote);
                    self.source.consume(2);
                }
                &[first, ..] if first == quote => {
                    self.source.consume(1);
                    return Ok(());
                }
                &[b'\\', second] if escapes => self.escape(out, second, backslash)?,
                [b'\\'] if escapes => return Err(self.cut_off("string", line)),
                _ => {}
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>, letter: u8, backslash: Backslash) -> Result<()> {
        if backslash == Backslash::MySql {
            self.source.consume(2);
            mysql_escape(out, letter);
            return Ok(());
        }
        // The longest escape is `\ooo`; what is not part of it must stay in the source.
        let escape = self.source.look(4)?;
        let digits = |from: usize, most, is: fn(&u8) -> bool| {
            escape.iter().skip(from).take(most).take_while(|byte| is(byte)).count()
        };
        let length = match letter {
            b'0'..=b'7' => 1 + digits(1, 3, |byte| (b'0'..=b'7').contains(byte)),
            b'x' => 2 + digits(2, 2, u8::is_ascii_hexdigit),
            _ => 2,
        };
        unescape(escape.get(..length).unwrap_or_default(), out);
        self.source.consume(length);
        Ok(())
    }

    /// Reads a word, or a string whose meaning its first letter tells: `X'…'`, `E'…'`, `N'…'`.
    fn word(&mut self, out: &mut Vec<u8>, start: usize) -> Result<Token> {
        self.read_while(out, is_word)?;
        if self.source.peek()? != Some(b'\'') {
            return Ok(Token::Word);
        }
        let prefix = out.get(start..).unwrap_or_default();
        let kind = match prefix {
            [letter] => letter.to_ascii_uppercase(),
            _ => return Ok(Token::Word),
        };
        if !matches!(kind, b'X' | b'E' | b'N') {
            return Ok(Token::Word);
        }
        out.truncate(start);
        let backslash = if kind == b'E' { Backslash::PostgreSql } else { self.backslash };
        self.string(out, b'\'', backslash)?;
        if kind != b'X' {
            return Ok(Token::Text);
        }
        Ok(if hex_in_place(out, start) { Token::Blob } else { Token::Wrong })
    }

    fn number(&mut self, out: &mut Vec<u8>, start: usize) -> Result<Token> {
        self.read_while(out, |byte| byte.is_ascii_alphanumeric() || byte == b'.')?;
        let text = out.get(start..).unwrap_or_default();
        if !(text.starts_with(b"0x") || text.starts_with(b"0X")) {
            return Ok(Token::Number);
        }
        out.drain(start..start + 2);
        Ok(if hex_in_place(out, start) { Token::Blob } else { Token::Wrong })
    }

    /// Reads PostgreSQL's `$tag$…$tag$`, in which function bodies come.
    fn dollar_quoted(&mut self, out: &mut Vec<u8>) -> Result<Token> {
        const LONGEST_TAG: usize = 64;
        let line = self.source.line();
        let head = self.source.look(LONGEST_TAG)?;
        let close = head.iter().skip(1).position(|&byte| byte == b'$' || !is_word(byte));
        let tag = close.and_then(|at| head.get(..at + 2)).unwrap_or_default();
        if !tag.ends_with(b"$") {
            self.source.consume(1);
            return Ok(Token::Symbol(b'$'));
        }
        let tag = tag.to_vec();
        self.source.consume(tag.len());
        let start = out.len();
        while self.source.read_until(b'$', out)? {
            let body = out.get(start..).unwrap_or_default();
            // The opening tag's own `$` is not at hand any more, so the closing one must be whole.
            if body.ends_with(&tag) {
                let length = out.len() - tag.len();
                out.truncate(length);
                return Ok(Token::Text);
            }
        }
        Err(self.cut_off("string", line))
    }

    fn read_while(&mut self, out: &mut Vec<u8>, belongs: fn(u8) -> bool) -> Result<()> {
        loop {
            let window = self.source.window()?;
            let length = window.iter().take_while(|&&byte| belongs(byte)).count();
            out.extend_from_slice(window.get(..length).unwrap_or_default());
            let whole = length == window.len();
            self.source.consume(length);
            self.source.check_size(out)?;
            if !whole || length == 0 {
                return Ok(());
            }
        }
    }

    /// The error of a file that ends inside of `what`, which began on `line`.
    pub fn cut_off(&self, what: &str, line: u64) -> Error {
        let message = format!("it ends inside a {what} that begins on line {line}");
        self.source.error(&message).help("the file is cut off; make the dump again")
    }
}

/// Copies what of a string is at hand, up to what needs more thought: its closing quote, an escape
/// of PostgreSQL's, or the window's last byte. Gives the number of bytes read.
fn copy_string(window: &[u8], quote: u8, backslash: Backslash, out: &mut Vec<u8>) -> usize {
    let escapes = backslash != Backslash::Plain;
    let mut rest = window;
    loop {
        let plain = find(rest, |byte| byte == quote || (escapes & (byte == b'\\')));
        let (text, special) = rest.split_at(plain.unwrap_or(rest.len()));
        out.extend_from_slice(text);
        rest = match special {
            [first, second, after @ ..] if *first == quote && *second == quote => {
                out.push(quote);
                after
            }
            [b'\\', letter, after @ ..] if backslash == Backslash::MySql => {
                mysql_escape(out, *letter);
                after
            }
            _ => return window.len() - special.len(),
        };
    }
}

/// Appends what MySQL means by a backslash and `letter` ("String Literals" in its manual).
fn mysql_escape(out: &mut Vec<u8>, letter: u8) {
    let byte = match letter {
        b'0' => 0,
        b'b' => 0x08,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'Z' => 0x1a,
        // These two keep their backslash, for LIKE.
        b'%' | b'_' => {
            out.push(b'\\');
            letter
        }
        other => other,
    };
    out.push(byte);
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
