//! What every deep storage must do alike. `cargo test` asks a directory and an S3 server; `.ci/storage` all of them.

use std::collections::BTreeSet;

use super::places::Place;
use crate::support::{Answer, Lopper, seg};

const FOLDER: &str = "segments/wiki/2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z/v1";

fn zip(number: usize) -> String {
    format!("{FOLDER}/{number}/index.zip")
}

/// Unused segments, one for each key, and their objects.
fn story(place: &Place, keys: &[String]) -> Lopper {
    let lopper = place.story();
    let objects: BTreeSet<_> = keys.iter().filter(|key| !key.ends_with('/')).collect();
    place.put(&lopper, objects);
    let segments: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(number, key)| {
            let day = seg("wiki", "2015-09-12/P1D").partition(number.try_into().unwrap());
            day.unused().load(place.spec(&lopper, key))
        })
        .collect();
    lopper.segments(segments)
}

fn run(place: &Place, lopper: &Lopper, arguments: &[&str]) -> Answer {
    let mut command = lopper.command(arguments);
    for (name, _) in std::env::vars() {
        if ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|store| name.starts_with(store)) {
            command.env_remove(name);
        }
    }
    command.envs(place.environment.iter().cloned()).env("NO_PROXY", "127.0.0.1");
    let answer = Answer::of(&mut command);
    place.environment.iter().fold(answer, |answer, (_, secret)| match secret.as_str() {
        "true" | "key" => answer,
        secret => answer.stderr_lacks(secret).stdout_lacks(secret),
    })
}

const KILL: &[&str] = &["kill", "wiki", "--yes"];

fn a_zip_goes_with_its_descriptor_and_neighbours_stay(place: &Place) {
    let lopper = story(place, &[zip(0)]);
    let stays = [format!("{FOLDER}/00/index.zip"), format!("{FOLDER}/1/index.zip")];
    place.put(&lopper, &stays);
    place.put(&lopper, [format!("{FOLDER}/0/descriptor.json")]);
    run(place, &lopper, KILL).code(0);
    assert_eq!(place.keys(&lopper), stays);
}

fn a_folder_goes_whole(place: &Place) {
    let folder = format!("{FOLDER}/0/index/");
    let lopper = story(place, std::slice::from_ref(&folder));
    let stays = ["00/index/00000.smoosh", "0x", "1/index.zip"].map(|key| format!("{FOLDER}/{key}"));
    place.put(&lopper, &stays);
    let inside = ["00000.smoosh", "sub/meta.smoosh", "version.bin"];
    place.put(&lopper, inside.map(|name| format!("{folder}{name}")));
    run(place, &lopper, KILL).code(0);
    assert_eq!(place.keys(&lopper), stays);
}

fn what_is_gone_already_counts_as_deleted(place: &Place) {
    let lopper = story(place, &[zip(0), zip(0), zip(1)]);
    run(place, &lopper, KILL).code(0);
    assert!(place.keys(&lopper).is_empty());
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["done"]);
    // Their files are gone, yet the rows come again.
    let lopper = story(place, &[zip(2)]);
    let again = seg("wiki", "2015-09-14/P1D").unused().load(place.spec(&lopper, &zip(3)));
    let lopper = lopper.segments([again]);
    run(place, &lopper, KILL).code(0);
    assert!(place.keys(&lopper).is_empty());
}

fn outside_of_the_place_nothing_goes(place: &Place) {
    let keys = [zip(0).replace("segments/", "segments2/"), zip(0).replace("segments/", "other/")];
    let lopper = story(place, &keys);
    run(place, &lopper, KILL).code(0);
    assert_eq!(place.keys(&lopper).len(), 2);
    assert_eq!(lopper.ids(false).len(), 2);
}

fn strange_names_name_the_very_object(place: &Place) {
    let names = ["a%2Fb", "a+b", "a b", "a%20b", "ä€", "a&b'\"", "2015:09"];
    let keys = names.map(|name| format!("{FOLDER}/{name}/index.zip"));
    let lopper = story(place, &keys);
    let stays = [format!("{FOLDER}/a%252Fb/index.zip"), format!("{FOLDER}/a/b/index.zip")];
    place.put(&lopper, &stays);
    assert_eq!(place.keys(&lopper).len(), names.len() + 2);
    run(place, &lopper, KILL).code(0);
    assert_eq!(place.keys(&lopper), stays);
}

