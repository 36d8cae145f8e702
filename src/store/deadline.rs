//! When the statement that runs has to end at the latest: asked by the connection's progress handler.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shared by a store and its progress handler.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadline(Arc<Mutex<Option<Instant>>>);

impl Deadline {
    /// So long from now on; `None`: without end.
    pub(super) fn set(&self, limit: Option<Duration>) {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    pub(super) fn has_passed(&self) -> bool {
        let deadline = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
