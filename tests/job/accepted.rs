//! What sound job files mean: the defaults, and each key.

use lopper::config::{Datasources, DatasourcesSpec, Guard, flag_error};
use lopper::druid::Period;
use lopper::job::Schedule;
use lopper::job::{CatchUp, ConcurrencyPolicy};
use lopper::ops::{KillSpec, MarkSpec, MarkUsedSpec, Selector, Step, StepSpec};
use serde_json::json;

use super::{parse, step, value, with_step};

#[test]
fn a_job_without_settings_has_the_defaults() {
    let job = parse(&with_step("op = \"check\"\nsql = \"SELECT 1\"")).unwrap();
    assert_eq!(job.schedule, Schedule::Manually);
    assert_eq!(job.time_zone.name(), "UTC");
    assert_eq!(job.concurrency_policy, ConcurrencyPolicy::Forbid);
    assert_eq!(job.catch_up, CatchUp::None);
    assert_eq!((job.starting_deadline, job.timeout), (None, None));
    assert_eq!((job.retries, job.retry_backoff), (0, Period::minutes(1)));
    assert_eq!((job.suspend, job.guard), (false, Guard::default()));
}

#[test]
fn every_setting_is_read() {
    let text = "name = \"j\"\ndescription = \"d\"\nschedule = \"15 3 * * *\"\n\
                time_zone = \"Europe/Berlin\"\nconcurrency_policy = \"queue\"\ncatch_up = \"latest\"\n\
                starting_deadline = \"PT6H\"\ntimeout = \"PT30M\"\nretries = 0x3\n\
                retry_backoff = \"P1D\"\nsuspend = true\n\
                guard = { max_segments = 50_000, max_percent = 25 }\n\
                step = [{ op = \"check\", sql = \"SELECT 1\" }]\n";
    let job = parse(text).unwrap();
    assert_eq!(job.description.as_deref(), Some("d"));
    assert_eq!(job.schedule, Schedule::Cron("15 3 * * *".to_owned()));
    assert_eq!(job.time_zone.name(), "Europe/Berlin");
    assert_eq!(job.concurrency_policy, ConcurrencyPolicy::Queue);
    assert_eq!(job.catch_up, CatchUp::Latest);
    assert_eq!(job.starting_deadline, Some(Period::parse("PT6H").unwrap()));
    assert_eq!(job.timeout, Some(Period::minutes(30)));
    assert_eq!((job.retries, job.retry_backoff), (3, Period::days(1)));
    assert!(job.suspend);
    assert_eq!(job.guard, Guard { max_segments: Some(50_000), max_percent: Some(25.0) });
    let defaults = Guard { max_segments: Some(1), max_percent: None };
    assert_eq!(job.guard.or(defaults), job.guard);
    assert_eq!(Guard::default().or(defaults), defaults);
}

#[test]
fn each_selector_is_read_and_kept_as_its_keys() {
    for (keys, expected) in [
        ("id = \"a\"", json!({ "id": "a" })),
        ("ids = [\"a\"]", json!({ "ids": ["a"] })),
        ("ids_from = \"f\"", json!({ "ids_from": "f" })),
        ("interval = \"../now\"", json!({ "interval": "../now" })),
        (
            "interval = \"../..\"\nversions = [\"v\"]",
            json!({ "interval": "../..", "versions": ["v"] }),
        ),
        ("all = true", json!({ "all": true })),
        ("where = \"size = 0\"", json!({ "where": "size = 0" })),
    ] {
        let mark = step(&format!("op = \"mark-unused\"\ndatasource = \"d\"\n{keys}"));
        let mut all = json!({
            "op": "mark-unused", "datasources": ["d"], "on_conflict": "fail",
            "include_overshadowed": false, "on_exposure": "warn",
        });
        all.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(value(&mark), all, "{keys}");
    }
    let forced = "op = \"mark-used\"\ndatasource = \"d\"\nall = true\ninclude_overshadowed = true";
    let Step::MarkUsed(mark) = step(forced) else { panic!() };
    assert!(mark.include_overshadowed);
}

#[test]
fn on_exposure_is_read() {
    for word in ["warn", "fail", "ignore"] {
        for op in ["op = \"mark-unused\"\nall = true", "op = \"enforce-rules\""] {
            let step = step(&format!("{op}\ndatasource = \"d\"\non_exposure = \"{word}\""));
            assert_eq!(value(&step)["on_exposure"], word);
        }
    }
}

#[test]
fn on_conflict_is_read_and_waits_for_five_minutes_unless_told_otherwise() {
    for op in ["op = \"mark-unused\"\nall = true", "op = \"enforce-rules\"", "op = \"kill\""] {
        let value = |keys: &str| {
            let step = step(&format!("{op}\ndatasource = \"d\"\n{keys}"));
            let value = value(&step);
            (value["on_conflict"].clone(), value["wait"].clone())
        };
        for word in ["fail", "skip"] {
            assert_eq!(value(&format!("on_conflict = \"{word}\"")), (json!(word), json!(null)));
        }
        let wait = "on_conflict = \"wait\"";
        assert_eq!(value(wait), (json!("wait"), json!("PT5M")));
        let longer = format!("{wait}\nwait = \"P1DT1S\"");
        assert_eq!(value(&longer), (json!("wait"), json!("P1DT1S")));
    }
}

