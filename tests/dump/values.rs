//! Values of SQL dumps: literals of every database, what a backslash means, and the forms of a payload.

use lopper::dump::SqlDialect;

use super::*;

const JSON: &str = r#"{"a":"b"}"#;
const HEX: &str = "7b2261223a2262227d";
const BASE64: &str = "eyJhIjoiYiJ9";

fn with(dialect: SqlDialect) -> ReadOptions {
    ReadOptions { dialect: Some(dialect), ..ReadOptions::default() }
}

/// A dump of one segment whose payload is written so.
fn payload(literal: &str) -> String {
    format!("INSERT INTO druid_segments (id, used, payload) VALUES ('a', 1, {literal});\n")
}

#[test]
fn every_literal_of_a_payload_is_read() {
    let hex = HEX;
    for literal in [
        format!("'{JSON}'"),
        format!("'{hex}'"),
        format!("'0x{hex}'"),
        format!("X'{hex}'"),
        format!("x'{}'", hex.to_ascii_uppercase()),
        format!("0x{hex}"),
        format!("0X{}", hex.to_ascii_uppercase()),
        format!("_binary '{}'", JSON.replace('"', "\\\"")),
        format!("_binary'{JSON}'"),
        format!("_binary 0x{hex}"),
        format!("_utf8mb4 X'{hex}'"),
        format!("BINARY '{JSON}'"),
        format!("'{}'", JSON.replace('"', "\\\"")),
        format!("\"{}\"", JSON.replace('"', "\\\"")),
        format!("CAST(X'{hex}' AS BLOB(2147483647))"),
        format!("CAST(_binary '{JSON}' AS CHAR CHARACTER SET utf8mb4)"),
        format!("CONVERT(0x{hex} USING utf8mb4)"),
        format!("UNHEX('{hex}')"),
        format!("unhex(\"{hex}\")"),
        format!("FROM_BASE64('{BASE64}')"),
        format!("'{BASE64}'"),
        format!("'\\x{hex}'"),
        format!("'\\x{hex}'::bytea"),
        format!("E'\\\\x{hex}'"),
        format!("decode('{hex}', 'hex')"),
        format!("decode('{BASE64}', 'base64')"),
        format!("decode('{JSON}', 'escape')"),
        format!("convert_to('{JSON}', 'UTF8')"),
        format!("convert_from(decode('{hex}', 'hex'), 'UTF8')"),
        format!("bytea '\\x{hex}'"),
        format!("$${JSON}$$"),
        format!("$x${JSON}$x$"),
        format!("U&'{}'", JSON.replace('b', "\\0062")),
        format!("E'{}'", JSON.replace('b', "\\u0062")),
        format!("N'{JSON}'"),
        format!("CAST(0x{hex} AS varbinary(max))"),
    ] {
        let dump = read_bytes(payload(&literal));
        assert_eq!(dump.bad, [], "{literal}");
        assert_eq!(dump.payloads(), [JSON], "{literal}");
    }
}

#[test]
fn values_that_are_no_literals_are_named() {
    for (value, found) in [
        ("DEFAULT", "`DEFAULT`"),
        ("concat('{', '}')", "`concat`"),
        ("'{' || '}'", "`|`"),
        ("'{'::text || '}'", "`|`"),
        ("'{' '}'", "`}`"),
        ("(SELECT '{}')", "`(`"),
        ("@x", "`@`"),
        ("?", "`?`"),
        ("$1", "`$`"),
        ("NULL", "is NULL"),
        ("X'7b7'", "`7b7`"),
        ("load_file('x')", "`load_file`"),
        ("DECODE('7b', 'gzip')", ""),
        ("/*!50000 '{}' */", "only some versions"),
    ] {
        let text = payload(value) + &payload("'{}'").replace("'a'", "'b'");
        let dump = try_bytes(text.as_bytes(), &ReadOptions::default()).expect("a dump");
        let (line, _, message) = dump.only_bad();
        assert_eq!((line, dump.segments.len()), (1, 1), "{value}");
        assert!(message.contains(found), "{value}: {message}");
    }
}

