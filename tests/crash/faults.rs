//! Deep storage and the store's disk fail in the middle of the work: nothing is lost, the message is exact, and the
//! next run finishes when the fault is mended.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::support::{Answer, Lopper, seg};

/// The user `nobody`, whom permissions bind: root they do not.
const NOBODY: u32 = 65534;

/// Unused segments, each with a folder of its own.
fn many(count: i32) -> Lopper {
    let segments =
        (0..count).map(|number| seg("wiki", "2015-09-12/P1D").unused().partition(number));
    Lopper::new().authoritative().segments(segments)
}

const KILL: [&str; 5] = ["kill", "wiki", "--yes", "--batch-size", "2"];

impl Lopper {
    fn all_ids(&self) -> Vec<String> {
        self.sql("SELECT id FROM druid_segments UNION ALL SELECT id FROM deletions ORDER BY id")
    }

    /// Finishes what was left; all files are gone then.
    #[track_caller]
    fn ends_well(&self, ids: &[String]) {
        self.run(["kill", "--resume"]).code(0);
        self.run(KILL).code(0);
        self.assert_sound(ids, "when the fault is mended");
        assert_eq!(self.deep_files(), [""; 0]);
        assert_eq!(self.sql("SELECT DISTINCT state FROM deletions"), ["done"]);
    }

    /// As someone who may not write everywhere.
    fn run_as_nobody(&self, arguments: &[&str]) -> Answer {
        let program = self.path("lopper");
        fs::copy(env!("CARGO_BIN_EXE_lopper"), &program).unwrap();
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        if is_root {
            for place in [self.path(""), self.store(), program.clone()] {
                chown(place, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let template = self.command(arguments);
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path(""));
        for (name, value) in template.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        Answer::of(&mut command)
    }
}

#[test]
fn a_folder_that_may_not_be_written_keeps_its_file() {
    let lopper = many(3);
    let ids = lopper.all_ids();
    let zip = lopper.deep_storage().join(lopper.deep_files().remove(0));
    let folder = zip.parent().unwrap();
    fs::set_permissions(folder, Permissions::from_mode(0o555)).unwrap();
    // The other folders are everybody's.
    for other in lopper.deep_files().iter().skip(1) {
        let mut place = lopper.deep_storage().join(other);
        while place.pop() && place.starts_with(lopper.deep_storage()) {
            fs::set_permissions(&place, Permissions::from_mode(0o777)).unwrap();
        }
    }
    lopper.run_as_nobody(&KILL).code(5);
    lopper.assert_sound(&ids, "one folder may not be written");
    assert_eq!(
        lopper.sql("SELECT last_error FROM deletions WHERE state = 'pending'"),
        [format!("cannot delete {}: Permission denied (os error 13)", zip.display())]
    );
    assert_eq!(lopper.deep_files().len(), 1);
    fs::set_permissions(folder, Permissions::from_mode(0o777)).unwrap();
    lopper.ends_well(&ids);
}

#[test]
fn a_root_that_vanishes_in_the_middle_of_a_kill() {
    let lopper = many(9);
    let ids = lopper.all_ids();
    let kill = lopper.frozen_kill(&KILL);
    let (root, away) = (lopper.deep_storage(), lopper.path("away"));
    fs::rename(&root, &away).unwrap();
    kill.thaw();
    kill.end().code(5);
    let error = format!(
        "cannot delete {}/%: the root {} cannot be read: No such file or directory (os error 2)",
        root.display(),
        root.display()
    );
    assert_eq!(
        lopper.sql(&format!(
            "SELECT count(*), sum(last_error LIKE '{error}') FROM deletions WHERE state = 'pending'"
        )),
        ["2|2"],
        "one more batch, and then no more"
    );
    fs::rename(&away, &root).unwrap();
    lopper.assert_sound(&ids, "the root is back");
    assert_eq!(lopper.deep_files().len(), 7);
    lopper.ends_well(&ids);
}

/// A quota, or `ulimit -f`: the store's log may not grow beyond a size.
#[test]
fn a_store_that_has_no_room_for_a_batch() {
    for command in [&["mark-used", "wiki", "--all"][..], &["kill", "wiki", "--yes"]] {
        let lopper = many(300);
        let (ids, before) = (lopper.all_ids(), lopper.states());
        let program = lopper.command(command);
        let mut shell = Command::new("sh");
        shell
            // 512-byte blocks: 64 kB, twice what SQLite's shared memory takes.
            .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" \"$@\""])
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(lopper.path(""));
        Answer::of(&mut shell).code(1).stdout_is("").stderr_has(
            "reading or writing lopper.db failed (SQLite's code 778); nothing was changed\n  help: look at the disk \
             (`dmesg`), then run it again",
        );
        assert_eq!((lopper.states(), lopper.deep_files().len()), (before, 300));
        lopper.assert_sound(&ids, "no room");
        lopper.run(command).code(0);
        assert_eq!(lopper.ids(false), [""; 0]);
        lopper.assert_sound(&ids, "with room again");
    }
}