#[test]
fn enforce_rules_has_its_defaults_and_its_keys() {
    let value = |keys: &str| {
        let text = format!("op = \"enforce-rules\"\ndatasources = [\"d*\"]\n{keys}");
        value(&step(&text))
    };
    assert_eq!(
        value(""),
        json!({
            "op": "enforce-rules", "datasources": ["d*"],
            "passes": ["overshadowed", "rules", "tombstones"], "overshadow_grace": "PT15M",
            "on_conflict": "skip", "on_exposure": "warn",
        })
    );
    assert_eq!(
        value(
            "passes = [\"rules\"]\novershadow_grace = \"PT0S\"\non_conflict = \"fail\"\non_exposure = \"fail\""
        ),
        json!({
            "op": "enforce-rules", "datasources": ["d*"], "passes": ["rules"],
            "overshadow_grace": "PT0S", "on_conflict": "fail", "on_exposure": "fail",
        })
    );
}

#[test]
fn kill_has_its_defaults_and_its_keys() {
    let value = |keys: &str| value(&step(&format!("op = \"kill\"\ndatasource = \"d\"\n{keys}")));
    assert_eq!(
        value(""),
        json!({
            "op": "kill", "datasources": ["d"], "interval": "../..", "versions": null,
            "buffer_period": "P30D", "duration_to_retain": "P90D", "limit": null,
            "batch_size": 1000, "on_conflict": "skip",
        })
    );
    let kill = value(
        "interval = \"../2016\"\nversions = [\"v\"]\nbuffer_period = \"PT0S\"\n\
         ignore_duration_to_retain = true\nlimit = 1\nbatch_size = 100_000\non_conflict = \"fail\"",
    );
    assert_eq!(
        kill,
        json!({
            "op": "kill", "datasources": ["d"], "interval": "../2016", "versions": ["v"],
            "buffer_period": "PT0S", "duration_to_retain": null, "limit": 1,
            "batch_size": 100_000, "on_conflict": "fail",
        })
    );
}

#[test]
fn import_is_read() {
    let keys = "files = [\"a\"]\nformat = \"jsonl\"\nreplace = true\nresurrect = true";
    assert_eq!(
        value(&step(&format!("op = \"import\"\n{keys}"))),
        json!({
            "op": "import", "files": ["a"], "format": "jsonl", "columns": null,
            "dialect": null, "database": null, "schema": null, "table_prefix": null,
            "replace": true, "skip_invalid": false, "resurrect": true,
            "max_removed_percent": 20.0,
        })
    );
}

#[test]
fn names_become_globs_that_mean_them() {
    let one = |name: &str| Datasources::one(name).unwrap();
    assert_eq!(one("wiki edits").globs(), ["wiki edits"]);
    assert_eq!(one("a[1]").globs(), ["a[[]1]"]);
    assert_eq!(one("a[1]").exact_names().collect::<Vec<_>>(), ["a[1]"]);
    let globs: Vec<String> = ["a*", "b?", "[ab]c", "d[*]", "e[^x]", "f[]]"].map(Into::into).into();
    let many = Datasources::parse(&globs).unwrap();
    assert_eq!(many.globs(), globs);
    assert_eq!(many.exact_names().collect::<Vec<_>>(), ["d*", "f]"]);
    assert!(Datasources::parse(&[]).is_err());
    assert!(Datasources::one("wiki*").is_err());
}

#[test]
fn flags_go_through_the_same_checks() {
    let globs = |glob: &str| DatasourcesSpec {
        datasources: Some(vec![glob.to_owned()]),
        ..DatasourcesSpec::default()
    };
    let kill = KillSpec { datasources: globs("wiki*"), ..KillSpec::default() }.check().unwrap();
    assert_eq!(kill.datasources.globs(), ["wiki*"]);
    let mark = MarkSpec { id: Some("x".into()), ..MarkSpec::default() };
    let mark = MarkSpec { versions: Some(vec!["v".into()]), ..mark };
    let error = flag_error(&StepSpec::MarkUnused(mark.into()).check().unwrap_err());
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    assert!(text.contains("--version: 'versions' needs 'interval' beside it"), "{text}");
    assert!(text.contains("the step does not say which datasource it is for"), "{text}");
    let id = Some("x".to_owned());
    let mark = MarkSpec { datasources: globs("d"), id, ..MarkSpec::default() };
    let single = MarkUsedSpec { mark, include_overshadowed: None }.check().unwrap();
    assert_eq!(single.selector, Selector::Id("x".to_owned()));
}
