//! What a server of the tests answers, byte by byte if need be, and a server that must hear of nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// An answer that was made up beforehand.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
    /// What the headers claim; the truth where nothing is said.
    length: Option<usize>,
    /// The pause between two bytes of the body.
    pause: Option<Duration>,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self { status, headers: String::new(), body: Vec::new(), length: None, pause: None }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Lies about how long the body is.
    pub fn length(mut self, length: usize) -> Self {
        self.length = Some(length);
        self
    }

    /// Sends the body byte by byte.
    pub fn dripping(mut self, pause: Duration) -> Self {
        self.pause = Some(pause);
        self
    }

    pub fn send(&self, mut stream: &TcpStream) -> std::io::Result<()> {
        let (status, headers) = (self.status, &self.headers);
        let length = self.length.unwrap_or(self.body.len());
        let head = format!(
            "HTTP/1.1 {status} X\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes())?;
        let Some(pause) = self.pause else { return stream.write_all(&self.body) };
        for byte in &self.body {
            stream.write_all(&[*byte])?;
            thread::sleep(pause);
        }
        Ok(())
    }
}

/// A server at another address. It says yes to everything, and remembers what it has heard.
pub struct Elsewhere {
    heard: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl Elsewhere {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lines = BufReader::new(&stream).lines().map_while(Result::ok);
                shared.lock().unwrap().extend(lines.take_while(|line| !line.is_empty()));
                drop(Reply::new(204).send(&stream));
            }
        });
        Self { heard, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/deep", self.port)
    }

    /// The lines of all requests.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}
