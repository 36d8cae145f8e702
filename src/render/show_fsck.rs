//! The answer of `fsck` as text for people.

use std::fmt::Write as _;

use crate::escape::excerpt;
use crate::fsck::report::{FilesReport, FsckReport, StoreFinding};
use crate::render::table::{count, size, table};

/// How much of an example is shown, in characters.
const SHOWN: usize = 400;

/// A table of the findings, then each with examples and what helps.
pub fn fsck(report: &FsckReport) -> String {
    let compared = format!("{} segments compared with their payloads", count(report.segments));
    if report.findings.is_empty() && report.not_asked.is_empty() {
        let listed = report.deep_storage.as_ref();
        let listed = listed.map_or_else(String::new, |files| {
            format!(", {} files listed in deep storage", count(files.listed))
        });
        let mut text = format!("nothing found; {compared}{listed}");
        add_repair(report, &mut text);
        return text;
    }
    let rows = report.findings.iter().map(|finding| {
        [
            finding.severity.to_string(),
            finding.code.clone(),
            count(finding.count),
            finding.message.clone(),
        ]
    });
    let mut text = table(["severity", "finding", "count", "what it is"], &rows.collect::<Vec<_>>());
    for finding in &report.findings {
        details(finding, &mut text);
    }
    if let Some(files) = &report.deep_storage {
        orphans(files, &mut text);
    }
    if !report.not_asked.is_empty() {
        let _ = write!(
            text,
            "\n\nnot asked, since the file is damaged: {}",
            report.not_asked.join(", ")
        );
    }
    let _ = write!(
        text,
        "\n\nkinds of findings: {} of severity error, {} warning, {} info; {compared}",
        report.errors, report.warnings, report.infos
    );
    add_repair(report, &mut text);
    text
}

fn add_repair(report: &FsckReport, text: &mut String) {
    if let Some(run) = &report.repair {
        let _ = write!(text, "\n\n{}", super::show::run(run));
    }
}

/// What nothing names, by datasource.
fn orphans(files: &FilesReport, text: &mut String) {
    let _ = write!(text, "\n\ndeep storage: {} files listed", count(files.listed));
    if files.orphans.is_empty() {
        return;
    }
    let rows = files.orphans.iter().map(|one| {
        let (name, what) = match (&one.datasource, one.is_known) {
            (None, _) => ("-".to_owned(), "no segment's layout: never deleted"),
            (Some(name), false) => {
                (excerpt(name, SHOWN), "unknown to the store: only with --datasource")
            }
            (Some(name), true) => (excerpt(name, SHOWN), "--repair deletes them"),
        };
        [name, count(one.files), size(one.size), what.to_owned()]
    });
    let table = table(["datasource", "orphans", "size", ""], &rows.collect::<Vec<_>>());
    let _ = write!(text, "\n{table}");
}

fn details(finding: &StoreFinding, text: &mut String) {
    let _ = write!(text, "\n\n{}:", finding.code);
    for example in &finding.examples {
        let _ = write!(text, "\n  {}", excerpt(example, SHOWN));
    }
    let more = finding.count.saturating_sub(u64::try_from(finding.examples.len()).unwrap_or(0));
    if more > 0 {
        let _ = write!(text, "\n  … and {} more", count(more));
    }
    let _ = write!(text, "\n  help: {}", finding.help);
}
