//! A copy kills nothing; and the truth asks before it does.

use crate::support::{Lopper, seg};

fn segments() -> Lopper {
    Lopper::new().segments([seg("wiki", "2015-09-12/P1D").unused()])
}

#[test]
fn a_copy_refuses_to_kill_and_plans_all_the_same() {
    let job = "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n
               [[step]]\nop = 'kill'\ndatasource = 'wiki'\n";
    let lopper = segments().job("tidy", job);
    let root = lopper.deep_storage();
    let lopper = lopper.config(&format!("[deep_storage.local]\nroot = '{}'\n", root.display()));
    let before = lopper.states();
    for command in
        [&["kill", "wiki", "--yes"][..], &["kill", "wiki"], &["kill", "--resume"], &["run", "tidy"]]
    {
        lopper
            .run(command)
            .code(3)
            .stderr_has("is a copy, and a copy kills nothing")
            .stderr_has("authoritative = true");
    }
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.deep_files().len(), 1);
    // Each leaves a row.
    let refused =
        ["import done", "kill refused", "kill refused", "kill --resume refused", "tidy refused"];
    assert_eq!(lopper.runs(), refused);
    lopper.store_unchanged(|lopper| {
        for plan in [&["kill", "wiki", "--dry-run"][..], &["plan", "tidy"]] {
            let plan = lopper.run([plan, &["--output", "json"]].concat()).code(3).json();
            assert_eq!(plan["outcome"], "refused");
            assert!(plan["refused"].as_str().unwrap().contains("is a copy"), "{plan}");
            let last = plan["steps"].as_array().unwrap().last().unwrap();
            assert_eq!(last["numChangedSegments"], 1, "what it would take is shown all the same");
        }
        lopper.run(["plan", "tidy"]).code(3).stdout_has("would be refused, and exit with 3");
    });
}

/// Whoever starts it: the ledger has it, and the hook is called.
#[test]
fn a_refused_job_is_told_of() {
    let lopper = segments().job(
        "tidy",
        "on_failure = 'cat > ../told.json'\n[[step]]\nop = 'kill'\ndatasource = 'wiki'\n",
    );
    let error = lopper.run(["run", "tidy", "--output", "json"]).code(3).json();
    assert_eq!(lopper.runs(), ["import done", "tidy refused"]);
    let told = std::fs::read_to_string(lopper.path("told.json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["outcome"], &told["run"]), (&"refused".into(), &2.into()));
    assert_eq!((&told["error"], &told["run"]), (&error["error"]["message"], &error["run"]));
}

#[test]
fn without_a_terminal_a_kill_needs_yes() {
    let lopper = segments().authoritative();
    lopper.store_unchanged(|lopper| {
        lopper.run(["kill", "wiki"]).code(2).stderr_has("--yes");
    });
    assert_eq!(lopper.deep_files().len(), 1);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert!(lopper.deep_files().is_empty());
}

#[test]
fn jobs_never_ask() {
    let lopper =
        segments().authoritative().job("tidy", "[[step]]\nop = 'kill'\ndatasource = 'wiki'\n");
    lopper.run(["run", "tidy"]).code(0);
    assert!(lopper.deep_files().is_empty());
}

#[test]
fn the_guards_of_a_kill_are_asked_before_the_marks_commit() {
    let job = "[guard]\nmax_percent = 50
               [[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\ninterval = '2015-09-13/P1D'\n
               [[step]]\nop = 'kill'\ndatasource = 'wiki'\n";
    let days = ["2015-09-10/P1D", "2015-09-11/P1D", "2015-09-12/P1D"];
    let lopper = Lopper::new()
        .authoritative()
        .segments(days.map(|day| seg("wiki", day).unused()))
        .segments(["2015-09-13/P1D", "2015-09-14/P1D"].map(|day| seg("wiki", day)))
        .job("tidy", job);
    let before = lopper.states();
    lopper.run(["run", "tidy"]).code(3).stderr_has("3 of its 5 rows killed");
    assert_eq!(lopper.states(), before);
    assert_eq!(lopper.deep_files().len(), 5);
    lopper.run(["kill", "wiki", "--yes", "--max-segments", "2"]).code(3);
    lopper.run(["kill", "wiki", "--yes", "--max-segments", "3", "--max-percent", "60"]).code(0);
}

/// Two kills of one run are measured together, against what was there before the first.
#[test]
fn the_kills_of_a_run_are_guarded_together() {
    let kill = |day: &str| {
        format!("[[step]]\nop = 'kill'\ndatasource = 'wiki'\ninterval = '2015-09-{day}/P1D'\n")
    };
    let job = |percent| format!("[guard]\nmax_percent = {percent}\n{}{}", kill("10"), kill("11"));
    let days = ["2015-09-10/P1D", "2015-09-11/P1D", "2015-09-12/P1D", "2015-09-13/P1D"];
    let lopper = Lopper::new()
        .authoritative()
        .segments(days.map(|day| seg("wiki", day).unused()))
        .job("strict", &job(49))
        .job("loose", &job(50));
    let before = lopper.states();
    lopper.run(["run", "strict"]).code(3).stderr_has("2 of its 4 rows killed");
    assert_eq!(lopper.states(), before);
    lopper.run(["run", "loose"]).code(0);
    assert_eq!(lopper.deep_files().len(), 2);
}
