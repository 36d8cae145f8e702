//! Named places between two effects, at which a test lets the process die or wait. A release build has none.

use std::sync::LazyLock;

/// With this variable set, each place that is come to is named on stderr.
const LIST: &str = "FAILPOINTS_LIST";

/// Whether this build has any.
pub const ARE_ON: bool = fail::has_failpoints();

/// Whether a test uses them in this process.
pub fn are_used() -> bool {
    ARE_ON && ["FAILPOINTS", LIST].iter().any(|name| std::env::var_os(name).is_some())
}

/// Reads the actions in `FAILPOINTS`, which hold until the answer is dropped. A build without failpoints looks at
/// no variable.
///
/// # Panics
/// On a variable that is not in the form of the crate `fail`.
#[must_use]
pub fn arm() -> Option<fail::FailScenario<'static>> {
    ARE_ON.then(fail::FailScenario::setup)
}

/// Says that execution has come to `place`: `operation::what-has-just-happened`.
///
/// Beside the actions of the crate `fail`, `return(abort)` aborts and `return(kill)` sends SIGKILL, `return(stop)`
/// SIGSTOP.
#[inline]
pub fn reach(place: &str) {
    if ARE_ON {
        list(place);
    }
    fail::fail_point!(place, |action: Option<String>| match action.as_deref() {
        // No handler sees these signals, so nothing is left that could go wrong.
        Some("kill") => drop(signal_hook::low_level::raise(9)),
        Some("stop") => drop(signal_hook::low_level::raise(19)),
        _ => std::process::abort(),
    });
}

fn list(place: &str) {
    use std::io::Write as _;

    static WANTED: LazyLock<bool> = LazyLock::new(|| std::env::var_os(LIST).is_some());
    if *WANTED {
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "failpoint {place}");
    }
}
