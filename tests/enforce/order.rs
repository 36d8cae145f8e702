//! The passes, their order, and the reasons in the ledger.

use serde_json::json;

use super::{DROP_ALL, KEEP_ALL};
use crate::support::{Lopper, Segment, csv, seg};

const RULES: &str = r#"[
    {"type":"loadByInterval","interval":"2015-01-01/2015-02-01"},
    {"type":"broadcastByPeriod","period":"P1M"},
    {"type":"dropBeforeByPeriod","period":"P90D"},
    {"type":"loadForever"}]"#;

/// An instant at both ends of time: a tombstone there hides nothing that is not older.
fn eternal_tombstone(datasource: &str) -> Segment {
    seg(datasource, "-146136543-09-08T08:23:32.096Z/2000-01-01").version("tomb").tombstone()
}

/// Something for each pass.
fn store() -> Lopper {
    Lopper::new()
        .segments([
            seg("wiki", "2015-01-01/P1D").version("v1"),
            seg("wiki", "2015-01-01/P1D").version("v2"),
            seg("wiki", "2016-01-01/P1D").version("old"),
            seg("wiki", "2024-05-31/P1D").version("new"),
            seg("own", "2016-01-01/P1D").version("v3"),
            eternal_tombstone("own2"),
        ])
        .rules([("_default", RULES), ("own", DROP_ALL), ("own2", KEEP_ALL)])
}

const OVERSHADOWED: &str =
    "wiki v1 overshadowed by wiki_2015-01-01T00:00:00.000Z_2015-01-02T00:00:00.000Z_v2";
const RULE: [&str; 2] =
    ["own v3 rule 1 dropForever", "wiki old rule 3 dropBeforeByPeriod P90D (_default)"];
const TOMBSTONE: &str = "own2 tomb tombstone";

#[test]
fn every_change_has_its_reason() {
    let lopper = store();
    let step = lopper.enforce(&[]);
    assert_eq!(lopper.reasons(), [RULE[0], TOMBSTONE, RULE[1], OVERSHADOWED]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&json!(6), &json!(4)));
    assert_eq!(
        step["enforce"]["byReason"],
        json!([
            {"datasource": "own", "reason": "rule 1 dropForever", "segments": 1, "size": 1000},
            {"datasource": "own2", "reason": "tombstone", "segments": 1, "size": 1000},
            {"datasource": "wiki", "reason": "overshadowed", "segments": 1, "size": 1000},
            {"datasource": "wiki", "reason": "rule 3 dropBeforeByPeriod P90D (_default)", "segments": 1, "size": 1000},
        ])
    );
    assert_eq!(step["byDatasource"][2], json!({"datasource": "wiki", "segments": 2, "size": 2000}));
    // What is marked is stamped with the wall clock.
    let stamps = "SELECT DISTINCT used_status_last_updated FROM druid_segments WHERE used = 0";
    assert_eq!(lopper.sql(stamps), ["2024-06-01T12:00:00.000Z"]);
}

#[test]
fn each_pass_can_be_switched_off() {
    for (flags, expected) in [
        (&["overshadowed"][..], vec![OVERSHADOWED]),
        (&["rules"], RULE.to_vec()),
        (&["tombstones"], vec![TOMBSTONE]),
        (&["rules", "tombstones"], vec![RULE[0], TOMBSTONE, RULE[1]]),
        (&["tombstones", "overshadowed"], vec![TOMBSTONE, OVERSHADOWED]),
        (&["overshadowed", "rules"], vec![RULE[0], RULE[1], OVERSHADOWED]),
    ] {
        let lopper = store();
        let passes = flags.iter().flat_map(|pass| ["--pass", pass]).collect::<Vec<_>>();
        lopper.enforce(&passes);
        assert_eq!(lopper.reasons(), expected, "{flags:?}");
    }
}

/// Each pass would take each of these: the first one's reason stays.
#[test]
fn the_first_pass_that_takes_a_segment_gives_the_reason() {
    let lopper = Lopper::new()
        .segments([
            seg("wiki", "2015-01-01/P1D").version("v1"),
            seg("wiki", "2015-01-01/P1D").version("v2"),
            eternal_tombstone("wiki"),
        ])
        .rules([("wiki", DROP_ALL)]);
    let step = lopper.enforce(&[]);
    assert_eq!(
        lopper.reasons(),
        ["wiki tomb rule 1 dropForever", OVERSHADOWED, "wiki v2 rule 1 dropForever"]
    );
    assert_eq!(step["numChangedSegments"], 3);
}

