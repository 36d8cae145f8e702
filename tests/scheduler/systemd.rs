//! What the scheduler tells systemd, on a socket such as systemd's.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{ENDLESS, MARK, days};
use crate::support::{Lopper, Running};

/// How long a message may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What systemd would hear.
struct Systemd {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Systemd {
    fn of(lopper: &Lopper) -> Self {
        let socket = UnixDatagram::bind(lopper.path("notify")).unwrap();
        Self { socket, heard: Vec::new() }
    }

    /// The next message within a time.
    fn hear(&mut self, within: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(within.max(Duration::from_millis(1)))).unwrap();
        let mut buffer = [0; 4096];
        let length = self.socket.recv(&mut buffer).ok()?;
        let message = String::from_utf8(buffer[..length].to_vec()).unwrap();
        self.heard.push(message.clone());
        Some(message)
    }

    /// Hears messages up to one that has this line; answers it.
    #[track_caller]
    fn hears(&mut self, line: &str) -> String {
        let begun = Instant::now();
        while let Some(message) = self.hear(PATIENCE.saturating_sub(begun.elapsed())) {
            if message.lines().any(|said| said == line) {
                return message;
            }
        }
        panic!("no {line:?}: {:?}", self.heard);
    }

    /// What was said so far, without signs of life.
    fn lines(&self) -> Vec<&str> {
        let lines = self.heard.iter().flat_map(|message| message.lines());
        lines.filter(|line| *line != "WATCHDOG=1").collect()
    }
}

/// A scheduler at noon that speaks to the socket of that name.
fn told(lopper: &Lopper, more: &[&str]) -> Command {
    let mut command = lopper.then("12:00", &[&["schedule"], more].concat());
    command.env("NOTIFY_SOCKET", lopper.path("notify")).env_remove("WATCHDOG_USEC");
    command
}

fn idle() -> Lopper {
    days(1).job("tidy", &format!("schedule = '30 * * * *'\n{MARK}"))
}

#[test]
fn it_is_ready_reloads_and_stops_in_that_order() {
    let lopper = idle();
    let mut systemd = Systemd::of(&lopper);
    let scheduler = Running::start(&mut told(&lopper, &[]));
    let ready = systemd.hears("READY=1");
    assert_eq!(ready, "READY=1\nSTATUS=acts, 1 job\n");
    assert_eq!(lopper.sql("SELECT name FROM jobs"), ["tidy"], "the files were read before");
    assert_eq!(lopper.sql("SELECT count(*) FROM schedulers"), ["1"], "and the lease was taken");
    let _lopper = lopper.job("broken", "schedule = 'never'");
    scheduler.signal("HUP");
    let reloading = systemd.hears("RELOADING=1");
    let since = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC=")).unwrap();
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    assert!((uptime - since.parse::<f64>().unwrap() / 1e6).abs() < 60.0, "{since} at {uptime}");
    systemd.hears("READY=1");
    let told = systemd.lines().contains(&"STATUS=acts, 1 job; 1 job file is broken");
    assert!(told, "the files were read before: {:?}", systemd.heard);
    scheduler.signal("TERM");
    systemd.hears("STOPPING=1");
    scheduler.end().code(0);
    while systemd.hear(Duration::ZERO).is_some() {}
    let mut lines = systemd.lines();
    lines.retain(|line| !line.starts_with("STATUS=") && !line.starts_with("MONOTONIC_USEC="));
    assert_eq!(lines, ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"], "each once");
}

/// A status is told when it changes, and by whom it is told: one acts, the other stands by.
#[test]
fn the_status_follows_what_goes_on() {
    let lopper = days(1).job("slow", &format!("schedule = '0 * * * *'\n{MARK}{ENDLESS}"));
    lopper.tick("11:30");
    let mut systemd = Systemd::of(&lopper);
    let first = Running::start(&mut told(&lopper, &["--grace", "PT0.3S"]));
    systemd.hears("STATUS=acts, 1 job, 1 running");
    let second = Running::start(&mut told(&lopper, &[]));
    assert_eq!(systemd.hears("READY=1"), "READY=1\nSTATUS=stands by, 1 job\n");
    first.signal("TERM");
    systemd.hears("STOPPING=1");
    systemd.hears("STATUS=stops, 1 job, 1 running");
    first.end().code(0).stderr_has("the grace is over");
    systemd.hears("STATUS=acts, 1 job");
    second.signal("TERM");
    second.end().code(0);
    let lines = systemd.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("running")).count(), 2, "{lines:?}");
}

#[test]
fn one_look_is_a_short_life() {
    let lopper = idle();
    let mut systemd = Systemd::of(&lopper);
    assert!(told(&lopper, &["--once"]).output().unwrap().status.success());
    systemd.hears("STOPPING=1");
    assert_eq!(systemd.lines(), ["READY=1", "STATUS=acts, 1 job", "STOPPING=1"]);
}

