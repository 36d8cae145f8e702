//! State, why it is so, and the place in the timeline.

use serde_json::{Value, json};

use super::{Dice, id};
use crate::support::{Lopper, NOW, Segment, seg};

fn lopper(segments: impl IntoIterator<Item = impl Into<Segment>>) -> Lopper {
    Lopper::new().segments(segments)
}

#[test]
fn what_no_run_changed_is_as_imported() {
    let lopper = lopper(["wiki 2015-09-12/P1D v1 unused@2020-05-01T00:00:00.000Z"]);
    let told = lopper.explain(&[&id("2015-09-12", "v1")]);
    assert_eq!((&told["kind"], &told["state"]), (&"segment".into(), &"unused".into()));
    assert_eq!(told["since"], json!({"at": "2020-05-01T00:00:00.000Z"}));
    assert_eq!(told["asOf"], NOW);
}

#[test]
fn the_last_change_tells_why() {
    let lopper = lopper(["wiki 2015-09-12/P1D v1", "wiki 2015-09-13/P1D v1"]);
    let (mine, other) = (id("2015-09-12", "v1"), id("2015-09-13", "v1"));
    lopper.run(["mark-unused", "wiki", "--interval", "2015-09-12/P1D"]).code(0);
    let change = json!({
        "run": 2, "runKind": "command", "name": "mark-unused", "step": 1, "op": "mark-unused",
        "reason": "interval", "started": NOW,
    });
    let told = lopper.explain(&[&mine]);
    assert_eq!(told["since"], json!({"at": NOW, "change": change}));
    assert!(lopper.explain(&[&other])["since"]["change"].is_null(), "another segment's change");

    lopper.run(["mark-used", "wiki", "--id", &mine]).code(0);
    let told = lopper.explain(&[&mine]);
    assert_eq!((&told["state"], &told["since"]["change"]["run"]), (&"used".into(), &3.into()));
    assert_eq!(told["since"]["change"]["reason"], "id");
}

#[test]
fn what_is_hidden_names_what_hides_it_and_when_the_grace_ends() {
    // 15 minutes before the clock's 12:00.
    for (young, in_grace) in [("11:45:00.000", true), ("11:44:59.999", false)] {
        let created = format!("2024-06-01T{young}Z");
        let new = seg("wiki", "2015-09-12/P1D").version("v2").created(&created).stamp(&created);
        let lopper = lopper([seg("wiki", "2015-09-12/P1D"), new]);
        let sight = lopper.explain(&[&id("2015-09-12", "v1")])["timeline"].take();
        assert_eq!(sight["seen"], "overshadowed");
        assert_eq!(sight["overshadowedBy"], id("2015-09-12", "v2"));
        assert_eq!(sight["inGrace"], in_grace);
        let ends = if in_grace { NOW } else { "2024-06-01T11:59:59.999Z" };
        assert_eq!(sight["graceEnds"], ends);
        let step = lopper.step(["enforce-rules", "wiki", "--pass", "overshadowed", "--dry-run"]);
        assert_eq!(step["numChangedSegments"], u64::from(!in_grace));
        assert_eq!(lopper.explain(&[&id("2015-09-12", "v2")])["timeline"]["seen"], "visible");
    }
}

#[test]
fn what_is_hidden_in_a_part_tells_where() {
    let lopper = lopper(["wiki 2015-09-12/P2D v1", "wiki 2015-09-12/P1D v2"]);
    let mine = seg("wiki", "2015-09-12/P2D").id();
    let sight = lopper.explain(&[&mine])["timeline"].take();
    assert_eq!(sight["seen"], "partly-visible");
    assert_eq!(
        sight["pieces"],
        json!([
            {
                "interval": "2015-09-12T00:00:00.000Z/2015-09-13T00:00:00.000Z", "version": "v2",
                "segment": id("2015-09-12", "v2"), "isOwn": false,
            },
            {
                "interval": "2015-09-13T00:00:00.000Z/2015-09-14T00:00:00.000Z", "version": "v1",
                "segment": mine, "isOwn": true,
            },
        ])
    );
}

#[test]
fn an_unused_segment_is_judged_as_if_it_were_used() {
    let lopper = lopper(["wiki 2015-09-12/P1D v1 unused", "wiki 2015-09-12/P1D v2 unused"]);
    let sight = |version: &str| lopper.explain(&[&id("2015-09-12", version)])["timeline"].take();
    assert_eq!((&sight("v1")["seen"], &sight("v1")["ifUsed"]), (&"visible".into(), &true.into()));
    lopper.run(["mark-used", "wiki", "--id", &id("2015-09-12", "v2")]).code(0);
    assert_eq!(sight("v1")["seen"], "overshadowed");
    assert_eq!(sight("v2")["ifUsed"], false);
}

#[test]
fn a_version_that_is_not_complete_is_not_visible() {
    let numbered = |p: i32| json!({"type": "numbered", "partitionNum": p, "partitions": 2});
    let first = seg("wiki", "2015-09-12/P1D").version("v2").shard(numbered(0));
    let second = seg("wiki", "2015-09-12/P1D").version("v2").partition(1).shard(numbered(1));
    let story = lopper([first.clone(), seg("wiki", "2015-09-12/P1D")]);
    let sight = story.explain(&[&first.id()])["timeline"].take();
    assert_eq!(
        (&sight["seen"], &sight["pieces"][0]["version"]),
        (&"not-visible".into(), &"v1".into())
    );
    story.add_segments([second.unused()]);
    assert_eq!(story.explain(&[&first.id()])["timeline"]["seen"], "not-visible");
    story.run(["mark-used", "wiki", "--all", "--include-overshadowed"]).code(0);
    assert_eq!(story.explain(&[&first.id()])["timeline"]["seen"], "visible");
}

