//! Locks by plain SQL, from the stock shell: what is wrong with one is said, and it meets other owners' locks.

use super::lock;
use crate::shell::REFUSED;
use crate::support::Lopper;

fn store() -> Lopper {
    Lopper::new().segments(["wiki 2015-09-12/P1D"])
}

/// An INSERT of these columns and values.
fn insert(columns: &str, values: &str) -> String {
    format!("INSERT INTO locks ({columns}) VALUES ({values})")
}

#[test]
fn a_bad_lock_is_refused_with_what_would_be_right() {
    const INSTANTS: &str =
        "start and end must be instants such as 2024-01-01T00:00:00Z (or give start_ms and end_ms)";
    const WHOLE: &str =
        "start_ms and end_ms must be whole numbers: milliseconds since 1970-01-01T00:00:00Z";
    const EXPIRES: &str = "expires must be an instant such as 2024-01-01T00:00:00Z, or be left out: then the lock holds until it is deleted";
    const ORDER: &str = "start must lie before end: an interval of no length would lock nothing";
    const KIND: &str =
        "kind must be append, replace, read or kill, or be left out: then it is replace";
    let lopper = store();
    let all = r#"datasource, start, "end", kind, owner, expires"#;
    let in_ms = "datasource, start_ms, end_ms, owner";
    lopper.store_unchanged(|lopper| {
        for (columns, values, message) in [
            (
                all,
                "'', '2015-01-01', '2016-01-01', 'read', 'me', NULL",
                "datasource must name a datasource",
            ),
            (
                all,
                "NULL, '2015-01-01', '2016-01-01', 'read', 'me', NULL",
                "datasource must name a datasource",
            ),
            (
                all,
                "'wiki', '2015-01-01', '2016-01-01', 'read', '', NULL",
                "owner must say who holds the lock",
            ),
            (
                all,
                "'wiki', '2015-01-01', '2016-01-01', 'read', NULL, NULL",
                "owner must say who holds the lock",
            ),
            (all, "'wiki', '2015-01-01', '2016-01-01', 'write', 'me', NULL", KIND),
            (all, "'wiki', '2015-01-01', '2016-01-01', 'READ', 'me', NULL", KIND),
            (all, "'wiki', '2016-01-01', '2015-01-01', 'read', 'me', NULL", ORDER),
            (all, "'wiki', '2016-01-01', '2016-01-01T00:00:00.000Z', 'read', 'me', NULL", ORDER),
            (all, "'wiki', 'soon', '2016-01-01', 'read', 'me', NULL", INSTANTS),
            (all, "'wiki', '2015-01-01', 'now', 'read', 'me', NULL", INSTANTS),
            (all, "'wiki', '2015', '2016', 'read', 'me', NULL", INSTANTS),
            (all, "'wiki', '2015-02-31', '2016-01-01', 'read', 'me', NULL", INSTANTS),
            (all, "'wiki', '2015-01-01', '2015-01-01T25:00:00Z', 'read', 'me', NULL", INSTANTS),
            (all, "'wiki', NULL, '2016-01-01', 'read', 'me', NULL", INSTANTS),
            (all, "'wiki', '2015-01-01', NULL, 'read', 'me', NULL", INSTANTS),
            (all, "'wiki', '2015-01-01', '2016-01-01', 'read', 'me', 'tomorrow'", EXPIRES),
            (all, "'wiki', '2015-01-01', '2016-01-01', 'read', 'me', '2016'", EXPIRES),
            (all, "'wiki', '2015-01-01', '2016-01-01', 'read', 'me', 1700000000000", EXPIRES),
            (in_ms, "'wiki', 'soon', 1000, 'me'", WHOLE),
            (in_ms, "'wiki', 0, '2016-01-01', 'me'", WHOLE),
            (in_ms, "'wiki', 0, 1.5, 'me'", WHOLE),
            (in_ms, "'wiki', 1000, 0, 'me'", ORDER),
        ] {
            let statement = insert(columns, values);
            lopper.shell(&statement).code(REFUSED).stderr_has(message);
            lopper
                .shell(&statement.replace("INSERT", "INSERT OR IGNORE"))
                .code(REFUSED)
                .stderr_has(message);
        }
    });
}

