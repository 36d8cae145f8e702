//! See first: a plan leaves the store as it is, and tells what the run then does.

use serde_json::Value;

use crate::support::{Lopper, NOW, seg};

/// Segments of every kind, for marks and kills.
fn store() -> Lopper {
    let lopper = Lopper::new().authoritative().segments([
        seg("wiki", "2015-09-10/P1D").unused(),
        seg("wiki", "2015-09-11/P1D").unused().size(5000),
        seg("wiki", "2015-09-12/P1D").unused().stamp(NOW),
        seg("wiki", "2015-09-13/P1D").unused().never_stamped(),
        seg("wiki", "2024-05-31/P1D").unused(),
        seg("wiki", "2015-09-14/P1D").unused().s3("bucket", "key"),
        seg("wiki", "2015-09-15/P1D").unused().version("locked"),
        seg("wiki", "2015-09-16/P1D"),
        seg("wiki", "2015-09-17/P1D"),
        seg("koalas", "2015-09-16/P1D"),
        seg("koalas", "2015-09-17/P1D").unused().never_stamped(),
    ]);
    lopper.lock("wiki", "2015-09-15", "2015-09-16", None);
    lopper
}

/// A report without what only a run has: its number, and what became of files.
fn comparable(mut report: Value) -> Value {
    for member in ["run", "plan", "logical_time"] {
        report.as_object_mut().unwrap().remove(member).unwrap();
    }
    for step in report["steps"].as_array_mut().unwrap() {
        if let Some(kill) = step.get_mut("kill").and_then(Value::as_object_mut) {
            kill.retain(|member, _| !member.starts_with("files"));
        }
    }
    report
}

