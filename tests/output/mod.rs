//! What the program prints: the JSON object is a contract, and so are the exit codes.

mod errors;
mod warnings;
mod written;

use serde_json::Value;

use crate::support::{Lopper, seg};

const GOLDEN: &str = include_str!("report.json");

/// A run with a step of every kind, each with something to tell.
fn store() -> Lopper {
    let lopper = Lopper::new()
        .authoritative()
        .segments([
            seg("wiki", "2015-09-10/P1D").unused(),
            seg("wiki", "2015-09-11/P1D").unused().local("wiki/shared/index.zip"),
            seg("wiki", "2015-09-12/P1D").local("wiki/shared/index.zip"),
            seg("wiki", "2015-09-13/P1D").unused().never_stamped(),
            seg("wiki", "2024-05-31/P1D").unused(),
            seg("koalas", "2015-09-10/P1D").size(1_500_000),
        ])
        .job(
            "everything",
            r#"
            [[step]]
            op = "import"
            files = ["more.csv"]
            [[step]]
            op = "mark-unused"
            datasource = "koalas"
            ids = ["koalas_2015-09-10T00:00:00.000Z_2015-09-11T00:00:00.000Z_v1", "no such id"]
            [[step]]
            op = "mark-unused"
            datasources = ["k*", "typo"]
            all = true
            on_conflict = "skip"
            [[step]]
            op = "check"
            sql = "SELECT id FROM segments WHERE size < 0"
            [[step]]
            op = "kill"
            datasource = "wiki"
            buffer_period = "PT1H"
            "#,
        );
    let more = [seg("koalas", "2015-09-11/P1D"), seg("koalas", "2015-09-10/P1D").size(1_500_000)];
    lopper.file("jobs/more.csv", crate::support::csv(&more, &lopper.deep_storage()));
    lopper.lock("koalas", "2015-09-11", "2015-09-12", None);
    lopper
}

#[track_caller]
pub fn assert_valid(lopper: &Lopper, report: &Value) {
    assert_valid_as(lopper, "report", report);
}

/// As the schema of that name describes it, with nothing that it does not.
#[track_caller]
pub(crate) fn assert_valid_as(lopper: &Lopper, name: &str, report: &Value) {
    let schema = lopper.run(["jobs", "schema", name]).code(0).json();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{report:#}");
    assert_known(report, &schema, &schema);
}

/// Members that the schema does not know would be no part of the contract.
#[track_caller]
fn assert_known(value: &Value, schema: &Value, whole: &Value) {
    let resolved = resolve(value, schema, whole);
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let known = &resolved["properties"][name];
                let known = if known.is_null() { &resolved["additionalProperties"] } else { known };
                assert!(!known.is_null(), "{name} is not in the schema");
                assert_known(member, known, whole);
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| assert_known(item, &resolved["items"], whole));
        }
        _ => {}
    }
}

/// Follows a reference, and of a choice takes what is not null and knows most members of the value.
fn resolve<'a>(value: &Value, schema: &'a Value, whole: &'a Value) -> &'a Value {
    if let Some(place) = schema["$ref"].as_str() {
        return whole.pointer(place.trim_start_matches('#')).unwrap();
    }
    let Some(choices) = schema["anyOf"].as_array() else { return schema };
    let choices = choices.iter().filter(|one| one["type"] != "null");
    let known = |one: &&Value| {
        let members = value.as_object().into_iter().flatten();
        members.filter(|(name, _)| !one["properties"][name].is_null()).count()
    };
    choices.map(|one| resolve(value, one, whole)).max_by_key(known).unwrap()
}

#[test]
fn the_json_object_is_what_it_always_was() {
    let lopper = store();
    let report = lopper.run(["run", "everything", "--output", "json"]).code(0).json();
    assert_valid(&lopper, &report);
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(report, golden, "the report is now\n{report:#}");
}

#[test]
fn every_report_meets_the_schema() {
    let lopper = store();
    for command in [
        &["plan", "everything"][..],
        &["run", "everything"],
        &["mark-used", "wiki", "--id", "none"],
        &["mark-unused", "*", "--all", "--on-conflict", "skip"],
        &["kill", "*", "--yes"],
        &["kill", "--resume"],
        &["import", "jobs/more.csv", "--dry-run"],
    ] {
        let answer = lopper.run([command, &["--output", "json"]].concat()).code(0);
        assert_eq!(answer.lines().len(), 1, "one object on one line");
        assert_valid(&lopper, &answer.json());
        // What the ledger keeps of each step is what was printed.
        if answer.json()["run"].is_u64() {
            let kept = lopper.sql(
                "SELECT report FROM steps WHERE run = (SELECT max(run) FROM runs) ORDER BY step",
            );
            let kept: Vec<Value> =
                kept.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
            assert_eq!(Value::from(kept), answer.json()["steps"]);
        }
    }
}

/// stdout carries the result alone; what went wrong is on stderr, with the next step.
#[test]
fn exit_codes_tell_how_it_ended() {
    let job = |op: &str| format!("[[step]]\nop = 'check'\nsql = '{op}'\n");
    let lopper =
        store().job("finds", &job("SELECT 1 AS odd")).job("broken", "[[step]]\nop = 'chekc'\n");
    for (code, command) in [
        (0, &["mark-unused", "wiki", "--all"][..]),
        (0, &["mark-unused", "wiki", "--all"]),
        (1, &["run", "finds"]),
        (2, &["run", "broken"]),
        (2, &["run", "no-such-job"]),
        (2, &["mark-unused", "wiki", "--interval", "yesterday"]),
        (2, &["mark-unused"]),
        (2, &["no-such-command"]),
        (3, &["mark-used", "wiki", "--all", "--include-overshadowed", "--max-segments", "1"]),
        (4, &["mark-unused", "koalas", "--where", "1", "--at", "2024-01-01T00:00:00Z"]),
    ] {
        if code == 4 {
            lopper.lock("koalas", "2015-01-01", "2016-01-01", None);
        }
        let answer = lopper.run(command).code(code);
        assert_eq!(answer.stdout.is_empty(), code != 0, "{answer}");
        assert_eq!(answer.stderr.is_empty(), code == 0, "{answer}");
        if code != 0 {
            assert!(answer.stderr.contains("error: "), "{answer}");
        }
    }
}

#[test]
fn a_table_is_for_people() {
    let lopper = store();
    let answer = lopper.run(["run", "everything"]).code(0).stdout_lacks("\u{1b}[");
    for line in [
        "run 2: everything",
        "step  operation    datasource  selected  changed  skipped",
        "step 2: not found: no such id",
        "step 3: warning: no datasource is called 'typo'",
        "step 5: files: 1 deleted, 1 deferred (shared with living segments), 0 failed",
        "step 5: passed over: 1 within the duration to retain",
        "step 5: 1 never-stamped segment stamped now: the buffer starts",
    ] {
        assert!(answer.lines().contains(&line), "no line {line:?}\n{answer}");
    }
}
