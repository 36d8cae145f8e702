//! Mistakes in a file or on the command line, and how they are shown: all at once, each with its
//! place, the text it is about, and the fix.
//!
//! Each begins with `FILE:LINE:COLUMN: MESSAGE`, as compilers do, for editors and `grep`. Of the line no more is shown than a
//! terminal holds, and what cannot be seen is shown by its number, `\u{202e}`: that is often the mistake itself. The crate
//! annotate-snippets draws arrows from afar, but puts a sign in the place of such a character, parts the message from its
//! place, and reads the whole file for each mistake. So only the widths come from a crate: wide characters (CJK, emoji)
//! take two columns.

use std::fmt::{self, Display};
use std::ops::Range;
use std::path::{Path, PathBuf};

use unicode_width::UnicodeWidthStr;

use crate::error::{Error, Place};
use crate::escape::escape;

/// More problems than this are counted, not shown.
const SHOWN_PROBLEMS: usize = 50;
/// And on one line of a log, more than this.
const LOGGED_PROBLEMS: usize = 5;
/// Of a text without end of mistakes, no more than these are gathered.
pub(crate) const MAX_PROBLEMS: usize = 1000;
/// A source line is shown up to this many columns of a terminal, around the place in question.
const SHOWN_WIDTH: usize = 100;
/// A value quoted inside a message is cut after this many characters.
const SHOWN_VALUE: usize = 60;

/// One mistake in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the text that are wrong.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

/// All mistakes of one file, in the order of the text.
#[derive(Debug, Clone)]
pub struct Problems {
    file: PathBuf,
    text: String,
    list: Vec<Problem>,
}

impl Problems {
    /// The mistakes found in `text`, which was read from `file`.
    pub fn new(file: &Path, text: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| (problem.span.start, problem.span.end));
        Self { file: file.to_owned(), text: text.to_owned(), list }
    }

    /// Each mistake with its line and column, both counted from 1, columns in characters.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize, &Problem)> {
        self.list.iter().map(|problem| {
            let line = Line::at(&self.text, problem.span.start);
            (line.number, line.column(), problem)
        })
    }

    /// The first mistakes and what would be right, on one line.
    fn brief(&self) -> String {
        let file = self.file.display().to_string();
        let shown = self.places().take(LOGGED_PROBLEMS).map(|(line, column, problem)| {
            let (message, help) = (escape(&problem.message), escape(&problem.help));
            format!("{}:{line}:{column}: {message}; help: {help}", escape(&file))
        });
        let shown = shown.collect::<Vec<_>>().join(" | ");
        match self.list.len().saturating_sub(LOGGED_PROBLEMS) {
            0 => shown,
            more => format!("{shown} | and {more} more"),
        }
    }
}

impl Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display().to_string();
        let file = escape(&file);
        match self.list.len() {
            1 => write!(f, "{file} has a mistake")?,
            many if many < MAX_PROBLEMS => write!(f, "{file} has {many} mistakes")?,
            many => write!(f, "{file} has {many} mistakes or more")?,
        }
        for (line, column, problem) in self.places().take(SHOWN_PROBLEMS) {
            write!(f, "\n\n{file}:{line}:{column}: {}", escape(&problem.message))?;
            let shown = Line::at(&self.text, problem.span.start);
            let length = problem.span.end.saturating_sub(problem.span.start);
            shown.show(f, shown.offset + length)?;
            write!(f, "\nhelp: {}", escape(&problem.help))?;
        }
        match self.list.len().saturating_sub(SHOWN_PROBLEMS) {
            0 => Ok(()),
            more => write!(f, "\n\nand {more} more"),
        }
    }
}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        let places = problems.places().map(|(line, column, problem)| Place {
            file: problems.file.clone(),
            line: u64::try_from(line).ok(),
            column: u64::try_from(column).ok(),
            message: problem.message.clone(),
            help: Some(problem.help.clone()),
        });
        let error = Self::usage(problems.to_string()).brief(problems.brief());
        error.at(places)
    }
}

/// The line of a text that a byte offset lies in.
struct Line<'t> {
    number: usize,
    text: &'t str,
    /// Bytes from the line's beginning to the offset.
    offset: usize,
}

impl<'t> Line<'t> {
    fn at(text: &'t str, offset: usize) -> Self {
        let offset = text.floor_char_boundary(offset.min(text.len()));
        let (before, after) = text.split_at(offset);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = after.find('\n').map_or(text.len(), |newline| offset + newline);
        Self {
            number: before.matches('\n').count() + 1,
            text: text.get(start..end).unwrap_or_default(),
            offset: offset - start,
        }
    }

    fn column(&self) -> usize {
        self.text.get(..self.offset).unwrap_or_default().chars().count() + 1
    }

    /// Writes the line and, below it, carets from the offset up to `end` bytes into the line.
    ///
    /// A long line is cut on both sides; a tab takes one column, so that the carets stand right.
    fn show(&self, f: &mut fmt::Formatter<'_>, end: usize) -> fmt::Result {
        let line = self.text.trim_end_matches('\r');
        // A place behind the last character is a place as well.
        let (before, after) = line.split_at(line.floor_char_boundary(self.offset));
        let first = fitting(before.chars().rev(), SHOWN_WIDTH / 2);
        let before = visible(&before[before.len() - first..]);
        let after = &after[..fitting(after.chars(), SHOWN_WIDTH.saturating_sub(before.width()))];
        let marked = after.floor_char_boundary(end.saturating_sub(self.offset));
        let (marked, rest) = after.split_at(marked);
        let (marked, rest) = (visible(marked), visible(rest));
        let number = self.number.to_string();
        let (gutter, margin) = (" ".repeat(number.len()), " ".repeat(before.width()));
        // An empty place still needs something to point with.
        let carets = "^".repeat(marked.width().max(1));
        write!(f, "\n{number} | {before}{marked}{rest}\n{gutter} | {margin}{carets}")
    }
}

/// How a part of a line is shown: no tab, and nothing that steers the terminal.
fn visible(text: &str) -> String {
    escape(&text.replace('\t', " ")).into_owned()
}

/// How many bytes of these characters fit into so many columns of a terminal.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut used = 0;
    let fits = characters.take_while(|c| {
        used += visible(c.encode_utf8(&mut [0; 4])).width();
        used <= columns
    });
    fits.map(char::len_utf8).sum()
}

/// A foreign value as messages quote it: escaped, cut when long, in single quotes.
pub(crate) fn quoted(value: &str) -> String {
    let cut: String = value.chars().take(SHOWN_VALUE).collect();
    let dots = if cut.len() < value.len() { "…" } else { "" };
    format!("'{}{dots}'", escape(&cut))
}

/// The name among `known` that was probably meant by `given`.
pub(crate) fn nearest<'k>(
    given: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    let lower = given.to_lowercase();
    // One slip in three letters; a whole megabyte of a name is not worth comparing.
    let allowed = (given.len() / 3).max(1);
    known
        .into_iter()
        .filter(|name| given.len() <= 2 * name.len())
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| name)
}