/// Plans, runs, and compares; answers how many segments each step changed.
#[track_caller]
fn plan_then_run(lopper: &Lopper, plan: &[&str], run: &[&str]) -> Vec<u64> {
    let json =
        |arguments: &[&str]| lopper.run([arguments, &["--output", "json"]].concat()).code(0).json();
    let files = lopper.deep_files();
    let planned = lopper.store_unchanged(|_| json(plan));
    assert_eq!(lopper.deep_files(), files, "a plan deletes no file");
    assert_eq!((&planned["plan"], &planned["run"]), (&Value::Bool(true), &Value::Null));

    let done = json(run);
    assert_eq!(done["plan"], false);
    assert!(done["run"].is_u64());
    let changed = done["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["numChangedSegments"].as_u64().unwrap())
        .collect();
    assert_eq!(comparable(planned), comparable(done));
    changed
}

#[test]
fn of_marks_by_every_selector() {
    let id = seg("wiki", "2015-09-16/P1D").id();
    for (selector, changed) in [
        (vec!["--id", &id], 1),
        (vec!["--id", &id, "not there"], 1),
        (vec!["--interval", "2015-09-16/P2D"], 2),
        (vec!["--interval", "../..", "--version", "v1"], 2),
        (vec!["--all"], 2),
        (vec!["--where", "size >= 5000 OR used = 1"], 2),
    ] {
        let run = [&["mark-unused", "wiki"], &selector[..]].concat();
        let plan = [&run[..], &["--dry-run"]].concat();
        assert_eq!(plan_then_run(&store(), &plan, &run), [changed], "{selector:?}");
    }
    let back = ["mark-used", "wiki", "--all", "--include-overshadowed", "--on-conflict", "skip"];
    assert_eq!(plan_then_run(&store(), &[&back[..], &["-n"]].concat(), &back), [6]);
}

#[test]
fn of_kills() {
    for (flags, changed) in [
        (&[][..], 2),
        (&["--limit", "1"], 1),
        (&["--buffer-period", "PT0S"], 3),
        (&["--interval", "2015-09-11/P2D"], 1),
        (&["--ignore-duration-to-retain", "--batch-size", "2"], 3),
        (&["--version", "locked"], 0),
        (&["--at", "2020-01-01T00:00:00Z"], 0),
    ] {
        let kill = [&["kill", "*"], flags].concat();
        let (plan, run) = ([&kill[..], &["-n"]].concat(), [&kill[..], &["--yes"]].concat());
        assert_eq!(plan_then_run(&store(), &plan, &run), [changed], "{flags:?}");
    }
}

#[test]
fn of_imports() {
    let lopper = store();
    let dump = [seg("wiki", "2015-09-16/P1D").unused(), seg("new", "2015-09-16/P1D")];
    lopper.file("more.csv", crate::support::csv(&dump, &lopper.deep_storage()));
    assert_eq!(plan_then_run(&lopper, &["import", "more.csv", "-n"], &["import", "more.csv"]), [1]);
}

const MARK: &str =
    "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\ninterval = '2015-09-16/P1D'\n";
const KILL: &str = "[[step]]\nop = 'kill'\ndatasources = ['*']\n";
const CHECK: &str = "[[step]]\nop = 'check'\nsql = 'SELECT id FROM segments WHERE size = 7'\n";

fn kill_with(keys: &str) -> String {
    format!("{KILL}{keys}\n")
}

/// Later steps see what earlier ones would have done, also what a kill would have taken away.
#[test]
fn of_jobs_that_mix_marks_and_kills() {
    let mark_all = "[[step]]\nop = 'mark-used'\ndatasource = 'wiki'\ninterval = '../2015-09-15'\ninclude_overshadowed = true\n";
    for (job, changed) in [
        (vec![MARK, KILL, mark_all], vec![1, 2, 3]),
        (vec![MARK, CHECK, &kill_with("buffer_period = 'PT0S'"), MARK], vec![1, 0, 4, 0]),
        (vec![&kill_with("limit = 1"), &kill_with("limit = 1"), KILL], vec![1, 1, 0]),
        (vec![KILL, MARK, KILL], vec![2, 1, 0]),
    ] {
        let lopper = store().job("mixed", &job.concat());
        assert_eq!(
            plan_then_run(&lopper, &["plan", "mixed"], &["run", "mixed"]),
            changed,
            "{job:?}"
        );
    }
}

#[test]
fn run_dry_is_plan() {
    let lopper = store().job("mixed", &[MARK, KILL].concat());
    lopper.store_unchanged(|lopper| {
        let plan = lopper.run(["plan", "mixed"]).code(0).stdout_has("nothing was changed");
        lopper.run(["run", "mixed", "--dry-run"]).code(0).stdout_is(plan.stdout.trim_end());
    });
}

#[test]
fn of_what_would_fail_fails_alike() {
    let lopper = store()
        .job("locked", "[[step]]\nop = 'mark-used'\ndatasource = 'wiki'\nwhere = \"version = 'locked'\"\ninclude_overshadowed = true\n");
    let plan = lopper.store_unchanged(|lopper| lopper.run(["plan", "locked"]).code(4));
    assert!(plan.stderr.contains("is locked"), "{plan}");
    // A run of a job logs its warnings before.
    lopper.run(["run", "locked"]).code(4).stderr_has(plan.stderr.trim_end());
}

/// What was done before is shown, then what the check has found; what stands behind it does not happen, as in a run.
#[test]
fn of_a_check_that_finds_something() {
    let check = "[[step]]\nop = 'check'\nsql = \"SELECT id FROM segments WHERE used = 0 AND datasource = 'koalas'\"\n";
    let locked = "[[step]]\nop = 'mark-used'\ndatasource = 'wiki'\nwhere = \"version = 'locked'\"\ninclude_overshadowed = true\n";
    let strict = format!("[guard]\nmax_segments = 0\n{MARK}");
    let lopper = store()
        .job("finds", &[MARK, check, locked].concat())
        .job("behind-a-kill", &[KILL, check].concat())
        .job("strict", &[&strict, check].concat())
        .job("strict-then-killed", &[&strict, KILL, check].concat());
    for (job, code, steps) in
        [("finds", 1, 2), ("behind-a-kill", 1, 2), ("strict", 1, 2), ("strict-then-killed", 3, 3)]
    {
        lopper.store_unchanged(|lopper| {
            let plan = lopper.run(["plan", job, "--output", "json"]).code(code).json();
            let outcome = if code == 1 { "failed" } else { "refused" };
            assert_eq!((&plan["outcome"], &plan["plan"]), (&outcome.into(), &true.into()));
            assert_eq!(plan["steps"].as_array().unwrap().len(), steps, "{plan}");
            crate::output::assert_valid(lopper, &plan);
            lopper.run(["run", job, "-n"]).code(code).stdout_has("check");
        });
    }
}

#[test]
fn of_a_check_that_finds_something_tells_all_of_it() {
    let check = "[[step]]\nop = 'check'\nsql = \"SELECT version FROM segments WHERE datasource = 'koalas'\"\n";
    let lopper = store().job("finds", &[MARK, check].concat());
    let found =
        "the check of step 2 returned 2 rows, and nothing was changed:\n  version=v1\n  version=v1";
    let help = "\n  help: mend what the check found, or change its query\n";
    let plan = lopper.store_unchanged(|lopper| lopper.run(["plan", "finds"]).code(1));
    plan.stdout_has("   1  mark-unused  wiki")
        .stdout_has("step 1: wiki: 1 segment")
        .stdout_has(&format!("a run would fail, and exit with 1: {found}{help}"))
        .stderr_is("");
    lopper.run(["run", "finds"]).code(1).stdout_is("").stderr_has(&format!("{found}{help}"));
    // The history has all of the message as well.
    lopper.run(["history", "2"]).code(0).stdout_has(&format!("{found}\n"));
    // Of several plans, the first that would end decides.
    lopper.run(["plan", "finds", "finds"]).code(1);
}

/// A plan of several jobs takes each back before the next.
#[test]
fn of_several_jobs_each_by_itself() {
    let lopper = store().job("one", MARK).job("two", MARK);
    lopper.store_unchanged(|lopper| {
        let lines = lopper.run(["plan", "one", "two", "--output", "json"]).code(0).stdout;
        let changed: Vec<Value> = lines
            .lines()
            .map(|line| {
                serde_json::from_str::<Value>(line).unwrap()["steps"][0]["numChangedSegments"]
                    .take()
            })
            .collect();
        assert_eq!(changed, [1, 1]);
    });
}

/// What would keep a run from it is told beside what it would do.
#[test]
fn of_a_job_that_is_running() {
    let lopper = store().job("one", MARK).job("two", MARK);
    lopper.sql(
        "INSERT INTO run (kind, name, logical_ms, started_ms, worker, expires_ms)
         VALUES ('job', 'one', 0, 0, 'elsewhere', 4000000000000)",
    );
    lopper.store_unchanged(|lopper| {
        let plan = lopper.run(["plan", "one", "--output", "json"]).code(4).json();
        assert_eq!((&plan["outcome"], &plan["plan"]), (&"locked".into(), &true.into()));
        assert!(plan["refused"].as_str().unwrap().contains("is running already"), "{plan}");
        assert_eq!(plan["steps"][0]["numChangedSegments"], 1);
        crate::output::assert_valid(lopper, &plan);
        lopper
            .run(["run", "one", "--dry-run"])
            .code(4)
            .stdout_has("and exit with 4: job 'one' is running");
        lopper.run(["plan", "two"]).code(0);
    });
}

const BROKEN: &str = r#"[{"type":"loadLike"}]"#;

/// The exit code of several plans is that of the first run that would be refused; else one may be partial.
#[test]
fn of_several_jobs_the_first_that_would_fail_decides() {
    let strict = format!("[guard]\nmax_segments = 0\n{MARK}");
    let partial = "[[step]]\nop = 'enforce-rules'\ndatasources = ['*']\n";
    let lopper = store()
        .rules([("koalas", BROKEN), ("_default", r#"[{"type":"loadForever"}]"#)])
        .job("good", MARK)
        .job("strict", &strict)
        .job("partial", partial);
    lopper.store_unchanged(|lopper| {
        for (jobs, code) in [
            (&["good", "partial"][..], 5),
            (&["partial", "good"], 5),
            (&["strict", "partial"], 3),
            (&["partial", "strict", "good"], 3),
        ] {
            lopper.run([&["plan"], jobs].concat()).code(code);
        }
        lopper.run(["enforce-rules", "*", "--dry-run"]).code(5);
    });
    for (job, code) in [("partial", 5), ("strict", 3)] {
        lopper.run(["run", job]).code(code);
    }
}

/// A refusal that ends the plan is an error of the same kind.
#[test]
fn of_an_import_that_would_be_refused() {
    let lopper = store();
    let import = ["import", "segments.csv", "--replace", "--output", "json"];
    let plan = lopper.store_unchanged(|lopper| {
        lopper.run([&import[..], &["--dry-run"]].concat()).code(3).json()
    });
    assert_eq!(plan["outcome"], "refused");
    let run = lopper.run(import).code(3).json();
    assert_eq!(run["error"]["message"], plan["error"]["message"]);
    assert_eq!(lopper.runs().last().unwrap(), "import refused");
}
