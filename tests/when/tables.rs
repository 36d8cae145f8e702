//! Schedules and their fires by hand, as the clock of their zone shows them.

use lopper::druid::Instant;

use super::{at, fires, shown};

/// The fires behind `from`, as many as are expected.
#[track_caller]
fn holds(schedule: &str, zone: &str, from: &str, expected: &[&str]) {
    let fires = fires(schedule, zone);
    let next = std::iter::successors(fires.next(at(from)), |fire| fires.next(*fire));
    let found: Vec<String> = next.take(expected.len()).map(|fire| shown(fire, zone)).collect();
    assert_eq!(found, expected, "'{schedule}' in {zone}");
    // The same backwards.
    let mut last = std::iter::successors(fires.next(at(from)), |fire| fires.next(*fire))
        .take(expected.len())
        .last();
    for expected in expected.iter().rev() {
        assert_eq!(last.map(|fire| shown(fire, zone)).as_deref(), Some(*expected));
        let before = last.map(|fire| Instant::from_millis(fire.millis() - 1)).unwrap();
        last = fires.latest(before);
    }
}

#[test]
fn a_fixed_time_that_is_skipped_comes_right_after() {
    let schedule = "30 2 * * *";
    let expected = [
        "Sat 2026-03-28 02:30:00 +01:00",
        "Sun 2026-03-29 03:00:00 +02:00",
        "Mon 2026-03-30 02:30:00 +02:00",
    ];
    holds(schedule, "Europe/Berlin", "2026-03-28", &expected);
    // Several skipped ones come once, and what is due then anyway with them.
    let expected = ["Sun 2026-03-29 03:00:00 +02:00", "Mon 2026-03-30 02:00:00 +02:00"];
    holds("0,15,30 2,3 29-30 3 *", "Europe/Berlin", "2026-03-28", &expected[..1]);
    holds("0 2-3 * * *", "Europe/Berlin", "2026-03-29", &expected);
    let expected = ["Sun 2026-03-08 03:00:00 -04:00", "Mon 2026-03-09 02:30:00 -04:00"];
    holds(schedule, "America/New_York", "2026-03-08T05:00Z", &expected);
    // Half an hour is skipped.
    let expected = ["Sun 2026-10-04 02:30:00 +11:00", "Mon 2026-10-05 02:15:00 +11:00"];
    holds("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T14:00Z", &expected);
    // Midnight is.
    let expected = ["Sun 2018-11-04 01:00:00 -02:00", "Mon 2018-11-05 00:00:00 -02:00"];
    holds("@daily", "America/Sao_Paulo", "2018-11-03T12:00Z", &expected);
    // A whole day is.
    let expected = [
        "Thu 2011-12-29 09:00:00 -10:00",
        "Sat 2011-12-31 00:00:00 +14:00",
        "Sat 2011-12-31 09:00:00 +14:00",
    ];
    holds("0 9 * * *", "Pacific/Apia", "2011-12-29T12:00Z", &expected);
}

#[test]
fn a_fixed_time_that_is_repeated_comes_once() {
    let expected = [
        "Sat 2026-10-24 02:30:00 +02:00",
        "Sun 2026-10-25 02:30:00 +02:00",
        "Mon 2026-10-26 02:30:00 +01:00",
    ];
    holds("30 2 * * *", "Europe/Berlin", "2026-10-24", &expected);
    let expected = ["Sun 2026-11-01 01:30:00 -04:00", "Mon 2026-11-02 01:30:00 -05:00"];
    holds("30 1 * * *", "America/New_York", "2026-11-01", &expected);
    let expected = ["Sun 2026-04-05 01:45:00 +11:00", "Mon 2026-04-06 01:45:00 +10:30"];
    holds("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:00Z", &expected);
}

#[test]
fn a_wildcard_follows_the_clock() {
    let expected = [
        "Sun 2026-03-29 01:30:00 +01:00",
        "Sun 2026-03-29 03:00:00 +02:00",
        "Sun 2026-03-29 03:30:00 +02:00",
    ];
    holds("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00Z", &expected);
    let expected = [
        "Sun 2026-10-25 02:00:00 +02:00",
        "Sun 2026-10-25 02:30:00 +02:00",
        "Sun 2026-10-25 02:00:00 +01:00",
        "Sun 2026-10-25 02:30:00 +01:00",
        "Sun 2026-10-25 03:00:00 +01:00",
    ];
    holds("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:30Z", &expected);
    // Its minute alone begins with `*`: a skipped hour is left out, and a repeated one comes twice.
    let expected = ["Sat 2026-03-28 02:30:00 +01:00", "Mon 2026-03-30 02:00:00 +02:00"];
    holds("*/30 2 * * *", "Europe/Berlin", "2026-03-28T01:00Z", &expected);
    let expected = [
        "Sun 2026-10-25 02:30:00 +02:00",
        "Sun 2026-10-25 02:30:00 +01:00",
        "Mon 2026-10-26 02:30:00 +01:00",
    ];
    holds("30 */2 25,26 10 *", "Europe/Berlin", "2026-10-25T00:00Z", &expected[..2]);
    // A range over all hours is no `*`.
    let expected = ["Sun 2026-10-25 02:30:00 +02:00", "Sun 2026-10-25 03:30:00 +01:00"];
    holds("30 0-23 * * *", "Europe/Berlin", "2026-10-25T00:00Z", &expected);
}