#[test]
fn forms_of_a_payload_in_text_are_read_or_named() {
    let wrapped = format!("{}\n{}", &BASE64[..8], &BASE64[8..]);
    let bytes: Vec<String> = JSON.bytes().map(|byte| byte.to_string()).collect();
    let buffer = format!("{{\"type\":\"Buffer\",\"data\":[{}]}}", bytes.join(","));
    let dashed: Vec<&str> =
        HEX.as_bytes().chunks(2).map(|two| str::from_utf8(two).unwrap()).collect();
    for text in [
        JSON,
        HEX,
        &format!("0x{HEX}"),
        &format!("0X{}", HEX.to_ascii_uppercase()),
        &format!("\\x{HEX}"),
        &format!("\\\\x{HEX}"),
        &format!("X'{HEX}'"),
        &dashed.join("-"),
        &dashed.join(" "),
        BASE64,
        BASE64.trim_end_matches('='),
        &wrapped,
        &buffer,
    ] {
        let field = text.replace('"', "\"\"");
        let dump = read_bytes(format!("id,used,payload\na,true,\"{field}\"\n"));
        assert_eq!(dump.bad, [], "{text}");
        assert_eq!(dump.payloads(), [JSON], "{text}");
    }
    for (text, expected) in [
        ("b'{}'", "Python"),
        ("<memory at 0x7f>", "Python"),
        ("[B@1f2e", "Java"),
        ("[BLOB - 1.2 KiB]", "left out"),
        ("System.Byte[]", "byte array"),
        ("0x7g", "expected JSON"),
        ("H4sIAAAAAAAA", "compressed"),
        ("hello", "hex or base64"),
    ] {
        let dump = read_bytes(format!("id,used,payload\na,true,{text}\n"));
        assert!(dump.only_bad().2.contains(expected), "{text}: {:?}", dump.bad);
    }
}

