//! The deletion of many keys: requests as large as stores take, again what is transient, and of each key what has become of
//! it.

use std::cell::RefCell;
use std::time::Instant;

use futures_util::{StreamExt as _, stream};
use object_store::Error;
use object_store::path::Path;
use tokio::time::sleep;

use super::apart::stopped;
use super::fault::Fault;
use super::wire::{FIRST_PAUSE, Wire, too_slow};
use super::{DeleteError, Found};

/// Keys in one DeleteObjects request: S3 takes no more.
const MOST_KEYS: usize = 1000;

impl Wire {
    /// Deletes keys, none of them twice; answers in their order. What may pass is tried again until patience ends.
    pub(super) fn delete(&self, keys: &[Path], end: Instant) -> Vec<Result<Found, DeleteError>> {
        let results = RefCell::new(vec![None; keys.len()]);
        let all: Vec<usize> = (0..keys.len()).collect();
        let is_over = self.work(async {
            let retries_end = end.min(Instant::now() + self.patience.total);
            self.delete_these(keys, &all, end, &results).await;
            let mut pause = FIRST_PAUSE;
            loop {
                let open: Vec<usize> = all
                    .iter()
                    .copied()
                    .filter(|index| is_open(&results.borrow()[*index]))
                    .collect();
                if open.is_empty() || Instant::now() + pause >= retries_end {
                    return;
                }
                sleep(pause).await;
                pause *= 2;
                self.delete_these(keys, &open, retries_end, &results).await;
            }
        });
        let missed = || if is_over.is_some() { too_slow() } else { stopped() };
        let told = |result: Answer| {
            result.map_or_else(
                || Err(missed()),
                |result| result.map_err(|fault| DeleteError(fault.to_string())),
            )
        };
        results.into_inner().into_iter().map(told).collect()
    }

    /// Asks once for the deletion of some of the keys.
    async fn delete_these(
        &self,
        keys: &[Path],
        indexes: &[usize],
        end: Instant,
        results: &RefCell<Vec<Answer>>,
    ) {
        for part in indexes.chunks(MOST_KEYS) {
            if Instant::now() >= end {
                return;
            }
            let these: Vec<Path> = part.iter().map(|index| keys[*index].clone()).collect();
            let answers = self.try_to_delete(these, end).await;
            for (index, answer) in part.iter().zip(answers) {
                results.borrow_mut()[*index] = answer;
            }
        }
    }

    /// One request. Where the store cannot read it, one key may be why: the halves are tried, as long as one of them goes.
    async fn try_to_delete(&self, keys: Vec<Path>, end: Instant) -> Vec<Answer> {
        let answers = self.request(&keys, end).await;
        if keys.len() == 1 || !answers.iter().all(is_unread) {
            return answers;
        }
        let halves = keys.split_at(keys.len() / 2);
        let first = self.request(halves.0, end).await;
        let second = self.request(halves.1, end).await;
        let has_both_failed = first.iter().chain(&second).all(is_unread);
        let mut answers = Vec::with_capacity(keys.len());
        for (half, asked) in [(halves.0, first), (halves.1, second)] {
            if !has_both_failed && asked.iter().all(is_unread) {
                answers.extend(Box::pin(self.try_to_delete(half.to_vec(), end)).await);
            } else {
                answers.extend(asked);
            }
        }
        answers
    }

    /// Asks for the deletion of keys. An answer that does not speak of each key is a failure of all of them.
    async fn request(&self, keys: &[Path], end: Instant) -> Vec<Answer> {
        let given: Vec<Result<Path, Error>> = keys.iter().cloned().map(Ok).collect();
        let mut stream = self.store.delete_stream(stream::iter(given).boxed());
        let mut answers: Vec<Result<Found, Fault>> = Vec::with_capacity(keys.len());
        while let Some(answer) = stream.next().await {
            answers.push(match answer {
                Ok(_) => Ok(Found::Present),
                Err(Error::NotFound { .. }) if self.tells_absent => Ok(Found::Absent),
                Err(error) => Err(Fault::of(&error)),
            });
            if answers.len() < keys.len() && Instant::now() >= end {
                // Up to the first failure, which may be that of several keys, they are in order.
                let known = answers.into_iter().take_while(Result::is_ok).map(Some);
                return known.chain(std::iter::repeat(None)).take(keys.len()).collect();
            }
        }
        if answers.len() == keys.len() {
            return answers.into_iter().map(Some).collect();
        }
        let nothing = || Fault::transient("the store gave an answer without content");
        let fault = answers.into_iter().find_map(Result::err).unwrap_or_else(nothing);
        vec![Some(Err(fault)); keys.len()]
    }
}

/// What has become of a key; `None` while it was not asked for.
type Answer = Option<Result<Found, Fault>>;

fn is_unread(answer: &Answer) -> bool {
    answer.as_ref().is_some_and(|answer| answer.as_ref().is_err_and(Fault::is_bad_request))
}

fn is_open(answer: &Answer) -> bool {
    answer.as_ref().is_some_and(|answer| answer.as_ref().is_err_and(Fault::is_transient))
}
