//! SQL and text dumps: cut off, of two databases, with words that do not belong, of several databases' making.

use std::fs;

use super::report;
use crate::support::{Answer, Lopper};

/// Imports an input of a report into an empty store.
fn import(name: &str, flags: &[&str]) -> (Lopper, Answer) {
    let lopper = Lopper::new();
    let answer = run(&lopper, name, flags);
    (lopper, answer)
}

fn run(lopper: &Lopper, name: &str, flags: &[&str]) -> Answer {
    let file = report(name);
    lopper.run(["import", file.to_str().unwrap()].iter().chain(flags))
}

fn count(lopper: &Lopper) -> String {
    lopper.sql("SELECT count(*) FROM druid_segments").remove(0)
}

#[test]
fn backslashes_of_mysql_are_known_without_a_heading() {
    for (file, datasources) in [("tutorial", "pages"), ("sample", "t"), ("quote", "o'x,p")] {
        let (lopper, answer) = import(&format!("01-mysql-script-backslash/{file}.sql"), &[]);
        answer.code(0);
        let found =
            lopper.sql("SELECT group_concat(payload ->> '$.dataSource', ',') FROM druid_segments");
        assert_eq!(found, [datasources], "{file}");
    }
}

#[test]
fn a_dump_of_two_databases_or_schemas_is_refused_and_one_can_be_chosen() {
    let shown = "SELECT used, coalesce(payload ->> '$.loadSpec.blobPath', '')
                   FROM druid_segments WHERE datasource = 'az'";
    for (file, flag, names, counts) in [
        ("mysql_two_databases.sql", "--database", ["druid_prod", "druid_stage"], ["1", "2"]),
        ("pg_two_schemas.sql", "--schema", ["public", "staging"], ["8", "2"]),
    ] {
        let name = format!("03-two-databases-in-one-dump/{file}");
        let (lopper, answer) = import(&name, &[]);
        let answer = answer.code(2).stderr_has(flag);
        names.iter().fold(answer, |answer, name| answer.stderr_has(name));
        assert!(!lopper.store().exists() || count(&lopper) == "0");
        let (production, answer) = import(&name, &[flag, names[0]]);
        answer.code(0);
        assert_eq!(count(&production), counts[0]);
        assert_eq!(production.sql(shown), ["1|az/0/index.zip"]);
        let (staging, answer) = import(&name, &[flag, names[1]]);
        answer.code(0);
        assert_eq!(count(&staging), counts[1]);
        assert_ne!(staging.sql(shown), production.sql(shown));
        let (_, answer) = import(&name, &[flag, "neither"]);
        answer.code(2).stderr_has("neither.druid_segments");
    }
}

#[test]
fn a_dump_that_died_removes_nothing() {
    let (lopper, answer) = import("04-pg-dump-aborted/whole.sql", &[]);
    answer.code(0);
    run(&lopper, "04-pg-dump-aborted/aborted.sql", &["--replace"])
        .code(2)
        .stderr_has("`-- PostgreSQL database dump complete`")
        .stderr_has("cut off");
    assert_eq!(count(&lopper), "8");
}

#[test]
fn bytea_with_escapes_is_decoded_or_refused() {
    let (lopper, answer) = import("06-bytea-escape-format/dump.sql", &[]);
    answer.code(0);
    let payload = fs::read_to_string(report("06-bytea-escape-format/payload.json")).unwrap();
    assert_eq!(lopper.sql("SELECT payload FROM druid_segments"), [payload.trim_end()]);
    let csv = "06-bytea-escape-format/copy.csv";
    let (_, answer) = import(csv, &[]);
    answer.code(1).stderr_has("SET bytea_output = hex").stderr_has("--dialect postgresql");
    let (lopper, answer) = import(csv, &["--dialect", "postgresql"]);
    answer.code(0);
    assert_eq!(lopper.sql("SELECT payload FROM druid_segments"), [payload.trim_end()]);
    let (lopper, answer) = import(csv, &["--dialect", "standard"]);
    answer.code(0);
    assert_eq!(
        lopper.sql("SELECT payload FROM druid_segments"),
        [payload.trim_end().replace('\\', "\\\\")]
    );
    let (lopper, answer) = import("06-bytea-escape-format/nonascii.sql", &[]);
    answer.code(0);
    assert_eq!(count(&lopper), "8");
}

