//! Programs of the machine that some tests need, such as the stock `sqlite3` shell.

use std::env;
use std::process::{Command, Stdio};

/// Whether a program is there. Where `LOPPER_TEST_TOOLS` is set, as `.ci/run` does, it must be.
pub fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    let there =
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    assert!(there || env::var_os("LOPPER_TEST_TOOLS").is_none(), "{program} is not installed");
    there
}
