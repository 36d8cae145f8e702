//! A mistake in arguments, named by key: what a job file places in its text, and the command line
//! names as a flag. Both check their arguments by the same code and get these.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use crate::error::Error;
use crate::escape::escape;

/// What a mistake is about. Keys are the words of the job file; the flags have the same names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The value of a key.
    Key(&'static str),
    /// One element of a key's list, counted from 0.
    Item(&'static str, usize),
    /// Some bytes of a key's text.
    Part(&'static str, Range<usize>),
    /// One of these keys was needed and none was there.
    Missing(&'static [&'static str]),
}

/// One mistake in the arguments of a step, a job or a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub at: At,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
}

/// Gathers the mistakes of one set of arguments, so that all are reported at once.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// How many there are so far.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Notes a mistake and its fix.
    pub(crate) fn add(&mut self, at: At, message: impl Display, help: impl Display) {
        self.0.push(Mistake { at, message: message.to_string(), help: help.to_string() });
    }

    /// The value of `result`, or its error as a mistake of `key`.
    pub(crate) fn take<T, E: Display>(
        &mut self,
        key: &'static str,
        result: Result<T, E>,
        help: &str,
    ) -> Option<T> {
        result.map_err(|error| self.add(At::Key(key), error, help)).ok()
    }

    /// Parses an optional text; `None` when there is none, or when it is wrong.
    pub(crate) fn parse<T, E: Display>(
        &mut self,
        key: &'static str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, E>,
        help: &str,
    ) -> Option<T> {
        text.and_then(|text| self.take(key, parse(text), help))
    }

    /// An optional whole number within `range`; a mistake, and `None`, when it is outside.
    pub(crate) fn number<T: TryFrom<i64>>(
        &mut self,
        key: &'static str,
        value: Option<i64>,
        range: RangeInclusive<i64>,
    ) -> Option<T> {
        let value = value?;
        let number = range.contains(&value).then(|| T::try_from(value).ok()).flatten();
        if number.is_none() {
            let right = match (*range.start(), *range.end()) {
                (least, i64::MAX) => format!("{least} or more"),
                (least, most) => format!("a number from {least} to {most}"),
            };
            self.add(At::Key(key), format!("{value} is out of range"), format!("write {right}"));
        }
        number
    }

    /// Refuses an empty text.
    pub(crate) fn not_empty(&mut self, key: &'static str, text: Option<&str>, help: &str) {
        if text.is_some_and(|text| text.trim().is_empty()) {
            self.add(At::Key(key), format!("'{key}' is empty"), help);
        }
    }

    /// Refuses an empty list and empty elements.
    pub(crate) fn no_empty_items(
        &mut self,
        key: &'static str,
        list: Option<&[String]>,
        help: &str,
    ) {
        let Some(list) = list else { return };
        if list.is_empty() {
            self.add(At::Key(key), format!("the list '{key}' is empty"), help);
        }
        for (index, item) in list.iter().enumerate() {
            if item.trim().is_empty() {
                self.add(At::Item(key, index), format!("an element of '{key}' is empty"), help);
            }
        }
    }

    /// Refuses each pair of keys that exclude each other: all that are given but the first.
    pub(crate) fn only_one(&mut self, given: &[(&'static str, bool)]) {
        let mut given = given.iter().filter(|(_, given)| *given).map(|(key, _)| *key);
        let Some(first) = given.next() else { return };
        for other in given {
            let message = format!("'{other}' cannot stand beside '{first}'");
            self.add(At::Key(other), message, format!("keep one of '{first}' and '{other}'"));
        }
    }

    /// `value` when there were no mistakes, else all of them.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, Vec<Mistake>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

/// Mistakes in flags as one usage error: `--buffer-period: …`, a line for each.
pub fn flag_error(mistakes: &[Mistake]) -> Error {
    let flag = |key: &str| match key {
        "datasource" | "datasources" => "the datasource".to_owned(),
        // A list in a file is a flag that is given again: ids = [..] is --id A --id B.
        "ids" => "--id".to_owned(),
        "versions" => "--version".to_owned(),
        key => format!("--{}", key.replace('_', "-")),
    };
    let lines: Vec<String> = mistakes
        .iter()
        .map(|mistake| {
            let (message, help) = (escape(&mistake.message), escape(&mistake.help));
            match &mistake.at {
                At::Key(key) | At::Item(key, _) | At::Part(key, _) => {
                    format!("{}: {message} ({help})", flag(key))
                }
                At::Missing(_) => format!("{message} ({help})"),
            }
        })
        .collect();
    Error::usage(lines.join("\n"))
}
