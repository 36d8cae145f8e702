//! How long a start is put off, so that many jobs of one time do not start at once.

use crate::druid::{Instant, Period};

/// The milliseconds by which the start of `job` is put off at `fire`: from 0 up to, not including, the length of
/// `jitter` counted from then.
///
/// The same in every version and on every machine: FNV-1a in 64 bits over the name's bytes and the eight bytes of
/// the fire's milliseconds (the lowest first), mixed as the end of SplitMix64 is, and taken as a fraction of 2^64.
/// A period in which no time passes puts nothing off.
pub fn jitter_ms(job: &str, fire: Instant, jitter: &Period) -> i64 {
    let length = jitter
        .add_to(fire)
        .ok()
        .and_then(|end| end.millis().checked_sub(fire.millis()))
        .and_then(|length| u64::try_from(length).ok())
        .unwrap_or_default();
    let bytes = job.bytes().chain(fire.millis().to_le_bytes());
    let part = (u128::from(mix(fnv_1a(bytes))) * u128::from(length)) >> 64;
    i64::try_from(part).unwrap_or_default()
}

fn fnv_1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// FNV's high bits hardly hang on the last bytes; these do.
fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
