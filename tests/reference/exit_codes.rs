//! The exit codes, from the one place where they stand.

use lopper::exit_code::MEANINGS;

use super::{Page, table};

pub fn page() -> Page {
    let rows = MEANINGS.map(|(code, meaning)| [code.to_string(), meaning.to_owned()]);
    Page {
        file: "exit-codes.md",
        title: "Exit codes",
        about: "How `lopper` ends, for scripts.",
        text: table(["code", "meaning"], &rows),
    }
}
