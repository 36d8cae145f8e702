//! What systemd is told of the scheduler: that it is ready, reads its files anew, stops, lives; and a line of status.
//! Only where it asks for that, by `NOTIFY_SOCKET` and `WATCHDOG_USEC`.

use std::ffi::{OsStr, OsString};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant as Moment};
use std::{env, io};

use sd_notify::{NotifyState, watchdog_enabled};

/// A line to systemd. What could not be told is told with the next turn of the loop.
#[derive(Debug, Default)]
pub(super) struct Notify {
    socket: Option<OsString>,
    is_ready: bool,
    is_stopping: bool,
    /// The status that was told last.
    status: String,
    /// How often to give a sign of life, and when the next one is due.
    watchdog: Option<(Duration, Moment)>,
    /// The last message did not arrive, and the log has it.
    is_lost: bool,
}

impl Notify {
    /// As the environment of this process says. A sign of life is given twice in the time that systemd allows.
    pub(super) fn of_process() -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").filter(|socket| !socket.is_empty());
        let asked = watchdog_enabled().filter(|limit| socket.is_some() && !limit.is_zero());
        let watchdog = asked.map(|limit| (limit / 2, Moment::now()));
        Self { socket, watchdog, ..Self::default() }
    }

    /// When the loop has to turn again at the latest.
    pub(super) fn next(&self) -> Option<Moment> {
        self.watchdog.map(|(_, next)| next)
    }

    /// The loop has turned: the scheduler is ready and lives. `status` is asked for only where somebody listens.
    pub(super) fn turned(&mut self, moment: Moment, status: impl FnOnce() -> String) {
        if self.socket.is_none() {
            return;
        }
        let status = status();
        let is_new = status != self.status;
        let feeds = self.watchdog.filter(|(_, next)| moment >= *next);
        let mut states = Vec::new();
        states.extend((!self.is_ready && !self.is_stopping).then_some(NotifyState::Ready));
        states.extend(is_new.then_some(NotifyState::Status(&status)));
        states.extend(feeds.map(|_| NotifyState::Watchdog));
        let is_told = states.is_empty() || self.send(&states);
        if is_told {
            self.is_ready = true;
            self.status = status;
        }
        if let Some((every, _)) = feeds {
            let wait = if is_told { every } else { every / 10 };
            self.watchdog = Some((every, moment + wait));
        }
    }

    /// The job files are about to be read; the next turn is ready again.
    pub(super) fn reloading(&mut self) {
        if self.is_stopping {
            return;
        }
        let mut states = vec![NotifyState::Reloading];
        states.extend(NotifyState::monotonic_usec_now());
        self.is_ready &= !self.send(&states);
    }

    /// Nothing new begins any more.
    pub(super) fn stopping(&mut self) {
        if !self.is_stopping {
            self.is_stopping = self.send(&[NotifyState::Stopping]);
        }
    }

    /// Sends one message; answers whether it has arrived. Systemd's troubles are not the scheduler's: it neither fails
    /// nor waits.
    fn send(&mut self, states: &[NotifyState<'_>]) -> bool {
        let Some(socket) = &self.socket else { return true };
        let message: String = states.iter().map(|state| format!("{state}\n")).collect();
        let sent = send(socket, &message);
        if let Err(error) = &sent
            && !self.is_lost
        {
            tracing::warn!(socket = %socket.display(), "systemd cannot be told of this scheduler: {error}");
        }
        self.is_lost = sent.is_err();
        sent.is_ok()
    }
}

fn send(socket: &OsStr, message: &str) -> io::Result<()> {
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    // A name that begins with @ is one of no file system.
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    sender.send_to_addr(message.as_bytes(), &address).map(drop)
}
