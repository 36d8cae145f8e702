//! Streams (pipes, FIFOs, terminals) are read to their end before a transaction begins: whoever imports them may have to
//! wait for their other end, and must keep nobody from writing meanwhile. They go into a file without a name.

use std::fs::{File, FileType};
use std::io::{self, Cursor, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;

use crate::dump::source::Source;
use crate::dump::{Format, input, sniff};
use crate::error::{Error, Result};
use crate::escape::escape;

/// How long a stream is waited for between two looks at the signals.
const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
const READ_BYTES: usize = 128 * 1024;
/// zstd's fastest: a dump shrinks to a tenth, and is not read slower for it.
const LEVEL: i32 = 1;

/// No line of text has more bytes.
const MAX_LINE: usize = 1 << 16;

/// What a stream is to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A dump, of that form or of any.
    Dump(Option<Format>),
    /// Lines of text.
    Lines,
}

/// What a stream has brought: it is read from its beginning as often as one likes, and never waits.
#[derive(Debug)]
pub struct Spool {
    /// What messages call it.
    name: String,
    file: File,
    /// Where the dump begins in `file`.
    start: u64,
    /// Whether the file holds it compressed by zstd, unlike the stream.
    is_packed: bool,
}

impl Spool {
    /// Looks at what is at `path` (`-`: standard input). A stream is read to its end, into a file in `folder` without a
    /// name; `go_on` is asked often meanwhile. Other files are left for later: none.
    ///
    /// # Errors
    /// The file is not there, cannot be read, or is no dump; those of `go_on`.
    pub fn of(
        path: &Path,
        content: Content,
        folder: &Path,
        go_on: &dyn Fn() -> Result<()>,
    ) -> Result<Option<Self>> {
        let (name, mut stream) = match open(path)? {
            Opened::Stream(name, stream) => (name, stream),
            Opened::StandardInput(file) => return Self::of_standard_input(file),
            Opened::File => return Ok(None),
        };
        tracing::info!(file = %escape(&name), "reading a stream to its end, before anything is locked");
        let mut writer = Writer::new(&name, content, folder);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            go_on()?;
            let read = wait_and_read(&mut stream, &mut buffer);
            match read.map_err(|error| input::unreadable(&name, error))? {
                None => {}
                Some(0) => break,
                Some(read) => writer.write(buffer.get(..read).unwrap_or_default())?,
            }
        }
        writer.finish().map(Some)
    }

    /// A file that standard input was opened on: it is read from where it stands.
    fn of_standard_input(mut file: File) -> Result<Option<Self>> {
        let name = STANDARD_INPUT.to_owned();
        let start = file.stream_position().map_err(|error| input::unreadable(&name, error))?;
        Ok(Some(Self { name, file, start, is_packed: false }))
    }

    /// What messages call it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// All of it, from its beginning.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub fn reader(&self) -> Result<Box<dyn Read>> {
        let opened = self.file.try_clone().and_then(|mut file| {
            file.seek(SeekFrom::Start(self.start))?;
            if !self.is_packed {
                return Ok(Box::new(file) as Box<dyn Read>);
            }
            Ok(Box::new(zstd::stream::read::Decoder::new(file)?) as Box<dyn Read>)
        });
        opened.map_err(|error| input::unreadable(&self.name, error))
    }
}

pub(super) const STANDARD_INPUT: &str = "standard input";

enum Opened {
    /// A file on disk, which can be read when it is needed.
    File,
    /// The same, on standard input.
    StandardInput(File),
    Stream(String, File),
}

/// Opens a stream, without waiting for its other end; of another file only looks whether it can be read.
fn open(path: &Path) -> Result<Opened> {
    let name = path.display().to_string();
    if path.as_os_str() == "-" {
        let file = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        let file = file.map_err(|error| cannot_read(STANDARD_INPUT, error))?;
        let metadata = file.metadata().map_err(|error| cannot_read(STANDARD_INPUT, error))?;
        if metadata.is_dir() {
            return Err(is_a_directory(STANDARD_INPUT));
        }
        return Ok(if metadata.is_file() {
            Opened::StandardInput(file)
        } else {
            Opened::Stream(STANDARD_INPUT.to_owned(), file)
        });
    }
    check_is_there(path)?;
    let is_stream = is_stream(path);
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    if is_stream {
        options.custom_flags(i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default());
    }
    let file = options.open(path).map_err(|error| cannot_read(&name, error))?;
    Ok(if is_stream { Opened::Stream(name, file) } else { Opened::File })
}

/// Whether what is at `path` may have to be waited for.
pub fn is_stream(path: &Path) -> bool {
    let is_one = |kind: FileType| kind.is_fifo() || kind.is_char_device();
    path.as_os_str() == "-"
        || std::fs::metadata(path).is_ok_and(|metadata| is_one(metadata.file_type()))
}

