//! The answers of the `rules` commands as text for people.

use std::fmt::Write as _;

use crate::escape::escape;
use crate::render::table::{count, table};
use crate::rules::report::{Finding, LintReport, RuleVersion, SetReport};

/// The findings of `rules lint`.
pub fn lint(report: &LintReport) -> String {
    if report.findings.is_empty() {
        return "nothing found".to_owned();
    }
    let number =
        |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    format!(
        "{}\n{}, {}, {}",
        findings(&report.findings),
        number(report.errors, "error"),
        number(report.warnings, "warning"),
        number(report.infos, "info"),
    )
}

fn findings(findings: &[Finding]) -> String {
    let rows = findings.iter().map(|finding| {
        [
            finding.severity.to_string(),
            finding.datasource.clone(),
            finding.rule.as_ref().map(|rule| rule.number.to_string()).unwrap_or_default(),
            finding.code.clone(),
            count(finding.segments),
            finding.effect.clone().filter(|_| finding.segments > 0).unwrap_or_default(),
            finding.message.clone(),
        ]
    });
    table(
        ["severity", "datasource", "rule", "code", "segments", "these are", "what it is"],
        &rows.collect::<Vec<_>>(),
    )
}

/// What `rules set` did.
pub fn set(report: &SetReport) -> String {
    let name = escape(&report.datasource);
    let mut text = match (&report.version, report.changed) {
        (Some(version), true) => {
            let verb = if report.plan { "would be" } else { "is" };
            let rules = if report.rules == 1 { "rule" } else { "rules" };
            let before = match &report.replaces {
                Some(before) => format!("in place of version {}", escape(before)),
                None => "the first chain".to_owned(),
            };
            let count = report.rules;
            format!("rules of {name}: version {version} {verb} in force: {count} {rules}, {before}")
        }
        (Some(version), false) => format!(
            "rules of {name}: nothing written; the same chain is in force already, as version {}",
            escape(version)
        ),
        (None, _) => format!("rules of {name}: nothing written; there is no chain to clear"),
    };
    for warning in &report.warnings {
        let _ = write!(text, "\nwarning: {}", warning.message);
    }
    if !report.findings.is_empty() {
        let _ = write!(text, "\n{}", findings(&report.findings));
    }
    text
}

/// The versions of a chain.
pub fn history(versions: &[RuleVersion]) -> String {
    let rows = versions.iter().map(|one| {
        [
            one.version.clone(),
            if one.in_force { "yes" } else { "" }.to_owned(),
            one.author.clone().unwrap_or_default(),
            one.created.clone().unwrap_or_default(),
            one.comment.clone().unwrap_or_default(),
            one.rules.to_string(),
            one.payload.clone(),
        ]
    });
    table(
        ["version", "in force", "author", "created", "comment", "rules", "payload"],
        &rows.collect::<Vec<_>>(),
    )
}
