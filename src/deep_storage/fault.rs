//! Why an object store did not do what it was asked for: in words that hold no secret, and whether it may do so later.

use std::fmt;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use super::xml::Unreadable;

/// Stands for the error of a key of which the answer did not say that it is gone.
pub(super) const UNCONFIRMED: &str = "LopperUnconfirmed";

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    said: String,
    is_transient: bool,
    is_bad_request: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// The same request may succeed soon.
    pub(super) fn transient(said: impl Into<String>) -> Self {
        Self { said: said.into(), is_transient: true, is_bad_request: false }
    }

    /// Somebody must do something about it.
    pub(super) fn lasting(said: impl Into<String>) -> Self {
        Self { said: said.into(), is_transient: false, is_bad_request: false }
    }

    /// An answer that is not what it has to be.
    pub(super) fn unreadable(why: Unreadable, wanted: &str) -> Self {
        match why {
            Unreadable::CutOff => Self::transient("the answer of the store breaks off"),
            Unreadable::Other => {
                Self::lasting(format!("the store answered with something else than {wanted}"))
            }
        }
    }

    /// The same failure, of a request.
    pub(super) fn of(error: &Error) -> Self {
        Self {
            said: said(error),
            is_transient: is_transient(error),
            is_bad_request: status(&error.to_string()) == Some("400"),
        }
    }

    pub(super) fn is_transient(&self) -> bool {
        self.is_transient
    }

    /// Whether the store could not read the request.
    pub(super) fn is_bad_request(&self) -> bool {
        self.is_bad_request
    }

    pub(super) fn into_http(self) -> HttpError {
        HttpError::new(HttpErrorKind::Unknown, self)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Generic { store: "bucket", source: fault.into() }
    }
}

/// The fault that has caused an error.
fn cause_of(error: &Error) -> Option<&Fault> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref() {
            return Some(fault);
        }
        cause = error.source();
    }
    None
}

/// Whether the same request may succeed later. Refusals stay, and so do mistakes in the configuration.
fn is_transient(error: &Error) -> bool {
    if let Some(fault) = cause_of(error) {
        return fault.is_transient;
    }
    let Error::Generic { .. } = error else { return false };
    let text = error.to_string();
    if text.contains(UNCONFIRMED) {
        return true;
    }
    if let Some(status) = status(&text) {
        return status == "429" || status == "408" || status.starts_with('5');
    }
    // Of a single key in the answer to many, S3 tells the code alone. Without either, nothing was answered.
    code(&text).is_none_or(|code| {
        ["InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout"].contains(&code)
    })
}

/// What an error says, without what a server put into its body: that may be long, and repeat what it was sent.
fn said(error: &Error) -> String {
    let text = told(error);
    // What is asked for credentials is no store: a machine's or container's own address, or who gives out tokens.
    let no_credentials =
        ["169.254.", "metadata.google", "TokenRequest", "token request", "credentials from"];
    if no_credentials.iter().any(|sign| text.contains(sign)) {
        return "no credentials were found: neither in the environment, nor in a profile, nor from the machine".to_owned();
    }
    if let Some(fault) = cause_of(error) {
        return fault.said.clone();
    }
    if text.contains(UNCONFIRMED) {
        return "the store did not confirm it".to_owned();
    }
    let code = code(&text);
    let kind = match error {
        Error::PermissionDenied { .. } => "the credentials do not allow it".to_owned(),
        Error::Unauthenticated { .. } => "the credentials are not known".to_owned(),
        Error::NotFound { .. } => "there is no such bucket".to_owned(),
        Error::InvalidPath { .. } => "a key cannot be named exactly".to_owned(),
        _ => match status(&text) {
            // Only a bucket is missed so: objects that are not there have an error of their own.
            Some("404") => "there is no such bucket".to_owned(),
            Some(status) => format!("the store answered {status}"),
            None if code.is_some() => "the store refused".to_owned(),
            None => unanswered(&text),
        },
    };
    kind + &code.map_or_else(String::new, |code| format!(" ({code})"))
}

/// An error and all its causes.
pub(super) fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// That there was no answer, and why, as far as an error's text tells.
pub(super) fn unanswered(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    let signs = [
        ("connection refused", " (connection refused)"),
        ("dns error", " (its name is not known)"),
        ("certificate", " (its certificate is not trusted)"),
        ("timed out", " (time ran out)"),
        ("timeout", " (time ran out)"),
    ];
    let cause = signs.iter().find(|(sign, _)| text.contains(sign)).map_or("", |(_, cause)| cause);
    format!("the store did not answer{cause}")
}

fn status(text: &str) -> Option<&str> {
    text.split_once("status code: ")?.1.get(..3)
}

/// A store's name for an error: in an answer about one key of many, or in a body.
fn code(text: &str) -> Option<&str> {
    let (rest, end) = match text.rsplit_once("(code: ") {
        Some((before, rest)) if before.contains("request failed for key") => (rest, ')'),
        _ => (text.split_once("<Code>")?.1, '<'),
    };
    let code = rest.split(end).next()?;
    let is_name = code.len() < 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_name && code.starts_with(|first: char| first.is_ascii_alphabetic())).then_some(code)
}
