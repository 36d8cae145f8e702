//! The words, names, strings and numbers of SQL dumps in the dialects of MySQL, PostgreSQL, Derby and SQL Server.

use super::SqlDialect;
use super::record::hex_in_place;
use super::source::Source;
use super::sql_marks::Marks;
use super::sql_strings::{Backslash, unicode_escapes};
use crate::error::{Error, Result};

/// What a token is; its text is appended to the caller's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A word without quotes: a keyword or a name.
    Word,
    /// A name in double quotes, backticks or brackets.
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
    /// The end of a statement: a semicolon, what DELIMITER names, or a line with GO alone.
    Stop,
    /// The end of the file.
    End,
}

/// Whose SQL a file is, as far as its signs tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// No sign so far.
    Unknown,
    MySql,
    PostgreSql,
    /// Neither MySQL's, nor with a sign of PostgreSQL.
    Standard,
}

/// Reads tokens, and watches for signs of the database that wrote the file. Signs of MySQL are names in backticks,
/// comments `/*!…*/` and `/*M!…*/`, `_binary '…'`, JSON that begins `{\"`, and a quote behind a backslash.
pub(super) struct Lexer {
    pub source: Source,
    /// What comments and settings say of the dump as a whole.
    pub marks: Marks,
    pub(super) dialect: Dialect,
    /// The user named the dialect: signs do not count.
    pub(super) is_given: bool,
    /// PostgreSQL's `standard_conforming_strings` is off.
    pub(super) escaping: bool,
    /// MySQL's mode NO_BACKSLASH_ESCAPES is on.
    pub(super) plain: bool,
    delimiter: Vec<u8>,
    /// The line that the last token ended on.
    pub(super) ended_on: u64,
    first_in_line: bool,
    is_sql_server: bool,
    /// Within a row, where what is in double quotes is no name.
    pub in_values: bool,
    /// The line of the open comment that only some versions of the server carry out.
    pub(super) conditional: Option<u64>,
    /// How many of these comments there were.
    pub(super) conditionals: u64,
    /// The line of a string whose backslashes MySQL reads otherwise than other databases.
    pub(super) undecided: Option<u64>,
    pushed: Option<(Token, Vec<u8>)>,
}

impl Lexer {
    /// A lexer for `source`, written by the database that the user named.
    pub fn new(source: Source, given: Option<SqlDialect>) -> Self {
        let dialect = match given {
            None => Dialect::Unknown,
            Some(SqlDialect::MySql) => Dialect::MySql,
            Some(SqlDialect::PostgreSql) => Dialect::PostgreSql,
            Some(SqlDialect::Standard) => Dialect::Standard,
        };
        Self {
            source,
            marks: Marks::default(),
            dialect,
            is_given: given.is_some(),
            escaping: false,
            plain: false,
            delimiter: b";".to_vec(),
            ended_on: 0,
            first_in_line: false,
            // The user may mean SQL Server, and the others' statements have semicolons.
            is_sql_server: given == Some(SqlDialect::Standard),
            in_values: false,
            conditional: None,
            conditionals: 0,
            undecided: None,
            pushed: None,
        }
    }

    /// Whose SQL it is as far as is known.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the user named the dialect.
    pub fn is_given(&self) -> bool {
        self.is_given
    }

    /// Whether statements may end without a semicolon, as those of SQL Server do.
    pub fn is_sql_server(&self) -> bool {
        self.is_sql_server
    }

    /// Whether the last token was the first of its line.
    pub fn is_first_in_line(&self) -> bool {
        self.first_in_line
    }

    /// Whether the last token stood in a comment that only some versions of the server carry out.
    pub fn is_conditional(&self) -> bool {
        self.conditional.is_some()
    }

    /// How many comments there were that only some versions of the server carry out.
    pub fn conditionals(&self) -> u64 {
        self.conditionals
    }

