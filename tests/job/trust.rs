//! Job files and `lopper.toml` that everyone may write to: refused by all that reads them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{Answer, Lopper};

const JOB: &str = "schedule = \"@daily\"\n[[step]]\nop = \"check\"\nsql = \"SELECT 0 WHERE 0\"\n";

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A store, and jobs that anyone may run and only the owner and the group may write.
fn healthy() -> Lopper {
    let lopper = Lopper::new().segments(["wiki 2024-01-01/P1D v1"]).job("a", JOB).job("b", JOB);
    mode(&lopper.path("jobs"), 0o775);
    mode(&lopper.path("jobs/a.toml"), 0o664);
    lopper
}

/// Everything that reads `jobs/a.toml`.
const READERS: [&[&str]; 9] = [
    &["run", "a"],
    &["run", "jobs/a.toml"],
    &["run", "a", "--scheduled"],
    &["plan", "a"],
    &["plan", "jobs/a.toml"],
    &["jobs", "list"],
    &["jobs", "validate"],
    &["jobs", "validate", "jobs/a.toml"],
    &["explain", "wiki"],
];

#[track_caller]
fn refused(lopper: &Lopper, message: &str, help: &str) {
    for reader in READERS {
        lopper.run(reader).code(2).stderr_has(message).stderr_has(help);
    }
    assert_eq!(lopper.runs(), ["import done"]);
}

#[test]
fn a_group_may_write() {
    let lopper = healthy();
    for reader in READERS {
        lopper.run(reader).code(0);
    }
}

#[test]
fn a_file() {
    let lopper = healthy();
    mode(&lopper.path("jobs/a.toml"), 0o666);
    let message = "everyone may write to the job file 'jobs/a.toml' (mode 0666)";
    refused(&lopper, message, "help: look at what it says, then run `chmod o-w jobs/a.toml`");
    lopper.run(["run", "b"]).code(0);
}

#[test]
fn a_directory_with_and_without_the_sticky_bit() {
    let lopper = healthy();
    for (bits, shown) in [(0o777, "0777"), (0o1777, "1777"), (0o772, "0772")] {
        mode(&lopper.path("jobs"), bits);
        for command in [&["run", "a"][..], &["jobs", "list"], &["schedule", "--once"]] {
            let message = format!("everyone may write to the job directory 'jobs' (mode {shown})");
            lopper
                .run(command)
                .code(2)
                .stderr_has(&message)
                .stderr_has("look at what is in it, then run `chmod o-w jobs`");
        }
        let message =
            format!("'jobs/a.toml' lies in 'jobs', which everyone may write to (mode {shown})");
        lopper.run(["plan", "jobs/a.toml"]).code(2).stderr_has(&message);
    }
}

#[test]
fn a_link_is_as_safe_as_what_it_leads_to() {
    let lopper = healthy();
    let elsewhere = lopper.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let target = lopper.file("elsewhere/a.toml", format!("name = \"a\"\n{JOB}"));
    fs::remove_file(lopper.path("jobs/a.toml")).unwrap();
    symlink(&target, lopper.path("jobs/a.toml")).unwrap();
    lopper.run(["plan", "a"]).code(0);
    mode(&target, 0o646);
    let message = "everyone may write to the job file 'jobs/a.toml' (mode 0646)";
    refused(&lopper, message, "then run `chmod o-w jobs/a.toml`");
    mode(&target, 0o644);
    mode(&elsewhere, 0o777);
    let message = format!(
        "the job file 'jobs/a.toml' lies in '{}', which everyone may write to (mode 0777)",
        elsewhere.display()
    );
    refused(&lopper, &message, "or move the file to a directory of your own");
}

#[test]
fn the_configuration() {
    let lopper = healthy().config("authoritative = false\n");
    let commands = [&["run", "a"][..], &["kill", "wiki", "--dry-run"], &["schedule", "--once"]];
    mode(&lopper.path("lopper.toml"), 0o602);
    for command in commands {
        lopper
            .run(command)
            .code(2)
            .stderr_has("everyone may write to the configuration 'lopper.toml' (mode 0602)")
            .stderr_has("help: look at what it says, then run `chmod o-w lopper.toml`");
    }
    mode(&lopper.path("lopper.toml"), 0o600);
    mode(&lopper.path(""), 0o1777);
    for command in commands {
        lopper
            .run(command)
            .code(2)
            .stderr_has("the configuration 'lopper.toml' lies in '.', which everyone may write to")
            .stderr_has("help: move the file to a directory of your own");
    }
    mode(&lopper.path(""), 0o755);
    lopper.run(["run", "a"]).code(0);
    // Nothing that is written to it is read from it.
    lopper.run(["run", "a", "--config", "/dev/null"]).code(0);
}

#[test]
fn standard_input_is_what_its_owner_made_it() {
    let lopper = healthy();
    let text = format!("name = \"piped\"\n{JOB}");
    lopper.run_with_input(["run", "/dev/stdin"], &text).code(0);
    let open = lopper.path("open");
    fs::create_dir(&open).unwrap();
    mode(&open, 0o777);
    let file = fs::File::open(lopper.file("open/a.toml", &text)).unwrap();
    Answer::of(lopper.command(["run", "/dev/stdin"]).stdin(file)).code(0);
}

/// Kubernetes mounts configuration maps so: directories of mode 1777, and nobody may write.
#[test]
fn a_mount_that_is_read_only_counts_as_written_by_nobody() {
    let lopper = healthy();
    mode(&lopper.path("jobs"), 0o1777);
    mode(&lopper.path("jobs/a.toml"), 0o666);
    lopper.run(["run", "a"]).code(2);
    let script = "mount --bind jobs jobs && mount -o remount,bind,ro jobs && exec \"$0\" \"$@\"";
    let arguments = ["--mount", "sh", "-c", script, env!("CARGO_BIN_EXE_lopper")];
    let mut unshare = Command::new("unshare");
    if !fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        unshare.arg("--map-root-user");
    }
    unshare.args(arguments).args(["run", "a"]).current_dir(lopper.path(""));
    let answer = Answer::of(&mut unshare);
    if answer.exit_code == 1 && answer.stderr.contains("unshare") {
        eprintln!("not tested: this machine does not let a test mount: {}", answer.stderr);
        return;
    }
    answer.code(0);
}
