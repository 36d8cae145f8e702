//! What the README and the pages of `docs/` say is so: commands, outputs, job files, queries, links.

mod claims;
mod examples;
mod queries;
mod schedules;
mod set_up;
mod tour;

use std::fs;
use std::path::{Path, PathBuf};

/// A fenced block of a page.
#[derive(Debug)]
struct Block {
    language: String,
    text: String,
    /// `README.md:12`, where its first line stands.
    place: String,
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a page, such as `docs/sql.md`.
fn page(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The pages at the top, in `docs/` and in its reference, relative to the repository.
fn pages() -> Vec<String> {
    let folders = ["", "docs/", "docs/reference/"];
    let mut pages: Vec<String> = folders.into_iter().flat_map(pages_in).collect();
    pages.sort();
    pages
}

fn pages_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(repository().join(folder)).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter(|file| file.ends_with(".md")).map(|file| format!("{folder}{file}")).collect()
}

/// The job files of `jobs/`.
fn jobs() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("jobs")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The fenced blocks of a page that are in `language`, in order.
fn blocks(name: &str, language: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in (1..).zip(page(name).lines()) {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(language), None) => {
                let place = format!("{name}:{}", number + 1);
                open = Some(Block { language: language.to_owned(), text: String::new(), place });
            }
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: a block is never closed");
    found.retain(|block| block.language == language);
    found
}

/// The part of a page under a heading of the second or third level, up to the next one that is as high.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?}"));
    let level = heading.split(' ').next().unwrap();
    let ends = ["\n## ".to_owned(), format!("\n{level} ")].map(|next| rest.find(&next));
    &rest[..ends.into_iter().flatten().min().unwrap_or(rest.len())]
}
