//! A run's report as text for people.

use std::fmt::Write as _;

use crate::engine::report::{
    EnforceReport, ImportReport, KillReport, Outcome, RunReport, StepReport, Warning,
};
use crate::escape::escape;
use crate::render::table::{count, size, table};

/// Ids and warnings that are listed; JSON has all.
const LISTED: usize = 10;

/// The report of a run or a plan, many lines.
pub fn run(report: &RunReport) -> String {
    let mut text = String::new();
    let head = match report.run {
        Some(run) => format!("run {run}: {}", escape(&report.name)),
        None => format!("plan: {} (nothing was changed)", escape(&report.name)),
    };
    let _ = writeln!(text, "{head}");
    let rows = report.steps.iter().map(step_row).collect::<Vec<_>>();
    let verb = if report.plan { "would change" } else { "changed" };
    let _ = writeln!(
        text,
        "{}",
        table(["step", "operation", "datasource", "selected", verb, "skipped"], &rows)
    );
    for step in &report.steps {
        details(&mut text, step, report.plan);
    }
    if let Some(why) = &report.refused {
        refused(&mut text, report, why);
    }
    if report.steps.iter().any(|step| !step.left_out.is_empty()) {
        let _ = writeln!(
            text,
            "partial: nothing of the datasources that are left out {}; mend what is told of them, and {} again",
            if report.plan { "would change" } else { "was changed" },
            if report.plan { "plan" } else { "run" },
        );
    }
    if report.steps.iter().any(StepReport::has_missing_places) {
        let _ = writeln!(
            text,
            "partial: a place of deep storage shows no files, and its segments were left as they are; mend that, and kill again"
        );
    }
    if report.steps.iter().any(StepReport::has_failed_files) {
        let _ = writeln!(
            text,
            "partial: which files are left, and why: SELECT id, file, last_error FROM deletions WHERE state = 'pending'. \
             A later kill tries them again when they are due (next_try); `lopper kill --resume` does so at once"
        );
    }
    text
}

/// Why a run would not do what a plan shows.
fn refused(text: &mut String, report: &RunReport, why: &str) {
    let how = if report.outcome == Outcome::Failed { "fail" } else { "be refused" };
    let code = report.outcome.exit_code();
    // What a check has found has several lines.
    let why = why.lines().map(escape).collect::<Vec<_>>().join("\n");
    let _ = writeln!(text, "a run would {how}, and exit with {code}: {why}");
    if let Some(help) = &report.help {
        let _ = writeln!(text, "  help: {}", escape(help));
    }
}

fn step_row(step: &StepReport) -> [String; 6] {
    [
        step.step.to_string(),
        step.op.clone(),
        step.datasource.clone().unwrap_or_default(),
        count(step.selected),
        count(step.num_changed_segments),
        count(step.skipped),
    ]
}

fn details(text: &mut String, step: &StepReport, plan: bool) {
    let number = step.step;
    // What rules and versions drop is told by its reasons, which name the datasource as well.
    for change in step.by_datasource.iter().filter(|_| step.enforce.is_none()) {
        let _ = writeln!(
            text,
            "step {number}: {}: {}, {}",
            escape(&change.datasource),
            segments(change.segments, "segment"),
            size(change.size)
        );
    }
    if let Some(import) = &step.import {
        let _ = writeln!(text, "step {number}: {}", import_line(import));
    }
    if let Some(kill) = &step.kill {
        kill_lines(text, number, kill, plan);
    }
    for id in step.not_found.iter().take(LISTED) {
        let _ = writeln!(text, "step {number}: not found: {}", escape(id));
    }
    if step.not_found.len() > LISTED {
        let _ = writeln!(
            text,
            "step {number}: … and {} more ids not found",
            step.not_found.len() - LISTED
        );
    }
    if let Some(overshadowed) = step.overshadowed.filter(|count| *count > 0) {
        let _ = writeln!(
            text,
            "step {number}: left alone: {} that others would hide (--include-overshadowed takes them)",
            segments(overshadowed, "segment")
        );
    }
    if let Some(enforce) = &step.enforce {
        enforce_lines(text, number, enforce);
    }
    for left in &step.left_out {
        let _ = writeln!(
            text,
            "step {number}: left out: datasource '{}': {}",
            escape(&left.datasource),
            escape(&left.reason)
        );
    }
    warnings(text, number, &step.warnings);
}

