//! Splits a file of JSON into the objects that may be rows: one after the other, in an array, or in the arrays of an object
//! around them, as tools that export tables write it (phpMyAdmin, DBeaver, HeidiSQL, MySQL Shell) and Druid's API answers
//! for a datasource. Nothing is kept but the object at hand.

use super::json_around::{self, Around, OF_ROWS, is_another_table};
use super::source::Source;
use super::table_names::split;
use super::{Origin, TableChoice};
use crate::error::{Error, Result};

/// Arrays of one object that are looked at whether they hold rows.
const MOST_ARRAYS: u32 = 8;

/// The objects of a file.
pub(super) struct Objects {
    pub source: Source,
    /// What is open around the next object.
    levels: Vec<Level>,
    /// The object that was read.
    pub raw: Vec<u8>,
    /// Tables that are none of Druid's two, whose rows are skipped.
    skipped_tables: u64,
    /// The last of them.
    other: Option<String>,
    /// The name of its list, where the table is named beside it.
    other_list: Option<String>,
    /// Whether it is skipped since it is of another database than the one that was chosen.
    is_elsewhere: bool,
    /// Whether there was anything else.
    found: bool,
    /// Whose tables the user has chosen.
    choice: TableChoice,
    /// Whose tables the rows are of, where the file tells it.
    origin: Origin,
}

/// Something that is open, and the line that it begins on.
enum Level {
    Array {
        line: u64,
        /// Its objects are rows of a table that nobody asked for.
        is_skipped: bool,
    },
    /// An object around rows.
    Around { line: u64 },
}

/// What stopped the walk through an object: its end, or an array among its own members, and the place behind it.
enum Stop {
    End(usize),
    Array(usize),
}

impl Objects {
    pub fn new(source: Source, choice: &TableChoice) -> Self {
        Self {
            source,
            levels: Vec::new(),
            raw: Vec::new(),
            skipped_tables: 0,
            other: None,
            other_list: None,
            is_elsewhere: false,
            found: false,
            choice: choice.clone().without_underscore(),
            origin: Origin::default(),
        }
    }

    /// Whose tables they are, where the file tells it.
    pub fn origin(&self) -> Option<Origin> {
        Some(self.origin.clone()).filter(|origin| *origin != Origin::default())
    }

    /// Tables that were skipped.
    pub fn skipped_tables(&self) -> u64 {
        self.skipped_tables
    }

    /// Reads the next object into `raw`, or a line of something else: its line, or `None` at the end.
    pub fn next(&mut self) -> Result<Option<u64>> {
        loop {
            self.raw.clear();
            let next = self.source.peek()?;
            let line = self.source.line();
            if let Some(byte) = next
                && byte.is_ascii_whitespace()
            {
                self.source.consume(1);
                continue;
            }
            match (next, self.levels.last()) {
                (Some(b'{'), None | Some(Level::Array { .. })) => {
                    if !self.object(line)? {
                        continue;
                    }
                    if self.is_skipping() {
                        self.check_is_of_another_table(line)?;
                        continue;
                    }
                    self.found = true;
                    return Ok(Some(line));
                }
                (Some(b'['), None) => self.levels.push(Level::Array { line, is_skipped: false }),
                (Some(b']'), Some(Level::Array { .. }))
                | (Some(b'}'), Some(Level::Around { .. })) => {
                    self.levels.pop();
                }
                (Some(b','), Some(_)) => {}
                (Some(b'"'), Some(Level::Around { line })) => {
                    let line = *line;
                    self.member(line)?;
                    continue;
                }
                (Some(_), Some(level)) => return Err(self.misplaced(level, line)),
                (Some(_), None) => {
                    self.source.read_until(b'\n', &mut self.raw)?;
                    return Ok(Some(line));
                }
                (None, None) => return self.check_something_was_found().map(|()| None),
                (None, Some(Level::Array { line, .. })) => return Err(self.cut_off("array", *line)),
                (None, Some(Level::Around { line })) => return Err(self.cut_off("object", *line)),
            }
            self.source.consume(1);
        }
    }