    /// A sign of `dialect` was seen.
    pub fn see(&mut self, dialect: Dialect) {
        let outweighs = match self.dialect {
            Dialect::Unknown => true,
            Dialect::Standard => matches!(dialect, Dialect::MySql | Dialect::PostgreSql),
            Dialect::MySql | Dialect::PostgreSql => false,
        };
        if outweighs && !self.is_given {
            self.dialect = dialect;
        }
    }

    /// The heading says whose file it is, which outweighs every sign before it.
    pub(super) fn set_by_heading(&mut self, dialect: Dialect) {
        if !self.is_given {
            self.dialect = dialect;
        }
    }

    /// The file has `standard_conforming_strings` switched off, or on.
    pub fn set_escaping(&mut self, escaping: bool) {
        self.see(Dialect::PostgreSql);
        self.escaping = escaping;
    }

    /// The file has MySQL's backslashes switched off, or on.
    pub fn set_plain(&mut self, plain: bool) {
        self.plain = plain;
    }

    /// What ends statements from here on.
    pub fn set_delimiter(&mut self, delimiter: &[u8]) {
        self.see(Dialect::MySql);
        if !delimiter.is_empty() {
            self.delimiter = delimiter.to_vec();
        }
    }

    /// Gives a token back, which is read again.
    pub fn push_back(&mut self, token: Token, text: &[u8]) {
        self.pushed = Some((token, text.to_vec()));
    }

    /// Whether a token was given back.
    pub fn has_pushed(&self) -> bool {
        self.pushed.is_some()
    }

    /// Whether what ends statements comes next.
    pub fn is_at_delimiter(&mut self) -> Result<bool> {
        Ok(self.source.look(self.delimiter.len())? == self.delimiter)
    }

    /// Reads the next token and appends its text to `out`.
    pub fn token(&mut self, out: &mut Vec<u8>) -> Result<Token> {
        if let Some((token, text)) = self.pushed.take() {
            out.extend_from_slice(&text);
            return Ok(token);
        }
        self.skip_space()?;
        self.first_in_line = self.source.line() > self.ended_on;
        let token = self.next_token(out)?;
        self.ended_on = self.source.line();
        Ok(token)
    }

    fn next_token(&mut self, out: &mut Vec<u8>) -> Result<Token> {
        let start = out.len();
        if self.is_at_delimiter()? {
            self.source.consume(self.delimiter.len());
            return Ok(Token::Stop);
        }
        let Some(byte) = self.source.peek()? else {
            return match self.conditional {
                Some(line) => Err(self.cut_off("comment", line)),
                None => Ok(Token::End),
            };
        };
        match byte {
            b'\'' => self.string(out, byte, self.backslash()).map(|()| Token::Text),
            b'"' => self.double_quoted(out),
            b'`' => {
                self.see(Dialect::MySql);
                self.string(out, byte, Backslash::Plain).map(|()| Token::Name)
            }
            b'[' => self.bracketed(out),
            b'$' if self.dialect != Dialect::MySql => self.dollar_quoted(out),
            b'0'..=b'9' => self.number(out, start),
            _ if is_word(byte) => self.word(out, start),
            _ => {
                self.source.consume(1);
                Ok(Token::Symbol(byte))
            }
        }
    }

    /// A name; in MySQL a string.
    fn double_quoted(&mut self, out: &mut Vec<u8>) -> Result<Token> {
        if self.in_values {
            self.see(Dialect::MySql);
        }
        if self.dialect == Dialect::MySql {
            return self.string(out, b'"', self.backslash()).map(|()| Token::Text);
        }
        self.see(Dialect::Standard);
        self.string(out, b'"', Backslash::Plain).map(|()| Token::Name)
    }

