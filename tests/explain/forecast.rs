//! A forecast is what happens: each day of it is compared with the jobs, run with the clock set to that day.

use lopper::druid::{Instant, Period};
use serde_json::Value;

use crate::support::{Answer, Lopper, NOW, Segment, seg};

const NIGHTLY: &str = r#"
    schedule = "@daily"
    [[step]]
    op = "enforce-rules"
    datasources = ["*"]
    [[step]]
    op = "kill"
    datasources = ["w*"]
    buffer_period = "P5D"
    duration_to_retain = "P36D"
    limit = 3
    "#;

const WINDOW: &str = r#"[{"type":"loadByPeriod","period":"P30D"},{"type":"dropForever"}]"#;

/// Days from April on with one or two segments each; some are unused already, some hidden.
fn segments() -> Vec<Segment> {
    let mut segments = Vec::new();
    for day in 0..40 {
        let start = Instant::parse("2024-04-25").unwrap();
        let start = Period::days(day).add_to(start).unwrap();
        let one = || seg("wiki", &format!("{start}/P1D")).size(1000 + i64::from(day));
        segments.push(if day == 3 {
            one().unused().stamp("2024-05-30T00:00:00.000Z")
        } else {
            one()
        });
        if day % 5 == 0 {
            let created = "2024-06-01T11:50:00.000Z";
            segments.push(one().version("v2").created(created).stamp(created));
        }
        if day % 7 == 0 {
            segments.push(one().partition(1).version("v0").unused().never_stamped());
        }
    }
    segments.push(seg("koalas", "2020-01-01/P1D"));
    segments
}

/// Day, job, operation, reason, segments, bytes.
type Event = (String, String, String, String, u64, u64);

fn events(told: &Value) -> Vec<Event> {
    let text = |one: &Value, member: &str| one[member].as_str().unwrap().to_owned();
    let events = told["events"].as_array().unwrap().iter();
    events
        .map(|one| {
            let [at, job, op, reason] =
                ["at", "job", "op", "reason"].map(|member| text(one, member));
            let size = one["size"].as_u64().unwrap();
            (at, job, op, reason, one["segments"].as_u64().unwrap(), size)
        })
        .collect()
}

/// Runs jobs day by day; answers what they changed of `wiki`.
fn live(lopper: &Lopper, jobs: &[&str], days: i32) -> Vec<Event> {
    let mut happened = Vec::new();
    for day in 0..=days {
        let at = Period::days(day).add_to(Instant::parse(NOW).unwrap()).unwrap().to_string();
        for job in jobs {
            let mut command = lopper.command(["run", job, "--output", "json"]);
            let report = Answer::of(command.env("LOPPER_TEST_CLOCK", &at)).code(0).json();
            for step in report["steps"].as_array().unwrap() {
                let by_reason = &step["enforce"]["byReason"];
                let rows = if by_reason.is_array() { by_reason } else { &step["byDatasource"] };
                for row in rows.as_array().into_iter().flatten() {
                    if row["datasource"] == "wiki" {
                        happened.push((
                            at.clone(),
                            (*job).to_owned(),
                            step["op"].as_str().unwrap().to_owned(),
                            row["reason"].as_str().unwrap_or_default().to_owned(),
                            row["segments"].as_u64().unwrap(),
                            row["size"].as_u64().unwrap(),
                        ));
                    }
                }
            }
        }
    }
    happened
}

#[test]
fn the_forecast_is_what_happens() {
    let lopper = Lopper::new()
        .authoritative()
        .segments(segments())
        .rules([("wiki", WINDOW)])
        .job("nightly", NIGHTLY);
    let told = lopper.explain(&["wiki", "--until", "P45D"]);
    let foretold = events(&told);
    assert_eq!(told["runs"][0]["steps"], serde_json::json!(["enforce-rules", "kill"]));
    let ops = |op: &str| foretold.iter().filter(|event| event.2 == op).count();
    assert!(ops("enforce-rules") > 20 && ops("kill") > 10, "{foretold:#?}");
    assert!(foretold.iter().any(|event| event.3 == "overshadowed"), "{foretold:#?}");

    assert_eq!(live(&lopper, &["nightly"], 45), foretold);

    let killed: u64 = foretold.iter().filter(|event| event.2 == "kill").map(|event| event.4).sum();
    let totals = told["totals"].as_array().unwrap();
    let total = totals.iter().find(|total| total["op"] == "kill").unwrap();
    assert_eq!(total["segments"], killed);
}

