//! The forms in which clients and tools write a payload as text: JSON itself, hex, base64, and PostgreSQL's `bytea`.

use serde::de::IgnoredAny;

use super::record::decode_hex;
use super::rows::shown;

/// What the text in a column of bytes stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bytes {
    /// The bytes themselves.
    AsIs,
    /// Input of PostgreSQL's `bytea`: hex behind `\x`, else every backslash doubled and other bytes as `\ooo`.
    Bytea,
    /// One of the two: the content decides where only one of them makes JSON.
    Either,
    /// The bytes themselves, unless only the other makes JSON.
    Likely,
}

const EXPECTED: &str = "expected JSON, or its bytes as hex or base64";

/// What clients write in place of bytes that they leave out, and what to do.
const LEFT_OUT: [(&[u8], &str); 8] = [
    (b"b'", "a bytes literal of Python; decode the payload before writing it"),
    (b"b\"", "a bytes literal of Python; decode the payload before writing it"),
    (b"<memory", "the name of a memoryview of Python; write its bytes"),
    (b"[B@", "the name of a byte array of Java; write its bytes"),
    (b"System.Byte[]", "the name of a byte array; write its bytes"),
    (b"[BLOB", "the name of a value that the client left out; export the payload as hex"),
    (b"(BLOB", "the name of a value that the client left out; export the payload as hex"),
    (b"(Binary", "the name of a value that the client left out; export the payload as hex"),
];

/// The JSON of a payload that `text` writes; the error says what it is instead.
pub(super) fn payload(text: &[u8], bytes: Bytes) -> Result<Vec<u8>, String> {
    let text = match bytes {
        Bytes::Bytea | Bytes::Either | Bytes::Likely if has_escapes(text) => {
            &unescaped(text, bytes)?
        }
        _ => text,
    };
    let trimmed = text.trim_ascii();
    if let Some((_, what)) = LEFT_OUT.iter().find(|(begin, _)| trimmed.starts_with(begin)) {
        return Err(format!("is {}, {what}", shown(text)));
    }
    match trimmed.first() {
        None => Err(format!("is empty, {EXPECTED}")),
        Some(b'{' | b'[') => Ok(node_buffer(trimmed).unwrap_or_else(|| text.to_vec())),
        Some(_) => encoded(trimmed).ok_or_else(|| format!("is {}, {EXPECTED}", shown(text))),
    }
    .and_then(|json| match json.as_slice() {
        [0x1f, 0x8b, ..] => Err(format!("is {}, which is compressed; {EXPECTED}", shown(text))),
        _ => Ok(json),
    })
}

/// Whether a `bytea` may be written with escapes here: it has backslashes, and is not in hex.
fn has_escapes(text: &[u8]) -> bool {
    text.contains(&b'\\') && !text.starts_with(b"\\x")
}

/// The bytes of a text that may be a `bytea` with escapes.
fn unescaped(text: &[u8], bytes: Bytes) -> Result<Vec<u8>, String> {
    let Some(decoded) = bytea_escapes(text) else { return Ok(text.to_vec()) };
    match (is_json(&decoded), is_json(text), bytes) {
        // A column that holds text and not bytes has backslashes of JSON's own.
        (false, true, _) | (true, true, Bytes::Likely) => Ok(text.to_vec()),
        // Neither is a payload.
        (false, false, Bytes::Either | Bytes::Likely) => Ok(text.to_vec()),
        (true, true, Bytes::Either) => Err(format!(
            "is {}, whose backslashes may be JSON's or those of a bytea in escape form; \
             SET bytea_output = hex before the dump, or give --dialect postgresql (a bytea) or \
             standard (JSON itself)",
            shown(text)
        )),
        _ => Ok(decoded),
    }
}

/// The bytes that a `bytea` in escape form means; `None` when it is none.
pub(super) fn bytea_escapes(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Some(decoded),
            [b'\\', b'\\', after @ ..] => {
                decoded.push(b'\\');
                after
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
                decoded.push(((a & 3) << 6) | ((b & 7) << 3) | (c & 7));
                after
            }
            [b'\\', ..] => return None,
            [byte, after @ ..] => {
                decoded.push(*byte);
                after
            }
        };
    }
}

/// The bytes that hex or base64 stand for.
fn encoded(text: &[u8]) -> Option<Vec<u8>> {
    let begins_json = |bytes: &Vec<u8>| {
        matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
            || bytes.starts_with(b"\x1f\x8b")
    };
    let marked = [b"\\\\x".as_slice(), b"\\x", b"\\X", b"0x", b"0X"];
    if let Some(digits) = marked.iter().find_map(|mark| text.strip_prefix(*mark)) {
        return decode_hex(&without_gaps(digits));
    }
    if let [b'X' | b'x', b'\'', digits @ .., b'\''] = text {
        return decode_hex(digits);
    }
    decode_hex(&without_gaps(text))
        .filter(begins_json)
        .or_else(|| decode_base64(text).filter(begins_json))
}

/// Hex digits without what some tools put between the bytes.
fn without_gaps(digits: &[u8]) -> Vec<u8> {
    let is_gap = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'-' | b':');
    digits.iter().copied().filter(|byte| !is_gap(byte)).collect()
}

/// The bytes that base64 means, of either alphabet, with or without padding and line breaks.
pub(super) fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits, mut padding) = (0_u32, 0_u32, 0_u32);
    for &byte in text.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        held = (held << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    // Six bits alone are no byte, and what is left over must be nothing.
    let whole = bits < 6 && held & ((1 << bits) - 1) == 0 && padding <= 2;
    whole.then_some(bytes)
}

/// The bytes of a Buffer as Node's JSON writes it.
fn node_buffer(text: &[u8]) -> Option<Vec<u8>> {
    #[derive(serde::Deserialize)]
    struct Buffer {
        r#type: String,
        data: Vec<u8>,
    }
    if !text.ends_with(b"]}") {
        return None;
    }
    let buffer: Buffer = serde_json::from_slice(text).ok()?;
    (buffer.r#type == "Buffer").then_some(buffer.data)
}

/// Whether it is one JSON value.
pub(super) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}
