//! A small HTTP server: `/metrics` for Prometheus, `/livez` and `/readyz` for whoever starts and stops processes.
//!
//! A probe that is not answered gets the scheduler killed. So whoever connects gets in, and the one that has been there
//! longest goes for it; and probes do not count among the scrapes, of which there may be so many at a time.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant as Moment};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::error::{Error, Result};
use crate::serve::Watch;

/// Connections at the same time. When one more comes, the oldest is closed.
const MOST_CONNECTIONS: usize = 128;

/// Scrapes at the same time, up to the end of their connections: each holds a page in memory.
const MOST_SCRAPES: usize = 8;

/// How long a client may take for its request, and for all.
const REQUEST_WITHIN: Duration = Duration::from_secs(3);
const ALL_WITHIN: Duration = Duration::from_secs(15);

/// A pause after a failure to accept, such as too many open files.
const AFTER_TROUBLE: Duration = Duration::from_millis(100);

const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
const PLAIN_TYPE: &str = "text/plain; charset=utf-8";

/// Where to listen: `HOST:PORT`; `PORT` or `:PORT` is this machine's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it has no port, or something that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let is_port = !port.starts_with('+') && port.parse::<u16>().is_ok();
        let is_host = !host.contains(':') || host.starts_with('[') && host.ends_with(']');
        if !is_port || !is_host {
            return Err(
                "it is PORT, on this machine alone, or HOST:PORT, such as 0.0.0.0:9184".to_owned()
            );
        }
        let host = if host.is_empty() { "127.0.0.1" } else { host };
        Ok(Self(format!("{host}:{port}")))
    }

    fn bind(&self) -> std::io::Result<TcpListener> {
        let addresses: Vec<SocketAddr> = self.0.to_socket_addrs()?.collect();
        let listener = TcpListener::bind(addresses.as_slice())?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }
}

/// Answers on an address until the process ends. The address is bound when this returns.
///
/// # Errors
/// When the address cannot be bound, or the thread cannot start.
pub fn listen(address: &Address, watch: Arc<Watch>) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Error::failed(format!("cannot listen on {}", address.0))
            .because(error)
            .help("give --metrics-listen another address, or stop what listens there")
    };
    let listener = address.bind().map_err(cannot)?;
    let bound = listener.local_addr().map_err(cannot)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .max_blocking_threads(2)
        .build()
        .map_err(cannot)?;
    std::thread::Builder::new()
        .name("http".to_owned())
        .spawn(move || runtime.block_on(accept(listener, watch)))
        .map_err(cannot)?;
    tracing::info!(address = %bound, "metrics are at http://{bound}/metrics");
    Ok(())
}

/// What all connections share.
struct Shared {
    watch: Arc<Watch>,
    scrapes: AtomicUsize,
}

/// A place among the scrapes, given back when it is dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let place = Self(Arc::clone(shared));
        (shared.scrapes.fetch_add(1, Ordering::Relaxed) < MOST_SCRAPES).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.scrapes.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The place that a connection has taken.
type Held = Arc<Mutex<Option<Place>>>;

async fn accept(listener: TcpListener, watch: Arc<Watch>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!("cannot listen for scrapes: {error}"),
    };
    let shared = Arc::new(Shared { watch, scrapes: AtomicUsize::new(0) });
    let mut open: VecDeque<tokio::task::AbortHandle> = VecDeque::new();
    loop {
        let accepted = listener.accept().await;
        open.retain(|connection| !connection.is_finished());
        if (accepted.is_err() || open.len() >= MOST_CONNECTIONS)
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        match accepted {
            Ok((stream, _)) => {
                open.push_back(tokio::spawn(serve(stream, Arc::clone(&shared))).abort_handle());
            }
            Err(error) => {
                tracing::debug!(%error, "cannot accept a connection");
                tokio::time::sleep(AFTER_TROUBLE).await;
            }
        }
    }
}

async fn serve(stream: tokio::net::TcpStream, shared: Arc<Shared>) {
    let held = Held::default();
    let service = service_fn(|request| answer(request, Arc::clone(&shared), Arc::clone(&held)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WITHIN)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(ALL_WITHIN, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a scrape went wrong"),
        Err(_) => tracing::debug!("a scrape took too long"),
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    held: Held,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let is_known = matches!(path, "/metrics" | "/livez" | "/readyz");
    if !is_known {
        return Ok(plain(StatusCode::NOT_FOUND, "there are /metrics, /livez and /readyz"));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "it can be read, by GET or HEAD");
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Ok(response);
    }
    Ok(match path {
        "/livez" => livez(&shared.watch),
        "/readyz" => readyz(&shared.watch),
        _ => metrics(&shared, &held).await,
    })
}

async fn metrics(shared: &Arc<Shared>, held: &Held) -> Response<Full<Bytes>> {
    let Some(place) = Place::take(shared) else {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "too many scrapes at the same time");
    };
    *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    // SQLite may wait for a disk: probes are answered meanwhile.
    let watch = Arc::clone(&shared.watch);
    match tokio::task::spawn_blocking(move || watch.page()).await {
        Ok(Ok(page)) => response(StatusCode::OK, METRICS_TYPE, page),
        Ok(Err(error)) => {
            tracing::warn!("a scrape is not answered: {error}");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the store cannot be read; the log says why")
        }
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be made"),
    }
}

fn livez(watch: &Watch) -> Response<Full<Bytes>> {
    if watch.health().lives(Moment::now()) {
        plain(StatusCode::OK, "alive")
    } else {
        plain(StatusCode::SERVICE_UNAVAILABLE, "the scheduler gives no sign of life")
    }
}

fn readyz(watch: &Watch) -> Response<Full<Bytes>> {
    if let Some(trouble) = watch.health().trouble() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, &trouble);
    }
    match watch.health().state() {
        None => plain(StatusCode::SERVICE_UNAVAILABLE, "the job files are not read yet"),
        Some(state) if state.stops => plain(StatusCode::SERVICE_UNAVAILABLE, "stops"),
        Some(state) if state.acts => plain(StatusCode::OK, "ready, acts"),
        Some(_) => plain(StatusCode::OK, "ready, stands by"),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    response(status, PLAIN_TYPE, format!("{text}\n"))
}

fn response(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