    /// An object that is skipped by the name of its table must not be a row of Druid's: a copy of a table, or the name of
    /// whatever made the file, would be left out unseen.
    fn check_is_of_another_table(&self, line: u64) -> Result<()> {
        if self.is_elsewhere || !json_around::is_row(&self.raw) {
            return Ok(());
        }
        let name = self.other.as_deref().unwrap_or_default();
        let what = format!(
            "the object on line {line} is a row of Druid's tables, but its list is called `{name}`"
        );
        let table = name.rsplit('.').next().unwrap_or(name);
        let help = match split(table) {
            Some((_, prefix)) => {
                format!("where Druid's tables are called so, say --table-prefix {prefix}")
            }
            None => {
                let path = match &self.other_list {
                    Some(list) => {
                        format!(
                            "select(.name? == \"{name}\" or .table? == \"{name}\") | .\"{list}\""
                        )
                    }
                    None => format!(".\"{name}\"? // empty"),
                };
                format!(
                    "if it is meant, hand on the rows alone: jq '.. | {path}' FILE | lopper import -"
                )
            }
        };
        Err(self.source.error(&what).help(help))
    }

    fn check_something_was_found(&self) -> Result<()> {
        match &self.other {
            Some(other) if !self.found => {
                let what = format!("it has neither druid_segments nor druid_rules, but `{other}`");
                Err(self.source.error(&what).help("export these tables"))
            }
            _ => Ok(()),
        }
    }

    /// Notes whose rows come next; answers whether they are skipped.
    fn opens(&mut self, table: String, is_skipped: bool) -> bool {
        if is_skipped {
            self.skipped_tables += 1;
            self.other = Some(table);
        } else {
            self.found = true;
        }
        is_skipped
    }

    fn is_skipping(&self) -> bool {
        matches!(self.levels.last(), Some(Level::Array { is_skipped: true, .. }))
    }

    fn misplaced(&self, level: &Level, at: u64) -> Error {
        match level {
            Level::Array { line, .. } => {
                let what = format!("the array on line {line} has other values than objects");
                self.source.error(&what).help(
                    "ask Druid's API for whole segments, with `?full` instead of ids alone; and its SQL with resultFormat \
                     \"object\" instead of \"array\"",
                )
            }
            Level::Around { .. } => self.source.error(&format!("line {at} is no JSON")),
        }
    }

    /// Reads an object into `raw`, by its braces and strings alone: what is in it is judged later. Answers `false` when it
    /// turns out to lie around rows, which come next.
    fn object(&mut self, line: u64) -> Result<bool> {
        let (mut depth, mut in_string, mut arrays) = (0_u32, false, 0);
        loop {
            let window = self.source.window()?;
            if window.is_empty() {
                return Err(self.cut_off("object", line));
            }
            let stop = walk(window, &mut depth, &mut in_string);
            let taken = match stop {
                Some(Stop::End(at) | Stop::Array(at)) => at,
                None => window.len(),
            };
            self.raw.extend_from_slice(window.get(..taken).unwrap_or_default());
            // A backslash at the window's end takes its character from the next one.
            let open_escape = in_string && stop.is_none() && ends_in_escape(window);
            self.source.consume(taken);
            self.source.check_size(&self.raw)?;
            match stop {
                Some(Stop::End(_)) => return Ok(true),
                Some(Stop::Array(_)) => {
                    arrays += 1;
                    if arrays <= MOST_ARRAYS && !self.is_skipping() && self.holds_rows(line)? {
                        return Ok(false);
                    }
                }
                None => {}
            }
            if open_escape && let Some(escaped) = self.source.peek()? {
                self.raw.push(escaped);
                self.source.consume(1);
            }
        }
    }

    /// Whether the array whose bracket `raw` ends in holds rows, and its object lies around them. That is then open.
    fn holds_rows(&mut self, line: u64) -> Result<bool> {
        let mut whole =
            self.raw.get(..self.raw.len().saturating_sub(1)).unwrap_or_default().to_vec();
        whole.extend_from_slice(b"null}");
        let Some(around) = str::from_utf8(&whole).ok().and_then(Around::read) else {
            return Ok(false);
        };
        while let Some(byte) = self.source.peek()?.filter(u8::is_ascii_whitespace) {
            self.raw.push(byte);
            self.source.consume(1);
        }
        if !matches!(self.source.peek()?, Some(b'{' | b']')) {
            return Ok(false);
        }
        let is_elsewhere = match (&self.choice.database, &around.database) {
            (Some(chosen), Some(database)) => chosen != database,
            _ => false,
        };
        let prefix = self.choice.prefix.as_deref();
        let is_skipped = is_elsewhere || around.is_of_another_table(prefix);
        let (table, list) = match around.table {
            Some(table) => (table, Some(around.name)),
            None => (around.name, None),
        };
        if !is_skipped {
            self.check_origin(Origin {
                database: around.database,
                prefix: split(&table).map(|(_, prefix)| prefix.to_owned()),
                ..Origin::default()
            })?;
        }
        self.opens(table, is_skipped);
        self.other_list = list;
        self.is_elsewhere = is_elsewhere;
        let opened = self.source.line();
        self.levels.push(Level::Around { line });
        self.levels.push(Level::Array { line: opened, is_skipped });
        Ok(true)
    }