/// Signs of life come from the loop: while that hangs, there is none.
#[test]
fn the_watchdog_is_fed_by_the_loop() {
    let lopper = idle();
    let mut systemd = Systemd::of(&lopper);
    let mut command = told(&lopper, &["--lease", "PT3S"]);
    command
        .env("WATCHDOG_USEC", "400000")
        .env("FAILPOINTS", "schedule::lease-renewed=1*sleep(2000)");
    let scheduler = Running::start(&mut command);
    systemd.hears("READY=1");
    let mut last = Instant::now();
    let mut gaps = Vec::new();
    while gaps.len() < 8 || gaps.iter().all(|gap| *gap < Duration::from_millis(1900)) {
        systemd.hears("WATCHDOG=1");
        gaps.push(last.elapsed());
        last = Instant::now();
        assert!(gaps.len() < 200, "it did not hang: {gaps:?}");
    }
    gaps.sort();
    let middle = gaps[gaps.len() / 2];
    assert!(middle < Duration::from_millis(400), "fed within the time: {gaps:?}");
    assert!(middle > Duration::from_millis(100), "and not without pause: {gaps:?}");
    systemd.hears("WATCHDOG=1");
    scheduler.signal("TERM");
    scheduler.end().code(0);
}

/// A watchdog that waits for another process, or for a time that is none, is not fed.
#[test]
fn only_its_own_watchdog_is_fed() {
    for (limit, pid) in [("100000", "1"), ("0", ""), ("soon", "")] {
        let lopper = idle();
        let mut systemd = Systemd::of(&lopper);
        let mut command = told(&lopper, &[]);
        command.env("WATCHDOG_USEC", limit).env_remove("WATCHDOG_PID");
        if !pid.is_empty() {
            command.env("WATCHDOG_PID", pid);
        }
        let scheduler = Running::start(&mut command);
        assert_eq!(systemd.hears("READY=1"), "READY=1\nSTATUS=acts, 1 job\n");
        let lopper = lopper.job("second", &format!("schedule = '30 * * * *'\n{MARK}"));
        systemd.hears("STATUS=acts, 2 jobs");
        scheduler.signal("TERM");
        systemd.hears("STOPPING=1");
        scheduler.end().code(0);
        let fed = systemd.heard.iter().any(|message| message.contains("WATCHDOG"));
        assert!(!fed, "{limit} {pid}: {:?}", systemd.heard);
        drop(lopper);
    }
}

#[test]
fn a_socket_that_is_gone_or_full_stops_nothing() {
    let lopper = idle();
    let mut systemd = Systemd::of(&lopper);
    let mut command = told(&lopper, &[]);
    let mut scheduler = Running::start(command.env("WATCHDOG_USEC", "20000"));
    // Nobody reads: the system keeps some messages, and then no more.
    scheduler.says("systemd cannot be told of this scheduler");
    systemd.hears("READY=1");
    fs::remove_file(lopper.path("notify")).unwrap();
    let lopper = lopper.job("second", &format!("schedule = '30 * * * *'\n{MARK}"));
    scheduler.watch(|| lopper.sql("SELECT count(*) FROM jobs") == ["2"]);
    scheduler.signal("TERM");
    scheduler.end().code(0).stderr_has("SIGTERM: nothing new begins");
}

/// What could not be told is told when there is somebody to hear it.
#[test]
fn a_socket_that_comes_late_hears_that_it_is_ready() {
    let lopper = idle();
    let mut scheduler = Running::start(&mut told(&lopper, &[]));
    let told = scheduler.says("systemd cannot be told of this scheduler");
    assert!(told.contains("notify"), "{told}");
    let mut systemd = Systemd::of(&lopper);
    assert_eq!(systemd.hears("READY=1"), "READY=1\nSTATUS=acts, 1 job\n");
    scheduler.signal("TERM");
    let end = scheduler.end().code(0);
    assert_eq!(end.stderr.matches("cannot be told").count(), 1, "once is enough: {}", end.stderr);
}

#[test]
fn hooks_do_not_speak_in_its_name() {
    let hook = "on_success = 'env > ../environment'";
    let lopper = days(1).job("tidy", &format!("schedule = '0 * * * *'\n{hook}\n{MARK}"));
    lopper.tick("11:30");
    let mut systemd = Systemd::of(&lopper);
    let mut command = told(&lopper, &["--once"]);
    command.env("WATCHDOG_USEC", "60000000").env_remove("WATCHDOG_PID").env("KEPT", "yes");
    assert!(command.output().unwrap().status.success());
    systemd.hears("READY=1");
    let environment = fs::read_to_string(lopper.path("environment")).unwrap();
    assert!(environment.contains("KEPT=yes"), "{environment}");
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        assert!(!environment.contains(name), "{environment}");
    }
}
