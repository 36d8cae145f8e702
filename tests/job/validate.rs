//! `jobs validate` tries what would stop a job at night, and `list` and `next` show what is sound beside what is not.

use std::os::unix::fs::PermissionsExt;

use crate::support::Lopper;

const CHECK: &str = "[[step]]\nop = 'check'\nsql = 'SELECT 1 WHERE 0'\n";

/// A job whose second step is this one, in line 5.
fn second(step: &str) -> Lopper {
    Lopper::new().job("j", &format!("{CHECK}[[step]]\n{step}\n"))
}

#[test]
fn sql_is_prepared_against_the_views() {
    let mark = "op = 'mark-unused'\ndatasource = 'wiki'";
    for (step, line, message) in [
        (
            format!("{mark}\nwhere = \"sise > 1\""),
            8,
            "step 2 (mark-unused): cannot use the SQL of --where (sise > 1): no such column: sise",
        ),
        (format!("{mark}\nwhere = '\"strat\" > 1'"), 8, "no such column: \"strat\""),
        (format!("{mark}\nwhere = 'size >'"), 8, "syntax error"),
        (format!("{mark}\nwhere = '1; DROP TABLE segment'"), 8, "it has a semicolon"),
        (format!("{mark}\nwhere = 'nosuch(size)'"), 8, "no such function: nosuch"),
        (
            "op = 'check'\nsql = 'SELECT * FROM segment'".to_owned(),
            7,
            "step 2 (check): cannot use the SQL of check (SELECT * FROM segment): no such table: segment",
        ),
        ("op = 'check'\nsql = 'SELECT 1; SELECT 2'".to_owned(), 7, "more than one statement"),
        ("op = 'check'\nsql = '-- nothing'".to_owned(), 7, "the SQL is empty"),
        ("op = 'check'\nsql = 'DELETE FROM segments'".to_owned(), 7, "not authorized"),
    ] {
        let lopper = second(&step);
        let answer = lopper.run(["jobs", "validate"]).code(2).stdout_is("");
        let answer = answer.stderr_has(&format!("jobs/j.toml:{line}:"));
        answer.stderr_has(message).stderr_has("help: ");
        assert!(!lopper.store().exists(), "no store is made");
    }
    second(&format!("{mark}\nwhere = \"\"\"size > 1 AND version < 'v2'\n AND start_ms > 0\"\"\""))
        .run(["jobs", "validate"])
        .code(0);
}

#[test]
fn files_are_looked_for() {
    for (step, place) in [
        (
            "op = 'import'\nfiles = ['here.csv', 'none.csv']",
            "7:22: step 2 (import): cannot read the file 'jobs/none.csv'",
        ),
        (
            "op = 'mark-used'\ndatasource = 'wiki'\nids_from = 'none.txt'",
            "8:12: step 2 (mark-used): cannot read the file 'jobs/none.txt'",
        ),
        ("op = 'import'\nfiles = ['.']", "7:10: step 2 (import): 'jobs/.' is a directory"),
    ] {
        let lopper = second(step);
        lopper.file("jobs/here.csv", "");
        for command in [&["jobs", "validate"][..], &["jobs", "validate", "jobs/j.toml"]] {
            lopper.run(command).code(2).stderr_has(&format!("jobs/j.toml:{place}"));
        }
        // What runs, or is only listed, does not look.
        lopper.run(["jobs", "list"]).code(0);
    }
}

/// Nobody would hear of the run that a hook should tell of.
#[test]
fn programs_of_hooks_are_looked_for() {
    let job = |hooks: &str| Lopper::new().job("j", &format!("{hooks}\n{CHECK}"));
    for (hooks, place) in [
        ("on_failure = ['./none', 'x']", "2:15: cannot read the file 'jobs/./none'"),
        (
            "on_success = ['no-such-program-here']",
            "2:15: no program is called 'no-such-program-here' on PATH",
        ),
        ("on_change = ['./plain']", "2:14: 'jobs/./plain' is not executable"),
        ("on_warning = ['./folder']", "2:15: 'jobs/./folder' is a directory"),
        ("on_warning = ['/nowhere/at/all']", "2:15: cannot read the file '/nowhere/at/all'"),
    ] {
        let lopper = job(hooks);
        lopper.file("jobs/plain", "#!/bin/sh\n");
        lopper.file("jobs/folder/file", "");
        let answer = lopper.run(["jobs", "validate"]).code(2).stdout_is("");
        answer
            .stderr_has(&format!("jobs/j.toml:{place}"))
            .stderr_has("help: name a program on PATH");
        lopper.run(["jobs", "list"]).code(0);
    }
    for hooks in [
        "on_failure = ['./good', 'x']",
        "on_success = ['cat', 'no such file']",
        "on_change = ['/bin/cat']",
        "on_warning = 'no-such-program-here | cat'",
        "on_warning = []",
    ] {
        let lopper = job(hooks);
        let good = lopper.file("jobs/good", "#!/bin/sh\n");
        std::fs::set_permissions(good, PermissionsExt::from_mode(0o755)).unwrap();
        lopper.run(["jobs", "validate"]).code(0).stderr_is("");
    }
}

