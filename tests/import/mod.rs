//! Import: what happens to rows that are new, the same, different, wrong, or missing.

mod guarded;
mod halves;
mod left_behind;
mod several;
mod streams;
mod twice;

use std::fs;

use crate::support::{Lopper, sample, seg};

fn report(lopper: &Lopper, arguments: &[&str]) -> serde_json::Value {
    lopper.step(arguments)["import"].clone()
}

#[test]
fn every_sample_is_the_same_58_segments() {
    let lopper = Lopper::new();
    lopper.import(&sample("postgres_dump.sql"));
    let before = lopper.sql("SELECT * FROM druid_segments ORDER BY id");
    assert_eq!(before.len(), 58);
    for file in [
        "copy_segments.csv",
        "copy_segments.tsv",
        "postgres_dump_data_only.sql",
        "postgres_dump_column_inserts.sql",
        "export-metadata/druid_segments_raw.csv",
        "export-metadata/plain/druid_segments.csv",
        "export-metadata/hex_true/druid_segments.csv",
    ] {
        let path = sample(file);
        let found = report(&lopper, &["import", path.to_str().unwrap()]);
        assert_eq!(
            (&found["unchanged"], &found["updated"], &found["inserted"]),
            (&58.into(), &0.into(), &0.into()),
            "{file}"
        );
    }
    assert_eq!(lopper.sql("SELECT * FROM druid_segments ORDER BY id"), before);
}

#[test]
fn a_dump_without_stamps_leaves_segments_never_stamped() {
    let lopper = Lopper::new();
    lopper.import(&sample("export-metadata/plain/druid_segments.csv"));
    assert_eq!(
        lopper.sql("SELECT count(*) FROM druid_segments WHERE used_status_last_updated IS NULL"),
        ["58"]
    );
    // A dump with stamps brings them; one without does not take them away again.
    lopper.import(&sample("copy_segments.csv"));
    lopper.import(&sample("export-metadata/plain/druid_segments.csv"));
    assert_eq!(
        lopper.sql("SELECT count(*) FROM druid_segments WHERE used_status_last_updated IS NULL"),
        ["0"]
    );
}

#[test]
fn a_row_that_differs_is_updated_and_a_changed_state_is_in_the_ledger() {
    let lopper =
        Lopper::new().segments([seg("wiki", "2024-01-01/P1D"), seg("wiki", "2024-01-02/P1D")]);
    lopper.add_segments([seg("wiki", "2024-01-01/P1D").unused().stamp("2024-05-01T00:00:00.000Z")]);
    assert_eq!(
        lopper.sql("SELECT used, used_status_last_updated FROM druid_segments ORDER BY start"),
        [
            "0|2024-05-01T00:00:00.000Z",
            &lopper.sql("SELECT used, used_status_last_updated FROM druid_segments ORDER BY start")
                [1],
        ]
    );
    assert_eq!(
        lopper.sql("SELECT run, before, after, reason FROM changes"),
        ["2|used|unused|import"]
    );
}

#[test]
fn a_state_that_changes_without_a_stamp_is_never_stamped() {
    let lopper =
        Lopper::new().segments([seg("wiki", "2024-01-01/P1D").stamp("2024-02-01T00:00:00.000Z")]);
    let row = lopper.sql("SELECT id, payload FROM druid_segments").remove(0);
    let (id, payload) = row.split_once('|').unwrap();
    let dump = format!("id,used,payload\n{id},0,\"{}\"\n", payload.replace('"', "\"\""));
    lopper.import(&lopper.file("now-unused.csv", dump));
    assert_eq!(
        lopper.sql("SELECT used, used_status_last_updated IS NULL FROM druid_segments"),
        ["0|1"]
    );
}

