//! Druid's own answers, through the program: a datasource for each case, and as few runs as there can be.

use std::collections::{BTreeMap, BTreeSet};

use lopper::druid::ShardSpec;
use serde_json::Value;

use super::left_out;
use crate::druid::rule::is_taken;
use crate::druid::vectors::{load, text};
use crate::support::{Lopper, Segment, seg};

/// Fails with the first of many cases that are wrong.
#[track_caller]
fn assert_none(wrong: &[String]) {
    let shown = wrong.iter().take(10).cloned().collect::<Vec<_>>();
    assert!(wrong.is_empty(), "{} are wrong, such as:\n{}", wrong.len(), shown.join("\n"));
}

fn with_chains(segments: Vec<Segment>, chains: &[(String, String)]) -> Lopper {
    let chains = chains.iter().map(|(name, chain)| (name.as_str(), chain.as_str()));
    Lopper::new().segments(segments).rules(chains)
}

/// By datasource: which rule decides (0: none), and the state of its only segment.
fn answers(lopper: &Lopper) -> BTreeMap<String, String> {
    let rows = lopper.sql(
        "SELECT datasource, coalesce(rule, 0) || ' ' || effect || ' ' || state FROM rule_matches",
    );
    rows.iter()
        .map(|row| row.split_once('|').unwrap())
        .map(|(name, answer)| (name.to_owned(), answer.to_owned()))
        .collect()
}

/// SEMANTICS: a rule without its period or interval is broken, whatever Druid makes of it.
fn is_broken(rule: &Value) -> bool {
    let of =
        |suffix: &str, key: &str| text(rule, "type").ends_with(suffix) && rule.get(key).is_none();
    of("Period", "period")
        || of("Interval", "interval")
        || rule["period"].as_str().is_some_and(|period| period.starts_with("P-"))
}

#[test]
fn each_rule_applies_where_druids_does() {
    let cases = load("rules.json");
    let nows: BTreeSet<&str> = cases.iter().map(|case| text(case, "now")).collect();
    let name = |number: usize, case: &Value| {
        let now = nows.iter().position(|now| *now == text(case, "now")).unwrap();
        format!("at-{now}-{number}")
    };
    let named = || cases.iter().enumerate().map(|(number, case)| (name(number, case), case));
    let segments = named().map(|(name, case)| seg(&name, text(case, "interval")).no_load());
    let chains: Vec<_> =
        named().map(|(name, case)| (name, format!("[{}]", case["rule"]))).collect();
    let lopper = with_chains(segments.collect(), &chains);
    let mut broken = BTreeSet::new();
    for (number, now) in nows.iter().enumerate() {
        let glob = format!("at-{number}-*");
        let of_one_now =
            ["enforce-rules", &glob, "--at", now, "--pass", "rules", "--output", "json"];
        let report = lopper.run(of_one_now).json();
        let names = left_out(&report["steps"][0]).into_iter().map(|(name, _)| name.to_owned());
        broken.extend(names);
    }
    let answers = answers(&lopper);
    let mut wrong = Vec::new();
    for (name, case) in named() {
        let kind = text(&case["rule"], "type");
        let expected = match (is_broken(&case["rule"]), case["applies"] == true) {
            (true, _) => None,
            (_, false) => Some("0 none used"),
            (_, true) if kind.starts_with("drop") => Some("1 drop unused"),
            (_, true) if kind.starts_with("broadcast") => Some("1 broadcast used"),
            (_, true) => Some("1 load used"),
        };
        let found = answers.get(&name).map(String::as_str);
        if found != expected || broken.contains(&name) != expected.is_none() {
            wrong.push(format!("{}: {found:?}, not {expected:?}", text(case, "name")));
        }
    }
    assert_none(&wrong);
    assert!(!broken.is_empty() && broken.len() < 100, "{} are broken", broken.len());
}

