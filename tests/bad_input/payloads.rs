//! Payloads that are none, or that belong to another row.

use serde_json::json;

use super::Case;
use crate::support::csv_row;

/// A dump with one row: segment `id` with its payload.
fn row(id: &str, payload: &str) -> String {
    format!("id,dataSource,used,payload\n{}", csv_row([id, "wiki", "t", payload]))
}

const ID: &str = "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v9";

/// The payload of `ID`, with one member set otherwise.
fn but(key: &str, value: serde_json::Value) -> String {
    let mut payload = json!({
        "dataSource": "wiki",
        "interval": "2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z",
        "version": "v9",
        "shardSpec": {"type": "numbered", "partitionNum": 0, "partitions": 0},
        "size": 1,
    });
    payload[key] = value;
    payload.to_string()
}

pub(super) fn payloads() -> Vec<Case> {
    let odd = |payload: &str, says| Case::dump(row(ID, payload), says);
    let deep = |open: &str, close: &str| [open.repeat(100_000), close.repeat(100_000)].concat();
    let shard = |number: i64| json!({"type": "numbered", "partitionNum": number, "partitions": 0});
    let huge = "x".repeat(50 << 20);
    vec![
        odd("", "column payload"),
        odd("not JSON", "input:2: column payload"),
        odd("{\"dataSource\": \"wiki\"", "column payload"),
        odd("[]", "column payload"),
        odd("null", "column payload"),
        odd("{}", "column payload"),
        odd("{\"a\": \"\u{1b}[31m\"}", "column payload"),
        odd(&deep("[", "]"), "column payload"),
        odd(&deep("{\"a\":", "}"), "column payload"),
        odd(&but("interval", json!("2015-09-12")), "column payload"),
        odd(&but("interval", json!("2015-09-13/2015-09-12")), "column payload"),
        odd(&but("interval", json!("\u{1b}[31m/..")), "\\u{1b}[31m"),
        odd(
            &but(
                "interval",
                json!({"deep": serde_json::from_str::<serde_json::Value>("[[[[1]]]]").unwrap()}),
            ),
            "column payload",
        ),
        odd(&but("dataSource", json!(null)), "expected dataSource"),
        odd(
            &but("dataSource", json!("koalas")),
            "column dataSource: expected 'koalas' by the payload, found 'wiki'",
        ),
        odd(&but("version", json!("v8")), "column id: expected '"),
        odd(&but("size", json!(-1)), "expected size of at least 0, found -1"),
        odd(&but("size", json!("large")), "size"),
        odd(&but("shardSpec", json!("numbered")), "column payload"),
        odd(&but("shardSpec", shard(-1)), "artition"),
        odd(&but("shardSpec", shard(1 << 40)), "column payload"),
        odd(&but("shardSpec", shard(3)), "column id: expected '"),
        odd(&but("loadSpec", json!("s3")), "column payload"),
        // 50 MB: of JSON that ends too early, and of a good payload in a wrong row.
        odd(&format!("{{\"dimensions\": \"{huge}"), "column payload"),
        Case::dump(row("wiki_other", &but("dimensions", json!(huge))), "column id: expected '"),
        Case::dump(row(&huge[..1 << 20], &but("size", json!(1))), "column id: expected '"),
    ]
}
