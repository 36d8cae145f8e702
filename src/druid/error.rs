//! The error of every parser in this module: what was found and what was expected.

use std::fmt;

/// A text that is not what it should be. Its message names both what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(String);

/// How much of a wrong text a message shows, in characters.
const SHOWN: usize = 120;

impl ParseError {
    /// An error with a message of its own.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// "expected {what}, found '{text}'", with a long text cut short.
    pub(super) fn expected(what: &str, text: &str) -> Self {
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => Self(format!("expected {what}, found '{}…'", &text[..end])),
            None => Self(format!("expected {what}, found '{text}'")),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}
