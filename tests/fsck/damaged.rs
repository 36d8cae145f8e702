//! Files in which single bytes have changed.

use std::fs;

use rusqlite::Connection;

use super::{FIRST, story};
use crate::support::{Chance, Lopper};

impl Lopper {
    /// All of the store in one file, whose bytes a test may change.
    fn settled(self) -> Self {
        self.sql("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE");
        self
    }

    /// Changes a letter of a text id where the index of the ids has it.
    fn flip_in_index(&self, id: &str) {
        let root: usize = self
            .sql("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_payload_1'")[0]
            .parse()
            .unwrap();
        let size: usize = self.sql("PRAGMA page_size")[0].parse().unwrap();
        let mut bytes = fs::read(self.store()).unwrap();
        let page = &mut bytes[(root - 1) * size..root * size];
        let at = page.windows(id.len()).position(|window| window == id.as_bytes()).unwrap();
        page[at + id.len() - 1] ^= 4;
        fs::write(self.store(), bytes).unwrap();
    }
}

#[test]
fn an_index_that_differs_from_its_table_is_found() {
    let lopper = story().settled();
    lopper.flip_in_index(FIRST);
    let report = lopper.run(["fsck", "--output", "json"]).code(1).json();
    assert_eq!(report["findings"][0]["code"], "damaged-file", "{report:#}");
    assert_eq!(report["findings"][0]["severity"], "error");
    // Whoever is in a hurry does not compare them.
    lopper.run(["fsck", "--quick"]).code(0).stdout_has("nothing found");
    // An import does not find the segment, and doubles it.
    lopper.import(&lopper.path("segments.csv"));
    let report = lopper.run(["fsck", "--quick", "--output", "json"]).code(1).json();
    let found = report["findings"].as_array().unwrap();
    for code in ["twin-segment", "twin-id"] {
        let twin = found.iter().find(|one| one["code"] == code).unwrap();
        assert_eq!(twin["examples"], serde_json::json!([format!("{FIRST}: 2 rows")]), "{report:#}");
    }
}

#[test]
fn no_changed_byte_that_sqlite_finds_is_called_sound() {
    let sound = story().settled();
    let bytes = fs::read(sound.store()).unwrap();
    let mut chance = Chance(16);
    let mut found = 0;
    for _ in 0..50 {
        let mut damaged = bytes.clone();
        // The header is looked at whenever a store is opened.
        let written = |at: &usize| *at >= 100 && bytes[*at] != 0;
        let at = (0..).map(|_| chance.below(bytes.len())).find(written).unwrap();
        damaged[at] ^= 1 << chance.below(8);
        let lopper = Lopper::new();
        fs::write(lopper.store(), &damaged).unwrap();
        let verdict = Connection::open(lopper.store()).unwrap().query_row(
            "PRAGMA integrity_check",
            [],
            |row| row.get::<_, String>(0),
        );
        let answer = lopper.run(["fsck"]);
        assert!([0, 1].contains(&answer.exit_code), "byte {at}: {answer}");
        if verdict.is_err() || verdict.is_ok_and(|text| text != "ok") {
            found += 1;
            assert_eq!(answer.exit_code, 1, "byte {at}: {answer}");
        }
    }
    assert!(found > 5, "only {found} were damaged");
}

#[test]
fn sizes_beyond_64_bits_are_told_and_stop_nothing() {
    let lopper = story();
    lopper.sql("UPDATE segment SET size = 9223372036854775807");
    let report = lopper.run(["fsck", "--output", "json"]).json();
    let codes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(codes.contains(&"sizes-beyond-64-bits"), "{codes:?}");
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
}

/// SQLite believes the schema that it reads: a column of another name is one that nobody has written, until a statement
/// fails.
#[test]
fn a_changed_letter_in_the_schema_is_found() {
    let sound = story().settled();
    let bytes = fs::read(sound.store()).unwrap();
    let mut told = 0;
    // None where SQLite cannot even read it.
    let schema = |lopper: &Lopper| {
        let connection = Connection::open(lopper.store()).unwrap();
        let all = "SELECT group_concat(sql) FROM sqlite_schema";
        connection.query_row(all, [], |row| row.get::<_, String>(0)).ok()
    };
    for (text, kind) in [
        ("load_type       TEXT", "table segment"),
        ("core_partitions INTEGER, ", "table segment"),
        ("claimed_by TEXT", "table deletion"),
        ("segment_interval ON segment (", "index segment_interval"),
        ("iif(j.missing, 'missing'", "view deletions"),
        ("'used must be 0 or 1'", "trigger druid_segments_mark"),
    ] {
        let places = bytes.windows(text.len()).enumerate();
        let places = places.filter(|(_, window)| *window == text.as_bytes());
        for (at, _) in places {
            let mut damaged = bytes.clone();
            damaged[at + 3] ^= 1;
            let lopper = Lopper::new();
            fs::write(lopper.store(), &damaged).unwrap();
            // Old text in the free part of a page is nobody's.
            if schema(&lopper) == schema(&sound) {
                continue;
            }
            told += 1;
            let answer = lopper.run(["fsck", "--output", "json"]);
            assert_eq!(answer.exit_code, 1, "{text} at {at}: {answer}");
            let report = answer.json();
            // What SQLite cannot even parse is no report but an error.
            let Some(findings) = report["findings"].as_array() else { continue };
            let found = findings.iter().find(|one| one["code"] == "schema-differs");
            let found = found.unwrap_or_else(|| panic!("{text} at {at}: {report:#}"));
            let example = found["examples"][0].as_str().unwrap();
            assert!(example.contains(kind), "{text} at {at}: {example}");
        }
    }
    assert!(told >= 6, "only {told} places were changed");
}

#[test]
fn what_people_add_to_a_store_is_no_damage() {
    let lopper = story();
    lopper.sql(
        "CREATE TABLE mine (id INTEGER PRIMARY KEY, note TEXT);
         CREATE INDEX mine_note ON mine (note);
         CREATE INDEX segment_mine ON segment (size);
         CREATE VIEW big AS SELECT id FROM segments WHERE size > 1000000;
         CREATE TRIGGER mine_kept AFTER DELETE ON mine BEGIN SELECT 1; END",
    );
    lopper.run(["fsck"]).code(0).stdout_has("nothing found");
}