/// One run reaches the end state: what a drop would uncover is overshadowed before it.
#[test]
fn a_drop_uncovers_nothing_older() {
    let lopper = Lopper::new()
        .segments(["wiki 2015-01-01/P1D v1", "wiki 2015-01-01/P1D v2"])
        .rules([("wiki", DROP_ALL)]);
    let step = lopper.enforce(&["--on-exposure", "fail"]);
    assert_eq!((&step["numChangedSegments"], &step["warnings"]), (&json!(2), &json!([])));
}

#[test]
fn a_second_run_changes_nothing() {
    let lopper = store();
    lopper.enforce(&[]);
    let views = "SELECT id, rule, chain, effect, reason FROM rule_matches ORDER BY id;
                 SELECT id, overshadowed_by FROM segments ORDER BY id";
    let (states, matches) = (lopper.states(), lopper.sql(views));
    let step = lopper.enforce(&[]);
    assert_eq!((&step["selected"], &step["numChangedSegments"]), (&json!(2), &json!(0)));
    assert_eq!(step["segmentStateChanged"], false);
    assert_eq!((lopper.states(), lopper.sql(views)), (states, matches));
}

#[test]
fn at_sets_the_now_of_the_rules() {
    let lopper = Lopper::new().segments(["wiki 2015-01-01/P1D", "wiki 2015-01-02/P1D"]).rules([(
        "wiki",
        r#"[{"type":"dropBeforeByPeriod","period":"P1D"},{"type":"loadForever"}]"#,
    )]);
    assert_eq!(lopper.enforce(&["--at", "2015-01-02T23:59:59.999Z"])["numChangedSegments"], 0);
    let step = lopper.enforce(&["--at", "2015-01-03T00:00:00Z"]);
    assert_eq!(step["numChangedSegments"], 1);
    assert_eq!(lopper.sql("SELECT DISTINCT as_of FROM rule_matches"), ["2015-01-03T00:00:00.000Z"]);
    lopper.enforce(&["--at", "1969-12-31T23:59:59.999Z"]);
    assert_eq!(lopper.sql("SELECT DISTINCT as_of FROM rule_matches"), ["1969-12-31T23:59:59.999Z"]);
}

/// The views tell what the last pass found, and only of the datasources that it looked at.
#[test]
fn the_views_show_the_last_pass() {
    let lopper = Lopper::new()
        .segments(["wiki 2015-01-01/P1D v1", "wiki 2015-01-01/P1D v2", "koalas 2015-01-01/P1D v1"])
        .rules([("_default", KEEP_ALL)]);
    assert_eq!(lopper.sql("SELECT * FROM rule_matches"), [""; 0]);
    lopper.run(["enforce-rules", "wiki", "--overshadow-grace", "P20Y"]).code(0);
    assert_eq!(
        lopper.sql("SELECT datasource, state, rule, chain, effect, reason FROM rule_matches"),
        ["wiki|used|1|_default|load|rule 1 loadForever (_default)"; 2]
    );
    let by =
        "SELECT version, overshadowed_by FROM segments WHERE datasource = 'wiki' ORDER BY version";
    let v2 = "wiki_2015-01-01T00:00:00.000Z_2015-01-02T00:00:00.000Z_v2";
    assert_eq!(lopper.sql(by), [format!("v1|{v2}").as_str(), "v2|"]);
    let counts = "SELECT datasource, used, overshadowed FROM datasources ORDER BY 1";
    // Nobody has looked at koalas.
    assert_eq!(lopper.sql(counts), ["koalas|1|", "wiki|2|1"]);
    lopper.enforce(&["--pass", "overshadowed"]);
    // Of what is unused the view still tells why; it counts no more.
    assert_eq!(lopper.sql(by), [format!("v1|{v2}").as_str(), "v2|"]);
    assert_eq!(lopper.sql(counts), ["koalas|1|0", "wiki|1|0"]);
    assert_eq!(lopper.sql("SELECT count(*) FROM rule_matches"), ["2"]);
    // What hid it is gone: the next look says so.
    lopper.run(["mark-unused", "wiki", "--id", v2]).code(0);
    lopper.run(["mark-used", "wiki", "--all", "--include-overshadowed"]).code(0);
    lopper.run(["mark-unused", "wiki", "--id", v2]).code(0);
    lopper.enforce(&[]);
    assert_eq!(lopper.sql(by), ["v1|", "v2|"]);
    assert_eq!(lopper.sql("SELECT count(*) FROM rule_matches"), ["3"]);
}

