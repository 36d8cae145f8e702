//! What is said of rows and files that cannot be read.

use super::*;

const HEADER: &str = "id,dataSource,version,used,payload,num_rows\n";

#[test]
fn bad_rows_have_line_column_and_expectation() {
    for (row, column, message) in [
        ("a,d,v,yes,{},1", Some("used"), "is `yes`, expected one of t, f, true, false, 1, 0"),
        ("a,d,v,,{},1", Some("used"), "is NULL, expected a value"),
        ("a,d,v,t,{},many", Some("num_rows"), "is `many`, expected a whole number"),
        (
            "a,d,v,t,7b7,1",
            Some("payload"),
            "is `7b7`, expected JSON, or its bytes as hex or base64",
        ),
        (
            "a,d,v,t,\\x7g7d,1",
            Some("payload"),
            "is `\\\\x7g7d`, expected JSON, or its bytes as hex or base64",
        ),
        (
            "a,d,v,t,\"\",1",
            Some("payload"),
            "is empty, expected JSON, or its bytes as hex or base64",
        ),
        ("a,d,v,t,7bff7d,1", Some("payload"), "is not UTF-8 from byte 1 on"),
        ("a,d\0,v,t,{},1", Some("dataSource"), "has a NUL byte at 1, expected text"),
        (",d,v,t,{},1", Some("id"), "is NULL, expected a value"),
        ("a,d,v,t,{}", None, "has 5 fields, expected 6"),
        ("\"a\"b,d,v,t,{},1", None, "field 1 goes on after its closing quote, expected ','"),
    ] {
        let dump = read_bytes(format!("{HEADER}{row}\na,d,v,t,{{}},1\n"));
        assert_eq!(dump.only_bad(), (2, column, message), "{row}");
        assert_eq!(dump.segments.len(), 1, "{row}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_a_bad_row_in_every_form() {
    for (before, after) in [
        ("id,used,payload\nx,t,{}\na", ",t,{}\nb,t,{}\n"),
        ("id\tused\tpayload\nx\tt\t{}\na", "\tt\t{}\nb\tt\t{}\n"),
        (
            "INSERT INTO druid_segments (id,used,payload) VALUES\n('x',true,'{}'),\n('a",
            "',true,'{}'),\n('b',true,'{}');",
        ),
        (
            "\n{\"id\":\"x\",\"used\":1,\"payload\":\"{}\"}\n{\"id\":\"a",
            "\",\"used\":1,\"payload\":\"{}\"}\n{\"id\":\"b\",\"used\":1,\"payload\":\"{}\"}\n",
        ),
    ] {
        let dump = read_bytes([before.as_bytes(), b"\xff", after.as_bytes()].concat());
        let (line, _, message) = dump.only_bad();
        assert_eq!(line, 3);
        assert!(message.contains("is not UTF-8"), "{message}");
        assert_eq!(dump.segments.len(), 2);
    }
}

#[test]
fn columns_are_refused_by_name() {
    for (header, expected) in [
        ("id,used,payload,colour\n", "a column `colour` that Druid's tables lack"),
        ("id,used,payload,ID\n", "the column `id` twice"),
        ("id,dataSource,start\n", "lacks the columns used, payload"),
        ("id,datasource,payload\n", "lacks the columns version"),
        ("a,b,c,d,e\n", "5 columns without names"),
        ("INSERT INTO druid_segments (id, colour) VALUES (1, 2);", "a column `colour`"),
        ("INSERT INTO druid_segments VALUES (1, 2);", "2 columns without names"),
        ("COPY druid_rules (id, used) FROM stdin;\n\\.\n", "a column `used`"),
    ] {
        let message = refusal(header);
        assert!(message.contains(expected) && !message.ends_with("no help"), "{message}");
    }
}

#[test]
fn files_that_are_no_dumps_are_named() {
    for (bytes, expected) in [
        (b"PGDMP\x01\x0e".as_slice(), "pg_restore"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"PK\x03\x04", "zip"),
        (b"PAR1", "Parquet"),
        (b"\xff\xfei\0d\0", "UTF-16"),
        (b"Dear all\nno table, here\n", "other text that begins `Dear all`"),
        (b"\0\x01\x02", "binary"),
        (b" \n", "empty"),
        (b"", "empty"),
    ] {
        let message = refusal(bytes);
        assert!(message.contains(expected), "{message}");
    }
    let error = DumpReader::open(Path::new("no such file"), &ReadOptions::default());
    assert!(error.is_err_and(|error| error.to_string().contains("cannot open no such file")));
}

#[test]
fn files_that_are_cut_off_are_refused() {
    for (text, expected) in [
        (format!("{HEADER}a,d,v,t,{{}},1\na,d,v,t,\"{{\n\n"), "quote that opens on line 3"),
        (
            "[{\"dataSource\":1,\"interval\":2,\"version\":3},\n".to_owned(),
            "array that begins on line 1",
        ),
        ("\n{\"dataSource\":\"}".to_owned(), "object that begins on line 2"),
        (
            "COPY druid_rules (id, datasource, version, payload) FROM stdin;\n".to_owned(),
            "COPY block",
        ),
        ("INSERT INTO druid_rules VALUES ('a','b".to_owned(), "string that begins on line 1"),
        ("INSERT INTO druid_rules VALUES ('a',".to_owned(), "row that begins on line 1"),
        ("/* a".to_owned(), "comment"),
    ] {
        let message = refusal(text);
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn statements_that_change_rows_are_bad() {
    let sql = "INSERT INTO druid_segments (id, used, payload) VALUES ('a', true, '{}');\n\
               UPDATE druid_segments SET used = false;\nDELETE FROM druid_segments;\nUPDATE other SET a = 1;";
    let dump = read_bytes(sql);
    let lines: Vec<_> = dump.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn json_that_is_no_row_is_bad() {
    for (text, expected) in [
        ("{\"id\":}", "is no JSON object"),
        ("{\"id\":\"\\ud800\",\"used\":1,\"payload\":\"{}\"}\nnot json", "is no text"),
        ("{\"a\":1}", "is an object of `a`; expected a DataSegment"),
        ("{\"id\":\"a\",\"payload\":\"{}\",\"used\":1,\"used\":0}", "is there twice"),
        ("{\"id\":\"a\",\"payload\":\"{}\",\"start\":\"s\"}", "is missing"),
    ] {
        let dump = read_bytes(text);
        assert!(dump.bad[0].message.contains(expected), "{:?}", dump.bad);
    }
    assert!(refusal("[\"an_id\"]").contains("other values than objects"));
}

#[test]
fn what_tells_how_csv_is_written_otherwise_is_named() {
    let outfile = r#""a","1","{\"dataSource\":\"w\"}""#;
    let dump = read_bytes(format!("\"id\",\"used\",\"payload\"\n{outfile}\n"));
    assert!(dump.only_bad().2.contains("INTO OUTFILE"), "{:?}", dump.bad);
    assert!(refusal("id,used,payload\ra,1,{}\rb,1,{}\r").contains("tr '\\r' '\\n'"));
    // Between tabs: with quotes around JSON, and with PostgreSQL's bytes, it is CSV and no text of COPY's.
    for (written, meant) in [
        (r#""{""a"":""x\\y""}""#, r#"{"a":"x\\y"}"#),
        ("\\x7b2261223a317d", "{\"a\":1}"),
        (r#""{""a"":""x\ny""}""#, r#"{"a":"x\ny"}"#),
    ] {
        let dump = read_bytes(format!("id\tused\tpayload\na\t1\t{written}\n"));
        assert_eq!(dump.payloads(), [meant], "{written}: {:?}", dump.bad);
    }
    // As COPY writes them.
    let dump = read_bytes("id\tused\tpayload\na\tt\t\\\\x7b7d\n");
    assert_eq!(dump.payloads(), ["{}"]);
}

#[test]
fn a_last_line_that_may_be_cut_off_is_refused() {
    let names = "id,used,payload";
    for (column, value) in [
        ("num_rows", "1234"),
        ("upgraded_from_segment_id", "w_2024"),
        ("used_status_last_updated", ""),
        ("schema_fingerprint", "A1"),
        ("created_date", "2024-01-01"),
    ] {
        let whole = format!("{names},{column}\na,1,{{}},{value}\nb,1,{{}},{value}\n");
        assert_eq!(read_bytes(&whole).segments.len(), 2, "{column}");
        let message = refusal(whole.trim_end_matches('\n'));
        assert!(message.contains("line 3, the last one, has no line break"), "{message}");
    }
    // What the payload says too, or a quote ends, is whole.
    for whole in [
        "id,payload,used\na,{},1",
        "id,used,payload\na,1,{}",
        "id,used,payload,num_rows\na,1,{},\"1234\"",
    ] {
        assert_eq!(read_bytes(whole).segments.len(), 1, "{whole}");
    }
}

#[test]
fn utf_16_is_converted_by_its_order() {
    let text = "INSERT INTO";
    for (bytes, order) in [
        (text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(), "UTF-16LE"),
        (text.encode_utf16().flat_map(u16::to_be_bytes).collect(), "UTF-16BE"),
    ] {
        assert!(refusal(bytes).contains(order), "{order}");
    }
}
