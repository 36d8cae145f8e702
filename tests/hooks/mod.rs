//! Hooks: what is called when a run of a job has ended, what it is told, and that nothing it does changes the run.

mod called;
mod failures;
mod processes;
mod scheduled;
mod warned;

use std::fs;

use serde_json::Value;

use crate::support::Lopper;

/// Marks a segment unused.
const MARK: &str = "[[step]]\nop = 'mark-unused'\ndatasource = 'wiki'\nall = true\n";

/// Fails.
const FAILS: &str = "[[step]]\nop = 'check'\nsql = \"SELECT 'a finding'\"\n";

/// All three hooks write down that they were called, and what they were told.
const ALL: &str = "on_success = ['./tell', 'success']\non_failure = ['./tell', 'failure']\non_change = ['./tell', 'change']\n";

/// What `./tell` is.
const TELL: &str = r#"#!/bin/sh
echo "$1 $LOPPER_JOB $LOPPER_RUN $LOPPER_OUTCOME $LOPPER_HOOK" >> ../called
cat > "../$1.json"
"#;

impl Lopper {
    /// Writes `jobs/NAME`, a program for the shell.
    fn script(self, name: &str, text: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let path = self.file(&format!("jobs/{name}"), text);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// A job with all three hooks.
    fn telling(self, steps: &str) -> Self {
        self.script("tell", TELL).job("j", &format!("{ALL}{steps}"))
    }

    /// The hooks that were called, a line each.
    fn called(&self) -> Vec<String> {
        let lines = fs::read_to_string(self.path("called")).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }

    /// What the hook was told.
    fn heard(&self, hook: &str) -> Value {
        let text = fs::read_to_string(self.path(&format!("{hook}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    fn failures(&self) -> Vec<String> {
        self.sql("SELECT run, name, hook, message FROM hook_failures ORDER BY run, hook")
    }
}

/// Whether a process with this text in its arguments is there; zombies have none.
fn is_alive(text: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let mut arguments = processes.filter_map(|one| fs::read(one.path().join("cmdline")).ok());
    arguments.any(|line| String::from_utf8_lossy(&line).split('\0').any(|word| word == text))
}

/// A number of seconds that nobody else sleeps for.
fn seconds(number: u32) -> String {
    (100_000 + u64::from(std::process::id()) * 100 + u64::from(number)).to_string()
}