    /// A name of SQL Server's, `[name]`; else the bracket alone.
    fn bracketed(&mut self, out: &mut Vec<u8>) -> Result<Token> {
        const LONGEST_NAME: usize = 130;
        let is_sql_server = matches!(self.dialect, Dialect::Unknown | Dialect::Standard);
        let head = self.source.look(LONGEST_NAME)?;
        let end = head.iter().position(|&byte| matches!(byte, b']' | b'\n' | b'\''));
        let name = end.and_then(|end| head.get(1..end)).unwrap_or_default();
        let is_name = is_sql_server
            && end.is_some_and(|end| head.get(end) == Some(&b']'))
            && name.first().is_some_and(|&byte| is_word(byte) && !byte.is_ascii_digit());
        if !is_name {
            self.source.consume(1);
            return Ok(Token::Symbol(b'['));
        }
        out.extend_from_slice(name);
        let length = name.len() + 2;
        self.source.consume(length);
        self.see(Dialect::Standard);
        self.is_sql_server = true;
        Ok(Token::Name)
    }

    /// Reads a word, or a string whose meaning its first letter tells: `X'…'`, `E'…'`, `N'…'`, `B'…'`, `U&'…'`.
    fn word(&mut self, out: &mut Vec<u8>, start: usize) -> Result<Token> {
        self.read_while(out, is_word)?;
        let word = out.get(start..).unwrap_or_default();
        if word.eq_ignore_ascii_case(b"GO") && self.ends_batch()? {
            out.truncate(start);
            return Ok(Token::Stop);
        }
        let &[letter] = word else { return Ok(Token::Word) };
        let letter = letter.to_ascii_uppercase();
        let (quoted, unicode) = match self.source.look(2)? {
            [b'\'', ..] => (matches!(letter, b'X' | b'E' | b'N' | b'B'), false),
            b"&'" => (letter == b'U', true),
            _ => (false, false),
        };
        if !quoted {
            return Ok(Token::Word);
        }
        out.truncate(start);
        self.source.consume(usize::from(unicode));
        let backslash = match letter {
            b'E' => Backslash::PostgreSql,
            b'N' => self.backslash(),
            _ => Backslash::Plain,
        };
        if matches!(letter, b'E' | b'U') {
            self.see(Dialect::PostgreSql);
        }
        self.string(out, b'\'', backslash)?;
        let is_right = match letter {
            b'X' => hex_in_place(out, start),
            b'B' => bits_in_place(out, start),
            b'U' => unicode_escapes(out, start),
            _ => true,
        };
        Ok(match letter {
            _ if !is_right => Token::Wrong,
            b'X' => Token::Blob,
            b'B' => Token::Number,
            _ => Token::Text,
        })
    }

    /// Whether the word GO, which is read, stands alone on its line, as it does between the batches of SQL Server.
    fn ends_batch(&mut self) -> Result<bool> {
        if !self.first_in_line || !matches!(self.dialect, Dialect::Unknown | Dialect::Standard) {
            return Ok(false);
        }
        let rest = self.source.look(32)?;
        let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let is_alone = line.trim_ascii().iter().all(u8::is_ascii_digit);
        if is_alone {
            let length = line.len();
            self.source.consume(length);
            self.see(Dialect::Standard);
            self.is_sql_server = true;
        }
        Ok(is_alone)
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

    /// The error of a file that can be read in two ways.
    pub(super) fn ask_dialect(&self, line: u64, what: &str) -> Error {
        let message = format!("line {line} has {what}, which MySQL reads otherwise than others");
        self.source.error(&message).help(
            "say which database wrote the dump: --dialect mysql, --dialect postgresql or \
             --dialect standard",
        )
    }
}

/// Replaces the bits in `data` from `start` on by the number they mean; `false` when they are none.
fn bits_in_place(data: &mut Vec<u8>, start: usize) -> bool {
    let bits = data.get(start..).and_then(|bits| str::from_utf8(bits).ok());
    let Some(number) = bits.and_then(|bits| u64::from_str_radix(bits, 2).ok()) else {
        return false;
    };
    data.truncate(start);
    data.extend_from_slice(number.to_string().as_bytes());
    true
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
