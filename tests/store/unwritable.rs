//! What only reads works where nothing can be written: on a file system that is mounted read-only, on a full disk, and
//! without permission.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::disk::unshare;
use super::permissions::{NOBODY, readable, run, set_mode};
use crate::support::{Answer, Lopper};

/// Commands that only read.
const READING: [&[&str]; 13] = [
    &["history"],
    &["history", "1"],
    &["explain", "koalas"],
    &["explain", "koalas", "--interval", "2015/2017"],
    &["export"],
    &["export", "--format", "sql"],
    &["rules", "get"],
    &["rules", "lint"],
    &["rules", "history", "koalas"],
    &["lock", "list"],
    &["fsck"],
    &["jobs", "list"],
    &["jobs", "next", "--from", "2024-06-01"],
];

fn store() -> Lopper {
    Lopper::new().import_sample().job(
        "one",
        "schedule = '@daily'\n[[step]]\nop = 'mark-unused'\ndatasource = 'koalas'\nall = true\n",
    )
}

/// In a mount namespace of its own: a disk of 4 MiB with the installation on it, which `$4` makes unwritable; then the
/// program, once for each line of the file `commands`, with its exit code behind each answer.
const ON_A_DISK: &str = r#"
    disk=$1; folder=$2; program=$3; spoil=$4
    mount -t tmpfs -o size=4m none "$disk" || exit 99
    cp -r "$folder"/lopper.db* "$folder/jobs" "$folder/segments.csv" "$disk/" || exit 99
    cd "$disk" || exit 99
    eval "$spoil" || exit 99
    while read -r arguments; do
        eval "$program $arguments"
        echo "exit code $?"
    done < "$folder/commands" 2>&1
"#;

/// A full disk: not a byte is left.
const FILL: &str = "cat /dev/zero > filler 2> /dev/null; true";

/// Mounts it read-only.
const REMOUNT: &str = "mount -o remount,ro \"$disk\"";

/// What commands answer on a disk that is spoilt so: the text, and the exit code; none where no disk can be had.
fn on_a_disk(lopper: &Lopper, spoil: &str, commands: &[&[&str]]) -> Option<Vec<(String, i32)>> {
    let Some(mut unshare) = unshare() else {
        assert!(std::env::var_os("LOPPER_TEST_TOOLS").is_none(), "no mount namespace can be had");
        return None;
    };
    fs::create_dir_all(lopper.path("disk")).unwrap();
    lopper.file("segments.csv", "id,used,payload\n");
    let quoted = |word: &&str| format!("'{word}'");
    let lines = commands.iter().map(|words| words.iter().map(quoted).collect::<Vec<_>>().join(" "));
    lopper.file("commands", lines.map(|line| line + "\n").collect::<String>());
    unshare.args(["sh", "-c", ON_A_DISK, "sh"]).args([lopper.path("disk"), lopper.path("")]);
    unshare
        .arg(env!("CARGO_BIN_EXE_lopper"))
        .arg(spoil)
        .env("LOPPER_TEST_CLOCK", crate::support::NOW);
    let answer = Answer::of(&mut unshare).code(0);
    let mut rest = answer.stdout.as_str();
    let mut told = Vec::new();
    while let Some((text, behind)) = rest.split_once("exit code ") {
        let (code, behind) = behind.split_once('\n').unwrap();
        told.push((text.to_owned(), code.parse().unwrap()));
        rest = behind;
    }
    assert_eq!(told.len(), commands.len(), "{answer}");
    Some(told)
}

#[track_caller]
fn answers_as_ever(lopper: &Lopper, spoil: &str) {
    let Some(told) = on_a_disk(lopper, spoil, &READING) else { return };
    for (arguments, (text, code)) in READING.iter().zip(told) {
        assert_eq!(code, 0, "{arguments:?}: {text}");
        let answer = lopper.run(*arguments).code(0);
        let fsck = arguments[0] == "fsck";
        assert_eq!(text.contains("does not look at its CHECK constraints"), fsck, "{text}");
        assert!(text.ends_with(&answer.stdout), "{arguments:?}: {text}\n{answer}");
        assert!(fsck || text.len() == answer.stdout.len(), "{arguments:?}: {text}\n{answer}");
    }
}

