//! Talks to object stores: a private runtime, bounded retries, and errors that hold no secret.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::runtime::{Builder, Runtime};

use super::{DeleteError, Found};

/// Keys in one DeleteObjects request: S3 takes no more.
const MOST_KEYS: usize = 1000;

/// Folders that are listed at a time.
const LISTS: usize = 16;

/// The pause before the first retry; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For one answer.
    pub(super) request: Duration,
    /// Until no retry begins any more.
    pub(super) total: Duration,
    /// Until nothing at all begins any more that one call has asked for. With what is begun then, a call ends before the
    /// claims of its files do.
    pub(super) call: Duration,
}

impl Patience {
    /// Ten seconds for an answer, thirty with retries, ninety for a call. Builds with debug assertions (tests, never a
    /// release) take the milliseconds for an answer from `LOPPER_TEST_STORAGE_TIMEOUT`; the rest is in proportion.
    pub(super) fn of_process() -> Self {
        #[cfg(debug_assertions)]
        if let Ok(Ok(millis)) =
            std::env::var("LOPPER_TEST_STORAGE_TIMEOUT").map(|text| text.parse::<u64>())
        {
            let request = Duration::from_millis(millis);
            return Self::of(request);
        }
        Self::of(Duration::from_secs(10))
    }

    fn of(request: Duration) -> Self {
        Self { request, total: request * 3, call: request * 9 }
    }
}

/// A store and the thread's runtime for it.
pub(super) struct Wire {
    store: Arc<dyn ObjectStore>,
    runtime: Runtime,
    patience: Patience,
    tells_absent: bool,
}

impl Wire {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        patience: Patience,
        tells_absent: bool,
    ) -> Result<Self, DeleteError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DeleteError(format!("cannot start the network runtime: {error}")))?;
        Ok(Self { store, runtime, patience, tells_absent })
    }

    /// The objects below a prefix, page by page; the prefix counts as whole parts.
    pub(super) fn list(&self, prefix: &Path) -> Objects<'_> {
        let prefix = (!prefix.is_root()).then_some(prefix);
        Objects { runtime: &self.runtime, stream: self.store.list(prefix) }
    }

    /// Whether there is an object of this key.
    pub(super) fn exists(&self, key: &Path) -> Result<bool, DeleteError> {
        match self.runtime.block_on(self.store.head(key)) {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(DeleteError(said(&error))),
        }
    }

    /// When a call that begins now must not begin anything any more.
    pub(super) fn end_of_call(&self) -> Instant {
        Instant::now() + self.patience.call
    }

    /// The objects below folders, in their order; several folders are listed at a time.
    pub(super) fn below(
        &self,
        folders: &[Path],
        end: Instant,
    ) -> Vec<Result<Vec<Path>, DeleteError>> {
        let list = |folder: Path| {
            let store = Arc::clone(&self.store);
            async move {
                if Instant::now() >= end {
                    return Err(too_slow());
                }
                let within = format!("{folder}/");
                let mut objects = store.list(Some(&folder));
                let mut found = Vec::new();
                while let Some(object) = objects.next().await {
                    let path = object.map_err(|error| DeleteError(said(&error)))?.location;
                    // An object named as the folder itself comes without its slash, and would be another.
                    if path.as_ref().starts_with(&within) {
                        found.push(path);
                    }
                }
                Ok(found)
            }
        };
        let lists = stream::iter(folders.to_vec()).map(list).buffered(LISTS);
        self.runtime.block_on(lists.collect())
    }

    /// Deletes keys, none of them twice; answers in their order. What may pass is tried again until patience ends.
    pub(super) fn delete(&self, keys: &[Path], end: Instant) -> Vec<Result<Found, DeleteError>> {
        let retries_end = end.min(Instant::now() + self.patience.total);
        let mut results: Vec<Result<Found, Error>> = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MOST_KEYS) {
            if Instant::now() < end {
                results.extend(self.try_to_delete(keys));
            }
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let is_open = |index: &usize| results[*index].as_ref().is_err_and(may_pass);
            let open: Vec<usize> = (0..results.len()).filter(is_open).collect();
            if open.is_empty() || Instant::now() + pause >= retries_end {
                break;
            }
            std::thread::sleep(pause);
            pause *= 2;
            for part in open.chunks(MOST_KEYS) {
                let again: Vec<Path> = part.iter().map(|index| keys[*index].clone()).collect();
                for (index, result) in part.iter().zip(self.try_to_delete(&again)) {
                    results[*index] = result;
                }
            }
        }
        let told =
            results.into_iter().map(|result| result.map_err(|error| DeleteError(said(&error))));
        told.chain(std::iter::repeat_with(|| Err(too_slow()))).take(keys.len()).collect()
    }

    /// One request. An answer that does not speak of each key is a failure of all of them.
    fn try_to_delete(&self, keys: &[Path]) -> Vec<Result<Found, Error>> {
        let given: Vec<Result<Path, Error>> = keys.iter().cloned().map(Ok).collect();
        let answers = self.store.delete_stream(stream::iter(given).boxed());
        let answers: Vec<_> = self.runtime.block_on(answers.collect());
        if answers.len() == keys.len() {
            let found = |answer| match answer {
                Ok(_) => Ok(Found::Present),
                Err(Error::NotFound { .. }) if self.tells_absent => Ok(Found::Absent),
                Err(error) => Err(error),
            };
            return answers.into_iter().map(found).collect();
        }
        let why = answers.into_iter().find_map(Result::err);
        let text = why.as_ref().map_or_else(|| "an answer without content".to_owned(), said);
        let passes = why.as_ref().is_none_or(may_pass);
        let error = |_| {
            Err(Error::Generic {
                store: "bucket",
                source: Whole { text: text.clone(), passes }.into(),
            })
        };
        keys.iter().map(error).collect()
    }
}

