//! `lock add`, `lock list`, `lock remove`.

use serde_json::json;

use super::lock;
use crate::output::assert_valid_as;
use crate::support::{Lopper, NOW};

fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D", "wiki 2015-09-13/P1D", "koalas 2015-09-12/P1D"])
}

#[test]
fn a_lock_keeps_others_out_until_it_is_removed() {
    let lopper = store();
    lopper
        .run([
            "lock",
            "add",
            "wiki",
            "--interval",
            "2015-09-12/P1D",
            "--kind",
            "append",
            "--owner",
            "etl-7",
        ])
        .code(0)
        .stdout_has(
            "held   append  wiki        2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z  etl-7",
        );
    lopper.run(["mark-unused", "wiki", "--all"]).code(4).stderr_has(
        "'etl-7' holds an append lock on 2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z of datasource 'wiki' \
         (lock 1, until 2024-06-01T13:00:00.000Z); nothing was changed",
    );
    lopper.run(["mark-unused", "koalas", "--all"]).code(0);
    lopper.run(["mark-unused", "wiki", "--interval", "2015-09-13/P1D"]).code(0);
    lopper.run(["lock", "remove", "1"]).code(0).stdout_has("1 lock removed");
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    assert!(lopper.ids(true).is_empty());
}

/// Without --for or --until a lock holds an hour; and time ends it.
#[test]
fn a_lock_expires() {
    for (more, until) in [
        (&[][..], "2024-06-01T13:00:00.000Z"),
        (&["--for", "P1DT1S"], "2024-06-02T12:00:01.000Z"),
        (&["--until", "now+PT5M"], "2024-06-01T12:05:00.000Z"),
        (&["--until", "2024-06-01T12:00:00.001Z"], "2024-06-01T12:00:00.001Z"),
    ] {
        let lopper = store();
        lock(&lopper, "wiki", "../..", more);
        assert_eq!(lopper.sql("SELECT created, expires FROM locks"), [format!("{NOW}|{until}")]);
        lopper.run(["mark-unused", "wiki", "--all"]).code(4).stderr_has(until);
        let lopper = lopper.clock(until);
        let listed = lopper.run(["lock", "list", "--output", "json"]).code(0).json();
        assert_eq!(listed[0]["expired"], true);
        lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    }
}

#[test]
fn a_lock_that_makes_no_sense_is_refused() {
    let lopper = store();
    let day = &["--interval", "2015-09-12/P1D"][..];
    lopper.store_unchanged(|lopper| {
        for (arguments, message) in [
            (&["--interval", "yesterday"][..], "invalid --interval: expected an ISO 8601 interval"),
            (&["--interval", "2015-09-12/2015-09-12"], "has no length"),
            (&["--interval", "2016/2015"], "invalid --interval: "),
            (&[day, &["--kind", "write"]].concat(), "invalid value 'write' for '--kind <KIND>'"),
            (&[day, &["--for", "an hour"]].concat(), "invalid --for: expected an ISO 8601 period"),
            (&[day, &["--for", "PT0S"]].concat(), "would have expired at 2024-06-01T12:00:00.000Z"),
            (
                &[day, &["--for", "PT-1H"]].concat(),
                "would have expired at 2024-06-01T11:00:00.000Z",
            ),
            (&[day, &["--until", "2020-01-01"]].concat(), "would have expired at 2020-01-01"),
            (&[day, &["--until", "+12000-01-01"]].concat(), "is no expiry"),
            (&[day, &["--until", "later"]].concat(), "invalid --until: "),
            (&[day, &["--until", "now+P1D", "--for", "P1D"]].concat(), "cannot be used with"),
            (&[day, &["--owner", ""]].concat(), "--owner <NAME>"),
            (&[], "--interval <INTERVAL>"),
        ] {
            lopper.run([&["lock", "add", "wiki"], arguments].concat()).code(2).stderr_has(message);
        }
        lopper.run(["lock", "add", "", "--interval", "2015/2016"]).code(2);
        lopper.run(["lock", "remove"]).code(2);
        lopper.run(["lock", "remove", "1", "--owner", "me"]).code(2);
    });
}

/// Two that read share; all other kinds of two owners keep each other out; an owner may have several.
#[test]
fn locks_of_two_owners_overlap_only_where_both_read() {
    const KINDS: [&str; 4] = ["append", "replace", "read", "kill"];
    for first in KINDS {
        for second in KINDS {
            let lopper = store();
            lock(&lopper, "wiki", "2015-09-12/P2D", &["--kind", first, "--owner", "one"]);
            let add = |interval: &str, owner: &str| {
                let more = ["--kind", second, "--owner", owner];
                lopper.run([&["lock", "add", "wiki", "--interval", interval], &more[..]].concat())
            };
            let shared = first == "read" && second == "read";
            let answer = add("2015-09-13/P9D", "two").code(if shared { 0 } else { 4 });
            if !shared {
                answer
                    .stderr_has(&format!(
                        "'one' holds {} {first} lock",
                        if first == "append" { "an" } else { "a" }
                    ))
                    .stderr_has("which overlaps; nothing was locked");
            }
            add("2015-09-13/P9D", "one").code(0);
            // Beside it there is room: the end does not belong to an interval.
            let lopper = store();
            lock(&lopper, "wiki", "2015-09-12/P1D", &["--kind", first, "--owner", "one"]);
            let beside = ["--kind", second, "--owner", "two"];
            lock(&lopper, "wiki", "2015-09-13/P1D", &beside);
            lock(&lopper, "wiki", "2015-09-11/P1D", &beside);
            lock(&lopper, "koalas", "2015-09-12/P1D", &beside);
        }
    }
}

