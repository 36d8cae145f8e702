//! Forms of which there is no sample of a real tool: JSON, other SQL, odd CSV.

use super::*;

const SEGMENT: &str = r#"{"dataSource":"d", "interval":"2024-01-01/2024-01-02","version":"v","loadSpec":{"a":"}\\\"{"}}"#;

#[test]
fn data_segments_of_the_api_keep_their_bytes() {
    let lines = format!("{SEGMENT}\n{SEGMENT}\n\n");
    let array = format!("[{SEGMENT},{SEGMENT}]");
    let pretty = format!("\u{feff}[\n  {SEGMENT},\n  {SEGMENT}\n]\n");
    for text in [lines, array, pretty] {
        let dump = read_bytes(text);
        assert_eq!(dump.bad, []);
        assert_eq!(dump.format, "JSON");
        assert_eq!(dump.payloads(), [SEGMENT, SEGMENT]);
        assert!(dump.segments.iter().all(|row| row.used && !row.payload_is_made_up));
        assert_eq!(dump.segments[0].id, None);
    }
    let realtime = SEGMENT.replace("\"version\"", "\"realtime\":true,\"version\"");
    assert_eq!(read_bytes(realtime).skipped.unpublished, 1);
    assert!(read_bytes("[]").segments.is_empty());
}

#[test]
fn rows_of_sys_segments_become_segments_without_load_spec() {
    let row = r#"{"segment_id":"d_s_e_v","datasource":"d","start":"s","end":"e","size":7,"version":"v","partition_num":0,"num_rows":5,"is_active":1,"is_published":1,"shard_spec":"{\"type\":\"numbered\",\"partitionNum\":0,\"partitions\":1}","dimensions":"[\"a\",\"b\"]","metrics":null}"#;
    let realtime = row.replace("\"is_published\":1", "\"is_published\":0");
    let dump = read_bytes(format!("{row}\n{realtime}\n"));
    assert_eq!(dump.bad, []);
    assert_eq!(dump.skipped, Skipped { statements: 0, unpublished: 1 });
    let segment = &dump.segments[0];
    assert_eq!(segment.id.as_deref(), Some("d_s_e_v"));
    assert_eq!(segment.num_rows, Some(5));
    assert!(segment.payload_is_made_up && segment.used);
    assert_eq!(
        segment.payload.as_deref(),
        Some(
            r#"{"dataSource":"d","interval":"s/e","version":"v","dimensions":"a,b","metrics":"","shardSpec":{"type":"numbered","partitionNum":0,"partitions":1},"size":7}"#
        )
    );
    let message = refusal(row.replace("\"is_published\":1,", ""));
    assert!(message.contains("line 1 lacks is_published"), "{message}");
    assert!(refusal(row.replace("is_active", "colour")).contains("a column `colour`"));
}

#[test]
fn rows_as_json_of_any_case() {
    let text = "{\"ID\":\"a\",\"datasource\":\"d\",\"used\":0,\"payload\":\"\\\\x7b7d\",\"num_rows\":null}\n\
                {\"id\":\"b\",\"used\":true,\"payload\":{\"a\": \"\\u00e9\"},\"num_rows\":3}\n\
                {\"id\":\"r\",\"dataSource\":\"d\",\"version\":\"v\",\"payload\":\"[]\"}\n";
    let dump = read_bytes(text);
    assert_eq!(dump.bad, []);
    assert_eq!(dump.payloads(), ["{}", "{\"a\": \"\\u00e9\"}"]);
    assert!(!dump.segments[0].used && dump.segments[1].used);
    assert_eq!(dump.segments[1].num_rows, Some(3));
    assert_eq!(dump.rules[0].payload, "[]");
    let message = refusal("{\"id\":\"a\",\"used\":0,\"payload\":\"{}\",\"colour\":1}");
    assert!(message.contains("line 1 has a column `colour`"), "{message}");
}

#[test]
fn derby_and_postgresql_strings_take_backslashes_as_they_are() {
    let sql = "INSERT INTO \"APP\".\"DRUID_SEGMENTS\" (ID, \"END\", USED, PAYLOAD) VALUES\n\
               ('it''s \\', 'e', TRUE, CAST(X'7B7D' AS BLOB(2147483647)));\n\
               INSERT INTO app.druid_segments (id, used, payload) VALUES\n\
               (E'a\\'b\\x41\\101\\n', false, '\\x7b7d'::bytea), ('c', 'f', '{\"a\":\"\\\\\"}'::character varying(9));";
    let dump = read_bytes(sql);
    assert_eq!(dump.bad, []);
    let ids: Vec<_> = dump.segments.iter().filter_map(|row| row.id.as_deref()).collect();
    assert_eq!(ids, ["it's \\", "a'bAA\n", "c"]);
    assert_eq!(dump.payloads(), ["{}", "{}", "{\"a\":\"\\\\\"}"]);
    let escaping = "SET standard_conforming_strings = off;\n\
                    INSERT INTO druid_segments (id, used, payload) VALUES ('a\\'b', false, '\\\\x7b7d');";
    let dump = read_bytes(escaping);
    assert_eq!(dump.segments[0].id.as_deref(), Some("a'b"));
    assert_eq!(dump.payloads(), ["{}"]);
}