fn too_slow() -> DeleteError {
    DeleteError("the store was too slow for it; a later run tries again".to_owned())
}

/// A request failed as a whole.
#[derive(Debug)]
struct Whole {
    text: String,
    passes: bool,
}

impl std::fmt::Display for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Whole {}

/// Objects of a store, one after the other.
pub(super) struct Objects<'a> {
    runtime: &'a Runtime,
    stream: BoxStream<'static, Result<ObjectMeta, Error>>,
}

impl Iterator for Objects<'_> {
    type Item = Result<ObjectMeta, DeleteError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.runtime.block_on(self.stream.next())?;
        Some(next.map_err(|error| DeleteError(said(&error))))
    }
}

fn whole(error: &Error) -> Option<&Whole> {
    let Error::Generic { source, .. } = error else { return None };
    source.downcast_ref()
}

/// Whether the same request may succeed later. Refusals do not pass, and neither do mistakes in the configuration.
fn may_pass(error: &Error) -> bool {
    if let Some(whole) = whole(error) {
        return whole.passes;
    }
    let Error::Generic { .. } = error else { return false };
    let text = error.to_string();
    if let Some(status) = status(&text) {
        return status == "429" || status.starts_with('5');
    }
    // Of a single key in the answer to many, S3 tells the code alone. Without either, nothing was answered.
    code(&text).is_none_or(|code| {
        ["InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout"].contains(&code)
    })
}

/// What an error says, without what a server put into its body: that may be long, and repeat what it was sent.
fn said(error: &Error) -> String {
    if let Some(whole) = whole(error) {
        return whole.text.clone();
    }
    let text = told(error);
    let code = code(&text).map_or_else(String::new, |code| format!(" ({code})"));
    // What is asked for credentials is no store: a machine's or container's own address, or who gives out tokens.
    let no_credentials =
        ["169.254.", "metadata.google", "TokenRequest", "token request", "credentials from"];
    if no_credentials.iter().any(|sign| text.contains(sign)) {
        return "no credentials were found: neither in the environment, nor in a profile, nor from the machine".to_owned();
    }
    let kind = match error {
        Error::PermissionDenied { .. } => "the credentials do not allow it".to_owned(),
        Error::Unauthenticated { .. } => "the credentials are not known".to_owned(),
        Error::NotFound { .. } => "there is no such bucket".to_owned(),
        Error::InvalidPath { .. } => "a key cannot be named exactly".to_owned(),
        _ => match status(&text) {
            // Only a bucket is missed so: objects that are not there have an error of their own.
            Some("404") => "there is no such bucket".to_owned(),
            Some(status) => format!("the store answered {status}"),
            None if !code.is_empty() => "the store refused".to_owned(),
            None => format!("the store did not answer{}", cause(&text)),
        },
    };
    format!("{kind}{code}")
}

/// An error and all its causes.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Why there was no answer, as far as it can be told.
fn cause(text: &str) -> &'static str {
    let text = text.to_ascii_lowercase();
    let signs = [
        ("connection refused", " (connection refused)"),
        ("dns error", " (its name is not known)"),
        ("certificate", " (its certificate is not trusted)"),
        ("timed out", " (time ran out)"),
        ("timeout", " (time ran out)"),
    ];
    signs.iter().find(|(sign, _)| text.contains(sign)).map_or("", |(_, cause)| cause)
}

fn status(text: &str) -> Option<&str> {
    text.split_once("status code: ")?.1.get(..3)
}

/// S3's name for an error, in a body or in an answer about one key.
fn code(text: &str) -> Option<&str> {
    let (rest, end) = match text.split_once("<Code>") {
        Some((_, rest)) => (rest, '<'),
        None => (text.rsplit_once("(code: ")?.1, ')'),
    };
    let code = rest.split(end).next()?;
    let is_name = code.len() < 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_name && code.starts_with(|first: char| first.is_ascii_alphabetic())).then_some(code)
}
