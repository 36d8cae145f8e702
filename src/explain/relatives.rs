//! Who shares a segment's file, and what a kill does about it.

use rusqlite::ToSql;

use crate::engine::Session;
use crate::error::Result;
use crate::explain::report::{FileStory, Relative};
use crate::store::sql;

/// Relatives that are listed.
const MOST: usize = 100;

/// The file of a segment, living or gone, and who shares it.
pub(crate) fn files(
    session: &Session<'_>,
    segment: i64,
    load_type: Option<String>,
    file: Option<String>,
    is_gone: bool,
) -> Result<FileStory> {
    let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let parameters: [(&str, &dyn ToSql); 2] = [(":segment", &segment), (":limit", &limit)];
    let mut shared_with = session.store.rows(
        "cannot look who shares the file",
        sql::explain::RELATIVES,
        &parameters,
        |row| Ok(Relative { id: row.get(0)?, how: row.get(1)?, state: row.get(2)? }),
    )?;
    let more = shared_with.len() > MOST;
    shared_with.truncate(MOST);
    let living = shared_with.iter().filter(|one| matches!(one.state.as_str(), "used" | "unused"));
    let meaning = meaning(&load_type, file.is_some(), living.count(), more, is_gone);
    Ok(FileStory { load_type, file, shared_with, more, meaning })
}

fn meaning(
    load_type: &Option<String>,
    has_file: bool,
    living: usize,
    more: bool,
    is_gone: bool,
) -> String {
    let and_more = if more { " or more" } else { "" };
    match (load_type, has_file, living) {
        (None, false, _) if !is_gone => "no load spec: a kill passes it over".to_owned(),
        (Some(load_type), false, _) if load_type == "tombstone" => {
            "a tombstone has no file".to_owned()
        }
        (_, false, _) => "lopper knows no place of a file".to_owned(),
        (_, true, 0) if is_gone => "no living segment needs the file".to_owned(),
        (_, true, 0) => "its file goes with it".to_owned(),
        (_, true, living) => format!(
            "a kill defers the file until the last of its living relatives ({living}{and_more}) is gone"
        ),
    }
}