#[test]
fn days_of_the_month_and_of_the_week() {
    let utc = |schedule: &str, from: &str, expected: &[&str]| {
        let expected: Vec<String> =
            expected.iter().map(|day| format!("{day} 00:00:00 +00:00")).collect();
        holds(schedule, "UTC", from, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    // Both are given: either is enough.
    utc(
        "0 0 13 * 5",
        "2026-11-01",
        &[
            "Fri 2026-11-06",
            "Fri 2026-11-13",
            "Fri 2026-11-20",
            "Fri 2026-11-27",
            "Fri 2026-12-04",
            "Fri 2026-12-11",
            "Sun 2026-12-13",
        ],
    );
    // One begins with `*`: both are needed.
    utc("0 0 */13 * 5", "2026-01-01", &["Fri 2026-02-27", "Fri 2026-03-27", "Fri 2026-05-01"]);
    utc("0 0 13 * *", "2026-11-01", &["Fri 2026-11-13", "Sun 2026-12-13"]);
    utc("0 0 13 * */5", "2026-09-01", &["Sun 2026-09-13", "Fri 2026-11-13", "Sun 2026-12-13"]);
    for sunday in ["0", "7", "sun", "SUN", "7-7", "0,7"] {
        utc(&format!("0 0 * * {sunday}"), "2026-11-01", &["Sun 2026-11-08", "Sun 2026-11-15"]);
    }
    utc(
        "0 0 * * fri-7",
        "2026-11-01",
        &["Fri 2026-11-06", "Sat 2026-11-07", "Sun 2026-11-08", "Fri 2026-11-13"],
    );
    utc("0 0 29 feb *", "2026-11-01", &["Tue 2028-02-29", "Sun 2032-02-29"]);
    utc("0 0 29 2 mon", "2096-02-28", &["Wed 2096-02-29", "Mon 2097-02-04"]);
    utc("0 0 31 * *", "2026-11-01", &["Thu 2026-12-31", "Sun 2027-01-31", "Wed 2027-03-31"]);
    utc("@monthly", "2026-11-01", &["Tue 2026-12-01", "Fri 2027-01-01"]);
    utc("@yearly", "2026-11-01", &["Fri 2027-01-01", "Sat 2028-01-01"]);
    utc("@annually", "2026-11-01", &["Fri 2027-01-01", "Sat 2028-01-01"]);
    utc("@weekly", "2026-11-01", &["Sun 2026-11-08", "Sun 2026-11-15"]);
    utc("@midnight", "2026-11-01", &["Mon 2026-11-02", "Tue 2026-11-03"]);
}

#[test]
fn lists_ranges_steps_seconds_and_years() {
    let utc = |schedule: &str, from: &str, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|time| format!("{time} +00:00")).collect();
        holds(schedule, "UTC", from, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    };
    utc("@hourly", "2026-11-01T22:30Z", &["Sun 2026-11-01 23:00:00", "Mon 2026-11-02 00:00:00"]);
    utc(
        "5,10-12,40-59/15 9 1 11 *",
        "2026-11-01",
        &[
            "Sun 2026-11-01 09:05:00",
            "Sun 2026-11-01 09:10:00",
            "Sun 2026-11-01 09:11:00",
            "Sun 2026-11-01 09:12:00",
            "Sun 2026-11-01 09:40:00",
            "Sun 2026-11-01 09:55:00",
            "Mon 2027-11-01 09:05:00",
        ],
    );
    // A step beyond the field takes its first number.
    utc("*/70 */30 * * *", "2026-11-01", &["Mon 2026-11-02 00:00:00", "Tue 2026-11-03 00:00:00"]);
    utc(
        "*/25 0 9 * * *",
        "2026-11-01",
        &[
            "Sun 2026-11-01 09:00:00",
            "Sun 2026-11-01 09:00:25",
            "Sun 2026-11-01 09:00:50",
            "Mon 2026-11-02 09:00:00",
        ],
    );
    utc(
        "30 0 9 1 1 * 2027,2029-2030",
        "2026-11-01",
        &["Fri 2027-01-01 09:00:30", "Mon 2029-01-01 09:00:30", "Tue 2030-01-01 09:00:30"],
    );
    let ended = fires("0 0 9 * * * 2020", "UTC");
    assert_eq!(ended.next(at("2026-11-01")), None);
    assert_eq!(ended.latest(at("2026-11-01")), Some(at("2020-12-31T09:00Z")));
    assert_eq!(ended.latest(at("2019-11-01")), None);
    assert_eq!(ended.count(at("2019-11-01"), at("2026-11-01")), 366);
    // There is no such day.
    let never = fires("0 0 30 2 *", "Europe/Berlin");
    assert_eq!([never.next(at("2026-11-01")), never.latest(at("2026-11-01"))], [None; 2]);
}

/// From the epoch on, whatever the clock shows.
#[test]
fn every_counts_from_the_epoch() {
    let next =
        |schedule, from| fires(schedule, "Europe/Berlin").next(at(from)).unwrap().to_string();
    assert_eq!(next("@every PT10M", "2026-03-29T00:55Z"), "2026-03-29T01:00:00.000Z");
    assert_eq!(next("@every PT7H", "1970-01-01"), "1970-01-01T07:00:00.000Z");
    assert_eq!(next("@every PT0.5S", "2026-01-01"), "2026-01-01T00:00:00.500Z");
    assert_eq!(next("@every P1D", "2026-03-29T01:00Z"), "2026-03-30T00:00:00.000Z");
    // Weeks begin with a Thursday, and a month ends with its last day.
    assert_eq!(next("@every P1W", "2026-11-23"), "2026-11-26T00:00:00.000Z");
    assert_eq!(next("@every P1M", "2026-11-23"), "2026-12-01T00:00:00.000Z");
    assert_eq!(next("@every P1M15D", "1970-01-01"), "1970-02-16T00:00:00.000Z");
    let every = fires("@every PT10M", "UTC");
    assert_eq!(every.next(at("1969-06-01")), Some(Instant::EPOCH));
    assert_eq!(every.latest(at("1969-06-01")), None);
    assert_eq!(every.latest(at("2026-03-29T00:59:59Z")), Some(at("2026-03-29T00:50Z")));
    assert_eq!(every.latest(at("2026-03-29T01:00Z")), Some(at("2026-03-29T01:00Z")));
    assert_eq!(every.count(at("2026-03-29T00:50Z"), at("2026-03-29T01:10Z")), 2);
    assert_eq!(every.count(at("1960-01-01"), at("1970-01-01")), 1);
}

#[test]
fn by_hand_means_never() {
    let never = fires("@manually", "UTC");
    assert_eq!([never.next(at("2026-11-01")), never.latest(at("2026-11-01"))], [None; 2]);
    assert_eq!(never.count(at("1970-01-01"), at("2100-01-01")), 0);
}

/// Whatever the clock of the machine says.
#[test]
fn the_ends_of_time_are_no_trap() {
    for schedule in ["* * * * *", "0 3 29 2 *", "30 */2 * * *", "@every PT1M", "@every P1Y"] {
        for zone in ["UTC", "Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo"] {
            let fires = fires(schedule, zone);
            for instant in [i64::MIN, i64::MAX].map(Instant::from_millis) {
                let (_, _) = (fires.next(instant), fires.latest(instant));
                let _ = fires.count(Instant::EPOCH, instant);
            }
            assert!(fires.next(Instant::from_millis(i64::MIN)).is_some(), "'{schedule}' in {zone}");
            assert!(fires.latest(at("2150-01-01")).is_some(), "'{schedule}' in {zone}");
        }
    }
}

/// However many there are: the schedule of every second, and a scheduler that was away for ten years.
#[test]
fn all_fires_are_counted() {
    let ten_years = (at("2026-01-01"), at("2036-01-01"));
    let days = 3_652;
    assert_eq!(fires("* * * * *", "UTC").count(ten_years.0, ten_years.1), days * 1_440);
    for zone in ["Europe/Berlin", "Australia/Lord_Howe"] {
        assert_eq!(fires("* * * * * *", zone).count(ten_years.0, ten_years.1), days * 86_400);
        assert_eq!(fires("30 2 * * *", zone).count(ten_years.0, ten_years.1), days, "{zone}");
    }
}

/// By arithmetic or one by one, around every kind of change of a clock.
#[test]
fn counting_is_going_from_one_to_the_next() {
    let spans = [
        ("Europe/Berlin", "2026-03-27T11:17:31Z", "2026-03-31T09:00:00Z"),
        ("Europe/Berlin", "2026-10-23T23:59:59Z", "2026-10-27T00:30:01Z"),
        ("Australia/Lord_Howe", "2026-04-03T00:00:00Z", "2026-04-06T13:14:15Z"),
        ("America/Sao_Paulo", "2018-11-02T20:00:00Z", "2018-11-06T01:00:00Z"),
        ("Pacific/Apia", "2011-12-28T00:00:00Z", "2012-01-02T00:00:00Z"),
        ("Africa/Casablanca", "2026-02-10T00:00:00Z", "2026-03-25T00:00:00Z"),
        ("Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ];
    let schedules = [
        "0 * * * *",
        "*/7 * * * *",
        "30 2 * * *",
        "0,30 1-3 * * *",
        "15,45 0 1,15,28 * 0",
        "7 0 0 * * *",
        "*/20 59 23 * * *",
        "0 12 * * sun",
        "0 0 0 1 1 * 2012",
    ];
    for (zone, after, by) in spans {
        for schedule in schedules {
            let (fires, after, by) = (fires(schedule, zone), at(after), at(by));
            let all = std::iter::successors(fires.next(after), |fire| fires.next(*fire));
            let one_by_one = all.take_while(|fire| *fire <= by).count();
            assert_eq!(fires.count(after, by), one_by_one as u64, "'{schedule}' in {zone}");
        }
    }
}
