//! What stands in the way of a kill, condition by condition: the verdict is that of the kill itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Dice, id};
use crate::support::{Lopper, NOW, Segment, seg};

fn lopper(segments: impl IntoIterator<Item = impl Into<Segment>>) -> Lopper {
    Lopper::new().authoritative().segments(segments)
}

/// The names of the conditions that are not met.
fn unmet(kill: &Value) -> Vec<&str> {
    let conditions = kill["conditions"].as_array().unwrap().iter();
    conditions.filter(|one| one["met"] == false).map(|one| one["name"].as_str().unwrap()).collect()
}

fn met_from(kill: &Value, name: &str) -> Value {
    let mut conditions = kill["conditions"].as_array().unwrap().iter();
    conditions.find(|one| one["name"] == name).unwrap()["metFrom"].clone()
}

#[test]
fn each_condition_says_until_when() {
    let lopper = lopper([
        seg("wiki", "2024-03-02/P1D").unused().stamp("2024-05-20T00:00:00.000Z"),
        seg("wiki", "2024-03-02/P1D").version("used"),
        seg("wiki", "2024-03-02/P1D").version("never").unused().never_stamped(),
        seg("wiki", "2024-03-02/P1D").version("s3").unused().s3("bucket", "key"),
        seg("wiki", "2024-03-02/P1D").version("none").unused().no_load(),
    ]);
    let kill = |version: &str| lopper.explain(&[&id("2024-03-02", version)])["kills"][0].take();
    let due = kill("v1");
    assert_eq!(unmet(&due), ["buffer_period"]);
    assert_eq!(met_from(&due, "buffer_period"), "2024-06-19T00:00:00.000Z");
    assert_eq!(met_from(&due, "duration_to_retain"), "2024-06-01T00:00:00.000Z");
    assert_eq!(due["killableFrom"], "2024-06-19T00:00:00.000Z");
    assert_eq!(due["provided"], Value::Null);
    assert_eq!(unmet(&kill("used")), ["unused", "buffer_period"]);
    assert_eq!(kill("used")["killableFrom"], Value::Null, "no rule drops it");
    let never = kill("never");
    assert_eq!(unmet(&never), ["stamped", "buffer_period"]);
    assert_eq!(never["killableFrom"], "2024-07-01T12:00:00.000Z");
    assert_eq!(unmet(&kill("s3")), ["load_type"]);
    assert_eq!(unmet(&kill("none")), ["load_spec"]);
    assert_eq!(kill("s3")["killableFrom"], Value::Null);
}

#[test]
fn a_used_segment_is_killable_after_its_drop() {
    let chain = r#"[{"type":"loadByPeriod","period":"P30D"},{"type":"dropForever"}]"#;
    let lopper = lopper(["wiki 2024-05-20/P1D v1"]).rules([("wiki", chain)]);
    let kill = lopper.explain(&[&id("2024-05-20", "v1")])["kills"][0].take();
    // Dropped on 2024-06-20; retained for 90 days from 2024-05-21 on.
    assert_eq!(kill["killableFrom"], "2024-08-19T00:00:00.000Z");
    let provided = kill["provided"].as_str().unwrap();
    assert!(provided.contains("2024-06-20T00:00:00.000Z by rule 2 dropForever"), "{provided}");
}

/// The pass takes it at the millisecond behind the grace, before any rule does.
#[test]
fn a_hidden_segment_is_killable_after_the_grace() {
    let created = "2024-06-01T11:50:00.000Z";
    let new = seg("wiki", "2015-09-12/P1D").version("v2").created(created).stamp(created);
    let chain = r#"[{"type":"loadByPeriod","period":"P9Y"},{"type":"dropForever"}]"#;
    let lopper = lopper([seg("wiki", "2015-09-12/P1D"), new]).rules([("wiki", chain)]);
    let kill = lopper.explain(&[&id("2015-09-12", "v1")])["kills"][0].take();
    assert_eq!(kill["killableFrom"], "2024-07-01T12:05:00.001Z");
    let provided = kill["provided"].as_str().unwrap();
    assert!(provided.contains("overshadowed by"), "{provided}");
    let later = lopper.explain(&[&id("2015-09-12", "v2")])["kills"][0].take();
    assert!(later["provided"].as_str().unwrap().contains("rule 2 dropForever"), "{later}");
}