#[test]
fn replace_removes_what_the_dump_does_not_have_and_no_file() {
    let lopper = Lopper::new().segments([
        "wiki 2024-01-01/P1D v1",
        "wiki 2024-01-02/P1D v1",
        "news 2024-01-02/P1D v1",
    ]);
    let rules = "[{\"type\":\"loadForever\"}]";
    let lopper = lopper.rules([("wiki", rules)]);
    let kept =
        lopper.sql("SELECT id, payload FROM druid_segments WHERE dataSource = 'news'").remove(0);
    let (id, payload) = kept.split_once('|').unwrap();
    let dump = lopper.file(
        "news.csv",
        format!("id,used,payload\n{id},1,\"{}\"\n", payload.replace('"', "\"\"")),
    );
    let all = ["import", "--replace", "--max-removed-percent", "100", dump.to_str().unwrap()];
    let found = report(&lopper, &all);
    assert_eq!((&found["removed"], &found["unchanged"]), (&2.into(), &1.into()));
    assert_eq!(lopper.sql("SELECT dataSource FROM druid_segments"), ["news"]);
    assert_eq!(
        lopper.sql("SELECT datasource, after, reason FROM changes"),
        ["wiki|gone|import --replace"; 2]
    );
    assert_eq!(
        lopper.sql("SELECT count(*) FROM druid_rules"),
        ["1"],
        "the dump has no rules, so none are removed"
    );
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
    assert_eq!(walk(&lopper.deep_storage()), 3, "files stay");
    // They may come back: lopper has not killed them.
    lopper.add_segments(["wiki 2024-01-01/P1D v1"]);
    assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["2"]);
}

fn walk(folder: &std::path::Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { walk(&path) } else { 1 })
        .sum()
}

#[test]
fn replace_is_refused_where_the_store_is_the_truth() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).authoritative();
    let dump = sample("copy_segments.csv");
    lopper.run(["import", "--replace", dump.to_str().unwrap()]).code(3).stderr_has("orphans");
    assert_eq!(lopper.sql("SELECT datasource FROM segments"), ["wiki"]);
    assert_eq!(lopper.sql("SELECT outcome FROM runs WHERE run = 2"), ["refused"]);
}

#[test]
fn bad_rows_refuse_the_whole_dump_and_are_all_told() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]);
    let good = lopper.sql("SELECT id, payload FROM druid_segments").remove(0);
    let (id, payload) = good.split_once('|').unwrap();
    let payload = payload
        .replace("2024-01-01", "2024-01-09")
        .replace("2024-01-02", "2024-01-10")
        .replace('"', "\"\"");
    let id = id.replace("2024-01-01", "2024-01-09").replace("2024-01-02", "2024-01-10");
    let dump = format!("id,used,payload\nbad,1,not JSON\n{id},1,\"{payload}\"\nworse,maybe,{{}}\n");
    let dump = lopper.file("bad.csv", dump);
    let dump = dump.to_str().unwrap();
    let answer = lopper.run(["import", dump]).code(1);
    answer
        .stderr_has("2 rows are wrong")
        .stderr_has("bad.csv:2: column payload:")
        .stderr_has("bad.csv:4: column used:");
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["1"]);

    let found = report(&lopper, &["import", "--skip-invalid", dump]);
    assert_eq!((&found["inserted"], &found["skippedInvalid"]), (&1.into(), &2.into()));
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["2"]);
}

#[test]
fn several_files_are_one_transaction() {
    let lopper = Lopper::new();
    let (good, bad) =
        (sample("copy_segments.csv"), lopper.file("bad.csv", "id,used,payload\nx,1,y\n"));
    lopper.run(["import", good.to_str().unwrap(), bad.to_str().unwrap()]).code(1);
    assert!(!lopper.store().exists());
    let lopper = lopper.segments(["wiki 2024-01-01/P1D v1"]);
    lopper.run(["import", good.to_str().unwrap(), bad.to_str().unwrap()]).code(1);
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["1"]);
}

#[test]
fn a_sys_segments_row_does_not_overwrite_a_real_payload() {
    let lopper = Lopper::new().segments([seg("wiki", "2024-01-01/P1D")]);
    let before = lopper.sql("SELECT payload, file FROM druid_segments JOIN segments USING (id)");
    let id = &lopper.sql("SELECT id FROM segments")[0];
    let version = &lopper.sql("SELECT version FROM segments")[0];
    let row = serde_json::json!({
        "segment_id": id, "datasource": "wiki", "start": "2024-01-01T00:00:00.000Z", "end": "2024-01-02T00:00:00.000Z",
        "size": 5, "version": version, "partition_num": 0, "num_rows": 7, "is_published": 1, "is_active": 1,
        "shard_spec": "{\"type\":\"numbered\",\"partitionNum\":0,\"partitions\":1}", "dimensions": "[]", "metrics": "[]",
    });
    lopper.import(&lopper.file("sys.jsonl", format!("{row}\n")));
    assert_eq!(
        lopper.sql("SELECT payload, file FROM druid_segments JOIN segments USING (id)"),
        before
    );
}

