//! `docs/reference/` is what the program itself says: of its commands, its files, its views, its metrics, its JSON.
//!
//! `LOPPER_WRITE=1 cargo test reference` writes the pages anew.

mod commands;
mod exit_codes;
mod metrics;
mod output;
mod schema;
mod settings;
mod views;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::Lopper;

/// Writes the reference anew, as the failing test says.
const WRITE: &str = "LOPPER_WRITE=1 cargo test reference";

/// A page: the name of its file, its title, what it says of itself, and its text.
struct Page {
    file: &'static str,
    title: &'static str,
    about: &'static str,
    text: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference")
}

/// The pages as the program wants them, by the names of their files.
fn wanted() -> BTreeMap<String, String> {
    let lopper = Lopper::new();
    let pages = [
        commands::page(),
        settings::jobs(&lopper),
        settings::configuration(&lopper),
        exit_codes::page(),
        views::page(),
        metrics::page(),
        output::page(&lopper),
    ];
    let index =
        pages.iter().map(|page| format!("- [{}]({}): {}", page.title, page.file, page.about));
    let index = index.collect::<Vec<_>>().join("\n");
    let mut files = BTreeMap::from([("README.md".to_owned(), with_head("Reference", &index))]);
    files.extend(pages.iter().map(|page| {
        let text = format!("{}\n\n{}", page.about, page.text.trim_end());
        (page.file.to_owned(), with_head(page.title, &text))
    }));
    files
}

fn with_head(title: &str, text: &str) -> String {
    format!(
        "# {title}\n\n<!-- Generated from the program by `{WRITE}`. Change the program's texts, not this page. -->\n\n{text}\n"
    )
}

/// The pages that are there.
fn there() -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder()).into_iter().flatten();
    let files = entries.map(|entry| entry.unwrap());
    files
        .map(|file| {
            (file.file_name().into_string().unwrap(), fs::read_to_string(file.path()).unwrap())
        })
        .collect()
}

#[test]
fn the_reference_is_up_to_date() {
    let wanted = wanted();
    if std::env::var_os("LOPPER_WRITE").is_some() {
        fs::create_dir_all(folder()).unwrap();
        for name in there().keys().filter(|name| !wanted.contains_key(*name)) {
            fs::remove_file(folder().join(name)).unwrap();
        }
        for (name, text) in &wanted {
            fs::write(folder().join(name), text).unwrap();
        }
    }
    let there = there();
    for name in there.keys().chain(wanted.keys()) {
        let (there, wanted) = (there.get(name), wanted.get(name));
        let differs = |(there, wanted): (&String, &String)| {
            let lines = there.lines().zip(wanted.lines());
            lines.clone().find(|(there, wanted)| there != wanted).map_or_else(
                || "one of them goes on where the other ends".to_owned(),
                |(there, wanted)| format!("it says\n  {there}\nand the program\n  {wanted}"),
            )
        };
        assert!(
            there == wanted,
            "docs/reference/{name} is out of date: {}\nWrite it anew with\n  {WRITE}\n",
            there.zip(wanted).map_or_else(
                || if wanted.is_some() { "it is not there" } else { "nothing writes it" }
                    .to_owned(),
                differs
            )
        );
    }
}

/// A table of Markdown.
fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let line = |cells: [&str; N]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(heads);
    text.push_str(&format!("|{}\n", "---|".repeat(N)));
    for row in rows {
        let cells = row.each_ref().map(|cell| cell.replace('|', "\\|").replace('\n', " "));
        text.push_str(&line(cells.each_ref().map(String::as_str)));
    }
    text.replace("|  |", "| |")
}

fn code(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}

/// A text as a sentence of its own.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let ends = text.is_empty() || text.ends_with(['.', ':', '!', '?']);
    if ends { text.to_owned() } else { format!("{text}.") }
}

/// `a`, `b` or `c`.
fn choice(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
