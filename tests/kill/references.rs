//! What a living row refers to stays, by whatever name it refers to it: the file, a folder above it, something below it,
//! through links and `..`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

#[cfg(feature = "s3")]
use crate::deep_storage;
#[cfg(feature = "s3")]
use crate::support::bucket::Bucket;
use crate::support::{Lopper, Segment, seg};

/// The doomed segment of `wiki` and the used one of `other`, each with the path in its load spec, below the root.
fn two(doomed: &str, used: &str) -> Lopper {
    let lopper = Lopper::new().authoritative();
    let at = |segment: Segment, path: &str| {
        let path = format!("{}/{path}", lopper.deep_storage().display());
        segment.load(json!({"type": "local", "path": path}))
    };
    let segments = [
        at(seg("wiki", "2015-09-12/P1D").unused(), doomed),
        at(seg("other", "2015-09-12/P1D"), used),
    ];
    lopper.segments(segments)
}

impl Lopper {
    /// Makes a file in deep storage.
    fn deep_file(&self, path: &str) -> &Self {
        self.file(&format!("deep-storage/{path}"), "x");
        self
    }

    fn link(&self, target: &str, link: &str) -> &Self {
        let root = self.deep_storage();
        fs::create_dir_all(root.join(link).parent().unwrap()).unwrap();
        symlink(root.join(target), root.join(link)).unwrap();
        self
    }

    /// Kills `wiki`; its row goes and its file waits.
    #[track_caller]
    fn keeps_what_is_used(&self) {
        let files = self.deep_files();
        self.run(["kill", "wiki", "--yes"]).code(0);
        assert_eq!(self.deep_files(), files);
        assert_eq!(self.sql("SELECT state FROM deletions"), ["deferred"]);
        // Also when it is looked at again, and by fsck's repair.
        self.run(["kill", "--resume"]).code(0);
        self.run(["fsck", "--deep-storage", "--repair", "--yes", "--min-age", "PT0S"]);
        assert_eq!(self.deep_files(), files);
        if self.sql("SELECT count(*) FROM payload WHERE file IS NULL") != ["0"] {
            return; // a name that goes up: its row is never killed, and protects for ever
        }
        // Without the used row it goes.
        self.run(["mark-unused", "other", "--all"]).code(0);
        self.run(["kill", "other", "--buffer-period", "PT0S", "--yes"]);
        self.run(["kill", "--resume"]);
        assert_eq!(self.sql("SELECT count(*) FROM deletions WHERE state = 'deferred'"), ["0"]);
    }
}

const ZIP: &str = "wiki/i/v/0/index.zip";

#[test]
fn a_folder_above_the_file_protects_it() {
    for folder in ["wiki/i/v/0", "wiki/i/v", "wiki/i/v/0/"] {
        let lopper = two(ZIP, folder);
        lopper.deep_file(ZIP).keeps_what_is_used();
    }
}

#[test]
fn a_file_below_the_folder_protects_it() {
    for file in [ZIP, "wiki/i/v/0/deeper/index.zip", "wiki/i/v/0/deeper"] {
        let lopper = two("wiki/i/v/0", file);
        lopper.deep_file(ZIP).deep_file("wiki/i/v/0/deeper/index.zip").keeps_what_is_used();
    }
    let lopper = two("wiki/i/v", ZIP);
    lopper.deep_file(ZIP).keeps_what_is_used();
}

#[test]
fn the_descriptor_beside_a_zip_can_be_a_segments_file() {
    let lopper = two(ZIP, "wiki/i/v/0/descriptor.json");
    lopper.deep_file(ZIP).deep_file("wiki/i/v/0/descriptor.json").keeps_what_is_used();
}

