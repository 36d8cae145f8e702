//! Talks to object stores: a private runtime, bounded retries, and an early end when the run has to stop.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::{self, Either};
use futures_util::{StreamExt as _, stream};
use object_store::ObjectStore;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

use super::DeleteError;
use super::apart::stopped;
use super::fault::Fault;
use super::listing::{Object, Page};

/// Folders and objects that are asked for at a time.
const AT_A_TIME: usize = 16;

/// Objects of a folder that are asked for to see whether there are any.
const FEW: usize = 10;

/// The pause before the first retry; each next one is twice as long.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// How long an answer is waited for once the run has to stop.
const GRACE: Duration = Duration::from_millis(500);

/// How often it is asked whether the run has to stop: who says so can do no more than set a number.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// An object store that can be listed page by page.
pub(super) trait Remote: ObjectStore + PaginatedListStore {}

impl<S: ObjectStore + PaginatedListStore> Remote for S {}

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
    /// release) take the milliseconds for an answer, and for retries, from `LOPPER_TEST_STORAGE_TIMEOUT`; the rest is in
    /// proportion.
    pub(super) fn of_process() -> Self {
        #[cfg(debug_assertions)]
        if let Ok(text) = std::env::var("LOPPER_TEST_STORAGE_TIMEOUT") {
            let mut numbers = text.split(' ').flat_map(str::parse).map(Duration::from_millis);
            if let Some(request) = numbers.next() {
                let patience = Self::of(request);
                return Self { total: numbers.next().unwrap_or(patience.total), ..patience };
            }
        }
        Self::of(Duration::from_secs(10))
    }

    fn of(request: Duration) -> Self {
        Self { request, total: request * 3, call: request * 9 }
    }
}

/// What to look for, by listings: no other right is needed than a kill has.
#[derive(Debug, Clone)]
pub(super) enum Look {
    /// The object of this very key.
    Object(String),
    /// Any object below this folder.
    Below(Path),
}

/// A store and the thread's runtime for it.
pub(super) struct Wire {
    pub(super) store: Arc<dyn Remote>,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    pub(super) patience: Patience,
    pub(super) tells_absent: bool,
    /// Not 0 once the run has to stop.
    stop: Arc<AtomicUsize>,
    /// Until when answers are waited for since then.
    until: OnceLock<Instant>,
}