/// Fails when there is no dump at `path`: without opening it, which would begin to read a stream.
///
/// # Errors
/// Nothing is there, or a directory.
pub fn check_is_there(path: &Path) -> Result<()> {
    if path.as_os_str() == "-" {
        return Ok(());
    }
    let name = path.display().to_string();
    let metadata = std::fs::metadata(path).map_err(|error| cannot_read(&name, error))?;
    if metadata.is_dir() { Err(is_a_directory(&name)) } else { Ok(()) }
}

fn cannot_read(name: &str, error: io::Error) -> Error {
    Error::usage(format!("cannot read the dump {name}"))
        .because(error)
        .help("name a file that you may read; '-' is standard input")
}

fn is_a_directory(name: &str) -> Error {
    Error::usage(format!("cannot read the dump {name}: it is a directory"))
        .help("name the files in it that hold the tables")
}

/// What the stream has: none when it had nothing for a while. 0 bytes are its end.
fn wait_and_read(stream: &mut File, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    let ready = poll(&mut [PollFd::new(stream, PollFlags::IN)], Some(&LOOK_EVERY));
    match ready {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(None),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    match stream.read(buffer) {
        Ok(read) => Ok(Some(read)),
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Writes a stream into a file without a name. What shows by its beginning to be no dump is refused at once: it may have
/// no end.
struct Writer<'a> {
    name: &'a str,
    content: Content,
    folder: &'a Path,
    /// The stream's beginning, until it is written.
    head: Vec<u8>,
    /// Bytes since the last end of a line.
    line: usize,
    out: Option<Out>,
}

enum Out {
    /// As it came: it is compressed already.
    Plain(File),
    Packed(zstd::stream::write::Encoder<'static, File>),
}

impl<'a> Writer<'a> {
    fn new(name: &'a str, content: Content, folder: &'a Path) -> Self {
        Self { name, content, folder, head: Vec::new(), line: 0, out: None }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.watch_lines(bytes)?;
        if self.out.is_none() {
            self.head.extend_from_slice(bytes);
            if self.head.len() < sniff::HEAD {
                return Ok(());
            }
            return self.begin();
        }
        let written = self.out.as_mut().map_or(Ok(()), |out| out.write_all(bytes));
        written.map_err(|error| self.cannot_keep(error))
    }

    /// What has no lines may have no end either.
    fn watch_lines(&mut self, bytes: &[u8]) -> Result<()> {
        self.line = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => bytes.len() - end - 1,
            None => self.line.saturating_add(bytes.len()),
        };
        if self.content != Content::Lines || self.line <= MAX_LINE {
            return Ok(());
        }
        Err(Error::usage(format!("cannot read {}: a line has more than 64 KiB", self.name))
            .help("one segment id a line, in UTF-8"))
    }

    /// Judges the beginning, and writes it.
    fn begin(&mut self) -> Result<()> {
        let head = std::mem::take(&mut self.head);
        let is_packed = input::is_compressed(&head);
        if !is_packed && let Content::Dump(format) = self.content {
            let mut source = Source::new(self.name.to_owned(), Box::new(Cursor::new(head.clone())));
            sniff::form(&mut source, format)?;
        }
        let out = temporary(self.folder).and_then(|file| {
            let mut out = if is_packed { Out::Plain(file) } else { Out::packed(file)? };
            out.write_all(&head)?;
            Ok(out)
        });
        self.out = Some(out.map_err(|error| self.cannot_keep(error))?);
        Ok(())
    }

    fn finish(mut self) -> Result<Spool> {
        if self.out.is_none() {
            self.begin()?;
        }
        let finished = match self.out.take() {
            Some(Out::Packed(encoder)) => encoder.finish().map(|file| (file, true)),
            Some(Out::Plain(file)) => Ok((file, false)),
            None => Err(ErrorKind::NotFound.into()),
        };
        let (file, is_packed) = finished.map_err(|error| self.cannot_keep(error))?;
        Ok(Spool { name: self.name.to_owned(), file, start: 0, is_packed })
    }

    fn cannot_keep(&self, error: io::Error) -> Error {
        let (name, folder) = (self.name, self.folder.display());
        Error::failed(format!("cannot keep what {name} brings in a temporary file in {folder}"))
            .because(error)
            .help("free some space there, or write the dump to a file and import that")
            .passing()
    }
}

impl Out {
    fn packed(file: File) -> io::Result<Self> {
        zstd::stream::write::Encoder::new(file, LEVEL).map(Self::Packed)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Packed(encoder) => encoder.write_all(bytes),
        }
    }
}

/// A file that only its owner may read, and that goes when it is closed.
fn nameless(folder: &Path) -> io::Result<File> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".lopper-{}-{number}.tmp", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Such a file in `folder`, or where the system has its temporary files, when that is read-only.
fn temporary(folder: &Path) -> io::Result<File> {
    nameless(folder).or_else(|error| nameless(&std::env::temp_dir()).map_err(|_| error))
}
