//! Bytes that clients and tools write as text: hex in its spellings, and base64.

use super::record::decode_hex;

/// The bytes that `text` stands for: hex (`7B22…`, `\x7b22…`, `0x7B22…`, `X'7B22…'`) or base64. None when it is neither.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    hex(text).or_else(|| base64(text))
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let quoted = |prefix: &[u8]| text.strip_prefix(prefix)?.strip_suffix(b"'");
    let digits = [b"\\x".as_slice(), b"\\X", b"0x", b"0X"]
        .iter()
        .find_map(|prefix| text.strip_prefix(*prefix))
        .or_else(|| quoted(b"X'"))
        .or_else(|| quoted(b"x'"))
        .unwrap_or(text);
    decode_hex(digits).filter(|bytes| !bytes.is_empty())
}

/// RFC 4648, either alphabet, with or without padding, in lines or in one.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count, mut padding) = (0_u32, 0_u32, 0);
    for &byte in text {
        let value = match byte {
            b'\r' | b'\n' => continue,
            b'=' => {
                padding += 1;
                continue;
            }
            _ if padding > 0 => return None,
            byte => sextet(byte)?,
        };
        bits = (bits << 6) | u32::from(value);
        count += 1;
        if count == 4 {
            bytes.extend_from_slice(bits.to_be_bytes().get(1..)?);
            (bits, count) = (0, 0);
        }
    }
    // Two or three characters at the end stand for one or two bytes; bits that are left over are zero.
    let tail = match count {
        0 => 0,
        2 if bits & 0xf == 0 => 1,
        3 if bits & 0x3 == 0 => 2,
        _ => return None,
    };
    let whole = bits << (6 * (4 - count.min(4)) % 24);
    bytes.extend_from_slice(whole.to_be_bytes().get(1..1 + tail)?);
    let is_padded_right = padding == 0 || (count > 0 && padding == 4 - count);
    (is_padded_right && !bytes.is_empty()).then_some(bytes)
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
