//! Instants, intervals and periods.

use lopper::druid::{Instant, Interval, Period};
use proptest::prelude::*;

use super::vectors::{judge_all, same, text};

#[test]
fn intervals_are_read_as_druid_reads_them() {
    judge_all("intervals.json", |case| {
        let read = if case["path"] == true { Interval::parse_path } else { Interval::parse };
        let found = read(text(case, "text"))
            .ok()
            .map(|interval| (interval.start.millis(), interval.end.millis(), interval.to_string()));
        let expected = (case["error"] != true).then(|| {
            let millis = |key: &str| case[key].as_i64().unwrap();
            (millis("start_ms"), millis("end_ms"), text(case, "canonical").to_owned())
        });
        same(&found, &expected)
    });
}

#[test]
fn periods_count_as_druid_counts() {
    judge_all("periods.json", |case| {
        let now = Instant::parse(text(case, "now")).map_err(|error| error.to_string())?;
        let found = Period::parse(text(case, "period")).ok().and_then(|period| {
            let minus = period.subtract_from(now).ok()?.millis();
            let plus = period.add_to(now).ok()?.millis();
            Some((minus, plus, period.to_string()))
        });
        let expected = (case.get("error").is_none()).then(|| {
            let millis = |key: &str| case[key].as_i64().unwrap();
            (millis("minus_ms"), millis("plus_ms"), text(case, "canonical").to_owned())
        });
        same(&found, &expected)
    });
}

#[test]
fn eternity_has_its_own_names() {
    assert_eq!(Instant::ETERNITY_START.millis(), -4_611_686_018_427_387_904);
    assert_eq!(Instant::ETERNITY_END.millis(), 4_611_686_018_427_387_903);
    assert_eq!(
        Interval::ETERNITY.to_string(),
        "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z"
    );
}

#[test]
fn an_instant_outside_of_time_is_refused() {
    for text in [
        "292278994-08-17T07:12:55.808Z",
        "-292275055-05-16T16:47:04.191Z",
        "292278994-08-17T07:12:55.807-00:00:01",
    ] {
        let error = Instant::parse(text).unwrap_err();
        assert_eq!(error.to_string(), format!("expected an ISO 8601 instant, found '{text}'"));
    }
}

fn interval(start: i64, end: i64) -> Interval {
    Interval::new(Instant::from_millis(start), Instant::from_millis(end)).unwrap()
}

#[test]
fn containing_and_overlapping_at_every_boundary() {
    // Each with whether [10, 20) contains it and whether the two overlap.
    let cases = [
        ((0, 5), false, false),
        ((0, 10), false, false),
        ((0, 11), false, true),
        ((10, 20), true, true),
        ((10, 11), true, true),
        ((19, 20), true, true),
        ((9, 20), false, true),
        ((10, 21), false, true),
        ((19, 21), false, true),
        ((20, 30), false, false),
        ((10, 10), true, false),
        ((15, 15), true, true),
        ((20, 20), false, false),
    ];
    let outer = interval(10, 20);
    for ((start, end), contains, overlaps) in cases {
        let other = interval(start, end);
        assert_eq!(outer.contains(other), contains, "contains {start}/{end}");
        assert_eq!(outer.overlaps(other), overlaps, "overlaps {start}/{end}");
        assert_eq!(other.overlaps(outer), overlaps, "{start}/{end} overlaps");
    }
    let point = interval(10, 10);
    assert!(!point.contains(point) && !point.overlaps(point));
}

#[test]
fn a_period_is_negative_when_it_leads_backwards() {
    for text in ["P-1D", "PT-0.001S", "P-1M", "P1Y-13M", "P1M-29D", "P-1M30D"] {
        assert!(Period::parse(text).unwrap().is_negative(), "{text}");
    }
    for text in ["P", "P1D", "P1M", "P1Y-12M", "P1M-1D", "P1DT-1H", "PT0S"] {
        assert!(!Period::parse(text).unwrap().is_negative(), "{text}");
    }
    assert!(Period::parse("P0D").unwrap().is_empty());
    assert_eq!(Period::days(30).to_string(), "P30D");
    assert_eq!(Period::minutes(15).to_string(), "PT15M");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}") {
        let _ = Instant::parse(&text);
        let _ = Interval::parse(&text);
        let _ = Interval::parse_path(&text);
        let _ = Period::parse(&text);
    }

    #[test]
    fn texts_of_the_right_letters_are_read_or_refused(text in "[-+0-9TZWPYMDHStz:.,/_é]{0,24}") {
        let _ = Instant::parse(&text);
        let _ = Interval::parse(&text);
        let _ = Interval::parse_path(&text);
        if let Ok(period) = Period::parse(&text) {
            let _ = period.add_to(Instant::ETERNITY_END);
        }
    }

    #[test]
    fn a_printed_instant_is_read_back(millis: i64) {
        let instant = Instant::from_millis(millis);
        prop_assert_eq!(Instant::parse(&instant.to_string()), Ok(instant));
    }

    #[test]
    fn a_printed_interval_is_read_back(a: i64, b: i64) {
        let interval = interval(a.min(b), a.max(b));
        prop_assert_eq!(Interval::parse(&interval.to_string()), Ok(interval));
    }

    #[test]
    fn a_printed_period_is_read_back(
        (date, time) in (any::<[i16; 4]>(), any::<[i16; 3]>()),
        millis in 0..1000_u32,
    ) {
        let [years, months, weeks, days] = date;
        let [hours, minutes, seconds] = time;
        let text = format!("P{years}Y{months}M{weeks}W{days}DT{hours}H{minutes}M{seconds}.{millis:03}S");
        let period = Period::parse(&text).unwrap();
        prop_assert_eq!(Period::parse(&period.to_string()), Ok(period));
    }

    #[test]
    fn fixed_periods_add_and_subtract_alike(millis in -1_i64 << 60..1 << 60, days: i16) {
        let instant = Instant::from_millis(millis);
        let period = Period::days(days.into());
        prop_assert_eq!(period.subtract_from(period.add_to(instant).unwrap()), Ok(instant));
    }
}
