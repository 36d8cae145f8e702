//! What Prometheus is told: by a file, by HTTP, and whether it is true.

mod families;
mod file;
mod http;
mod values;

pub use families::every_family;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use crate::support::{Lopper, Running, tools};

/// Marks all that is used.
const MARK: &str = "
    [[step]]
    op = 'mark-unused'
    datasource = 'wiki'
    all = true";

/// What the program has told Prometheus.
struct Page(String);

impl Page {
    /// The value of a sample, such as `runs_total{job="tidy",outcome="done"}`.
    #[track_caller]
    fn value(&self, sample: &str) -> &str {
        let start = format!("lopper_{sample} ");
        let mut found = self.0.lines().filter_map(|line| line.strip_prefix(&start));
        let value = found.next().unwrap_or_else(|| panic!("no {sample}: {}", self.0));
        assert_eq!(found.next(), None, "{sample} twice");
        value
    }

    /// Holds samples with their values against the page.
    #[track_caller]
    fn says<'a>(&self, samples: impl IntoIterator<Item = (&'a str, &'a str)>) -> &Self {
        for (sample, value) in samples {
            assert_eq!(self.value(sample), value, "{sample}");
        }
        self
    }

    #[track_caller]
    fn lacks(&self, text: &str) -> &Self {
        assert!(!self.0.contains(text), "{text}: {}", self.0);
        self
    }

    /// Its lines that begin so.
    fn lines(&self, start: &str) -> Vec<&str> {
        self.0.lines().filter(|line| line.starts_with(start)).collect()
    }

    /// Asks Prometheus' own checker.
    #[track_caller]
    fn is_in_order(&self) -> &Self {
        if tools::has("promtool") {
            let mut checker = Command::new("promtool");
            checker.args(["check", "metrics"]).stdin(Stdio::piped());
            let mut checker =
                checker.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            checker.stdin.take().unwrap().write_all(self.0.as_bytes()).unwrap();
            let answer = checker.wait_with_output().unwrap();
            assert!(answer.status.success() && answer.stderr.is_empty(), "{answer:?}: {}", self.0);
        }
        self
    }
}

impl Lopper {
    /// Does what is due at a time of the day, and leaves a page of metrics.
    #[track_caller]
    fn scheduled_at(self, time: &str) -> (Self, Page) {
        self.scheduled_ends(time, 0)
    }

    /// As `scheduled_at`, with that exit code.
    fn scheduled_ends(self, time: &str, code: i32) -> (Self, Page) {
        let lopper = self.clock(&format!("2024-06-01T{time}.000Z"));
        lopper.run(["schedule", "--once", "--metrics-file", "lopper.prom"]).code(code);
        let page = lopper.page();
        (lopper, page)
    }

    /// The page that was written last.
    fn page(&self) -> Page {
        Page(std::fs::read_to_string(self.path("lopper.prom")).unwrap())
    }

    /// A scheduler that answers on a port of its own, and where that is.
    fn listening(&self) -> (Running, String) {
        let mut scheduler = self.background(["schedule", "--metrics-listen", "0"]);
        let line = scheduler.says("metrics are at");
        let (_, address) = line.trim_end().rsplit_once("address=").unwrap();
        (scheduler, address.to_owned())
    }
}

/// Asks for something and answers the head and the body.
pub fn ask(address: &str, what: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{what} HTTP/1.1\r\nHost: lopper\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn scrape(address: &str) -> Page {
    let (head, body) = ask(address, "GET /metrics");
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    Page(body)
}
