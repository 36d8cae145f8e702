//! Files that a person names. What is named may be anything that has a name: a directory, a socket, a pipe to which nobody
//! ever writes, a device without an end. Each is an error within a bounded time, and in bounded memory.

use std::fs::{File, OpenOptions};
use std::io::{Cursor, Error, ErrorKind, Read, Result};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a pipe may have nobody who writes to it.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(10);

/// An open file, with what was read of a pipe to see whether somebody writes.
#[derive(Debug)]
pub struct Input {
    begun: Cursor<Vec<u8>>,
    file: File,
}

impl Input {
    /// Opens a file to read it from its beginning to its end.
    ///
    /// # Errors
    /// When it cannot be opened, is a directory or a socket, or a pipe that nobody writes to.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, not_blocking());
        let file = options.open(path)?;
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(Error::new(ErrorKind::IsADirectory, "it is a directory"));
        }
        #[cfg(unix)]
        if std::os::unix::fs::FileTypeExt::is_fifo(&kind) {
            return Self::pipe(file);
        }
        blocking(&file)?;
        Ok(Self { begun: Cursor::default(), file })
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Waits for whoever writes: until then, a pipe looks as if it had ended.
    fn pipe(mut file: File) -> Result<Self> {
        let since = Instant::now();
        let mut begun = vec![0; 4096];
        loop {
            match file.read(&mut begun) {
                Ok(0) if since.elapsed() < PATIENCE => std::thread::sleep(LOOK),
                Ok(0) => {
                    return Err(Error::new(
                        ErrorKind::TimedOut,
                        "it is a pipe, and nobody writes to it",
                    ));
                }
                Ok(count) => {
                    begun.truncate(count);
                    break;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    begun.clear();
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        blocking(&file)?;
        Ok(Self { begun: Cursor::new(begun), file })
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self.begun.read(buffer)? {
            0 => self.file.read(buffer),
            count => Ok(count),
        }
    }
}

/// Reads a text to its end, of so many bytes at most.
///
/// # Errors
/// When it is longer or not UTF-8, or cannot be read.
pub fn read_text(reader: impl Read, most: u64) -> Result<String> {
    let mut bytes = Vec::new();
    // One byte more than is allowed shows that there is more, also of what has no size.
    reader.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it has more than {} MiB", most >> 20);
        return Err(Error::new(ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

#[cfg(unix)]
fn not_blocking() -> i32 {
    rustix::fs::OFlags::NONBLOCK.bits().cast_signed()
}

/// From here on a read waits for what comes.
#[cfg(unix)]
fn blocking(file: &File) -> Result<()> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    Ok(rustix::fs::fcntl_setfl(file, flags - rustix::fs::OFlags::NONBLOCK)?)
}

#[cfg(not(unix))]
fn blocking(_: &File) -> Result<()> {
    Ok(())
}