#[test]
fn the_word_null_is_null_with_a_header_and_without() {
    let columns = fs::read_to_string(report("07-mysql-N-batch-NULL/columns.txt")).unwrap();
    for flags in [&[][..], &["--columns", columns.trim()]] {
        let lopper = Lopper::new().clock("2026-12-01T09:00:00.000Z").authoritative();
        let root = lopper.path("").display().to_string();
        let batch = fs::read_to_string(report("07-mysql-N-batch-NULL/batch.tsv")).unwrap();
        let batch = batch.replace("@W@/deep/", &format!("{root}deep-storage/"));
        let killed = lopper.file("deep-storage/n/a/v/0/index.zip", "x");
        lopper.file("deep-storage/n/b/v/0/index.zip", "x");
        let file = lopper.file("batch.tsv", batch);
        lopper.run(["import", file.to_str().unwrap()].iter().chain(flags)).code(0);
        assert_eq!(
            lopper.sql(
                "SELECT used, upgraded_from_segment_id IS NULL FROM druid_segments ORDER BY 1"
            ),
            ["0|1", "1|1"]
        );
        // No segment is taken for a relative of the killed one, so its file goes.
        lopper.run(["kill", "n", "--yes"]).code(0);
        assert!(!killed.exists());
    }
}

#[test]
fn hex_of_mysql_clients_is_read() {
    let (lopper, answer) = import("09-mysql-0x-hex-text/batch_hex.tsv", &[]);
    answer.code(0);
    assert_eq!(count(&lopper), "8");
    let (lopper, answer) = import("09-mysql-0x-hex-text/hex.csv", &[]);
    answer.code(0);
    assert_eq!(lopper.sql("SELECT payload ->> '$.dataSource' FROM druid_segments"), ["w"]);
}

#[test]
fn words_before_a_statement_are_named_and_swallow_nothing() {
    for name in ["default", "compact", "kubectl", "many"] {
        let file = format!("10-warning-line-in-front/{name}.sql");
        let warning = if name == "kubectl" { "Defaulted container" } else { "Using a password" };
        let (_, answer) = import(&file, &[]);
        answer.code(2).stderr_has(warning).stderr_has("--format");
        let (_, answer) = import(&file, &["--format", "sql"]);
        answer.code(1).stderr_has(&format!("{name}.sql:1: ")).stderr_has(warning);
        let (lopper, answer) = import(&file, &["--format", "sql", "--skip-invalid"]);
        answer.code(0);
        assert_eq!(count(&lopper), "8", "{name}");
    }
    let (lopper, answer) = import("10-warning-line-in-front/whole.sql", &[]);
    answer.code(0);
    let flags = ["--replace", "--format", "sql"];
    run(&lopper, "10-warning-line-in-front/many.sql", &flags).code(1);
    assert_eq!(count(&lopper), "8");
}

#[test]
fn scripts_of_sql_server_are_read() {
    let (lopper, answer) = import("12-sqlserver-script/ssms.sql", &[]);
    answer.code(0);
    assert_eq!(lopper.sql("SELECT used, payload ->> '$.dataSource' FROM druid_segments"), ["1|w"]);
}

#[test]
fn base64_of_mysql_shell_is_read() {
    for file in ["base64.csv", "mysqlsh.tsv"] {
        let (lopper, answer) = import(&format!("15-base64-payload/{file}"), &[]);
        answer.code(0);
        assert_eq!(lopper.sql("SELECT payload ->> '$.dataSource' FROM druid_segments"), ["w"]);
    }
}

#[test]
fn utf_16_is_refused_by_its_name() {
    for file in ["bom.sql", "nobom.sql"] {
        let (_, answer) = import(&format!("22-powershell-utf16/{file}"), &[]);
        answer.code(2).stderr_has("UTF-16").stderr_has("iconv");
    }
}

#[test]
fn strings_of_mydumper_in_double_quotes_are_read() {
    let (lopper, answer) = import("24-mydumper-double-quotes/druid.druid_segments.00000.sql", &[]);
    answer.code(0);
    assert_eq!(
        lopper.sql("SELECT used, upgraded_from_segment_id IS NULL FROM druid_segments"),
        ["1|1"]
    );
}
