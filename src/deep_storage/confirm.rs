//! The deletion of many keys in one request: which of them the answer confirms. `object_store` takes every key for deleted
//! that an answer does not complain of, so it is handed an answer that complains of all the others.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use hyper::header::{CONTENT_TYPE, HeaderMap};

use super::fault::{Fault, UNCONFIRMED};
use super::xml;

/// What divides the parts of an answer that is handed on.
const BOUNDARY: &str = "lopper";

/// The keys of a request.
#[derive(Debug)]
pub(super) enum Batch {
    /// Of S3, by their names.
    S3(Vec<String>),
    /// Of Azure, so many.
    Azure(usize),
}

/// The content type of the answer that is handed on; `None`: that of the answer that came.
pub(super) fn content_type(batch: &Batch) -> Option<&'static str> {
    match batch {
        Batch::S3(_) => None,
        Batch::Azure(_) => Some("multipart/mixed; boundary=lopper"),
    }
}

/// What an answer says of one key.
enum Said {
    Deleted,
    /// S3's name for the error.
    Failed(String),
}

impl Batch {
    /// The keys of S3's `DeleteObjects`.
    pub(super) fn of_s3(body: &[u8]) -> Result<Self, Fault> {
        let mut keys = Vec::new();
        xml::read(body, &["Delete"], &mut |element| {
            if let [_, "Object", "Key"] = *element.path {
                keys.push(element.text.to_owned());
            }
        })
        .map_err(|_| Fault::lasting("the request cannot be read back"))?;
        Ok(Self::S3(keys))
    }

    /// The parts of Azure's Blob Batch, which are numbered from 0.
    pub(super) fn of_azure(body: &[u8]) -> Self {
        let lines = body.split(|byte| *byte == b'\n');
        Self::Azure(lines.filter(|line| line.starts_with(b"Content-ID: ")).count())
    }

    /// The answer to hand on, by the one that came.
    pub(super) fn confirmed(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, Fault> {
        match self {
            Self::S3(keys) => of_s3(keys, body),
            Self::Azure(count) => of_azure(*count, headers, body),
        }
    }
}

fn of_s3(keys: &[String], body: &[u8]) -> Result<String, Fault> {
    let mut answers: HashMap<String, Said> = HashMap::new();
    let (mut key, mut code, mut whole) = (None, None, None);
    xml::read(body, &["DeleteResult", "Error"], &mut |element| match *element.path {
        [_, "Deleted" | "Error", "Key"] => key = Some(element.text.to_owned()),
        [_, "Error", "Code"] => code = Some(element.text.to_owned()),
        [_, "Deleted"] => {
            if let Some(key) = key.take() {
                answers.entry(key).or_insert(Said::Deleted);
            }
        }
        // Of a key that is named twice, the complaint counts.
        [_, "Error"] => {
            let code = code.take().unwrap_or_default();
            if let Some(key) = key.take() {
                answers.insert(key, Said::Failed(code));
            }
        }
        ["Error", "Code"] => whole = Some(element.text.to_owned()),
        _ => {}
    })
    .map_err(|why| Fault::unreadable(why, "a confirmation"))?;
    if let Some(code) = whole {
        return Err(failed(&code));
    }
    let mut answer = "<DeleteResult><Deleted><Key>-</Key></Deleted>".to_owned();
    for key in keys {
        let code = match answers.get(key) {
            Some(Said::Deleted) => continue,
            Some(Said::Failed(code)) if is_name(code) => code,
            _ => UNCONFIRMED,
        };
        // By the numbers of their characters: words that a body must not hold would have it sent again.
        let (key, code) = (numbers(key), numbers(code));
        let _ =
            write!(answer, "<Error><Key>{key}</Key><Code>{code}</Code><Message></Message></Error>");
    }
    Ok(answer + "</DeleteResult>")
}

/// An error in place of the answer, though the status is that of a success.
fn failed(code: &str) -> Fault {
    let name = if is_name(code) { format!(" ({code})") } else { String::new() };
    let is_transient =
        ["InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout"].contains(&code);
    let said = format!("the store refused{name}");
    if is_transient { Fault::transient(said) } else { Fault::lasting(said) }
}

fn is_name(code: &str) -> bool {
    let is_short = !code.is_empty() && code.len() < 64;
    is_short && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn numbers(text: &str) -> String {
    text.chars().fold(String::new(), |mut all, character| {
        let _ = write!(all, "&#{};", u32::from(character));
        all
    })
}

fn of_azure(count: usize, headers: &HeaderMap, body: &[u8]) -> Result<String, Fault> {
    let boundary = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).and_then(|kind| {
        let (kind, rest) = kind.split_once(';')?;
        let boundary = rest.trim().strip_prefix("boundary=")?.trim_matches('"');
        (kind.trim().eq_ignore_ascii_case("multipart/mixed") && !boundary.is_empty())
            .then_some(boundary)
    });
    let boundary =
        boundary.ok_or_else(|| Fault::unreadable(xml::Unreadable::Other, "a confirmation"))?;
    let text = String::from_utf8_lossy(body);
    let mut codes: HashMap<usize, u16> = HashMap::new();
    let mut twice = HashSet::new();
    for part in text.split(&format!("--{boundary}")).skip(1).filter_map(Part::parse) {
        match part.number {
            Some(number) if codes.insert(number, part.status).is_some() => {
                twice.insert(number);
            }
            Some(_) => {}
            // One answer to all of them.
            None => return Err(answered(part.status)),
        }
    }
    let mut answer = String::new();
    for number in 0..count {
        let code = codes.get(&number).filter(|_| !twice.contains(&number));
        let status = match code {
            Some(code @ (200..=299 | 404)) => format!("{code} OK"),
            Some(code) => format!("{code} status code: {code}"),
            None => format!("500 {UNCONFIRMED}"),
        };
        let _ =
            write!(answer, "--{BOUNDARY}\r\nContent-ID: {number}\r\n\r\nHTTP/1.1 {status}\r\n\r\n");
    }
    Ok(answer + "--" + BOUNDARY + "--\r\n")
}

fn answered(status: u16) -> Fault {
    let said = format!("the store answered {status}");
    match status {
        429 | 500..=599 => Fault::transient(said),
        _ => Fault::lasting(said),
    }
}

/// One answer of a batch.
struct Part {
    number: Option<usize>,
    status: u16,
}

impl Part {
    /// `None` where it is no part, such as what comes behind the last.
    fn parse(text: &str) -> Option<Self> {
        let (headers, answer) = text.trim_start_matches("\r\n").split_once("\r\n\r\n")?;
        let number = headers.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-id").then(|| value.trim().parse().ok())?
        });
        let status = answer.trim_start().strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some(Self { number, status })
    }
}
