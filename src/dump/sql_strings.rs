//! Strings of SQL dumps, and what the databases mean by a backslash in them.

use super::copy_text::unescape;
use super::literal::is_json;
use super::source::find;
use super::sql_lexer::{Dialect, Lexer, Token, is_word};
use crate::error::Result;

/// How backslashes in a string are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backslash {
    /// As any other character (standard SQL).
    Plain,
    /// As PostgreSQL's escapes.
    PostgreSql,
    /// As MySQL's escapes.
    MySql,
    /// As the rest of the string shows, or nobody knows.
    Undecided,
}

const BACKSLASH: &str = "a backslash in a string";

impl Lexer {
    /// How backslashes are meant in a string without a letter before it.
    pub(super) fn backslash(&self) -> Backslash {
        match self.dialect {
            Dialect::MySql if !self.plain => Backslash::MySql,
            Dialect::PostgreSql if self.escaping => Backslash::PostgreSql,
            Dialect::Unknown => Backslash::Undecided,
            _ => Backslash::Plain,
        }
    }

    /// Reads a string or a name in quotes, where two quotes stand for one.
    pub(super) fn string(
        &mut self,
        out: &mut Vec<u8>,
        quote: u8,
        mut backslash: Backslash,
    ) -> Result<()> {
        let (line, start) = (self.source.line(), out.len());
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
                    break;
                }
                [b'\\', ..] if backslash == Backslash::Undecided => {
                    backslash = self.undecided_escape(out, start, quote)?;
                }
                &[b'\\', second] if escapes => self.escape(out, second, backslash)?,
                [b'\\'] if escapes => return Err(self.cut_off("string", line)),
                _ => {}
            }
        }
        if backslash == Backslash::Undecided {
            self.look_for_signs(out, start, line);
        }
        Ok(())
    }

    /// Takes a backslash of a string of nobody knows whose, with the one behind it, so that it is known which of
    /// them stands before a quote. A quote behind it ends the string but in MySQL; what follows may tell.
    fn undecided_escape(
        &mut self,
        out: &mut Vec<u8>,
        start: usize,
        quote: u8,
    ) -> Result<Backslash> {
        let ends_value = |byte: u8| {
            byte.is_ascii_whitespace() || matches!(byte, b',' | b')' | b';' | b':' | b'|')
        };
        let line = self.source.line();
        match self.source.look(3)? {
            [_, b'\\', ..] => {
                out.extend_from_slice(b"\\\\");
                self.source.consume(2);
                Ok(Backslash::Undecided)
            }
            &[_, second, third] if second == quote && third != quote && !ends_value(third) => {
                out.extend_from_slice(&[b'\\', quote]);
                self.source.consume(2);
                self.see(Dialect::MySql);
                mysql_escapes(out, start);
                Ok(Backslash::MySql)
            }
            &[_, second, ..] if second == quote => {
                Err(self.ask_dialect(line, "a quote behind a backslash"))
            }
            _ => {
                out.push(b'\\');
                self.source.consume(1);
                Ok(Backslash::Undecided)
            }
        }
    }

    /// Looks in a string of nobody knows whose for what only one database writes.
    fn look_for_signs(&mut self, out: &mut Vec<u8>, start: usize, line: u64) {
        let text = out.get(start..).unwrap_or_default();
        if !text.contains(&b'\\') {
            return;
        }
        if text.strip_prefix(b"\\x").is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
            self.see(Dialect::PostgreSql);
        } else if is_escaped_json(text) {
            self.see(Dialect::MySql);
            mysql_escapes(out, start);
        } else {
            self.undecided = Some(line);
        }
    }

    /// Decides how the backslashes of the value in `out` from `start` on are meant, where no sign has told: by which
    /// of the two readings is JSON.
    pub fn decide(&mut self, out: &mut Vec<u8>, start: usize) -> Result<()> {
        let Some(line) = self.undecided.take() else { return Ok(()) };
        let text = out.get(start..).unwrap_or_default();
        let mut escaped = text.to_vec();
        mysql_escapes(&mut escaped, 0);
        let is_value = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
        match (is_value && is_json(text), is_value && is_json(&escaped)) {
            (true, false) => self.see(Dialect::Standard),
            (false, true) => {
                self.see(Dialect::MySql);
                out.truncate(start);
                out.extend_from_slice(&escaped);
            }
            _ => return Err(self.ask_dialect(line, BACKSLASH)),
        }
        Ok(())
    }

    fn escape(&mut self, out: &mut Vec<u8>, letter: u8, backslash: Backslash) -> Result<()> {
        if backslash == Backslash::MySql {
            self.source.consume(2);
            mysql_escape(out, letter);
            return Ok(());
        }
        if matches!(letter, b'u' | b'U') {
            return self.unicode_escape(out);
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

    /// Reads PostgreSQL's `\uXXXX` and `\UXXXXXXXX`, of which two may make one character.
    fn unicode_escape(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let (line, head) = (self.source.line(), self.source.look(12)?);
        let unit = |at: usize| {
            let digits = if head.get(at + 1) == Some(&b'U') { 8 } else { 4 };
            let text = head.get(at + 2..at + 2 + digits)?;
            Some((u32::from_str_radix(str::from_utf8(text).ok()?, 16).ok()?, 2 + digits))
        };
        let read = unit(0).and_then(|(first, length)| {
            if let Some(character) = char::from_u32(first) {
                return Some((character, length));
            }
            let (second, more) = unit(length).filter(|_| head.get(length) == Some(&b'\\'))?;
            Some((surrogates(first, second)?, length + more))
        });
        let Some((character, length)) = read else {
            let message = format!("line {line} has an escape that is no character");
            return Err(self.source.error(&message).help("make the dump again"));
        };
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.source.consume(length);
        Ok(())
    }

    /// Reads PostgreSQL's `$tag$…$tag$`, in which function bodies come.
    pub(super) fn dollar_quoted(&mut self, out: &mut Vec<u8>) -> Result<Token> {
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
        self.see(Dialect::PostgreSql);
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
}

/// Copies what of a string is at hand, up to what needs more thought: its closing quote, an escape that is not
/// MySQL's, or the window's last byte. Gives the number of bytes read.
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

/// Whether it is JSON whose quotes have backslashes before them, which only MySQL's strings have.
fn is_escaped_json(text: &[u8]) -> bool {
    let begins = matches!(text.trim_ascii_start().first(), Some(b'{' | b'['));
    let before = text.split(|&byte| byte == b'"').next().unwrap_or_default();
    let backslashes = before.iter().rev().take_while(|&&byte| byte == b'\\').count();
    begins && before.len() < text.len() && backslashes % 2 == 1
}

/// Replaces MySQL's escapes in `text` from `start` on by what they mean.
fn mysql_escapes(text: &mut Vec<u8>, start: usize) {
    let escaped = text.split_off(start);
    let mut rest = escaped.as_slice();
    while let Some(at) = find(rest, |byte| byte == b'\\') {
        let (plain, escape) = rest.split_at(at);
        text.extend_from_slice(plain);
        rest = match escape {
            [_, letter, after @ ..] => {
                mysql_escape(text, *letter);
                after
            }
            _ => {
                text.extend_from_slice(escape);
                &[]
            }
        };
    }
    text.extend_from_slice(rest);
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

/// Replaces the escapes of PostgreSQL's `U&'…'` in `data` from `start` on (`\XXXX`, `\+XXXXXX`, `\\`); `false` when
/// one of them is none.
pub(super) fn unicode_escapes(data: &mut Vec<u8>, start: usize) -> bool {
    let escaped = data.split_off(start);
    let unit = |text: &[u8]| -> Option<(u32, usize)> {
        let (from, digits) = if text.get(1) == Some(&b'+') { (2, 6) } else { (1, 4) };
        let digits = text.get(from..from + digits)?;
        let number = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
        Some((number, from + digits.len()))
    };
    let mut rest = escaped.as_slice();
    while let Some(at) = find(rest, |byte| byte == b'\\') {
        let (plain, escape) = rest.split_at(at);
        data.extend_from_slice(plain);
        if escape.get(1) == Some(&b'\\') {
            data.push(b'\\');
            rest = escape.get(2..).unwrap_or_default();
            continue;
        }
        let Some((first, length)) = unit(escape) else { return false };
        let after = escape.get(length..).unwrap_or_default();
        let (character, length) = match char::from_u32(first) {
            Some(character) => (Some(character), length),
            None => match unit(after) {
                Some((second, more)) => (surrogates(first, second), length + more),
                None => (None, length),
            },
        };
        let Some(character) = character else { return false };
        data.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = escape.get(length..).unwrap_or_default();
    }
    data.extend_from_slice(rest);
    true
}

/// The character that two halves make.
fn surrogates(first: u32, second: u32) -> Option<char> {
    let (high, low) = (first.checked_sub(0xd800)?, second.checked_sub(0xdc00)?);
    (high < 0x400 && low < 0x400).then(|| char::from_u32(0x1_0000 + (high << 10) + low)).flatten()
}
