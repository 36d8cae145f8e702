//! The HTTP client below `object_store`. It stays with the configured endpoint, and hands on no answer that
//! `object_store` would take for more than it says: listings and confirmations are read here.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpRequest, HttpRequestBody,
    HttpResponse, HttpService,
};
use object_store::{ClientOptions, Error};

use super::confirm::{self, Batch};
use super::fault::{self, Fault};
use super::listing::{self, Page};
use super::wire::Patience;

/// Bytes of an answer; a thousand of the longest keys, or Azure's five thousand, fit in.
const LONGEST: usize = 64 << 20;

/// Bytes of an error that are read.
const LONGEST_ERROR: usize = 64 << 10;

/// The patience with a machine's own address for credentials: most machines have none.
const METADATA: Duration = Duration::from_secs(1);

/// Makes clients for a store, and for what gives out credentials.
#[derive(Debug)]
pub(super) struct Connector {
    patience: Patience,
}

impl Connector {
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience }
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient, Error> {
        let own = ClientOptions::new().with_connect_timeout(self.patience.request);
        let key = ClientConfigKey::ConnectTimeout;
        let is_own = options.get_config_value(&key) == own.get_config_value(&key);
        let allows_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        reqwest::Client::builder()
            .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            // Another place must see neither credentials nor keys, and its word counts for nothing.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(self.patience.request)
            .connect_timeout(if is_own { self.patience.request } else { METADATA })
            .https_only(allows_http.as_deref() != Some("true"))
            .http1_only()
            .build()
            .map(|client| HttpClient::new(Client(client)))
            .map_err(|error| Fault::lasting(fault::told(&error)).into())
    }
}

/// Sends requests, and reads what comes back.
#[derive(Debug)]
struct Client(reqwest::Client);

/// What a request asks for.
enum Asked {
    /// A page of a bucket's objects.
    Listing,
    /// The deletion of these keys.
    Keys(Batch),
    /// The deletion of one object.
    Deletion,
    /// Anything else.
    Other,
}

impl HttpService for Client {
    fn call<'a, 'b>(
        &'a self,
        request: HttpRequest,
    ) -> Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move { self.ask(request).await.map_err(Fault::into_http) })
    }
}

impl Client {
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Fault> {
        let (parts, body) = request.into_parts();
        let asked = Asked::of(&parts, &body)?;
        let answer = self.send(parts, &body).await?;
        let status = answer.status();
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(redirected(status, answer.headers()));
        }
        if !status.is_success() {
            return Ok(refused(answer).await);
        }
        let mut headers = answer.headers().clone();
        let body = whole(answer).await?;
        let mut page = None;
        let body = match asked {
            Asked::Listing => {
                page = Some(Page::parse(&body)?);
                listing::EMPTY.as_bytes().to_vec()
            }
            Asked::Keys(batch) => {
                let confirmed = batch.confirmed(&headers, &body)?;
                if let Some(kind) = confirm::content_type(&batch) {
                    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                }
                confirmed.into_bytes()
            }
            Asked::Deletion if !confirms(status, &headers) => {
                return Err(Fault::lasting(format!(
                    "the store answered {}, which confirms no deletion",
                    status.as_u16()
                )));
            }
            Asked::Deletion if !says_nothing(&body) => {
                return Err(Fault::lasting(format!(
                    "the store answered {} with a page in place of a confirmation",
                    status.as_u16()
                )));
            }
            Asked::Deletion | Asked::Other => body,
        };
        let mut response = HttpResponse::new(body.into());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if let Some(page) = page {
            response.extensions_mut().insert(page);
        }
        Ok(response)
    }

    async fn send(&self, parts: Parts, body: &HttpRequestBody) -> Result<reqwest::Response, Fault> {
        let url = parts.uri.to_string().parse();
        let url = url.map_err(|_| Fault::lasting("the endpoint is no address"))?;
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        if let Some(bytes) = body.as_bytes() {
            *request.body_mut() = Some(bytes.clone().into());
        }
        self.0.execute(request).await.map_err(|error| no_answer(&error))
    }
}

impl Asked {
    fn of(parts: &Parts, body: &HttpRequestBody) -> Result<Self, Fault> {
        let query = parts.uri.query().unwrap_or_default();
        let has = |parameter: &str| query.split('&').any(|one| one == parameter);
        let body = body.as_bytes().map_or(&b""[..], |bytes| bytes);
        Ok(match parts.method {
            Method::GET if has("list-type=2") || has("comp=list") => Self::Listing,
            Method::POST if has("delete") => Self::Keys(Batch::of_s3(body)?),
            Method::POST if has("comp=batch") => Self::Keys(Batch::of_azure(body)),
            Method::DELETE => Self::Deletion,
            _ => Self::Other,
        })
    }
}

fn no_answer(error: &reqwest::Error) -> Fault {
    Fault::transient(fault::unanswered(&fault::told(error)))
}

/// Whether a status says that an object has gone. Azure accepts (202) what it has done; of another store that is a promise.
fn confirms(status: StatusCode, headers: &HeaderMap) -> bool {
    match status {
        StatusCode::OK | StatusCode::NO_CONTENT => true,
        StatusCode::ACCEPTED => headers.contains_key("x-ms-request-id"),
        _ => false,
    }
}

/// Whether the body beside a status adds nothing to it: Google sends none, stores that speak as it does send empty JSON.
fn says_nothing(body: &[u8]) -> bool {
    matches!(body.trim_ascii(), b"" | b"null" | b"{}")
}

/// A whole body.
async fn whole(mut answer: reqwest::Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(Fault::lasting("the answer of the store does not end"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A refusal, with as much of its body as comes and is text: the status counts whatever becomes of that.
async fn refused(mut answer: reqwest::Response) -> HttpResponse {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut body = Vec::new();
    while body.len() < LONGEST_ERROR
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(LONGEST_ERROR);
    let mut response = HttpResponse::new(String::from_utf8_lossy(&body).into_owned().into());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// A store that points to another place. Amazon does so when the bucket is in another region, and names it.
fn redirected(status: StatusCode, headers: &HeaderMap) -> Fault {
    let status = status.as_u16();
    let region = headers.get(HeaderName::from_static("x-amz-bucket-region"));
    let region = region.and_then(|region| region.to_str().ok()).filter(|region| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !region.is_empty() && region.len() < 40 && region.bytes().all(is_plain)
    });
    Fault::lasting(match region {
        Some(region) => format!(
            "the store answered {status}: the bucket is in the region {region}, so write region = '{region}'"
        ),
        None => format!(
            "the store answered {status} and points to another address, which is not followed: set endpoint (and region) \
             to where the bucket is"
        ),
    })
}