#[test]
fn another_name_of_the_file_protects_it() {
    let real = |lopper: &Lopper| {
        lopper.deep_file(ZIP).deep_file("elsewhere/x").link("wiki", "linked");
        lopper.link("wiki/i/v/0/index.zip", "files/index.zip").link("wiki/i/v", "deep/version");
    };
    for used in [
        "linked/i/v/0/index.zip",
        "linked/i/v",
        "files/index.zip",
        "deep/version/0/index.zip",
        "elsewhere/../wiki/i/v/0/index.zip",
        "linked/../wiki/i/v/0/index.zip",
        "wiki/./i//v/0/index.zip",
    ] {
        for (doomed, used) in [(ZIP, used), (used, ZIP)] {
            let lopper = two(doomed, used);
            real(&lopper);
            if doomed.contains("..") {
                // Such a name is never deleted by.
                lopper.run(["kill", "wiki", "--yes"]).code(0);
                assert_eq!(lopper.ids(false).len(), 1);
                continue;
            }
            lopper.keeps_what_is_used();
        }
    }
}

/// A row may name its file from outside the root, by a link that leads into it.
#[test]
fn a_name_from_outside_the_root_protects_as_well() {
    let lopper = Lopper::new().authoritative();
    let outside = lopper.path("outside");
    symlink(lopper.deep_storage(), &outside).unwrap();
    let path = |root: &Path| json!({"type": "local", "path": root.join(ZIP)});
    let doomed = seg("wiki", "2015-09-12/P1D").unused().load(path(&lopper.deep_storage()));
    let used = seg("other", "2015-09-12/P1D").load(path(&outside));
    let lopper = lopper.segments([doomed, used]);
    lopper.deep_file(ZIP);
    let files = lopper.deep_files();
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.deep_files(), files);
}

/// A folder may be called as a zip is: what lies in it is a used segment's.
#[test]
fn fsck_takes_nothing_from_a_folder_of_a_zips_name() {
    let below = "wiki/2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z/v/0/index.zip";
    let lopper = Lopper::new().authoritative();
    let path = lopper.deep_storage().join(below);
    let lopper = lopper
        .segments([seg("wiki", "2015-09-12/P1D").load(json!({"type": "local", "path": path}))]);
    lopper.deep_file(&format!("{below}/00000.smoosh")).deep_file(&format!("{below}/meta.smoosh"));
    lopper.run(["fsck", "--deep-storage", "--repair", "--yes", "--min-age", "PT0S"]).code(0);
    assert_eq!(lopper.deep_files().len(), 2);
}

/// Nobody can tell what it refers to: all files of its datasource stay, and those of others go.
#[test]
fn a_load_spec_that_nobody_understands_protects_its_datasource() {
    for load in [
        json!({"type": "hdfs2", "where": "x"}),
        json!({"type": "local", "path": "relative/index.zip"}),
        json!({"type": "local", "path": 7}),
        json!({"type": "s3_zip", "bucket": "b", "key": "a//b"}),
    ] {
        let lopper = Lopper::new().authoritative().segments([
            seg("wiki", "2015-09-12/P1D").unused(),
            seg("wiki", "2016-09-12/P1D").load(load.clone()),
            seg("other", "2015-09-12/P1D").unused(),
        ]);
        lopper.run(["kill", "*", "--yes"]).code(0);
        let states = lopper.sql("SELECT datasource, state FROM deletions ORDER BY 1");
        assert_eq!(states, ["other|done", "wiki|deferred"], "{load}");
    }
}

/// What can never be deleted does not move: it would wait in the journal for ever.
#[test]
fn what_lies_too_far_up_or_leads_out_of_the_root_does_not_move() {
    let lopper = two("wiki", "other/i/v/0/index.zip");
    lopper.deep_file(ZIP).deep_file("other/i/v/0/index.zip");
    lopper
        .run(["kill", "wiki", "--yes"])
        .code(0)
        .stdout_has("a folder that may hold other segments");
    assert_eq!(lopper.ids(false).len(), 1);

    let lopper = two("out/i/v/0/index.zip", "other/i/v/0/index.zip");
    lopper.deep_file("other/i/v/0/index.zip");
    lopper.file("elsewhere/i/v/0/index.zip", "precious");
    symlink(lopper.path("elsewhere"), lopper.deep_storage().join("out")).unwrap();
    lopper.run(["kill", "wiki", "--yes"]).code(0).stdout_has("leads out of the root");
    assert_eq!(lopper.ids(false).len(), 1);
    assert!(lopper.path("elsewhere/i/v/0/index.zip").exists());
}

