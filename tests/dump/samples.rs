//! One small store in the forms of real tools: all of them must read alike.

use std::io::Write;

use super::*;

const WHOLE: [&str; 6] = [
    "copy_segments.csv",
    "copy_segments.tsv",
    "export-metadata/druid_segments_raw.csv",
    "postgres_dump.sql",
    "postgres_dump_data_only.sql",
    "postgres_dump_column_inserts.sql",
];

fn segments_by_id(dump: Dump) -> Vec<SegmentRow> {
    assert_eq!(dump.bad, []);
    assert_eq!(dump.segments.len(), 58);
    let mut rows = dump.segments;
    for row in &mut rows {
        row.line = 0;
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows
}

fn rules_by_id(dump: Dump) -> Vec<RuleRow> {
    assert_eq!(dump.bad, []);
    assert_eq!(dump.rules.len(), 4);
    let mut rows = dump.rules;
    for row in &mut rows {
        row.line = 0;
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    rows
}

#[test]
fn every_form_of_the_whole_table_gives_the_same_segments() {
    let expected = segments_by_id(read(&sample(WHOLE[0])));
    for name in WHOLE {
        assert_eq!(segments_by_id(read(&sample(name))), expected, "{name}");
    }
    assert_eq!(expected.iter().filter(|row| !row.used).count(), 5);
    let upgraded: Vec<_> =
        expected.iter().filter_map(|row| row.upgraded_from_segment_id.as_deref()).collect();
    assert_eq!(
        upgraded,
        ["wiki edits_2024-03-01T00:00:00.000Z_2024-03-02T00:00:00.000Z_1970-01-01T00:00:00.000Z"]
    );
    assert!(expected.iter().all(|row| row.used_status_last_updated.is_some()));
    for row in &expected {
        let payload: serde_json::Value =
            serde_json::from_str(row.payload.as_deref().expect("a payload")).expect("JSON");
        assert_eq!(payload["dataSource"].as_str(), row.datasource.as_deref());
        assert_eq!(payload["version"].as_str(), row.version.as_deref());
    }
}

#[test]
fn finished_files_of_export_metadata_lack_only_what_the_tool_drops() {
    let mut expected = segments_by_id(read(&sample(WHOLE[0])));
    for row in &mut expected {
        row.used_status_last_updated = None;
        row.upgraded_from_segment_id = None;
    }
    for name in ["plain", "hex_true"] {
        let path = sample(&format!("export-metadata/{name}/druid_segments.csv"));
        assert_eq!(segments_by_id(read(&path)), expected, "{name}");
    }
}

#[test]
fn every_form_gives_the_same_rules() {
    let expected = rules_by_id(read(&sample("copy_rules.csv")));
    for name in [
        "copy_rules.tsv",
        "export-metadata/druid_rules_raw.csv",
        "export-metadata/plain/druid_rules.csv",
        "export-metadata/hex_true/druid_rules.csv",
        "postgres_dump.sql",
        "postgres_dump_data_only.sql",
        "postgres_dump_column_inserts.sql",
    ] {
        assert_eq!(rules_by_id(read(&sample(name))), expected, "{name}");
    }
    assert!(expected[0].payload.contains("loadForever"));
}

#[test]
fn forms_are_told_apart_and_named() {
    for (name, format) in [
        ("copy_segments.csv", "CSV with header"),
        ("copy_segments.tsv", "PostgreSQL COPY text"),
        ("copy_rules.tsv", "PostgreSQL COPY text"),
        ("export-metadata/plain/druid_segments.csv", "CSV without header"),
        ("export-metadata/plain/druid_rules.csv", "CSV without header"),
        ("postgres_dump.sql", "pg_dump text"),
    ] {
        assert_eq!(read(&sample(name)).format, format, "{name}");
    }
}

#[test]
fn lines_are_those_of_the_file() {
    let dump = read(&sample("copy_segments.csv"));
    let lines: Vec<_> = dump.segments.iter().map(|row| row.line).collect();
    assert_eq!(lines, (2..60).collect::<Vec<_>>());
    let dump = read(&sample("postgres_dump_column_inserts.sql"));
    assert_eq!(dump.rules[0].line, 25);
    assert_eq!(dump.segments[0].line, 35);
}

#[test]
fn compressed_files_of_several_members_read_alike() {
    let plain = fs::read(sample("copy_segments.csv")).expect("the sample");
    let expected = segments_by_id(read_bytes(&plain));
    let halves = plain.split_at(plain.len() / 2);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).expect("memory");

    let dump = read_bytes([gzip(halves.0), gzip(halves.1)].concat());
    assert_eq!(dump.format, "CSV with header, gzip");
    assert_eq!(segments_by_id(dump), expected);
    let dump = read_bytes([zstd(halves.0), zstd(halves.1)].concat());
    assert_eq!(dump.format, "CSV with header, zstd");
    assert_eq!(segments_by_id(dump), expected);

    for whole in [gzip(&plain), zstd(&plain)] {
        let message = refusal(&whole[..whole.len() - 20]);
        assert!(message.contains("cut off"), "{message}");
    }
    assert!(refusal(gzip(&gzip(&plain))).contains("compressed twice"));
}
