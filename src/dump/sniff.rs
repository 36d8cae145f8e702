//! Tells the form of a dump by its first bytes.

use super::rows::{shown, tells_failure};
use super::source::Source;
use super::sql_statement::begins_statement;
use super::{Format, csv};
use crate::error::{Error, Result};

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv,
    CopyText,
    Sql,
    Json,
}

/// How much of the file the form is told by.
pub(super) const HEAD: usize = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Files that are mistaken for dumps: how they begin, what they are, what to do.
const OTHERS: [(&[u8], &str, &str); 12] = [
    (b"PGDMP", "pg_dump's custom format", "turn it into text with `pg_restore -f dump.sql FILE`"),
    (
        b"SQLite format 3\0",
        "a SQLite database",
        "export druid_segments from it with `sqlite3 -csv -header`, if it is Druid's",
    ),
    (b"PK\x03\x04", "a zip archive", "unzip it and import the files in it"),
    (
        b"+--",
        "a table as the mysql client draws it for people",
        "dump it with mysqldump, or let the client write it with --batch",
    ),
    (b"PAR1", "a Parquet file", "convert it to CSV with a header"),
    (
        b"BZh",
        "compressed by bzip2",
        "decompress it, for example `bzip2 -dc FILE | lopper import -`",
    ),
    (
        b"\xfd7zXZ\0",
        "compressed by xz",
        "decompress it, for example `xz -dc FILE | lopper import -`",
    ),
    (
        b"\x04\x22\x4d\x18",
        "compressed by lz4",
        "decompress it, for example `lz4 -dc FILE | lopper import -`",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and import the files in it"),
    (b"\x1f\x8b", "compressed twice", "decompress it once before"),
    (b"\xff\xfe", "UTF-16 text", "convert it to UTF-8, for example `iconv -f UTF-16 -t UTF-8`"),
    (b"\xfe\xff", "UTF-16 text", "convert it to UTF-8, for example `iconv -f UTF-16 -t UTF-8`"),
];

/// The form of the file, which `format` narrows down. Passes over a byte order mark.
pub(super) fn form(source: &mut Source, format: Option<Format>) -> Result<Form> {
    if source.look(BYTE_ORDER_MARK.len())? == BYTE_ORDER_MARK {
        source.consume(BYTE_ORDER_MARK.len());
    }
    let name = source.name().to_owned();
    let head = source.look(HEAD)?;
    let refuse = |what: &str, help: &str| {
        Error::usage(format!("{name} is no dump of druid_segments or druid_rules: it is {what}"))
            .help(help)
    };
    if let Some((_, what, help)) = OTHERS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(refuse(what, help));
    }
    // Without the mark, every second byte of UTF-16 is zero in what begins a dump.
    let without_mark = match head {
        [0, 1..=127, 0, 1..=127, ..] => Some("UTF-16BE"),
        [1..=127, 0, 1..=127, 0, ..] => Some("UTF-16LE"),
        _ => None,
    };
    if let Some(order) = without_mark {
        let help = format!("convert it to UTF-8, for example `iconv -f {order} -t UTF-8`");
        return Err(refuse("UTF-16 text without a byte order mark", &help));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Err(refuse("a tar archive", "unpack it and import the files in it"));
    }
    if head.trim_ascii().is_empty() {
        return Err(refuse("empty", "make the dump again"));
    }
    if let Some(format) = format {
        return Ok(match format {
            Format::Jsonl => Form::Json,
            Format::Sql => Form::Sql,
            Format::Csv if is_copy_text(head) => Form::CopyText,
            Format::Csv => Form::Csv,
        });
    }
    guess(head).ok_or_else(|| {
        if head.trim_ascii_start().starts_with(b"#") {
            let help = "delete the comments before the rows: `grep -v '^#' FILE | lopper import -`";
            return refuse("other text, behind a comment that begins with #", help);
        }
        let what = if head.contains(&0) { "binary" } else { "other text" };
        let line = shown(first_line(head));
        refuse(
            &format!("{what} that begins {line}"),
            if tells_failure(first_line(head)) {
                "it tells that the dump failed: make the dump again"
            } else {
                "delete that line if it is a client's message; else dump the tables as CSV, SQL or JSON lines, or name the \
                 format with --format"
            },
        )
    })
}

fn guess(head: &[u8]) -> Option<Form> {
    let text = head.trim_ascii_start();
    let without_comments = behind_comments(text);
    if text.starts_with(b"{") || text.starts_with(b"[") {
        Some(Form::Json)
    } else if is_sql(without_comments) {
        Some(Form::Sql)
    } else if without_comments.len() < text.len() {
        None
    } else if is_copy_text(head) {
        Some(Form::CopyText)
    } else {
        csv::separator(head).map(|_| Form::Csv)
    }
}

/// What follows lines of comment that begin with `#`.
fn behind_comments(mut text: &[u8]) -> &[u8] {
    while text.starts_with(b"#") {
        let end = text.iter().position(|&byte| byte == b'\n').unwrap_or(text.len());
        text = text.get(end..).unwrap_or_default().trim_ascii_start();
    }
    text
}

/// Whether a text begins as SQL does: with a comment, a statement or a command of psql's.
pub(super) fn is_sql(text: &[u8]) -> bool {
    if text.starts_with(b"--") || text.starts_with(b"/*") {
        return true;
    }
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'\r' | b'\n' | b';'));
    let word = end.and_then(|end| text.get(..end)).unwrap_or_default();
    begins_statement(word)
        || [b"\\restrict".as_slice(), b"\\unrestrict", b"\\connect", b"\\encoding", b"\\set"]
            .contains(&word)
}

/// Whether it is the text of COPY, rather than CSV between tabs: that has quotes, says what separates its fields, or comes
/// from the web console.
fn is_copy_text(head: &[u8]) -> bool {
    let line = first_line(head);
    let is_csv = line.starts_with(b"\"")
        || csv::has_quoted_json(head)
        || csv::told_separator(line).is_some()
        || csv::is_of_sys_segments(line);
    has_tabs(head) && !is_csv
}

/// Whether the first line is more likely of fields between tabs than of fields between commas.
fn has_tabs(head: &[u8]) -> bool {
    let line = first_line(head);
    let before_tab = line.split(|&byte| byte == b'\t').next().unwrap_or_default();
    before_tab.len() < line.len() && !before_tab.contains(&b',')
}

fn first_line(head: &[u8]) -> &[u8] {
    head.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default()
}
