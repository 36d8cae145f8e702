//! Dumps of MySQL and MariaDB, whose strings have backslash escapes.

use super::*;

/// As mysqldump writes it: a heading, conditional comments, several rows in a statement.
const MYSQLDUMP: &str = include_str!("mysqldump.sql");
/// With `--hex-blob --complete-insert --compact`.
const HEX_BLOB: &str = include_str!("hex_blob.sql");

const PAYLOAD: &str =
    r#"{"dataSource":"it's","path":"C:\\dir\\","note":"a;b),(\"c\"","tab":"\t","emoji":"🐨"}"#;

#[test]
fn mysqldump_with_escapes() {
    let dump = read_bytes(MYSQLDUMP);
    assert_eq!(dump.format, "mysqldump");
    assert_eq!(dump.bad, []);
    assert_eq!(dump.segments.len(), 3);
    assert_eq!(dump.rules.len(), 1);
    // druid_config and druid_tasks.
    assert_eq!(dump.skipped, Skipped { statements: 2, unpublished: 0 });
    let first = &dump.segments[0];
    assert_eq!(first.id.as_deref(), Some("it's_2024-01-01T00:00:00.000Z"));
    assert_eq!(first.datasource.as_deref(), Some("it's"));
    assert_eq!(first.payload.as_deref(), Some(PAYLOAD));
    assert_eq!((first.used, first.partitioned), (true, Some(false)));
    assert_eq!(first.upgraded_from_segment_id, None);
    assert_eq!(first.num_rows, Some(12));
    let second = &dump.segments[1];
    assert_eq!(second.datasource.as_deref(), Some("back\\slash\""));
    assert_eq!(second.version.as_deref(), Some("a\nb\tc\u{1a}\\%\\_\r\u{8}"));
    assert!(!second.used);
    assert_eq!(dump.segments[2].datasource.as_deref(), Some("ends in \\"));
    assert_eq!(dump.rules[0].payload, r#"[{"type":"loadForever"}]"#);
}

#[test]
fn hex_blobs_and_names_of_columns() {
    let dump = read_bytes(HEX_BLOB);
    assert_eq!(dump.bad, []);
    let payloads = dump.payloads();
    assert_eq!(payloads, [r#"{"a":"é"}"#, r#"{"b":1}"#]);
    assert_eq!(dump.segments[0].id.as_deref(), Some("x"));
}

#[test]
fn a_table_that_the_dump_creates_gives_the_order() {
    let sql = "CREATE TABLE `druid_segments` (`payload` longblob NOT NULL, `used` tinyint(1),\n\
               `id` varchar(255) DEFAULT 'a,(b', PRIMARY KEY (`id`), KEY `k` (`used`,`id`));\n\
               INSERT INTO `druid_segments` VALUES ('{\\\"a\\\":1}',0,'x');";
    let dump = read_bytes(sql);
    assert_eq!(dump.bad, []);
    assert_eq!(dump.segments[0].id.as_deref(), Some("x"));
    assert_eq!(dump.payloads(), [r#"{"a":1}"#]);
}

#[test]
fn one_bad_row_does_not_hide_the_next() {
    let sql = "INSERT INTO `druid_segments` (`id`,`used`,`payload`) VALUES\n\
               ('a',1,now()),\n('b',2,'{}'),\n('c',1),\n('d',1,'{}'),\n('e',1,concat('{','}'))\n\
               ON DUPLICATE KEY UPDATE `used`=1;\n\
               INSERT INTO druid_segments (id, used, payload) SELECT 1, 2, 3;";
    let dump = read_bytes(sql);
    assert_eq!(dump.segments.len(), 1);
    assert_eq!(dump.segments[0].line, 5);
    let bad: Vec<_> = dump.bad.iter().map(|bad| (bad.line, bad.message.as_str())).collect();
    let literal = "expected a literal alone (a string, number, NULL …)";
    assert_eq!(
        bad,
        [
            (2, format!("value 3 has `now`, {literal}").as_str()),
            (3, "is `2`, expected one of t, f, true, false, 1, 0"),
            (4, "has 2 fields, expected 3"),
            (6, format!("value 3 has `concat`, {literal}").as_str()),
            (8, "has `SELECT` after the table, expected VALUES"),
        ]
    );
}

#[test]
fn a_dump_that_is_cut_off_is_refused() {
    for end in [MYSQLDUMP.len() / 2, MYSQLDUMP.find("emoji").expect("the row")] {
        let message = refusal(&MYSQLDUMP[..end]);
        assert!(message.contains("cut off"), "{message}");
    }
}
