//! What is written, and that it reads back the same.

use lopper::dump::{
    ChangesWriter, Column, CsvWriter, DRUID_37_COLUMNS, Dialect, JsonWriter, RULE_COLUMNS, RuleOut,
    SegmentOut, SqlWriter,
};

use super::*;

/// Every column that there is.
pub const ALL_COLUMNS: &[Column] = &[
    Column::Id,
    Column::DataSource,
    Column::CreatedDate,
    Column::Start,
    Column::End,
    Column::Partitioned,
    Column::Version,
    Column::Used,
    Column::Payload,
    Column::UsedStatusLastUpdated,
    Column::IndexingStateFingerprint,
    Column::UpgradedFromSegmentId,
    Column::SchemaFingerprint,
    Column::NumRows,
];

pub const DIALECTS: [Dialect; 3] = [Dialect::PostgreSql, Dialect::MySql, Dialect::Derby];

pub fn out(row: &SegmentRow) -> SegmentOut<'_> {
    fn text(value: &Option<String>) -> &str {
        value.as_deref().unwrap_or_default()
    }
    SegmentOut {
        id: text(&row.id),
        datasource: text(&row.datasource),
        created_date: text(&row.created_date),
        start: text(&row.start),
        end: text(&row.end),
        partitioned: row.partitioned.unwrap_or_default(),
        version: text(&row.version),
        used: row.used,
        payload: text(&row.payload),
        used_status_last_updated: row.used_status_last_updated.as_deref(),
        indexing_state_fingerprint: row.indexing_state_fingerprint.as_deref(),
        upgraded_from_segment_id: row.upgraded_from_segment_id.as_deref(),
        schema_fingerprint: row.schema_fingerprint.as_deref(),
        num_rows: row.num_rows,
    }
}

fn rule_out(row: &RuleRow) -> RuleOut<'_> {
    let RuleRow { id, datasource, version, payload, .. } = row;
    RuleOut { id, datasource, version, payload }
}

#[test]
fn csv_is_what_postgresql_writes() {
    let dump = read(&sample("copy_segments.csv"));
    let mut writer = CsvWriter::new(Vec::new(), DRUID_37_COLUMNS).expect("memory");
    for row in &dump.segments {
        writer.segment(&out(row)).expect("memory");
    }
    assert!(writer.into_inner() == fs::read(sample("copy_segments.csv")).expect("the sample"));
    let dump = read(&sample("copy_rules.csv"));
    let mut writer = CsvWriter::new(Vec::new(), RULE_COLUMNS).expect("memory");
    for row in &dump.rules {
        writer.rule(&rule_out(row)).expect("memory");
    }
    assert!(writer.into_inner() == fs::read(sample("copy_rules.csv")).expect("the sample"));
}

/// The segments as each of the writers that write both tables writes them.
pub fn written(segments: &[SegmentRow], rules: &[RuleRow]) -> Vec<Vec<u8>> {
    let mut json = JsonWriter::new(Vec::new(), ALL_COLUMNS);
    let mut sqls =
        DIALECTS.map(|dialect| SqlWriter::new(Vec::new(), ALL_COLUMNS, dialect).expect("memory"));
    for row in segments {
        json.segment(&out(row)).expect("memory");
        for sql in &mut sqls {
            sql.segment(&out(row)).expect("memory");
        }
    }
    for row in rules {
        json.rule(&rule_out(row)).expect("memory");
        for sql in &mut sqls {
            sql.rule(&rule_out(row)).expect("memory");
        }
    }
    let mut files = vec![json.into_inner()];
    files.extend(sqls.map(SqlWriter::into_inner));
    files
}

#[test]
fn json_and_sql_read_back_the_same() {
    let dump = read(&sample("postgres_dump.sql"));
    for file in written(&dump.segments, &dump.rules) {
        let mut again = read_bytes(&file);
        assert_eq!(again.bad, []);
        for (row, expected) in again.segments.iter_mut().zip(&dump.segments) {
            row.line = expected.line;
        }
        for (row, expected) in again.rules.iter_mut().zip(&dump.rules) {
            row.line = expected.line;
        }
        assert_eq!(again.segments, dump.segments);
        assert_eq!(again.rules, dump.rules);
    }
}

#[test]
fn sql_of_each_dialect() {
    let row = SegmentOut { id: "it's \\ é", payload: "{}", used: true, ..SegmentOut::default() };
    let columns = [Column::Id, Column::End, Column::Used, Column::Payload, Column::NumRows];
    for (dialect, expected) in [
        (
            Dialect::PostgreSql,
            "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n\
             INSERT INTO druid_segments (id, \"end\", used, payload, num_rows) VALUES \
             ('it''s \\ é', '', true, '\\x7b7d', NULL);\n",
        ),
        (
            Dialect::MySql,
            "SET NAMES utf8mb4;\n\
             INSERT INTO `druid_segments` (`id`, `end`, `used`, `payload`, `num_rows`) VALUES \
             (_utf8mb4 X'69742773205c20c3a9', '', 1, X'7b7d', NULL);\n",
        ),
        (
            Dialect::Derby,
            "INSERT INTO druid_segments (id, \"END\", used, payload, num_rows) VALUES \
             ('it''s \\ é', '', true, CAST(X'7b7d' AS BLOB), NULL);\n",
        ),
    ] {
        let mut writer = SqlWriter::new(Vec::new(), &columns, dialect).expect("memory");
        writer.segment(&row).expect("memory");
        assert_eq!(String::from_utf8(writer.into_inner()).expect("text"), expected);
    }
}

#[test]
fn changes_are_guarded_and_in_one_transaction() {
    let stamp = "2024-01-01T00:00:00.000Z";
    let mut writer = ChangesWriter::new(Vec::new(), Dialect::PostgreSql).expect("memory");
    writer.mark(&["a", "b'); DROP TABLE druid_segments; --"], false, stamp).expect("memory");
    writer.mark(&[], true, stamp).expect("memory");
    let text = String::from_utf8(writer.finish().expect("memory")).expect("text");
    assert_eq!(
        text,
        "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nBEGIN;\n\
         UPDATE druid_segments SET used = false, \
         used_status_last_updated = '2024-01-01T00:00:00.000Z'\n\
         WHERE used = true AND id IN (\n  'a',\n  'b''); DROP TABLE druid_segments; --'\n);\nCOMMIT;\n"
    );
    let mut writer = ChangesWriter::new(Vec::new(), Dialect::MySql).expect("memory");
    writer.mark(&["a"; 501], true, stamp).expect("memory");
    let text = String::from_utf8(writer.finish().expect("memory")).expect("text");
    assert_eq!(text.matches("UPDATE `druid_segments` SET `used` = 1, ").count(), 2);
    assert_eq!(text.matches("WHERE `used` = 0 AND `id` IN (").count(), 2);
}