/// What no kill could ever delete stays a row, and `fsck` says so.
#[test]
fn what_can_never_be_deleted_does_not_move_and_fsck_names_it() {
    let too_long = format!("wiki/{}/index.zip", ["n".repeat(200).as_str(); 21].join("/"));
    for (name, why) in [
        ("wiki/i", SHALLOW),
        (ZIP, "a folder that is called as a zip is"),
        ("wiki/i/v/0/other.zip", "beside a folder that is called descriptor.json"),
        ("circle/v/0/index.zip", "by a name that the disk refuses"),
        (&too_long, "by a name that the disk refuses"),
    ] {
        let lopper = two(name, "other/i/v/0/index.zip");
        lopper.deep_file("other/i/v/0/index.zip").link("circle", "circle");
        lopper.deep_file("wiki/i/v/0/other.zip");
        fs::create_dir_all(lopper.deep_storage().join(ZIP)).unwrap();
        fs::create_dir_all(lopper.deep_storage().join("wiki/i/v/0/descriptor.json")).unwrap();
        let files = lopper.deep_files();
        lopper.run(["kill", "wiki", "--yes"]).code(0).stdout_has(&format!("passed over: 1 {why}"));
        assert_eq!(lopper.sql("SELECT count(*) FROM deletions"), ["0"], "{name}");
        assert_eq!((lopper.ids(false).len(), lopper.deep_files()), (1, files));
        let report = lopper.run(["fsck", "--deep-storage", "--output", "json"]).json();
        let findings = report["findings"].as_array().unwrap();
        let found = findings.iter().find(|one| one["code"] == "never-deletable");
        let found = found.unwrap_or_else(|| panic!("{name}: {report}"));
        assert_eq!(found["count"], 1);
        assert!(found["examples"][0].as_str().unwrap().contains(why), "{found}");
    }
}

const SHALLOW: &str = "a folder that may hold other segments";

/// The folder above all files is a folder above a file.
#[test]
fn the_root_and_what_lies_above_it_protect_all() {
    let above = |lopper: &Lopper| {
        let root = lopper.deep_storage();
        let parent = root.parent().unwrap().to_owned();
        let winding = root.join("wiki/..");
        let paths = [Path::new("/"), &root, &parent, &winding];
        let paths = paths.map(|path| path.display().to_string());
        [paths.to_vec(), vec!["//".into(), "/./".into(), format!("{}/", root.display())]].concat()
    };
    for index in 0..7 {
        let lopper = Lopper::new().authoritative();
        let used = json!({"type": "local", "path": above(&lopper)[index]});
        let lopper = lopper.segments([
            seg("wiki", "2015-09-12/P1D").unused().local(ZIP),
            seg("other", "2015-09-12/P1D").load(used.clone()),
        ]);
        let files = lopper.deep_files();
        lopper.run(["kill", "wiki", "--yes"]).code(0);
        assert_eq!(lopper.deep_files(), files, "{used}");
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"], "{used}");
        lopper.run(["fsck", "--deep-storage", "--repair", "--yes", "--min-age", "PT0S"]);
        assert_eq!(lopper.deep_files(), files, "{used}");
    }
}

