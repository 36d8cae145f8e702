//! Reads the XML in which object stores answer, as far as it goes: names and texts, and nothing that they may refer to.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Elements within each other; the answers of stores have five.
const DEEPEST: usize = 16;

/// Why an answer cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It ends too early.
    CutOff,
    /// It is something else.
    Other,
}

/// An element that has ended.
pub(super) struct Element<'a> {
    /// The names of the elements around it, from the root, and its own; without their namespaces.
    pub(super) path: &'a [&'a str],
    /// What stands in it, without its children's.
    pub(super) text: &'a str,
    /// Whether it says that its text is percent-encoded, as Azure does with names that XML cannot hold.
    pub(super) is_encoded: bool,
}

struct Open {
    name: String,
    text: String,
    is_encoded: bool,
}

/// Shows every element when it ends, children before parents. The root has one of these names.
pub(super) fn read(
    body: &[u8],
    roots: &[&str],
    each: &mut dyn FnMut(&Element<'_>),
) -> Result<(), Unreadable> {
    let mut reader = Reader::from_reader(body);
    let mut open: Vec<Open> = Vec::new();
    let mut has_ended = false;
    loop {
        let event = reader.read_event().map_err(|error| match error {
            quick_xml::Error::Syntax(_) => Unreadable::CutOff,
            _ => Unreadable::Other,
        })?;
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                let element = opened(start)?;
                let is_root = open.is_empty();
                if has_ended || open.len() == DEEPEST {
                    return Err(Unreadable::Other);
                }
                if is_root && !roots.contains(&element.name.as_str()) {
                    return Err(Unreadable::Other);
                }
                open.push(element);
            }
            Event::Text(text) => add(&mut open, &decoded(text.decode())?)?,
            Event::CData(text) => add(&mut open, &decoded(text.decode())?)?,
            Event::GeneralRef(reference) => {
                let character = resolved(reference).ok_or(Unreadable::Other)?;
                add(&mut open, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::Eof if has_ended => return Ok(()),
            Event::Eof => return Err(Unreadable::CutOff),
            // HTML begins so.
            Event::DocType(_) => return Err(Unreadable::Other),
            Event::End(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
        if matches!(event, Event::End(_) | Event::Empty(_)) {
            close(&mut open, each);
            has_ended = open.is_empty();
        }
    }
}

fn opened(start: &BytesStart<'_>) -> Result<Open, Unreadable> {
    let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
    let encoded = start.try_get_attribute("Encoded").map_err(|_| Unreadable::Other)?;
    let is_encoded = encoded.is_some_and(|encoded| &*encoded.value == b"true");
    Ok(Open { name, text: String::new(), is_encoded })
}

fn close(open: &mut Vec<Open>, each: &mut dyn FnMut(&Element<'_>)) {
    if let Some(last) = open.last() {
        let path: Vec<&str> = open.iter().map(|open| open.name.as_str()).collect();
        each(&Element { path: &path, text: &last.text, is_encoded: last.is_encoded });
    }
    open.pop();
}

fn decoded<E>(text: Result<Cow<'_, str>, E>) -> Result<Cow<'_, str>, Unreadable> {
    text.map_err(|_| Unreadable::Other)
}

/// Adds to the text of the innermost element. Outside of the root there is none.
fn add(open: &mut [Open], text: &str) -> Result<(), Unreadable> {
    match open.last_mut() {
        Some(innermost) => innermost.text.push_str(text),
        None if text.trim_matches(['\u{feff}', ' ', '\n', '\r', '\t']).is_empty() => {}
        None => return Err(Unreadable::Other),
    }
    Ok(())
}

/// The character of a reference. Stores also write those that XML itself does not allow, such as `&#1;`.
fn resolved(reference: &BytesRef<'_>) -> Option<char> {
    match &**reference {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        number => {
            let number = std::str::from_utf8(number).ok()?.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)
        }
    }
}
