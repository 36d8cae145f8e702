//! Several files of one import: those of one Druid are read as one, those of two are refused.

use crate::support::{Answer, Lopper};

fn segments(table: &str) -> String {
    format!(
        "INSERT INTO {table} (id, dataSource, version, used, payload) VALUES \
         ('w_2024-01-01T00:00:00.000Z_2024-01-02T00:00:00.000Z_v1', 'w', 'v1', true, \
         '{{\"dataSource\":\"w\",\"interval\":\"2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z\",\"version\":\"v1\"}}');\n"
    )
}

fn rules(table: &str) -> String {
    format!(
        "INSERT INTO {table} (id, dataSource, version, payload) VALUES ('r', 'w', 'v', '[]');\n"
    )
}

fn import(one: impl AsRef<[u8]>, two: impl AsRef<[u8]>, flags: &[&str]) -> (Lopper, Answer) {
    let lopper = Lopper::new();
    let (one, two) = (lopper.file("one", one), lopper.file("two", two));
    let files = ["import", one.to_str().unwrap(), two.to_str().unwrap()];
    let answer = lopper.run(files.iter().chain(flags));
    (lopper, answer)
}

/// A table as phpMyAdmin writes it.
fn php_my_admin(table: &str, database: &str) -> String {
    format!(
        r#"[{{"type":"table","name":"{table}","database":"{database}","data":[{{"id":"r","dataSource":"w","version":"v","payload":"[]"}}]}}]"#
    )
}

#[test]
fn files_of_two_druids_are_refused_by_both_names() {
    let heading = |host: &str, database: &str, rows: String| {
        format!(
            "-- MySQL dump 10.13\n-- Host: {host}    Database: {database}\n{rows}-- Dump completed\n"
        )
    };
    for (one, two, kind, names) in [
        (
            heading("db", "prod", segments("`druid_segments`")),
            heading("db", "stage", rules("`druid_rules`")),
            "databases",
            ["`prod`", "`stage`"],
        ),
        (
            heading("db1", "druid", segments("`druid_segments`")),
            heading("db2", "druid", rules("`druid_rules`")),
            "servers",
            ["`db1`", "`db2`"],
        ),
        (
            format!("USE `prod`;\n{}", segments("druid_segments")),
            rules("`stage`.`druid_rules`"),
            "databases",
            ["`prod`", "`stage`"],
        ),
        (
            segments("public.druid_segments"),
            rules("staging.druid_rules"),
            "schemas",
            ["`public`", "`staging`"],
        ),
        (
            format!("\\connect prod\n{}", segments("public.druid_segments")),
            format!("\\connect stage\n{}", rules("public.druid_rules")),
            "databases",
            ["`prod`", "`stage`"],
        ),
        (segments("druid_segments"), rules("prod_rules"), "prefixes", ["`druid`", "`prod`"]),
        (
            heading("db", "prod", segments("`druid_segments`")),
            php_my_admin("druid_rules", "stage"),
            "databases",
            ["`prod`", "`stage`"],
        ),
    ] {
        for flags in [&[][..], &["--replace"]] {
            let (lopper, answer) = import(&one, &two, flags);
            let answer = answer.code(2).stderr_has(&format!("tables of two {kind}"));
            let answer = answer.stderr_has("/one those of").stderr_has("/two those of");
            names.iter().fold(answer, |answer, name| answer.stderr_has(name));
            assert!(!lopper.store().exists() || lopper.states().is_empty());
        }
    }
}

#[test]
fn files_of_one_druid_are_read_as_one() {
    let csv = "id,dataSource,version,payload\nr,w,v,[]\n".to_owned();
    for (one, two) in [
        (segments("druid_segments"), rules("druid_rules")),
        (segments("druid.druid_segments"), rules("druid_rules")),
        (segments("public.druid_segments"), rules("druid_rules")),
        (segments("prod_segments"), rules("prod_rules")),
        (segments("`druid`.`druid_segments`"), php_my_admin("druid_rules", "druid")),
        (segments("druid.public.druid_segments"), rules("public.druid_rules")),
        (segments("druid_segments"), csv),
    ] {
        let (lopper, answer) = import(&one, &two, &[]);
        assert_eq!(answer.exit_code, 0, "{one}{two}{answer}");
        assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["1"]);
        assert_eq!(lopper.sql("SELECT count(*) FROM druid_rules"), ["1"]);
    }
}

#[test]
fn json_of_another_prefix_or_database_is_chosen_or_named() {
    let lopper = Lopper::new();
    let file = lopper.file("pma.json", php_my_admin("stage-1_rules", "druid"));
    let import = ["import", file.to_str().unwrap()];
    lopper.run(import).code(2).stderr_has("`stage-1_rules`").stderr_has("--table-prefix stage-1");
    lopper.run([&import[..], &["--table-prefix", "stage-1"]].concat()).code(0);
    assert_eq!(lopper.sql("SELECT count(*) FROM druid_rules"), ["1"]);
    let two = format!("{}\n{}", php_my_admin("druid_rules", "a"), php_my_admin("druid_rules", "b"));
    let file = lopper.file("two.json", two);
    let import = ["import", file.to_str().unwrap()];
    lopper.run(import).code(2).stderr_has("`a`").stderr_has("`b`").stderr_has("--database");
    lopper.run([&import[..], &["--database", "a"]].concat()).code(0);
    // A table of any name: the help hands on its rows.
    let file = lopper.file("odd.json", php_my_admin("rules_of_druid", "druid"));
    let answer = lopper.run(["import", file.to_str().unwrap()]).code(2);
    answer.stderr_has("`rules_of_druid`").stderr_has(r#"select(.name? == "rules_of_druid""#);
}
