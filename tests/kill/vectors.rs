//! What Druid's own code chooses to kill, by interval, versions and buffer.

use lopper::druid::{Instant, Interval};
use lopper::store::{Missing, Store, sql};
use rusqlite::{Connection, ToSql};
use serde_json::{Value, json};

const CASES: &str = include_str!("../vectors/kill-selection.json");

fn millis(instant: &Value) -> Option<i64> {
    instant.as_str().map(|text| Instant::parse(text).unwrap().millis())
}

/// The rows of a case, as an import would have left them.
fn fill(connection: &Connection, case: &Value) {
    connection.execute_batch("DELETE FROM segment; DELETE FROM datasource;").unwrap();
    for segment in case["segments"].as_array().unwrap() {
        let interval = Interval::parse(segment["interval"].as_str().unwrap()).unwrap();
        let datasource = segment["dataSource"].as_str().unwrap();
        connection
            .execute("INSERT OR IGNORE INTO datasource (name) VALUES (?1)", [datasource])
            .unwrap();
        connection
            .execute(
                "INSERT INTO segment (datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size, shard_type, load_type)
                 SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, 1, 'numbered', 'local' FROM datasource WHERE name = ?1",
                (
                    datasource,
                    interval.start.millis(),
                    interval.end.millis(),
                    segment["version"].as_str(),
                    segment["shardSpec"]["partitionNum"].as_i64().unwrap_or(0),
                    segment["used"].as_bool(),
                    millis(&segment["used_status_last_updated"]),
                ),
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO payload (segment_id, id, partitioned, file, file_hash, payload) VALUES (last_insert_rowid(), ?1, 1, 'file:/deep/' || ?1, 1, '{}')",
                [segment["id"].as_str()],
            )
            .unwrap();
    }
}

/// Runs the program's own statement on a case; answers the ids that it chooses, in its order.
fn chosen(store: &Store, case: &Value) -> Vec<String> {
    let select = &case["select"];
    let interval = Interval::parse(select["interval"].as_str().unwrap()).unwrap();
    // Without a buffer Druid takes whatever is unused.
    let unused_by = millis(&select["max_used_status_last_updated"]).unwrap_or(i64::MAX);
    let versions = select["versions"].as_array().map(|versions| json!(versions).to_string());
    let query = "SELECT coalesce(json_group_array(id), '[]') FROM datasource WHERE name = ?1";
    let datasources: String = store
        .connection
        .query_row(query, [select["datasource"].as_str()], |row| row.get(0))
        .unwrap();
    store
        .batch("", "CREATE TEMP TABLE IF NOT EXISTS batch (segment_id INTEGER PRIMARY KEY); DELETE FROM temp.batch;")
        .unwrap();
    store
        .batch("", "CREATE TEMP TABLE IF NOT EXISTS candidate (position INTEGER PRIMARY KEY, segment_id INTEGER NOT NULL); DELETE FROM temp.candidate;")
        .unwrap();
    store.batch("", sql::select::KEPT_TABLE).unwrap();
    store.batch("", sql::lock::RANGE_TABLE).unwrap();
    let places = json!([{"type": "local", "prefix": "file:/deep/"}]).to_string();
    let (start, end) = (interval.start.millis(), interval.end.millis());
    let asked: [(&str, &dyn ToSql); 8] = [
        (":datasources", &datasources),
        (":start_ms", &start),
        (":end_ms", &end),
        (":versions", &versions),
        (":unused_by_ms", &unused_by),
        (":ended_by_ms", &None::<i64>),
        (":places", &places),
        (":skip_locked", &true),
    ];
    let limit = select["limit"].as_i64().unwrap_or(i64::MAX);
    let list = [&asked[..], &[(":limit", &limit as &dyn ToSql)]].concat();
    store.execute("", sql::select::KILL_CANDIDATES, &list).unwrap();
    let batch =
        [&asked[..], &[(":after", &0_i64 as &dyn ToSql), (":upto", &i64::MAX as &dyn ToSql)]];
    store.execute("", sql::select::KILLABLE, &batch.concat()).unwrap();
    let query = "SELECT p.id FROM temp.batch JOIN payload AS p USING (segment_id) ORDER BY p.id";
    store.rows("", query, &[], |row| row.get(0)).unwrap()
}

/// Druid's answer, but for two things that lopper's contract says otherwise: rows that were never stamped are
/// not taken, and the limit counts what is chosen, oldest end first.
fn expected(case: &Value) -> Vec<String> {
    let ids = |of: &Value, key: &str| -> Vec<String> {
        of.as_array()
            .unwrap()
            .iter()
            .map(|one| if key.is_empty() { one } else { &one[key] }.as_str().unwrap().to_owned())
            .collect()
    };
    let limit = case["select"]["limit"].as_u64();
    let stamped: Vec<_> = case["segments"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| !one["used_status_last_updated"].is_null())
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    let mut chosen = match limit {
        None => ids(&case["chosen"], ""),
        Some(limit) => oldest_within(case, usize::try_from(limit).unwrap()),
    };
    chosen.retain(|id| stamped.contains(&id.as_str()));
    chosen.sort();
    chosen
}

/// The first of the rows that a case without its limit would choose.
fn oldest_within(case: &Value, limit: usize) -> Vec<String> {
    let asked = Interval::parse(case["select"]["interval"].as_str().unwrap()).unwrap();
    let mut found: Vec<_> = case["segments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                Interval::parse(one["interval"].as_str().unwrap()).unwrap(),
                one["id"].as_str().unwrap(),
            )
        })
        .filter(|(interval, _)| asked.contains(*interval))
        .collect();
    found.sort_by_key(|(interval, _)| interval.end);
    found.into_iter().take(limit).map(|(_, id)| id.to_owned()).collect()
}

/// What is listed and what is deleted must be decided alike. (The batch also asks whether the versions that are to be kept
/// are still there.)
#[test]
fn the_list_and_the_batch_ask_the_same() {
    let conditions = |statement: &'static str| {
        let from = statement.find("AND s.datasource_id IN").unwrap();
        let to = statement.find(" ORDER BY").unwrap_or(statement.len());
        let conditions = statement[from..to].trim_end_matches([';', '\n', ' ']).to_owned();
        match conditions.split_once("   -- Where one of the versions to keep") {
            None => conditions,
            Some((before, again)) => {
                let (_, behind) = again.split_once("n.used = 0)))\n").unwrap();
                format!("{before}{behind}")
            }
        }
    };
    assert_eq!(conditions(sql::select::KILL_CANDIDATES), conditions(sql::select::KILLABLE));
}

#[test]
fn every_vector_of_kill_selection() {
    let folder = tempfile::TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("lopper.db"), Missing::Create).unwrap();
    store.batch("", "PRAGMA synchronous = off").unwrap();
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    assert_eq!(cases.len(), 209);
    for case in &cases {
        store.begin().unwrap();
        fill(&store.connection, case);
        let chosen = chosen(&store, case);
        store.roll_back();
        assert_eq!(chosen, expected(case), "{}", case["name"]);
    }
}
