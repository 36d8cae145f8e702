//! Talks to object stores: a private runtime, bounded retries, and errors that hold no secret.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::runtime::{Builder, Runtime};

use super::DeleteError;

/// Keys in one DeleteObjects request: S3 takes no more.
const MOST_KEYS: usize = 1000;

/// The pause before the first retry; each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For one answer.
    pub(super) request: Duration,
    /// Until no retry begins any more.
    pub(super) total: Duration,
}

impl Patience {
    /// Ten seconds for an answer, thirty with retries. Builds with debug assertions (tests, never a release) take
    /// the milliseconds for an answer from `LOPPER_TEST_STORAGE_TIMEOUT`, and thrice as many with retries.
    pub(super) fn of_process() -> Self {
        #[cfg(debug_assertions)]
        if let Ok(Ok(millis)) =
            std::env::var("LOPPER_TEST_STORAGE_TIMEOUT").map(|text| text.parse::<u64>())
        {
            let request = Duration::from_millis(millis);
            return Self { request, total: request * 3 };
        }
        Self { request: Duration::from_secs(10), total: Duration::from_secs(30) }
    }
}

/// A store and the thread's runtime for it.
pub(super) struct Wire {
    store: Arc<dyn ObjectStore>,
    runtime: Runtime,
    patience: Patience,
}

impl Wire {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        patience: Patience,
    ) -> Result<Self, DeleteError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DeleteError(format!("cannot start the network runtime: {error}")))?;
        Ok(Self { store, runtime, patience })
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

    /// Deletes keys, none of them twice; answers in their order. What may pass is tried again until patience ends.
    pub(super) fn delete(&self, keys: &[Path]) -> Vec<Result<(), DeleteError>> {
        let end = Instant::now() + self.patience.total;
        let mut results: Vec<Result<(), Error>> = Vec::with_capacity(keys.len());
        for keys in keys.chunks(MOST_KEYS) {
            results.extend(self.try_to_delete(keys));
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let is_open = |index: &usize| results[*index].as_ref().is_err_and(may_pass);
            let open: Vec<usize> = (0..keys.len()).filter(is_open).collect();
            if open.is_empty() || Instant::now() + pause >= end {
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
        results
            .into_iter()
            .map(|result| result.map_err(|error| DeleteError(said(&error))))
            .collect()
    }

    /// One request. An answer that does not speak of each key is a failure of all of them.
    fn try_to_delete(&self, keys: &[Path]) -> Vec<Result<(), Error>> {
        let given: Vec<Result<Path, Error>> = keys.iter().cloned().map(Ok).collect();
        let answers = self.store.delete_stream(stream::iter(given).boxed());
        let answers: Vec<_> = self.runtime.block_on(answers.collect());
        if answers.len() == keys.len() {
            return answers.into_iter().map(|answer| answer.map(drop)).collect();
        }
        let why = answers.into_iter().find_map(Result::err);
        let text = why.as_ref().map_or_else(|| "an answer without content".to_owned(), said);
        let passes = why.as_ref().is_none_or(may_pass);
        let error = |_| {
            Err(Error::Generic { store: "S3", source: Whole { text: text.clone(), passes }.into() })
        };
        keys.iter().map(error).collect()
    }
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
    match code(&text) {
        Some(code) => {
            ["InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout"].contains(&code)
        }
        None => !text.contains("status code: 4") || text.contains("status code: 429"),
    }
}

/// What an error says, without what a server put into its body: that may be long, and repeat what it was sent.
fn said(error: &Error) -> String {
    if let Some(whole) = whole(error) {
        return whole.text.clone();
    }
    let text = error.to_string();
    let code = code(&text).map_or_else(String::new, |code| format!(" ({code})"));
    let kind = match error {
        Error::PermissionDenied { .. } => "the credentials do not allow it".to_owned(),
        Error::Unauthenticated { .. } => "the credentials are not known".to_owned(),
        Error::NotFound { .. } => "there is no such bucket".to_owned(),
        Error::InvalidPath { .. } => "a key cannot be named exactly".to_owned(),
        _ => match status(&text) {
            Some(status) => format!("the store answered {status}"),
            None if !code.is_empty() => "the store refused".to_owned(),
            None => "the store did not answer".to_owned(),
        },
    };
    format!("{kind}{code}")
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
    (is_name && !code.is_empty()).then_some(code)
}
