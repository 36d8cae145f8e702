//! Rows that plain SQL has put past the program, and that cannot be read: each is named, and never stops the others.

use crate::support::Lopper;

const RULES: [(&str, &str); 2] =
    [("bad", r#"[{"type":"dropForever"}]"#), ("good", r#"[{"type":"dropForever"}]"#)];

fn lopper() -> Lopper {
    Lopper::new()
        .authoritative()
        .segments(["bad 2015-09-12/P1D v1", "bad 2015-09-13/P1D v1", "good 2015-09-12/P1D v1"])
        .rules(RULES)
}

/// Text that is no UTF-8.
const NO_TEXT: &str = "CAST(x'61ff62' AS TEXT)";

/// A column of a row of `bad`, and how to set it.
fn damaged(table: &str, column: &str, value: &str) -> Lopper {
    let lopper = lopper();
    let row = match table {
        "segment" => "id = (SELECT min(id) FROM segment)",
        "payload" => "segment_id = (SELECT min(id) FROM segment)",
        "datasource" => "name = 'bad'",
        _ => "datasource = 'bad'",
    };
    lopper.sql(&format!(
        "PRAGMA ignore_check_constraints = ON; UPDATE {table} SET {column} = {value} WHERE {row}"
    ));
    lopper
}

/// Numbers that no segment has, and text that is none, in whatever column they fit.
fn cases() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let huge = "9223372036854775807";
    let texts = [
        ("segment", "version"),
        ("segment", "shard_type"),
        ("segment", "load_type"),
        ("segment", "shard"),
        ("payload", "id"),
        ("payload", "file"),
        ("payload", "upgraded_from_segment_id"),
        ("payload", "schema_fingerprint"),
        ("payload", "payload"),
        ("datasource", "name"),
        ("rule", "rule_id"),
        ("rule", "datasource"),
        ("rule", "version"),
        ("rule", "payload"),
    ];
    let numbers = ["start_ms", "end_ms", "partition_num", "size", "core_partitions"];
    let texts = texts.into_iter().map(|(table, column)| (table, column, NO_TEXT));
    texts
        .chain(numbers.into_iter().map(move |column| ("segment", column, huge)))
        .chain([("rule", "payload", "'{'"), ("rule", "payload", "''")])
}

#[test]
fn no_column_of_one_datasource_stops_another() {
    for (table, column, value) in cases() {
        let lopper = damaged(table, column, value);
        let what = format!("{table}.{column} = {value}");
        for command in [
            &["rules", "get"][..],
            &["rules", "lint"],
            &["export", "--format", "jsonl"],
            &["fsck"],
            &["mark-used", "*", "--all", "-n"],
            &["mark-unused", "*", "--all", "-n"],
            &["kill", "*", "-n"],
        ] {
            let answer = lopper.run(command);
            let is_told = [0, 1, 5].contains(&answer.exit_code);
            assert!(is_told && !answer.stderr.contains("error:"), "{what}: {answer}");
            if command[0] == "export" || command[..] == ["rules", "get"] {
                assert!(answer.stdout.contains("good"), "{what}: {answer}");
            }
        }
        let enforced = lopper.run(["enforce-rules", "*"]);
        assert!([0, 5].contains(&enforced.exit_code), "{what}: {enforced}");
        assert_eq!(
            lopper.sql("SELECT used FROM druid_segments WHERE dataSource = 'good'"),
            ["0"],
            "{what}: {enforced}"
        );
    }
}

#[test]
fn a_chain_that_is_no_text_leaves_its_datasource_out() {
    let lopper = damaged("rule", "payload", "CAST(x'5b5dff' AS TEXT)");
    let report = lopper.run(["enforce-rules", "*", "--output", "json"]).code(5).json();
    let left_out = &report["steps"][0]["leftOut"];
    assert_eq!(
        (left_out.as_array().unwrap().len(), &left_out[0]["datasource"]),
        (1, &"bad".into())
    );
    assert!(left_out[0]["reason"].as_str().unwrap().contains("not valid UTF-8"), "{left_out}");
    lopper
        .run(["rules", "get"])
        .code(0)
        .stderr_has("the chain of 'bad' is broken: it is not valid");
    lopper.run(["fsck"]).code(1).stdout_has("broken-rules");
    // A sound one takes its place.
    lopper.run_with_input(["rules", "set", "bad"], "[]").code(0);
    lopper.run(["enforce-rules", "*"]).code(0);
}

#[test]
fn an_export_leaves_out_and_names_what_it_cannot_write() {
    let lopper = damaged("payload", "payload", NO_TEXT);
    for flags in [&["--format", "jsonl"][..], &["--format", "sql"], &["--format", "csv"]] {
        lopper
            .run([&["export"], flags].concat())
            .code(5)
            .stdout_has("good_2015-09-12")
            .stdout_has("bad_2015-09-13")
            .stdout_lacks("bad_2015-09-12")
            .stderr_has(
                "the row 'bad_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1' is left out",
            );
    }
}

#[test]
fn a_lock_whose_owner_is_no_text_is_listed_and_holds() {
    let lopper = lopper();
    lopper.lock("good", "2015-09-12", "2015-09-13", None);
    lopper.sql(&format!("UPDATE lock SET owner = {NO_TEXT}"));
    lopper.run(["lock", "list"]).code(0).stdout_has("good");
    lopper.run(["mark-unused", "good", "--all"]).code(4).stderr_has("is locked");
}
