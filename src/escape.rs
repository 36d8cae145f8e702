//! Makes foreign text safe to show: no control character or bidi override reaches a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with every character that could steer a terminal, or the eye, written as `\u{1b}`.
///
/// That is all of C0, DEL and C1, the line and paragraph separators, and the marks that reorder
/// text (bidi embeddings, overrides and isolates). Text without them is returned as it is.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The first `most` characters of `text`, escaped, with an ellipsis where that is not all of it.
pub fn excerpt(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", escape(text.get(..end).unwrap_or_default())),
        None => escape(text).into_owned(),
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{escape, excerpt};
    use std::borrow::Cow;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(escape("wiki edits, déjà vu 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("日本", 2), "日本");
        assert_eq!(excerpt("日\u{7}本", 2), "日\\u{7}…");
    }

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(escape("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(escape("line\nnext\t\u{7f}\u{9b}"), "line\\u{a}next\\u{9}\\u{7f}\\u{9b}");
        assert_eq!(escape("\u{202e}txt.exe\u{2066}"), "\\u{202e}txt.exe\\u{2066}");
    }
}
