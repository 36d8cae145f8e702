//! The text of a file of ours, read with care: bounded, UTF-8, and not writable by everyone.

use std::io::Read;
use std::path::Path;

use crate::config::problem::quoted;
use crate::config::trust;
use crate::error::{Error, Result};
use crate::input::Input;

const MAX_BYTES: u64 = 1 << 20;

/// The text of a file; `kind` says in messages what it is.
///
/// # Errors
/// When it cannot be read, is larger than 1 MiB, is not UTF-8, or when everyone may write to it or to its directory.
pub(crate) fn read_text(path: &Path, kind: &str) -> Result<String> {
    read_within(path, kind).map_err(|error| error.of_file(path))
}

fn read_within(path: &Path, kind: &str) -> Result<String> {
    let shown = || quoted_path(path);
    let unreadable = |error| Error::usage(format!("cannot read {kind} {}", shown())).because(error);
    let mut bytes = Vec::new();
    let file = Input::open(path).map_err(unreadable)?;
    trust::check_file(file.file(), path, kind)?;
    // One byte more than is allowed shows that there is more, also of a pipe without a size.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::usage(format!("{kind} {} is larger than 1 MiB", shown())));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n').count() + 1;
        Error::usage(format!("{kind} {} is not UTF-8 (line {line})", shown()))
            .help("save it as UTF-8")
    })
}

/// A path as messages show it.
pub(crate) fn quoted_path(path: &Path) -> String {
    quoted(&path.display().to_string())
}
