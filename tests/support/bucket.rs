//! A bucket that speaks as much of S3's protocol as a kill needs, and that can be told to misbehave.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use super::reply::Reply;

/// What the next request meets.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing: it is served.
    None,
    /// A status with an error code in its body.
    Answer(u16, &'static str),
    /// No answer until the client goes away.
    Silence,
    /// No answer: the connection ends.
    Nothing,
    /// Half of the answer, after the work is done.
    Half,
    /// A 200 that lists this key as failed, with the code.
    Key(String, &'static str),
    /// This answer, whatever was asked for, and nothing is done.
    Says(Reply),
    /// Of a deletion: these keys alone go, and are confirmed.
    Only(Vec<String>),
    /// Of a deletion: all keys go, and this is the answer.
    Done(Reply),
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, usize>,
    /// Objects on a page of a listing; 0: all.
    page: usize,
    faults: VecDeque<Fault>,
    deletions: VecDeque<Fault>,
    /// Keys that are never deleted, with the code that says why.
    refused: BTreeMap<String, &'static str>,
    /// A key with which no request can be read.
    poison: Option<String>,
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

    /// Lists so many objects at a time.
    pub fn pages_of(&self, objects: usize) {
        self.state().page = objects;
    }

    /// Empty objects, as some tools put them for folders.
    pub fn put_empty(&self, keys: impl IntoIterator<Item = impl Into<String>>) {
        self.state().objects.extend(keys.into_iter().map(|key| (key.into(), 0)));
    }

    /// How later requests fare, one for each; the rest are served.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults = faults.into_iter().collect();
    }

    /// How later requests for deletions fare, one for each; the rest are served.
    pub fn deletions(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().deletions = faults.into_iter().collect();
    }

    /// Refuses to delete a key, with this code.
    pub fn refuse(&self, key: &str, code: &'static str) {
        self.state().refused.insert(key.to_owned(), code);
    }

    /// Deletes every key again.
    pub fn refuse_nothing(&self) {
        self.state().refused.clear();
    }

    /// Cannot read any request for deletions that names this key.
    pub fn cannot_read(&self, key: &str) {
        self.state().poison = Some(key.to_owned());
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

/// Which keys stay, and with what code; without one the answer does not speak of them.
type Failed<'a> = dyn Fn(&str) -> Option<&'static str> + 'a;

fn serve(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        // The client has not waited.
        return Ok(());
    }
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
        let of_deletions =
            target.starts_with("POST").then(|| state.deletions.pop_front()).flatten();
        let has_poison = |poison: &String| String::from_utf8_lossy(&body).contains(&**poison);
        match state.poison.as_ref().is_some_and(has_poison) {
            true => Fault::Answer(400, "MalformedXML"),
            false => of_deletions.or_else(|| state.faults.pop_front()).unwrap_or(Fault::None),
        }
    };
    let served = |failed: Option<&Failed<'_>>| {
        let text = respond(&target, &body, state, failed);
        Reply::new(200).header("Content-Type", "application/xml").body(text)
    };
    match fault {
        Fault::Silence => reader.read_to_end(&mut Vec::new()).map(drop),
        Fault::Nothing => Ok(()),
        Fault::Answer(status, code) => {
            let body = format!("<Error><Code>{code}</Code><Message>m</Message></Error>");
            Reply::new(status).body(body).send(stream)
        }
        Fault::Half => {
            let text = respond(&target, &body, state, None);
            Reply::new(200).body(&text.as_bytes()[..text.len() / 2]).length(text.len()).send(stream)
        }
        Fault::Key(key, code) => served(Some(&|asked| (asked == key).then_some(code))).send(stream),
        Fault::Only(keys) => {
            let is_left = |asked: &str| (!keys.iter().any(|key| key == asked)).then_some("");
            served(Some(&is_left)).send(stream)
        }
        Fault::Says(reply) => reply.send(stream),
        Fault::Done(reply) => {
            respond(&target, &body, state, None);
            reply.send(stream)
        }
        Fault::None if is_head_of_nothing(&target, state) => Reply::new(404).send(stream),
        Fault::None if target.starts_with("HEAD") => Reply::new(200)
            .header("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT")
            .header("ETag", "\"e\"")
            .length(9)
            .send(stream),
        Fault::None => served(None).send(stream),
    }
}

/// Whether a request looks for an object that is not there.
fn is_head_of_nothing(target: &str, state: &Mutex<State>) -> bool {
    let key = target.strip_prefix("HEAD /").and_then(|path| path.split_once('/'));
    key.is_some_and(|(_, key)| !state.lock().unwrap().objects.contains_key(&decoded(key)))
}

/// Does what is asked for; `failed` gives keys that stay a code, or none where the answer does not speak of them.
fn respond(target: &str, body: &[u8], state: &Mutex<State>, failed: Option<&Failed<'_>>) -> String {
    let mut state = state.lock().unwrap();
    if target.starts_with("GET") {
        return page(target, &state);
    }
    let body = std::str::from_utf8(body).unwrap();
    let keys: Vec<_> =
        body.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap()).collect();
    assert!(keys.len() <= 1000, "S3 takes no more");
    let mut answer = "<DeleteResult>".to_owned();
    for written in keys {
        let key = unescaped(written);
        let refused = state.refused.get(&key).copied();
        match failed.and_then(|failed| failed(&key)).or(refused) {
            Some("") => {}
            Some(code) => answer.push_str(&format!(
                "<Error><Key>{written}</Key><Code>{code}</Code><Message>m</Message></Error>"
            )),
            None => {
                state.objects.remove(&key);
                answer.push_str(&format!("<Deleted><Key>{written}</Key></Deleted>"));
            }
        }
    }
    answer + "</DeleteResult>"
}

fn page(target: &str, state: &State) -> String {
    let parameter = |name: &str| {
        let found = target.split(['?', '&']).find_map(|part| part.strip_prefix(name));
        decoded(found.unwrap_or_default())
    };
    let (prefix, after) = (parameter("prefix="), parameter("continuation-token="));
    let most = [parameter("max-keys=").parse().unwrap_or(0), state.page];
    let most = most.into_iter().filter(|most| *most > 0).min().unwrap_or(usize::MAX);
    let is_meant = |key: &String| key.starts_with(&prefix) && (after.is_empty() || *key > after);
    let mut all = state.objects.iter().filter(|(key, _)| is_meant(key)).peekable();
    let mut answer = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>".to_owned();
    let mut last = String::new();
    for (key, size) in all.by_ref().take(most) {
        last = escaped(key);
        answer.push_str(&format!(
            "<Contents><Key>{last}</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified>\
             <Size>{size}</Size></Contents>"
        ));
    }
    if all.peek().is_some() {
        answer.push_str(&format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
        ));
    } else {
        answer.push_str("<IsTruncated>false</IsTruncated>");
    }
    answer + "</ListBucketResult>"
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
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let number = |character: char| match character {
        '\0'..' ' => format!("&#{};", u32::from(character)),
        character => character.to_string(),
    };
    text.chars().map(number).collect()
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&apos;", "'").replace("&amp;", "&")
}
