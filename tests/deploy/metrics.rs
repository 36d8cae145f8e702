//! Alerts and dashboard: Prometheus takes their rules, they ask for metrics that there are, and the alerts come when they
//! should.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use super::{path, repository, run, text, yaml};
use crate::support::{Lopper, tools};

/// The metrics of `docs/reference/metrics.md`.
fn families() -> BTreeSet<String> {
    metrics(&fs::read_to_string(repository().join("docs/reference/metrics.md")).unwrap())
}

/// The names of metrics in a text; those of a histogram's series are the histogram's.
fn metrics(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let metrics = words.filter(|word| word.starts_with("lopper_"));
    let series = ["_bucket", "_sum", "_count"];
    metrics
        .map(|word| series.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned())
        .collect()
}

#[test]
fn alerts_come_when_they_should() {
    if !tools::has("promtool") {
        return;
    }
    let folder = path("");
    run("promtool", &["check", "rules", "alerts.yml"], &folder).code(0).stdout_has("SUCCESS");
    run("promtool", &["check", "config", "prometheus.yml"], &folder).code(0);
    run("promtool", &["test", "rules", "alerts_test.yml"], &folder).code(0);
    // A test that could not fail would say nothing.
    let lopper = Lopper::new();
    lopper.file("alerts.yml", text("alerts.yml").replace("> 15 * 60", "> 15 * 6000"));
    lopper.file("alerts_test.yml", text("alerts_test.yml"));
    run("promtool", &["test", "rules", "alerts_test.yml"], &lopper.path("")).code(1);
}

/// The rules of `alerts.yml` by name.
fn alerts() -> Option<BTreeMap<String, Value>> {
    let file = yaml("alerts.yml")?.remove(0);
    let groups = file["groups"].as_array().unwrap();
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
    Some(rules.map(|rule| (rule["alert"].as_str().unwrap().to_owned(), rule.clone())).collect())
}

#[test]
fn each_alert_is_tested_and_says_what_to_do() {
    let (Some(alerts), Some(tests)) = (alerts(), yaml("alerts_test.yml")) else { return };
    let groups = tests[0]["tests"].as_array().unwrap();
    let cases = || groups.iter().flat_map(|group| group["alert_rule_test"].as_array().unwrap());
    let known = families();
    for (name, alert) in &alerts {
        let comes = |comes: bool| {
            cases().any(|case| {
                case["alertname"] == name.as_str() && case["exp_alerts"].is_array() == comes
            })
        };
        assert!(comes(true) && comes(false), "{name} is tested both ways");
        assert!(alert["for"].is_string(), "{name}");
        let severity = alert["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
        for annotation in ["summary", "description", "runbook"] {
            assert!(alert["annotations"][annotation].is_string(), "{name}: {annotation}");
        }
        let asked = metrics(alert["expr"].as_str().unwrap());
        assert!(!asked.is_empty() && asked.is_subset(&known), "{name}: {asked:?}");
    }
    let asked = metrics(&text("alerts_test.yml"));
    assert!(asked.is_subset(&known), "{:?}", asked.difference(&known));
}

/// The queries and commands that a runbook tells are those of this program.
#[test]
fn runbooks_can_be_followed() {
    let Some(alerts) = alerts() else { return };
    let lopper = Lopper::new().import_sample();
    let commands = lopper.run(["--help"]).code(0).stdout;
    for (name, alert) in alerts {
        let runbook = alert["annotations"]["runbook"].as_str().unwrap().to_owned();
        for line in runbook.lines().filter(|line| line.starts_with("SELECT ")) {
            let query = line.split(';').next().unwrap().replace("{{ $labels.job }}", "tidy");
            lopper.sql(&query);
        }
        for rest in runbook.split("lopper ").skip(1) {
            let command = rest.split([' ', ',', '.']).next().unwrap();
            assert!(commands.contains(&format!("\n  {command} ")), "{name}: lopper {command}");
        }
    }
}

fn dashboard() -> Value {
    serde_json::from_str(&text("grafana-dashboard.json")).unwrap()
}

/// The panels' queries.
fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_dashboard_shows_each_metric_and_no_other() {
    let dashboard = dashboard();
    let asked = metrics(&expressions(&dashboard).join("\n"));
    assert_eq!(asked, families());
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    for variable in variables.iter().filter(|variable| variable["type"] == "query") {
        let query = variable["definition"].as_str().unwrap();
        assert!(metrics(query).is_subset(&asked), "{query}");
    }
    let used = text("grafana-dashboard.json");
    for variable in variables {
        let name = variable["name"].as_str().unwrap();
        assert!(used.contains(&format!("${name}")) || used.contains(&format!("${{{name}}}")));
    }
    assert!(variables[0]["type"] == "datasource" && variables[0]["query"] == "prometheus");
}

/// Prometheus reads the queries as rules; Grafana's own variables have values then.
#[test]
fn prometheus_takes_the_queries_of_the_dashboard() {
    if !tools::has("promtool") {
        return;
    }
    let rules: Vec<Value> = expressions(&dashboard())
        .iter()
        .enumerate()
        .map(|(number, query)| {
            let query = query.replace("$__rate_interval", "5m").replace("$__range", "1h");
            serde_json::json!({"record": format!("query:{number}"), "expr": query})
        })
        .collect();
    assert!(rules.len() > 20, "{}", rules.len());
    let lopper = Lopper::new();
    // JSON is YAML.
    let file = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]});
    lopper.file("queries.yml", file.to_string());
    run("promtool", &["check", "rules", "queries.yml"], &lopper.path("")).code(0);
}

#[test]
fn panels_have_their_own_places_and_words() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        let [x, y, w, h] =
            ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{title}");
        for place in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(place), "{title} lies on another panel");
        }
        if panel["type"] != "row" {
            assert!(!panel["description"].as_str().unwrap().is_empty(), "{title}");
            assert_eq!(panel["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
}