#[test]
fn a_row_that_cannot_be_read_is_not_a_missing_one() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1", "wiki 2024-01-02/P1D v1"]);
    let rows = lopper.sql("SELECT id FROM segments ORDER BY id");
    let dump = lopper.file("bad.csv", format!("id,used,payload\n{},1,not JSON\n", rows[0]));
    let arguments = ["import", "--replace", "--skip-invalid", dump.to_str().unwrap()];
    lopper.run(arguments).code(1).stderr_has("would count as a segment that is not there");
    assert_eq!(lopper.sql("SELECT id FROM segments ORDER BY id"), rows);
}

#[test]
fn a_dump_that_lacks_its_beginning_and_rows_behind_an_end_are_refused_with_their_lines() {
    let tsv = fs::read_to_string(sample("copy_segments.tsv")).unwrap();
    let dump = fs::read_to_string(sample("postgres_dump_data_only.sql")).unwrap();
    // Cut off within the block of a table, at the beginning of a row; and before it.
    let from = |table: &str, lines: usize| {
        let (_, rest) = dump.split_once(&format!("COPY public.{table} ")).unwrap();
        rest.lines().skip(lines).map(|line| format!("{line}\n")).collect::<String>()
    };
    let whole_block = format!("COPY public.druid_segments {}", from("druid_segments", 0));
    for (text, expected) in [
        (format!("{tsv}\\.\n{tsv}rubbish\n"), "stands behind line"),
        (from("druid_segments", 3), "the rest of a dump whose beginning is missing"),
        (from("druid_rules", 1), "the rest of a dump whose beginning is missing"),
        (whole_block, "its heading `-- PostgreSQL database dump` is missing"),
    ] {
        let lopper = Lopper::new();
        let file = lopper.file("dump", text);
        let file = file.to_str().unwrap();
        for flags in [&[][..], &["--skip-invalid"], &["--replace"]] {
            lopper.run(["import", file].iter().chain(flags)).code(2).stderr_has(expected);
        }
        assert!(!lopper.store().exists());
    }
}

#[test]
fn a_dump_that_is_not_there_leaves_no_store_behind() {
    let lopper = Lopper::new();
    lopper.run(["import", "nowhere.csv"]).code(2).stderr_has("cannot read the dump nowhere.csv");
    assert!(!lopper.store().exists());
}

#[test]
fn replace_meets_locks_as_a_mark_does() {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1", "news 2024-01-02/P1D v1"]);
    let row =
        lopper.sql("SELECT id, payload FROM druid_segments WHERE dataSource = 'news'").remove(0);
    let (id, payload) = row.split_once('|').unwrap();
    let dump = format!("id,used,payload\n{id},1,\"{}\"\n", payload.replace('"', "\"\""));
    let dump = lopper.file("news.csv", dump);
    lopper.sql(
        "INSERT INTO locks (datasource, start, \"end\", kind, owner)
         VALUES ('wiki', '2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z', 'read', 'a task')",
    );
    lopper.run(["import", "--replace", dump.to_str().unwrap()]).code(4).stderr_has("a task");
    assert_eq!(lopper.sql("SELECT count(*) FROM segments"), ["2"]);
}

/// It would make relatives of segments that are none, whose files then stay.
#[test]
fn an_upgraded_from_that_is_no_id_of_the_datasource_is_wrong() {
    let wiki = "w_2024-01-01T00:00:00.000Z_2024-01-02T00:00:00.000Z_v1";
    let payload = "\"{\"\"dataSource\"\":\"\"w\"\",\"\"interval\"\":\"\"2024-01-01T00:00:00.000Z/2024-01-02T00:00:00.000Z\"\",\"\"version\"\":\"\"v1\"\"}\"";
    let csv = |from: &str| {
        format!("id,used,payload,upgraded_from_segment_id\n{wiki},1,{payload},{from}\n")
    };
    let lopper = Lopper::new();
    for from in [
        "x_2024-01-01T00:00:00.000Z_2024-01-02T00:00:00.000Z_v0",
        "w",
        "w_2024-01-01T00:00:00.000Z_v0",
        "w_yesterday_today_v0",
        "0",
    ] {
        let file = lopper.file("dump.csv", csv(from));
        let answer = lopper.run(["import", file.to_str().unwrap()]).code(1);
        answer.stderr_has("column upgraded_from_segment_id").stderr_has("a segment of 'w'");
    }
    let parent = wiki.replace("v1", "v0");
    lopper.import(&lopper.file("dump.csv", csv(&parent)));
    assert_eq!(lopper.sql("SELECT upgraded_from_segment_id FROM druid_segments"), [parent]);
}
