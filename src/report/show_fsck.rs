//! The answer of `fsck` as text for people.

use std::fmt::Write as _;

use super::escape::excerpt;
use super::fsck::{FsckReport, StoreFinding};
use super::table::{count, table};

/// How much of an example is shown, in characters.
const SHOWN: usize = 400;

/// A table of the findings, then each with examples and what helps.
pub fn fsck(report: &FsckReport) -> String {
    let compared = format!("{} segments compared with their payloads", count(report.segments));
    if report.findings.is_empty() && report.not_asked.is_empty() {
        return format!("nothing found; {compared}");
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
    text
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
