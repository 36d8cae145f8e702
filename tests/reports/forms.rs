//! Dumps as tools and Druid's own API write them: CSV of other separators, JSON around JSON, ids of other time zones.

use super::report;
use crate::support::{Answer, Lopper};

/// Imports a text into an empty store.
fn import(text: impl AsRef<[u8]>) -> (Lopper, Answer) {
    let lopper = Lopper::new();
    let file = lopper.file("dump", text);
    let answer = lopper.run(["import", file.to_str().unwrap()]);
    (lopper, answer)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(report(name)).unwrap()
}

#[test]
fn csv_of_any_separator() {
    let lopper = Lopper::new();
    for (number, name) in ["semicolon.csv", "sep_line.csv", "pipe.txt"].into_iter().enumerate() {
        let file = report(&format!("14-semicolon-csv/{name}"));
        let expected = if number == 0 { "8 new" } else { "8 the same" };
        lopper.import(&file).stdout_has(expected);
        let by_name = ["import", "--format", "csv", file.to_str().unwrap()];
        lopper.run(by_name).code(0).stdout_has("8 the same");
    }
}

#[test]
fn csv_of_any_separator_without_a_header_or_with_quotes() {
    let semicolons = read("14-semicolon-csv/semicolon.csv");
    let (header, rows) = semicolons.split_once('\n').unwrap();
    let quoted = |text: &str, separator: &str| -> String {
        let line = |line: &str| {
            let fields = line.split(';').map(|field| match field {
                "" => String::new(),
                field => format!("\"{field}\""),
            });
            fields.collect::<Vec<_>>().join(separator) + "\r\n"
        };
        text.lines().map(line).collect()
    };
    for text in [
        rows.to_owned(),
        quoted(&semicolons, ";"),
        quoted(&semicolons, "\t"),
        format!("sep=;\r\n{}", quoted(&semicolons, ";")),
        format!("\"sep=;\"\n{}", quoted(rows, ";")),
        format!("sep=\t\n{}", quoted(&semicolons, "\t")),
        format!("\u{feff}SEP=|\n{header}\n{rows}").replace(';', "|").replace("SEP=", "sep="),
    ] {
        let (lopper, answer) = import(&text);
        answer.code(0).stdout_has("8 new");
        assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["8"]);
    }
}

#[test]
fn what_separates_nothing_of_druids_is_no_csv() {
    for text in ["Dear all; this is; no dump\n", "a|b|c\n1|2|3\n", "sep=x\n1x2\n"] {
        import(text).1.code(2).stderr_has("other text that begins");
    }
    // One row of psql's is gone, and its last line says so.
    let bars = read("14-semicolon-csv/pipe.txt");
    let mut lines: Vec<&str> = bars.lines().collect();
    lines.remove(3);
    import(lines.join("\n")).1.code(2).stderr_has("tells of 8 rows, and there are 7 before it");
    let padded = bars.lines().next().unwrap().replace('|', " | ");
    import(format!(" {padded} \n----+----\n")).1.code(2).stderr_has("psql --csv");
    let drawn = "+----+------+\n| id | used |\n+----+------+\n";
    import(drawn).1.code(2).stderr_has("the mysql client draws").stderr_has("--batch");
}

#[test]
fn payloads_in_base64_and_in_hex() {
    for name in [
        "15-base64-payload/base64.csv",
        "15-base64-payload/mysqlsh.tsv",
        "09-mysql-0x-hex-text/hex.csv",
    ] {
        let (lopper, answer) = import(read(name));
        answer.code(0).stdout_has("1 new");
        let read = "SELECT json_extract(payload, '$.loadSpec.path'), size FROM druid_segments JOIN segments USING (id)";
        assert_eq!(lopper.sql(read), ["/srv/a.zip|5"], "{name}");
    }
    import(read("09-mysql-0x-hex-text/batch_hex.tsv")).1.code(0).stdout_has("8 new");
}

#[test]
fn base64_of_something_else_is_no_payload() {
    let row = |payload: &str| format!("id,dataSource,used,payload\na,w,1,{payload}\n");
    for wrong in ["aGVsbG8=", "eyJhIjox", "eyJ=", "0x7b7", "X'7b7d", "\\x"] {
        import(row(wrong)).1.code(1).stderr_has("column payload");
    }
}

