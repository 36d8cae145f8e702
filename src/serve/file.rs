//! A page of metrics as a file, for node_exporter's textfile collector.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Everybody may read it: the collector is another user.
const MODE: u32 = 0o644;

/// Writes a page in place of the one before. Whoever reads meanwhile sees one or the other, and never a part.
///
/// # Errors
/// When the file cannot be written or renamed.
pub fn write(path: &Path, page: &str) -> Result<()> {
    let temporary = beside(path);
    let written = put(&temporary, page).and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // What is left is of no use; that it cannot be removed adds nothing to the first error.
        let _ = fs::remove_file(&temporary);
        Error::failed(format!("cannot write the metrics to {}", path.display()))
            .because(error)
            .help("name a file in a directory that lopper may write to with --metrics-file")
    })
}

fn put(path: &Path, page: &str) -> std::io::Result<()> {
    // A process of the same number may have died with it.
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(path)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.write_all(page.as_bytes())
}

/// In the same directory, so that it can be renamed; hidden, and without the collector's `.prom` behind it.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}
