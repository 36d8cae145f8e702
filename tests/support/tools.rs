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
    let there =
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    assert!(there || env::var_os("LOPPER_TEST_TOOLS").is_none(), "{program} is not installed");
    if !there && SAID.lock().unwrap().insert(program.to_owned()) {
        // Not by a macro, whose output is shown only where a test fails.
        let line = format!("{program} is not installed: what needs it is passed over\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    there
}
