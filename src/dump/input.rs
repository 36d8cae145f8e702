//! Opens a dump: a file, or what a stream has brought, decompressed, with its progress counted.

use std::fs::File;
use std::io::{self, BufReader, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::spool::Spool;
use crate::error::{Error, Kind, Result};
use crate::hang::{Apart, is_stopped};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const READ_BYTES: usize = 128 * 1024;

/// A dump's plain bytes, and how far into the file on disk they are.
pub(super) struct Input {
    /// The path, or "standard input".
    pub name: String,
    /// The plain bytes.
    pub reader: Box<dyn Read>,
    /// Bytes read of the file as it lies on disk.
    pub bytes_read: Arc<AtomicU64>,
    /// The file's size, unless it is a stream.
    pub total_bytes: Option<u64>,
    /// gzip or zstd, when it is compressed.
    pub compression: Option<&'static str>,
}

impl Input {
    /// Opens `path`, which was looked at before and is no stream.
    pub fn open(path: &Path, stop: Option<&Arc<AtomicUsize>>) -> Result<Self> {
        let name = path.display().to_string();
        let (file, size) = open_file(path, &name)?;
        let reader: Box<dyn Read> = match stop {
            Some(stop) => Box::new(Apart::new(file, stop)),
            None => Box::new(file),
        };
        Self::new(name, reader, size)
    }

    /// Opens what a stream has brought.
    pub fn of_spool(spool: &Spool) -> Result<Self> {
        Self::new(spool.name().to_owned(), spool.reader()?, None)
    }

    fn new(name: String, reader: Box<dyn Read>, total_bytes: Option<u64>) -> Result<Self> {
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counting = Counting { reader, count: Arc::clone(&bytes_read) };
        let (magic, stream) = peek(counting).map_err(|error| unreadable(&name, error))?;
        let (reader, compression): (Box<dyn Read>, _) = if magic.starts_with(&GZIP_MAGIC) {
            (Box::new(flate2::bufread::MultiGzDecoder::new(stream)), Some("gzip"))
        } else if magic.starts_with(&ZSTD_MAGIC) {
            let decoder = zstd::stream::read::Decoder::with_buffer(stream)
                .map_err(|error| unreadable(&name, error))?;
            (Box::new(decoder), Some("zstd"))
        } else {
            (Box::new(stream), None)
        };
        Ok(Self { name, reader, bytes_read, total_bytes, compression })
    }
}

/// Whether a stream that begins so is compressed.
pub(super) fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(&GZIP_MAGIC) || head.starts_with(&ZSTD_MAGIC)
}

fn open_file(path: &Path, name: &str) -> Result<(File, Option<u64>)> {
    let fail = |error| Error::failed(format!("cannot open {name}")).because(error);
    let file = File::open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    if metadata.is_dir() {
        return Err(Error::usage(format!("{name} is a directory"))
            .help("name the files in it that hold the tables"));
    }
    let size = metadata.is_file().then_some(metadata.len());
    Ok((file, size))
}

/// What is said of a stream that breaks off or cannot be decompressed.
pub(super) fn unreadable(name: &str, error: io::Error) -> Error {
    if is_stopped(&error) {
        return Error::new(Kind::Interrupted(0), format!("reading {name} was interrupted"));
    }
    let cut_off = error.kind() == io::ErrorKind::UnexpectedEof;
    let failed = Error::failed(format!("cannot read {name}")).because(error);
    if cut_off {
        failed.help("the compressed file is cut off; make the dump again")
    } else {
        failed
    }
}

type Peeked = BufReader<Chain<Cursor<Vec<u8>>, Counting>>;

/// The first bytes of a stream, and the stream with those bytes still in it.
fn peek(mut stream: Counting) -> io::Result<(Vec<u8>, Peeked)> {
    let mut magic = Vec::with_capacity(ZSTD_MAGIC.len());
    stream.by_ref().take(ZSTD_MAGIC.len() as u64).read_to_end(&mut magic)?;
    let whole = Cursor::new(magic.clone()).chain(stream);
    Ok((magic, BufReader::with_capacity(READ_BYTES, whole)))
}

/// Counts the bytes that pass.
struct Counting {
    reader: Box<dyn Read>,
    count: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