impl Drop for Wire {
    /// Without waiting: a name that is being looked up could take a minute.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Wire {
    pub(super) fn new(
        store: Arc<dyn Remote>,
        patience: Patience,
        tells_absent: bool,
        stop: Arc<AtomicUsize>,
    ) -> Result<Self, DeleteError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| DeleteError(format!("cannot start the network runtime: {error}")))?;
        let until = OnceLock::new();
        Ok(Self { store, runtime: Some(runtime), patience, tells_absent, stop, until })
    }

    /// Works on something until it is done; `None` when the run has to stop before.
    pub(super) fn work<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let runtime = self.runtime.as_ref()?;
        runtime.block_on(async {
            match future::select(pin!(work), pin!(self.stopped())).await {
                Either::Left((done, _)) => Some(done),
                Either::Right(_) => None,
            }
        })
    }

    /// Ends a little after the run has to stop.
    async fn stopped(&self) {
        while self.stop.load(Ordering::Relaxed) == 0 {
            sleep(BETWEEN_LOOKS).await;
        }
        let until = *self.until.get_or_init(|| Instant::now() + GRACE);
        tokio::time::sleep_until(until.into()).await;
    }

    /// When a call that begins now must not begin anything any more.
    pub(super) fn end_of_call(&self) -> Instant {
        Instant::now() + self.patience.call
    }

    /// The objects whose keys begin with `prefix`, page by page.
    pub(super) fn list(&self, prefix: String) -> Objects<'_> {
        Objects { wire: self, prefix, page: VecDeque::new(), next: Next::Page(None) }
    }

    /// Asks until there is an answer: what is transient again, until patience ends.
    async fn persist<T>(
        &self,
        end: Instant,
        ask: impl AsyncFn() -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let end = end.min(Instant::now() + self.patience.total);
        let mut pause = FIRST_PAUSE;
        loop {
            match ask().await {
                Err(fault) if fault.is_transient() && Instant::now() + pause < end => {
                    sleep(pause).await;
                    pause *= 2;
                }
                answer => return answer,
            }
        }
    }

    async fn page(
        &self,
        prefix: &str,
        token: Option<&str>,
        most: Option<usize>,
        end: Instant,
    ) -> Result<Page, Fault> {
        let ask = async || {
            let options = PaginatedListOptions {
                page_token: token.map(str::to_owned),
                max_keys: most,
                ..PaginatedListOptions::default()
            };
            let prefix = (!prefix.is_empty()).then_some(prefix);
            let answer = self.store.list_paginated(prefix, options).await;
            let page =
                answer.map_err(|error| Fault::of(&error))?.result.extensions.remove::<Page>();
            page.ok_or_else(|| Fault::lasting("the listing was lost on its way"))
        };
        let page = self.persist(end, ask).await?;
        if page.next.is_some() && page.next.as_deref() == token {
            return Err(Fault::lasting("the listing does not go on: every page names itself"));
        }
        Ok(page)
    }

    /// The objects below folders, in their order; several folders are listed at a time.
    pub(super) fn below(
        &self,
        folders: &[Path],
        end: Instant,
    ) -> Vec<Result<Vec<Object>, DeleteError>> {
        let list = |folder: Path| async move {
            let within = format!("{folder}/");
            let (mut found, mut token) = (Vec::new(), None);
            loop {
                if Instant::now() >= end {
                    return Err(too_slow());
                }
                let page = self.page(&within, token.as_deref(), None, end).await;
                let page = page.map_err(|fault| DeleteError(fault.to_string()))?;
                found.extend(page.objects.into_iter().filter(|one| is_below(one, &within)));
                match page.next {
                    Some(next) => token = Some(next),
                    None => return Ok(found),
                }
            }
        };
        self.each(folders.to_vec(), list)
    }

    /// Whether anything is there, of each in their order; several are looked for at a time.
    pub(super) fn look(&self, wanted: Vec<Look>, end: Instant) -> Vec<Result<bool, DeleteError>> {
        self.each(wanted, |wanted| async move {
            if Instant::now() >= end {
                return Err(too_slow());
            }
            let found = match &wanted {
                Look::Below(folder) => self.is_any_below(folder, end).await,
                // It comes before all others that begin with it.
                Look::Object(key) => {
                    let page = self.page(key, None, Some(FEW), end).await;
                    page.map(|page| page.objects.iter().any(|object| object.key == *key))
                }
            };
            found.map_err(|fault| DeleteError(fault.to_string()))
        })
    }

    /// Asks for each, several at a time; answers in their order.
    fn each<A, T, F>(&self, asked: Vec<A>, ask: impl Fn(A) -> F) -> Vec<Result<T, DeleteError>>
    where
        F: Future<Output = Result<T, DeleteError>>,
    {
        let count = asked.len();
        let answers = RefCell::new(Vec::with_capacity(count));
        let all = stream::iter(asked).map(ask).buffered(AT_A_TIME);
        self.work(all.for_each(|answer| {
            answers.borrow_mut().push(answer);
            future::ready(())
        }));
        let answers = answers.into_inner().into_iter();
        answers.chain(std::iter::repeat_with(|| Err(stopped()))).take(count).collect()
    }

    /// By no more of the listing than it takes to see one object.
    async fn is_any_below(&self, folder: &Path, end: Instant) -> Result<bool, Fault> {
        let within = format!("{folder}/");
        let mut token = None;
        loop {
            let page = self.page(&within, token.as_deref(), Some(FEW), end).await?;
            if page.objects.iter().any(|object| is_below(object, &within)) {
                return Ok(true);
            }
            match page.next {
                Some(next) => token = Some(next),
                None => return Ok(false),
            }
        }
    }
}

/// Whether an object lies in a folder. What stands for a folder is no object of it.
fn is_below(object: &Object, within: &str) -> bool {
    object.key.starts_with(within) && object.key != within && !object.is_folder()
}

pub(super) fn too_slow() -> DeleteError {
    DeleteError("the store was too slow for it; a later run tries again".to_owned())
}

/// Objects of a store, one after the other.
pub(super) struct Objects<'a> {
    wire: &'a Wire,
    prefix: String,
    page: VecDeque<Object>,
    next: Next,
}

enum Next {
    /// A page, by what the one before said; the first.
    Page(Option<String>),
    End,
}

impl Iterator for Objects<'_> {
    type Item = Result<Object, DeleteError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(object) = self.page.pop_front() {
                return Some(Ok(object));
            }
            let Next::Page(token) = std::mem::replace(&mut self.next, Next::End) else {
                return None;
            };
            let end = Instant::now() + self.wire.patience.total;
            let page = self.wire.page(&self.prefix, token.as_deref(), None, end);
            match self.wire.work(page) {
                None => return Some(Err(stopped())),
                Some(Err(fault)) => return Some(Err(DeleteError(fault.to_string()))),
                Some(Ok(page)) => {
                    let prefix = &self.prefix;
                    let within = |object: &Object| object.key.starts_with(prefix);
                    self.page = page.objects.into_iter().filter(within).collect();
                    self.next = page.next.map_or(Next::End, |token| Next::Page(Some(token)));
                }
            }
        }
    }
}