#[test]
fn statements_that_are_no_rows_are_passed_over() {
    let sql = "/* a ; ' */ BEGIN;\nCREATE FUNCTION f() RETURNS void AS $x$ ; INSERT INTO druid_segments; $ $x$;\n\
               INSERT INTO other VALUES ('a;b', (1));\n\
               COPY public.other (a) FROM stdin;\nan INSERT INTO druid_segments;\n\\.\n\
               COPY druid_rules (id, datasource, version, payload) FROM stdin;\n\
               a\\tb\\\\c\td\tv\t\\\\x5b5d\n\\.\nCOMMIT;";
    let dump = read_bytes(sql);
    assert_eq!(dump.bad, []);
    assert_eq!(dump.skipped.statements, 2);
    assert_eq!(dump.rules[0].id, "a\tb\\c");
    assert_eq!(dump.rules[0].line, 8);
}

#[test]
fn an_empty_table_is_a_dump_and_another_table_is_none() {
    assert_eq!(
        read_bytes("COPY druid_segments (id, used, payload) FROM stdin;\n\\.\n").segments,
        []
    );
    let message = refusal("INSERT INTO prod_segments VALUES (1);");
    assert!(message.contains("neither druid_segments nor druid_rules, but fills `prod_segments`"));
}

#[test]
fn csv_with_odd_quoting() {
    let csv = "\u{feff}\"ID\",used,Payload,\"end\",dataSource\r\n\
               \"a\"\"b\",T,\"{\"\"a\"\":\n\"\"b\"\"}\",\"\",say \"hi\"\r\n\
               \r\n\
               c,FALSE,7B7D,e,d";
    let dump = read_bytes(csv);
    assert_eq!(dump.bad, []);
    let [first, second] = dump.segments.as_slice() else { panic!("{dump:?}") };
    assert_eq!(first.id.as_deref(), Some("a\"b"));
    assert_eq!(first.payload.as_deref(), Some("{\"a\":\n\"b\"}"));
    assert_eq!(first.end.as_deref(), Some(""));
    assert_eq!(first.datasource.as_deref(), Some("say \"hi\""));
    assert_eq!((first.line, second.line), (2, 5));
    assert_eq!(second.payload.as_deref(), Some("{}"));
}

#[test]
fn names_may_be_given() {
    let options = columns("id,-,used,payload");
    let dump = try_bytes(b"a,what,t,{}\n", &options).expect("a dump");
    assert_eq!(dump.segments[0].id.as_deref(), Some("a"));
    let dump = try_bytes(b"id,colour,used,payload\na,red,t,{}\n", &options).expect("a dump");
    assert_eq!(dump.segments.len(), 1);
    let sql =
        b"INSERT INTO druid_segments (id, colour, used, payload) VALUES ('a', 'b', true, '{}');";
    assert_eq!(try_bytes(sql, &options).expect("a dump").segments.len(), 1);
    let error = try_bytes(b"{}", &options).expect_err("names are there");
    assert!(error.to_string().contains("name their columns"));
}

#[test]
fn a_guess_that_values_contradict_is_not_taken() {
    let row = |newer: &str| format!("d_x,d,c,s,e,t,v,t,{{}},{newer}\n");
    let stamp = "2024-01-01T00:00:00.000Z";
    for good in [
        stamp.to_owned(),
        format!("{stamp},d_y"),
        format!("{stamp},,"),
        format!("{stamp},abc,d_y"),
        format!("{stamp},d_y,abc,7"),
        format!("{stamp},abc,d_y,abc,7"),
    ] {
        assert_eq!(read_bytes(row(&good)).bad, [], "{good}");
    }
    // As tables have it that were altered in another order.
    for (bad, column) in [
        (format!("d_y,{stamp}"), "used_status_last_updated"),
        (format!("{stamp},d_y,abc"), "upgraded_from_segment_id"),
        (format!("{stamp},d_y,"), "indexing_state_fingerprint"),
        (format!("{stamp},abc,d_y,7"), "upgraded_from_segment_id"),
        (format!("{stamp},d_y,7,abc"), "num_rows"),
    ] {
        let dump = read_bytes(row(&bad));
        assert_eq!(dump.only_bad().1, Some(column), "{bad}");
    }
}
