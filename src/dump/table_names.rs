//! Names that end as those of Druid's tables do, alone and within texts.

use super::columns::Table;
use super::source::find;
use super::sql_lexer::is_word;

/// What the names of the two tables end in.
const SUFFIXES: [(&str, Table); 2] = [("_segments", Table::Segments), ("_rules", Table::Rules)];

/// The table that a name is of by its end, and what stands before that.
pub(super) fn split(name: &str) -> Option<(Table, &str)> {
    SUFFIXES.into_iter().find_map(|(suffix, table)| {
        let (prefix, end) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
        (end.eq_ignore_ascii_case(suffix) && !prefix.is_empty()).then_some((table, prefix))
    })
}

/// The words in a text that end as the names of Druid's tables do.
pub(super) fn words_with_suffix(text: &[u8]) -> impl Iterator<Item = &str> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + find(text.get(from..)?, |byte| byte == b'_')?;
            from = at + 1;
            let ends = SUFFIXES.iter().find_map(|(suffix, _)| {
                let end = text.get(at..at + suffix.len())?;
                end.eq_ignore_ascii_case(suffix.as_bytes()).then_some(at + suffix.len())
            });
            let Some(end) = ends.filter(|end| !text.get(*end).is_some_and(|byte| is_word(*byte)))
            else {
                continue;
            };
            let before = text.get(..at).unwrap_or_default();
            let length = before.iter().rev().take_while(|byte| is_word(**byte)).count();
            if let Some(word) =
                text.get(at - length..end).and_then(|word| str::from_utf8(word).ok())
            {
                return Some(word);
            }
        }
    })
}

/// Whether a line within a text begins a statement that adds rows to a table that may be Druid's: what has swallowed
/// it must not be passed over in silence.
pub(super) fn hides_statement(text: &[u8]) -> bool {
    if !text.contains(&b'\n') || words_with_suffix(text).next().is_none() {
        return false;
    }
    text.split(|&byte| byte == b'\n').skip(1).any(begins_rows)
}

/// Whether a line begins a statement that adds rows to a table that may be Druid's.
pub(super) fn begins_rows(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let word = line.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
    let adds = ["INSERT", "REPLACE", "COPY"];
    adds.iter().any(|adds| word.eq_ignore_ascii_case(adds.as_bytes()))
        && words_with_suffix(line.get(..400).unwrap_or(line)).next().is_some()
}
