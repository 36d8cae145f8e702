//! Every form that export writes, import reads; payload bytes stay what they were.

use crate::support::{Lopper, sample, seg};

const ROWS: &str = "SELECT id, created_date, start, \"end\", partitioned, used, payload, used_status_last_updated, \
     upgraded_from_segment_id, indexing_state_fingerprint FROM druid_segments ORDER BY id";
const RULES: &str = "SELECT * FROM druid_rules ORDER BY id";

#[track_caller]
fn comes_back(format: &[&str]) {
    let lopper = Lopper::new().import_sample();
    let out = lopper.path("export");
    let out = out.to_str().unwrap();
    let mut arguments = vec!["export", "-o", out];
    arguments.extend(format);
    lopper.run(&arguments).code(0);

    let other = Lopper::new();
    other.import(out.as_ref());
    assert_eq!(other.sql(ROWS), lopper.sql(ROWS), "{format:?}");
    if !format.contains(&"csv") {
        assert_eq!(other.sql(RULES), lopper.sql(RULES), "{format:?}");
    }
}

#[test]
fn csv_comes_back() {
    comes_back(&["--format", "csv"]);
}

#[test]
fn json_lines_come_back() {
    comes_back(&["--format", "jsonl"]);
}

#[test]
fn insert_statements_of_every_dialect_come_back() {
    for dialect in ["postgresql", "mysql", "derby"] {
        comes_back(&["--format", "sql", "--dialect", dialect]);
    }
}

#[test]
fn a_datasource_alone_is_exported_by_its_glob() {
    let lopper = Lopper::new().import_sample();
    let all = lopper.run(["export", "--datasource", "wikipedia_h*"]).code(0).stdout;
    assert_eq!(all.lines().count(), 25, "24 segments and the header");
}

#[test]
fn the_columns_of_the_centralized_schema_are_kept_when_there_are_any() {
    let lopper = Lopper::new().import_sample();
    lopper.run(["export"]).code(0).stdout_lacks("num_rows");
    let one = "id,payload,used,num_rows,schema_fingerprint\n";
    let one_row = |column| {
        lopper.sql(&format!("SELECT {column} FROM druid_segments WHERE dataSource = 'koalas' ORDER BY id LIMIT 1")).remove(0)
    };
    let (id, payload) = (one_row("id"), one_row("payload"));
    let file = lopper
        .file("more.csv", format!("{one}{id},\"{}\",1,42,abc\n", payload.replace('"', "\"\"")));
    lopper.import(&file);
    let out = lopper.run(["export"]).code(0);
    out.stdout_has("upgraded_from_segment_id,schema_fingerprint,num_rows\n")
        .stdout_has(",abc,42\n");
}

#[test]
fn a_name_that_is_an_attack_stays_a_name() {
    let name = "x'); DROP TABLE druid_segments; --\\";
    let lopper = Lopper::new().segments([seg(name, "2024-01-01/P1D")]);
    lopper.run(["mark-unused", name, "--all"]).code(0);
    let postgresql = lopper.run(["export", "--changes", "--dialect", "postgresql"]).code(0);
    postgresql.stdout_has("x''); DROP TABLE");
    let mysql = lopper.run(["export", "--changes", "--dialect", "mysql"]).code(0);
    mysql.stdout_lacks("DROP TABLE").stdout_has("X'");
}

#[test]
fn changes_want_a_run_that_changed_something() {
    let lopper = Lopper::new();
    lopper.import(&sample("copy_segments.csv"));
    lopper
        .run(["export", "--changes", "--dialect", "mysql"])
        .code(2)
        .stderr_has("no run has changed a segment");
    lopper
        .run(["export", "--changes", "77", "--dialect", "mysql"])
        .code(2)
        .stderr_has("there is no run 77");
}

#[test]
fn a_mark_that_was_taken_back_is_not_carried_over() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1", "wiki 2024-01-02/P1D v1"]);
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    let ids = lopper.sql("SELECT id FROM segments ORDER BY id");
    lopper.run(["mark-used", "wiki", "--id", &ids[0]]).code(0);
    let statements = lopper.run(["export", "--changes", "2", "--dialect", "postgresql"]).code(0);
    statements
        .stdout_lacks(&ids[0])
        .stdout_has(&ids[1])
        .stdout_has("-- lopper: the marks of run 2");
}

#[test]
fn a_dialect_without_sql_is_a_mistake() {
    let lopper = Lopper::new().import_sample();
    lopper
        .run(["export", "--dialect", "postgresql"])
        .code(2)
        .stdout_is("")
        .stderr_has("add --changes");
}

#[test]
fn every_change_is_written_once_whatever_the_batches() {
    let days: Vec<String> = (0..1203).map(|day| format!("wiki {}/P1D v1", 2000 + day)).collect();
    let lopper = Lopper::new().segments(days.iter().map(String::as_str));
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    let statements = lopper.run(["export", "--changes", "--dialect", "postgresql"]).code(0).stdout;
    for id in lopper.sql("SELECT id FROM segments") {
        assert_eq!(statements.matches(&format!("'{id}'")).count(), 1, "{id}");
    }
    assert_eq!(statements.matches("UPDATE").count(), 3);
}
