//! Places between two effects, at which a test lets the process die. Without debug assertions there are none.

/// Says that execution has come to `place`, named for what has just happened.
///
/// Builds with debug assertions (tests, never a release) look at `LOPPER_FAILPOINT`: with a number n, the process
/// aborts at the n-th place it comes to; with `list`, each place is named on stderr instead.
#[cfg(debug_assertions)]
pub fn reach(place: &str) {
    use std::io::Write as _;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static REACHED: AtomicUsize = AtomicUsize::new(0);
    let Ok(wish) = std::env::var("LOPPER_FAILPOINT") else { return };
    let number = REACHED.fetch_add(1, Ordering::Relaxed) + 1;
    if wish == "list" {
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "failpoint {number}: {place}");
    } else if wish.parse() == Ok(number) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
#[inline]
pub fn reach(_place: &str) {}