/// More than a request takes, and more than a page of a listing holds.
fn more_than_a_thousand(place: &Place) {
    let keys: Vec<_> = (0..1_050).map(zip).collect();
    let lopper = story(place, &keys);
    let found = run(place, &lopper, &["fsck", "--deep-storage", "--output", "json"]).code(0).json();
    assert_eq!(found["deep_storage"]["listed"], 1_050);
    assert_eq!(found["findings"], serde_json::json!([]));
    run(place, &lopper, KILL).code(0);
    assert!(place.keys(&lopper).is_empty());
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions WHERE state = 'done'"), ["1050"]);
}

/// An orphan goes alone; a row without its file is found, and a killed one is not restored.
fn both_ways_are_compared(place: &Place) {
    let lopper = story(place, &[zip(0), zip(1)]);
    place.put(&lopper, [zip(7), format!("{FOLDER}/0/stray.zip")]);
    let repair = ["fsck", "--deep-storage", "--min-age", "PT0S", "--repair", "--yes"];
    let lopper = lopper.clock("2099-01-01T00:00:00.000Z");
    run(place, &lopper, &repair).code(0);
    assert_eq!(place.keys(&lopper), [zip(0), zip(1)]);
    assert_eq!(lopper.sql("SELECT DISTINCT kind, state FROM deletions"), ["orphan|done"]);
}

fn a_place_that_is_away_stops_a_kill_before_anything_moves(place: &Place) {
    let lopper = story(place, &[]);
    let gone = [0, 1].map(|number| {
        let segment = seg("wiki", "2015-09-12/P1D").partition(number).unused();
        segment.load(place.spec(&lopper, &zip(number.try_into().unwrap())))
    });
    let lopper = lopper.segments(gone);
    place.vanish(&lopper);
    for command in [KILL, &["kill", "--resume"]] {
        run(place, &lopper, command).code(1).stderr_has(&place.away(&lopper));
    }
    assert_eq!(lopper.ids(false).len(), 2);
    assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"]);
    place.come_back(&lopper);
    place.put(&lopper, [zip(0), zip(1)]);
    run(place, &lopper, KILL).code(0);
    assert!(place.keys(&lopper).is_empty());
    assert!(lopper.ids(false).is_empty());
}

/// Rows of shared files wait in the journal. Of those whose file is there, a restore brings them back.
fn a_restore_sees_which_files_are_there(place: &Place) {
    let lopper = place.story();
    place.put(&lopper, [zip(0)]);
    let shared = |number: usize| {
        let segment = |day: &str| seg("wiki", day).load(place.spec(&lopper, &zip(number)));
        [
            segment("2015-09-12/P1D").partition(number.try_into().unwrap()),
            segment("2015-09-13/P1D").partition(number.try_into().unwrap()).unused(),
        ]
    };
    let segments = [shared(0), shared(1)].concat();
    let lopper = lopper.segments(segments);
    run(place, &lopper, KILL).code(0);
    assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["deferred"]);
    let last = lopper.sql("SELECT max(run) FROM runs").remove(0);
    run(place, &lopper, &["kill", "--restore", &last]).code(0).stdout_has("1 not restored");
    let id = "wiki_2015-09-13T00:00:00.000Z_2015-09-14T00:00:00.000Z_v1";
    assert_eq!(lopper.ids(false), [id]);
    assert_eq!(place.keys(&lopper), [zip(0)]);
}

macro_rules! conformance {
    ($place:ident, $(#[$attribute:meta])*) => {
        mod $place {
            conformance!(@each $place, ($(#[$attribute])*),
                a_zip_goes_with_its_descriptor_and_neighbours_stay
                a_folder_goes_whole
                a_place_that_is_away_stops_a_kill_before_anything_moves
                what_is_gone_already_counts_as_deleted
                outside_of_the_place_nothing_goes
                strange_names_name_the_very_object
                more_than_a_thousand
                both_ways_are_compared
                a_restore_sees_which_files_are_there);
        }
    };
    (@each $place:ident, $attributes:tt, $($case:ident)*) => {
        $(conformance!(@one $place, $attributes, $case);)*
    };
    (@one $place:ident, ($(#[$attribute:meta])*), $case:ident) => {
        #[test]
        $(#[$attribute])*
        fn $case() {
            if let Some(place) = super::Place::$place() {
                super::$case(&place);
            }
        }
    };
}

conformance!(local,);
conformance!(s3,);
conformance!(google, #[ignore = "needs fake-gcs-server: .ci/storage"]);
conformance!(azure, #[ignore = "needs azurite: .ci/storage"]);