/// What is overshadowed is unknown before a pass has looked, and again when segments have changed since.
#[test]
fn what_is_overshadowed_is_known_until_segments_change() {
    let day = "wiki 2015-01-01/P1D";
    let told = |lopper: &Lopper| {
        lopper.sql(
            "SELECT d.overshadowed, count(s.overshadowed_by) FROM datasources AS d
               JOIN segments AS s USING (datasource) WHERE datasource = 'wiki'",
        )
    };
    let (unknown, known) = (["|0"], ["1|1"]);
    let keep: &[&str] = &["--overshadow-grace", "P20Y"];
    let changes: [&dyn Fn(&Lopper); 6] = [
        &|lopper| lopper.add_segments(["wiki 2016-01-01/P1D v1"]),
        &|lopper| lopper.add_segments([Segment::from(day).version("v2").size(7)]),
        &|lopper| drop(lopper.run(["mark-unused", "wiki", "--interval", "2015-01-02/P1D"]).code(0)),
        &|lopper| drop(lopper.run(["mark-used", "wiki", "--interval", "2015-01-03/P1D"]).code(0)),
        &|lopper| {
            drop(lopper.sql("UPDATE druid_segments SET used = 1 WHERE start >= '2015-01-03'"));
        },
        &|lopper| {
            let row = Segment::from("wiki 2015-01-01/P1D v2");
            let dump = lopper.file("one.csv", csv(&[row], &lopper.deep_storage()));
            let flags = ["import", "--replace", dump.to_str().unwrap()];
            let answer = lopper.run(flags);
            // Whether a removal has to be allowed is not asked here.
            if answer.exit_code != 0 {
                lopper.run([&flags[..], &["--max-removed-percent", "100"]].concat()).code(0);
            }
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        let lopper = Lopper::new().segments([
            "wiki 2015-01-01/P1D v1",
            "wiki 2015-01-01/P1D v2",
            "wiki 2015-01-02/P1D v1",
            "wiki 2015-01-03/P1D v1 unused",
        ]);
        assert_eq!(told(&lopper), unknown);
        lopper.enforce(keep);
        assert_eq!(told(&lopper), known);
        // What changes nothing, and what is not kept, leaves it known.
        lopper.add_segments([day]);
        lopper.run(["mark-unused", "wiki", "--all", "--dry-run"]).code(0);
        lopper.run(["kill", "wiki", "--dry-run"]);
        assert_eq!(told(&lopper), known);
        change(&lopper);
        assert_eq!(told(&lopper), unknown, "change {number}");
        lopper.enforce(keep);
        assert!(lopper.sql("SELECT overshadowed FROM datasources").concat().parse::<u8>().is_ok());
    }
}

/// A pass that drops what hides something leaves the true number behind.
#[test]
fn what_a_pass_uncovers_is_not_overshadowed_after_it() {
    let young =
        |interval: &str| seg("wiki", interval).version("v2").created("2024-06-01T11:59:00.000Z");
    let two_days =
        || [seg("wiki", "2015-01-01/P2D"), young("2015-01-01/P1D"), young("2015-01-02/P1D")];
    let keep = r#"{"type":"loadForever"}]"#;
    // What is hidden is within its grace, and no drop rule contains it.
    for (rules, expected) in [
        (format!("[{keep}"), "3|1"),
        (format!(r#"[{{"type":"dropByInterval","interval":"2015-01-01/P1D"}},{keep}"#), "2|0"),
    ] {
        let lopper = Lopper::new().segments(two_days()).rules([("wiki", rules.as_str())]);
        lopper.enforce(&[]);
        let told = "SELECT used, overshadowed FROM datasources";
        assert_eq!(lopper.sql(told), [expected], "{rules}");
        assert_eq!(lopper.sql("SELECT count(*) FROM overshadowed"), [expected.split_at(2).1]);
    }
}