const ROW: &str = r#"{"id":"w_2024-01-01T00:00:00.000Z_2024-01-02T00:00:00.000Z_v1","dataSource":"w","used":"1","payload":"{\"dataSource\":\"w\",\"interval\":\"2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z\",\"version\":\"v1\",\"shardSpec\":{\"type\":\"none\"}}"}"#;

#[test]
fn phpmyadmins_json() {
    import(read("17-phpmyadmin-json/pma.json")).1.code(0).stdout_has("1 new");
    let (lopper, answer) = import(read("17-phpmyadmin-json/pma.sql"));
    answer.code(0).stdout_has("1 new");
    // It lacks the columns that the JSON has.
    lopper.import(&report("17-phpmyadmin-json/pma.json")).stdout_has("1 updated");

    let table = |name: &str, database: &str, rows: &str| {
        format!(r#"{{"type":"table","name":"{name}","database":"{database}","data":[{rows}]}}"#)
    };
    // Other tables of the database are no rows of the segment table.
    let others = format!(
        "[{},\n{},\n{}]",
        table("druid_audit", "druid", r#"{"id":"1","payload":"x"}"#),
        table("druid_segments", "druid", ROW),
        table("druid_rules", "druid", ""),
    );
    import(&others).1.code(0).stdout_has("1 new").stdout_has("1 of other tables");
    let two = others.replacen(
        &table("druid_rules", "druid", ""),
        &table("druid_rules", "staging", ""),
        1,
    );
    let (lopper, answer) = import(&two);
    answer.code(2).stderr_has("`druid`").stderr_has("`staging`");
    assert!(!lopper.store().exists());
}

#[test]
fn json_around_json_of_other_tools() {
    for text in [
        // DBeaver: a table, and a query.
        format!("{{\n\"druid_segments\": [\n\t{ROW}\n]}}\n"),
        format!("{{\"SELECT * FROM druid_segments\": [{ROW}]}}"),
        // HeidiSQL, and with the table behind.
        format!("{{\"table\": \"druid_segments\",\n\t\"rows\":\n\t[{ROW}]}}"),
        format!(
            "{{\"rows\":[{ROW}],\"table\":\"druid_segments\",\"n\":[1,[2]],\"x\":{{\"a\":\"}}\"}}}}"
        ),
        // MySQL Shell.
        format!(
            "{{\"hasData\":true,\"rows\":[{ROW}],\"executionTime\":\"0.0 sec\",\"warnings\":[]}}"
        ),
        // Several tables of one export.
        format!(
            "{{\"druid_config\":[{{\"name\":\"a\"}}],\"druid_segments\":[{ROW}],\"druid_rules\":[]}}"
        ),
    ] {
        let (lopper, answer) = import(&text);
        assert_eq!(answer.exit_code, 0, "{text}\n{answer}");
        answer.stdout_has("1 new");
        assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["1"], "{text}");
    }
}

#[test]
fn json_around_json_that_is_not_whole_or_not_certain_is_refused() {
    for (text, expected) in [
        (format!("{{\"rows\":[{ROW}],"), "ends inside the object that begins on line 1"),
        (format!("{{\"rows\":[{ROW},"), "ends inside the array that begins on line 1"),
        (format!("{{\"rows\":[{ROW}],\"payload\":\"x\"}}"), "is a row as well"),
        (format!("{{\"rows\":[{ROW},7]}}"), "other values than objects"),
        ("[[\"id\",\"used\"],[\"a\",1]]".to_owned(), "resultFormat"),
        ("[\"an_id\"]".to_owned(), "?full"),
        (format!("{{\"json_agg\":[{ROW}]}}"), "jq '.. | .\"json_agg\"? // empty'"),
        (
            format!("{{\"druid_segments\":[],\"druid_segments_old\":[{ROW}]}}"),
            "`druid_segments_old`",
        ),
        (
            "{\"druid_audit\":[{\"id\":1,\"payload\":\"x\"}]}".to_owned(),
            "neither druid_segments nor druid_rules",
        ),
    ] {
        let (lopper, answer) = import(&text);
        answer.code(2).stderr_has(expected);
        assert!(!lopper.store().exists(), "{text}");
    }
}

#[test]
fn answers_of_unused_segments() {
    let name = "18-unused-segments-api/unusedSegments.json";
    let (lopper, answer) = import(read(name));
    answer.code(0).stdout_has("1 new");
    assert_eq!(
        lopper.sql(
            "SELECT used, created_date, used_status_last_updated, dataSource FROM druid_segments"
        ),
        ["0|2024-01-25T16:06:44.196Z|2024-01-25T16:07:34.909Z|inline_rows"]
    );
    // The payload is the segment alone, as it came.
    let payload = lopper.sql("SELECT payload FROM druid_segments").remove(0);
    assert!(read(name).contains(&payload) && payload.starts_with("{\"dataSource\""), "{payload}");
    // What newer versions add is taken as well, and what nobody knows is named.
    let more = r#""createdDate":"2024-01-25T16:06:44.196Z","used":false,"numRows":7,"schemaFingerprint":"f","upgradedFromSegmentId":null,"#;
    let newer = read(name).replace("\"createdDate\":\"2024-01-25T16:06:44.196Z\",", more);
    let (lopper, answer) = import(&newer);
    answer.code(0);
    let columns = "SELECT used, num_rows, schema_fingerprint FROM druid_segments";
    assert_eq!(lopper.sql(columns), ["0|7|f"]);
    import(newer.replace("numRows", "colour")).1.code(2).stderr_has("`colour`");
}

const SEGMENT: &str = r#"{"dataSource":"w","interval":"2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z","version":"v1","loadSpec":{"type":"local","path":"/srv/a.zip"},"dimensions":"a,b","metrics":"c","shardSpec":{"type":"none"},"binaryVersion":9,"size":5,"identifier":"x"}"#;

#[test]
fn full_lists_of_the_api() {
    let status = SEGMENT.replacen('{', "{\"overshadowed\":true,", 1).replace(
        ",\"identifier\"",
        ",\"replicationFactor\":2,\"numRows\":11,\"realtime\":false,\"identifier\"",
    );
    for (text, num_rows) in [
        (format!("[{SEGMENT}]"), ""),
        (format!("[{status}]"), "11"),
        (
            format!(
                "{{\"name\":\"w\",\"properties\":{{\"created\":\"x\"}},\"segments\":[{SEGMENT}]}}"
            ),
            "",
        ),
        (format!("[{{\"name\":\"w\",\"properties\":{{}},\"segments\":[{SEGMENT}]}}]"), ""),
        (format!("{{\"metadata\":{SEGMENT},\"servers\":[\"a:8083\"]}}"), ""),
    ] {
        let (lopper, answer) = import(&text);
        assert_eq!(answer.exit_code, 0, "{text}\n{answer}");
        // The cluster's own status of a segment is no part of its payload.
        let found = lopper.sql("SELECT used, num_rows, payload FROM druid_segments");
        assert_eq!(found, [format!("1|{num_rows}|{SEGMENT}")], "{text}");
    }
    let realtime = SEGMENT.replacen('{', "{\"realtime\":true,", 1);
    import(&realtime).1.code(0).stdout_has("1 of other tables or not published");
}

#[test]
fn answers_that_hold_segments_otherwise_are_refused_with_the_way() {
    let by_id =
        format!(r#"{{"2024-01-01/2024-01-02":{{"w_1":{{"metadata":{SEGMENT},"servers":[]}}}}}}"#);
    import(&by_id).1.code(2).stderr_has("jq '[.. | .metadata? // empty]'");
    let failed =
        r#"{"error":"druidException","errorCode":"forbidden","errorMessage":"Unauthorized"}"#;
    import(failed).1.code(2).stderr_has("that it failed").stderr_has("Unauthorized");
}

/// One header and one row of CSV, between tabs and without quotes.
fn csv_to_tabs(csv: &str) -> String {
    let mut tabs = String::new();
    let mut quoted = false;
    let mut characters = csv.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                tabs.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => tabs.push('\t'),
            other => tabs.push(other),
        }
    }
    tabs
}

