//! Intervals and instants relative to the run's logical time.

use lopper::config::{InstantExpression, IntervalExpression};
use lopper::druid::{Instant, Interval};

/// 2024-03-31T12:00:00Z.
const NOW: &str = "2024-03-31T12:00:00.000Z";

fn resolve(text: &str) -> Result<String, String> {
    let now = Instant::parse(NOW).unwrap();
    IntervalExpression::parse(text)?.resolve(now).map(|interval| interval.to_string())
}

#[test]
fn every_form_resolves() {
    for (text, start, end) in [
        ("2015-09-12/2015-09-13", "2015-09-12T00:00:00.000Z", "2015-09-13T00:00:00.000Z"),
        ("2015-09-12T00/2015-09-12T12", "2015-09-12T00:00:00.000Z", "2015-09-12T12:00:00.000Z"),
        ("2015-09-12/P1M", "2015-09-12T00:00:00.000Z", "2015-10-12T00:00:00.000Z"),
        ("P1D/2015-09-12", "2015-09-11T00:00:00.000Z", "2015-09-12T00:00:00.000Z"),
        ("now-P90D/now", "2024-01-01T12:00:00.000Z", NOW),
        // The month is clamped: 31 March less one month is 29 February.
        ("now-P1M/now+P1D", "2024-02-29T12:00:00.000Z", "2024-04-01T12:00:00.000Z"),
        ("now-P1M/P1D", "2024-02-29T12:00:00.000Z", "2024-03-01T12:00:00.000Z"),
        ("P1D/now", "2024-03-30T12:00:00.000Z", NOW),
        ("2015/now", "2015-01-01T00:00:00.000Z", NOW),
        ("now/2030-01-01", NOW, "2030-01-01T00:00:00.000Z"),
        ("now/now", NOW, NOW),
        // Week dates, ordinal dates, and the form of Druid's kill path.
        ("2015-W37/2015-W38", "2015-09-07T00:00:00.000Z", "2015-09-14T00:00:00.000Z"),
        ("2015-W37-6/P1D", "2015-09-12T00:00:00.000Z", "2015-09-13T00:00:00.000Z"),
        ("2015-255/2015-256", "2015-09-12T00:00:00.000Z", "2015-09-13T00:00:00.000Z"),
        ("2015-09-12_2015-09-13", "2015-09-12T00:00:00.000Z", "2015-09-13T00:00:00.000Z"),
        ("2015-W37_P1D", "2015-09-07T00:00:00.000Z", "2015-09-08T00:00:00.000Z"),
        ("now-P90D_now", "2024-01-01T12:00:00.000Z", NOW),
        ("2015-01-01T00:00:00+02:00/now", "2014-12-31T22:00:00.000Z", NOW),
    ] {
        assert_eq!(resolve(text), Ok(format!("{start}/{end}")), "{text}");
    }
}

#[test]
fn open_sides_reach_to_eternity() {
    let now = Instant::parse(NOW).unwrap();
    let interval = |text| IntervalExpression::parse(text).unwrap().resolve(now).unwrap();
    assert_eq!(interval("../.."), Interval::ETERNITY);
    assert_eq!(IntervalExpression::everything().resolve(now), Ok(Interval::ETERNITY));
    assert_eq!(interval("../now"), Interval::new(Instant::ETERNITY_START, now).unwrap());
    assert_eq!(interval("now/.."), Interval::new(now, Instant::ETERNITY_END).unwrap());
    let start = Instant::parse("2015").unwrap();
    assert_eq!(interval("2015/.."), Interval::new(start, Instant::ETERNITY_END).unwrap());
}

#[test]
fn what_is_wrong_is_said_when_the_text_is_read() {
    for (text, message) in [
        ("", "expected an ISO 8601 interval"),
        ("now", "expected an ISO 8601 interval"),
        ("/now", "expected an ISO 8601 instant"),
        ("now/", "expected an ISO 8601 instant"),
        ("now/now/now", "expected 'now', 'now-P90D' or 'now+P1D', found 'now/now'"),
        ("now P1D/now", "expected 'now', 'now-P90D' or 'now+P1D', found 'now P1D'"),
        ("nowadays/now", "expected 'now', 'now-P90D' or 'now+P1D', found 'nowadays'"),
        ("now-90D/now", "after 'now', expected an ISO 8601 period"),
        ("now-P/now", "after 'now', the period 'P' has no parts"),
        ("2015/P", "the period 'P' has no parts"),
        ("p/2015", "the period 'p' has no parts"),
        ("now/P", "the period 'P' has no parts"),
        ("now-/now", "after 'now', expected an ISO 8601 period"),
        ("../P1D", "a period needs an instant or 'now' beside it"),
        ("P1D/..", "a period needs an instant or 'now' beside it"),
        ("P1D/P1D", "expected an ISO 8601 interval"),
        ("now/now-P90D", "'now/now-P90D' ends before it starts"),
        ("2016/2015", "expected an interval that ends at or after its start"),
        ("…/now", "expected an ISO 8601 instant"),
        ("now€/now", "expected 'now'"),
    ] {
        let error = IntervalExpression::parse(text).unwrap_err();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn what_depends_on_now_is_said_when_it_is_resolved() {
    let error = resolve("2030-01-01/now").unwrap_err();
    assert_eq!(
        error,
        format!("'2030-01-01/now' ends ({NOW}) before it starts (2030-01-01T00:00:00.000Z)")
    );
    // 30 days before 1 March 2023 is 30 January, two days before a month before it.
    let months = IntervalExpression::parse("now-P1M/now-P30D").unwrap();
    assert!(months.resolve(Instant::parse("2023-03-01").unwrap()).is_err());
    assert!(months.resolve(Instant::parse("2023-08-31").unwrap()).is_ok());
    let error = resolve("now-P999999999Y/now").unwrap_err();
    assert!(error.starts_with("'now-P999999999Y/now': "), "{error}");
}

#[test]
fn the_text_is_kept() {
    let interval = IntervalExpression::parse("../now-P90D").unwrap();
    assert_eq!(interval.to_string(), "../now-P90D");
    assert_eq!(serde_json::to_string(&interval).unwrap(), "\"../now-P90D\"");
    assert_eq!("../now-P90D".parse(), Ok(interval));
}

#[test]
fn instants() {
    let now = Instant::parse(NOW).unwrap();
    let at = |text: &str| InstantExpression::parse(text)?.resolve(now).map(|at| at.to_string());
    assert_eq!(at("now").as_deref(), Ok(NOW));
    assert_eq!(at("now+P1D").as_deref(), Ok("2024-04-01T12:00:00.000Z"));
    assert_eq!(at("now-PT1H").as_deref(), Ok("2024-03-31T11:00:00.000Z"));
    assert_eq!(at("2015-W37").as_deref(), Ok("2015-09-07T00:00:00.000Z"));
    assert!(at("..").is_err() && at("P1D").is_err() && at("now*2").is_err());
}