#[test]
fn on_a_file_system_that_is_mounted_read_only() {
    answers_as_ever(&store(), REMOUNT);
}

#[test]
fn on_a_full_disk() {
    answers_as_ever(&store(), FILL);
}

#[test]
fn what_writes_says_why_it_cannot() {
    let lopper = store();
    let writing: [&[&str]; 5] = [
        &["mark-unused", "koalas", "--all"],
        &["import", "segments.csv"],
        &["run", "one"],
        &["plan", "one"],
        &["lock", "add", "koalas", "--interval", "2015/2016"],
    ];
    let Some(told) = on_a_disk(&lopper, REMOUNT, &writing) else { return };
    for (arguments, (text, code)) in writing.iter().zip(told) {
        assert_eq!(code, 1, "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.contains("lopper.db"), "{text}");
        let help = "help: its file system is mounted read-only: mount it writable, or copy the store to another";
        assert!(text.contains(help), "{arguments:?}: {text}");
    }
    for (arguments, (text, code)) in writing.iter().zip(on_a_disk(&lopper, FILL, &writing).unwrap())
    {
        assert_eq!(code, 1, "{arguments:?}: {text}");
        assert!(text.contains("is full"), "{arguments:?}: {text}");
        assert!(text.contains("help: free some space"), "{arguments:?}: {text}");
    }
}

/// What a writer that died has left in its log cannot be left out in silence.
#[test]
fn a_log_beside_a_store_that_cannot_be_written() {
    let lopper = store();
    let connection = lopper.connection();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    connection
        .execute("UPDATE druid_segments SET used = 0 WHERE dataSource = 'koalas'", [])
        .unwrap();
    assert!(fs::metadata(lopper.path("lopper.db-wal")).unwrap().len() > 0);
    let spoil = format!("rm -f lopper.db-shm; {REMOUNT}");
    let Some(told) = on_a_disk(&lopper, &spoil, &[&["history"], &["export"]]) else { return };
    for (text, code) in told {
        assert_eq!(code, 1, "{text}");
        assert!(text.starts_with("error: "), "{text}");
        assert!(text.contains("lopper.db-wal") && text.contains("copy both files"), "{text}");
    }
}

#[test]
fn without_permission_to_write() {
    let lopper = readable();
    let reading: [&[&str]; 5] =
        [&["history"], &["export"], &["fsck"], &["rules", "lint"], &["explain", "wiki"]];
    for (file, folder) in [(0o444, 0o555), (0o444, 0o777)] {
        set_mode(&lopper.store(), file);
        set_mode(&lopper.path(""), folder);
        for arguments in reading {
            let answer = run(&lopper, arguments).code(0);
            assert_eq!(answer.stderr.is_empty(), arguments[0] != "fsck", "{answer}");
        }
        // Nothing of another owner is left beside the store, which its own would stumble over.
        assert!(!lopper.path("lopper.db-shm").exists() && !lopper.path("lopper.db-wal").exists());
    }
    set_mode(&lopper.path(""), 0o755);
}

/// The owner writes while somebody reads without locks.
#[test]
fn a_store_that_is_written_meanwhile() {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return;
    }
    let lopper = readable();
    lopper.add_segments(
        (0..300).map(|number| crate::support::seg("wiki", "2015-09-14/P1D").partition(number)),
    );
    let mut command = Command::new(lopper.path("lopper"));
    command
        .arg("export")
        .current_dir(lopper.path(""))
        .env_remove("LOPPER_STORE")
        .uid(NOBODY)
        .gid(NOBODY);
    let mut export = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It reads on only as far as somebody takes what it writes.
    let mut stdout = export.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    lopper.run(["mark-unused", "wiki", "--all"]).code(0);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    Answer::from_output(&command, export.wait_with_output().unwrap())
        .code(1)
        .stderr_has("the store lopper.db was written while it was read without locks")
        .stderr_has("help: run it again");
}