/// As `lock add`: two that read share, and an owner may have several.
#[test]
fn a_lock_meets_those_of_other_owners() {
    let add = |start: &str, end: &str, kind: &str, owner: &str| {
        let values = format!("'wiki', '{start}', '{end}', {kind}, '{owner}'");
        insert(r#"datasource, start, "end", kind, owner"#, &values)
    };
    let lopper = store();
    // The shell knows the machine's time alone.
    lock(
        &lopper,
        "wiki",
        "2015-09-12/P1D",
        &["--owner", "one", "--kind", "read", "--until", "2900-01-01"],
    );
    lopper.store_unchanged(|lopper| {
        for kind in ["'append'", "'replace'", "'kill'", "NULL"] {
            lopper
                .shell(&add("2015-09-12T23:59:59.999Z", "2016-01-01", kind, "two"))
                .code(REFUSED)
                .stderr_has("another owner holds a lock that overlaps it, and only read locks share; nothing was locked. Who holds it: SELECT * FROM locks");
        }
    });
    lopper.shell(&add("2015-09-01", "2016-01-01", "'read'", "two")).code(0);
    lopper.shell(&add("2015-09-12", "2015-09-13", "'replace'", "one")).code(REFUSED);
    lopper.shell("DELETE FROM locks WHERE owner = 'two'").code(0);
    lopper.shell(&add("2015-09-12", "2015-09-13", "'replace'", "one")).code(0);
    lopper.shell(&add("2015-09-13", "2015-09-14", "'replace'", "two")).code(0);
    lopper.shell(&add("2015-09-11", "2015-09-12", "'replace'", "two")).code(0);
    lopper
        .shell(&insert("datasource, start_ms, end_ms, owner", "'koalas', 0, 4000000000000, 'two'"))
        .code(0);
}

#[test]
fn what_has_expired_is_told_apart_and_in_nobodys_way() {
    let lopper = store();
    let add = |owner: &str, expires: &str| {
        insert(
            r#"datasource, start, "end", owner, expires"#,
            &format!("'wiki', '2015-01-01', '2016-01-01', '{owner}', {expires}"),
        )
    };
    lopper.shell(&add("one", "datetime('now', '-1 second')")).code(0);
    lopper.shell(&add("two", "datetime('now', '+1 hour')")).code(0);
    lopper.shell(&add("three", "NULL")).code(REFUSED);
    lopper.shell("SELECT owner, state FROM locks ORDER BY id").stdout_is("one|expired\ntwo|held");
}

/// What the program took, plain SQL gives back, and the other way round.
#[test]
fn both_ways_are_one() {
    let lopper = store();
    let id = lock(&lopper, "wiki", "2015-09-12/P1D", &["--owner", "etl", "--until", "2900-01-01"]);
    lopper
        .shell("SELECT datasource, start, \"end\", kind, owner, expires, state FROM locks")
        .stdout_is("wiki|2015-09-12T00:00:00.000Z|2015-09-13T00:00:00.000Z|replace|etl|2900-01-01T00:00:00.000Z|held");
    let mark = "UPDATE druid_segments SET used = 0";
    lopper.shell(mark).code(REFUSED).stderr_has("locked");
    lopper.shell(&format!("DELETE FROM locks WHERE id = {id}")).code(0);
    lopper.shell(mark).code(0);
    lopper
        .shell(&insert(
            r#"datasource, start, "end", owner"#,
            "'wiki', '2015-01-01', '2016-01-01', 'x'",
        ))
        .code(0);
    lopper.run(["lock", "remove", "--owner", "x"]).code(0).stdout_has("1 lock removed");
    lopper.run(["mark-used", "wiki", "--all"]).code(0);
}
