//! The deletion journal.

use super::FIRST;
use crate::support::{Lopper, seg};

/// Kills one of two segments that share a file: the journal has a deferred row.
fn deferred() -> Lopper {
    let one = seg("wiki", "2015-09-12/P1D").unused().local("shared.zip");
    let lopper = Lopper::new().authoritative();
    lopper.add_segments([one, seg("wiki", "2015-09-13/P1D").local("shared.zip")]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    lopper.finds([]);
    lopper
}

/// Makes the deferred file one that nobody shares.
const ALONE: &str = "UPDATE deletion SET file = 'file:/elsewhere', file_hash = 1;";

#[test]
fn a_file_that_would_not_go_is_told_with_its_error() {
    deferred()
        .damage(&format!(
            "{ALONE} UPDATE deletion SET state = 'pending', attempts = 2, last_error = 'no permission'"
        ))
        .finds(["pending-file"])
        .first("warning", &format!("{FIRST}: tried 2 times, last error: no permission"));
    deferred()
        .damage(&format!("{ALONE} UPDATE deletion SET state = 'pending'"))
        .finds(["pending-file"])
        .first("warning", &format!("{FIRST}: never tried"));
}

#[test]
fn a_file_that_waits_for_nothing_is_told() {
    deferred().damage(ALONE).finds(["deferred-alone"]).first("info", FIRST);
}

#[test]
fn a_file_waits_for_living_relatives() {
    let lopper = deferred().damage(ALONE);
    let other = "wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1";
    for (table, parent) in [("deletion", other), ("payload", FIRST)] {
        lopper.sql(&format!("UPDATE {table} SET upgraded_from_segment_id = '{parent}'"));
        lopper.finds([]);
        lopper.sql(&format!("UPDATE {table} SET upgraded_from_segment_id = NULL"));
    }
    lopper.sql("UPDATE deletion SET upgraded_from_segment_id = 'parent'");
    lopper.finds(["deferred-alone"]);
    lopper.sql("UPDATE payload SET upgraded_from_segment_id = 'parent'");
    lopper.finds([]);
}

#[test]
fn a_file_that_is_to_go_though_a_segment_names_it_is_an_error() {
    let lopper = deferred().damage("UPDATE deletion SET state = 'pending'");
    let found = lopper.finds(["pending-but-living", "pending-file"]);
    let example = found.0[0]["examples"][0].as_str().unwrap();
    assert!(example.starts_with(&format!("{FIRST}: file:/")), "{example}");
    assert!(example.ends_with("shared.zip is also the file of 'wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1'"), "{example}");
}

#[test]
fn a_closed_row_with_a_payload_is_found() {
    deferred()
        .damage("UPDATE deletion SET state = 'done', closed_ms = 0")
        .finds(["done-with-payload"])
        .first("warning", FIRST);
}