    /// Druid's tables of two databases are two clusters' segments.
    fn check_origin(&mut self, origin: Origin) -> Result<()> {
        if let Some((kind, one, other)) = self.origin.difference(&origin) {
            let what = format!("it holds Druid's tables of two {kind}, {one} and {other}");
            return Err(self
                .source
                .error(&what)
                .help("choose one of them with --database NAME, or export one alone"));
        }
        if origin.database.is_some() {
            self.origin.database = origin.database;
        }
        if origin.prefix.is_some() {
            self.origin.prefix = origin.prefix;
        }
        Ok(())
    }

    /// A member behind the first rows of an object around them: more rows, or something that tells nothing.
    fn member(&mut self, line: u64) -> Result<()> {
        let name = self.name(line)?;
        if OF_ROWS.contains(&name.as_str()) {
            let what =
                format!("the object on line {line} holds other objects, and is a row as well");
            return Err(self.source.error(&what).help("make an array of the rows alone with jq"));
        }
        self.skip_blanks()?;
        if self.source.peek()? != Some(b'[') {
            return self.skip_value(line);
        }
        self.source.consume(1);
        self.skip_blanks()?;
        if !matches!(self.source.peek()?, Some(b'{' | b']')) {
            return self.skip_nested(line, 1);
        }
        let is_skipped = is_another_table(&name, self.choice.prefix.as_deref());
        self.opens(name, is_skipped);
        self.other_list = None;
        let opened = self.source.line();
        self.levels.push(Level::Array { line: opened, is_skipped });
        Ok(())
    }

    /// The name that comes next, behind which the colon is passed.
    fn name(&mut self, line: u64) -> Result<String> {
        let mut text = Vec::new();
        self.string(line, &mut text)?;
        self.skip_blanks()?;
        if self.source.peek()? != Some(b':') {
            let at = self.source.line();
            return Err(self.source.error(&format!("line {at} is no JSON: expected a colon")));
        }
        self.source.consume(1);
        Ok(serde_json::from_slice(&text).unwrap_or_default())
    }

    /// Takes a string, with its quotes.
    fn string(&mut self, line: u64, text: &mut Vec<u8>) -> Result<()> {
        let mut escaped = true; // the opening quote ends nothing
        loop {
            let Some(byte) = self.source.peek()? else { return Err(self.cut_off("object", line)) };
            self.source.consume(1);
            text.push(byte);
            self.source.check_size(text)?;
            if byte == b'"' && !escaped {
                return Ok(());
            }
            escaped = byte == b'\\' && !escaped;
        }
    }

    fn skip_blanks(&mut self) -> Result<()> {
        while self.source.peek()?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.source.consume(1);
        }
        Ok(())
    }

    /// Passes a value up to the comma or brace behind it.
    fn skip_value(&mut self, line: u64) -> Result<()> {
        self.skip_nested(line, 0)
    }

    /// Passes what is open so many times, and then the rest of the value.
    fn skip_nested(&mut self, line: u64, mut depth: u32) -> Result<()> {
        loop {
            match self.source.peek()? {
                None => return Err(self.cut_off("object", line)),
                Some(b'"') => {
                    self.string(line, &mut Vec::new())?;
                    continue;
                }
                Some(b',' | b'}') if depth == 0 => return Ok(()),
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => depth = depth.saturating_sub(1),
                Some(_) => {}
            }
            self.source.consume(1);
        }
    }

    fn cut_off(&self, what: &str, line: u64) -> Error {
        let message = format!("it ends inside the {what} that begins on line {line}");
        self.source.error(&message).help("the file is cut off; make it again")
    }
}

/// Whether the text ends in the middle of an escape: in an odd number of backslashes.
fn ends_in_escape(text: &[u8]) -> bool {
    text.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Follows braces and strings through `text`, to the brace that closes the first or to an array within that alone.
fn walk(text: &[u8], depth: &mut u32, in_string: &mut bool) -> Option<Stop> {
    let mut bytes = text.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'"' => *in_string = !*in_string,
            b'\\' if *in_string => {
                bytes.next();
            }
            b'{' if !*in_string => *depth += 1,
            b'[' if !*in_string && *depth == 1 => return Some(Stop::Array(at + 1)),
            b'}' if !*in_string => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return Some(Stop::End(at + 1));
                }
            }
            _ => {}
        }
    }
    None
}
