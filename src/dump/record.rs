//! The fields of one row, whatever the form of the file.

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<'a> {
    /// SQL's NULL.
    Null,
    /// Text, a number or a word such as `true`.
    Text(&'a [u8]),
    /// Bytes that the file writes as hex.
    Blob(&'a [u8]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Text,
    Blob,
}

/// The fields of one row: one buffer that every row uses anew.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The fields' bytes, one after the other; a form's reader appends, then calls `end_field`.
    pub data: Vec<u8>,
    /// Each field's kind and where in `data` it ends.
    fields: Vec<(Kind, usize)>,
}

impl Record {
    /// Makes it empty.
    pub fn clear(&mut self) {
        self.data.clear();
        self.fields.clear();
    }

    /// Ends a field, which is all that was appended to `data` since the one before.
    pub fn end_field(&mut self, kind: Kind) {
        self.fields.push((kind, self.data.len()));
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// The fields in order.
    pub fn fields(&self) -> impl Iterator<Item = Field<'_>> {
        let mut start = 0;
        self.fields.iter().map(move |&(kind, end)| {
            let bytes = self.data.get(start..end).unwrap_or_default();
            start = end;
            match kind {
                Kind::Null => Field::Null,
                Kind::Text => Field::Text(bytes),
                Kind::Blob => Field::Blob(bytes),
            }
        })
    }

    /// The fields as text, for names.
    pub fn texts(&self) -> Vec<String> {
        let text = |field| match field {
            Field::Null => String::new(),
            Field::Text(bytes) | Field::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        };
        self.fields().map(text).collect()
    }
}

/// Replaces the hex digits in `data` from `start` on by the bytes they mean; `false` (and `data`
/// unchanged) when they are not hex.
pub(super) fn hex_in_place(data: &mut Vec<u8>, start: usize) -> bool {
    let Some(bytes) = data.get(start..).and_then(decode_hex) else { return false };
    data.truncate(start);
    data.extend_from_slice(&bytes);
    true
}

/// The bytes that hex digits of either case mean; `None` when they are not hex or odd in number.
pub(super) fn decode_hex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let mut bytes = vec![0; pairs.len()];
    // What is wrong gathers in a flag, so that the loop has no branch.
    let mut wrong = 0;
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        let (high, low) = (digit(high), digit(low));
        wrong |= high | low;
        *byte = (high << 4) | (low & 0x0f);
    }
    (wrong & 0xf0 == 0).then_some(bytes)
}

/// A hex digit's value; one with a high bit set for any other byte.
fn digit(byte: u8) -> u8 {
    let decimal = byte.wrapping_sub(b'0');
    let letter = (byte | 0x20).wrapping_sub(b'a');
    let letter = if letter < 6 { letter + 10 } else { 0xff };
    if decimal < 10 { decimal } else { letter }
}
