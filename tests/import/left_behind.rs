//! What came to nothing leaves nothing behind, and a dump that is not there is the same error everywhere.

use std::fs;

use crate::support::{Lopper, csv, sample, seg};

/// Nothing of a store lies in the folder.
#[track_caller]
fn assert_no_store(lopper: &Lopper, what: &str) {
    let names = fs::read_dir(lopper.path("")).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = names
        .filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("lopper.db") || name.ends_with(".tmp")
        })
        .collect();
    assert!(left.is_empty(), "{what} leaves {left:?}");
}

fn jobs(lopper: Lopper) -> Lopper {
    let import = |file: &str| format!("[[step]]\nop = 'import'\nfiles = ['../{file}']\n");
    lopper
        .job("good", &import("good.csv"))
        .job("bad", &import("bad.csv"))
        .job("wrong", &import("wrong.txt"))
        .job("gone", &import("gone.csv"))
        .job(
            "failing",
            &format!("{}[[step]]\nop = 'check'\nsql = 'SELECT 1'\n", import("good.csv")),
        )
}

#[test]
fn what_fails_or_only_looks_leaves_no_new_store() {
    let lopper = jobs(Lopper::new());
    lopper.file("good.csv", csv(&[seg("wiki", "2024-01-01/P1D")], &lopper.deep_storage()));
    lopper.file("bad.csv", "id,used,payload\na,1,{}\n");
    lopper.file("wrong.txt", "Dear all\n");
    for (code, command) in [
        (1, &["import", "bad.csv"][..]),
        (1, &["import", "good.csv", "bad.csv"]),
        (2, &["import", "wrong.txt"]),
        (2, &["import", "gone.csv"]),
        (2, &["import", "good.csv", "gone.csv"]),
        (2, &["import", "deep-storage"]),
        (0, &["import", "good.csv", "--dry-run"]),
        (1, &["import", "bad.csv", "--dry-run"]),
        (0, &["plan", "good"]),
        (1, &["plan", "bad"]),
        (2, &["plan", "wrong"]),
        (2, &["plan", "gone"]),
        (1, &["run", "bad"]),
        (2, &["run", "wrong"]),
        (2, &["run", "gone"]),
        (1, &["run", "failing"]),
        (0, &["run", "good", "--dry-run"]),
    ] {
        let answer = lopper.run(command);
        assert_eq!(answer.exit_code, code, "{answer}");
        assert_no_store(&lopper, &format!("{command:?}"));
    }
    // A plan shows what it would bring all the same.
    lopper.run(["import", "good.csv", "--dry-run"]).stdout_has("1 new");
    lopper.run(["import", "good.csv"]).code(0).stdout_has("1 new");
}

#[test]
fn a_store_that_was_there_stays() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]);
    lopper.file("bad.csv", "id,used,payload\na,1,{}\n");
    lopper.run(["import", "bad.csv"]).code(1);
    assert_eq!(lopper.ids(true).len(), 1);
    assert_eq!(lopper.runs(), ["import done", "import failed"]);
}

#[test]
fn a_dump_that_is_not_there_is_one_error_everywhere() {
    let help = "name a file that you may read; '-' is standard input";
    let there = || Lopper::new().segments(["wiki 2024-01-01/P1D v1"]);
    for lopper in [jobs(Lopper::new()), jobs(there())] {
        for command in [
            &["import", "gone.csv"][..],
            &["import", "gone.csv", "--dry-run"],
            &["import", "--replace", "gone.csv"],
        ] {
            lopper
                .run(command)
                .code(2)
                .stdout_is("")
                .stderr_has("error: cannot read the dump gone.csv: No such file or directory")
                .stderr_has(help);
        }
        for command in [&["run", "gone"][..], &["plan", "gone"], &["run", "gone", "--dry-run"]] {
            let answer = lopper.run(command).code(2).stdout_is("");
            answer
                .stderr_has("error: cannot read the dump")
                .stderr_has("gone.csv")
                .stderr_has(help);
        }
        lopper.run(["import", "deep-storage"]).code(2).stderr_has("it is a directory");
    }
    // What is scheduled is recorded all the same, so that it is not due for ever.
    let lopper = there();
    let job = "schedule = '@hourly'\n[[step]]\nop = 'import'\nfiles = ['../gone.csv']\n";
    let lopper = lopper.job("hourly", job);
    lopper.run(["run", "hourly", "--scheduled"]).code(2).stderr_has("cannot read the dump");
    assert_eq!(lopper.runs().last().unwrap(), "hourly failed");
}

#[test]
fn a_sample_is_planned_without_a_store() {
    let lopper = Lopper::new();
    let file = sample("copy_segments.csv");
    let told =
        lopper.run(["import", "-n", file.to_str().unwrap(), "--output", "json"]).code(0).json();
    assert_eq!(
        (&told["plan"], &told["steps"][0]["import"]["inserted"]),
        (&true.into(), &58.into())
    );
    assert_no_store(&lopper, "a plan");
}