#[test]
fn killable_from_is_exact() {
    let lopper = lopper([
        seg("wiki", "2015-09-12/P1D").unused().stamp("2024-05-20T01:02:03.004Z"),
        seg("koalas", "2024-03-31/P1D").unused().stamp("2024-05-20T01:02:03.004Z"),
    ]);
    for (datasource, interval) in [("wiki", "2015-09-12/P1D"), ("koalas", "2024-03-31/P1D")] {
        let told = lopper.explain(&[&seg(datasource, interval).id()]);
        let from = told["kills"][0]["killableFrom"].as_str().unwrap();
        let at = lopper::druid::Instant::parse(from).unwrap().millis();
        let before = lopper::druid::Instant::from_millis(at - 1).to_string();
        for (at, expected) in [(before.as_str(), 0), (from, 1)] {
            let step = lopper.step(["kill", datasource, "--dry-run", "--at", at]);
            assert_eq!(step["numChangedSegments"], expected, "{datasource} at {at}");
            let told = lopper.explain(&[&seg(datasource, interval).id(), "--at", at]);
            assert_eq!(told["kills"][0]["eligible"], expected == 1);
        }
    }
}

#[test]
fn locks_are_named_with_their_expiry() {
    let lopper = lopper(["wiki 2015-09-12/P1D v1 unused", "wiki 2015-09-14/P1D v1 unused"]);
    lopper.lock("wiki", "2015-09-12T23:00:00Z", "2015-09-13", Some("2024-07-01T00:00:00Z"));
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    let told = lopper.explain(&[&id("2015-09-12", "v1")]);
    assert_eq!(
        told["locks"],
        json!([{
            "lock": "replace", "owner": "index_parallel_wiki",
            "interval": "2015-09-12T23:00:00.000Z/2015-09-13T00:00:00.000Z",
            "expires": "2024-07-01T00:00:00.000Z",
        }])
    );
    let kill = &told["kills"][0];
    assert_eq!(unmet(kill), ["locks"]);
    assert_eq!(kill["killableFrom"], "2024-07-01T00:00:00.000Z");
    lopper.lock("wiki", "2015-09-12", "2015-09-13", None);
    let told = lopper.explain(&[&id("2015-09-12", "v1")]);
    assert_eq!(told["kills"][0]["killableFrom"], Value::Null, "that lock never expires");
    assert_eq!(lopper.explain(&[&id("2015-09-14", "v1")])["locks"], json!([]));
}

#[test]
fn a_copy_says_that_it_kills_nothing() {
    let copy = Lopper::new().segments(["wiki 2015-09-12/P1D v1 unused"]);
    assert_eq!(copy.explain(&[&id("2015-09-12", "v1")])["authoritative"], false);
    copy.run(["explain", &id("2015-09-12", "v1")]).code(0).stdout_has("this store is a copy");
    let truth = lopper(["wiki 2015-09-12/P1D v1 unused"]);
    assert_eq!(truth.explain(&[&id("2015-09-12", "v1")])["authoritative"], true);
}

#[test]
fn the_kill_steps_of_jobs_that_cover_it_are_asked() {
    let toml = "schedule = '@daily'\n[[step]]\nop = 'kill'\ndatasource = 'koalas'\n\
        [[step]]\nop = 'kill'\ndatasources = ['w*']\nbuffer_period = 'P10Y'\nversions = ['v2']\n\
        interval = '../2015-09-12'\nlimit = 7\n";
    let lopper =
        lopper(["wiki 2015-09-12/P1D v1 unused", "koalas 2015-09-12/P1D v1"]).job("nightly", toml);
    let told = lopper.explain(&[&id("2015-09-12", "v1")]);
    let kills = told["kills"].as_array().unwrap();
    assert_eq!(kills.len(), 2);
    assert_eq!((&kills[0]["by"], &kills[0]["eligible"]), (&"defaults".into(), &true.into()));
    assert_eq!((&kills[1]["by"], &kills[1]["limit"]), (&"job nightly, step 2".into(), &7.into()));
    assert_eq!(unmet(&kills[1]), ["interval", "version", "buffer_period"]);
    std::fs::create_dir(lopper.path("none")).unwrap();
    let elsewhere = lopper.explain(&[&id("2015-09-12", "v1"), "--jobs", "none"]);
    assert_eq!(elsewhere["kills"].as_array().unwrap().len(), 1);
    lopper.run(["explain", "wiki", "--jobs", "nowhere"]).code(2).stderr_has("nowhere");
}

