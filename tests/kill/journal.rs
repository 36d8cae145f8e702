//! What is remembered of the killed: the ledger stays readable, and what was killed stays killed.

use std::fs;

use crate::support::{Lopper, NOW, seg};

const ID: &str = "wiki_2015-09-12T00:00:00.000Z_2015-09-13T00:00:00.000Z_v1";

/// One segment of two is killed.
fn killed() -> Lopper {
    let lopper = Lopper::new()
        .authoritative()
        .segments([seg("wiki", "2015-09-12/P1D").unused(), seg("wiki", "2015-09-13/P1D")]);
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    lopper
}

#[test]
fn the_ledger_and_the_journal_keep_names_and_reasons() {
    let lopper = killed();
    assert_eq!(
        lopper.sql("SELECT run, op, id, datasource, before, after, reason FROM changes"),
        [format!("2|kill|{ID}|wiki|unused|gone|kill after P30D unused")]
    );
    assert_eq!(
        lopper.sql("SELECT run, id, datasource, state, load_type, size, attempts, moved, closed FROM deletions"),
        [format!("2|{ID}|wiki|done|local|1000|1|{NOW}|{NOW}")]
    );
    lopper.run(["history", "2"]).code(0).stdout_has(ID).stdout_has("kill after P30D unused");
    assert_eq!(lopper.sql("SELECT changed, outcome FROM runs WHERE run = 2"), ["1|done"]);
}

#[test]
fn what_was_killed_stays_killed() {
    let lopper = killed();
    let again = lopper.path("segments.csv");
    lopper
        .import(&again)
        .stdout_has("1 left out because lopper killed them (--resurrect takes them)");
    assert_eq!(lopper.sql("SELECT count(*) FROM druid_segments"), ["1"]);
    lopper.run(["mark-used", "wiki", "--id", ID]).code(0).stdout_has(&format!("not found: {ID}"));

    let step = lopper.step(["import", "segments.csv", "--resurrect"]);
    assert_eq!(
        (&step["import"]["inserted"], &step["import"]["skippedKilled"]),
        (&1.into(), &0.into())
    );
    assert_eq!(lopper.ids(false), [ID]);
    // It is an ordinary segment now, also to the next import, and can be killed again.
    assert_eq!(lopper.step(["import", "segments.csv"])["import"]["unchanged"], 2);
    assert_eq!(lopper.step(["kill", "wiki", "--yes"])["numChangedSegments"], 1);
    assert_eq!(
        lopper.sql("SELECT count(DISTINCT segment_key), count(DISTINCT id) FROM deletions"),
        ["2|1"]
    );
}

/// A file that is on its way out must not become someone's again.
#[test]
fn open_journal_entries_refuse_an_import() {
    let lopper = killed();
    lopper.sql("UPDATE deletion SET state = 'pending', closed_ms = NULL, payload = '{}'");
    let same_file = lopper.sql("SELECT file FROM deletions")[0].replace("file:", "");
    let other = lopper.file("other.csv", fs::read_to_string(lopper.path("segments.csv")).unwrap());
    lopper.store_unchanged_but_runs(|lopper| {
        for flags in [&[][..], &["--resurrect"]] {
            lopper
                .run([&["import", other.to_str().unwrap()], flags].concat())
                .code(1)
                .stderr_has("is in the deletion journal")
                .stderr_has("lopper kill --resume");
        }
        // Another segment, known or new, that names the same file.
        let spec = serde_json::json!({"type": "local", "path": same_file});
        for day in ["2015-09-13/P1D", "2015-09-14/P1D"] {
            let dump =
                crate::support::csv(&[seg("wiki", day).load(spec.clone())], &lopper.deep_storage());
            let dump = lopper.file("same-file.csv", dump);
            lopper
                .run(["import", dump.to_str().unwrap()])
                .code(1)
                .stderr_has("is in the deletion journal");
        }
    });
    lopper.run(["kill", "--resume"]).code(0);
    lopper.run(["import", "segments.csv", "--resurrect"]).code(0);
}

impl Lopper {
    /// The segments and the journal are what they were.
    fn store_unchanged_but_runs(&self, story: impl FnOnce(&Self)) {
        let look = || {
            (self.states(), self.sql("SELECT * FROM deletion"), self.sql("SELECT * FROM payload"))
        };
        let before = look();
        story(self);
        assert_eq!(look(), before);
    }
}

/// An import that takes back what was killed says of which segments the files have gone.
#[test]
fn what_comes_back_without_its_file_is_told() {
    let days = [1, 2, 3].map(|day| seg("wiki", &format!("2015-09-{day:02}/P1D")).unused());
    let lopper = Lopper::new().authoritative().segments(days.clone());
    lopper.run(["kill", "wiki", "--yes"]).code(0);
    // One has come back from a backup.
    let file = days[1].local_file(&lopper.deep_storage()).unwrap();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "x").unwrap();
    let import = ["import", "segments.csv", "--resurrect"];
    lopper.run([&import[..], &["--dry-run"]].concat()).code(0).stdout_lacks("no file in deep");
    let step = lopper.step(import);
    let warnings = step["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{step:#}");
    assert_eq!(warnings[0]["code"], "resurrected-without-file");
    let message = warnings[0]["message"].as_str().unwrap();
    assert!(message.starts_with("2 of the segments"), "{message}");
    assert!(message.contains(&days[0].id()) && !message.contains(&days[1].id()), "{message}");
    assert_eq!(lopper.ids(false).len(), 3, "they are taken all the same");
}