/// The root may be a link itself: what lies above the folder behind it is above all files.
#[test]
fn what_lies_above_the_folder_behind_the_root_protects_all() {
    let lopper = Lopper::new();
    let disk = lopper.path("disk/deep");
    fs::create_dir_all(&disk).unwrap();
    fs::remove_dir(lopper.deep_storage()).unwrap();
    symlink(&disk, lopper.deep_storage()).unwrap();
    let used = json!({"type": "local", "path": lopper.path("disk")});
    let lopper = lopper.authoritative().segments([
        seg("wiki", "2015-09-12/P1D").unused().local(ZIP),
        seg("other", "2015-09-12/P1D").load(used),
    ]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert!(disk.join(ZIP).exists());
}

/// Two rows call one file by two names, or one names the folder of the other: one deletion takes both, and none of them
/// is missing.
#[test]
fn two_names_of_one_file_are_one_deletion() {
    let names = [
        "linked/i/v/0/index.zip",
        "deep/version/0/index.zip",
        "wiki/./i//v/0/index.zip",
        "wiki/i/v/0",
        "linked/i/v/0",
        ZIP,
    ];
    for one in names {
        for other in names.into_iter().filter(|other| *other != one) {
            for batch in ["1", "1000"] {
                let lopper = Lopper::new().authoritative();
                let at = |path: &str| {
                    let path = format!("{}/{path}", lopper.deep_storage().display());
                    json!({"type": "local", "path": path})
                };
                let segments = [
                    seg("wiki", "2015-09-12/P1D").unused().load(at(one)),
                    seg("wiki", "2015-09-13/P1D").unused().load(at(other)),
                    seg("wiki", "2015-09-14/P1D"),
                ];
                let lopper = lopper.segments(segments);
                lopper.deep_file(ZIP).link("wiki", "linked").link("wiki/i/v", "deep/version");
                let what = format!("{one} and {other} in batches of {batch}");
                let step = lopper.step(["kill", "wiki", "--yes", "--batch-size", batch]);
                assert_eq!(lopper.sql("SELECT state FROM deletions"), ["done"; 2], "{what}");
                assert_eq!(step["kill"]["filesMissing"], 0, "{what}");
                assert!(!lopper.deep_storage().join(ZIP).exists(), "{what}");
            }
        }
    }
}

/// Nor does a relative of the one name let the file go by the other.
#[test]
fn a_relative_of_one_name_keeps_the_file_of_all() {
    for (one, other) in [(ZIP, "linked/i/v/0/index.zip"), ("linked/i/v/0/index.zip", ZIP)] {
        let lopper = Lopper::new().authoritative();
        let at = |path: &str| json!({"type": "local", "path": lopper.deep_storage().join(path)});
        let parent = seg("wiki", "2015-09-01/P1D").unused().load(at(one));
        let child = seg("wiki", "2016-09-01/P1D").upgraded_from(&parent.id());
        let alias = seg("wiki", "2015-09-02/P1D").unused().load(at(other));
        let lopper = lopper.segments([parent, child, alias]);
        lopper.deep_file(ZIP).link("wiki", "linked");
        for batch in ["1", "1000"] {
            lopper.run(["kill", "wiki", "--yes", "--batch-size", batch]).code(0);
            assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"; 2], "{one}");
            assert!(lopper.deep_storage().join(ZIP).exists());
        }
    }
}

/// An import must not bring a row whose file is just going: not by the folder above it or what lies below either.
#[test]
fn an_import_refers_to_nothing_that_is_being_deleted() {
    for (doomed, new) in [
        (ZIP, "wiki/i/v/0"),
        (ZIP, "linked/i/v/0/index.zip"),
        ("wiki/i/v/0", ZIP),
        ("wiki/i/v/0", "linked/i/v/0/index.zip"),
    ] {
        let lopper = two(doomed, "other/i/v/0/index.zip");
        lopper.deep_file(ZIP).deep_file("other/i/v/0/index.zip").link("wiki", "linked");
        lopper.dies_at(&["kill", "wiki", "--yes"], "kill::deleting-begun", 1, ("kill", 137));
        assert_eq!(lopper.sql("SELECT state FROM deletions"), ["pending"]);
        let path = format!("{}/{new}", lopper.deep_storage().display());
        let segment = seg("third", "2015-09-12/P1D").load(json!({"type": "local", "path": path}));
        let dump = crate::support::csv(&[segment], &lopper.deep_storage());
        lopper.file("new.csv", &dump);
        lopper
            .run(["import", lopper.path("new.csv").to_str().unwrap()])
            .code(1)
            .stderr_has("is in the deletion journal");
    }
}

/// Undeletable files of one datasource keep no file of another from going.
#[cfg(feature = "s3")]
#[test]
fn one_datasource_starves_no_other() {
    for batch in ["1", "3", "1000"] {
        let server = Bucket::new();
        let key = |datasource: &str, day: u8| format!("segments/{datasource}/{day}/v/0/index.zip");
        let old = |datasource: &str, month: u8, day: u8| {
            let segment = seg(datasource, &format!("2015-{month:02}-{day:02}/P1D")).unused();
            segment.s3("deep", &key(datasource, day))
        };
        let bad = (1..=20).map(|day| old("bad", 8, day));
        let good = (1..=9).map(|day| old("good", 9, day));
        let lopper = Lopper::new().config(&server.config()).segments(bad.chain(good));
        for day in 1..=20 {
            server.put([key("bad", day), key("good", day)]);
            server.refuse(&key("bad", day), "AccessDenied");
        }
        let kill = ["kill", "*", "--yes", "--batch-size", batch];
        deep_storage::kill(&lopper, &kill).code(5);
        assert_eq!(
            lopper
                .sql("SELECT count(*) FROM deletions WHERE datasource = 'good' AND state = 'done'"),
            ["9"],
            "batches of {batch}"
        );
        deep_storage::kill(&lopper, &kill).code(5);
    }
}

/// A living name may go through several links, and through the text of one: each of them is needed.
#[test]
fn every_link_on_the_way_is_needed() {
    let chain: &[(&str, &str)] = &[("c/i/v/0", "b/i/v/0"), ("b/i/v/0", "a/i/v/0")];
    let climbs: &[(&str, &str)] = &[("b/i/v/0/../../../../c/i/v/0/index.zip", "a/i/v/0/index.zip")];
    let other_name: &[(&str, &str)] = &[("c/i/v/0", "b/i/v/0"), ("b", "L")];
    for (links, doomed, used) in [
        (chain, "b/i/v/0", "a/i/v/0/index.zip"),
        (climbs, "b/i/v/0/index.zip", "a/i/v/0/index.zip"),
        (other_name, "L/i/v/0", "b/i/v/0/index.zip"),
    ] {
        let lopper = two(doomed, used);
        lopper.deep_file("c/i/v/0/index.zip");
        if links == climbs {
            lopper.deep_file("b/i/v/0/index.zip");
        }
        for (target, link) in links {
            lopper.link(target, link);
        }
        let used = lopper.deep_storage().join(used);
        assert!(used.exists());
        lopper.run(["kill", "wiki", "--yes"]).code(0);
        assert!(used.exists(), "{doomed}");
        lopper.run(["fsck", "--deep-storage", "--repair", "--yes", "--min-age", "PT0S"]);
        assert!(used.exists(), "{doomed}, repaired");
    }
}

/// A living folder may hold a link: what it leads to is below the folder.
#[test]
fn a_link_in_a_living_folder_protects_what_it_leads_to() {
    let lopper = two(ZIP, "other/i/v/0");
    lopper
        .deep_file(ZIP)
        .deep_file("other/i/v/0/meta.smoosh")
        .link(ZIP, "other/i/v/0/00000.smoosh");
    lopper.keeps_what_is_used();
}

/// A link in the folder leads to a folder, in which another link leads on; and links that lead in circles.
#[test]
fn links_behind_links_protect_what_they_lead_to() {
    let lopper = two("wiki/c/v/0", "other/a/v/0");
    lopper.deep_file("wiki/c/v/0/f").link("wiki/c/v/0", "other/b/v/0/m");
    lopper.link("other/b/v/0", "other/a/v/0/l").link("other/a/v/0", "other/b/v/0/back");
    lopper.keeps_what_is_used();
}

/// What is called a zip is a folder all the same, or a link to one.
#[test]
fn links_in_a_folder_of_a_zips_name_protect_what_they_lead_to() {
    let lopper = two("wiki/c/v/0", "other/a/v/0/index.zip");
    lopper.deep_file("wiki/c/v/0/f").link("wiki/c/v/0/f", "other/a/v/0/index.zip/f");
    let files = lopper.deep_files();
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.deep_files(), files);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"]);
    let lopper = two("wiki/c/v/0", "other/a/v/0/index.zip");
    lopper.deep_file("wiki/c/v/0/f").link("wiki/c/v/0/f", "other/b/f");
    lopper.link("other/b", "other/a/v/0/index.zip");
    let files = lopper.deep_files();
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.deep_files(), files);
}