/// What is no JSON list cannot be in the store; of the rest, what is no chain leaves its datasource out.
#[test]
fn a_chain_that_is_refused_leaves_its_datasource_out() {
    let cases = load("rule-parse.json");
    let chain = |case: &Value| match case["chain"] == true {
        true => text(case, "json").to_owned(),
        // A rule of no text at all would be an empty chain.
        false if text(case, "json").is_empty() => String::new(),
        false => format!("[{}]", text(case, "json")),
    };
    let is_list = |chain: &str| serde_json::from_str::<Vec<Value>>(chain).is_ok();
    let storable: Vec<_> = cases.iter().filter(|case| is_list(&chain(case))).collect();
    assert!(storable.len() > 90, "{} can be stored", storable.len());
    let name = |number: usize| format!("case-{number}");
    let segments = (0..storable.len()).map(|number| seg(&name(number), "1980-01-01/P1D").no_load());
    let chains: Vec<_> =
        storable.iter().enumerate().map(|(number, case)| (name(number), chain(case))).collect();
    let lopper = with_chains(segments.collect(), &chains);
    let answer = lopper.enforced(&["--pass", "rules"]).code(5);
    let report = answer.json();
    let left: BTreeMap<&str, &str> = left_out(&report["steps"][0]).into_iter().collect();
    let answers = answers(&lopper);
    let mut wrong = Vec::new();
    for (number, case) in storable.iter().enumerate() {
        let (case_name, datasource) = (text(case, "name"), name(number));
        let is_fine = match left.get(datasource.as_str()) {
            Some(reason) => {
                // The only rule, or the one that is no rule.
                let bad = if case_name == "chain with one bad" { 2 } else { 1 };
                !is_taken(case)
                    && reason.starts_with(&format!("its rule chain is broken: rule {bad}: "))
                    && !answers.contains_key(&datasource)
            }
            None => is_taken(case) && answers.contains_key(&datasource),
        };
        if !is_fine {
            wrong.push(format!("{case_name}: {:?}", left.get(datasource.as_str())));
        }
    }
    assert_none(&wrong);
    // The others were enforced.
    let forever = |case: &Value| chain(case).starts_with("[{\"type\": \"dropForever\"");
    let dropped = storable.iter().filter(|case| is_taken(case) && forever(case)).count();
    let unused = answers.values().filter(|answer| answer.ends_with("drop unused")).count();
    assert!(dropped > 0 && unused >= dropped, "{unused} of {dropped} are unused");
    // The import refuses the rest.
    let mut dump = "id,dataSource,version,payload\n".to_owned();
    let rest: Vec<_> = cases.iter().map(chain).filter(|chain| !is_list(chain)).collect();
    for (number, chain) in rest.iter().enumerate() {
        let payload = chain.replace('"', "\"\"");
        dump.push_str(&format!("r{number},rest-{number},2020-01-01T00:00:00.000Z,\"{payload}\"\n"));
    }
    lopper.file("rest.csv", dump);
    let step = lopper.step(["import", "rest.csv", "--skip-invalid"]);
    assert_eq!(step["import"]["skippedInvalid"], rest.len());
    assert_eq!(step["import"]["rules"], 0);
}

/// The segments of a case in a datasource of their own, with the ids that the case has for them.
fn of_case(datasource: &str, case: &Value) -> Vec<(String, Segment)> {
    let read = |json: &Value| {
        let shard = &json["shardSpec"];
        let partition = match shard {
            Value::Null => 0,
            spec => ShardSpec::parse(&spec.to_string()).unwrap().partition_num(),
        };
        let segment = seg(datasource, text(json, "interval"))
            .version(text(json, "version"))
            .partition(partition)
            .shard(shard.clone())
            .no_load();
        let id = match json["id"].as_str() {
            // Only the datasource differs.
            Some(id) => format!("{datasource}{}", id.strip_prefix('t').unwrap()),
            None => segment.id(),
        };
        (id, segment)
    };
    case["segments"].as_array().unwrap().iter().map(read).collect()
}

#[test]
fn the_overshadowed_segments_of_druid_become_unused() {
    let cases = load("timeline.json");
    let name = |number: usize| format!("t{number}");
    let stories: Vec<_> =
        cases.iter().enumerate().map(|(number, case)| of_case(&name(number), case)).collect();
    let all = stories.iter().flatten().map(|(_, segment)| segment.clone());
    let lopper = Lopper::new().segments(all.collect::<Vec<_>>());
    let step = lopper.enforce(&["--pass", "overshadowed", "--overshadow-grace", "PT0S"]);
    let left: BTreeMap<&str, &str> = left_out(&step).into_iter().collect();
    let unused: BTreeSet<String> = lopper.ids(false).into_iter().collect();
    let mut wrong = Vec::new();
    for (number, (case, story)) in cases.iter().zip(&stories).enumerate() {
        let datasource = name(number);
        let mine: BTreeSet<&str> =
            story.iter().map(|(id, _)| id.as_str()).filter(|id| unused.contains(*id)).collect();
        let is_fine = match case.get("error") {
            Some(_) => {
                let named = |reason: &&str| {
                    story.iter().filter(|(id, _)| reason.contains(&format!("'{id}'"))).count()
                };
                mine.is_empty() && left.get(datasource.as_str()).map(named) == Some(2)
            }
            None => {
                let hidden = case["overshadowed"].as_array().unwrap();
                let expected: BTreeSet<String> = hidden
                    .iter()
                    .map(|id| {
                        format!("{datasource}{}", id.as_str().unwrap().strip_prefix('t').unwrap())
                    })
                    .collect();
                !left.contains_key(datasource.as_str())
                    && mine == expected.iter().map(String::as_str).collect()
            }
        };
        if !is_fine {
            wrong.push(format!(
                "{}: {mine:?}, {:?}",
                text(case, "name"),
                left.get(datasource.as_str())
            ));
        }
    }
    assert_none(&wrong);
    assert_eq!(left.len(), 6);
    assert!(unused.len() > 1000, "{} are overshadowed", unused.len());
}
