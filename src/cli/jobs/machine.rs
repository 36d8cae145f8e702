//! The time zone of this machine, by which its cron goes.

use std::io::ErrorKind;
use std::path::Path;

use crate::error::{Error, Result};
use crate::zones::Zone;

/// The zone that `/etc/localtime` links to, or that `/etc/timezone` names; UTC where there is neither.
///
/// # Errors
/// When the machine's zone has no name that is known.
pub(super) fn zone() -> Result<Zone> {
    let place = Path::new("/etc/localtime");
    let target = match std::fs::canonicalize(place) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Zone::utc()),
        target => target.ok(),
    };
    // The link itself may name an alias that its end does not.
    let linked = std::fs::read_link(place).ok();
    let linked = linked.into_iter().chain(target).filter_map(|path| in_zone_info(&path));
    let named = std::fs::read_to_string("/etc/timezone").ok();
    let named = named.and_then(|text| text.trim().parse().ok());
    linked.chain(named).next().ok_or_else(|| {
        Error::usage("cannot tell the time zone of this machine from /etc/localtime")
            .help("say which one its cron has, such as --time-zone Europe/Berlin")
    })
}

fn in_zone_info(path: &Path) -> Option<Zone> {
    path.to_str()?.rsplit_once("/zoneinfo/")?.1.parse().ok()
}