#[test]
fn segments_that_make_no_timeline_are_named() {
    let lopper = lopper(["wiki 2015-09-12/P2D v1", "wiki 2015-09-13/P2D v1"]);
    let told = lopper.explain(&[&seg("wiki", "2015-09-12/P2D").id()]);
    assert_eq!(told["timeline"]["seen"], "unknown");
    assert!(told["timeline"]["problem"].as_str().unwrap().contains("are of one version"));
}

/// Long segments stand in an index of their own: months, years and eternity hide what is short, and the other way.
#[test]
fn long_and_short_segments_see_each_other() {
    for interval in [
        "2015-09-01/P1M",
        "2015-08-15/P32D",
        "2015-08-15/P32DT0.001S",
        "2015/P1Y",
        "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z",
    ] {
        let long = seg("wiki", interval).version("v2");
        let lopper = lopper([long.clone(), seg("wiki", "2015-09-12/P1D")]);
        let told = lopper.explain(&[&id("2015-09-12", "v1")]);
        assert_eq!(told["timeline"]["overshadowedBy"], long.id(), "{interval}");
        let newer = seg("wiki", "2015-09-12/P1D").version("v3");
        lopper.add_segments([newer]);
        let told = lopper.explain(&[&long.id()]);
        assert_eq!(told["timeline"]["pieces"].as_array().unwrap().len(), 3, "{interval}");
    }
}

#[test]
fn eternity_and_no_time_at_all_are_explained() {
    let eternal = "-146136543-09-08T08:23:32.096Z/146140482-04-24T15:36:27.903Z";
    let chain = r#"[{"type":"dropBeforeByPeriod","period":"P1M"},{"type":"loadForever"}]"#;
    let lopper = lopper([format!("wiki {eternal} v1").as_str(), "koalas 2015-09-12/2015-09-12 v1"])
        .rules([("wiki", chain), ("koalas", chain)]);
    let told = lopper.explain(&[&seg("wiki", eternal).id()]);
    assert_eq!(
        (&told["timeline"]["seen"], &told["rules"]["dropsAt"]),
        (&"visible".into(), &Value::Null)
    );
    assert_eq!(told["kills"][0]["killableFrom"], Value::Null);
    let told =
        lopper.explain(&[&seg("koalas", "2015-09-12/2015-09-12").id(), "--at", "2015-09-30"]);
    assert_eq!(told["timeline"]["seen"], "not-visible");
    assert_eq!(told["rules"]["dropsAt"], "2015-10-12T00:00:00.000Z");
}

/// Of any store, what explain calls overshadowed is what the pass marks.
#[test]
fn the_verdict_is_that_of_the_pass() {
    let mut dice = Dice(7);
    for _ in 0..6 {
        let segments = (0..14).map(|number| {
            let start = 10 + dice.roll(6);
            let days = 1 + dice.roll(3);
            let version = format!("v{number:02}");
            let size = dice.pick(&[1, 1, 1, 2]);
            let shard = json!({"type": "numbered", "partitionNum": 0, "partitions": size});
            seg("wiki", &format!("2015-09-{start}/P{days}D")).version(&version).shard(shard)
        });
        let segments: Vec<Segment> = segments.collect();
        let lopper = lopper(segments.clone());
        let mut hidden: Vec<String> = segments
            .iter()
            .map(Segment::id)
            .filter(|id| lopper.told(&[id])["timeline"]["seen"] == "overshadowed")
            .collect();
        hidden.sort();
        lopper.run(["enforce-rules", "wiki", "--pass", "overshadowed"]).code(0);
        assert!(!hidden.is_empty());
        assert_eq!(lopper.ids(false), hidden);
    }
}

#[test]
fn an_id_that_is_not_there_is_an_error_with_a_guess() {
    let lopper = lopper(["wiki 2015-09-12/P1D v1"]);
    let wrong = id("2015-09-12", "v2");
    lopper
        .run(["explain", &wrong])
        .code(2)
        .stderr_has("there is no segment")
        .stderr_has(&id("2015-09-12", "v1"));
    lopper.run(["explain", "wikki"]).code(2).stderr_has("did you mean 'wiki'?");
    lopper.run(["explain", "nothing like it"]).code(2).stderr_lacks("did you mean");
    lopper.run(["explain", &id("2015-09-12", "v1"), "--datasource", "wiki"]).code(0);
    lopper
        .run(["explain", &id("2015-09-12", "v1"), "--datasource", "other"])
        .code(2)
        .stderr_has("'other'");
    lopper.run(["explain", "wiki", "--at", "yesterday"]).code(2).stderr_has("--at");
}

#[test]
fn a_datasource_alone_is_summed_up() {
    let chain = r#"[{"type":"loadByInterval","interval":"2015-09-12/P2D"},{"type":"dropForever"}]"#;
    let lopper = lopper([
        "wiki 2015-09-12/P1D v1",
        "wiki 2015-09-12/P1D v2",
        "wiki 2015-09-20/P1D v1",
        "wiki 2015-09-21/P1D v1 unused",
    ])
    .rules([("wiki", chain)]);
    let told = lopper.explain(&["wiki"]);
    assert_eq!((&told["used"], &told["overshadowed"]), (&3.into(), &1.into()));
    let counts: Vec<(&Value, &Value)> = told["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (&rule["effect"], &rule["segments"]))
        .collect();
    assert_eq!(counts, [(&"load".into(), &2.into()), (&"drop".into(), &1.into())]);
    lopper.run(["explain", "wiki"]).code(0).stdout_has("rule 2 dropForever");
}