#[test]
fn sys_segments_of_old_clusters_and_of_the_console() {
    let lopper = Lopper::new();
    lopper.import(&report("20-sys-segments-old-and-csv/console.csv")).stdout_has("1 new");
    let load = "SELECT d.used, d.num_rows, s.load_type FROM druid_segments AS d JOIN segments AS s USING (id)";
    assert_eq!(lopper.sql(load), ["1|3|"]);
    // The old form has the load spec, and takes the place of what was made up.
    lopper.import(&report("20-sys-segments-old-and-csv/old.json")).stdout_has("1 updated");
    assert_eq!(lopper.sql(load), ["1|3|local"]);
    lopper.import(&report("20-sys-segments-old-and-csv/console.csv"));
    assert_eq!(lopper.sql(load), ["1|3|local"], "and is not overwritten");
    // The console's text between tabs, which has no quotes.
    let tabs = csv_to_tabs(&read("20-sys-segments-old-and-csv/console.csv"));
    import(&tabs).1.code(0).stdout_has("1 new");
    // Realtime segments are not published; a column that is lacking is named.
    let csv = read("20-sys-segments-old-and-csv/console.csv");
    import(csv.replace("3,1,1,1,0", "3,1,0,1,1"))
        .1
        .code(0)
        .stdout_has("1 of other tables or not published");
    import(csv.replace("is_published", "is_active2")).1.code(2).stderr_has("`is_active2`");
}

