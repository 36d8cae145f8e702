//! White space and comments of SQL dumps, and what the comments say.

use super::source::find;
use super::sql_lexer::{Dialect, Lexer};
use super::table_names::hides_statement;
use crate::error::Result;

/// What comments carry out only where the server is of this version or newer; none is, and none ever will be.
const NEVER: u64 = 990_000;

impl Lexer {
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
            let begins_line = self.source.line() > self.ended_on;
            let is_mysql = self.dialect == Dialect::MySql;
            match self.source.look(3)? {
                // In MySQL a blank must follow, so that `5--3` is a number.
                [b'-', b'-', next @ ..]
                    if !is_mysql || begins_line || next.iter().all(u8::is_ascii_whitespace) =>
                {
                    self.line_comment()?;
                }
                [b'/', b'*', ..] => self.block_comment()?,
                [b'*', b'/', ..] if self.conditional.is_some() => {
                    self.source.consume(2);
                    self.conditional = None;
                }
                [b'#', ..] if is_mysql => self.source.skip_line()?,
                _ => return Ok(()),
            }
        }
    }

    fn line_comment(&mut self) -> Result<()> {
        const LONGEST_MARK: usize = 300;
        let line = self.source.line();
        let head = self.source.look(LONGEST_MARK)?;
        let comment = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let comment = String::from_utf8_lossy(comment.get(2..).unwrap_or_default()).into_owned();
        match self.marks.comment(comment.trim(), line) {
            Ok(Some(dialect)) => self.set_by_heading(dialect),
            Ok(None) => {}
            Err(message) => {
                let help = "one of the dumps in the file is cut off; make it again";
                return Err(self.source.error(&message).help(help));
            }
        }
        self.source.skip_line()
    }

    fn block_comment(&mut self) -> Result<()> {
        let line = self.source.line();
        if self.opens_conditional()? {
            self.conditional = Some(line);
            self.conditionals += 1;
            return Ok(());
        }
        self.source.consume(2);
        let (mut depth, mut text) = (1_u32, Vec::new());
        while depth > 0 {
            let window = self.source.window()?;
            if window.is_empty() {
                return Err(self.cut_off("comment", line));
            }
            let end = find(window, |byte| byte == b'*' || byte == b'/').unwrap_or(window.len());
            text.extend_from_slice(window.get(..end).unwrap_or_default());
            self.source.consume(end);
            self.source.check_size(&text)?;
            let length = match (self.source.look(2)?, self.dialect) {
                ([], _) => 0,
                (b"*/", _) => {
                    depth -= 1;
                    2
                }
                (b"/*", Dialect::MySql) => 1,
                (b"/*", Dialect::Unknown) => {
                    return Err(self.ask_dialect(line, "a comment within a comment"));
                }
                (b"/*", _) => {
                    depth += 1;
                    2
                }
                _ => 1,
            };
            self.source.consume(length);
        }
        if hides_statement(&text) {
            let message = format!("the comment that begins on line {line} holds rows of a table");
            return Err(self.source.error(&message).help(
                "delete the line by which the comment begins, or the rows if they are not to be read",
            ));
        }
        Ok(())
    }

    /// Passes over the beginning of a comment that MySQL, or MariaDB, carries out: `/*!40101`, `/*M!100616`.
    fn opens_conditional(&mut self) -> Result<bool> {
        let head = self.source.look(12)?;
        let mark = [b"/*!".as_slice(), b"/*M!"].into_iter().find(|mark| head.starts_with(mark));
        let Some(mark) = mark else { return Ok(false) };
        let rest = head.get(mark.len()..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let version = rest.get(..digits).and_then(|digits| str::from_utf8(digits).ok());
        let version: u64 = version.and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let length = mark.len() + digits;
        self.see(Dialect::MySql);
        if self.dialect != Dialect::MySql || version >= NEVER {
            return Ok(false);
        }
        self.source.consume(length);
        Ok(true)
    }
}
