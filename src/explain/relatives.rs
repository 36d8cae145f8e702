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
    let of = |state: &str| shared_with.iter().filter(|one| one.state == state).count();
    let living = Living { used: of("used"), unused: of("unused"), more };
    let meaning = meaning(&load_type, file.is_some(), &living, is_gone);
    Ok(FileStory { load_type, file, shared_with, more, meaning })
}

/// The relatives that are listed and not gone, and whether there are others.
struct Living {
    used: usize,
    unused: usize,
    more: bool,
}

fn meaning(load_type: &Option<String>, has_file: bool, living: &Living, is_gone: bool) -> String {
    let and_more = if living.more { " or more" } else { "" };
    match (load_type, has_file, living.used + living.unused) {
        (None, false, _) if !is_gone => "no load spec: a kill passes it over".to_owned(),
        (Some(load_type), false, _) if load_type == "tombstone" => {
            "a tombstone has no file".to_owned()
        }
        (_, false, _) => "lopper knows no place of a file".to_owned(),
        (_, true, 0) if is_gone => "no living segment needs the file".to_owned(),
        (_, true, 0) => "its file goes with it".to_owned(),
        // A kill takes unused ones as well: then nobody is left that the file would wait for.
        (_, true, count) if living.used == 0 && !living.more => {
            let relatives = match count {
                1 => "its living relative, which is unused too".to_owned(),
                _ => format!("the last of its {count} living relatives, which are all unused too"),
            };
            format!("its file goes with {relatives}; until that is killed, a kill defers the file")
        }
        (_, true, living) => format!(
            "a kill defers the file until the last of its living relatives ({living}{and_more}) is gone"
        ),
    }
}