#[test]
fn sys_segments_that_contradict_their_payload_are_wrong() {
    let old = read("20-sys-segments-old-and-csv/old.json");
    let row: serde_json::Value = serde_json::from_str(&old).unwrap();
    let one = if row.is_array() { row[0].clone() } else { row };
    for (column, value) in [
        (
            "segment_id",
            serde_json::json!("other_2000-01-01T00:00:00.000Z_2000-01-02T00:00:00.000Z_v"),
        ),
        ("datasource", "other".into()),
        ("start", "2000-01-01T00:00:00.000Z".into()),
        ("end", "2100-01-01T00:00:00.000Z".into()),
        ("version", "other".into()),
        ("size", 77.into()),
    ] {
        let mut row = one.clone();
        row[column] = value;
        let answer = import(row.to_string()).1.code(1);
        let named = match column {
            "segment_id" => "column id",
            "datasource" => "column dataSource",
            other => other,
        };
        answer.stderr_has(named);
    }
    import(one.to_string()).1.code(0);
}

#[test]
fn ids_of_another_time_zone_stay_as_they_are() {
    let lopper = Lopper::new();
    lopper.import(&report("25-offset-ids/version_offset.jsonl")).stdout_has("1 new");
    lopper.import(&report("25-offset-ids/tz.jsonl")).stdout_has("1 new");
    let id = "ads_2017-05-01T00:00:00.000+08:00_2017-05-02T00:00:00.000+08:00_2017-05-02T03:04:05.006+08:00";
    let row = "SELECT id, start, \"end\", version, created_date FROM druid_segments WHERE dataSource = 'ads'";
    let expected = format!(
        "{id}|2017-04-30T16:00:00.000Z|2017-05-01T16:00:00.000Z|2017-05-02T03:04:05.006+08:00|2017-05-01T19:04:06.007Z"
    );
    assert_eq!(lopper.sql(row), [expected.as_str()]);
    // It can be named, is sound, and goes out as it came in.
    lopper.run(["mark-unused", "ads", "--id", id]).code(0).stdout_has("1");
    lopper.run(["explain", id]).code(0);
    lopper.run(["fsck"]).code(0);
    lopper.run(["export"]).code(0).stdout_has(id);
    lopper.import(&report("25-offset-ids/tz.jsonl")).stdout_has("1 updated");
    // The API tells of the same segment without its id.
    let payload = lopper.sql("SELECT payload FROM druid_segments WHERE dataSource = 'ads'");
    lopper.import(&lopper.file("api.json", format!("[{}]", payload[0]))).stdout_has("1 the same");
    assert_eq!(lopper.sql(row), [expected.as_str()]);
}

#[test]
fn an_id_of_another_instant_is_wrong_in_any_time_zone() {
    let row = read("25-offset-ids/tz.jsonl");
    for (from, to) in [
        ("ads_2017-05-01T00:00:00.000+08:00_", "ads_2017-05-01T00:00:00.000+07:00_"),
        ("\"id\":\"ads_", "\"id\":\"bds_"),
        (
            "_2017-05-02T03:04:05.006+08:00\",\"dataSource\"",
            "_2017-05-01T19:04:05.006Z\",\"dataSource\"",
        ),
        ("+08:00\",\"dataSource\"", "+08:00_1\",\"dataSource\""),
    ] {
        let wrong = row.replacen(from, to, 1);
        assert_ne!(wrong, row);
        import(&wrong).1.code(1).stderr_has("column id");
    }
}

#[test]
fn rows_that_people_make_by_hand() {
    let lopper = Lopper::new();
    lopper.import(&report("21-redborder-rows/row.json")).stdout_has("1 new");
    lopper.import(&report("21-redborder-rows/row.sql")).stdout_has("1 the same");
}