#[test]
fn a_lock_that_has_expired_is_in_nobodys_way() {
    let lopper = store();
    lock(&lopper, "wiki", "../..", &["--owner", "one", "--for", "PT1M"]);
    let again = ["lock", "add", "wiki", "--interval", "../..", "--owner", "two"];
    lopper.run(again).code(4);
    let lopper = lopper.clock("2024-06-01T12:01:00.000Z");
    lopper.run(again).code(0);
    assert_eq!(lopper.sql("SELECT owner FROM locks ORDER BY id"), ["one", "two"]);
}

#[test]
fn the_list_tells_those_that_have_expired_apart() {
    let lopper = store();
    lopper.run(["lock", "list"]).code(0).stdout_is("no locks");
    lock(&lopper, "wiki", "2015-09-12/P1D", &["--owner", "etl", "--kind", "read", "--for", "PT1M"]);
    lock(&lopper, "koalas", "../..", &["--owner", "me"]);
    lopper.lock("wiki", "2015-09-13", "2015-09-14", None);
    let lopper = lopper.clock("2024-06-01T12:01:00.000Z");
    let listed = lopper.run(["lock", "list"]).code(0);
    let lines: Vec<Vec<&str>> =
        listed.lines().into_iter().map(|line| line.split_whitespace().collect()).collect();
    let all = "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z";
    assert_eq!(lines[1][..6], ["2", "held", "replace", "koalas", all, "me"]);
    assert_eq!(lines[2][..4], ["1", "expired", "read", "wiki"]);
    assert_eq!(lines[3][..4], ["3", "held", "replace", "wiki"]);
    assert_eq!(lines[3].last(), Some(&"never"));
    // The view shows the same times.
    assert_eq!(lopper.sql("SELECT start || '/' || \"end\" FROM locks WHERE id = 2"), [all]);
    let json = lopper.run(["lock", "list", "wiki", "--output", "json"]).code(0).json();
    assert_eq!(
        json[0],
        json!({
            "id": 1, "datasource": "wiki", "interval": "2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z",
            "kind": "read", "owner": "etl", "created": NOW, "expires": "2024-06-01T12:01:00.000Z",
            "expired": true,
        })
    );
    assert_eq!(json.as_array().unwrap().len(), 2);
    assert_valid_as(&lopper, "lock-list", &json);
}

#[test]
fn locks_are_removed_by_number_by_owner_or_when_they_have_expired() {
    let lopper = store();
    for day in ["2015-09-12/P1D", "2015-09-13/P1D"] {
        lock(&lopper, "wiki", day, &["--owner", "etl"]);
        lock(&lopper, "koalas", day, &["--owner", "me", "--for", "PT1M"]);
    }
    let left = || lopper.sql("SELECT id FROM locks ORDER BY id");
    let remove = |arguments: &[&str]| {
        let report = lopper.run([&["lock", "remove", "--output", "json"], arguments].concat());
        let report = report.code(0).json();
        assert_valid_as(&lopper, "lock-remove", &report);
        (report["removed"].as_array().unwrap().len(), report["notFound"].clone())
    };
    // A number that is not there is told, and no error: who gives back a lock may be late.
    assert_eq!(remove(&["1", "77"]), (1, json!([77])));
    assert_eq!(left(), ["2", "3", "4"]);
    lopper
        .run(["lock", "remove", "1"])
        .code(0)
        .stdout_has("0 locks removed\nwarning: there is no lock 1");
    assert_eq!(remove(&["--expired"]), (0, json!([])));
    assert_eq!(remove(&["--owner", "etl"]), (1, json!([])));
    assert_eq!(remove(&["--owner", "nobody"]), (0, json!([])));
    assert_eq!(left(), ["2", "4"]);
    lopper.sql("UPDATE lock SET expires_ms = 1000 WHERE id = 4");
    assert_eq!(remove(&["--expired"]), (1, json!([])));
    assert_eq!(left(), ["2"]);
}

#[test]
fn the_owner_is_the_user_unless_it_is_told() {
    for (user, owner) in [(Some("jane"), "jane"), (Some(""), "lopper"), (None, "lopper")] {
        let lopper = store();
        let mut command = lopper.command(["lock", "add", "wiki", "--interval", "2015/2016"]);
        match user {
            Some(user) => command.env("USER", user),
            None => command.env_remove("USER"),
        };
        crate::support::Answer::of(&mut command).code(0);
        assert_eq!(lopper.sql("SELECT owner FROM locks"), [owner]);
    }
}

/// Its segments may be on their way.
#[test]
fn a_datasource_that_is_not_there_is_locked_with_a_warning() {
    let lopper = store();
    let add = ["lock", "add", "wikki", "--interval", "2015/2016"];
    lopper
        .run(add)
        .code(0)
        .stdout_has("warning: no datasource is called 'wikki'; did you mean 'wiki'?");
    let report = lopper.run([&add[..], &["--output", "json"]].concat()).code(0).json();
    assert_eq!(report["warnings"][0]["code"], "unknown-datasource");
    assert_valid_as(&lopper, "lock-add", &report);
}
