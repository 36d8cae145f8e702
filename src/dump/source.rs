//! A sliding window over a dump's bytes that knows which line it is on.

use std::io::Read;

use super::input;
use crate::error::{Error, Place, Result};

/// The most bytes that one row may take; what is larger is no row of Druid's.
const ROW_LIMIT: usize = 256 * 1024 * 1024;
/// The window's size, and so the most that `look` can show.
pub(super) const WINDOW: usize = 256 * 1024;

/// The bytes of a dump, read once from front to back.
pub(super) struct Source {
    name: String,
    reader: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    line: u64,
}

impl Source {
    /// A source that reads `reader`; `name` is the file's, for errors.
    pub fn new(name: String, reader: Box<dyn Read>) -> Self {
        let buffer = vec![0; WINDOW];
        Self { name, reader, buffer, start: 0, end: 0, ended: false, line: 1 }
    }

    /// The file's name, for errors.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The line of the next byte, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The bytes at hand: at least one, but at the end of the file.
    pub fn window(&mut self) -> Result<&[u8]> {
        if self.start == self.end {
            self.fill()?;
        }
        Ok(self.held())
    }

    /// The next `count` bytes (at most `WINDOW`), fewer only at the end of the file.
    pub fn look(&mut self, count: usize) -> Result<&[u8]> {
        while self.end - self.start < count && !self.ended {
            self.fill()?;
        }
        let held = self.held();
        Ok(held.get(..count).unwrap_or(held))
    }

    /// The next byte, still unread; `None` at the end of the file.
    pub fn peek(&mut self) -> Result<Option<u8>> {
        Ok(self.window()?.first().copied())
    }

    /// Passes over `count` bytes that the window has shown.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        let passed = self.buffer.get(self.start..self.start + count).unwrap_or_default();
        self.line += count_newlines(passed);
        self.start += count;
    }

    /// Appends everything up to and including the next `stop` to `out`, or to the end of the file.
    /// Tells whether `stop` was found.
    pub fn read_until(&mut self, stop: u8, out: &mut Vec<u8>) -> Result<bool> {
        loop {
            let window = self.window()?;
            if window.is_empty() {
                return Ok(false);
            }
            let found = find(window, |byte| byte == stop);
            let taken = found.map_or(window.len(), |at| at + 1);
            out.extend_from_slice(window.get(..taken).unwrap_or_default());
            self.consume(taken);
            self.check_size(out)?;
            if found.is_some() {
                return Ok(true);
            }
        }
    }

    /// Passes over the rest of the line.
    pub fn skip_line(&mut self) -> Result<()> {
        loop {
            let window = self.window()?;
            let found = find(window, |byte| byte == b'\n');
            let taken = found.map_or(window.len(), |at| at + 1);
            self.consume(taken);
            if found.is_some() || taken == 0 {
                return Ok(());
            }
        }
    }

    /// Refuses a row that has grown beyond the limit.
    pub fn check_size(&self, row: &[u8]) -> Result<()> {
        if row.len() <= ROW_LIMIT {
            return Ok(());
        }
        let (name, line) = (&self.name, self.line);
        Err(Error::usage(format!("a row of {name} that reaches line {line} exceeds 256 MB"))
            .help("look for a quote that is never closed"))
    }

    /// The error of a file that as a whole is not what it seems.
    pub fn error(&self, message: &str) -> Error {
        let place = (self.name != super::spool::STANDARD_INPUT).then(|| Place {
            file: self.name.clone().into(),
            line: None,
            column: None,
            message: message.to_owned(),
            help: None,
        });
        Error::usage(format!("cannot read {}: {message}", self.name)).at(place)
    }

    fn held(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn fill(&mut self) -> Result<()> {
        if self.ended {
            return Ok(());
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        let read = loop {
            match self.reader.read(room) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(input::unreadable(&self.name, error)),
                Ok(read) => break read,
            }
        };
        self.end += read;
        // A window that is full has no room to read into, which is not the end.
        self.ended = read == 0 && self.end < WINDOW;
        Ok(())
    }
}

/// The newlines in `bytes`, counted a block at a time so that each count fits a byte: the compiler
/// then counts many at once.
fn count_newlines(bytes: &[u8]) -> u64 {
    let count = |block: &[u8]| block.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>();
    bytes.chunks(255).map(|block| u64::from(count(block))).sum()
}

/// Where the first byte is that `wanted` holds for. Far away it looks at whole blocks first, which
/// the compiler turns into vector instructions: much of a dump is long payloads.
#[inline]
pub(super) fn find(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    const NEAR: usize = 16;
    const BLOCK: usize = 64;
    let (near, far) = bytes.split_at_checked(NEAR).unwrap_or((bytes, &[]));
    if let Some(at) = near.iter().position(|&byte| wanted(byte)) {
        return Some(at);
    }
    let (blocks, _) = far.as_chunks::<BLOCK>();
    let has = |block: &&[u8; BLOCK]| block.iter().fold(false, |any, &byte| any | wanted(byte));
    let passed = near.len() + BLOCK * blocks.iter().take_while(|block| !has(block)).count();
    let rest = bytes.get(passed..)?;
    rest.iter().position(|&byte| wanted(byte)).map(|at| passed + at)
}
