//! The process dies at any place, or is told to stop: no segment is lost, no file is orphaned, and the next run
//! finishes the work.

mod failpoints;
mod faults;
mod interleavings;
mod kept;
mod names;
mod scheduling;
mod signals;
mod soak;
mod stories;
mod turns;
mod world;

use std::collections::HashSet;
use std::path::Path;

use crate::support::Lopper;

impl Lopper {
    /// Fails when a segment or a file of `ids` is lost or orphaned: each segment is a row whose file is there,
    /// or is in the journal, and is done only when its file is gone; each file belongs to one of them.
    #[track_caller]
    pub fn assert_sound(&self, ids: &[String], when: &str) {
        assert_eq!(self.sql("PRAGMA integrity_check; PRAGMA foreign_key_check"), ["ok"], "{when}");
        let known = self
            .sql("SELECT id FROM druid_segments UNION ALL SELECT id FROM deletions ORDER BY id");
        assert_eq!(known, ids, "each segment once, {when}");

        let on_disk: HashSet<String> = self.deep_files().into_iter().collect();
        let files = |sql: &str| -> HashSet<String> {
            let prefix = format!("file:{}/", self.deep_storage().display());
            self.sql(sql)
                .iter()
                .map(|file| file.strip_prefix(&prefix).unwrap().to_owned())
                .collect()
        };
        for file in files("SELECT file FROM payload WHERE file IS NOT NULL") {
            // A test may have put a folder there.
            let is_there = on_disk.contains(&file) || self.deep_storage().join(&file).exists();
            assert!(is_there, "{file} of a living segment is gone, {when}");
        }
        for file in files("SELECT file FROM deletions WHERE state = 'done' AND file IS NOT NULL") {
            assert!(!on_disk.contains(&file), "{file} is done and still there, {when}");
        }
        let owned = files(
            "SELECT file FROM payload WHERE file IS NOT NULL
             UNION SELECT file FROM deletions WHERE state <> 'done' AND file IS NOT NULL",
        );
        for file in on_disk {
            // A descriptor belongs to the zip beside it.
            let zip = Path::new(&file).with_file_name("index.zip").display().to_string();
            assert!(owned.contains(&zip) || owned.contains(&file), "{file} is orphaned, {when}");
        }
    }

    /// What a story has come to, whatever number of attempts it took.
    fn end_of_story(&self) -> Vec<Vec<String>> {
        vec![
            self.states(),
            self.sql("SELECT id, state FROM deletions ORDER BY id"),
            self.deep_files(),
        ]
    }
}
