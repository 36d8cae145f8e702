//! The jitter: the same for ever, within its period, and spread over all of it.

use lopper::druid::{Instant, Period};
use lopper::schedule::jitter_ms;

use super::at;

fn period(text: &str) -> Period {
    Period::parse(text).unwrap()
}

/// Starts must not move with a new version, or from one machine to another.
#[test]
fn it_is_what_it_always_was() {
    let fire = at("2026-03-29T01:00Z");
    for (job, jitter, expected) in PINNED {
        assert_eq!(jitter_ms(job, fire, &period(jitter)), expected, "{job} {jitter}");
    }
}

const PINNED: [(&str, &str, i64); 5] = [
    ("nightly-kill", "PT5M", 168_916),
    ("nightly-kill", "PT1H", 2_026_993),
    ("a", "PT5M", 99_447),
    ("b", "PT5M", 196_272),
    ("", "P1D", 14_582_522),
];

/// FNV-1a and SplitMix64's end, written out once more.
#[test]
fn it_is_the_hash_that_its_words_say() {
    for (job, fire) in
        [("nightly-kill", at("2026-03-29T01:00Z")), ("ä.job", Instant::from_millis(-1))]
    {
        let mut hash: u64 = 14_695_981_039_346_656_037;
        for byte in job.as_bytes().iter().copied().chain(fire.millis().to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(13_787_848_793_156_543_929);
        hash = (hash ^ (hash >> 27)).wrapping_mul(10_723_151_780_598_845_931);
        hash ^= hash >> 31;
        let expected = i64::try_from(u128::from(hash) * 3_600_000 / (1 << 64)).unwrap();
        assert_eq!(jitter_ms(job, fire, &period("PT1H")), expected);
    }
}

/// By job at one fire, and by fire of one job: a tenth of all falls into each tenth of the period.
#[test]
fn it_is_spread_evenly() {
    let fire = at("2026-03-29T01:00Z");
    let jobs = (0..10_000).map(|n| jitter_ms(&format!("job-{n}"), fire, &period("PT10M")));
    let days = (0..10_000).map(|n| {
        let fire = Instant::from_millis(fire.millis() + n * 86_400_000);
        jitter_ms("nightly-kill", fire, &period("PT10M"))
    });
    for all in [jobs.collect::<Vec<_>>(), days.collect()] {
        let mut tenths = [0; 10];
        for jitter in all {
            assert!((0..600_000).contains(&jitter), "{jitter}");
            tenths[usize::try_from(jitter / 60_000).unwrap()] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1_150).contains(count)), "{tenths:?}");
    }
}

#[test]
fn its_length_is_counted_from_the_fire() {
    let longest = |fire: &str| {
        let fire = at(fire);
        (0..2_000).map(|n| jitter_ms(&n.to_string(), fire, &period("P1M"))).max().unwrap()
            / 86_400_000
    };
    assert_eq!([longest("2026-02-01"), longest("2026-03-01")], [27, 30]);
}

/// Such as at the end of time, where nothing can be added.
#[test]
fn no_time_puts_nothing_off() {
    assert_eq!(jitter_ms("job", Instant::from_millis(i64::MAX), &period("P1D")), 0);
    assert_eq!(jitter_ms("job", at("2026-03-01"), &period("P-1D")), 0);
    assert_eq!(jitter_ms("job", at("2026-03-01"), &period("PT0.001S")), 0);
}