/// `sys.segments` does not tell where files are: they may be those of the killed segment.
#[test]
fn a_segment_without_a_load_spec_protects_its_datasource() {
    let lopper = Lopper::new().authoritative().segments([
        seg("wiki", "2015-09-12/P1D").unused(),
        seg("wiki", "2015-09-12/P1D").version("v2").load(serde_json::Value::Null),
    ]);
    let files = lopper.deep_files();
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    assert_eq!(lopper.deep_files(), files);
    assert_eq!(lopper.sql("SELECT state FROM deletions"), ["deferred"]);
}

#[test]
fn an_orphan_takes_no_descriptor_along_that_is_a_segments_file() {
    let zip = "wiki/2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z/v/0/index.zip";
    let descriptor = zip.replace("index.zip", "descriptor.json");
    let lopper = two("wiki/i/v/9/index.zip", &descriptor);
    lopper.deep_file(zip).deep_file(&descriptor).deep_file("wiki/i/v/9/index.zip");
    lopper.run([
        "fsck",
        "--deep-storage",
        "--repair",
        "--yes",
        "--min-age",
        "PT0S",
        "--datasource",
        "wiki",
    ]);
    assert!(lopper.deep_storage().join(descriptor).exists());
}

/// What waits for a relative does not go with a folder above it.
#[test]
fn a_deferred_file_stays_when_a_folder_above_it_is_killed() {
    let lopper = Lopper::new().authoritative();
    let at = |path: &str| json!({"type": "local", "path": lopper.deep_storage().join(path)});
    let parent = seg("wiki", "2015-09-01/P1D").unused().load(at("wiki/k/v/0/p/index.zip"));
    let child =
        seg("wiki", "2016-09-01/P1D").upgraded_from(&parent.id()).load(at("wiki/c/v/0/index.zip"));
    let folder = seg("wiki", "2015-09-02/P1D").unused().load(at("wiki/k/v/0"));
    let lopper = lopper.segments([parent, child, folder]);
    for file in ["wiki/k/v/0/p/index.zip", "wiki/k/v/0/x", "wiki/c/v/0/index.zip"] {
        lopper.deep_file(file);
    }
    for batch in ["1", "1000"] {
        lopper.run(["kill", "wiki", "--yes", "--batch-size", batch]).code(0);
        assert_eq!(lopper.sql("SELECT DISTINCT state FROM deletions"), ["deferred"]);
        assert_eq!(lopper.deep_files().len(), 3);
    }
}

/// A limit counts what moves: what never can keeps nothing else from its turn.
#[test]
fn a_limit_starves_nothing() {
    let shallow = (1..=3).map(|day| {
        seg("wiki", &format!("2015-08-{day:02}/P1D")).unused().local(&format!("x{day}"))
    });
    let good = (1..=5).map(|day| seg("wiki", &format!("2015-09-{day:02}/P1D")).unused());
    let lopper = Lopper::new().authoritative().segments(shallow.chain(good));
    for day in 1..=3 {
        fs::remove_file(lopper.deep_storage().join(format!("x{day}"))).unwrap();
        lopper.deep_file(&format!("x{day}/inside"));
    }
    for left in [3, 1, 0] {
        lopper.run(["kill", "wiki", "--yes", "--limit", "2"]).code(0);
        let killed = lopper.sql("SELECT count(*) FROM deletions WHERE state = 'done'");
        assert_eq!(killed, [(5 - left).to_string()]);
    }
}
