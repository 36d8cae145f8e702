//! What must hold of any bytes and any text.

use lopper::dump::{CsvWriter, Format};
use proptest::prelude::*;

use super::write::{ALL_COLUMNS, out, written};
use super::*;

/// Text without NUL, which Druid's databases cannot hold, with many characters that mean something.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(
        [
            "'", "\"", "\\", "`", "\\'", "''", "\n", "\r\n", "\t", ",", ";", "--", "/*", "*/",
            "\\N", "NULL", "%", "\u{1a}", "\u{8}", "é", "🐨", " ", "\\x", "$$", "#", "\u{2028}",
        ]
        .as_slice(),
    );
    let part = prop_oneof![special.prop_map(str::to_owned), "[a-z_0-9]{1,3}", "[^\\x00]"];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// A value of a column that may be NULL. What stands for NULL in some form is no value in any.
fn nullable() -> impl Strategy<Value = Option<String>> {
    // Words have letters, and what has none is no value either.
    let is_value = |text: &String| {
        text.chars().any(|c| c.is_alphanumeric() && !"nN".contains(c))
            && text.len() > "undefined".len()
    };
    let value = text().prop_map(|text| text + " value").prop_filter("a word for NULL", is_value);
    prop::option::of(value)
}

fn row() -> impl Strategy<Value = SegmentRow> {
    let texts = (prop::array::uniform7(text()), prop::array::uniform4(nullable()));
    let rest = (any::<bool>(), any::<bool>(), prop::option::of(any::<i64>()));
    (texts, rest).prop_map(|((texts, options), (used, partitioned, num_rows))| {
        let [id, datasource, created_date, start, end, version, payload] = texts.map(Some);
        let [used_status_last_updated, upgraded_from_segment_id, schema_fingerprint, fingerprint] =
            options;
        SegmentRow {
            line: 0,
            id,
            datasource,
            created_date,
            start,
            end,
            partitioned: Some(partitioned),
            version,
            used,
            payload: payload.map(|text| format!("{{{text}")),
            payload_is_made_up: false,
            used_status_last_updated,
            upgraded_from_segment_id,
            schema_fingerprint,
            num_rows,
            indexing_state_fingerprint: fingerprint,
            ..SegmentRow::default()
        }
    })
}

const PIECES: &[&[u8]] = &[
    b"INSERT INTO druid_segments ",
    b"VALUES ",
    b"(",
    b")",
    b",",
    b";",
    b"'",
    b"\"",
    b"`",
    b"\\",
    b"_binary ",
    b"CAST(",
    b" AS BLOB)",
    b"0x7b",
    b"X'7b'",
    b"NULL",
    b"-",
    b"1",
    b"::",
    b"/*",
    b"*/",
    b"--",
    b"\n",
    b"\r",
    b"\t",
    b"COPY druid_rules (id) FROM stdin;\n",
    b"\\.\n",
    b"$$",
    b"$a$",
    b"CREATE TABLE druid_segments (",
    b"id",
    b"used",
    b"payload",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\"payload\"",
    b"\"segment_id\"",
    b"\xff",
    b"\0",
    b"true",
    b"DELIMITER ",
    b"UPDATE ",
];

/// Bytes that get far into a reader: pieces of real forms in any order.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(PIECES);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(
        bytes in prop_oneof![pieces(), prop::collection::vec(any::<u8>(), 0..200)],
        format in prop::sample::select([None, Some(Format::Csv), Some(Format::Jsonl), Some(Format::Sql)].as_slice()),
        given in any::<bool>(),
    ) {
        let names = given.then(|| ["id", "used", "payload"].map(str::to_owned).to_vec());
        let options = ReadOptions { format, columns: names, ..ReadOptions::default() };
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("dump");
        fs::write(&path, &bytes).expect("a file");
        if let Ok(mut reader) = DumpReader::open(&path, &options) {
            while let Ok(Some(_)) = reader.next() {}
        }
    }

    #[test]
    fn any_text_reads_back_as_it_was_written(rows in prop::collection::vec(row(), 1..4)) {
        let mut csv = CsvWriter::new(Vec::new(), ALL_COLUMNS).expect("memory");
        for row in &rows {
            csv.segment(&out(row)).expect("memory");
        }
        for file in [vec![csv.into_inner()], written(&rows, &[])].concat() {
            let mut dump = read_bytes(&file);
            prop_assert_eq!(&dump.bad, &[]);
            for row in &mut dump.segments {
                row.line = 0;
            }
            prop_assert_eq!(&dump.segments, &rows);
        }
    }
}
