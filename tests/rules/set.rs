//! `rules set`: a new chain comes into force, or nothing is written.

use super::{DROP_FOREVER, LOAD_FOREVER, by_period, chain, only, segments};
use crate::support::{Answer, Lopper};

const SET: [&str; 3] = ["rules", "set", "wiki"];

#[track_caller]
fn set(lopper: &Lopper, rules: &str) -> Answer {
    lopper.run_with_input([&SET[..], &["-", "--output", "json"]].concat(), rules).code(0)
}

fn rows(lopper: &Lopper) -> Vec<String> {
    lopper.sql(
        "SELECT id, version, payload FROM druid_rules WHERE dataSource = 'wiki' ORDER BY version",
    )
}

#[test]
fn the_canonical_form_is_stored_with_the_defaults_filled_in() {
    let lopper = segments();
    let file = lopper.file("chain.json", chain([&by_period("loadByPeriod", "p1m"), DROP_FOREVER]));
    let file = file.to_str().unwrap();
    let answer =
        lopper.run([&SET[..], &[file, "--author", "ann", "--comment", "as agreed"]].concat());
    answer.code(0).stdout_has(
        "rules of wiki: version 2024-06-01T12:00:00.000Z is in force: 2 rules, the first chain",
    );
    let canonical = r#"[{"period":"P1M","includeFuture":true,"tieredReplicants":{"_default_tier":2},"useDefaultTierForNull":true,"type":"loadByPeriod"},{"type":"dropForever"}]"#;
    let version = "2024-06-01T12:00:00.000Z";
    assert_eq!(rows(&lopper), [format!("wiki_{version}|{version}|{canonical}")]);
    assert_eq!(
        lopper.sql("SELECT datasource, author, comment, created, in_force, rules FROM rules"),
        [format!("wiki|ann|as agreed|{version}|1|2")]
    );
    lopper.run(["rules", "get", "wiki"]).code(0).stdout_is(canonical);
}

#[test]
fn the_chain_that_is_in_force_is_not_written_again() {
    let lopper = segments().rules([("wiki", &*chain([LOAD_FOREVER]))]);
    lopper.store_unchanged(|lopper| {
        // The defaults are the same, whether they are written out or not.
        let same = r#"[ {"useDefaultTierForNull":true, "type":"loadForever", "tieredReplicants":{"_default_tier":2}} ]"#;
        let report = set(lopper, same).json();
        assert_eq!(report["changed"], false);
        assert_eq!(report["version"], "2020-01-01T00:00:00.000Z");
    });
    // A datasource without a chain has the empty one.
    lopper.store_unchanged(|lopper| {
        let set = ["rules", "set", "koalas"];
        lopper.run_with_input(set, "[]").code(0).stdout_has("there is no chain to clear");
    });
    assert_eq!(set(&lopper, "[]").json()["changed"], true);
    // What was in force before is a new version again.
    assert_eq!(set(&lopper, &chain([LOAD_FOREVER])).json()["changed"], true);
    assert_eq!(rows(&lopper).len(), 3);
}

#[test]
fn a_new_chain_comes_into_force_whatever_the_clock_says() {
    let lopper = segments();
    for future in ["2024-06-01T12:00:00.000Z", "2031-01-01T00:00:00.999Z"] {
        lopper.sql(&format!(
            "INSERT INTO druid_rules (dataSource, version, payload) VALUES ('wiki', '{future}', '[]')"
        ));
        let report = set(&lopper, &chain([DROP_FOREVER])).json();
        assert_eq!(report["replaces"], future);
        lopper.run(["rules", "get", "wiki"]).stdout_is(&chain([DROP_FOREVER]));
    }
    let versions = lopper.sql("SELECT version FROM druid_rules ORDER BY version");
    assert_eq!(versions[1], "2024-06-01T12:00:00.001Z");
    assert_eq!(versions[3], "2031-01-01T00:00:01.000Z");
}

#[test]
fn a_version_that_nothing_can_follow_is_refused() {
    for last in ["zzz", "9999-12-31T23:59:59.999Z"] {
        let lopper = segments();
        let dump = format!("id,dataSource,version,payload\nx,wiki,{last},[]\n");
        lopper.import(&lopper.file("rules.csv", dump));
        lopper.store_unchanged(|lopper| {
            lopper
                .run_with_input(SET, chain([DROP_FOREVER]))
                .code(1)
                .stderr_has(&format!("no version can take the place of '{last}'"));
        });
    }
}

