//! A disk that has no room left.

use std::process::{Command, Stdio};

use crate::support::{Answer, Content, Lopper, seg, tools};

/// In a mount namespace of its own: a disk of 1 MiB with the store on it, the rest of it filled but for $4 bytes,
/// then the program, then the store's files brought back.
const ON_A_SMALL_DISK: &str = r#"
    disk=$1; folder=$2; program=$3; room=$4; shift 4
    mount -t tmpfs -o size=1m none "$disk" || exit 99
    cp "$folder/lopper.db" "$folder/more.csv" "$disk/" || exit 99
    cd "$disk" || exit 99
    free=$(df --output=avail -B1 . | tail -n 1)
    head -c $((free - room)) /dev/zero > filler || exit 99
    "$program" "$@"
    code=$?
    rm filler && cp lopper.db* "$folder/after/" || exit 99
    exit $code
"#;

/// The first of two ways to get a mount namespace: as root, or as a user that may be root in one.
pub fn unshare() -> Option<Command> {
    tools::has("unshare").then_some(())?;
    ["-m", "-rm"].into_iter().find_map(|flags| {
        let mut works = Command::new("unshare");
        works.args([flags, "sh", "-c", "mount -t tmpfs none /mnt"]);
        works.stdout(Stdio::null()).stderr(Stdio::null());
        works.status().unwrap().success().then(|| {
            let mut command = Command::new("unshare");
            command.arg(flags);
            command
        })
    })
}

/// A store, and a dump that needs about 400 kB more.
fn store_and_dump() -> Lopper {
    let lopper = Lopper::new();
    let later = (0..500).map(|number| seg("wiki", "2015-09-13/P1D").partition(number));
    lopper.add_segments(later);
    std::fs::rename(lopper.path("segments.csv"), lopper.path("more.csv")).unwrap();
    std::fs::remove_file(lopper.store()).unwrap();
    lopper.segments(["wiki 2015-09-12/P1D"])
}

#[test]
fn a_full_disk_loses_nothing() {
    let Some(mut unshare) = unshare() else {
        assert!(std::env::var_os("LOPPER_TEST_TOOLS").is_none(), "no mount namespace can be had");
        eprintln!("a full disk is tested by a limit alone: no mount namespace can be had");
        return;
    };
    let lopper = store_and_dump();
    for folder in ["disk", "after"] {
        std::fs::create_dir(lopper.path(folder)).unwrap();
    }
    let program = lopper.command(["import", "more.csv"]);
    unshare
        .args(["sh", "-c", ON_A_SMALL_DISK, "sh"])
        .args([lopper.path("disk"), lopper.path("")])
        .arg(program.get_program())
        .arg("150000")
        .args(program.get_args());
    let answer = Answer::of(&mut unshare).code(1);
    answer
        .stdout_is("")
        .stderr_has("error: ")
        .stderr_has("the disk of lopper.db is full; nothing was changed\n  help: free some space there and run it again");
    let mut before = Content::of(&lopper.store());
    let mut after = Content::of(&lopper.path("after/lopper.db"));
    assert_same_but_for_the_ledger(&mut before, &mut after);
}

/// Where there is room for it, the ledger tells of the run that failed.
#[track_caller]
fn assert_same_but_for_the_ledger(before: &mut Content, after: &mut Content) {
    for content in [&mut *before, &mut *after] {
        content.forget("run").forget("sqlite_sequence");
    }
    before.assert_same(after);
}

/// A quota, or `ulimit -f`: the store's file may not grow beyond a size.
#[test]
fn a_file_that_may_not_grow_loses_nothing() {
    let lopper = store_and_dump();
    let program = lopper.command(["import", "more.csv"]);
    let mut shell = Command::new("sh");
    shell
        // 512-byte blocks: 250 kB, which the store fills nearly, and its log soon.
        .args(["-c", "trap '' XFSZ; ulimit -f 500; exec \"$0\" \"$@\""])
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(lopper.path(""));
    let mut before = lopper.dump();
    Answer::of(&mut shell)
        .code(1)
        .stdout_is("")
        .stderr_has("reading or writing lopper.db failed (SQLite's code 778); nothing was changed")
        .stderr_has("help: look at the disk");
    assert_same_but_for_the_ledger(&mut before, &mut lopper.dump());
    lopper.run(["import", "more.csv"]).code(0).stdout_has("500 new");
}
