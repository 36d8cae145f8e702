//! One page of a bucket's objects, as the store has written it: with keys that are no paths as well.

use chrono::DateTime;

use super::fault::Fault;
use super::xml::{self, Element, Unreadable};

/// An object of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// The very key.
    pub(super) key: String,
    /// Bytes.
    pub(super) size: u64,
    /// When it was last written, in milliseconds since 1970.
    pub(super) modified_ms: i64,
}

impl Object {
    /// Whether it is no object, but how some tools show an empty folder.
    pub(super) fn is_folder(&self) -> bool {
        self.size == 0 && self.key.ends_with('/')
    }
}

/// Some objects, in the order of their keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    /// What to ask for the next page with; `None` on the last.
    pub(super) next: Option<String>,
}

/// The listing of S3 and Google, and that of Azure.
const ROOTS: [&str; 2] = ["ListBucketResult", "EnumerationResults"];

/// The same without objects, as `object_store` takes it from any of them.
pub(super) const EMPTY: &str = "<Result><Blobs></Blobs></Result>";

/// What is known so far of the object that is being read.
#[derive(Default)]
struct Draft {
    key: Option<String>,
    size: Option<u64>,
    modified_ms: Option<i64>,
    is_folder: bool,
}

#[derive(Default)]
struct Reading {
    page: Page,
    is_truncated: bool,
    /// An object lacked something.
    is_broken: bool,
    draft: Draft,
}

impl Page {
    /// Reads an answer.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Fault> {
        let unreadable = |why| Fault::unreadable(why, "a listing");
        let mut reading = Reading::default();
        xml::read(body, &ROOTS, &mut |element| reading.add(element)).map_err(unreadable)?;
        if reading.is_broken {
            return Err(unreadable(Unreadable::Other));
        }
        if reading.is_truncated && reading.page.next.is_none() {
            return Err(Fault::lasting("the listing ends before its end, and names no next page"));
        }
        Ok(reading.page)
    }
}

impl Reading {
    fn add(&mut self, element: &Element<'_>) {
        let text = element.text;
        let trimmed = text.trim();
        let draft = &mut self.draft;
        match *element.path {
            [_, "IsTruncated"] => self.is_truncated = trimmed == "true",
            [_, "NextContinuationToken" | "NextMarker"] if !text.is_empty() => {
                self.page.next = Some(text.to_owned());
            }
            [_, "Contents", "Key"] => draft.key = Some(text.to_owned()),
            [_, "Contents", "Size"] | [_, "Blobs", "Blob", "Properties", "Content-Length"] => {
                draft.size = trimmed.parse().ok();
            }
            [_, "Contents", "LastModified"] => {
                let moment = DateTime::parse_from_rfc3339(trimmed).ok();
                draft.modified_ms = moment.map(|moment| moment.timestamp_millis());
            }
            [_, "Blobs", "Blob", "Name"] => {
                let is_encoded = element.is_encoded;
                draft.key = Some(if is_encoded { percent_decoded(text) } else { text.to_owned() });
            }
            [_, "Blobs", "Blob", "Properties", "Last-Modified"] => {
                let moment = DateTime::parse_from_rfc2822(trimmed).ok();
                draft.modified_ms = moment.map(|moment| moment.timestamp_millis());
            }
            // Accounts with a hierarchical namespace list folders as well.
            [_, "Blobs", "Blob", "Properties", "ResourceType"] => {
                draft.is_folder = trimmed == "directory";
            }
            [_, "Contents"] | [_, "Blobs", "Blob"] => self.end_object(),
            _ => {}
        }
    }

    fn end_object(&mut self) {
        match std::mem::take(&mut self.draft) {
            Draft { is_folder: true, .. } => {}
            Draft { key: Some(key), size: Some(size), modified_ms: Some(modified_ms), .. } => {
                self.page.objects.push(Object { key, size, modified_ms });
            }
            _ => self.is_broken = true,
        }
    }
}

/// What was percent-encoded. Bytes that are no text become U+FFFD, and no object is deleted by a key that holds it.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |index: usize| bytes.get(index).and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let code = match (byte, digit(index + 1), digit(index + 2)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        decoded.push(code.unwrap_or(byte));
        index += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