#[test]
fn a_backslash_that_databases_read_otherwise_is_asked_for() {
    // Only one reading is JSON, or another sign tells.
    for (literal, expected) in [
        (r#"'{"a":"\d"}'"#, Some(r#"{"a":"d"}"#)),
        (r#"'{"a":"\\d"}'"#, Some(r#"{"a":"\\d"}"#)),
        (r#"'{"a":"\\\\d"}'"#, None),
        (r#"'{\"a\":\"\\\\d\"}'"#, Some(r#"{"a":"\\d"}"#)),
        (r#"'[{\"a\":1}]'"#, Some(r#"[{"a":1}]"#)),
        (r#"'{\n  \"a\": \"it\'s\"}'"#, Some("{\n  \"a\": \"it's\"}")),
        (r#"_binary '{"a":"\\\\d"}'"#, Some(r#"{"a":"\\d"}"#)),
    ] {
        let text = payload(literal);
        match (try_bytes(text.as_bytes(), &ReadOptions::default()), expected) {
            (Ok(dump), Some(expected)) => assert_eq!(dump.payloads(), [expected], "{literal}"),
            (Err(error), None) => {
                assert!(
                    error.next_step().is_some_and(|help| help.contains("--dialect")),
                    "{error}"
                );
            }
            (answer, _) => panic!("{literal}: {answer:?}"),
        }
    }
    let text = payload(r#"'{"a":"\\\\d"}'"#);
    for (dialect, expected) in [
        (SqlDialect::MySql, r#"{"a":"\\d"}"#),
        (SqlDialect::PostgreSql, r#"{"a":"\\d"}"#),
        (SqlDialect::Standard, r#"{"a":"\\\\d"}"#),
    ] {
        let dump = try_bytes(text.as_bytes(), &with(dialect)).expect("a dump");
        assert_eq!(dump.payloads(), [expected], "{dialect:?}");
    }
}

#[test]
fn a_quote_behind_a_backslash_is_mysqls_or_asked_for() {
    let id = |id: &str| {
        format!("INSERT INTO druid_segments (id, used, payload) VALUES ({id}, 1, '{{}}');\n")
    };
    let dump = read_bytes(id(r"'o\'x'"));
    assert_eq!(dump.segments[0].id.as_deref(), Some("o'x"));
    for ambiguous in [r"'C:\'", r"'it\''", r"'a\b'"] {
        let text = id(ambiguous);
        let error = try_bytes(text.as_bytes(), &ReadOptions::default()).expect_err(ambiguous);
        assert!(error.next_step().is_some_and(|help| help.contains("--dialect")), "{error}");
    }
    let dump = try_bytes(id(r"'C:\'").as_bytes(), &with(SqlDialect::Standard)).expect("a dump");
    assert_eq!(dump.segments[0].id.as_deref(), Some(r"C:\"));
    let dump = try_bytes(id(r"'it\'s'").as_bytes(), &with(SqlDialect::MySql)).expect("a dump");
    assert_eq!(dump.segments[0].id.as_deref(), Some("it's"));
    // The signs that outweigh it, and a mode in which MySQL has no escapes.
    for sign in [
        "/*!40101 SET NAMES utf8 */;\n",
        "/*M!999999\\- enable the sandbox mode */\n",
        "USE `x`;\n",
    ] {
        let dump = read_bytes(format!("{sign}{}", id(r"'a\tb'")));
        assert_eq!(dump.segments[0].id.as_deref(), Some("a\tb"), "{sign}");
    }
    let plain = "/*!40101 SET SQL_MODE='ANSI,NO_BACKSLASH_ESCAPES' */;\n";
    let dump = read_bytes(format!("{plain}{}", id(r"'a\tb'")));
    assert_eq!(dump.segments[0].id.as_deref(), Some(r"a\tb"));
}

#[test]
fn words_for_null_are_null_where_the_form_writes_it_so() {
    let names = "id,used,payload,used_status_last_updated,upgraded_from_segment_id,num_rows";
    for word in ["NULL", "null", "\\N", "\"\"", ""] {
        let dump =
            read_bytes(format!("{names}\na,true,{{}},{word},{word},{}\n", word.trim_matches('"')));
        assert_eq!(dump.bad, [], "{word}");
        assert_eq!(dump.segments[0].upgraded_from_segment_id, None);
        assert_eq!(dump.segments[0].used_status_last_updated, None);
    }
    for word in ["NULL", "null", "\\N", ""] {
        let text = format!("id\tused\tpayload\tupgraded_from_segment_id\na\t1\t{{}}\t{word}\n");
        assert_eq!(read_bytes(text).segments[0].upgraded_from_segment_id, None, "{word}");
        let json = word.replace('\\', "\\\\");
        let json = format!(
            "{{\"id\":\"a\",\"used\":1,\"payload\":\"{{}}\",\"upgraded_from_segment_id\":\"{json}\"}}"
        );
        assert_eq!(read_bytes(json).only_bad().1, Some("upgraded_from_segment_id"), "{word}");
        let sql = format!(
            "INSERT INTO `druid_segments` (id, used, payload, upgraded_from_segment_id) VALUES ('a', 1, '{{}}', '{}');",
            word.replace('\\', "\\\\")
        );
        assert_eq!(read_bytes(sql).only_bad().1, Some("upgraded_from_segment_id"), "{word}");
    }
    // In a column that cannot be NULL the word is no value.
    assert_eq!(read_bytes(format!("{names}\na,NULL,{{}},,,\n")).only_bad().1, Some("used"));
}

#[test]
fn characters_of_another_set_are_refused() {
    for set in [
        "SET client_encoding = 'LATIN9';\n",
        "/*!40101 SET NAMES latin1 */;\n",
        "\\encoding WIN1252\n",
    ] {
        let dump = read_bytes(format!("{set}{}", payload("'{}'")));
        assert_eq!(dump.bad, [], "{set}");
        let dump = read_bytes(format!("{set}{}", payload("'{\"a\":\"é\"}'")));
        assert!(dump.only_bad().2.contains("expected UTF-8"), "{set}");
    }
    for set in [
        "SET client_encoding = 'UTF8';\n",
        "/*!50503 SET NAMES utf8mb4 */;\n",
        "SET NAMES binary;\n",
    ] {
        assert_eq!(read_bytes(format!("{set}{}", payload("'{\"a\":\"é\"}'"))).bad, [], "{set}");
    }
}

/// What clients show people in place of NULL.
const CLIENTS_NULLS: [&str; 14] = [
    "(null)",
    "(NULL)",
    "[NULL]",
    "[null]",
    "<null>",
    "<NULL>",
    "{null}",
    "None",
    "NaN",
    "<NA>",
    "nil",
    "undefined",
    "-",
    "∅",
];

#[test]
fn what_clients_show_for_null_is_no_value() {
    for column in [
        "used_status_last_updated",
        "upgraded_from_segment_id",
        "schema_fingerprint",
        "indexing_state_fingerprint",
        "num_rows",
    ] {
        for word in CLIENTS_NULLS {
            let json = format!(
                "{{\"id\":\"a\",\"used\":true,\"payload\":\"{{}}\",\"{column}\":\"{word}\"}}\n"
            );
            for text in [
                format!("id,used,payload,{column}\na,true,{{}},{word}\n"),
                format!("id\tused\tpayload\t{column}\na\t1\t{{}}\t{word} \n"),
                json,
                format!(
                    "INSERT INTO druid_segments (id, used, payload, {column}) VALUES ('a', true, '{{}}', '{word}');"
                ),
            ] {
                let dump = read_bytes(&text);
                let (_, at, message) = dump.only_bad();
                assert_eq!(at, Some(column), "{text}");
                assert!(
                    message.contains("NULL itself") && message.contains("pset null"),
                    "{message}"
                );
            }
        }
    }
    let plus = |word: &str| {
        format!("{{\"dataSegment\":{{\"dataSource\":\"w\"}},\"schemaFingerprint\":\"{word}\"}}")
    };
    assert_eq!(read_bytes(plus("None")).only_bad().1, Some("schemaFingerprint"));
    assert_eq!(read_bytes(plus("A1B2")).segments[0].schema_fingerprint.as_deref(), Some("A1B2"));
}

/// JSON with a backslash, and as PostgreSQL's `bytea` in escape form.
const SLASH: &str = r#"{"a":"x\\\\y"}"#;

#[test]
fn a_bytea_in_escape_form_is_decoded_or_asked_for_whatever_the_booleans() {
    let csv = |names: &str, used: &str, payload: &str| {
        format!("id,{names},used,payload\na,d,{used},\"{}\"\n", payload.replace('"', "\"\""))
    };
    let json = |used: &str, payload: &str| {
        format!(r#"{{"id":"a","used":{used},"payload":{}}}"#, serde_json::Value::from(payload))
    };
    let asked = [
        csv("dataSource", "t", SLASH),
        csv("dataSource", "true", SLASH),
        csv("dataSource", "False", SLASH),
        csv("datasource", "1", SLASH),
        json("true", SLASH),
        json("\"t\"", SLASH),
        format!("id,dataSource,version,payload\nr,d,v,\"[{}]\"\n", SLASH.replace('"', "\"\"")),
        csv("dataSource", "true", SLASH).replace(',', "\t"),
    ];
    let with = |dialect| ReadOptions { dialect: Some(dialect), ..ReadOptions::default() };
    for text in asked {
        let dump = read_bytes(&text);
        let (_, column, message) = dump.only_bad();
        assert_eq!(column, Some("payload"), "{text}");
        assert!(message.contains("--dialect postgresql"), "{message}");
        for (dialect, expected) in
            [(SqlDialect::PostgreSql, r#"{"a":"x\\y"}"#), (SqlDialect::Standard, SLASH)]
        {
            let dump = try_bytes(text.as_bytes(), &with(dialect)).expect("a dump");
            assert_eq!(dump.bad, [], "{text}");
            let found = dump.payloads().first().map_or_else(
                || dump.rules[0].payload.trim_matches(['[', ']']).to_owned(),
                |payload| (*payload).to_owned(),
            );
            assert_eq!(found, expected, "{text}");
        }
    }
    // One reading alone is JSON.
    for used in ["t", "true", "1"] {
        for (written, meant) in [
            (r#"{"a":"x\\\"y"}"#, r#"{"a":"x\\\"y"}"#),
            (r#"{"a":"x\\"y"}"#, r#"{"a":"x\"y"}"#),
            (r#"{"a":"caf\303\251"}"#, "{\"a\":\"café\"}"),
            (r#"{"a":"x\ny"}"#, r#"{"a":"x\ny"}"#),
        ] {
            let dump = read_bytes(csv("dataSource", used, written));
            assert_eq!(dump.payloads(), [meant], "{used} {written}");
        }
    }
    // lopper's own export reads back.
    let own = format!(
        r#"{{"id":"r","dataSource":"d","version":"v","payload":{}}}"#,
        serde_json::Value::from(format!("[{SLASH}]"))
    );
    assert_eq!(read_bytes(&own).rules[0].payload, format!("[{SLASH}]"));
    assert_eq!(read_bytes(own.replace("dataSource", "datasource")).bad.len(), 1);
    // MySQL and Derby write JSON as it is, and a payload that is JSON itself has no text around it.
    assert_eq!(read_bytes(csv("dataSource", "1", SLASH)).payloads(), [SLASH]);
    let nested = format!(r#"{{"id":"a","used":true,"payload":{SLASH}}}"#);
    assert_eq!(read_bytes(nested).payloads(), [SLASH]);
}

#[test]
fn booleans_of_clients_that_write_bytes() {
    for (written, used) in [
        ("0x01", true),
        ("0x00", false),
        ("X'01'", true),
        ("b'0'", false),
        ("CAST(0x01 AS bit)", true),
    ] {
        let dump = read_bytes(format!(
            "INSERT INTO druid_segments (id, used, payload) VALUES ('a', {written}, '{{}}');"
        ));
        assert_eq!(dump.bad, [], "{written}");
        assert_eq!(dump.segments[0].used, used, "{written}");
    }
    for (written, used) in [("0x01", true), ("0x00", false), ("\u{1}", true), ("b'0'", false)] {
        let dump = read_bytes(format!("id\tused\tpayload\na\t{written}\t{{}}\n"));
        assert_eq!((dump.bad.len(), dump.segments[0].used), (0, used), "{written}");
    }
    assert_eq!(read_bytes("id,used,payload\na,0x02,{}\n").only_bad().1, Some("used"));
}

#[test]
fn convert_of_sql_server_and_of_mysql() {
    for written in [
        "CONVERT(varbinary(max), '0x7b7d', 1)",
        "CONVERT(VARBINARY(MAX), '7b7d', 2)",
        "CONVERT(varbinary(max), 0x7b7d)",
        "CONVERT(decimal(10, 2), '{}')",
        "CONVERT(nvarchar(max), N'{}')",
        "CONVERT('{}' USING utf8mb4)",
        "CONVERT(_binary '{}', BINARY)",
        "CONVERT(UNHEX('7b7d') USING utf8)",
    ] {
        let dump = read_bytes(payload(written));
        assert_eq!(dump.bad, [], "{written}");
        assert_eq!(dump.payloads(), ["{}"], "{written}");
    }
    let dump = read_bytes(payload("CONVERT(varbinary(max), @x, 1)"));
    assert!(dump.only_bad().2.contains("expected a literal alone"));
}
