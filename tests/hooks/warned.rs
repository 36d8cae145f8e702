//! A run that warns: it is no failure, and tells of it all the same.

use super::{ALL, MARK, TELL};
use crate::output::assert_valid_as;
use crate::support::Lopper;

const WARN: &str = "on_warning = ['./tell', 'warning']\n";

/// A datasource that is not there.
const TYPO: &str = "[[step]]\nop = 'mark-unused'\ndatasource = 'wkii'\nall = true\n";

fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D v1"]).script("tell", TELL)
}

#[test]
fn a_misspelt_datasource_calls_the_hook() {
    let lopper = store().job("j", &format!("{ALL}{WARN}{MARK}{TYPO}"));
    let report = lopper.run(["run", "j", "--output", "json"]).code(0).json();
    assert_eq!(
        lopper.called(),
        ["change j 2 done on_change", "warning j 2 done on_warning", "success j 2 done on_success"]
    );
    assert_eq!(lopper.heard("warning"), report);
    assert_valid_as(&lopper, "hook", &report);
    let warning = &report["steps"][1]["warnings"][0];
    assert_eq!(warning["code"], "unknown-datasource");
    assert_eq!(warning["message"], "no datasource is called 'wkii'; did you mean 'wiki'?");
}

#[test]
fn without_a_warning_it_is_not_called() {
    let lopper = store().job("j", &format!("{WARN}{MARK}"));
    lopper.run(["run", "j"]).code(0);
    assert_eq!(lopper.called(), [""; 0]);
}

#[test]
fn how_many_there_are_is_in_the_environment() {
    let count = "on_warning = 'echo $LOPPER_WARNINGS $LOPPER_HOOK >> ../called'\n";
    let lopper = store().job("j", &format!("{count}{TYPO}{TYPO}"));
    lopper.run(["run", "j"]).code(0);
    assert_eq!(lopper.called(), ["2 on_warning"]);
}

/// What was committed before the failure has warned as well.
#[test]
fn a_run_that_fails_later_has_warned_all_the_same() {
    let kill = "[[step]]\nop = 'kill'\ndatasource = 'wiki'\n";
    let finds = "[[step]]\nop = 'check'\nsql = \"SELECT id FROM deletions WHERE state = 'done'\"\n";
    let lopper = Lopper::new()
        .authoritative()
        .segments(["wiki 2015-09-13/P1D v1 unused"])
        .script("tell", TELL)
        .job("j", &format!("{ALL}{WARN}{TYPO}{kill}{finds}"));
    lopper.run(["run", "j"]).code(1);
    assert_eq!(lopper.called(), ["warning j 2 failed on_warning", "failure j 2 failed on_failure"]);
}

/// What was rolled back as well: the misspelt name may be why the check has failed.
#[test]
fn what_a_failed_transaction_has_warned_of_is_kept() {
    let fails = "[[step]]\nop = 'check'\nsql = 'SELECT 1'\n";
    let guard = "[guard]\nmax_segments = 0\n";
    for (steps, code, outcome) in [
        (format!("{ALL}{WARN}{MARK}{TYPO}{fails}"), 1, "failed"),
        (format!("{ALL}{WARN}{guard}{MARK}{TYPO}"), 3, "refused"),
    ] {
        let lopper = store().job("j", &steps);
        lopper.run(["run", "j"]).code(code).stderr_has("WARN").stderr_has("did you mean 'wiki'?");
        assert_eq!(
            lopper.called(),
            [
                format!("warning j 2 {outcome} on_warning"),
                format!("failure j 2 {outcome} on_failure")
            ]
        );
        let heard = lopper.heard("warning");
        assert_eq!(heard["steps"][0]["warnings"][0]["code"], "unknown-datasource");
        assert_eq!(lopper.sql("SELECT run, step, code FROM warnings"), ["2|2|unknown-datasource"]);
        assert_eq!(lopper.sql("SELECT count(*) FROM changes WHERE run = 2"), ["0"]);
        assert_eq!(lopper.ids(true).len(), 1, "nothing was changed");
    }
}

#[test]
fn lopper_toml_may_have_it_for_all_jobs() {
    let lopper = store()
        .job("loud", TYPO)
        .job("quiet", &format!("on_warning = []\n{TYPO}"))
        .config("[hooks]\non_warning = 'echo \"$LOPPER_JOB\" >> called'\n");
    lopper.run(["run", "loud", "quiet"]).code(0);
    assert_eq!(lopper.called(), ["loud"]);
}

#[test]
fn the_scheduler_calls_it_too() {
    let at = |time: &str| format!("2024-06-01T{time}.000Z");
    let lopper =
        store().clock(&at("12:00:00")).job("j", &format!("schedule = '@hourly'\n{WARN}{TYPO}"));
    lopper.run(["schedule", "--once"]).code(0);
    let lopper = lopper.clock(&at("13:00:00"));
    lopper.run(["schedule", "--once"]).code(0).stderr_has("did you mean 'wiki'?");
    assert_eq!(lopper.called(), ["warning j 2 done on_warning"]);
}
