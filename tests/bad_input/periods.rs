//! An empty period (`P`, or nothing) is a mistake wherever one is read: it must not pass for no time at all.

use super::Lopper;

const EMPTY: [&str; 4] = ["P", "p", "PT", ""];

#[test]
fn as_a_flag() {
    let lopper = Lopper::new().authoritative().segments(["wiki 2015-09-12/P1D v1 unused"]);
    lopper.store_unchanged(|lopper| {
        for empty in EMPTY {
            for command in [
                &["kill", "wiki", "--yes", "--buffer-period"][..],
                &["kill", "wiki", "--yes", "--duration-to-retain"],
                &["kill", "wiki", "--yes", "--on-conflict", "wait", "--wait"],
                &["enforce-rules", "wiki", "--overshadow-grace"],
                &["mark-unused", "wiki", "--all", "--on-conflict", "wait", "--wait"],
                &["lock", "add", "wiki", "--interval", "2030/2031", "--for"],
                &["fsck", "--deep-storage", "--repair", "--yes", "--min-age"],
                &["explain", "wiki", "--until"],
                &["run", "none", "--scheduled", "--starting-deadline"],
                &["schedule", "--once", "--grace"],
                &["schedule", "--once", "--lease"],
            ] {
                lopper.run([command, &[empty]].concat()).code(2);
            }
            for command in [
                &["mark-unused", "wiki", "--interval"][..],
                &["kill", "wiki", "--yes", "--interval"],
                &["explain", "wiki", "--interval"],
                &["lock", "add", "wiki", "--interval"],
            ] {
                for interval in
                    [format!("2015/{empty}"), format!("{empty}/2016"), format!("now-{empty}/now")]
                {
                    lopper.run([command, &[interval.as_str()]].concat()).code(2);
                }
            }
            lopper.run(["mark-unused", "wiki", "--all", "--at", &format!("now-{empty}")]).code(2);
            lopper.run(["jobs", "next", "--from", &format!("now+{empty}")]).code(2);
        }
    });
    assert_eq!(lopper.deep_files().len(), 1);
}

#[test]
fn as_a_key() {
    let step = "[[step]]\nop = 'kill'\ndatasource = 'wiki'\n";
    for key in ["starting_deadline", "jitter", "timeout", "retry_backoff", "hook_timeout", "@every"]
    {
        for empty in EMPTY {
            let key = if key == "@every" {
                format!("schedule = '@every {empty}'")
            } else {
                format!("{key} = '{empty}'")
            };
            let lopper = Lopper::new().job("j", &format!("{key}\n{step}"));
            lopper.run(["jobs", "validate"]).code(2).stderr_has("jobs/j.toml:2:");
        }
    }
    for key in ["buffer_period", "duration_to_retain", "wait"] {
        for empty in EMPTY {
            let lopper =
                Lopper::new().job("j", &format!("{step}on_conflict = 'wait'\n{key} = '{empty}'"));
            lopper.run(["jobs", "validate"]).code(2).stderr_has("jobs/j.toml:6:");
        }
    }
    for empty in EMPTY {
        let lopper = Lopper::new().config(&format!("[hooks]\nhook_timeout = '{empty}'\n"));
        lopper.run(["import", "none"]).code(2).stderr_has("lopper.toml:2:");
    }
}

#[test]
fn in_a_rule() {
    for empty in EMPTY {
        for kind in ["dropBeforeByPeriod", "dropByPeriod", "loadByPeriod", "loadPartialByPeriod"] {
            let chain = format!(r#"[{{"type":"{kind}","period":"{empty}"}}]"#);
            let lopper =
                Lopper::new().segments(["wiki 2015-09-12/P1D"]).rules([("wiki", chain.as_str())]);
            lopper.run(["enforce-rules", "wiki"]).code(5).stdout_has("rule 1");
            assert_eq!(lopper.ids(true).len(), 1);
        }
    }
}
