//! Whether a file of ours may be trusted: what everyone may write to is refused, as cron refuses its tables, for it
//! would let everyone on the machine delete segments.
//!
//! The file itself counts, the directory that it is found in, and, for a link, the directory that it leads to. A group
//! may write: that is how a team shares its jobs.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::config::source::quoted_path;
use crate::error::{Error, Result};

/// The bit of a mode that lets everyone write.
const BY_EVERYONE: u32 = 0o002;

/// Checks a file that is open, and where it was found; `kind` says in messages what it is.
///
/// # Errors
/// When everyone may write to the file, or put another in its place.
pub(crate) fn check_file(file: &File, path: &Path, kind: &str) -> Result<()> {
    let unreadable =
        |error| Error::usage(format!("cannot read {kind} {}", quoted_path(path))).because(error);
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        // Reading it says what is wrong.
        return Ok(());
    }
    // What everyone writes to /dev/null is not what is read from it.
    if !metadata.file_type().is_char_device() && is_open_to_all(&metadata, path) {
        let (shown, mode) = (quoted_path(path), mode(&metadata));
        return Err(Error::usage(format!(
            "everyone may write to the {kind} {shown} (mode {mode})"
        ))
        .help(format!("look at what it says, then run `chmod o-w {}`", path.display())));
    }
    check_home(path, path, kind)?;
    if path.is_symlink() && !is_of_the_kernel(path) {
        check_home(&path.canonicalize().map_err(unreadable)?, path, kind)?;
    }
    Ok(())
}

/// Checks a directory that files are taken from by themselves.
///
/// # Errors
/// When everyone may make a file in it, and when it cannot be looked at.
pub(crate) fn check_directory(directory: &Path) -> Result<()> {
    let shown = quoted_path(directory);
    let metadata = directory.metadata().map_err(|error| {
        Error::usage(format!("cannot read the job directory {shown}")).because(error)
    })?;
    if !is_open_to_all(&metadata, directory) {
        return Ok(());
    }
    let mode = mode(&metadata);
    Err(Error::usage(format!("everyone may write to the job directory {shown} (mode {mode})"))
        .help(format!("look at what is in it, then run `chmod o-w {}`", directory.display())))
}

/// Checks the directory that holds `place`; messages are about `path`, which leads there.
fn check_home(place: &Path, path: &Path, kind: &str) -> Result<()> {
    let home = place.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let shown = quoted_path(home);
    let metadata = home
        .metadata()
        .map_err(|error| Error::usage(format!("cannot look at {shown}")).because(error))?;
    if !is_open_to_all(&metadata, home) {
        return Ok(());
    }
    let (path, mode) = (quoted_path(path), mode(&metadata));
    let message =
        format!("the {kind} {path} lies in {shown}, which everyone may write to (mode {mode})");
    // The sticky bit is that of /tmp, which has to stay as it is.
    let help = if metadata.mode() & 0o1000 == 0 {
        format!("run `chmod o-w {}`, or move the file to a directory of your own", home.display())
    } else {
        "move the file to a directory of your own".to_owned()
    };
    Err(Error::usage(message).help(help))
}

/// Whether everyone may write there. On a file system that is mounted to be read only nobody may, whatever the mode:
/// Kubernetes mounts its configuration maps so, with directories of mode 1777.
fn is_open_to_all(metadata: &Metadata, path: &Path) -> bool {
    metadata.mode() & BY_EVERYONE != 0
        && !statvfs(path).is_ok_and(|of| of.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// `/dev/stdin` and the like lead to what this process was given, not to a name that others could take.
fn is_of_the_kernel(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

/// A mode as `chmod` takes it.
fn mode(metadata: &Metadata) -> String {
    format!("{:04o}", metadata.mode() & 0o7777)
}