#[test]
fn a_broken_chain_replaces_nothing_and_every_broken_rule_is_named() {
    let lopper = segments().rules([("wiki", &*chain([LOAD_FOREVER]))]);
    let broken = chain([r#"{"type":"keep"}"#, DROP_FOREVER, r#"{"type":"loadByPeriod"}"#]);
    let file = lopper.file("broken.json", &broken);
    lopper.store_unchanged(|lopper| {
        let answer = lopper.run([&SET[..], &[file.to_str().unwrap()]].concat()).code(2);
        answer
            .stderr_has("broken.json: rule 1: expected a known type of rule, such as loadByPeriod or dropForever, found 'keep'")
            .stderr_has("broken.json: rule 3: expected a period in the rule")
            .stdout_is("");
        for (text, reason) in [
            ("", "standard input: expected one JSON array of rules: EOF"),
            ("null", "expected a list of rules"),
            ("{}", "expected a list of rules"),
            ("[{", "line 1 column 2"),
            ("[] []", "expected one JSON array of rules: trailing characters"),
            ("[1]", "rule 1: expected a rule"),
        ] {
            lopper.run_with_input(SET, text).code(2).stderr_has(reason);
        }
        lopper.run_with_input(SET, b"[\xff]").code(2).stderr_has("cannot read standard input");
        lopper.run([&SET[..], &["no-such-file"]].concat()).code(2).stderr_has("no-such-file");
        lopper.run_with_input(["rules", "set", ""], "[]").code(2);
    });
    // But a broken chain can be replaced.
    let lopper = segments().rules([("wiki", &*broken)]);
    assert_eq!(set(&lopper, &chain([LOAD_FOREVER])).json()["changed"], true);
}

#[test]
fn the_default_chain_warns_and_is_never_empty() {
    let lopper = segments();
    lopper.store_unchanged(|lopper| {
        let answer = lopper.run_with_input(["rules", "set", "_default"], "[]").code(2);
        answer.stderr_has("the chain of _default cannot be empty");
    });
    let answer = lopper.run_with_input(["rules", "set", "_default"], chain([LOAD_FOREVER]));
    answer.code(0).stdout_has("warning: _default decides for every datasource");
}

#[test]
fn a_name_that_means_nothing_warns() {
    let lopper = segments().rules([("_default", &*chain([LOAD_FOREVER]))]);
    let answer = lopper.run_with_input(["rules", "set", "wikki"], chain([LOAD_FOREVER])).code(0);
    answer.stdout_has("warning: no datasource is called 'wikki'; did you mean 'wiki'?");
    lopper.run_with_input(SET, chain([LOAD_FOREVER])).code(0).stdout_lacks("warning");
}

#[test]
fn what_is_odd_about_the_new_chain_is_told() {
    let lopper = segments().rules([("wiki", &*chain([LOAD_FOREVER]))]);
    let report = set(&lopper, &chain([&by_period("dropByPeriod", "P1D"), LOAD_FOREVER])).json();
    let finding = only(&report, "drops-newest");
    assert_eq!((&finding["segments"], &finding["severity"]), (&1.into(), &"error".into()));
    let answer = lopper.run_with_input(SET, chain([DROP_FOREVER])).code(0);
    answer.stdout_has("drops-everything").stdout_lacks("drops-newest");
}

#[test]
fn a_dry_run_tells_the_same_and_writes_nothing() {
    let lopper = segments();
    let rules = chain([DROP_FOREVER]);
    let dry = lopper.store_unchanged(|lopper| {
        lopper.run_with_input([&SET[..], &["-", "-n"]].concat(), &rules).code(0)
    });
    let wet = lopper.run_with_input(SET, &rules).code(0);
    assert_eq!(dry.stdout.replace(" would be in force", " is in force"), wet.stdout);
    assert!(dry.stdout.contains("would be in force"), "{dry}");
}

#[test]
fn the_author_is_the_user_unless_it_is_said() {
    for (user, author) in [(Some("ann"), "ann"), (Some(""), "lopper"), (None, "lopper")] {
        let lopper = segments();
        let file = lopper.file("chain.json", chain([DROP_FOREVER]));
        let mut command = lopper.command([&SET[..], &[file.to_str().unwrap()]].concat());
        match user {
            Some(user) => command.env("USER", user),
            None => command.env_remove("USER"),
        };
        Answer::of(&mut command).code(0);
        assert_eq!(lopper.sql("SELECT author FROM rules"), [author]);
    }
}