#[test]
fn a_broken_file_hides_no_other() {
    let lopper = Lopper::new()
        .job("good", &format!("schedule = '@hourly'\n{CHECK}"))
        .job("odd", &format!("schedule = '99 * * * *'\n{CHECK}"))
        .job("other", &format!("schedule = '@hourly'\n{CHECK}"));
    for command in ["list", "next"] {
        let answer = lopper.run(["jobs", command]).code(2);
        answer
            .stdout_has("good")
            .stdout_has("other")
            .stderr_has("jobs/odd.toml:2:13: 99 is out of range");
        let answer = lopper.run(["jobs", command, "--output", "json"]).code(2);
        assert!(answer.json().as_array().unwrap().len() >= 2, "{answer}");
        answer.stderr_has("jobs/odd.toml:2:13: 99 is out of range");
    }
}

/// The warnings of a schedule.
fn warned(schedule: &str, more: &str) -> Vec<String> {
    let lopper = Lopper::new().job("j", &format!("schedule = '{schedule}'\n{more}{CHECK}"));
    let answer = lopper.run(["jobs", "validate"]).code(0);
    assert!(answer.stderr.lines().all(|line| line.contains("job=j")), "{answer}");
    answer.stderr.lines().map(str::to_owned).collect()
}

#[test]
fn what_means_something_else_than_it_looks_like_is_warned_of() {
    for (schedule, text) in [
        ("0 0 31 2 *", "never starts by itself"),
        ("0 0 9 * * * 2020", "never starts by itself"),
        ("* 3 * * *", "every minute of the hour from 3:00"),
        ("* 3,4 * * *", "every minute of 2 hours"),
        ("*/1 3 * * *", "every minute of the hour from 3:00"),
        ("* * 1 * *", "every minute of every hour"),
        ("* 15 3 * * *", "every second"),
        ("0 0 13 * 5", "either is enough"),
        ("30 4 1,15 * 5", "either is enough"),
        ("0 0 */10 * 1-5", "must both fit"),
        ("0 0 1 * */2", "must both fit"),
        ("*/7 * * * *", "*/7 of the minutes is 0 to 56 and begins anew with each hour"),
        ("0 */5 * * *", "*/5 of the hours is 0 to 20 and begins anew with each day"),
        ("0 0 */2 * *", "*/2 of the days is 1 to 31 and begins anew with each month"),
        ("0 0 1 */5 *", "*/5 of the months is 1 to 11"),
        ("0 0 * * */2", "*/2 of the days of the week is 0 to 6"),
        ("*/90 * * * *", "*/90 of the minutes is 0 alone, once a hour"),
        ("0 0 31 * *", "5 months of those it names may have no day 31"),
        ("0 0 30 * *", "1 month of those it names may have no day 30"),
        ("0 0 29-31 * *", "1 month of those it names may have no day 29"),
        ("@every P1W", "Thursdays"),
        ("@every PT7H", "other hours each day"),
    ] {
        let found = warned(schedule, "");
        assert!(found.iter().any(|one| one.contains(text)), "{schedule}: {found:?}");
    }
    let found = warned("@every P1D", "time_zone = 'Europe/Berlin'\n");
    assert!(found.len() == 1 && found[0].contains("midnight in UTC"), "{found:?}");
}

#[test]
fn what_means_what_it_says_is_not() {
    for schedule in [
        "* * * * *",
        "*/15 * * * *",
        "0 3 * * *",
        "0 */6 * * *",
        "30 4 * * 1-5",
        "0 0 1 * *",
        "0 0 28 * *",
        "0 0 29 2 *",
        "0 0 31 1,3,5 *",
        "0 0 25-31 * *",
        "0 0 * * sat-7",
        "*/10 * * * * *",
        "0 */5 * * * *",
        "@daily",
        "@weekly",
        "@monthly",
        "@every PT10M",
        "@every P1D",
        "@every PT6H",
        "@every PT30S",
        "@manually",
        "5-59/10 * * * *",
        "1-31/2 0 * * *",
    ] {
        assert_eq!(warned(schedule, ""), [""; 0], "{schedule}");
    }
}
