//! Versions, ordered as Java orders strings.

use std::cmp::Ordering;
use std::rc::Rc;

/// The lead byte of the first UTF-8 sequence that UTF-16 writes as a surrogate pair.
const FIRST_PAIR: u8 = 0xF0;
/// The lead byte of U+E000, the first character that sorts behind the surrogates.
const FIRST_BEHIND_PAIRS: u8 = 0xEE;

/// A version of a group; a clone shares the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version(Rc<str>);

impl Version {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.0, &other.0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares by UTF-16 code units (`String.compareTo`).
///
/// UTF-8 sorts as code points do, and so does UTF-16 but for one thing: characters beyond U+FFFF
/// are surrogates, which sort before U+E000. The first byte that differs tells all.
pub(super) fn compare(one: &str, other: &str) -> Ordering {
    let different = one.bytes().zip(other.bytes()).find(|(one, other)| one != other);
    match different {
        Some((one, other)) => weight(one).cmp(&weight(other)),
        None => one.len().cmp(&other.len()),
    }
}

/// A byte of UTF-8 such that surrogate pairs sort before U+E000.
fn weight(byte: u8) -> u8 {
    match byte {
        FIRST_PAIR.. => byte - (FIRST_PAIR - FIRST_BEHIND_PAIRS),
        // The lead bytes of pairs are 0xF0 to 0xF4: five places to leave free.
        FIRST_BEHIND_PAIRS.. => byte + 5,
        _ => byte,
    }
}
