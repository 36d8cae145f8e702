//! Who shares a file, and segments that are gone.

use serde_json::{Value, json};

use super::id;
use crate::support::{Lopper, NOW, csv, seg};

fn relatives(told: &Value) -> Vec<(&str, &str, &str)> {
    let shared = told["files"]["sharedWith"].as_array().unwrap().iter();
    shared
        .map(|one| {
            let text = |member: &str| one[member].as_str().unwrap();
            (text("id"), text("how"), text("state"))
        })
        .collect()
}

#[test]
fn relatives_are_listed_with_their_states() {
    let [a, b, c, d, e, f] = ["12", "13", "14", "15", "16", "17"].map(|day| {
        let day = format!("2015-09-{day}");
        (seg("wiki", &format!("{day}/P1D")), id(&day, "v1"))
    });
    let lopper = Lopper::new().authoritative().segments([
        a.0.unused().local("wiki/a.zip"),
        b.0.unused().local("wiki/b.zip").upgraded_from(&a.1),
        c.0.upgraded_from(&a.1).local("wiki/c.zip"),
        d.0.upgraded_from(&b.1).local("wiki/d.zip"),
        e.0.local("wiki/b.zip"),
        f.0.local("wiki/f.zip"),
    ]);
    let told = lopper.explain(&[&b.1]);
    assert_eq!(
        relatives(&told),
        [
            (a.1.as_str(), "parent", "unused"),
            (&d.1, "child", "used"),
            (&e.1, "same file", "used"),
            (&c.1, "sibling", "used"),
        ]
    );
    assert!(told["files"]["meaning"].as_str().unwrap().contains("defers"), "{told}");
    let told = lopper.explain(&[&f.1]);
    assert_eq!(
        (relatives(&told), &told["files"]["meaning"]),
        (vec![], &"its file goes with it".into())
    );
    // What it says is what happens.
    lopper.run(["kill", "wiki", "--yes", "--interval", "2015-09-13/P1D"]).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"]);
    let told = lopper.explain(&[&e.1]);
    assert!(relatives(&told).contains(&(&b.1, "same file", "killed, file deferred")), "{told}");
    // A relative of what the journal holds open keeps the file as well.
    assert!(relatives(&told).contains(&(&d.1, "child", "used")), "{told}");
}

/// Siblings that are all unused keep each other's file until the last of them is killed.
#[test]
fn unused_siblings_take_the_file_with_them() {
    let [a, b, c] = ["12", "13", "14"].map(|day| {
        let day = format!("2015-09-{day}");
        (seg("wiki", &format!("{day}/P1D")).unused(), id(&day, "v1"))
    });
    let lopper = Lopper::new().authoritative().segments([
        a.0.local("wiki/a.zip"),
        b.0.local("wiki/a.zip").upgraded_from(&a.1),
        c.0.local("wiki/a.zip").upgraded_from(&a.1),
    ]);
    let meaning = || lopper.explain(&[&b.1])["files"]["meaning"].take();
    assert_eq!(
        meaning(),
        "its file goes with the last of its 2 living relatives, which are all unused too; until that is killed, a kill defers the file"
    );
    lopper.run(["mark-used", "wiki", "--id", &c.1]).code(0);
    assert_eq!(
        meaning(),
        "a kill defers the file until the last of its living relatives (2) is gone"
    );
    lopper.run(["mark-unused", "wiki", "--id", &c.1]).code(0);
    lopper.run(["kill", "wiki", "--yes", "--interval", "2015-09-12/P1D"]).code(0);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"]);
    assert_eq!(
        meaning(),
        "its file goes with its living relative, which is unused too; until that is killed, a kill defers the file"
    );
    // What it says is what happens.
    let all = ["kill", "wiki", "--yes", "--buffer-period", "PT0S"];
    lopper.run(all).code(0);
    assert_eq!((lopper.deep_files(), lopper.ids(false)), (vec![], vec![]));
}

#[test]
fn a_killed_segment_tells_what_became_of_its_file() {
    let lopper = Lopper::new().authoritative().segments([
        seg("wiki", "2015-09-12/P1D").unused(),
        seg("wiki", "2015-09-13/P1D").unused().local("wiki/shared.zip"),
        seg("wiki", "2015-09-14/P1D").local("wiki/shared.zip"),
    ]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    let told = lopper.explain(&[&id("2015-09-12", "v1")]);
    assert_eq!((&told["kind"], &told["how"]), (&"gone".into(), &"killed".into()));
    assert_eq!((&told["change"]["run"], &told["change"]["started"]), (&2.into(), &NOW.into()));
    assert_eq!(told["change"]["reason"], "kill after P30D unused");
    assert_eq!(
        told["journal"],
        json!({"state": "done", "attempts": 1, "moved": NOW, "closed": NOW})
    );
    let told = lopper.explain(&[&id("2015-09-13", "v1")]);
    assert_eq!(told["journal"]["state"], "deferred");
    assert_eq!(relatives(&told), [(id("2015-09-14", "v1").as_str(), "same file", "used")]);
    lopper
        .run(["explain", &id("2015-09-13", "v1")])
        .code(0)
        .stdout_has("gone: killed")
        .stdout_has("waits for the last living relative");
}

#[test]
fn a_replaced_segment_tells_which_import_took_it_out() {
    let lopper = Lopper::new().segments(["wiki 2015-09-12/P1D v1", "wiki 2015-09-13/P1D v1"]);
    let rest = csv(&[seg("wiki", "2015-09-13/P1D")], &lopper.deep_storage());
    let rest = lopper.file("rest.csv", rest);
    lopper
        .run(["import", "--replace", "--max-removed-percent", "100", rest.to_str().unwrap()])
        .code(0);
    let told = lopper.explain(&[&id("2015-09-12", "v1")]);
    assert_eq!((&told["how"], &told["journal"]), (&"replaced".into(), &Value::Null));
    assert_eq!((&told["change"]["op"], &told["change"]["run"]), (&"import".into(), &2.into()));
}
