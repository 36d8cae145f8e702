//! The words that clients and tools write where a value is NULL: psql's `\pset null`, DBeaver's `[NULL]`, DataGrip's
//! `<null>`, HeidiSQL's `(NULL)`, Python's `None`, what pandas calls missing.

use super::rows::shown;

/// Such words, without what is put around them.
const WORDS: [&str; 12] = [
    "null",
    "none",
    "nil",
    "nan",
    "nat",
    "na",
    "n/a",
    "#n/a",
    "undefined",
    "missing",
    "empty",
    "\\n",
];

/// Whether a text stands for NULL, and for no fingerprint, id or time: such a word, in any case of letters and with
/// whatever brackets or quotes around it, or no letter or digit at all (`-`, `∅`).
pub(super) fn is_null(text: &[u8]) -> bool {
    const LONGEST: usize = 24;
    if text.len() > LONGEST {
        return false;
    }
    let Ok(text) = str::from_utf8(text) else { return false };
    let is_around = |c: char| c.is_whitespace() || "()[]{}<>'\"`".contains(c);
    let word = text.trim_matches(is_around).to_ascii_lowercase();
    WORDS.contains(&word.as_str()) || !word.chars().any(char::is_alphanumeric)
}

/// What is said of such a text where the form writes NULL otherwise.
pub(super) fn complaint(text: &[u8]) -> String {
    format!(
        "is the text {}, as clients show NULL to people; expected a value or NULL itself (in CSV an empty field, in \
         JSON null): set the client's text for NULL to nothing (psql: \\pset null '') and make the dump again",
        shown(text)
    )
}
