//! Calls of the system that may hang: a disk that is gone, a mount whose server does not answer. Nothing can end such a call, so
//! it is made in a thread of its own, which is left behind when the run has to stop before.

use std::fmt;
use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How often it is looked whether the run has to stop.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long what goes on may take to end by itself once the run has to stop.
const GRACE: Duration = Duration::from_millis(300);

/// What is read at a time.
const BLOCK: usize = 128 * 1024;

/// Does `work` in a thread of its own. `None`: the run had to stop, as `stop` says when it is not 0, and the work did not end;
/// what it is in the middle of may still happen. `work` is told to begin nothing further by then.
pub fn unless_stopped<T: Send + 'static>(
    stop: &AtomicUsize,
    work: impl FnOnce(&AtomicBool) -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    let ends = Arc::new(AtomicBool::new(false));
    let its_ends = Arc::clone(&ends);
    std::thread::spawn(move || {
        // Nobody may wait for it any more.
        let _ = sender.send(work(&its_ends));
    });
    let mut until = None;
    loop {
        match receiver.recv_timeout(LOOK_EVERY) {
            Ok(done) => return Some(done),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if stop.load(Ordering::Relaxed) != 0 {
            ends.store(true, Ordering::Relaxed);
            if Instant::now() >= *until.get_or_insert_with(|| Instant::now() + GRACE) {
                return None;
            }
        }
    }
}

/// A file that is read in a thread of its own. A read fails with [`Stopped`] once the run has to stop.
#[derive(Debug)]
pub struct Apart {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Cursor<Vec<u8>>,
    stop: Arc<AtomicUsize>,
}

/// Why a file was read no further: the run has to stop.
#[derive(Debug)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the run has to stop")
    }
}

impl std::error::Error for Stopped {}

/// Whether a read failed because the run has to stop.
pub fn is_stopped(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Stopped>())
}

impl Apart {
    /// Begins to read, until `stop` is not 0.
    pub fn new(mut reader: impl Read + Send + 'static, stop: &Arc<AtomicUsize>) -> Self {
        let (sender, blocks) = mpsc::sync_channel(2);
        std::thread::spawn(move || {
            loop {
                crate::failpoint::reach("input::block-read");
                let mut block = vec![0; BLOCK];
                let read = reader.read(&mut block).map(|length| {
                    block.truncate(length);
                    block
                });
                let is_last = match &read {
                    Ok(block) => block.is_empty(),
                    Err(error) => error.kind() != io::ErrorKind::Interrupted,
                };
                // Nobody may wait for it any more.
                if sender.send(read).is_err() || is_last {
                    return;
                }
            }
        });
        Self { blocks, block: Cursor::default(), stop: Arc::clone(stop) }
    }

    fn next(&self) -> io::Result<Vec<u8>> {
        loop {
            if self.stop.load(Ordering::Relaxed) != 0 {
                return Err(io::Error::other(Stopped));
            }
            match self.blocks.recv_timeout(LOOK_EVERY) {
                Ok(block) => return block,
                // Behind the end there is nothing more.
                Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Apart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.block.read(buffer)? {
                0 => {}
                count => return Ok(count),
            }
            let block = self.next()?;
            if block.is_empty() {
                return Ok(0);
            }
            self.block = Cursor::new(block);
        }
    }
}
