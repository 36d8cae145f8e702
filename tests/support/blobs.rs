//! Servers that speak as much of Google's and Azure's protocols as a kill needs, and that can be told to misbehave. The
//! truth is with the server: what it keeps is there, whatever it has answered.

use std::collections::{BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

use super::reply::Reply;

/// Whose protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Google,
    Azure,
}

/// What a request for a deletion meets.
#[derive(Debug, Clone)]
pub enum Fate {
    /// This answer, and nothing is done.
    Says(Reply),
    /// It is done, and this is the answer.
    Done(Reply),
    /// No answer until the client goes away; nothing is done.
    Silence,
    /// The connection ends; nothing is done.
    Nothing,
    /// Of a batch: the parts of these numbers get this status and are not done, the rest is served.
    Parts(Vec<usize>, u16),
    /// Of a batch: the answer does not speak of the parts of these numbers, which are not done.
    Unsaid(Vec<usize>),
    /// Of a batch: all parts have the number of the first, and none is done.
    Twice,
}

#[derive(Default)]
struct State {
    objects: BTreeSet<String>,
    fates: VecDeque<Fate>,
    listings: VecDeque<Reply>,
}

/// A running server; it goes with the process of the tests.
pub struct Blobs {
    kind: Kind,
    state: Arc<Mutex<State>>,
    port: u16,
}

impl Blobs {
    pub fn new(kind: Kind) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || drop(serve(kind, &stream, &state)));
            }
        });
        Self { kind, state, port }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn put(&self, keys: impl IntoIterator<Item = impl Into<String>>) {
        self.state().objects.extend(keys.into_iter().map(Into::into));
    }

    pub fn keys(&self) -> Vec<String> {
        self.state().objects.iter().cloned().collect()
    }

    /// How later requests for deletions fare, one for each; the rest are served.
    pub fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.state().fates = fates.into_iter().collect();
    }

    /// What later listings are answered, one for each; the rest are served.
    pub fn listings(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state().listings = replies.into_iter().collect();
    }

    /// The configuration of a store whose bucket this is, with the prefix `segments`.
    pub fn config(&self) -> String {
        let port = self.port;
        let section = match self.kind {
            Kind::Google => {
                format!("google]\nbucket = 'deep'\nendpoint = 'http://127.0.0.1:{port}'")
            }
            Kind::Azure => format!(
                "azure]\ncontainer = 'deep'\naccount = 'somebody'\nendpoint = 'http://127.0.0.1:{port}/somebody'"
            ),
        };
        format!(
            "authoritative = true\n[deep_storage.{section}\nprefix = 'segments'\nallow_http = true\n"
        )
    }

    pub fn load_spec(&self, key: &str) -> Value {
        match self.kind {
            Kind::Google => json!({"type": "google", "bucket": "deep", "path": key}),
            Kind::Azure => json!({"type": "azure", "containerName": "deep", "blobPath": key}),
        }
    }

    /// Variables with credentials of nobody.
    pub fn environment(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::Google => (
                "GOOGLE_SERVICE_ACCOUNT_KEY",
                r#"{"private_key":"none","private_key_id":"none","client_email":"none","disable_oauth":true}"#,
            ),
            Kind::Azure => ("AZURE_STORAGE_ACCOUNT_KEY", "bm9ib2R5"),
        }
    }
}

struct Request {
    method: String,
    target: String,
    body: String,
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    Ok(Some(Request { method, target, body: String::from_utf8(body).unwrap() }))
}

fn serve(kind: Kind, mut stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let Some(request) = read(stream)? else { return Ok(()) };
    if request.method == "GET" {
        let mut state = state.lock().unwrap();
        let listed = state.listings.pop_front();
        let reply = listed.unwrap_or_else(|| page(kind, &request.target, &state.objects));
        drop(state);
        return reply.send(stream);
    }
    let fate = state.lock().unwrap().fates.pop_front();
    let (mut left, mut unsaid) = ((Vec::new(), 0), Vec::new());
    let mut twice = false;
    match fate {
        None => {}
        Some(Fate::Says(reply)) => return reply.send(stream),
        Some(Fate::Silence) => return stream.read_to_end(&mut Vec::new()).map(drop),
        Some(Fate::Nothing) => return Ok(()),
        Some(Fate::Done(reply)) => {
            delete(kind, &request, state, &|_| false);
            return reply.send(stream);
        }
        Some(Fate::Parts(numbers, status)) => left = (numbers, status),
        Some(Fate::Unsaid(numbers)) => unsaid = numbers,
        Some(Fate::Twice) => twice = true,
    }
    let stays = |number: usize| twice || left.0.contains(&number) || unsaid.contains(&number);
    let found = delete(kind, &request, state, &stays);
    if kind == Kind::Google {
        return Reply::new(if found[0] { 204 } else { 404 }).send(stream);
    }
    let mut body = String::new();
    for (number, found) in found.into_iter().enumerate().filter(|(at, _)| !unsaid.contains(at)) {
        let status = match found {
            _ if left.0.contains(&number) => left.1,
            true => 202,
            false => 404,
        };
        let number = if twice { 0 } else { number };
        let _ = write!(
            body,
            "--b\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\nHTTP/1.1 {status} X\r\nx-ms-version: 1\r\n\r\n\r\n"
        );
    }
    body.push_str("--b--\r\n");
    Reply::new(202).header("Content-Type", "multipart/mixed; boundary=b").body(body).send(stream)
}

/// Deletes what a request names, but for the parts that stay; says of each whether it was there.
fn delete(
    kind: Kind,
    request: &Request,
    state: &Mutex<State>,
    stays: &dyn Fn(usize) -> bool,
) -> Vec<bool> {
    let paths: Vec<&str> = match kind {
        Kind::Google => vec![request.target.as_str()],
        Kind::Azure => {
            let lines = request.body.lines().filter_map(|line| line.strip_prefix("DELETE "));
            lines.map(|line| line.split([' ', '?']).next().unwrap()).collect()
        }
    };
    let mut state = state.lock().unwrap();
    let keys = paths.iter().map(|path| decoded(path.split_once("/deep/").unwrap().1));
    keys.enumerate()
        .map(|(number, key)| match stays(number) {
            true => state.objects.contains(&key),
            false => state.objects.remove(&key),
        })
        .collect()
}

fn page(kind: Kind, target: &str, objects: &BTreeSet<String>) -> Reply {
    let prefix = target.split(['?', '&']).find_map(|one| one.strip_prefix("prefix="));
    let prefix = decoded(prefix.unwrap_or_default());
    let keys = objects.iter().filter(|key| key.starts_with(&prefix));
    let body = match kind {
        Kind::Google => {
            let objects: String = keys
                .map(|key| format!("<Contents><Key>{key}</Key><Size>9</Size><LastModified>2020-01-01T00:00:00.000Z</LastModified></Contents>"))
                .collect();
            format!("<ListBucketResult>{objects}</ListBucketResult>")
        }
        Kind::Azure => {
            let blobs: String = keys
                .map(|key| format!("<Blob><Name>{key}</Name><Properties><Last-Modified>Wed, 01 Jan 2020 00:00:00 GMT</Last-Modified><Content-Length>9</Content-Length></Properties></Blob>"))
                .collect();
            format!("<EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>")
        }
    };
    Reply::new(200).header("Content-Type", "application/xml").body(body)
}

fn decoded(text: &str) -> String {
    let mut decoded = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap().to_owned();
            decoded.push(u8::from_str_radix(&digits, 16).unwrap());
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).unwrap()
}
