//! The rows of dumps that cannot be taken: they refuse an import as a whole, or are listed when they may be skipped.

use std::path::Path;

use crate::engine::report::{StepReport, Warning};
use crate::error::{Error, Place, Result};
use crate::escape::escape;
use crate::ops::ImportStep;

/// Bad rows that an error lists, and that a warning tells of.
const SHOWN: usize = 20;

/// What was wrong so far.
#[derive(Debug, Default)]
pub(super) struct BadRows {
    count: u64,
    /// The first of them, for people and for programs.
    shown: Vec<Place>,
}

impl BadRows {
    /// A row that is wrong, on a line of a file, and in which column when it is one.
    pub fn add(&mut self, file: &Path, line: u64, column: Option<&str>, message: &str) {
        self.count += 1;
        if self.shown.len() == SHOWN {
            return;
        }
        let message = escape(message);
        let message = match column {
            Some(column) => format!("column {column}: {message}"),
            None => message.into_owned(),
        };
        let (file, line) = (file.to_owned(), Some(line));
        self.shown.push(Place { file, line, column: None, message, help: None });
    }

    /// Rows that are counted and not told of.
    pub fn add_more(&mut self, count: u64) {
        self.count += count;
    }

    /// How many were left out, as they may be; each is a warning.
    ///
    /// # Errors
    /// There are some, and they may not be left out.
    pub fn judge(self, options: &ImportStep, report: &mut StepReport) -> Result<u64> {
        let Self { count, shown } = self;
        if count == 0 {
            return Ok(0);
        }
        let rows: Vec<String> = shown.iter().map(line).collect();
        let more = count.saturating_sub(rows.len() as u64);
        let more = if more > 0 { format!("\n  … and {more} more") } else { String::new() };
        if !options.skip_invalid || options.replace {
            let are = if count == 1 { "row is" } else { "rows are" };
            let all = rows.join("\n  ");
            return Err(Error::failed(format!(
                "{count} {are} wrong, and nothing was imported:\n  {all}{more}"
            ))
            .at(shown)
            .help(if options.replace {
                "mend the dump: with --replace, a row that cannot be read would count as a segment that is not there"
            } else {
                "mend the dump, or take the good rows alone with --skip-invalid"
            }));
        }
        report.warnings.extend(rows.into_iter().map(|row| Warning::new("invalid-row", row)));
        if !more.is_empty() {
            report.warnings.push(Warning::new("invalid-row", more.trim().to_owned()));
        }
        Ok(count)
    }
}

/// A bad row as one line.
fn line(place: &Place) -> String {
    let file = escape(&place.file.display().to_string()).into_owned();
    format!("{file}:{}: {}", place.line.unwrap_or_default(), place.message)
}
