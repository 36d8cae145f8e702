//! `--metrics-listen`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::{MARK, ask, scrape};
use crate::support::Lopper;

fn lopper() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D"]).job("tidy", MARK)
}

#[test]
fn it_answers_scrapes() {
    let lopper = lopper();
    let (mut scheduler, address) = lopper.listening();
    scheduler.watch(|| ask(&address, "GET /readyz").1 == "ready, acts\n");
    scrape(&address).is_in_order().says([("scheduler_lease_held", "1")]);
    let (head, body) = ask(&address, "HEAD /metrics");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    assert_eq!(body, "");
    lopper.run(["run", "tidy"]).code(0);
    scrape(&address).says([("runs_total{job=\"tidy\",outcome=\"done\"}", "1")]);
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

#[test]
fn there_is_nothing_else_and_nothing_to_write() {
    let lopper = lopper();
    let (_scheduler, address) = lopper.listening();
    let (head, body) = ask(&address, "GET /");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    assert_eq!(body, "there are /metrics, /livez and /readyz\n");
    for path in ["/metrics", "/livez", "/readyz"] {
        let (head, _) = ask(&address, &format!("DELETE {path}"));
        assert!(head.starts_with("HTTP/1.1 405") && head.contains("allow: GET, HEAD"), "{head}");
    }
}

#[test]
fn whoever_stands_by_is_ready_too() {
    let lopper = lopper();
    let (mut first, one) = lopper.listening();
    first.says("this scheduler acts");
    let (mut second, other) = lopper.listening();
    second.says("another scheduler acts: this one stands by");
    let is_ready = |running: &mut crate::support::Running, address: &str, says: &str| {
        running.watch(|| ask(address, "GET /readyz").1 == format!("{says}\n"));
        let (head, body) = ask(address, "GET /livez");
        assert!(head.starts_with("HTTP/1.1 200") && body == "alive\n", "{head}{body}");
    };
    is_ready(&mut first, &one, "ready, acts");
    is_ready(&mut second, &other, "ready, stands by");
    scrape(&other).says([("scheduler_lease_held", "0")]);
    first.signal("TERM");
    first.end().code(0);
    is_ready(&mut second, &other, "ready, acts");
}

#[test]
fn a_port_alone_is_on_this_machine_alone() {
    let lopper = lopper();
    let mut scheduler = lopper.background(["schedule", "--metrics-listen", ":0"]);
    scheduler.says("address=127.0.0.1:");
    let mut scheduler = lopper.background(["schedule", "--metrics-listen", "0.0.0.0:0"]);
    scheduler.says("address=0.0.0.0:");
}

#[test]
fn an_address_that_is_taken_stops_the_start() {
    let lopper = lopper();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    lopper
        .run(["schedule", "--metrics-listen", &address])
        .code(1)
        .stderr_has(&format!("error: cannot listen on {address}: Address already in use"))
        .stderr_has("give --metrics-listen another address");
    assert_eq!(lopper.sql("SELECT * FROM schedulers"), [""; 0]);
    for wrong in ["localhost", "127.0.0.1:", "::1", "127.0.0.1:70000", "+80"] {
        let answer = lopper.run(["schedule", "--metrics-listen", wrong]);
        answer.code(2).stderr_has("PORT, on this machine alone, or HOST:PORT");
    }
}

/// A scrape reads beside a writer, and neither waits.
#[test]
fn a_busy_store_is_scraped() {
    let lopper = lopper();
    let (mut scheduler, address) = lopper.listening();
    scheduler.watch(|| !scrape(&address).lines("lopper_segments{").is_empty());
    let writer = lopper.connection();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE segment SET used = 0").unwrap();
    scrape(&address).says([("segments{datasource=\"wiki\",state=\"used\"}", "1")]);
    writer.execute_batch("COMMIT").unwrap();
}

/// Who connects and says nothing, half a word, or does not read its answer, is sent away, and keeps nobody out: neither
/// probes nor scrapes.
#[test]
fn clients_that_dawdle_keep_nobody_out() {
    let lopper = lopper();
    let (_scheduler, address) = lopper.listening();
    let dawdle = |says: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(says.as_bytes()).unwrap();
        stream
    };
    let half_words = (0..40).map(|_| dawdle("GET /met"));
    let silent = (0..260).map(|_| dawdle(""));
    let deaf = (0..4).map(|_| dawdle("GET /metrics HTTP/1.1\r\nHost: lopper\r\n\r\n"));
    let mut slow: Vec<_> = half_words.chain(silent).chain(deaf).collect();
    let begun = Instant::now();
    for path in ["/livez", "/readyz", "/metrics"] {
        let (head, _) = ask(&address, &format!("GET {path}"));
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{path}: {head}");
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    // The last one that says nothing is among those that were kept, for a few seconds.
    let mut answer = String::new();
    slow[299].read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// So many may read a page at a time; probes are not counted among them.
#[test]
fn scrapes_have_a_limit_of_their_own() {
    let lopper = lopper();
    let (mut scheduler, address) = lopper.listening();
    scheduler.watch(|| !scrape(&address).lines("lopper_segments{").is_empty());
    let many = 10_000;
    lopper.sql(&format!(
        "INSERT INTO run (kind, name, logical_ms, started_ms, ended_ms, outcome)
         SELECT 'job', 'job-' || value, 0, 0, 1, 'done' FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT {many}) SELECT value FROM n)"
    ));
    let deaf: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: lopper\r\n\r\n").unwrap();
            // Its page has begun, and is more than the system keeps for who does not read.
            let mut first = [0; 64];
            stream.read_exact(&mut first).unwrap();
            stream
        })
        .collect();
    let (head, body) = ask(&address, "GET /metrics");
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    assert_eq!(body, "too many scrapes at the same time\n");
    for path in ["/livez", "/readyz"] {
        let (head, _) = ask(&address, &format!("GET {path}"));
        assert!(head.starts_with("HTTP/1.1 200 OK"), "{path}: {head}");
    }
    drop(deaf);
    scheduler.watch(|| ask(&address, "GET /metrics").0.starts_with("HTTP/1.1 200 OK"));
}
