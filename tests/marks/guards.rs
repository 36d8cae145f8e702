//! Limits beyond which nothing happens: from a flag, a job and `lopper.toml`.

use crate::support::Lopper;

/// Ten used segments of one datasource, two of another.
fn store() -> Lopper {
    let many = (1..=10).map(|day| format!("wiki 2015-09-{day:02}/P1D v1"));
    let few = (1..=2).map(|day| format!("koalas 2015-09-{day:02}/P1D v1"));
    let all: Vec<String> = many.chain(few).collect();
    Lopper::new().segments(all.iter().map(String::as_str))
}

impl Lopper {
    /// Marks by an interval under more flags; the guard must refuse, and nothing changes.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], message: &str) {
        let before = self.states();
        self.run(arguments).code(3).stderr_has(message).stderr_has("nothing was changed");
        assert_eq!(self.states(), before);
        assert_eq!(self.sql("SELECT count(*) FROM changes"), ["0"]);
        assert!(self.runs().last().unwrap().ends_with(" refused"), "{:?}", self.runs());
    }
}

#[test]
fn max_segments_counts_the_changes_of_a_run() {
    let lopper = store();
    let three = ["mark-unused", "wiki", "--interval", "2015-09-01/P3D"];
    lopper.refuses(
        &[&three[..], &["--max-segments", "2"]].concat(),
        "the run would change 3 segments; max_segments allows 2",
    );
    lopper.refuses(&[&three[..], &["--max-segments", "0"]].concat(), "max_segments allows 0");
    lopper.run([&three[..], &["--max-segments", "3"]].concat()).code(0);
    // Nothing to change is never too much.
    lopper.run([&three[..], &["--max-segments", "0"]].concat()).code(0);
}

#[test]
fn max_percent_is_of_the_used_segments_of_each_datasource() {
    let lopper = store();
    let one_each = ["mark-unused", "*", "--interval", "2015-09-01/P1D"];
    lopper.refuses(
        &[&one_each[..], &["--max-percent", "49.9"]].concat(),
        "the run would change 50.0 % of datasource 'koalas' (1 of its 2 used segments marked",
    );
    lopper.run([&one_each[..], &["--max-percent", "50"]].concat()).code(0);
    // Nine are left: one of them is 11.1 %.
    let next = ["mark-unused", "wiki", "--interval", "2015-09-02/P1D"];
    lopper
        .run([&next[..], &["--max-percent", "11.1"]].concat())
        .code(3)
        .stderr_has("1 of its 9 used");
    lopper.run([&next[..], &["--max-percent", "11.2"]].concat()).code(0);
}

#[test]
fn marking_used_is_measured_against_what_was_used_before() {
    let lopper = store();
    lopper.run(["mark-unused", "wiki", "--interval", "2015-09-01/P2D"]).code(0);
    let back = ["mark-used", "wiki", "--all", "--include-overshadowed"];
    lopper
        .run([&back[..], &["--max-percent", "24"]].concat())
        .code(3)
        .stderr_has("2 of its 8 used");
    lopper.run([&back[..], &["--max-percent", "25"]].concat()).code(0);
    // A share of nothing is all of it.
    lopper.run(["mark-unused", "koalas", "--all"]).code(0);
    let back = ["mark-used", "koalas", "--all", "--include-overshadowed", "--max-percent", "99"];
    lopper.run(back).code(3).stderr_has("100.0 %");
}

const TWO_STEPS: &str = "
[[step]]
op = 'mark-unused'
datasource = 'wiki'
interval = '2015-09-01/P2D'

[[step]]
op = 'mark-unused'
datasource = 'wiki'
interval = '2015-09-05/P2D'
";

#[test]
fn a_jobs_guard_counts_all_its_steps_together() {
    let lopper = store()
        .job("strict", &format!("[guard]\nmax_segments = 3\n{TWO_STEPS}"))
        .job("share", &format!("[guard]\nmax_percent = 39\n{TWO_STEPS}"))
        .job("enough", &format!("[guard]\nmax_segments = 4\nmax_percent = 40\n{TWO_STEPS}"));
    lopper.refuses(&["run", "strict"], "would change 4 segments");
    lopper.refuses(&["run", "share"], "4 of its 10 used segments");
    lopper.run(["run", "enough"]).code(0);
    assert_eq!(lopper.ids(false).len(), 4);
}

#[test]
fn lopper_toml_guards_whatever_sets_no_limit_of_its_own() {
    let lopper = store()
        .config("[guard]\nmax_segments = 3\n")
        .job("quiet", TWO_STEPS)
        .job("other-limit", &format!("[guard]\nmax_percent = 100\n{TWO_STEPS}"))
        .job("own", &format!("[guard]\nmax_segments = 4\n{TWO_STEPS}"));
    lopper.refuses(&["mark-unused", "wiki", "--all"], "max_segments allows 3");
    lopper.refuses(&["run", "quiet"], "max_segments allows 3");
    lopper.refuses(&["run", "other-limit"], "max_segments allows 3");
    lopper.run(["run", "own"]).code(0);
    lopper.run(["mark-unused", "wiki", "--all", "--max-segments", "6"]).code(0);
}

#[test]
fn a_plan_meets_the_same_guard() {
    let lopper = store().job("strict", &format!("[guard]\nmax_segments = 3\n{TWO_STEPS}"));
    lopper.store_unchanged(|lopper| {
        let plan = lopper.run(["plan", "strict"]).code(3);
        plan.stdout_has("mark-unused")
            .stdout_has("a run would be refused")
            .stdout_has("would change 4 segments");
    });
}

/// What is to be raised is what was said: a flag, the job file, or `lopper.toml`.
#[test]
fn the_help_names_who_has_set_the_limit() {
    let lopper = store()
        .config("[guard]\nmax_segments = 3\nmax_percent = 90\n")
        .job("quiet", TWO_STEPS)
        .job("own", &format!("[guard]\nmax_segments = 2\n{TWO_STEPS}"))
        .job("share", &format!("[guard]\nmax_segments = 50\nmax_percent = 5\n{TWO_STEPS}"));
    let mark = ["mark-unused", "wiki", "--all"];
    let dry = "  help: look at it with --dry-run; if it is meant, raise ";
    let plan = "  help: look at it with `lopper plan`; if it is meant, raise ";
    for (arguments, help) in [
        (vec!["--max-segments", "2"], format!("{dry}--max-segments\n")),
        (vec!["--max-segments", "9", "--max-percent", "9"], format!("{dry}--max-segments\n")),
        (vec!["--max-segments", "10", "--max-percent", "9"], format!("{dry}--max-percent\n")),
        (
            vec![],
            format!(
                "{dry}max_segments in [guard] of lopper.toml, or say --max-segments this once\n"
            ),
        ),
        (
            vec!["--max-segments", "10"],
            format!("{dry}max_percent in [guard] of lopper.toml, or say --max-percent this once\n"),
        ),
    ] {
        lopper.run([&mark[..], &arguments].concat()).code(3).stderr_has(&help);
    }
    for (job, help) in [
        ("own", format!("{plan}max_segments in [guard] of the job file\n")),
        ("share", format!("{plan}max_percent in [guard] of the job file\n")),
        (
            "quiet",
            format!(
                "{plan}max_segments in [guard] of lopper.toml, or set it in [guard] of the job file\n"
            ),
        ),
    ] {
        lopper.run(["run", job]).code(3).stderr_has(&help);
        lopper.run(["plan", job]).code(3).stdout_has(&help);
    }
}