/// The first condition that is not met, as a kill counts it.
fn passed_over(kill: &Value, load_type: &str) -> Option<String> {
    Some(match *unmet(kill).first()? {
        "unused" => return None,
        "interval" => "outside the interval".to_owned(),
        "version" => "another version".to_owned(),
        "stamped" => "never stamped".to_owned(),
        "buffer_period" => "within the buffer period".to_owned(),
        "duration_to_retain" => "within the duration to retain".to_owned(),
        "load_spec" => "no load spec".to_owned(),
        "load_type" => format!("load spec type {load_type} is not configured"),
        "place" => "outside the configured deep storage".to_owned(),
        "locks" => "locked".to_owned(),
        other => panic!("{other}"),
    })
}

/// Of any segment and any terms, explain says what the kill then does, and why.
#[test]
fn the_verdict_is_that_of_the_kill() {
    let mut dice = Dice(11);
    let mut counts = (0, 0);
    for round in 0..3 {
        let mut segments = Vec::new();
        for number in 0..20 {
            let interval = dice.pick(&[
                "2015-09-12/P1D",
                "2024-03-01/P1D",
                "2024-03-03/P1D",
                "2024-05-30/P1D",
            ]);
            let mut one = seg(&format!("d{number:02}"), interval).version(dice.pick(&["v1", "v2"]));
            let stamps = ["2020-01-01", "2024-05-02", "2024-05-03", "2024-05-31"];
            one = one.stamp(&format!("{}T12:00:00.000Z", dice.pick(&stamps)));
            one = match dice.roll(8) {
                0 => one.never_stamped(),
                1 => one.s3("bucket", "key"),
                2 => one.no_load(),
                3 => one.tombstone(),
                4 => one.load(json!({"type": "local", "path": "/elsewhere/index.zip"})),
                _ => one,
            };
            segments.push(if dice.roll(6) == 0 { one } else { one.unused() });
        }
        let buffer = dice.pick(&["P30D", "P1M", "PT0S"]);
        let retain =
            dice.pick(&["duration_to_retain = 'P90D'", "ignore_duration_to_retain = true"]);
        let more = dice.pick(&["", "versions = ['v2']", "interval = '../2024-03-04'"]);
        let toml = format!(
            "[[step]]\nop = 'kill'\ndatasources = ['*']\nbuffer_period = '{buffer}'\n{retain}\n{more}\n"
        );
        let lopper = lopper(segments.clone()).job("any", &toml);
        for number in [1, 5, 9] {
            lopper.lock(&format!("d{number:02}"), "2015-01-01", "2024-03-02", None);
        }
        let plans = [vec!["kill", "*", "--dry-run"], vec!["plan", "any"]];
        for (index, plan) in plans.iter().enumerate() {
            let plan = lopper.step(plan.iter().chain(&["--at", NOW]));
            let killed: BTreeSet<&str> = plan["byDatasource"]
                .as_array()
                .map(|rows| rows.iter().map(|row| row["datasource"].as_str().unwrap()).collect())
                .unwrap_or_default();
            let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
            for segment in &segments {
                let told = lopper.told(&[&segment.id()]);
                let kill = &told["kills"][index];
                let datasource = told["datasource"].as_str().unwrap();
                assert_eq!(
                    kill["eligible"],
                    killed.contains(datasource),
                    "round {round}, {datasource}: {kill:#}"
                );
                let load_type = told["files"]["loadType"].as_str().unwrap_or_default();
                if let Some(reason) = passed_over(kill, load_type) {
                    *reasons.entry(reason).or_default() += 1;
                }
            }
            assert_eq!(json!(reasons), plan["kill"]["passedOver"], "round {round}");
            counts = (counts.0 + killed.len(), counts.1 + reasons.len());
        }
    }
    assert!(counts.0 > 5 && counts.1 > 20, "{counts:?}");
}
