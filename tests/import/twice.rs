//! An id that a dump has twice: what the database would make of it.

use super::report;
use crate::support::{Lopper, csv, seg};

const NAMES: &str = "(id, dataSource, used, payload)";

/// The values of one segment with a size by which it is told, and a state.
fn values(size: i32, used: i32) -> String {
    let id = "w_2024-01-01T00:00:00.000Z_2024-01-02T00:00:00.000Z_v1";
    let payload = format!(
        "{{\"dataSource\":\"w\",\"interval\":\"2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z\",\"version\":\"v1\",\"size\":{size}}}"
    );
    format!("('{id}', 'w', {used}, '{payload}')")
}

fn rule(payload: &str) -> String {
    format!("('r', 'w', '2024-01-01T00:00:00.000Z', '[{payload}]')")
}

#[test]
fn the_row_stays_that_the_database_would_keep() {
    let (one, two) = (values(1, 1), values(2, 0));
    let insert = |verb: &str, rows: &str, clause: &str| {
        format!("{verb} INTO druid_segments {NAMES} VALUES {rows}{clause};\n")
    };
    let both = format!("{one},\n{two}");
    let nothing = " ON CONFLICT (id) DO NOTHING";
    for (text, size) in [
        (insert("INSERT IGNORE", &one, "") + &insert("INSERT IGNORE", &two, ""), "1"),
        (insert("INSERT", &one, "") + &insert("INSERT IGNORE", &two, ""), "1"),
        (insert("INSERT IGNORE", &both, ""), "1"),
        (insert("INSERT OR IGNORE", &both, ""), "1"),
        (insert("INSERT", &one, "") + &insert("INSERT", &two, nothing), "1"),
        (insert("INSERT", &both, nothing), "1"),
        (insert("INSERT", &both, " ON CONFLICT DO NOTHING RETURNING id"), "1"),
        (insert("REPLACE", &one, "") + &insert("REPLACE", &two, ""), "2"),
        (insert("INSERT", &one, "") + &insert("REPLACE", &two, ""), "2"),
        (insert("REPLACE", &both, ""), "2"),
        (insert("INSERT OR REPLACE", &both, ""), "2"),
        // The same row again says nothing new.
        (insert("INSERT", &format!("{one}, {one}"), ""), "1"),
    ] {
        let lopper = Lopper::new();
        let file = lopper.file("dump.sql", &text);
        // Into an empty store, over it, and with --replace.
        for flags in [&[][..], &["--replace"]] {
            let answer = lopper.run(["import", file.to_str().unwrap()].iter().chain(flags));
            assert_eq!(answer.exit_code, 0, "{text}\n{answer}");
            let found = lopper.sql("SELECT size, used FROM segments");
            let used = if size == "1" { "1" } else { "0" };
            assert_eq!(found, [format!("{size}|{used}")], "{text}");
        }
        assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["0"], "{text}");
    }
}

#[test]
fn a_row_that_the_database_refuses_is_bad() {
    let (one, two) = (values(1, 1), values(2, 0));
    let head = format!("INSERT INTO druid_segments {NAMES} VALUES ");
    let update = " ON DUPLICATE KEY UPDATE used = VALUES(used)";
    for (text, line, expected) in [
        (format!("{head}{one};\n{head}{two};\n"), 2, "which a database refuses"),
        (format!("{head}{one},\n{two};\n"), 2, "which a database refuses"),
        (format!("{head}{one};\n{head}{two}{update};\n"), 2, "ON … UPDATE"),
        (format!("{head}{one},\n{two}{update};\n"), 2, "ON … UPDATE"),
        (
            format!("{head}{one};\n{head}{two} ON CONFLICT (id) DO UPDATE SET used = true;\n"),
            2,
            "ON … UPDATE",
        ),
        // What a later statement says of its own rows is nothing to the ones before.
        (
            format!("{head}{one},\n{two};\n{head}{one} ON CONFLICT DO NOTHING;\n"),
            2,
            "which a database refuses",
        ),
    ] {
        let lopper = Lopper::new();
        let file = lopper.file("dump.sql", &text);
        let import = ["import", file.to_str().unwrap()];
        lopper.run(import).code(1).stderr_has(&format!("dump.sql:{line}: ")).stderr_has(expected);
        let skipped = [&import[..], &["--skip-invalid"]].concat();
        lopper.run(skipped).code(0);
        assert_eq!(lopper.sql("SELECT size, used FROM segments"), ["1|1"], "{text}");
    }
}

#[test]
fn rule_rows_are_judged_alike() {
    let (one, two) = (rule("{\"type\":\"loadForever\"}"), rule("{\"type\":\"dropForever\"}"));
    let import = |text: String| {
        let lopper = Lopper::new();
        let file = lopper.file("dump.sql", text);
        let answer = lopper.run(["import", file.to_str().unwrap()]);
        (lopper, answer)
    };
    let kept = "SELECT payload FROM druid_rules";
    let (lopper, answer) = import(format!("INSERT IGNORE INTO druid_rules VALUES {one}, {two};\n"));
    answer.code(0);
    assert_eq!(lopper.sql(kept), ["[{\"type\":\"loadForever\"}]"]);
    let (lopper, answer) = import(format!("REPLACE INTO druid_rules VALUES {one}, {two};\n"));
    answer.code(0);
    assert_eq!(lopper.sql(kept), ["[{\"type\":\"dropForever\"}]"]);
    let (_, answer) = import(format!("INSERT INTO druid_rules VALUES {one}, {two};\n"));
    answer.code(1).stderr_has("the id 'r' of a row before it");
    // Over a store that has the first one already.
    let (lopper, _) = import(format!("INSERT INTO druid_rules VALUES {one};\n"));
    let again = lopper.file("again.sql", format!("INSERT INTO druid_rules VALUES {one}, {two};\n"));
    lopper.run(["import", again.to_str().unwrap()]).code(1).stderr_has("which a database refuses");
}

#[test]
fn one_id_twice_with_replace_into_an_empty_store() {
    let lopper = Lopper::new();
    let twice = [seg("wiki", "2024-01-01/P1D"), seg("wiki", "2024-01-01/P1D").unused()];
    let file = lopper.file("dump.csv", csv(&twice, &lopper.deep_storage()));
    let found = report(&lopper, &["import", "--replace", file.to_str().unwrap()]);
    assert_eq!((&found["inserted"], &found["removed"]), (&1.into(), &0.into()));
    // What came as unused was never turned.
    assert_eq!(lopper.ids(false).len(), 1);
    assert_eq!(lopper.sql("SELECT count(*) FROM changes"), ["0"]);
    // Beside segments of others, its datasource has no share to lose.
    lopper.add_segments([seg("news", "2024-01-01/P1D")]);
    let more = [
        seg("wiki", "2024-01-01/P1D").unused(),
        seg("news", "2024-01-01/P1D"),
        seg("ads", "2024-01-01/P1D").unused(),
        seg("ads", "2024-01-01/P1D"),
    ];
    let file = lopper.file("more.csv", csv(&more, &lopper.deep_storage()));
    lopper.run(["import", "--replace", file.to_str().unwrap()]).code(0);
}
