//! Programs of the machine that some tests need, such as the stock `sqlite3` shell.

use std::collections::BTreeSet;
use std::env;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The missing programs that were spoken of.
static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Whether a program is there; that it is not, is said once. Where `LOPPER_TEST_TOOLS` is set, as `.ci/run` does, it
/// must be.
pub fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    is_there(
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok(),
        program,
    )
}

/// As `has`, of a program that must succeed with these arguments: a Python with a module.
pub fn has_with(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    let status = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    is_there(
        status.is_ok_and(|status| status.success()),
        &format!("{program} {}", arguments.join(" ")),
    )
}

fn is_there(there: bool, program: &str) -> bool {
    assert!(there || env::var_os("LOPPER_TEST_TOOLS").is_none(), "{program} is not installed");
    if !there && SAID.lock().unwrap().insert(program.to_owned()) {
        // Not by a macro, whose output is shown only where a test fails.
        let line = format!("{program} is not installed: what needs it is passed over\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    there
}