/// Marks of jobs take the place of the rules; several jobs go in the order of their files.
#[test]
fn jobs_that_mark_take_the_place_of_the_rules() {
    let marks = "schedule = '@daily'\n[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\ninterval = '../now-P20D'\n";
    let kills = "schedule = '@daily'\n[[step]]\nop = 'kill'\ndatasource = 'wiki'\nbuffer_period = 'P2D'\nignore_duration_to_retain = true\n[[step]]\nop = 'kill'\ndatasource = 'wiki'\nbuffer_period = 'P1D'\nduration_to_retain = 'P25D'\n";
    let lopper = Lopper::new()
        .authoritative()
        .segments(segments())
        .rules([("wiki", WINDOW)])
        .job("a-marks", marks)
        .job("b-kills", kills);
    let told = lopper.explain(&["wiki", "--until", "P12D"]);
    let foretold = events(&told);
    assert!(foretold.iter().all(|event| event.2 != "enforce-rules"), "{foretold:#?}");
    assert!(foretold.iter().filter(|event| event.2 == "kill").count() > 5, "{foretold:#?}");
    assert_eq!(live(&lopper, &["a-marks", "b-kills"], 12), foretold);
}

#[test]
fn without_jobs_the_rules_in_force_are_foretold() {
    let lopper = Lopper::new()
        .segments(["wiki 2024-05-03/P1D v1", "wiki 2024-05-05/P1D v1"])
        .rules([("wiki", WINDOW)]);
    let told = lopper.explain(&["wiki", "--until", "2024-06-30"]);
    let days: Vec<String> = events(&told).into_iter().map(|event| event.0).collect();
    // Days without an event are left out; each is dropped 30 days after its end, at the first noon.
    assert_eq!(days, ["2024-06-03T12:00:00.000Z", "2024-06-05T12:00:00.000Z"]);
    let earlier = lopper.explain(&["wiki", "--until", "P2D", "--at", "2024-06-01"]);
    assert_eq!(events(&earlier)[0].0, "2024-06-03T00:00:00.000Z");
    lopper.run(["explain", "wiki", "--until", "P1D"]).code(0).stdout_has("nothing happens");
}

#[test]
fn what_is_taken_as_given_is_told() {
    let manual = "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n";
    let kill = "schedule = '@daily'\n[[step]]\nop = 'kill'\ndatasource = 'wiki'\n";
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D v1 unused"])
        .job("manual", manual)
        .job("suspended", &format!("suspend = true\n{kill}"))
        .job("nightly", &format!("{kill}[[step]]\nop = 'check'\nsql = 'SELECT 1'\n"));
    let told = lopper.explain(&["wiki", "--until", "P1D"]);
    let notes = told["notes"].to_string();
    for note in [
        "no new data comes",
        "job manual is left out: only a person starts it",
        "job suspended is left out: it is suspended",
        "job nightly: its import and check steps are left out",
        "this store is a copy",
        "no scheduled job marks its segments",
        "passes over: 1 load spec type local is not configured",
    ] {
        assert!(notes.contains(note), "{note}: {notes}");
    }
}

/// A guard refuses the whole run of that day, and the next day tries again.
#[test]
fn a_guard_refuses_the_day() {
    let job = "schedule = '@daily'\n[guard]\nmax_segments = 1\n[[step]]\nop = 'enforce-rules'\ndatasource = 'wiki'\n";
    let lopper = Lopper::new()
        .segments(["wiki 2015-09-12/P1D v1", "wiki 2015-09-13/P1D v1"])
        .rules([("wiki", WINDOW)])
        .job("nightly", job);
    let told = lopper.explain(&["wiki", "--until", "P1D"]);
    let refused: Vec<bool> = told["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["refused"].as_str().unwrap().contains("max_segments allows 1"))
        .collect();
    assert_eq!(refused, [true, true]);
    assert_eq!(told["totals"], serde_json::json!([]));
    lopper.run(["explain", "wiki", "--until", "P1D"]).code(0).stdout_has(
        "refused: nightly on 2 days from 2024-06-01T12:00:00.000Z to 2024-06-02T12:00:00.000Z",
    );
}

#[test]
fn an_end_in_the_past_or_too_far_away_is_a_mistake() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1"]);
    for (until, message) in [
        ("2020-01-01", "is before"),
        ("P100Y", "3660 days at most"),
        ("soon", "--until"),
        ("P", "the period 'P' has no parts"),
    ] {
        lopper.run(["explain", "wiki", "--until", until]).code(2).stderr_has(message);
    }
}
