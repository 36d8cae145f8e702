//! By ids: one, several, and more than fit on a command line.

use crate::support::{Lopper, NOW};

const DAY: &str = "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1";
const NEXT_DAY: &str = "wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1";
const FOREIGN: &str = "other_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1";

fn store() -> Lopper {
    Lopper::new().segments([
        "wiki 2015-09-12/P1D v1",
        "wiki 2015-09-12/P1D v1 p1",
        "wiki 2015-09-13/P1D v1",
        "other 2015-09-12/P1D v1",
    ])
}

#[test]
fn one_id_changes_that_segment_alone() {
    let lopper = store();
    let step = lopper.step(["mark-unused", "wiki", "--id", DAY]);
    assert_eq!(
        (&step["selected"], &step["numChangedSegments"], &step["segmentStateChanged"]),
        (&1.into(), &1.into(), &true.into())
    );
    assert_eq!(lopper.ids(false), [DAY]);
    assert_eq!(
        lopper.sql("SELECT id, before, after, reason, op FROM changes"),
        [format!("{DAY}|used|unused|id|mark-unused")]
    );
}

#[test]
fn several_ids_change_once_each() {
    let lopper = store();
    let step = lopper.step(["mark-unused", "wiki", "--id", DAY, NEXT_DAY, DAY]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&2.into(), &2.into()));
    assert_eq!(lopper.ids(false), [DAY, NEXT_DAY]);
    assert_eq!(lopper.sql("SELECT DISTINCT reason FROM changes"), ["ids"]);
}

/// Druid's mark-used by ids fails as a whole when one id is unknown; here both marks take what there is.
#[test]
fn unknown_and_foreign_ids_are_reported_and_hinder_nothing() {
    let lopper = store();
    let step = lopper.step(["mark-unused", "wiki", "--id", "no such id", DAY, FOREIGN]);
    assert_eq!(step["numChangedSegments"], 1);
    assert_eq!(step["notFound"], serde_json::json!(["no such id", FOREIGN]));
    assert_eq!(lopper.ids(false), [DAY]);

    let arguments =
        ["mark-used", "wiki", "--include-overshadowed", "--id", "no such id", DAY, FOREIGN];
    let step = lopper.step(arguments);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&1.into(), &1.into()));
    assert_eq!(lopper.ids(false), [""; 0]);
}

#[test]
fn an_id_alone_that_is_unknown_is_no_error() {
    let lopper = store();
    let before = lopper.states();
    let step = lopper.step(["mark-used", "wiki", "--id", FOREIGN]);
    assert_eq!(
        (&step["numChangedSegments"], &step["segmentStateChanged"], &step["notFound"]),
        (&0.into(), &false.into(), &serde_json::json!([FOREIGN]))
    );
    lopper.run(["mark-used", "wiki", "--id", FOREIGN]).code(0).stdout_has("not found: other_2015");
    assert_eq!(lopper.states(), before);
}

/// A list that is out of date must not look like success.
#[test]
fn unknown_ids_are_a_warning_with_examples() {
    let lopper = store();
    let told = |arguments: &[&str]| lopper.step(arguments)["warnings"].take();
    let one = |message: &str| serde_json::json!([{"code": "unknown-ids", "message": message}]);
    assert_eq!(told(&["mark-unused", "wiki", "--id", DAY, NEXT_DAY]), serde_json::json!([]));
    assert_eq!(
        told(&["mark-used", "wiki", "--id", FOREIGN]),
        one(&format!("the id names no segment of datasource 'wiki': '{FOREIGN}'"))
    );
    assert_eq!(
        told(&["mark-unused", "w*", "--id", "a", DAY, "a"]),
        one("1 of 2 ids names no segment of datasource 'w*': 'a'")
    );
    lopper.file("ids.txt", format!("a\nb\n{DAY}\nc\nd\ne\n"));
    let many = "5 of 6 ids name no segment of datasource 'wiki': 'a', 'b', 'c' and 2 more";
    assert_eq!(told(&["mark-unused", "wiki", "--ids-from", "ids.txt", "--dry-run"]), one(many));
    let lopper = lopper.job(
        "nightly",
        "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nids_from = '../ids.txt'\n",
    );
    lopper.run(["run", "nightly"]).code(0).stderr_has(&format!(" WARN {many}"));
    assert_eq!(lopper.sql("SELECT code FROM warnings WHERE name = 'nightly'"), ["unknown-ids"]);
}

#[test]
fn ids_come_from_a_file_one_a_line() {
    let lopper = store();
    lopper.file("ids.txt", format!("\n  {DAY}  \r\n\n{NEXT_DAY}\n{FOREIGN}"));
    let step = lopper.step(["mark-unused", "wiki", "--ids-from", "ids.txt"]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&2.into(), &2.into()));
    assert_eq!(step["notFound"], serde_json::json!([FOREIGN]));
    assert_eq!(lopper.ids(false), [DAY, NEXT_DAY]);
}

#[test]
fn a_file_without_ids_is_a_mistake() {
    let lopper = store();
    lopper.file("empty.txt", "\n  \n");
    lopper.file("latin1.txt", b"caf\xe9\n");
    lopper.store_unchanged(|lopper| {
        for (file, message) in [
            ("empty.txt", "empty.txt holds no segment id"),
            ("latin1.txt", "cannot read the ids from latin1.txt"),
            ("missing.txt", "cannot read the ids from missing.txt"),
        ] {
            lopper.run(["mark-unused", "wiki", "--ids-from", file]).code(2).stderr_has(message);
        }
    });
}

#[test]
fn ids_by_the_hundred_thousand_come_from_a_file_and_from_standard_input() {
    const MANY: usize = 100_000;
    let lopper = store();
    lopper.sql(
        "INSERT INTO segment (datasource_id, start_ms, end_ms, version, partition_num, used, used_updated_ms, size, shard_type, core_partitions)
         SELECT (SELECT id FROM datasource WHERE name = 'wiki'), 0, 1, 'many', j.value, 1, 5, 1, 'numbered', 0
           FROM generate_series(1, 100000) AS j;"
            .replace("generate_series(1, 100000)", "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 100000) SELECT value FROM n)")
            .as_str(),
    );
    lopper.sql(
        "INSERT INTO payload (segment_id, id, partitioned, payload)
         SELECT id, 'wiki_1970-01-01T00:00:00.000Z_1970-01-01T00:00:00.001Z_many_' || partition_num, 1, '{}'
           FROM segment WHERE version = 'many'",
    );
    let ids = lopper.sql("SELECT id FROM payload WHERE id LIKE '%_many_%'").join("\n");
    let file = lopper.file("ids.txt", &ids);

    let step = lopper.step(["mark-unused", "wiki", "--ids-from", file.to_str().unwrap()]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&MANY.into(), &MANY.into()));
    let stamped = format!(
        "SELECT count(*) FROM druid_segments WHERE NOT used AND used_status_last_updated = '{NOW}'"
    );
    assert_eq!(lopper.sql(&stamped), [MANY.to_string()]);

    let arguments =
        ["mark-used", "wiki", "--ids-from", "-", "--include-overshadowed", "--output", "json"];
    let answer = lopper.run_with_input(arguments, &ids).code(0);
    assert_eq!(answer.json()["steps"][0]["numChangedSegments"], MANY);
    assert_eq!(lopper.ids(false), [""; 0]);
}