fn enforce_lines(text: &mut String, number: usize, enforce: &EnforceReport) {
    for change in &enforce.by_reason {
        let _ = writeln!(
            text,
            "step {number}: {}: {}: {}",
            escape(&change.datasource),
            escape(&change.reason),
            segments(change.segments, "segment"),
        );
    }
    if enforce.in_grace > 0 {
        let _ = writeln!(
            text,
            "step {number}: {} in the overshadow grace: what hides them is young",
            segments(enforce.in_grace, "overshadowed segment")
        );
    }
}

/// The first of each kind; the rest are counted.
pub fn warnings(text: &mut String, number: usize, warnings: &[Warning]) {
    for alike in warnings.chunk_by(|one, next| one.code == next.code) {
        for warning in alike.iter().take(LISTED) {
            let _ = writeln!(text, "step {number}: warning: {}", escape(&warning.message));
        }
        if alike.len() > LISTED {
            let _ = writeln!(
                text,
                "step {number}: … and {} more such warnings (--output json has them)",
                alike.len() - LISTED
            );
        }
    }
}

fn import_line(import: &ImportReport) -> String {
    let parts = [
        (import.inserted, "new"),
        (import.updated, "updated"),
        (import.unchanged, "the same"),
        (import.used_to_unused, "used → unused"),
        (import.unused_to_used, "unused → used"),
        (import.overwritten_marks, "marks of lopper's overwritten"),
        (import.removed, "removed"),
        (import.missing, "of these datasources that the dump lacks (--replace removes them)"),
        (import.skipped_killed, "left out because lopper killed them (--resurrect takes them)"),
        (import.skipped_invalid, "left out because they are wrong"),
        (import.skipped_other, "of other tables or not published"),
        (import.rules, "rule rows new or changed"),
        (import.rules_unchanged, "rule rows the same"),
        (import.rules_removed, "rule rows removed"),
    ];
    let told = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(*number)));
    let told = told.collect::<Vec<_>>();
    if told.is_empty() { "the dump has no rows".to_owned() } else { told.join(", ") }
}

fn kill_lines(text: &mut String, number: usize, kill: &KillReport, plan: bool) {
    if !plan {
        let _ = writeln!(
            text,
            "step {number}: files: {} deleted, {} deferred (shared with living segments), {} failed",
            count(kill.files_deleted),
            count(kill.files_deferred),
            count(kill.files_failed)
        );
        failures(text, number, kill);
    }
    if kill.stamped > 0 {
        let verb = if plan { "would be stamped" } else { "stamped" };
        let _ = writeln!(
            text,
            "step {number}: {} {verb} now: the buffer starts",
            segments(kill.stamped, "never-stamped segment")
        );
    }
    for (reason, number_of) in &kill.passed_over {
        let _ =
            writeln!(text, "step {number}: passed over: {} {}", count(*number_of), escape(reason));
    }
}

/// Some of the files that could not be deleted, and how many more there are.
fn failures(text: &mut String, number: usize, kill: &KillReport) {
    let mut told = 0;
    for failure in &kill.failures {
        let file = failure.file.as_deref().unwrap_or_default();
        let is_named = failure.error.contains(file.strip_prefix("file:").unwrap_or(file));
        let subject = if is_named { String::new() } else { format!("{}: ", escape(file)) };
        let more = match failure.files {
            ..=1 => String::new(),
            files => format!(" (and {} more for this reason)", count(files - 1)),
        };
        let _ = writeln!(text, "step {number}: failed: {subject}{}{more}", escape(&failure.error));
        told += failure.files;
    }
    if !kill.failures.is_empty() && kill.files_failed > told {
        let more = count(kill.files_failed - told);
        let _ = writeln!(text, "step {number}: {more} more are still to be deleted");
    }
}

/// `1 segment`, `2 segments`.
fn segments(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}
