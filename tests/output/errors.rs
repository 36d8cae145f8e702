//! An error where JSON was asked for: an object on standard output, and a line of JSON in the log.

use serde_json::Value;

use super::assert_valid_as;
use crate::support::{Answer, Lopper};

fn store() -> Lopper {
    Lopper::new()
        .segments(["wiki 2015-09-12/P1D", "wiki 2015-09-13/P1D"])
        .job("finds", "[[step]]\nop = 'check'\nsql = 'SELECT 1 AS odd'\n")
        .job("kills", "[[step]]\nop = 'kill'\ndatasource = 'wiki'\n")
        .job("broken", "[[step]]\nop = 'chekc'\n[[step]]\nop = 'kill'\n")
}

/// The object on standard output, which must be what the schema says; the error is on standard error as well.
#[track_caller]
fn told(lopper: &Lopper, arguments: &[&str], code: i32) -> Value {
    let answer = lopper.run([arguments, &["--output", "json"]].concat()).code(code);
    assert_eq!(answer.lines().len(), 1, "{answer}");
    assert!(answer.stderr.contains("error: "), "{answer}");
    let told = answer.json();
    assert_valid_as(lopper, "error", &told);
    assert_eq!(told["error"]["exit_code"], code);
    told
}

#[test]
fn each_kind_is_an_object() {
    let lopper = store();
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    for (arguments, code, outcome, kind) in [
        (&["run", "finds"][..], 1, "failed", "failed"),
        (&["run", "no-such-job"], 2, "failed", "usage"),
        (&["history", "77"], 2, "failed", "usage"),
        (&["mark-unused", "wiki", "--interval", "yesterday"], 2, "failed", "usage"),
        (
            &["mark-unused", "wiki", "--interval", "2015-09-12/P1D", "--max-segments", "0"],
            3,
            "refused",
            "refused",
        ),
        (&["kill", "wiki", "--yes"], 3, "refused", "refused"),
        (&["mark-unused", "wiki", "--all"], 4, "locked", "locked"),
        (&["export", "--store", "none.db"], 2, "failed", "usage"),
        (&["lock", "add", "wiki", "--interval", "2015-09-13/P1D"], 4, "locked", "locked"),
        (&["rules", "set", "wiki", "no-such-file"], 2, "failed", "usage"),
        (&["fsck", "--deep-storage"], 2, "failed", "usage"),
        (&["schedule", "--jobs", "no-such-directory"], 2, "failed", "usage"),
    ] {
        let told = told(&lopper, arguments, code);
        assert_eq!((&told["outcome"], &told["error"]["kind"]), (&outcome.into(), &kind.into()));
        assert!(!told["error"]["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn the_run_that_it_ended_is_named() {
    let lopper = store();
    let failed = told(&lopper, &["run", "finds"], 1);
    assert_eq!((&failed["run"], &failed["name"]), (&2.into(), &"finds".into()));
    let refused = told(&lopper, &["kill", "wiki"], 3);
    assert_eq!((&refused["run"], &refused["name"]), (&3.into(), &"kill".into()));
    assert!(refused["error"]["help"].as_str().unwrap().contains("lopper plan"), "{refused}");
    // A plan leaves no run.
    let planned = lopper.run(["plan", "finds", "--output", "json"]).code(1).json();
    assert_eq!((&planned["run"], &planned["outcome"]), (&Value::Null, &"failed".into()));
}

/// What had been done before is printed before.
#[test]
fn the_reports_of_earlier_jobs_stay() {
    let lopper =
        store().job("marks", "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n");
    let answer = lopper.run(["run", "marks", "finds", "--output", "json"]).code(1);
    let lines: Vec<Value> =
        answer.lines().into_iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["outcome"], &lines[1]["outcome"]), (&"done".into(), &"failed".into()));
    assert_eq!((lines.len(), &lines[1]["name"]), (2, &"finds".into()));
}

#[test]
fn mistakes_in_files_have_their_places() {
    let lopper = store();
    for (arguments, file) in [
        (&["run", "jobs/broken.toml"][..], "jobs/broken.toml"),
        (&["jobs", "validate"], "jobs/broken.toml"),
    ] {
        let told = told(&lopper, arguments, 2);
        let error = &told["error"];
        assert_eq!(
            (&error["file"], &error["line"], &error["column"]),
            (&file.into(), &3.into(), &6.into())
        );
        assert_eq!(error["mistakes"].as_array().unwrap().len(), 2, "{told}");
        assert!(error["mistakes"][0]["help"].is_string(), "{told}");
    }
    let lopper = lopper.config("authoritativ = true\n");
    let told = told(&lopper, &["mark-unused", "wiki", "--all"], 2);
    assert_eq!(
        (&told["error"]["file"], &told["error"]["line"]),
        (&"lopper.toml".into(), &1.into())
    );
}

/// What clap says is no different.
#[test]
fn a_command_line_that_cannot_be_read_is_an_object_too() {
    let lopper = store();
    for arguments in [
        &["--output=json", "no-such-command"][..],
        &["mark-unused", "--output", "json"],
        &["mark-unused", "wiki", "--all", "--id", "x", "--output", "json"],
        &["history", "--limit", "many", "--output=json"],
    ] {
        let answer = lopper.run(arguments).code(2);
        let told = answer.json();
        assert_valid_as(&lopper, "error", &told);
        assert_eq!((&told["outcome"], &told["error"]["kind"]), (&"failed".into(), &"usage".into()));
        let message = told["error"]["message"].as_str().unwrap();
        assert!(answer.stderr.starts_with("error: "), "{answer}");
        let first = answer.stderr.lines().next().unwrap();
        assert!(
            first.contains(message) || message.contains(first.trim_start_matches("error: ")),
            "{answer}"
        );
        assert!(told["error"]["help"].as_str().unwrap().contains("--help"), "{told}");
    }
    // An argument that only looks like it.
    lopper.run(["no-such-command", "--", "--output=json"]).code(2).stdout_is("");
    lopper.run(["--help", "--output", "json"]).code(0).stdout_has("Usage: lopper");
}

#[track_caller]
fn all_json(answer: &Answer) -> Vec<Value> {
    let line = |line: &str| -> Value {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{answer}"))
    };
    answer.stderr.lines().map(line).collect()
}

#[test]
fn each_line_of_a_json_log_is_json_down_to_the_last() {
    let lopper = store();
    for (arguments, code, kind) in [
        (&["run", "finds"][..], 1, "failed"),
        (&["jobs", "validate"], 2, "usage"),
        (&["kill", "wiki", "--quiet"], 3, "refused"),
        (&["history", "77", "-vv"], 2, "usage"),
        (&["no-such-command"], 2, "usage"),
        (&["mark-unused"], 2, "usage"),
    ] {
        let arguments = [arguments, &["--log-format", "json"]].concat();
        let lines = all_json(&lopper.run(&arguments).code(code).stdout_is(""));
        let last = lines.last().unwrap();
        assert_eq!((&last["level"], &last["fields"]["kind"]), (&"ERROR".into(), &kind.into()));
        assert_eq!(last["fields"]["exit_code"], code);
        assert!(!last["fields"]["message"].as_str().unwrap().is_empty());
    }
    let help = all_json(&lopper.run(["kill", "wiki", "--log-format=json"]).code(3));
    let fields = &help.last().unwrap()["fields"];
    assert!(fields["help"].as_str().unwrap().contains("lopper plan"), "{fields}");
    assert_eq!((&fields["run"], &fields["name"]), (&4.into(), &"kill".into()));
}

#[test]
fn a_bad_row_of_a_dump_is_placed() {
    let lopper = store();
    lopper.file("bad.csv", "id,dataSource,used,payload\na,w,1,{}\nb,w,maybe,{}\n");
    let told = told(&lopper, &["import", "bad.csv"], 1);
    let error = &told["error"];
    assert_eq!((&error["file"], &error["line"]), (&"bad.csv".into(), &2.into()), "{told}");
    assert_eq!(error["mistakes"][1]["line"], 3);
    let message = error["mistakes"][1]["message"].as_str().unwrap();
    assert!(message.starts_with("column used: "), "{message}");
    // A file that is refused as a whole is named.
    lopper.file("cut.sql", "INSERT INTO druid_segments (id, used, payload) VALUES ('a");
    let told = self::told(&lopper, &["import", "cut.sql"], 2);
    assert_eq!(told["error"]["file"], "cut.sql");
}

/// An outcome where the number of a run stands: the answer names the way.
#[test]
fn a_run_is_named_by_its_number() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1"]);
    for word in ["refused", "last", "1.5"] {
        let answer = lopper.run(["history", word]).code(2).stdout_is("");
        answer.stderr_has("a run is named by its number: `lopper history` lists the runs");
    }
    lopper.run(["history", "7"]).code(2).stderr_has("there is no run 7");
}
