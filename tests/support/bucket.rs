//! A bucket that speaks as much of S3's protocol as a kill needs, and that can be told to misbehave.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// What the next request meets.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing: it is served.
    None,
    /// A status with an error code in its body.
    Answer(u16, &'static str),
    /// No answer until the client goes away.
    Silence,
    /// Half of the answer, after the work is done.
    Half,
    /// A 200 that lists this key as failed, with the code.
    Key(String, &'static str),
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, usize>,
    faults: VecDeque<Fault>,
    requests: Vec<String>,
    authorizations: Vec<String>,
}

/// A running server; it goes with the process of the tests.
pub struct Bucket {
    state: Arc<Mutex<State>>,
    port: u16,
}

pub const SECRET: &str = "Never-To-Be-Seen-5f1c";

impl Bucket {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || drop(serve(&stream, &state)));
            }
        });
        Self { state, port }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn put(&self, keys: impl IntoIterator<Item = impl Into<String>>) {
        self.state().objects.extend(keys.into_iter().map(|key| (key.into(), 9)));
    }

    pub fn keys(&self) -> Vec<String> {
        self.state().objects.keys().cloned().collect()
    }

    /// How later requests fare, one for each; the rest are served.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults = faults.into_iter().collect();
    }

    /// The requests so far, as `POST /bucket?delete`.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    /// What the requests were signed with.
    pub fn authorizations(&self) -> Vec<String> {
        self.state().authorizations.clone()
    }

    /// The configuration of a store whose bucket this is, with the prefix `segments`.
    pub fn config(&self) -> String {
        format!(
            "authoritative = true\n[deep_storage.s3]\nbucket = 'deep'\nprefix = 'segments'\n\
             region = 'eu-west-1'\nendpoint = 'http://127.0.0.1:{}'\nallow_http = true\n",
            self.port
        )
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if line.to_ascii_lowercase().starts_with("authorization:") {
            authorization = Some(line.clone());
        }
        let line = line.to_ascii_lowercase();
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let target = first.rsplit_once(' ').unwrap().0.to_owned();
    let fault = {
        let mut state = state.lock().unwrap();
        state.requests.push(target.clone());
        state.authorizations.extend(authorization);
        state.faults.pop_front().unwrap_or(Fault::None)
    };
    let answer = |status: u16, body: &str| {
        format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let mut stream = stream;
    match fault {
        Fault::Silence => reader.read_to_end(&mut Vec::new()).map(drop),
        Fault::Answer(status, code) => {
            let body = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
            stream.write_all(answer(status, &body).as_bytes())
        }
        Fault::Half => {
            let text = answer(200, &respond(&target, &body, state, None));
            stream.write_all(&text.as_bytes()[..text.len() / 2])
        }
        Fault::Key(key, code) => {
            let failed = Some((key.as_str(), code));
            stream.write_all(answer(200, &respond(&target, &body, state, failed)).as_bytes())
        }
        Fault::None if is_head_of_nothing(&target, state) => {
            stream.write_all(answer(404, "").as_bytes())
        }
        Fault::None => {
            stream.write_all(answer(200, &respond(&target, &body, state, None)).as_bytes())
        }
    }
}

/// Whether a request looks for an object that is not there.
fn is_head_of_nothing(target: &str, state: &Mutex<State>) -> bool {
    let key = target.strip_prefix("HEAD /").and_then(|path| path.split_once('/'));
    key.is_some_and(|(_, key)| !state.lock().unwrap().objects.contains_key(&decoded(key)))
}

fn respond(
    target: &str,
    body: &[u8],
    state: &Mutex<State>,
    failed: Option<(&str, &str)>,
) -> String {
    let mut state = state.lock().unwrap();
    if target.starts_with("GET") {
        let encoded = target.split(['?', '&']).find_map(|part| part.strip_prefix("prefix="));
        let prefix = decoded(encoded.unwrap_or_default());
        let mut answer = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
        for (key, size) in state.objects.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            let key = escaped(key);
            answer.push_str(&format!(
                "<Contents><Key>{key}</Key><Size>{size}</Size>\
                 <LastModified>2020-01-01T00:00:00.000Z</LastModified></Contents>"
            ));
        }
        return answer + "</ListBucketResult>";
    }
    let body = std::str::from_utf8(body).unwrap();
    let keys: Vec<_> =
        body.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap()).collect();
    assert!(keys.len() <= 1000, "S3 takes no more");
    let mut answer = "<DeleteResult>".to_owned();
    for written in keys {
        let key = unescaped(written);
        match failed {
            Some((bad, code)) if bad == key => answer.push_str(&format!(
                "<Error><Key>{written}</Key><Code>{code}</Code><Message>m</Message></Error>"
            )),
            _ => {
                state.objects.remove(&key);
                answer.push_str(&format!("<Deleted><Key>{written}</Key></Deleted>"));
            }
        }
    }
    answer + "</DeleteResult>"
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(&tail[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&apos;", "'").replace("&amp;", "&")
}
